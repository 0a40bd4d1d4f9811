/* Pids: the next free one above the last, from pid_max back to 300. Linux 2.5.46, kernel/pid.c. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PidMap } from '../../src/task/pid.js';

const RESERVED = 300;

function take(map: PidMap, count: number): number[] {
  return Array.from({ length: count }, () => map.alloc());
}

describe('PidMap', () => {
  it('gives ascending pids, from 1 on', () => {
    expect(take(new PidMap(32768, RESERVED), 3)).toEqual([1, 2, 3]);
  });

  it('goes on after a pid that was taken by name', () => {
    const map = new PidMap(32768, RESERVED);
    map.take(1000);
    expect(take(map, 2)).toEqual([1001, 1002]);
  });

  it('does not give a freed pid again before it has been round', () => {
    const map = new PidMap(32768, RESERVED);
    map.take(1000);
    take(map, 3);
    map.release(1002);
    expect(take(map, 2)).toEqual([1004, 1005]);
  });

  it('pid_max itself is never given; the next is 300, not 1', () => {
    const map = new PidMap(32768, RESERVED);
    map.take(32765);
    expect(take(map, 4)).toEqual([32766, 32767, 300, 301]);
  });

  it('skips pids in use on the second round', () => {
    const map = new PidMap(400, RESERVED);
    map.take(305);
    const first = take(map, 94); // 306 to 399
    expect([first[0], first.at(-1)]).toEqual([306, 399]);
    expect(take(map, 5)).toEqual([300, 301, 302, 303, 304]);
    map.release(307);
    map.release(398);
    expect(take(map, 2)).toEqual([307, 398]);
  });

  it('is exhausted when 300 to pid_max - 1 are in use: 32468 pids', () => {
    const map = new PidMap(32768, RESERVED);
    map.take(1000);
    const given = new Set(take(map, 32467));
    expect(given.size).toBe(32467);
    expect([Math.min(...given), Math.max(...given)]).toEqual([300, 32767]);
    expect(map.alloc()).toBe(-1);
    map.release(12345);
    expect([map.alloc(), map.alloc()]).toEqual([12345, -1]);
  });

  it('has no other limit than pid_max', () => {
    const map = new PidMap(4194304, RESERVED);
    map.take(4194302);
    expect(take(map, 2)).toEqual([4194303, 300]);
  });

  it('starts anew after reset', () => {
    const map = new PidMap(310, RESERVED);
    map.take(305);
    take(map, 5);
    map.reset();
    map.take(305);
    expect(take(map, 10)).toEqual([306, 307, 308, 309, 300, 301, 302, 303, 304, -1]);
  });
});

/** A set of used pids and a counter: the obvious way to do it. */
class NaivePids {
  readonly used = new Set<number>();
  private last: number;
  private readonly max: number;

  constructor(max: number, first: number) {
    this.max = max;
    this.last = first;
    this.used.add(first);
  }

  alloc(): number {
    for (let tries = 0; tries <= this.max; tries++) {
      const next = this.last + 1 + tries;
      const pid = next < this.max ? next : RESERVED + ((next - this.max) % (this.max - RESERVED));
      if (this.used.has(pid)) continue;
      this.used.add(pid);
      this.last = pid;
      return pid;
    }
    return -1;
  }
}

describe('PidMap under random operations', () => {
  it('does what a set of pids does', () => {
    const steps = fc.array(fc.oneof(fc.constant('alloc' as const), fc.integer({ min: 0, max: 1000 })), { maxLength: 400 });
    fc.assert(
      fc.property(fc.integer({ min: RESERVED + 2, max: 420 }), steps, (max, script) => {
        const map = new PidMap(max, RESERVED);
        map.take(max - 2);
        const naive = new NaivePids(max, max - 2);
        for (const step of script) {
          // Two of three steps allocate, so that the space fills up.
          if (step === 'alloc' || step % 3 > 0) {
            expect(map.alloc()).toBe(naive.alloc());
          } else if (naive.used.size > 0) {
            const pid = [...naive.used][step % naive.used.size]!;
            naive.used.delete(pid);
            map.release(pid);
          }
        }
      }),
      { seed: 2546, numRuns: 200 },
    );
  });
});
