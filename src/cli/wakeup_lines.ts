/* What is said of wake-ups that went wrong, below the threads of a deadlock. */
import { relative } from 'node:path';
import type { LostWakeup, OneWoken } from '../explore/lost_wakeups.js';

/** A call's place, its file as seen from here. */
export function shortSite(site: string): string {
  return site.replace(/(\/[^():]+)/, (path) => {
    const short = relative(process.cwd(), path);
    return short.startsWith('..') ? path : short;
  });
}

export function wakeupLines({ lostWakeups, oneWoken }: { lostWakeups: readonly LostWakeup[]; oneWoken: readonly OneWoken[] }): string {
  return lostWakeups.map(lostText).join('') + oneWoken.map(oneWokenText).join('');
}

function lostText({ object, call, signaller, waiter }: LostWakeup): string {
  return `  lost wake-up: thread ${signaller.tid} (${signaller.thread}) called ${call} on ${object} at ${shortSite(signaller.site)}, when nobody waited;\n` +
    `    thread ${waiter.tid} (${waiter.thread}) has waited since, at ${shortSite(waiter.site)}\n`;
}

function oneWokenText({ object, signaller, woken, sleepsAgain, others }: OneWoken): string {
  const again = sleepsAgain ? ', which waits on it again' : '';
  const those = others.map(({ tid, thread, site }) => `    thread ${tid} (${thread}) waited then and still does, at ${shortSite(site)}\n`);
  return `  one was woken: the last pthread_cond_signal on ${object}, of thread ${signaller.tid} (${signaller.thread}) ` +
    `at ${shortSite(signaller.site)}, woke thread ${woken.tid} (${woken.thread})${again};\n${those.join('')}`;
}
