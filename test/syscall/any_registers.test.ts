/*
 * Whatever user space puts into the registers, the kernel answers in registers: no exception, an error only
 * if it is documented for the call, and an address space whose invariants hold. fuzz.ts makes the calls;
 * a million of them are in any_registers.slow.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../support/seed.js';
import { FUZZ_RAM, Fuzzer, fuzzMachines, fuzzPrograms } from './fuzz.js';

const CALLS = 50_000;
const LENGTH = 60;

let made = 0;

describe.each(fuzzMachines)('$name', (machine) => {
  it('any call with any arguments ends with a result, a documented error or a sleep', () => {
    const fuzzer = new Fuzzer(machine);
    const numRuns = Math.ceil(CALLS / fuzzMachines.length / (LENGTH / 2.5));
    fc.assert(fc.property(fuzzPrograms(LENGTH), (program) => fuzzer.run(program)), { seed, numRuns });
    made += fuzzer.made;
  });
});

it(`at least ${CALLS} calls were made, with ${FUZZ_RAM} bytes of memory`, () => {
  expect(made).toBeGreaterThan(CALLS);
});
