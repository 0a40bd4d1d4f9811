/*
 * examples/test_str02.ts to its limits, which are worked out by hand here: how many threads fit, and what
 * stops the next one.
 */

import { describe, expect, it } from 'vitest';
import main from '../../examples/test_str02.js';
import { type Config, machines, type Ran, run } from './run.js';

/** A run without strace, whose text for tens of thousands of threads nobody reads. */
function testStr02(config: Config, ...argv: string[]): Ran {
  return run({ ...config, quiet: true }, main, argv);
}

/** "32467 EAGAIN": the last line's count and error. */
function limit(ran: Ran): string {
  return ran.stdout.replace(/^.*\n(\d+) threads created, then pthread_create failed: (\w+)\n$/, '$1 $2');
}

const MORE = 2 ** 20;
/** The addresses of these machines' own search, sooner. */
const search = 'free-area-cache';

describe('-n N: a chain of N threads', () => {
  it.each(machines)('on $name', ({ config }) => {
    const ran = testStr02(config, '-n', '200');
    expect([ran.exit, ran.stdout]).toEqual([0, 'Creating 200 threads\n200 threads created and joined\n']);
    expect(ran.stats.peakThreads).toBe(201);
  });

  it('is 100 long by default', () => {
    expect(testStr02({}).stdout).toBe('Creating 100 threads\n100 threads created and joined\n');
  });

  it('stops with 1 where creation fails', () => {
    const ran = testStr02({ pidMax: 1003 }, '-n', '2000', '-s', '16384');
    // Pids 300 to 1002 but 1000.
    expect([ran.exit, ran.stdout.split('\n')[1]]).toEqual([1, '702 threads created, then pthread_create failed: EAGAIN']);
  });
});

describe('-l on i386: as many threads as possible', () => {
  // With stacks of 16384 bytes, space is no limit: from 0x40000000 to the stack at 0xbfffe000 there is room for
  // 131,071 of them.

  // Pids go to 32767 and then on from 300: 32,468 of them. One, 1000, is the program's.
  it('the pid limit: 32468 - 1 = 32467 threads, then EAGAIN', () => {
    const ran = testStr02({}, '-l', '-s', '16384');
    expect([limit(ran), ran.exit]).toEqual(['32467 EAGAIN', 0]);
    expect(ran.stats.peakThreads).toBe(32468);
    // Text, data, main's stack, and two areas a thread; the next thread's were mapped when the last began.
    expect(ran.stats.vmasAtPeakThreads).toBe(3 + 2 * 32467);
  });

  // Three areas at first, and two more for each thread: 3 + 2N. mmap itself merges with the stack below and
  // is refused only above 65,536 areas. The guard splits the merged area twice, and a split is refused at
  // 65,536. Thread N's second split happens at 3 + 2(N - 1) + 1 areas, which must be below 65,536: N <= 32,766,
  // and 65,535 areas are there then. For the next one the first split succeeds and the second is refused.
  it('with more pids the map limit: 32766 threads, then ENOMEM', () => {
    const ran = testStr02({ pidMax: MORE }, '-l', '-s', '16384');
    expect([limit(ran), ran.exit]).toEqual(['32766 ENOMEM', 0]);
    expect(ran.stats.vmasAtPeakThreads).toBe(65535);
    expect(ran.stats.peakVmas).toBe(65536);
  });

  it('with more maps the pid limit again', () => {
    expect(limit(testStr02({ maxMapCount: MORE }, '-l', '-s', '16384'))).toBe('32467 EAGAIN');
  });

  // The default stack of 8 MiB is mapped as 8 MiB and a page: 8,392,704 bytes. From 0x40000000 to main's stack
  // at 0xbfffe000 there are 2,147,475,456 bytes: 255.87 of them.
  it('default stacks: 255 threads for want of address space, ENOMEM in 2.3.3 and EAGAIN in 2.36', () => {
    expect(Math.floor((0xbfffe000 - 0x40000000) / 8392704)).toBe(255);
    expect(limit(testStr02({}, '-l'))).toBe('255 ENOMEM');
    expect(limit(testStr02({ nptl: '2.36' }, '-l'))).toBe('255 EAGAIN');
  });

  it('a stack limit of 128 KiB: blocks of 132 KiB', () => {
    // 2,147,475,456 / 135,168 = 15,887.4.
    expect(limit(testStr02({ rlimits: { stack: 128 * 1024 } }, '-l'))).toBe('15887 ENOMEM');
  });
});

describe('-l elsewhere', () => {
  it('sparc64 and ia64 have more space than pids', () => {
    expect(limit(testStr02({ arch: 'sparc64', search }, '-l'))).toBe('32467 EAGAIN');
    expect(limit(testStr02({ arch: 'ia64', search }, '-l'))).toBe('32467 EAGAIN');
  });

  // From 0x70000000 to main's stack at 0xefffc000: 2,147,467,264 bytes, 255.998 times 8 MiB.
  it('a 32-bit sparc task has room for 255 default stacks', () => {
    expect(limit(testStr02({ arch: 'sparc64', bits: 32 }, '-l'))).toBe('255 ENOMEM');
  });

  // Five areas at first; N adjacent stacks are 2N + 1 more. The guard in the middle of stack N splits twice, the
  // second time at 5 + 2(N - 1) + 1 + 1 areas, which must be below 65,536: N <= 32,765, and then 65,536 areas are
  // there. The next mmap is not refused, since it merges, but its guard's first split is.
  it('ia64 meets the map limit at 65536 areas as well', () => {
    const ran = testStr02({ arch: 'ia64', search, pidMax: MORE }, '-l', '-s', 'min');
    expect(limit(ran)).toBe('32765 ENOMEM');
    expect(ran.stats.vmasAtPeakThreads).toBe(5 + 2 * 32765 + 1);
  });
});

describe('its options', () => {
  it('-s min takes every machine\'s least stack', () => {
    for (const { config } of machines) expect(testStr02(config, '-n', '3', '-s', 'min').exit).toBe(0);
  });

  it('-s below the minimum names it and exits with 2', () => {
    const ran = testStr02({ arch: 'ia64' }, '-s', '65536');
    expect([ran.exit, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toBe('-s 65536 is less than PTHREAD_STACK_MIN of ia64, 196608\n');
  });

  it.each(['-x', '-n', '-n 0', '-n 1.5', '-s big'])('%s is refused with the usage', (argv) => {
    const ran = testStr02({}, ...argv.split(' '));
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain('usage: test_str02 [-n N] [-l] [-s BYTES|min]');
  });
});
