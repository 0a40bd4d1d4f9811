/*
 * --native: the host's own threads, measured by bench/native/str02.c, a program of the same shape.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativeRun } from '../report/index.js';
import { codeOf } from './errors.js';
import { say } from './output.js';

const SOURCE = fileURLToPath(new URL('../../../bench/native/str02.c', import.meta.url));
const COMPILER = process.env['CC'] || 'cc';
const LONGEST_RUN_MS = 120_000;

/** A row for each count up to what the host allows; null, and a sentence, where it cannot be measured. */
export function measureNative(counts: readonly number[], stackBytes: number): NativeRun[] | null {
  const folder = mkdtempSync(join(tmpdir(), 'guardpage-native-'));
  try {
    const program = join(folder, 'str02');
    if (!compile(program)) return null;
    const rows: NativeRun[] = [];
    for (const count of [...new Set(counts)].sort((a, b) => a - b)) {
      const row = runOne(program, count, stackBytes);
      if (row !== null) rows.push(row);
      if (row?.failedAt !== undefined || row === null) break;
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(program: string): boolean {
  try {
    execFileSync(COMPILER, ['-O2', '-pthread', '-o', program, SOURCE], { stdio: ['ignore', 'ignore', 'pipe'] });
    return true;
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? `there is no C compiler (${COMPILER})` : `${COMPILER} failed on bench/native/str02.c`;
    say(`--native is left out: ${why}`);
    return false;
  }
}

/** Reads "N threads, M ms" and "failed: WHY" from the program's output. */
function runOne(program: string, count: number, stackBytes: number): NativeRun | null {
  const { stdout } = spawnSync(program, [String(count), String(stackBytes)], { encoding: 'utf8', timeout: LONGEST_RUN_MS });
  const [, threads, ms] = /^(\d+) threads, ([\d.]+) ms/m.exec(stdout ?? '') ?? [];
  if (threads === undefined || ms === undefined) {
    say(`--native: the host's ${count} threads did not end well, and larger counts are left out`);
    return null;
  }
  const reached = Number(threads);
  const wallMs = Number(ms);
  const failedAt = /^failed: (.*)$/m.exec(stdout)?.[1];
  const usPerThread = reached === 0 ? 0 : (wallMs * 1000) / reached;
  return { threads: reached, wallMs, usPerThread, ...(failedAt === undefined ? {} : { failedAt }) };
}
