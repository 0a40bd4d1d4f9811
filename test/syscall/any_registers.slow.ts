/*
 * A million calls with any registers, as any_registers.test.ts makes thousands, on every machine under every
 * release. The process may not grow by more than the machines' memory and a stated overhead.
 */
import { describe, expect, it } from 'vitest';
import { freshSeed } from '../support/seed.js';
import { FUZZ_RAM, fuzz, fuzzMachines } from './fuzz.js';

const CALLS = 1_000_000;
const LENGTH = 200;
/** What a host may spend beside a machine's memory: its tables, and what the collector has not taken yet. */
const OVERHEAD = 512 * 2 ** 20;

const seed = freshSeed('any registers');
let made = 0;
let peak = 0;

describe.each(fuzzMachines)('$name', (machine) => {
  it('any call with any arguments ends with a result, a documented error or a sleep', () => {
    made += fuzz(machine, CALLS / fuzzMachines.length, LENGTH, seed, () => {
      peak = Math.max(peak, process.memoryUsage.rss());
    });
  });
});

it(`at least ${CALLS} calls were made in less than --ram and ${OVERHEAD / 2 ** 20} MiB`, () => {
  console.log(`any registers: ${made} calls, ${Math.round(peak / 2 ** 20)} MiB resident at most`);
  expect(made).toBeGreaterThanOrEqual(CALLS);
  expect(peak).toBeLessThan(FUZZ_RAM + OVERHEAD);
});
