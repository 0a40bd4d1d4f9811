/*
 * guardpage run PROGRAM [-- ARGS]. The guest's fd 1 and 2 are ours; what guardpage says goes to stderr,
 * the maps to stdout after the program's output. With `--json -` stdout carries JSON alone.
 */
import { resolve } from 'node:path';
import type { MachineRlimits } from '../machine.js';
import { fragmentsText } from '../report/fragments.js';
import { checkProgram } from './check_program.js';
import { checkGrants, type Grant } from './host_file.js';
import type { GuestConfig } from './messages.js';
import { checkFile, checkWritable, openToWrite, say, STDERR, STDOUT, TO_STDOUT, writeAll, writeJson } from './output.js';
import { drawHoles, drawRun, stripOfRun, wantsStrip } from './run_pictures.js';
import { runJson, sayOutcome, statsText } from './run_report.js';
import { type Finished, runInThread } from './run_thread.js';

/** The flags, as commander hands them over. */
export interface RunFlags {
  readonly arch?: string;
  readonly kernel?: string;
  readonly bits?: 32 | 64;
  readonly search?: string;
  readonly layout?: string;
  readonly aslr?: number;
  readonly nptl?: string;
  readonly stacks?: string;
  readonly force?: boolean;
  readonly seed: number;
  readonly schedule?: string;
  /** Schedules to explore, and for how many seconds at most. */
  readonly explore?: number;
  readonly exploreTime?: number;
  readonly ram?: number;
  readonly overcommit?: number;
  readonly maxMapCount?: number;
  readonly pidMax?: number;
  readonly rlimit?: MachineRlimits;
  /** Name of a file; empty: stderr. */
  readonly strace?: string;
  /** Name of a file, for the memory calls as JSON. */
  readonly trace?: string;
  /** Files of this computer that the program may open. */
  readonly grant?: readonly Grant[];
  readonly maps?: boolean;
  readonly strip?: boolean;
  readonly svg?: string;
  /** What became of the holes: told, and drawn in a file. */
  readonly fragments?: boolean;
  readonly svgHoles?: string;
  readonly stats?: boolean;
  readonly json?: string;
  readonly quiet?: boolean;
  readonly realtime?: boolean;
  readonly timeout: number;
}

/** Returns the exit status. */
export async function run(program: string, argv: readonly string[], flags: RunFlags): Promise<number> {
  checkProgram(program);
  checkWritable(flags.json);
  checkGrants(flags.grant ?? []);
  checkFile('--svg', flags.svg);
  checkFile('--svg-holes', flags.svgHoles);
  checkFile('--trace', flags.trace);
  const jsonOnStdout = flags.json === TO_STDOUT;
  const stdoutFd = jsonOnStdout ? STDERR : STDOUT;
  const finished = await runInThread(
    {
      program: resolve(program),
      programShown: program,
      argv,
      config: configOf(flags),
      grants: flags.grant ?? [],
      cwd: process.cwd(),
      stdoutFd,
      straceFd: straceFd(flags.strace),
      traceFd: flags.trace === undefined ? null : openToWrite(flags.trace),
      quiet: flags.quiet === true,
      realtime: flags.realtime === true,
      wantsMaps: flags.maps === true || flags.json !== undefined || flags.svg !== undefined || wantsStrip(flags),
      wantsFragments: flags.fragments === true || flags.svgHoles !== undefined,
    },
    flags.timeout * 1000,
  );
  report(program, finished, flags, stdoutFd);
  if (flags.json !== undefined) writeJson(flags.json, runJson(program, argv, finished));
  if (flags.svg !== undefined) drawRun(flags.svg, program, finished);
  if (flags.svgHoles !== undefined) drawHoles(flags.svgHoles, program, finished);
  return finished.ending.exit;
}

/** The machine that the flags ask for. */
export function configOf(flags: RunFlags): GuestConfig {
  const { arch, kernel, bits, search, nptl, stacks, force, seed, schedule, ram, overcommit, maxMapCount, pidMax, rlimit } = flags;
  const { layout, aslr } = flags;
  return {
    arch, kernel, bits, search, nptl, stacks, force, seed, schedule, ram, overcommit, maxMapCount, pidMax, rlimits: rlimit,
    layout, aslr,
  };
}

/** Where strace's lines go, or null for nowhere. */
function straceFd(file: string | undefined): number | null {
  if (file === undefined) return null;
  if (file === '') return STDERR;
  return openToWrite(file);
}

function report(program: string, finished: Finished, flags: RunFlags, stdoutFd: number): void {
  if (flags.maps === true) writeAll(stdoutFd, finished.ending.maps.map((line) => `${line}\n`).join(''));
  if (wantsStrip(flags)) stripOfRun(program, finished);
  sayOutcome(finished, flags.timeout);
  if (flags.quiet !== true) finished.hints.forEach(say);
  if (flags.stats === true) writeAll(STDERR, statsText(finished));
  const { fragments } = finished.ending;
  if (flags.fragments === true && fragments !== undefined) writeAll(STDERR, `${fragmentsText(fragments)}\n`);
}
