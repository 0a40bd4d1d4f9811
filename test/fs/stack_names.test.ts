/* [stack] and [stack:TID] in /proc/PID/maps of 3.6 and 3.8, which looks at the stack pointers of tasks. */

import { describe, expect, it } from 'vitest';
import type { Libc } from 'guardpage';
import { Machine, type MachineConfig } from '../../src/machine.js';

const READ_AT_MOST = 4096;

/** Names that end lines of a maps file, as main sees it while a thread of its sleeps. */
function names(config: MachineConfig, path: (tid: number) => string): string[] {
  let text = '';
  const machine = new Machine(config);
  machine.load(function* main(libc: Libc) {
    const tids: number[] = [];
    const [, thread] = yield* libc.pthread_create(null, function* sleeper() {
      tids.push(yield* libc.gettid());
      while (text === '') yield* libc.sched_yield();
      return 0;
    });
    while (tids.length === 0) yield* libc.sched_yield();
    const buffer = yield* libc.malloc(READ_AT_MOST);
    const fd = yield* libc.open(path(tids[0]!), libc.O.RDONLY);
    const count = yield* libc.read(fd, buffer, READ_AT_MOST);
    text = String.fromCharCode(...Array.from({ length: count }, (_, i) => libc.load8(libc.add(buffer, i))));
    yield* libc.pthread_join(thread);
    return 0;
  });
  const { message } = machine.run();
  if (message !== null) throw new Error(message);
  return text.split('\n').map((line) => /\[stack.*\]$/.exec(line)?.[0] ?? '').filter((name) => name !== '');
}

describe('the stack of a thread', () => {
  it('is [stack:TID] in 3.6, and has no name before and after', () => {
    for (const config of [{ arch: 'i386' }, { arch: 'x86_64' }, { arch: 'sparc64' }] as const) {
      const found = (kernel: string) => names({ ...config, kernel, nptl: '2.3.3' }, () => '/proc/self/maps').sort();
      for (const kernel of ['3.6', '3.8']) {
        const [thread, main] = found(kernel);
        expect([config.arch, kernel, main, thread]).toEqual([config.arch, kernel, '[stack]', expect.stringMatching(/^\[stack:\d+\]$/)]);
      }
      expect([found('2.6.18'), found('6.1')]).toEqual([['[stack]'], ['[stack]']]);
    }
  });

  it('has the number of the thread', () => {
    let tid = 0;
    const found = names({ arch: 'i386', kernel: '3.6', nptl: '2.3.3' }, (of) => {
      tid = of;
      return '/proc/self/maps';
    });
    expect(found.sort()).toEqual([`[stack:${tid}]`, '[stack]']);
  });

  it('ia64 names none in 3.6: KSTK_ESP() is the stack of the kernel there', () => {
    expect(names({ arch: 'ia64', kernel: '3.6', nptl: '2.3.3' }, () => '/proc/self/maps')).toEqual([]);
    expect(names({ arch: 'ia64', kernel: '2.6.18', nptl: '2.3.3' }, () => '/proc/self/maps')).toEqual(['[stack]']);
  });
});
