/* guardpage bench threads: plan, JSON, figure, and what is shown. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BenchReport } from '../../src/report/index.js';
import { guardpage, scratch } from './guardpage.js';

async function bench(...args: string[]): Promise<BenchReport> {
  const { status, stdout, stderr } = await guardpage(['bench', 'threads', '--quiet', '--json', '-', '--warmup', '0', ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as BenchReport;
}

async function leftOut(...args: string[]): Promise<[number | null, string, string[][]]> {
  const { status, stdout, stderr } = await guardpage(['bench', 'threads', '--threads', '10', '--warmup', '0', '--json', '-', ...args]);
  const { runs } = JSON.parse(stdout) as { runs: { arch: string; kernel: string }[] };
  return [status, stderr, runs.map(({ arch, kernel }) => [arch, kernel])];
}

describe.concurrent('bench threads', () => {
  it('reports host, program, runs and growth', async () => {
    const report = await bench('--threads', '10,20,40,80', '--kernel', '2.5.45,2.5.46');
    expect(report).toMatchObject({ schemaVersion: 1, program: 'test_str02', host: { node: process.version } });
    expect(report.runs.map((run) => [run.kernel, run.search, run.threads])).toEqual(
      [['2.5.45', 'first-fit'], ['2.5.46', 'free-area-cache']].flatMap((key) => [10, 20, 40, 80].map((n) => [...key, n])),
    );
    const machine = { arch: 'i386', bits: 32, stacks: 'nptl', nptl: '2.3.3' };
    expect(report.growth).toMatchObject([
      { ...machine, kernel: '2.5.45', search: 'first-fit' },
      { ...machine, kernel: '2.5.46', search: 'free-area-cache' },
    ]);
    expect(report.growth[0]!.exponent).toBeCloseTo(2, 1);
    expect(report.growth[1]!.exponent).toBeCloseTo(1, 1);
  });

  it('a run has these keys and meanings', async () => {
    const { runs } = await bench('--threads', '50', '--search', 'first-fit');
    const [run] = runs;
    expect(run).toMatchObject({
      arch: 'i386', bits: 32, kernel: '2.5.46', search: 'first-fit', searchForced: true, stacks: 'nptl', nptl: '2.3.3',
      threadsAsked: 50, threads: 50, stackBytes: 65536, limits: { maxMapCount: 65536, pidMax: 32768 },
      probes: 2500, probesPerThread: 50, vmas: 103, firstStack: '0x40000000', lastStack: '0x40341000',
    });
    expect(run!.usPerThread).toBeCloseTo((run!.wallMs * 1000) / 50, 6);
    expect(run!.wallMs).toBeGreaterThan(0);
    expect(run!.rssBytes).toBeGreaterThan(10e6);
  });

  it('warms the engine up before it measures, and says with how many threads', async () => {
    const [warm, cold] = [await bench('--threads', '20', '--warmup', '1000'), await bench('--threads', '20')];
    expect([warm.runs[0]!.warmupThreads, cold.runs[0]!.warmupThreads]).toEqual([1000, 0]);
    const counts = ({ runs: [run] }: BenchReport) => [run!.probes, run!.vmas, run!.firstStack, run!.lastStack];
    expect(counts(warm)).toEqual(counts(cold));
  });

  it('default and smallest stacks fit each machine; word sizes that a machine lacks are left out', async () => {
    const machines = ['--arch', 'sparc64,ia64', '--threads', '5'];
    const standard = await bench(...machines);
    expect(standard.runs.map((run) => [run.arch, run.bits, run.stackBytes])).toEqual([['sparc64', 64, 65536], ['ia64', 64, 196608]]);
    const least = await bench(...machines, '--bits', '32,64', '--stack', 'min', '--nptl', '2.3.3,2.36');
    expect(least.runs.map((run) => [run.arch, run.bits, run.nptl, run.stackBytes])).toEqual([
      ['sparc64', 32, '2.3.3', 24576], ['sparc64', 32, '2.36', 24576], ['sparc64', 64, '2.3.3', 24576],
      ['sparc64', 64, '2.36', 24576], ['ia64', 64, '2.3.3', 196608], ['ia64', 64, '2.36', 196608],
    ]);
  });

  it('leaves out what machine and release were never together, and says so', async () => {
    const [status, stderr, runs] = await leftOut('--arch', 'i386,ia64', '--kernel', '4.12,6.18');
    expect(status).toBe(0);
    expect(stderr).toContain('Linux 6.18 does not run on ia64: it was removed in 6.7: left out\n');
    expect(runs).toEqual([['i386', '4.12'], ['i386', '6.18'], ['ia64', '4.12']]);
    expect((await guardpage(['bench', 'threads', '--arch', 'ia64', '--kernel', '6.18', '--threads', '10'])).status).toBe(2);
  });

  it('lifts the limits to what the run needs, and says to what', async () => {
    const { runs } = await bench('--arch', 'sparc64', '--search', 'free-area-cache', '--threads', '33000');
    expect(runs[0]).toMatchObject({ threads: 33000, limits: { maxMapCount: 67024, pidMax: 35048 } });
  });

  it('compares stack strategies: all that the release has, the others named, or by force and marked', async () => {
    const { stdout, stderr } = await guardpage(['bench', 'threads', '--stacks', 'all', '--threads', '20', '--warmup', '0', '--json', '-']);
    expect((JSON.parse(stdout) as BenchReport).runs.map((run) => [run.stacks, run.vmas])).toEqual(
      [['nptl', 43], ['noguard', 4], ['bitmap', 24]],
    );
    expect(stderr).toContain('madvise needs MADV_GUARD_INSTALL, which Linux 2.5.46 does not have (6.13 is the first): left out');
    const forced = await bench('--stacks', 'all', '--threads', '20', '--force');
    expect(forced.runs[3]).toMatchObject({ stacks: 'madvise', stacksForced: true, vmas: 4 });
    const native = await bench('--arch', 'x86_64', '--kernel', '6.18', '--stacks', 'all', '--threads', '20');
    expect(native.runs.map((run) => [run.stacks, run.stacksForced, run.vmas])).toEqual(
      [['nptl', undefined, 46], ['noguard', undefined, 7], ['bitmap', undefined, 27], ['madvise', undefined, 7]],
    );
  });

  it('refuses a kernel without futex, and says who has it; by force it has threads, and is marked', async () => {
    const refused = await guardpage(['bench', 'threads', '--kernel', '2.4.20,2.5.45', '--threads', '10']);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain(
      'threads need futex, which Linux 2.4.20 does not have (2.5.7 is the first, and of those here 2.5.45); --force gives it what NPTL needs',
    );
    const { stdout, stderr } = await guardpage(['bench', 'threads', '--kernel', '2.4.20', '--threads', '10', '--force']);
    expect(stdout).toContain('│ 2.3.3 (forced) │');
    expect(stderr).toContain('NPTL needs futex, which Linux 2.4.20 does not have');
  });

  it('a run that met a limit says so in JSON and table', async () => {
    const { runs } = await bench('--threads', '100', '--max-map-count', '50');
    expect(runs[0]).toMatchObject({ threadsAsked: 100, threads: 23, limits: { maxMapCount: 50 }, failed: 'ENOMEM' });
    const { stdout } = await guardpage(['bench', 'threads', '--threads', '1000', '--pid-max', '1001']);
    expect(stdout).toContain('│ 700 of 1,000 │');
    expect(stdout).toContain('i386 2.5.46 free-area-cache 1,000: pthread_create failed with EAGAIN after 700 threads: no pid left below 1001 (--pid-max)');
  });

  it('shows tables and a plot on stdout, writes files, and says where', async () => {
    const folder = scratch();
    const [json, svg] = [join(folder, 'b.json'), join(folder, 'b.svg')];
    const { status, stdout, stderr } = await guardpage(['bench', 'threads', '--threads', '5,10', '--json', json, '--svg', svg]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/│ machine │ release │ search .*all probes ~ threads\^.*Probes per thread against threads/s);
    expect(stdout.endsWith(`wrote ${json}\nwrote ${svg}\n`)).toBe(true);
    expect(stdout).not.toContain('\u001b');
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ schemaVersion: 1, runs: [{ threads: 5 }, { threads: 10 }] });
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*<\/svg>$/s);
  });

  it.skipIf(!hasCompiler())('--native measures the host at the same counts', async () => {
    const report = await bench('--threads', '4,2', '--native', '--stack', 'min');
    expect(report.native).toMatchObject([{ threads: 2 }, { threads: 4 }]);
    for (const row of report.native!) expect(row.usPerThread).toBeCloseTo((row.wallMs * 1000) / row.threads, 6);
  });

  it('--native without a compiler is left out with a sentence', async () => {
    const { status, stdout, stderr } = await guardpage(
      ['bench', 'threads', '--threads', '2', '--native', '--json', '-', '--quiet'], undefined, { CC: 'no-such-compiler' });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).not.toHaveProperty('native');
    expect(stderr).toBe('guardpage: --native is left out: there is no C compiler (no-such-compiler)\n');
  });
});

function hasCompiler(): boolean {
  try {
    execFileSync(process.env['CC'] ?? 'cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
