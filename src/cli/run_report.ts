/* What `guardpage run` says at the end: sentences, counts, JSON. */
import type { RunStats, Waiter } from '../machine.js';
import { deadlockCycle } from '../report/deadlock_cycle.js';
import { grouped } from '../report/numbers.js';
import { fragmentsJson } from './fragments_report.js';
import type { Finished } from './run_thread.js';
import { say, STDERR, writeAll } from './output.js';
import { wakeupLines } from './wakeup_lines.js';

/** The JSON of a run; keys and meanings are kept. */
export function runJson(program: string, argv: readonly string[], { setup, ending }: Finished): object {
  const { outcome, exit, signal, deadlock, message, stats, maps, fragments } = ending;
  const holes = fragments === undefined ? {} : { fragments: fragmentsJson(fragments) };
  return { schemaVersion: 1, program, argv, ...setup, outcome, exit, signal, deadlock, message, stats, maps, ...holes };
}

/** One sentence for every end but the ordinary one; a line more for each task of a deadlock. */
export function sayOutcome({ ending }: Finished, timeoutSeconds: number): void {
  const { outcome, deadlock, message } = ending;
  if (outcome === 'timeout') {
    say(`timeout: the program did not end within ${timeoutSeconds} s and was stopped (--timeout gives it longer)`);
  } else if (outcome === 'deadlock') {
    const those = deadlock.length === 1 ? 'one that waits' : `${grouped(deadlock.length)} that wait`;
    say(`deadlock: no thread can run, and nothing will ever wake the ${those}`);
    writeAll(STDERR, deadlockLines(deadlock));
    if (ending.wakeups !== undefined) writeAll(STDERR, wakeupLines(ending.wakeups));
  } else if (message !== null) {
    say(message);
  } else if (outcome === 'oom') {
    say('out of memory');
  }
}

/** A line for each that waits, and one for those who wait for each other in a circle. */
export function deadlockLines(deadlock: readonly Waiter[]): string {
  const cycle = deadlockCycle(deadlock);
  const circle = cycle.length > 0 ? `  in a circle: ${[...cycle, cycle[0]].map((tid) => `thread ${tid}`).join(' waits for ')}\n` : '';
  return deadlock.map((waiter) => `  ${waiterLine(waiter)}\n`).join('') + circle;
}

function waiterLine({ tid, name, waitsOn, ownedBy }: Waiter): string {
  const owner = ownedBy === null ? 'owned by nobody' : `owned by thread ${ownedBy}`;
  return `thread ${tid} (${name}) waits on ${waitsOn}, ${owner}`;
}

/** The counts of a run, a line each. */
export function statsText({ setup, ending }: Finished): string {
  const { stats } = ending;
  const { arch, bits, kernel, search, searchForced, nptl, stacks, stacksForced, nptlForced, seed } = setup;
  const forced = searchForced ? ' (forced)' : '';
  const way = stacks === 'nptl' ? '' : `, stacks by ${stacks}${stacksForced ? ' (forced)' : ''}`;
  const machine = `${arch} ${bits}-bit, Linux ${kernel}, ${search}${forced}, NPTL ${nptl}${nptlForced ? ' (forced)' : ''}${way}, seed ${seed}`;
  if (stats === null) return `${machine}\n  no counts: the program was ended from outside\n`;
  const rows = statsRows(stats);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [machine, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), ''].join('\n');
}

function statsRows(stats: RunStats): [name: string, value: string][] {
  const calls = Object.entries(stats.syscallsByName).sort((a, b) => b[1] - a[1]);
  return [
    ['system calls', grouped(stats.syscalls)],
    ...calls.map(([name, count]): [string, string] => [`  ${name}`, grouped(count)]),
    ['task switches', grouped(stats.switches)],
    ['searches for a hole', grouped(stats.searches)],
    ['probes', grouped(stats.probes)],
    ['visits of find_vma', grouped(stats.findVmaVisits)],
    ['splits, merges', `${grouped(stats.splits)}, ${grouped(stats.merges)}`],
    ['areas at the end, most', `${grouped(stats.vmas)}, ${grouped(stats.peakVmas)}`],
    ['threads at most', `${grouped(stats.peakThreads)}, with ${grouped(stats.vmasAtPeakThreads)} areas`],
    ['pages written at most', `${grouped(stats.peakPages)}, of which ${grouped(stats.frames)} became frames`],
    ['virtual time', `${grouped(stats.virtualNs / 1000, 1)} us`],
    ['first, latest stack', `${stats.firstStack ?? '-'}, ${stats.lastStack ?? '-'}`],
  ];
}
