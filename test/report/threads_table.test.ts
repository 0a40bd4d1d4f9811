/* The tables of `bench threads`, to the character. */

import { describe, expect, it } from 'vitest';
import { growthOf, growthTable, threadsTable } from '../../src/report/index.js';
import { bare, FIXTURE, run, runs } from './fixture.js';

const ESCAPE = '\u001b';

describe('threadsTable', () => {
  it('shows a row per run, numbers grouped by thousands and to the right', () => {
    const rows = [
      run('i386', '2.5.45', 'first-fit', 8000),
      run('ia64', '2.5.46', 'first-fit', 64000),
    ];
    expect(threadsTable(rows, { color: false })).toBe(
      [
        '┌─────────┬─────────┬────────────────────┬─────────┬─────────┬───────────────┬───────────┬────────────────────┬────────────────────┐',
        '│ machine │ release │ search             │ threads │    VMAs │ probes/thread │ us/thread │        first stack │         last stack │',
        '├─────────┼─────────┼────────────────────┼─────────┼─────────┼───────────────┼───────────┼────────────────────┼────────────────────┤',
        '│ i386    │ 2.5.45  │ first-fit          │   8,000 │  16,014 │      8,016.00 │      4.25 │         0x40165000 │         0x5f555000 │',
        '│ ia64    │ 2.5.46  │ first-fit (forced) │  64,000 │ 128,014 │     64,016.00 │     20.00 │ 0x2000000000320000 │ 0x20000000fa310000 │',
        '└─────────┴─────────┴────────────────────┴─────────┴─────────┴───────────────┴───────────┴────────────────────┴────────────────────┘',
      ].join('\n'),
    );
  });

  it('names a 32-bit task of a 64-bit machine, but not one of i386', () => {
    const compat = bare(1000, 1000, { arch: 'sparc64', bits: 32 });
    expect(threadsTable([compat], { color: false })).toContain('│ sparc64 32-bit │');
    expect(threadsTable([bare(1000, 1000)], { color: false })).toContain('│ i386    │');
  });

  it('a run stopped by a limit says how many threads were asked for', () => {
    const short = { ...run('i386', '2.5.46', 'first-fit', 16381), threadsAsked: 64000 };
    expect(threadsTable([short], { color: false })).toContain('│ 16,381 of 64,000 │');
  });

  it('a run without a stack shows a dash', () => {
    const none = { ...bare(0, 0), firstStack: null, lastStack: null };
    expect(threadsTable([none], { color: false })).toContain('│           - │          - │');
  });

  it('stack strategy and NPTL are columns only where they differ', () => {
    const usual = threadsTable(FIXTURE, { color: false });
    expect(usual).not.toContain('stacks');
    expect(usual).not.toContain('NPTL');
    const all = [bare(1, 1), bare(1, 1, { stacks: 'bitmap' }), bare(1, 1, { nptl: '2.36' })];
    expect(threadsTable(all, { color: false })).toMatch(/ search +│ stacks +│ NPTL +│/);
  });

  it('has ANSI codes with colour and none without', () => {
    expect(threadsTable(FIXTURE, { color: true })).toContain(ESCAPE);
    expect(threadsTable(FIXTURE, { color: false })).not.toContain(ESCAPE);
  });
});

describe('growthTable', () => {
  it('shows the exponent of each curve, and a dash where there is none', () => {
    const counts = [1000, 2000, 4000, 8000];
    const known = counts.map((threads) => bare(threads, threads ** 2));
    const unknown = runs('ia64', '2.5.46', 'free-area-cache', [1000]);
    expect(growthTable(growthOf([...known, ...unknown]), { color: false })).toBe(
      [
        '┌─────────┬─────────┬─────────────────┬────────┬───────┬───────────────────────┐',
        '│ machine │ release │ search          │ stacks │ NPTL  │ all probes ~ threads^ │',
        '├─────────┼─────────┼─────────────────┼────────┼───────┼───────────────────────┤',
        '│ i386    │ 2.5.46  │ first-fit       │ nptl   │ 2.3.3 │                  2.00 │',
        '│ ia64    │ 2.5.46  │ free-area-cache │ nptl   │ 2.3.3 │                     - │',
        '└─────────┴─────────┴─────────────────┴────────┴───────┴───────────────────────┘',
      ].join('\n'),
    );
  });

  it('has ANSI codes with colour and none without', () => {
    expect(growthTable(growthOf(FIXTURE), { color: true })).toContain(ESCAPE);
    expect(growthTable(growthOf(FIXTURE), { color: false })).not.toContain(ESCAPE);
  });
});
