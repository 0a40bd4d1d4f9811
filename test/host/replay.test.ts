/**
 * Replay against the kernel that runs this test: programs are traced here and now, and every recorded result must be the
 * predicted one. What is needed beside the newest record's kernel: cc, strace and setarch.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMaps } from '../../src/report/maps_text.js';
import { replay } from '../../src/trace/replay.js';
import { readStraceLog } from '../../src/trace/strace_log.js';
import { newest, openHost } from './host.js';

const folder = mkdtempSync(join(tmpdir(), 'guardpage-strace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Output of a command, or an Error with what it said. */
function output(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'latin1', env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
  if (error !== undefined || status !== 0) throw new Error(error?.message ?? `${command} ended with status ${status}: ${stderr.trim()}`);
  return stdout;
}

/** A C program of test/trace, built. */
function build(name: string, ...flags: string[]): string {
  const program = join(folder, name);
  output('cc', '-O1', '-w', ...flags, '-o', program, new URL(`../trace/${name}.c`, import.meta.url).pathname, '-lpthread');
  return program;
}

/** Why programs cannot be traced here, or null. */
async function hindrance(): Promise<string | null> {
  const host = await openHost();
  if (typeof host === 'string') return host;
  try {
    build('maps_at_exec', '-static');
    output('setarch', '-R', 'strace', '-o', join(folder, 'true.log'), '/bin/true');
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const reason = await hindrance();
if (reason !== null) console.log(`No program is traced on this host: ${reason}.`);

describe.skipIf(reason !== null)('programs traced on this host', () => {
  // One task only: of calls that two make at once strace does not tell the order.
  it.each(['heap'])('%s: every result is the predicted one', (name) => {
    const program = build(name);
    const log = join(folder, `${name}.log`);
    const initialMaps = parseMaps(output('setarch', '-R', join(folder, 'maps_at_exec'), program)).areas;
    output('setarch', '-R', 'strace', '-f', '-o', log, program);
    const config = { arch: 'x86_64', kernel: newest, overcommit: 1 };
    const { compared, diverged } = replay(readStraceLog(readFileSync(log, 'latin1')), { config, initialMaps });
    expect(diverged).toEqual([]);
    expect(compared).toBeGreaterThan(200);
  });
});
