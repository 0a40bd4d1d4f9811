/*
 * guardpage reproduce: every figure that is a count is pinned. Those of the leak test with nothing else mapped are what
 * the kernels' own code gave when it was compiled and run outside a kernel: 8 areas always from the base, round 52,624
 * and 92 areas for the cursor of 2.6.11, 4 areas for 2.6.13.
 */
import { describe, expect, it } from 'vitest';
import { guardpage, refusal } from './guardpage.js';

interface Row {
  readonly what: string;
  readonly published: Record<string, unknown> | null;
  readonly ours: Record<string, unknown>;
}

interface Report {
  readonly schemaVersion: number;
  readonly experiments: readonly { name: string; source: string; rows: readonly Row[]; initialMaps: readonly string[] }[];
}

async function reproduced(...names: string[]): Promise<Report> {
  const { status, stdout, stderr } = await guardpage(['reproduce', ...names, '--json', '-', '--quiet']);
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Report;
}

describe.concurrent('guardpage reproduce', () => {
  it('wander2005: the leak test and 20,000 threads under three searches', async () => {
    const { experiments: [wander], schemaVersion } = await reproduced('wander2005');
    expect(schemaVersion).toBe(1);
    expect(wander!.initialMaps).toHaveLength(5);
    const threads = wander!.rows.slice(0, 3).map(({ published, ours }) => [published!['systemSeconds'], ours['probes']]);
    expect(threads).toEqual([['30+', 400_000_000], [0.7, 20_000], [0.71, 20_000]]);
    expect(wander!.rows.slice(3).map(({ published, ours }) => [published?.['areas'] ?? null, ours])).toEqual([
      [null, { completed: true, rounds: 1_000_000, areas: 8 }],
      [11, { completed: true, rounds: 1_000_000, areas: 11 }],
      [null, { completed: false, rounds: 52_624, areas: 92 }],
      [96, { completed: false, rounds: 40_224, areas: 85 }],
      [null, { completed: true, rounds: 1_000_000, areas: 4 }],
      [7, { completed: true, rounds: 1_000_000, areas: 11 }],
    ]);
  });

  it('seed2002 and madvise-guard: growth, areas and addresses', async () => {
    const { experiments: [seed, madvise] } = await reproduced('seed2002', 'madvise-guard');
    const ours = seed!.rows.map((row) => row.ours);
    expect(ours[0]).toEqual({ exponent: 2, probesPerThreadAt1000: 1000, probesPerThreadAt8000: 8000 });
    expect(ours[1]).toEqual({ exponent: 1, probesPerThreadAt1000: 3, probesPerThreadAt8000: 3 });
    expect(ours[2]).toMatchObject({ sacrificed: false });
    expect(ours.slice(3, 6).map(({ areas }) => areas)).toEqual([16_000, 1, 8001]);
    expect(ours[6]).toEqual({ exponent: 2, probesPerThreadAt1000: 1001, probesPerThreadAt8000: 8001 });
    // The tree is a level higher at 8,000 threads: two nodes more, one on the way up and one on the way down.
    const tree = ours[7] as { probesPerThreadAt1000: number; probesPerThreadAt8000: number };
    expect(tree.probesPerThreadAt8000).toBeLessThanOrEqual(tree.probesPerThreadAt1000 + 2);
    expect(madvise!.rows.map(({ published, ours: { areas } }) => [published!['areas'], areas])).toEqual([[600, 600], [1, 1]]);
  });

  it('nptl2002: 100,000 threads at once, the search of before, and the matrix', async () => {
    const { experiments: [nptl] } = await reproduced('nptl2002');
    const [parallel, before, matrix] = nptl!.rows.map((row) => row.ours);
    expect(parallel).toMatchObject({ threads: 100_000, probesPerThread: 3 });
    expect(before).toMatchObject({ threads: 20_000, probesPerThread: 20_000 });
    expect(matrix!['us']).toHaveLength(20);
    expect((matrix!['us'] as number[][]).every((row) => row.length === 10 && row.every((us) => us > 0))).toBe(true);
  });

  it('prints figures, the source, a plot and a sentence', async () => {
    const { status, stdout } = await guardpage(['reproduce', 'madvise-guard']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^madvise-guard: areas of 300 stacks .*\nreport of a database project, 2026/);
    expect(stdout).toContain('│ 300 live stacks, guards by mprotect │ areas 600 │ stacks 300, areas 600, areas per stack 2');
    expect(stdout).toContain('Areas that stacks cost\n\nareas\n');
    expect(stdout.trimEnd()).toMatch(/Both figures agree: two areas a stack with mprotect, one for all of them with MADV_GUARD_INSTALL\.$/);
  });

  it('refuses an experiment that is not there', async () => {
    expect(await guardpage(['reproduce', 'nptl2003'])).toEqual(
      refusal('no experiment "nptl2003"; there are: seed2002, nptl2002, wander2005, madvise-guard'),
    );
  });
});
