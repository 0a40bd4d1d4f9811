/**
 * mm against the naive model (naive_mm.ts): random programs on every machine, word size, release and
 * search. After each call the result, the whole map, free_area_cache, total_vm, the commitment and the
 * counts of probes, splits and merges are the same, and mm.check() finds nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machines, targetOf } from '../support/machines.js';
import { naiveMachine } from './naive_machine.js';
import { Pair } from './naive_pair.js';
import { comb, combCalls, NO_LIMITS, programs } from './naive_program.js';

const PROGRAMS = 200;
const MOST_CALLS = 140;

let made = 0;

describe.each(machines)('$name', (choice) => {
  const machine = naiveMachine(choice.arch, choice.bits);
  const { startBrk } = targetOf(choice);
  const heap = [BigInt(startBrk) * machine.PAGE_SIZE];

  it('mmap, munmap, mprotect and brk do what the naive model does', () => {
    const property = fc.property(programs(machine, heap, MOST_CALLS), ({ limits, calls }) => {
      const pair = new Pair(choice, limits);
      for (const call of calls) pair.step(call);
      made += calls.length;
    });
    fc.assert(property, { numRuns: PROGRAMS });
  });
});

describe.each(machines.filter(({ release }) => release === '2.5.46'))('$name, with hundreds of areas', (choice) => {
  const PAGES = 1600;
  const machine = naiveMachine(choice.arch, choice.bits);

  it('splits, merges and searches do what the naive model does', () => {
    fc.assert(fc.property(combCalls(machine, PAGES, 80), (calls) => {
      const pair = new Pair(choice, NO_LIMITS);
      for (const call of comb(machine, PAGES)) pair.call(call);
      for (const [i, call] of calls.entries()) {
        if (i % 10 === 9 || i === calls.length - 1) pair.step(call);
        else pair.call(call);
      }
      made += calls.length;
    }), { numRuns: 25 });
  });
});

it('at least 50,000 calls were compared', () => {
  expect(made).toBeGreaterThan(50_000);
});
