/*
 * Whatever user space puts into the registers, the kernel answers in registers: no exception, and an
 * address space whose invariants hold.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handlers } from '../../src/syscall/handlers.js';
import { Rig } from './rig.js';

const names = ['i386', 'sparc64', 'sparc64 32-bit', 'ia64'] as const;

/** Numbers of the calls that are implemented; exit and exit_group end the only task. */
function implemented(rig: Rig): number[] {
  const { nr, entry } = rig.target;
  return Object.keys(nr)
    .filter((call) => handlers[entry[call] ?? call] !== undefined && !call.startsWith('exit'))
    .map((call) => nr[call]!);
}

/** Words near all that a kernel compares with. */
function words(rig: Rig): fc.Arbitrary<bigint> {
  const { image, pageShift, pageSize, taskSize, searchEnd, vaHole, region } = rig.target;
  const edges = [0n, 1n, 0x10n, 0x22n, 0x80000000n, 0xffffffffn, 2n ** 63n, 2n ** 64n - 1n, BigInt(pageSize)];
  const pages = [taskSize, searchEnd, vaHole?.start, vaHole?.end, region?.pages, region?.mapLimit,
    ...image.map((area) => area.start), ...image.map((area) => area.end)];
  for (const page of pages) if (page !== undefined) edges.push(BigInt(page) << BigInt(pageShift));
  const near = fc.tuple(fc.constantFrom(...edges), fc.integer({ min: -20000, max: 20000 })).map(([edge, by]) => edge + BigInt(by));
  const small = fc.integer({ min: -4, max: 9000 }).map(BigInt);
  return fc.oneof(near, fc.constantFrom(...edges), small, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
}

describe.each(names)('%s', (name) => {
  it('any call with any arguments ends with a result or a sleep', () => {
    const word = words(new Rig(name));
    const call = fc.tuple(fc.constantFrom(...implemented(new Rig(name)), 2000), fc.array(word, { minLength: 6, maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 12 }), (calls) => {
        const rig = new Rig(name);
        for (const [nr, args] of calls) {
          if (nr === rig.target.nr.write) args[2]! %= 70000n; // what fd 1 takes is kept in an array here
          if (rig.trap(nr, ...args) === 'sleeps') rig.switchTo(rig.spawn());
        }
        rig.mm.check();
        expect(rig.kernel.calls).toBe(calls.length);
      }),
      { seed: 2546, numRuns: 300 },
    );
  });
});
