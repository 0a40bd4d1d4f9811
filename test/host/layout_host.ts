/** layout.c on this host, without address randomisation. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MapsLine, parseMapsLine } from './host.js';
import type { LayoutCall } from './layout_program.js';

const NUMBERS = { mmap: 0n, munmap: 1n, mprotect: 2n, mremap: 3n, mmapAt: 4n } as const;

export interface LayoutRun {
  /** /proc/self/maps before the first call. */
  readonly maps: readonly MapsLine[];
  readonly results: readonly number[];
}

export interface LayoutHost {
  run(calls: readonly LayoutCall[]): LayoutRun;
  /** Where the vdso ends, just below mmap_base, with a stack limit in KiB or "unlimited"; null if refused. */
  vdsoEnd(stackLimit: string): string | null;
  remove(): void;
}

/** The program, built in a folder of its own, or why it cannot be. */
export function buildLayout(): LayoutHost | string {
  const folder = mkdtempSync(join(tmpdir(), 'guardpage-layout-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const program = join(folder, 'layout');
  const source = new URL('layout.c', import.meta.url).pathname;
  const build = (...more: string[]) => spawnSync('cc', ['-O1', ...more, '-o', program, source], { encoding: 'utf8' });
  // Static where libc.a is installed; any program will do, as the areas that it starts with are taken from it.
  let built = build('-static');
  if (built.status !== 0) built = build();
  const tried = built.status === 0 ? spawnSync('setarch', ['-R', program], { input: '', encoding: 'utf8' }) : built;
  if (tried.error !== undefined || tried.status !== 0) {
    remove();
    return tried.error?.message ?? tried.stderr.trim();
  }
  const vdsoEnd = (stackLimit: string): string | null => {
    const { status, stdout } = spawnSync('sh', ['-c', `ulimit -S -s ${stackLimit} && exec setarch -R "$0"`, program], {
      input: '', encoding: 'latin1',
    });
    return status === 0 ? (/^[0-9a-f]+-([0-9a-f]+).*\[vdso\]$/m.exec(stdout)?.[1] ?? null) : null;
  };
  return { run: (calls) => runLayout(program, calls), vdsoEnd, remove };
}

function runLayout(program: string, calls: readonly LayoutCall[]): LayoutRun {
  const words = calls.flatMap(({ name, of, offset, args }) => [NUMBERS[name], ...[of, offset, ...args].map(BigInt)]);
  const input = Buffer.from(BigUint64Array.from(words).buffer);
  const { status, stdout } = spawnSync('setarch', ['-R', program], { input, encoding: 'latin1' });
  if (status !== 0) throw new Error(`layout.c ended with status ${status}`);
  const [maps, results] = stdout.split('--\n') as [string, string];
  return {
    maps: maps.trimEnd().split('\n').map(parseMapsLine),
    results: results.trimEnd().split('\n').filter((line) => line !== '').map(Number),
  };
}
