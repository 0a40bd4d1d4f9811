/* guardpage list, --help and --version. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archs } from '../../src/arch/index.js';
import { searches } from '../../src/mm/unmapped_area/index.js';
import { releases } from '../../src/release/index.js';
import { guardpage, ROOT, scratch } from './guardpage.js';

async function json(name: string, ...args: string[]): Promise<Record<string, unknown>[]> {
  const { status, stdout, stderr } = await guardpage(['list', name, '--json', '-', ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const parsed = JSON.parse(stdout) as Record<string, unknown>;
  expect(parsed['schemaVersion']).toBe(1);
  return parsed[name] as Record<string, unknown>[];
}

describe.concurrent('list', () => {
  it('archs: a row for each word size of each machine', async () => {
    const rows = await json('archs');
    expect(rows.map((row) => [row['arch'], row['bits']])).toEqual(archs.flatMap((arch) => arch.bits.map((bits) => [arch.name, bits])));
    expect(rows[0]).toMatchObject({ arch: 'i386', pageSize: 4096, unmappedBase: '0x40000000', pthreadStackMin: 16384 });
  });

  it('archs --kernel: the values under that release', async () => {
    const rows = await json('archs', '--kernel', '2.6.18');
    expect(rows.map((row) => [row['arch'], row['bits'], row['kernel'], row['unmappedBase']])).toEqual([
      ['i386', 32, '2.6.18', '0xb8000000'],
      ['sparc64', 64, '2.6.18', '0xfffff80100000000'],
      ['sparc64', 32, '2.6.18', '0xf7ffe000'],
      ['ia64', 64, '2.6.18', '0x2000000000000000'],
      ['x86_64', 64, '2.6.18', '0x2aaaaaaab000'],
      ['x86_64', 32, '2.6.18', '0xf7ffe000'],
    ]);
  });

  it.each(['archs', 'kernels', 'searches', 'stacks'])('%s fits 120 columns', async (name) => {
    const { stdout } = await guardpage(['list', name]);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('kernels: release, date, the search of each machine, what changed', async () => {
    const rows = await json('kernels');
    expect(rows.map((row) => row['kernel'])).toEqual(releases.map((release) => release.name));
    const seed = rows.find((row) => row['kernel'] === '2.5.46');
    expect(seed).toMatchObject({ date: '2002-11' });
    expect(seed!['searches']).toContainEqual({ arch: 'i386', bits: 32, search: 'free-area-cache' });
    expect(seed!['searches']).toContainEqual({ arch: 'sparc64', bits: 32, search: 'first-fit' });
  });

  it('searches: every generation and since when', async () => {
    const rows = await json('searches');
    expect(rows.map((row) => row['search'])).toEqual(searches.map(({ search }) => search.name));
    expect(rows[1]).toMatchObject({ search: 'free-area-cache', since: '2.5.46' });
  });

  it('searches: whose own search it is, by periods of releases', async () => {
    const { stdout } = await guardpage(['list', 'searches']);
    const cells = stdout.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
    const from = cells.findIndex((row) => row[1] === 'topdown-2.6.9');
    expect(cells[from]!.at(-2)).toBe('i386: 2.6.9 to 2.6.11');
    expect(cells.find((row) => row[1] === 'free-area-cache')!.at(-2)).toBe('i386: 2.5.46');
    expect(stdout).toMatch(/sparc64: 2\.6\.0 to/);
  });

  it('syscalls: number on each machine, and the state', async () => {
    const rows = await json('syscalls');
    const named = (name: string) => rows.find((row) => row['name'] === name)!['machines'];
    expect(named('mmap')).toEqual([
      { arch: 'i386', bits: 32, nr: 90, state: 'implemented' },
      { arch: 'sparc64', bits: 64, nr: 71, state: 'implemented' },
      { arch: 'sparc64', bits: 32, nr: 71, state: 'implemented' },
      { arch: 'ia64', bits: 64, nr: 1151, state: 'implemented' },
      { arch: 'x86_64', bits: 64, nr: 9, state: 'implemented' },
      { arch: 'x86_64', bits: 32, nr: 90, state: 'implemented' },
    ]);
    expect(named('set_tid_address')).toContainEqual({ arch: 'i386', bits: 32, nr: 258, state: 'backported' });
    expect(named('userfaultfd')).toContainEqual({ arch: 'i386', bits: 32, nr: 374, state: 'ENOSYS' });
  });

  it('syscalls --arch: only these machines', async () => {
    const { stdout } = await guardpage(['list', 'syscalls', '--arch', 'ia64']);
    expect(stdout).toMatch(/│ call +│ ia64 │ state +│/);
    expect(stdout).toMatch(/│ clone2 +│ 1213 │ implemented +│/);
    expect(stdout).not.toContain('i386');
  });

  it('stacks: the strategies', async () => {
    expect((await json('stacks')).map((row) => row['name'])).toEqual(['nptl', 'noguard', 'bitmap', 'madvise']);
  });

  it('tables without colour when not on a terminal, and JSON into a file beside them', async () => {
    const file = join(scratch(), 'kernels.json');
    const { stdout } = await guardpage(['list', 'kernels', '--json', file]);
    expect(stdout).toMatch(/^┌.*│ 2\.5\.46 +│ 2002-11 │ free-area-cache: i386; first-fit: sparc64, ia64/s);
    expect(stdout).not.toContain('\u001b');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('kernels');
  });
});

describe.concurrent('help', () => {
  it.each([
    [], ['run'], ['bench'], ['bench', 'threads'], ['demo'], ['list'],
    ['list', 'archs'], ['list', 'kernels'], ['list', 'searches'], ['list', 'syscalls'], ['list', 'stacks'],
  ].map((command) => ({ command, name: command.join(' ') || 'guardpage' })))('of $name shows an example', async ({ command }) => {
    const { status, stdout, stderr } = await guardpage([...command, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: guardpage .*\nExamples?:\n {2}\$ guardpage /s);
  });

  it('shows that an optional value needs "="', async () => {
    expect((await guardpage(['help', 'run'])).stdout).toContain('--strace[=FILE] ');
  });

  it('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await guardpage(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});
