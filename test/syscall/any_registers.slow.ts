/*
 * A million calls with any registers, as any_registers.test.ts makes thousands, on every machine under every
 * release. Heap and buffers of the thread that runs them (not of the process, where other tests run too) may not
 * grow by more than the machines' memory and a stated overhead.
 */
import { describe, expect, it } from 'vitest';
import { freshSeed } from '../support/seed.js';
import { FUZZ_RAM, fuzz, fuzzMachines } from './fuzz.js';

const CALLS = 1_000_000;
const LENGTH = 200;
/** What a host may spend beside a machine's memory: its tables, and what the collector has not taken yet. */
const OVERHEAD = 512 * 2 ** 20;

/** Bytes of this thread's JavaScript heap, garbage included, and of its buffers. */
function memoryOfThread(): number {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal + external;
}

const seed = freshSeed('any registers');
const before = memoryOfThread();
let made = 0;
let peak = 0;

describe.each(fuzzMachines)('$name', (machine) => {
  it('any call with any arguments ends with a result, a documented error or a sleep', () => {
    made += fuzz(machine, CALLS / fuzzMachines.length, LENGTH, seed, () => {
      peak = Math.max(peak, memoryOfThread() - before);
    });
  });
});

it(`at least ${CALLS} calls were made in less than --ram and ${OVERHEAD / 2 ** 20} MiB`, () => {
  console.log(`any registers: ${made} calls, ${Math.round(peak / 2 ** 20)} MiB more at most`);
  expect(made).toBeGreaterThanOrEqual(CALLS);
  expect(peak).toBeLessThan(FUZZ_RAM + OVERHEAD);
});
