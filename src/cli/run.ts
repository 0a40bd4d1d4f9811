/*
 * guardpage run PROGRAM [-- ARGS]. The guest's fd 1 and 2 are ours; what guardpage says goes to stderr,
 * the maps to stdout after the program's output. With `--json -` stdout carries JSON alone.
 */
import { openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Rlimits } from '../mm/mm.js';
import { checkProgram } from './check_program.js';
import { UsageError } from './errors.js';
import type { GuestConfig } from './messages.js';
import { checkWritable, reasonOf, say, STDERR, STDOUT, TO_STDOUT, writeAll, writeJson } from './output.js';
import { runJson, sayOutcome, statsText } from './run_report.js';
import { type Finished, runInThread } from './run_thread.js';

/** The flags, as commander hands them over. */
export interface RunFlags {
  readonly arch?: string;
  readonly kernel?: string;
  readonly bits?: 32 | 64;
  readonly search?: string;
  readonly nptl?: string;
  readonly seed: number;
  readonly ram?: number;
  readonly overcommit?: number;
  readonly maxMapCount?: number;
  readonly pidMax?: number;
  readonly rlimit?: Partial<Rlimits>;
  /** Name of a file; empty: stderr. */
  readonly strace?: string;
  readonly maps?: boolean;
  readonly stats?: boolean;
  readonly json?: string;
  readonly quiet?: boolean;
  readonly timeout: number;
}

/** Returns the exit status. */
export async function run(program: string, argv: readonly string[], flags: RunFlags): Promise<number> {
  checkProgram(program);
  checkWritable(flags.json);
  const jsonOnStdout = flags.json === TO_STDOUT;
  const stdoutFd = jsonOnStdout ? STDERR : STDOUT;
  const finished = await runInThread(
    {
      program: resolve(program),
      programShown: program,
      argv,
      config: configOf(flags),
      stdoutFd,
      straceFd: straceFd(flags.strace),
      quiet: flags.quiet === true,
      wantsMaps: flags.maps === true || flags.json !== undefined,
    },
    flags.timeout * 1000,
  );
  report(finished, flags, stdoutFd);
  if (flags.json !== undefined) writeJson(flags.json, runJson(program, argv, finished));
  return finished.ending.exit;
}

function configOf(flags: RunFlags): GuestConfig {
  const { arch, kernel, bits, search, nptl, seed, ram, overcommit, maxMapCount, pidMax, rlimit } = flags;
  return { arch, kernel, bits, search, nptl, seed, ram, overcommit, maxMapCount, pidMax, rlimits: rlimit };
}

/** Where strace's lines go, or null for nowhere. */
function straceFd(file: string | undefined): number | null {
  if (file === undefined) return null;
  if (file === '') return STDERR;
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}

function report(finished: Finished, flags: RunFlags, stdoutFd: number): void {
  if (flags.maps === true) writeAll(stdoutFd, finished.ending.maps.map((line) => `${line}\n`).join(''));
  sayOutcome(finished, flags.timeout);
  if (flags.quiet !== true) finished.hints.forEach(say);
  if (flags.stats === true) writeAll(STDERR, statsText(finished));
}
