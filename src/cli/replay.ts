/*
 * guardpage replay LOG...: every log under every release. What differs is told; --strict makes it an exit status.
 */
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ConfigError, type MachineRlimits } from '../machine.js';
import type { Mm } from '../mm/mm.js';
import { holesSvg } from '../report/holes_svg.js';
import { type MapsArea, MapsTextError, parseMaps } from '../report/maps_text.js';
import { FragmentsTrace } from '../trace/fragments.js';
import { replay } from '../trace/replay.js';
import { readStraceLog, type StraceLog, StraceLogError } from '../trace/strace_log.js';
import { EXIT_FAILED, RunError, sentenceOf, UsageError } from './errors.js';
import { checkInputs, checkNotEmpty, inputName, NO_LOG, NO_MAPS, readInput } from './input.js';
import { checkFile, checkWritable, say, STDERR, STDOUT, TO_STDOUT, writeAll, writeFile, writeJson } from './output.js';
import { CallProgress } from './call_progress.js';
import { hintsOf } from './replay_hints.js';
import { type Replayed, replayJson, replaysText, replayText } from './replay_report.js';

/** The flags, as commander hands them over. */
export interface ReplayFlags {
  readonly arch?: string;
  readonly kernel?: readonly string[];
  readonly bits?: 32 | 64;
  readonly search?: string;
  readonly layout?: string;
  readonly initialMaps?: string;
  readonly honour?: boolean;
  readonly strict?: boolean;
  readonly plainFiles?: boolean;
  readonly rlimit?: MachineRlimits;
  readonly maxMapCount?: number;
  readonly overcommit?: number;
  readonly ram?: number;
  readonly fragments?: boolean;
  readonly svgHoles?: string;
  readonly json?: string;
  readonly quiet?: boolean;
}

const DEFAULT_KERNEL = '2.5.46';
const OVERCOMMIT_ALWAYS = 1;
/** RFC 1952. */
const GZIP = [0x1f, 0x8b];

/** Returns the exit status. */
export async function replayLogs(logs: readonly string[], flags: ReplayFlags): Promise<number> {
  checkWritable(flags.json);
  checkFile('--svg-holes', flags.svgHoles);
  checkInputs([...logs, ...(flags.initialMaps === undefined ? [] : [flags.initialMaps])]);
  const areas = flags.initialMaps === undefined ? null : await readMaps(flags.initialMaps);
  const kernels = flags.kernel ?? [DEFAULT_KERNEL];
  if (flags.svgHoles !== undefined && logs.length * kernels.length > 1) {
    throw new UsageError('--svg-holes draws one log under one release');
  }
  const all: Replayed[] = [];
  for (const file of logs) {
    const path = inputName(file);
    const text = await readText(file);
    checkNotEmpty(file, text, NO_LOG);
    const log = inFile(path, () => readStraceLog(text));
    for (const kernel of kernels) all.push(replayed(path, log, kernel, areas, flags));
  }
  report(all, flags);
  const differs = all.some(({ result }) => result.matched < result.compared);
  return flags.strict === true && differs ? EXIT_FAILED : 0;
}

function replayed(
  path: string, log: StraceLog, kernel: string, areas: readonly MapsArea[] | null, flags: ReplayFlags,
): Replayed {
  const { arch, bits, search, layout, rlimit, maxMapCount, overcommit = OVERCOMMIT_ALWAYS, ram, honour, plainFiles, quiet } = flags;
  const notice = (sentence: string) => {
    if (quiet !== true) say(sentence);
  };
  const wantsFragments = flags.fragments === true || flags.svgHoles !== undefined;
  const fragments = wantsFragments ? new FragmentsTrace() : null;
  const tracers = fragments === null ? [] : [fragments];
  let mm: Mm | null = null;
  const progress = new CallProgress(log.memoryCalls, `${path}, ${kernel}`, quiet !== true);
  try {
    const result = inFile(path, () => replay(log, {
      config: { arch, kernel, bits, search, layout, rlimits: rlimit, maxMapCount, overcommit, ram, notice, tracers },
      initialMaps: areas,
      honour,
      alignsHuge: plainFiles !== true,
      progress: (made) => progress.show(made),
      ...(fragments === null ? {} : { watch: (process) => { mm = process.mm; } }),
    }));
    const notes = [...hintsOf(log, result, areas, flags.kernel === undefined), ...result.notes];
    return { log: path, kernel, result: { ...result, notes }, ...(fragments === null ? {} : { fragments: fragments.report(mm!) }) };
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(sentenceOf(error)) : error;
  } finally {
    progress.stop();
  }
}

function report(all: readonly Replayed[], flags: ReplayFlags): void {
  const fd = flags.json === TO_STDOUT ? STDERR : STDOUT;
  if (flags.quiet !== true) writeAll(fd, all.length === 1 ? replayText(all[0]!, fd) : replaysText(all, fd));
  const { fragments } = all[0]!;
  if (flags.svgHoles !== undefined) writeFile(flags.svgHoles, holesSvg(fragments!, { title: `Holes of ${basename(all[0]!.log)}` }));
  if (flags.json === undefined) return;
  const bodies = all.map(replayJson);
  writeJson(flags.json, { schemaVersion: 1, ...(all.length === 1 ? bodies[0] : { replays: bodies }) });
}

// ---- files ------------------------------------------------------------------------------------------

async function readText(file: string): Promise<string> {
  const bytes = await readInput(file);
  if (!GZIP.every((byte, i) => bytes[i] === byte)) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    throw new RunError(`${inputName(file)} is not whole as gzip: ${sentenceOf(error)}`);
  }
}

async function readMaps(file: string): Promise<readonly MapsArea[]> {
  const text = await readText(file);
  checkNotEmpty(file, text, NO_MAPS);
  try {
    return parseMaps(text).areas;
  } catch (error) {
    throw error instanceof MapsTextError ? new RunError(`${inputName(file)}, ${error.message}`) : error;
  }
}

/** Mistakes in a log are told with its name and the line. */
function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StraceLogError ? new RunError(`${path}:${error.line}: ${error.message}`) : error;
  }
}
