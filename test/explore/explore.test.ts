/* Exploration: how many schedules there are, what is found in them, and that it comes back. */

import * as guardpage from 'guardpage';
import type { Addr, Libc } from 'guardpage';
import { describe, expect, it } from 'vitest';
import { explore, Explorer, type ExploreOptions } from '../../src/explore/explore.js';
import { ProgramRun } from '../../src/explore/program_run.js';
import { machines, type Program, run } from '../thread/run.js';
import { abba, counters, lostUpdate } from './programs.js';

function explored(main: Program, options: Partial<ExploreOptions> = {}, config = {}) {
  const program = new ProgramRun(config, main);
  return explore((schedule) => program.run(schedule), { runs: 100_000, ...options });
}

function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k;
}

describe('two threads of m and n steps have as many schedules as there are ways to choose m of m + n', () => {
  // main takes its atomic steps and the join; the thread its atomic steps and its exit.
  it.each([[0, 0], [1, 0], [0, 1], [1, 1], [3, 1], [2, 4], [4, 4], [6, 3]])('%i and %i atomic steps', (mine, others) => {
    const found = explored(counters(mine, others));
    expect(found).toMatchObject({
      explored: choose(mine + 1 + others + 1, mine + 1), exhausted: true, found: null, cut: 0,
    });
  });
});

/**
 * A second count of the same: all orders in which main (create, create, its steps, join, join) and two threads can take
 * their steps, where a thread's can be taken once it was created and a join once its thread has ended.
 */
function ordersOfThree(mine: number, first: number, second: number): number {
  const seen = new Map<string, number>();
  // main: the second create, its own steps, then the two joins. Each thread: its steps and its exit.
  const total = 1 + mine + 2;
  const count = (main: number, a: number, b: number): number => {
    const key = `${main},${a},${b}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    // main has made the call of a join before it sleeps: the step is taken, and what comes after it waits.
    const sleeps = (main === total - 1 && a <= first) || (main === total && b <= second);
    const ways: number[] = [];
    if (main < total && !sleeps) ways.push(count(main + 1, a, b));
    if (a <= first) ways.push(count(main, a + 1, b));
    if (main >= 1 && b <= second) ways.push(count(main, a, b + 1));
    const sum = ways.length === 0 ? 1 : ways.reduce((x, y) => x + y, 0);
    seen.set(key, sum);
    return sum;
  };
  return count(0, 0, 0);
}

describe('three threads have as many schedules as a count of the orders of their steps gives', () => {
  it.each([[0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1], [0, 2, 2]])('%i, %i and %i atomic steps', (mine, first, second) => {
    const found = explored(counters(mine, first, second));
    expect([found.explored, found.exhausted]).toEqual([ordersOfThree(mine, first, second), true]);
  });
});

describe('the schedules', () => {
  it('are all different, and each is run once', () => {
    const names = new Set<string>();
    const program = new ProgramRun({}, counters(2, 1, 2));
    let runs = 0;
    const found = explore((schedule) => {
      let name = '';
      runs += 1;
      const seen = program.run({
        reset: () => schedule.reset(),
        choose: (why, ready, count) => {
          const answer = schedule.choose(why, ready, count);
          name += `${answer},`;
          return answer;
        },
      });
      names.add(name);
      return seen;
    }, { runs: 100_000, preemptions: 100 });
    expect(found.exhausted).toBe(true);
    expect([names.size, runs]).toEqual([found.explored, found.explored + 1]); // the first is run twice
  });

  it('come in the order of their preemptions, and stop at a bound', () => {
    const sizes = [0, 1, 2, 3, 4, 5].map((preemptions) => explored(counters(2, 2), { preemptions }).explored);
    // Runs of steps of two threads, AABB...: with p preemptions, and the join of main that sleeps or not.
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect([sizes[0], sizes[5]]).toEqual([1, choose(6, 3)]);
  });

  it('are shared out among shards without one twice or left out', () => {
    for (const shards of [1, 2, 3, 7]) {
      const parts = Array.from({ length: shards }, (_, shard) => explored(counters(2, 1, 1), { shard, shards }));
      expect(parts.reduce((sum, part) => sum + part.explored, 0)).toBe(explored(counters(2, 1, 1)).explored);
    }
  });

  it('are as many as asked for, where there are more', () => {
    for (const runs of [1, 2, 10, 57, 300]) {
      expect(explored(counters(4, 4, 4), { runs })).toMatchObject({ explored: runs, exhausted: false, found: null });
    }
  });

  it('end when they are told to', () => {
    expect(explored(counters(4, 4, 4), { shouldStop: (n) => n >= 25 }).explored).toBe(25);
  });
});

describe.each(machines)('what is found on $name', ({ config }) => {
  it('a lost update, by one preemption, as another exit status', () => {
    const { found } = explored(lostUpdate(2), { runs: 200 }, config);
    expect(found).toMatchObject({ finding: 'exit status', preemptions: 1, seen: { outcome: 'exited', exit: 1 } });
    const ran = run({ ...config, schedule: found!.schedule, quiet: true }, lostUpdate(2));
    expect([ran.exit, ran.notices]).toEqual([1, []]);
  });

  it('an ABBA deadlock, by one preemption; nothing where the order is the same', () => {
    const { found } = explored(abba(false), { runs: 200 }, config);
    expect(found).toMatchObject({ finding: 'deadlock', preemptions: 1 });
    expect(found!.schedule.length).toBeLessThan(20);
    const ran = run({ ...config, schedule: found!.schedule, quiet: true }, abba(false));
    expect([ran.outcome, ran.notices]).toEqual(['deadlock', []]);
    expect(explored(abba(true), { runs: 300 }, config).found).toBeNull();
  });
});

describe('other ends', () => {
  it.each([0, 1, 2])('an exception in one schedule: seed %i', (seed) => {
    const { found } = explored(function* main(libc: Libc) {
      const word = libc.bss(4);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.atomic_store32(word, 1);
      });
      if ((yield* libc.atomic_load32(word)) === 1) throw new Error('too early');
      yield* libc.pthread_join(thread);
      return 0;
    }, { seed });
    expect(found).toMatchObject({ finding: 'exception', seen: { threw: true } });
  });

  it('a line that is printed in some schedules only, but not lines in another order', () => {
    const prints = (isRacy: boolean) => function* main(libc: Libc) {
      const word = libc.bss(4);
      const [, thread] = yield* libc.pthread_create(null, function* () {
        yield* libc.atomic_store32(word, 1);
        yield* libc.printf('thread\n');
      });
      const seen = yield* libc.atomic_load32(word);
      yield* libc.printf('main %d\n', isRacy ? seen : 0);
      yield* libc.pthread_join(thread);
      return 0;
    };
    expect(explored(prints(false))).toMatchObject({ found: null, exhausted: true });
    expect(explored(prints(true)).found).toMatchObject({ finding: 'output' });
  });

  it('a run that is too long is cut and neither right nor wrong', () => {
    const found = explored(counters(3, 3), { mostChoices: 4 });
    expect([found.found, found.exhausted, found.cut > 0]).toEqual([null, false, true]);
  });

  it('a program that remembers earlier runs is refused', () => {
    let runs = 0;
    // biome-ignore lint/correctness/useYield: a program is a generator
    const main = function* () {
      runs += 1;
      return runs;
    };
    expect(() => explored(main)).toThrow(/two runs under one schedule differ/);
  });

  it('random schedules find what is too deep for the levels that fit', () => {
    const { found, complete } = explored(reversed, { runs: 2000 });
    expect([found?.finding, complete < 4]).toEqual(['exit status', true]);
    expect(explored(reversed, { runs: 2000, preemptions: 100 }).found).toBeNull();
  });
});

/** Goes wrong where five threads take their steps in the opposite order. */
function* reversed(libc: Libc) {
  const order = libc.bss(4);
  const threads: Addr[] = [];
  for (let i = 1; i <= 5; i++) {
    threads.push((yield* libc.pthread_create(null, function* () {
      const before = yield* libc.atomic_load32(order);
      yield* libc.atomic_store32(order, before * 10 + i);
    }))[1]);
  }
  for (const thread of threads) yield* libc.pthread_join(thread);
  return (yield* libc.atomic_load32(order)) === 54321 ? 1 : 0;
}

describe('how many may be run', () => {
  it('is a budget alone: the same schedules come first', () => {
    const order = (runs: number) => {
      const program = new ProgramRun({}, counters(4, 4, 4));
      const names: string[] = [];
      explore((schedule) => {
        let name = '';
        const seen = program.run({
          reset: () => schedule.reset(),
          choose: (why, ready, count) => {
            const answer = schedule.choose(why, ready, count);
            name += `${answer},`;
            return answer;
          },
        });
        names.push(name);
        return seen;
      }, { runs });
      return names;
    };
    const most = order(3000);
    for (const runs of [2, 30, 255, 256, 257, 300, 1000, 2999]) {
      const names = order(runs);
      expect(names).toEqual(most.slice(0, names.length));
    }
  });

  it('can be given bit by bit', () => {
    const program = new ProgramRun({}, counters(4, 4, 4));
    const explorer = new Explorer((schedule) => program.run(schedule), { runs: 2000 });
    for (const runs of [0, 1, 2, 100, 1000]) explorer.explore(runs);
    const whole = new Explorer((schedule) => program.run(schedule), { runs: 2000 });
    expect(explorer.explore(2000)).toEqual(whole.explore());
  });
});

describe('as a library', () => {
  it('guardpage exports what it takes to explore a program and to look at what was found', () => {
    const program = new guardpage.ProgramRun({ arch: 'ia64' }, abba(false));
    const { found } = guardpage.explore((schedule) => program.run(schedule), { runs: 100 });
    const { result, lockCycles } = guardpage.observeRun({ arch: 'ia64' }, abba(false), [], guardpage.findSchedule(found!.schedule, 1)!);
    expect([result.outcome, lockCycles.length]).toEqual(['deadlock', 1]);
  });
});
