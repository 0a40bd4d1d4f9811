/* The clocks and sleeping on them: kernel/time.c, kernel/posix-timers.c, kernel/time/hrtimer.c. */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const EPOCH = Date.UTC(2002, 9, 31) / 1000;
const NS = 1_000_000_000;
const REALTIME = 0;
const MONOTONIC = 1;

const nrs = {
  i386: { clock_gettime: 265, clock_getres: 266, clock_nanosleep: 267, gettimeofday: 78, nanosleep: 162 },
  sparc64: { clock_gettime: 257, clock_getres: 258, clock_nanosleep: 259, gettimeofday: 116, nanosleep: 249 },
  ia64: { clock_gettime: 1254, clock_getres: 1255, clock_nanosleep: 1256, gettimeofday: 1087, nanosleep: 1168 },
} as const;
type Name = keyof typeof nrs;
const FAILURE: Record<Name, (errno: number, sparc?: number) => string> = {
  i386: (n) => `eax=-${n}`, sparc64: (n, sparc = n) => `carry o0=${sparc}`, ia64: (n) => `r10=-1 r8=${n}`,
};

/** A rig whose clock stands at `seconds` and `ns` after the call has taken its time. */
function rigAt(name: Name, seconds: number, ns: number, kernel?: string): Rig {
  const rig = new Rig(name, kernel === undefined ? { modernNptl: true } : { kernel });
  rig.kernel.clock.now = seconds * NS + ns - 1000;
  return rig;
}

/** Words at an address, as signed numbers. */
const words = (rig: Rig, at: bigint, n: number) => Array.from({ length: n }, (_, i) => rig.peek(at + BigInt(4 * i)));

describe.each(Object.keys(nrs) as Name[])('clocks on %s', (name) => {
  const nr = nrs[name];
  const fails = FAILURE[name];
  const long = name === 'i386' ? 4n : 8n;

  it('clock_gettime stores seconds and nanoseconds as two longs', () => {
    const rig = rigAt(name, 5, 42);
    expect(rig.trap(nr.clock_gettime, MONOTONIC, rig.data)).toBe('0x0');
    expect(words(rig, rig.data, Number(long) / 2)).toEqual({ i386: [5, 42], sparc64: [0, 5, 0, 42], ia64: [5, 0, 42, 0] }[name]);
    rig.kernel.clock.now = 7 * NS - 1000;
    rig.trap(nr.clock_gettime, REALTIME, rig.data);
    expect(words(rig, rig.data, Number(long) / 2)).toContain(EPOCH + 7);
  });

  it('gettimeofday stores microseconds: an int of four bytes on sparc64', () => {
    const rig = rigAt(name, 3, 9_000);
    for (let i = 0n; i < 8n; i++) rig.poke(rig.data + 4n * i, 77);
    expect(rig.trap(nr.gettimeofday, rig.data, 0)).toBe('0x0');
    const seconds = EPOCH + 3;
    expect(words(rig, rig.data, 4)).toEqual(
      { i386: [seconds, 9, 77, 77], sparc64: [0, seconds, 9, 77], ia64: [seconds, 0, 9, 0] }[name],
    );
  });

  it('an unknown clock is EINVAL, an address that cannot be written EFAULT', () => {
    const rig = new Rig(name, { modernNptl: true });
    expect(rig.trap(nr.clock_gettime, 99, rig.data)).toBe(fails(22));
    expect(rig.trap(nr.clock_gettime, MONOTONIC, 0x7777000)).toBe(fails(14));
    expect(rig.trap(nr.clock_getres, MONOTONIC, 0)).toBe('0x0');
  });

  it('nanosleep sleeps, and returns 0 when its time has come', () => {
    const rig = rigAt(name, 1, 0);
    rig.pokeLong(rig.data, 2n);
    rig.pokeLong(rig.data + long, 500n);
    const slot = rig.spawn();
    expect(rig.switchTo(slot).raw(nr.nanosleep, rig.data, 0)).toBe('sleeps');
    expect(rig.kernel.nextTimer()).toBe(3 * NS + 500);
    rig.kernel.clock.now = 3 * NS + 499;
    rig.kernel.fireTimers();
    expect(rig.runnable()).toEqual([]);
    rig.kernel.clock.now += 1;
    rig.kernel.fireTimers();
    expect(rig.runnable()).toEqual([slot]);
    expect(rig.switchTo(slot).result()).toBe('0x0');
  });

  it('nanosleep of no valid time is EINVAL', () => {
    const rig = new Rig(name, { modernNptl: true });
    for (const [seconds, ns] of [[0n, 1_000_000_000n], [-1n, 0n], [0n, -1n]] as const) {
      rig.pokeLong(rig.data, seconds);
      rig.pokeLong(rig.data + long, ns);
      expect(rig.trap(nr.nanosleep, rig.data, 0)).toBe(fails(22));
    }
    expect(rig.trap(nr.nanosleep, 0x7777000, 0)).toBe(fails(14));
  });

  it('clock_nanosleep to a point in time that has passed returns at once, REALTIME counts from 1970', () => {
    const rig = rigAt(name, 5, 0);
    rig.pokeLong(rig.data, 4n);
    expect(rig.trap(nr.clock_nanosleep, MONOTONIC, 1, rig.data, 0)).toBe('0x0');
    rig.pokeLong(rig.data, BigInt(EPOCH + 9));
    expect(rig.raw(nr.clock_nanosleep, REALTIME, 1, rig.data, 0)).toBe('sleeps');
    expect(rig.kernel.nextTimer()).toBe(9 * NS);
  });
});

describe('timers', () => {
  it('that nobody waits for any more do not move the clock', () => {
    const rig = new Rig('i386');
    rig.poke(rig.data + 64n, 1000);
    const slot = rig.spawn();
    rig.switchTo(slot).raw(240, rig.data, 0, 0, rig.data + 64n);
    rig.switchTo(rig.main).trap(240, rig.data, 1, 1);
    expect(rig.kernel.nextTimer()).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a time beyond KTIME_MAX never come', () => {
    const rig = new Rig('ia64');
    rig.pokeLong(rig.data, 2n ** 62n);
    rig.pokeLong(rig.data + 8n, 0n);
    expect(rig.raw(1168, rig.data, 0)).toBe('sleeps');
    expect(rig.kernel.nextTimer()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('strace', () => {
  it('shows times, clocks and TIMER_ABSTIME', () => {
    const rig = rigAt('i386', 5, 42, '6.1');
    const last = (...call: (number | bigint)[]) => {
      rig.trap(call[0]!, ...call.slice(1));
      return rig.strace.at(-1);
    };
    expect(last(265, 1, rig.data)).toBe('clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=42}) = 0');
    expect(last(265, 99, rig.data)).toBe('clock_gettime(0x63, 0x8049000) = -1 EINVAL (Invalid argument)');
    expect(last(267, 1, 1, rig.data, 0)).toBe('clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=5, tv_nsec=42}, NULL) = 0');
    expect(last(162, rig.data, rig.data + 8n)).toBe('nanosleep({tv_sec=5, tv_nsec=42}, 0x8049008 <unfinished ...>');
  });
});
