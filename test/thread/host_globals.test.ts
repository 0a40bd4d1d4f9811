/* While a program runs, chance and time are the machine's; afterwards they are the host's again. */

import { describe, expect, it } from 'vitest';
import type { Libc, ThreadBody } from 'guardpage';
import { compute, type Config, evaluate, run } from './run.js';

const THREE = (config: Config) => compute(config, () => [Math.random(), Math.random(), Math.random()]);

describe('Math.random in a program', () => {
  it('gives the same numbers for the same seed', () => {
    expect(THREE({ seed: 7 })).toEqual(THREE({ seed: 7 }));
  });

  it('gives others for another seed', () => {
    expect(THREE({ seed: 7 })).not.toEqual(THREE({ seed: 8 }));
  });

  it('has seed 1 when none is given, on every machine', () => {
    expect(THREE({})).toEqual(THREE({ seed: 1, arch: 'ia64' }));
  });

  it('gives numbers from 0 up to but not 1', () => {
    const numbers = compute({ seed: 3 }, () => Array.from({ length: 1000 }, () => Math.random()));
    for (const n of numbers) expect(n >= 0 && n < 1).toBe(true);
    expect(new Set(numbers).size).toBe(1000);
  });
});

describe('Date in a program', () => {
  it('starts on the day of the seed commit', () => {
    expect(compute({}, () => new Date().toISOString())).toBe('2002-10-31T00:00:00.000Z');
    expect(compute({}, () => Date.now())).toBe(Date.UTC(2002, 9, 31));
  });

  it('moves with the virtual clock: a microsecond for each system call', () => {
    const passed = evaluate({}, function* (libc) {
      const before = Date.now();
      for (let i = 0; i < 5000; i++) yield* libc.getpid();
      return Date.now() - before;
    });
    expect(passed).toBe(5);
  });

  it('does not move while no system call is made', () => {
    const passed = compute({}, () => {
      const before = Date.now();
      for (let i = 0; i < 1e5; i++) Math.sqrt(i);
      return Date.now() - before;
    });
    expect(passed).toBe(0);
  });

  it('is the host\'s in all else', () => {
    const seen = compute({}, () => [
      new Date(0).toISOString(), new Date(2002, 9, 31).getMonth(), Date.UTC(2000, 0), new Date() instanceof Date,
      Date().startsWith('Thu Oct 31 2002') || Date().startsWith('Wed Oct 30 2002'),
    ]);
    expect(seen).toEqual(['1970-01-01T00:00:00.000Z', 9, 946684800000, true, true]);
  });
});

describe('after the run', () => {
  const host = { random: Math.random, Date: globalThis.Date };
  const endings: [string, (libc: Libc) => ThreadBody | number][] = [
    ['a program that returns', () => 0],
    ['a program that throws', () => {
      throw new Error('no');
    }],
    ['a program that faults', (libc) => libc.load32(4)],
    ['a program that deadlocks', function* (libc) {
      const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
      yield* libc.pthread_mutex_lock(mutex);
      yield* libc.pthread_mutex_lock(mutex);
    }],
  ];

  it.each(endings)('the host has its own back: %s', (_name, main) => {
    run({}, main);
    expect(Math.random).toBe(host.random);
    expect(globalThis.Date).toBe(host.Date);
    expect(Math.abs(Date.now() - host.Date.now())).toBeLessThan(60_000);
  });
});
