/*
 * A million calls with any registers, as any_registers.test.ts makes thousands, on every machine under every
 * release. The process may not grow by more than the machines' memory and a stated overhead.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshSeed } from '../support/seed.js';
import { FUZZ_RAM, Fuzzer, fuzzMachines, fuzzPrograms } from './fuzz.js';

const CALLS = 1_000_000;
const LENGTH = 200;
/** What a host may spend beside a machine's memory: its tables, and what the collector has not taken yet. */
const OVERHEAD = 512 * 2 ** 20;

const seed = freshSeed('any registers');
let made = 0;
let peak = 0;

describe.each(fuzzMachines)('$name', (machine) => {
  it('any call with any arguments ends with a result, a documented error or a sleep', () => {
    const fuzzer = new Fuzzer(machine);
    const most = Math.ceil(CALLS / fuzzMachines.length);
    const numRuns = Math.ceil(most / (LENGTH / 2.2));
    fc.assert(fc.property(fuzzPrograms(LENGTH), (program) => {
      fuzzer.run(program);
      peak = Math.max(peak, process.memoryUsage.rss());
    }), { seed, numRuns });
    made += fuzzer.made;
  });
});

it(`at least ${CALLS} calls were made in less than --ram and ${OVERHEAD / 2 ** 20} MiB`, () => {
  console.log(`any registers: ${made} calls, ${Math.round(peak / 2 ** 20)} MiB resident at most`);
  expect(made).toBeGreaterThanOrEqual(CALLS);
  expect(peak).toBeLessThan(FUZZ_RAM + OVERHEAD);
});
