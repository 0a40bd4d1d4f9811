/*
 * The futex operations that came after 2.5.46, as each release has them: kernel/futex.c of 2.6.0 to 6.13.
 */

import { describe, expect, it } from 'vitest';
import { findRelease, futexRules } from '../../src/release/index.js';
import { Rig } from './rig.js';

const NR = 240;
const op = {
  WAIT: 0, WAKE: 1, FD: 2, REQUEUE: 3, CMP_REQUEUE: 4, WAKE_OP: 5, WAIT_BITSET: 9, WAKE_BITSET: 10, PRIVATE: 128, REALTIME: 256,
};
const EAGAIN = 'eax=-11';
const EFAULT = 'eax=-14';
const EINVAL = 'eax=-22';
const ENOSYS = 'eax=-38';
const UNMAPPED = 0x7777000;

const modern = () => new Rig('i386', { kernel: '6.1' });

/** Puts new tasks to sleep on the first data word. */
function sleepers(rig: Rig, count: number, operation = op.WAIT, bitset = 0): number[] {
  const slots = Array.from({ length: count }, () => rig.spawn());
  for (const slot of slots) expect(rig.switchTo(slot).raw(NR, rig.data, operation, 0, 0, 0, bitset)).toBe('sleeps');
  rig.switchTo(rig.main);
  return slots;
}

describe('FUTEX_REQUEUE', () => {
  it('wakes val waiters, moves val2 others, and returns how many that were', () => {
    const rig = modern();
    const slots = sleepers(rig, 5);
    expect(rig.trap(NR, rig.data, op.REQUEUE, 1, 3, rig.data + 8n)).toBe('0x4');
    expect(rig.runnable()).toEqual([slots[0]]);
    expect(rig.trap(NR, rig.data, op.WAKE, 9)).toBe('0x1');
    expect(rig.runnable()).toEqual([slots[4]]);
    expect(rig.trap(NR, rig.data + 8n, op.WAKE, 9)).toBe('0x3');
    expect(rig.runnable()).toEqual(slots.slice(1, 4));
  });

  it('moves behind those that wait on the other word already', () => {
    const rig = modern();
    const [moved] = sleepers(rig, 1);
    const there = rig.spawn();
    rig.switchTo(there).raw(NR, rig.data + 8n, op.WAIT, 0);
    rig.switchTo(rig.main).trap(NR, rig.data, op.REQUEUE, 0, 1, rig.data + 8n);
    rig.trap(NR, rig.data + 8n, op.WAKE, 9);
    expect(rig.runnable()).toEqual([there, moved]);
  });

  it('onto the same word ends: everybody moves once', () => {
    const rig = modern();
    const slots = sleepers(rig, 3);
    expect(rig.trap(NR, rig.data, op.REQUEUE, 0, 99, rig.data)).toBe('0x3');
    expect(rig.trap(NR, rig.data, op.WAKE, 9)).toBe('0x3');
    expect(rig.runnable()).toEqual(slots);
  });

  it('of a timed wait keeps its deadline', () => {
    const rig = modern();
    rig.poke(rig.data + 64n, 1);
    const slot = rig.spawn();
    rig.switchTo(slot).raw(NR, rig.data, op.WAIT, 0, rig.data + 64n);
    rig.switchTo(rig.main).trap(NR, rig.data, op.REQUEUE, 0, 1, rig.data + 8n);
    rig.kernel.clock.now += 2e9;
    rig.kernel.fireTimers();
    expect(rig.runnable()).toEqual([slot]);
    expect(rig.switchTo(slot).result()).toBe('eax=-110');
    expect(rig.switchTo(rig.main).trap(NR, rig.data + 8n, op.WAKE, 9)).toBe('0x0');
  });

  it('with a negative count fails with EINVAL from 4.15 on', () => {
    expect(modern().trap(NR, modern().data, op.REQUEUE, -1, 0, modern().data)).toBe(EINVAL);
    expect(modern().trap(NR, modern().data, op.REQUEUE, 0, -1, modern().data)).toBe(EINVAL);
  });
});

describe('FUTEX_CMP_REQUEUE', () => {
  it('does nothing and fails with EAGAIN when the word is not val3', () => {
    const rig = modern();
    sleepers(rig, 2);
    expect(rig.trap(NR, rig.data, op.CMP_REQUEUE, 1, 1, rig.data + 8n, 5)).toBe(EAGAIN);
    expect(rig.runnable()).toEqual([]);
    expect(rig.trap(NR, rig.data, op.CMP_REQUEUE, 1, 1, rig.data + 8n, 0)).toBe('0x2');
  });
});

describe('FUTEX_WAIT_BITSET', () => {
  it('is woken only by a bitset that shares a bit', () => {
    const rig = modern();
    const [low] = sleepers(rig, 1, op.WAIT_BITSET, 0x0f);
    const [high] = sleepers(rig, 1, op.WAIT_BITSET, 0xf0);
    expect(rig.trap(NR, rig.data, op.WAKE_BITSET, 9, 0, 0, 0x80)).toBe('0x1');
    expect(rig.runnable()).toEqual([high]);
    expect(rig.trap(NR, rig.data, op.WAKE_BITSET, 9, 0, 0, 0x100)).toBe('0x0');
    expect(rig.trap(NR, rig.data, op.WAKE, 9)).toBe('0x1');
    expect(rig.runnable()).toEqual([low]);
  });

  it('with an empty bitset fails with EINVAL, and so does WAKE_BITSET', () => {
    const rig = modern();
    expect(rig.trap(NR, rig.data, op.WAIT_BITSET, 0)).toBe(EINVAL);
    expect(rig.trap(NR, rig.data, op.WAKE_BITSET, 1)).toBe(EINVAL);
  });

  it.each([['the start of the machine', 0, 0], ['1970, with FUTEX_CLOCK_REALTIME', op.REALTIME, Date.UTC(2002, 9, 31) / 1000]])(
    'has an absolute timeout, counted from %s',
    (_name, flag, base) => {
      const rig = modern();
      rig.poke(rig.data + 64n, base + 7);
      rig.poke(rig.data + 68n, 500);
      expect(rig.raw(NR, rig.data, op.WAIT_BITSET + flag, 0, rig.data + 64n, 0, -1)).toBe('sleeps');
      expect(rig.kernel.nextTimer()).toBe(7_000_000_500);
    },
  );
});

describe('FUTEX_WAIT with FUTEX_CLOCK_REALTIME, 4.5 to 5.12', () => {
  const NOT_YET = 'sleeps';
  const ETIMEDOUT = 'eax=-110';

  it('adds the monotonic clock to its interval and waits for that time of day: it has passed', () => {
    const rig = new Rig('i386', { kernel: '4.12' });
    rig.poke(rig.data + 64n, 5);
    rig.poke(rig.data + 68n, 0);
    expect(rig.trap(NR, rig.data, op.WAIT + op.REALTIME, 1, rig.data + 64n)).toBe(EAGAIN);
    expect([rig.raw(NR, rig.data, op.WAIT + op.REALTIME, 0, rig.data + 64n), rig.kernel.nextTimer()]).toEqual([NOT_YET, 0]);
    rig.kernel.fireTimers();
    expect(rig.switchTo(rig.main).result()).toBe(ETIMEDOUT);
  });

  it('of as many seconds as have passed since 1970 waits, by what is beyond', () => {
    const rig = new Rig('i386', { kernel: '4.12' });
    rig.poke(rig.data + 64n, Date.UTC(2002, 9, 31) / 1000 + 3);
    rig.poke(rig.data + 68n, 0);
    rig.kernel.clock.now = 2e9;
    expect(rig.raw(NR, rig.data, op.WAIT + op.REALTIME, 0, rig.data + 64n)).toBe(NOT_YET);
    expect(rig.kernel.nextTimer()).toBeGreaterThanOrEqual(5e9);
    expect(rig.kernel.nextTimer()).toBeLessThan(5.1e9);
  });
});

describe('FUTEX_WAKE_OP', () => {
  const encode = (fn: number, arg: number, cmp: number, cmparg: number) =>
    BigInt.asIntN(64, (BigInt(fn) << 28n) | (BigInt(arg & 0xfff) << 12n) | (BigInt(cmp) << 24n) | BigInt(cmparg & 0xfff));

  it.each([
    ['SET', 0, 9, 9], ['ADD', 1, -2, 3], ['OR', 2, 8, 13], ['ANDN', 3, 4, 1], ['XOR', 4, 7, 2], ['OR 1 << 3', 10, 3, 13],
  ])('%s changes the second word', (_name, fn, arg, expected) => {
    const rig = modern();
    rig.poke(rig.data + 8n, 5);
    expect(rig.trap(NR, rig.data, op.WAKE_OP, 1, 1, rig.data + 8n, encode(fn, arg, 0, 0))).toBe('0x0');
    expect(rig.peek(rig.data + 8n)).toBe(expected);
  });

  it.each([['EQ', 0, 5], ['NE', 1, 4], ['LT', 2, 6], ['LE', 3, 5], ['GT', 4, -1], ['GE', 5, 5]])(
    'wakes waiters of the second word too if the old value is %s the argument',
    (_name, cmp, cmparg) => {
      const rig = modern();
      const [first] = sleepers(rig, 1);
      const second = rig.spawn();
      rig.poke(rig.data + 8n, 5);
      rig.switchTo(second).raw(NR, rig.data + 8n, op.WAIT, 5);
      rig.switchTo(rig.main);
      expect(rig.trap(NR, rig.data, op.WAKE_OP, 1, 1, rig.data + 8n, encode(0, 0, cmp, cmparg))).toBe('0x2');
      expect(rig.runnable()).toEqual([first, second]);
    },
  );

  it('of an unknown operation or comparison fails with ENOSYS, the latter after the word has changed', () => {
    const rig = modern();
    expect(rig.trap(NR, rig.data, op.WAKE_OP, 1, 1, rig.data + 8n, encode(5, 1, 0, 0))).toBe(ENOSYS);
    expect(rig.trap(NR, rig.data, op.WAKE_OP, 1, 1, rig.data + 8n, encode(0, 77, 9, 0))).toBe(ENOSYS);
    expect(rig.peek(rig.data + 8n)).toBe(77);
  });
});

describe('a release', () => {
  const rules = (name: string, backports = false) => futexRules(findRelease(name)!.release, backports);

  it('6.1: FUTEX_FD is gone, FUTEX_CLOCK_REALTIME goes with some operations only', () => {
    const rig = modern();
    expect(rig.trap(NR, rig.data, op.FD, 0)).toBe(ENOSYS);
    expect(rig.trap(NR, rig.data, op.WAIT + op.REALTIME, 0)).toBe(ENOSYS);
    expect(rig.trap(NR, rig.data, op.WAKE + op.REALTIME, 0)).toBe(ENOSYS);
  });

  it('6.1: a timeout that is no time fails with EINVAL, one that cannot be read with EFAULT, and only a timed operation looks', () => {
    const rig = modern();
    rig.poke(rig.data + 68n, 1_000_000_000);
    expect(rig.trap(NR, rig.data + 1n, op.WAIT, 0, rig.data + 64n)).toBe(EINVAL);
    expect(rig.trap(NR, rig.data, op.WAIT, 1, UNMAPPED)).toBe(EFAULT);
    expect(rig.trap(NR, rig.data, op.WAKE, 1, UNMAPPED)).toBe('0x0');
  });

  it('6.1: the private word of a wake-up need not be mapped, that of a wait must be', () => {
    const rig = modern();
    expect(rig.trap(NR, UNMAPPED, op.WAKE, 1)).toBe(EFAULT);
    expect(rig.trap(NR, UNMAPPED, op.WAKE + op.PRIVATE, 1)).toBe('0x0');
    expect(rig.trap(NR, 0xfffff000n, op.WAKE + op.PRIVATE, 1)).toBe(EFAULT);
    expect(rig.trap(NR, UNMAPPED, op.WAIT + op.PRIVATE, 0)).toBe(EFAULT);
  });

  it('2.5.46 has WAIT and WAKE; with what NPTL 2.36 needs, the bitsets and both flags', () => {
    expect(rules('2.5.46')).toMatchObject({ ops: 3, flags: 0, unknownOp: 'EINVAL', checksBeforeOp: true });
    expect(rules('2.5.46', true)).toMatchObject({ ops: 0x603, flags: 0x180 });
  });

  it('6.1 has all', () => {
    expect(rules('6.1')).toMatchObject({ ops: 0x3ffb, flags: 0x180, realtimeOps: 0x2a00, unknownOp: 'ENOSYS' });
  });
});

describe('futex_time64', () => {
  it('reads 64-bit seconds, and ignores the upper half of tv_nsec', () => {
    const rig = modern();
    [3, 0, 250, -1].forEach((word, i) => {
      rig.poke(rig.data + 64n + BigInt(4 * i), word);
    });
    expect(rig.raw(422, rig.data, op.WAIT, 0, rig.data + 64n)).toBe('sleeps');
    expect(rig.kernel.nextTimer() - rig.kernel.clock.now).toBe(3_000_000_250);
  });
});
