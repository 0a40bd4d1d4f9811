/* More memory than the machine has: overcommit refuses it, or the program is killed when it is used. */

import { describe, expect, it } from 'vitest';
import type { Libc, ThreadBody } from 'guardpage';
import { Machine, type MachineConfig } from '../../src/machine.js';

const MIB = 2 ** 20;
const ARCHS: readonly MachineConfig[] = [
  { arch: 'i386' }, { arch: 'sparc64' }, { arch: 'ia64' }, { arch: 'x86_64', kernel: '6.1' },
];

/** Maps 8 MiB and fills it by `fill`; errno when it cannot be mapped. */
function run(config: MachineConfig, kind: 'PRIVATE' | 'SHARED', fill: (libc: Libc, at: import('guardpage').Addr) => void) {
  const machine = new Machine({ ram: 4 * MIB, ...config });
  machine.load(function* main(libc: Libc): ThreadBody<number> {
    const at = yield* libc.mmap(0, 8 * MIB, 3, libc.MAP[kind] | libc.MAP.ANONYMOUS);
    if (Number(at) === -1) return libc.errno;
    fill(libc, at);
    return 0;
  });
  return machine.run();
}

const byWords = (libc: Libc, at: import('guardpage').Addr) => {
  for (let i = 0; i < 8 * MIB; i += 64) libc.store32(libc.add(at, i), i + 1);
};
const byBytes = (libc: Libc, at: import('guardpage').Addr) => {
  for (let i = 0; i < 8 * MIB; i += 64) libc.store8(libc.add(at, i), 1);
};

describe.each(ARCHS.map((config) => [config.arch!, config] as const))('%s', (_name, config) => {
  it.each([['PRIVATE', byWords], ['SHARED', byWords], ['PRIVATE', byBytes]] as const)(
    '%s memory beyond what there is: the program is killed, and it is said where', (kind, fill) => {
      const result = run({ ...config, overcommit: 1 }, kind, fill);
      expect(result).toMatchObject({ outcome: 'oom', exit: 1, signal: 'SIGKILL' });
      expect(result.message).toMatch(/^thread 1000 \(main\): out of memory at 0x[0-9a-f]+: killed$/);
    });

  it('modes 0 and 2 refuse to map it: ENOMEM', () => {
    for (const overcommit of [0, 2]) {
      expect(run({ ...config, overcommit }, 'PRIVATE', byWords)).toMatchObject({ outcome: 'exited', exit: 12 });
    }
  });
});
