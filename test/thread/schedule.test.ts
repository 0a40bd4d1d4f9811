/* --schedule: rr, random, pct and replay of whole programs. */

import type { Libc } from 'guardpage';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../src/machine.js';
import { type Config, run } from './run.js';

/** Three threads that each put their letter into a word four times. The exit status is how it ended, in two bits a step. */
function trail(out: string[]) {
  return function* main(libc: Libc) {
    const word = libc.bss(4);
    function* letter(name: string) {
      for (let i = 0; i < 4; i++) {
        yield* libc.atomic_fetch_add32(word, 1);
        out.push(name);
      }
    }
    const threads = [];
    for (const name of 'abc') threads.push((yield* libc.pthread_create(null, letter, name))[1]);
    for (const thread of threads) yield* libc.pthread_join(thread);
    return yield* libc.atomic_load32(word);
  };
}

function orderOf(config: Config): string {
  const out: string[] = [];
  const ran = run({ ...config, quiet: true }, trail(out));
  expect([ran.outcome, ran.exit]).toEqual(['exited', 12]);
  return out.join('');
}

const seeds = Array.from({ length: 20 }, (_, i) => i);

describe('--schedule', () => {
  it('rr runs each thread until it sleeps', () => {
    expect(orderOf({ schedule: 'rr' })).toBe('aaaabbbbcccc');
  });

  it('replay: of nothing is rr', () => {
    expect(orderOf({ schedule: 'replay:' })).toBe('aaaabbbbcccc');
  });

  it.each(['random', 'pct', 'pct:5'])('%s gives one order for one seed, and many for many', (schedule) => {
    const orders = seeds.map((seed) => orderOf({ schedule, seed }));
    expect(seeds.map((seed) => orderOf({ schedule, seed }))).toEqual(orders);
    expect(new Set(orders).size).toBeGreaterThan(schedule === 'random' ? 15 : 3);
  });

  it('pct:1 changes no priority: no thread here is preempted', () => {
    for (const seed of seeds) expect(orderOf({ schedule: 'pct:1', seed })).toMatch(/^(?:aaaa|bbbb|cccc){3}$/);
  });

  it('replay makes the choices it is told: here the second thread goes first from its start on', () => {
    // The choices: after each create main could be preempted; with main in pthread_join, a, b or c.
    const first = orderOf({ schedule: 'replay:0A' });
    expect(first.slice(0, 4)).toBe('aaaa');
    expect(orderOf({ schedule: 'replay:3B' })).not.toBe(first);
  });

  it('says so when a list of choices does not fit', () => {
    const ran = run({ quiet: true, schedule: 'replay:0Z' }, trail([]));
    expect([ran.exit, ran.notices]).toEqual([12, [
      'choices of the schedule that could not be made: 1; it was found with another program, machine, release or seed',
    ]]);
  });

  it.each(['fifo', 'pct:0', 'pct:x', 'replay:a', 'replay'])('refuses "%s" and lists what there is', (schedule) => {
    expect(() => new Machine({ schedule })).toThrow(
      `no schedule "${schedule}"; there are: rr, random, pct, pct:DEPTH, replay:CHOICES`,
    );
  });

  it('a plain run is not made of choices: its counts are those of a replay of nothing', () => {
    const [plain, replayed] = ['rr', 'replay:'].map((schedule) => run({ quiet: true, schedule }, trail([])));
    expect(replayed!.stats).toEqual(plain!.stats);
  });
});
