/**
 * Records test/glibc/logs/MACHINE.json anew: runs every scenario of primitives.c, built static, several times, and keeps
 * every different log with how often it came. By hand, on x86-64 Linux with the cross compilers:
 *
 *   npx jiti test/glibc/record.ts i386 i686-linux-gnu-gcc
 *   npx jiti test/glibc/record.ts x86_64 gcc
 *   npx jiti test/glibc/record.ts sparc64 sparc64-linux-gnu-gcc qemu-sparc64
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FutexLog, readFutexLog } from './futex_log.js';

const RUNS = 7;
const CALLS = 'trace=futex,write,clone,clone3';
const source = join(import.meta.dirname, 'primitives.c');
const [machine = 'x86_64', compiler = 'gcc', emulator] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'guardpage-'));
const program = join(folder, 'primitives');
const file = join(folder, 'log');

/** One run's log on one processor, strace's or qemu's own; null where qemu does not bring it to an end (robust lists). */
function textOf(scenario: string): string | null {
  if (emulator !== undefined) {
    const ran = spawnSync('taskset', ['-c', '0', emulator, '-strace', program, scenario], { encoding: 'utf8', timeout: 3000, killSignal: 'SIGKILL' });
    return ran.status === 0 ? ran.stderr + ran.stdout : null;
  }
  execFileSync('taskset', ['-c', '0', 'strace', '-f', '-s', '200', '-e', CALLS, '-o', file, program, scenario], { stdio: 'ignore' });
  return readFileSync(file, 'utf8');
}

/** The logs that came, the most frequent first. */
function logsOf(scenario: string): (FutexLog & { readonly times: number })[] {
  const seen = new Map<string, number>();
  for (let i = 0; i < RUNS; i++) {
    const log = textOf(scenario);
    if (log === null) return [];
    const text = JSON.stringify(readFutexLog(log, scenario.startsWith('join-')));
    seen.set(text, (seen.get(text) ?? 0) + 1);
  }
  return [...seen].sort((a, b) => b[1] - a[1]).map(([text, times]) => ({ ...(JSON.parse(text) as FutexLog), times }));
}

function firstLine(command: string, args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0]!.trim();
}

execFileSync(compiler, ['-O1', '-static', '-pthread', source, '-o', program]);
const scenarios = [...readFileSync(source, 'utf8').matchAll(/IS\("([a-z-]+)"\)/g)].map((match) => match[1]!);
const provenance = {
  program: 'test/glibc/primitives.c', compiler: firstLine(compiler, ['--version']), libc: 'glibc 2.36 (Debian 12), static',
  kernel: `Linux ${firstLine('uname', ['-r']).split('-')[0]} x86_64`,
  tracer: emulator === undefined ? firstLine('strace', ['-V']) : firstLine(emulator, ['--version']),
  runs: RUNS,
};
const logs = Object.fromEntries(scenarios.map((scenario) => [scenario, logsOf(scenario)]));
writeFileSync(join(import.meta.dirname, 'logs', `${machine}.json`), `${JSON.stringify({ provenance, logs }, null, 1)}\n`);
