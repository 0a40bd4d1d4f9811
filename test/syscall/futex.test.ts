/*
 * futex of Linux 2.5.46, kernel/futex.c: WAIT and WAKE, and EINVAL for any other operation. A timeout is
 * relative, and read whatever the operation.
 */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const WAIT = 0;
const WAKE = 1;
const FUTEX = { i386: 240, sparc64: 142, 'sparc64 32-bit': 142, ia64: 1230 } as const;

type Name = keyof typeof FUTEX;
const names = Object.keys(FUTEX) as Name[];

const FAILURE: Record<Name, (generic: number, sparc?: number) => string> = {
  i386: (n) => `eax=-${n}`,
  sparc64: (n, sparc = n) => `carry o0=${sparc}`,
  'sparc64 32-bit': (n, sparc = n) => `carry o0=${sparc}`,
  ia64: (n) => `r10=-1 r8=${n}`,
};

/** A rig whose tasks sleep on the first data word, in this order. */
function sleepers(name: Name, count: number): { rig: Rig; slots: number[] } {
  const rig = new Rig(name);
  const slots = Array.from({ length: count }, () => rig.spawn());
  for (const slot of slots) expect(rig.switchTo(slot).raw(FUTEX[name], rig.data, WAIT, 0)).toBe('sleeps');
  rig.switchTo(rig.main);
  return { rig, slots };
}

describe.each(names)('futex on %s', (name) => {
  const nr = FUTEX[name];
  const fails = FAILURE[name];

  it('WAIT on a word that has another value fails with EAGAIN', () => {
    const rig = new Rig(name);
    rig.poke(rig.data, 7);
    expect(rig.trap(nr, rig.data, WAIT, 8)).toBe(fails(11));
  });

  it('WAIT compares 32 bits: -1 is 0xffffffff', () => {
    const rig = new Rig(name);
    rig.poke(rig.data, -1);
    expect(rig.raw(nr, rig.data, WAIT, 0xffffffffn)).toBe('sleeps');
  });

  it('WAIT sleeps while the value stands, and returns 0 when woken', () => {
    const { rig, slots } = sleepers(name, 1);
    expect(rig.runnable()).toEqual([]);
    expect(rig.trap(nr, rig.data, WAKE, 1)).toBe('0x1');
    expect(rig.runnable()).toEqual(slots);
    expect(rig.switchTo(slots[0]!).result()).toBe('0x0');
  });

  it('a word that is not aligned fails with EINVAL, whatever the operation', () => {
    const rig = new Rig(name);
    for (const op of [WAIT, WAKE]) {
      for (const by of [1n, 2n, 3n]) expect(rig.trap(nr, rig.data + by, op, 0)).toBe(fails(22));
    }
  });

  it('an operation other than WAIT and WAKE fails with EINVAL: 2.5.46 has no REQUEUE and no PRIVATE', () => {
    const rig = new Rig(name);
    for (const op of [3, 4, 5, 9, 128, 129, -1]) expect(rig.trap(nr, rig.data, op, 0)).toBe(fails(22));
  });

  it('a word that cannot be read fails with EFAULT', () => {
    const rig = new Rig(name);
    expect(rig.trap(nr, 0x7777000, WAIT, 0)).toBe(fails(14));
    expect(rig.trap(nr, 0x7777000, WAKE, 1)).toBe(fails(14));
  });

  it('a timeout that cannot be read fails with EFAULT before the rest is looked at', () => {
    const rig = new Rig(name);
    expect(rig.trap(nr, rig.data + 1n, 99, 0, 0x7777000)).toBe(fails(14));
  });

  it('a timeout ends the wait with ETIMEDOUT, 110 or 60', () => {
    const { rig, slots } = sleepers(name, 0);
    const slot = rig.spawn();
    const at = rig.data + 64n;
    rig.pokeLong(at, 2n);
    rig.pokeLong(at + BigInt(rig.target.kernelBits / 8), 500n);
    const { clock } = rig.kernel;
    expect(rig.switchTo(slot).raw(nr, rig.data, WAIT, 0, at)).toBe('sleeps');
    const deadline = clock.peek()!.deadline;
    expect(deadline - clock.now).toBe(2_000_000_500);
    clock.now = deadline - 1;
    rig.kernel.fireTimers();
    expect(rig.runnable()).toEqual([]);
    clock.now = deadline;
    rig.kernel.fireTimers();
    expect(rig.runnable()).toEqual([slot]);
    expect(rig.switchTo(slot).result()).toBe(fails(110, 60));
    expect(slots).toEqual([]);
  });
});

describe('futex WAKE', () => {
  it('wakes as many as asked, in the order in which they went to sleep', () => {
    const { rig, slots } = sleepers('i386', 5);
    expect(rig.trap(240, rig.data, WAKE, 2)).toBe('0x2');
    expect(rig.runnable()).toEqual(slots.slice(0, 2));
    expect(rig.trap(240, rig.data, WAKE, 0x7fffffff)).toBe('0x3');
    expect(rig.runnable()).toEqual(slots.slice(2));
    expect(rig.trap(240, rig.data, WAKE, 1)).toBe('0x0');
  });

  it('of 0 or a negative number wakes one: the kernel compares after waking', () => {
    const { rig, slots } = sleepers('i386', 3);
    expect(rig.trap(240, rig.data, WAKE, 0)).toBe('0x1');
    expect(rig.trap(240, rig.data, WAKE, -5)).toBe('0x1');
    expect(rig.runnable()).toEqual(slots.slice(0, 2));
  });

  it('leaves sleepers on other words alone', () => {
    const { rig } = sleepers('i386', 2);
    expect(rig.trap(240, rig.data + 4n, WAKE, 9)).toBe('0x0');
    expect(rig.runnable()).toEqual([]);
  });

  it('does not look at the value, and an aligned word anywhere in mapped memory will do', () => {
    const rig = new Rig('i386');
    rig.poke(rig.data, 123);
    expect(rig.trap(240, rig.data, WAKE, 1)).toBe('0x0');
    expect(rig.trap(240, 0x08048000, WAKE, 1)).toBe('0x0');
  });
});

describe('futex and the page behind the word', () => {
  it('WAIT on an untouched page and WAKE after a write to it meet on the same word', () => {
    const rig = new Rig('i386');
    rig.trap(192, 0, 4096, 3, 0x22, -1, 0);
    const slot = rig.spawn();
    expect(rig.switchTo(slot).raw(240, 0x40000000, WAIT, 0)).toBe('sleeps');
    rig.switchTo(rig.main).poke(0x40000000, 1);
    expect(rig.trap(240, 0x40000000, WAKE, 1)).toBe('0x1');
  });

  // futex_wait() pins the page: its frame is not given to anybody else while a task sleeps on it.
  it('memory unmapped and mapped anew is another word', () => {
    const rig = new Rig('i386');
    rig.trap(192, 0, 4096, 3, 0x22, -1, 0);
    rig.switchTo(rig.spawn()).raw(240, 0x40000000, WAIT, 0);
    rig.switchTo(rig.main).trap(91, 0x40000000, 4096);
    rig.trap(192, 0, 4096, 3, 0x22, -1, 0);
    expect(rig.trap(240, 0x40000000, WAKE, 1)).toBe('0x0');
  });
});

describe('a timeout and a wake-up', () => {
  const NS = 1_000_000_000;

  it('woken in time, a task does not time out in a later sleep', () => {
    const rig = new Rig('i386');
    const slot = rig.spawn();
    const at = rig.data + 64n;
    rig.poke(at, 1);
    rig.switchTo(slot).raw(240, rig.data, WAIT, 0, at);
    rig.switchTo(rig.main).trap(240, rig.data, WAKE, 1);
    rig.switchTo(rig.runnable()[0]!).raw(240, rig.data, WAIT, 0);
    rig.kernel.clock.now += 5 * NS;
    rig.kernel.fireTimers();
    expect(rig.runnable()).toEqual([]);
  });

  it('timed out, a task is no longer there to be woken', () => {
    const rig = new Rig('i386');
    const at = rig.data + 64n;
    rig.poke(at, 1);
    rig.switchTo(rig.spawn()).raw(240, rig.data, WAIT, 0, at);
    rig.kernel.clock.now += 5 * NS;
    rig.kernel.fireTimers();
    expect(rig.switchTo(rig.main).trap(240, rig.data, WAKE, 1)).toBe('0x0');
  });

  it('the earlier deadline fires first, whoever armed it first', () => {
    const rig = new Rig('i386');
    const [late, early] = [rig.spawn(), rig.spawn()];
    const at = rig.data + 64n;
    rig.poke(at, 9);
    rig.switchTo(late).raw(240, rig.data, WAIT, 0, at);
    rig.poke(at, 3);
    rig.switchTo(early).raw(240, rig.data, WAIT, 0, at);
    rig.kernel.clock.now += 20 * NS;
    rig.kernel.fireTimers();
    expect(rig.runnable()).toEqual([early, late]);
  });

  it('a 32-bit sparc task\'s timeout is read as two 64-bit words, as that kernel did', () => {
    const rig = new Rig('sparc64 32-bit');
    const at = rig.data + 64n;
    // { 0, 3 } as a 32-bit timespec is 3 ns; as the kernel reads it, 3 seconds.
    rig.poke(at, 0);
    rig.poke(at + 4n, 3);
    rig.switchTo(rig.spawn()).raw(142, rig.data, WAIT, 0, at);
    expect(rig.kernel.clock.peek()!.deadline - rig.kernel.clock.now).toBe(3 * NS);
  });

  it('a negative timeout is over at once', () => {
    const rig = new Rig('i386');
    rig.poke(rig.data + 64n, -1);
    rig.switchTo(rig.spawn()).raw(240, rig.data, WAIT, 0, rig.data + 64n);
    rig.kernel.fireTimers();
    expect(rig.runnable()).toHaveLength(1);
  });
});
