/*
 * Whatever user space puts into the registers, the kernel answers in registers: no exception, an error only
 * if it is documented for the call, and an address space whose invariants hold. fuzz.ts makes the calls;
 * a million of them are in any_registers.slow.ts.
 */
import { describe, expect, it } from 'vitest';
import { seed } from '../support/seed.js';
import { FUZZ_RAM, fuzz, fuzzMachines } from './fuzz.js';

const CALLS = 50_000;
const LENGTH = 60;

let made = 0;

describe.each(fuzzMachines)('$name', (machine) => {
  it('any call with any arguments ends with a result, a documented error or a sleep', () => {
    made += fuzz(machine, CALLS / fuzzMachines.length, LENGTH, seed);
  });
});

it(`at least ${CALLS} calls were made, with ${FUZZ_RAM} bytes of memory`, () => {
  expect(made).toBeGreaterThanOrEqual(CALLS);
});
