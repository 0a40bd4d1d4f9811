/*
 * What a benchmark will run: every combination of what the comma lists name, as one record a run.
 * Machine itself judges every combination before the first one starts.
 */
import { ConfigError, Machine, type MachineConfig, stacksLack, threadsLack } from '../machine.js';
import { stackStrategies } from '../thread/stacks/index.js';
import { findArch, whyNot } from '../arch/index.js';
import { findRelease } from '../release/index.js';
import { grouped } from '../report/numbers.js';
import { UsageError } from './errors.js';
import { bytes as bytesOf, DEFAULT_WARMUP } from './values.js';

/** One process to be. It goes to the child as JSON. */
export interface RunPlan {
  readonly config: Pick<MachineConfig, 'arch' | 'kernel' | 'bits' | 'search' | 'nptl' | 'stacks' | 'force' | 'layout' | 'aslr' | 'seed' | 'maxMapCount' | 'pidMax'>;
  readonly threads: number;
  /** Threads of the unmeasured runs before, in the same process. */
  readonly warmup: number;
  readonly stackBytes: number;
  /** For progress: milliseconds that it may take, to within a factor of a few. */
  readonly expectedMs: number;
  /** "sparc64 2.5.46 first-fit". */
  readonly label: string;
}

/** The lists of a benchmark; absent ones are the defaults. */
export interface Combinations {
  readonly arch?: readonly string[];
  readonly kernel?: readonly string[];
  readonly bits?: readonly (32 | 64)[];
  readonly search?: readonly string[];
  readonly layout?: string;
  readonly aslr?: number;
  readonly nptl?: readonly string[];
  readonly stacks?: readonly string[];
  /** Allow what a release did not have. */
  readonly force?: boolean;
  readonly threads: readonly number[];
  readonly warmup?: number;
  /** Bytes or "min". */
  readonly stack?: string;
  readonly maxMapCount?: number;
  readonly pidMax?: number;
  readonly seed: number;
}

const DEFAULT_STACK = 65536;
/** Most bytes of a stack: half of what a 32-bit task can address, and 1 TiB. */
const MOST_STACK = { 32: 2 ** 31, 64: 2 ** 40 };
/** Areas a stack costs, and those of the program beside them. */
const AREAS_PER_THREAD = 2;
const SPARE_AREAS = 1024;
/** Pids below the program's and reserved ones, with some to spare. */
const SPARE_PIDS = 2048;

/** Searches that examine every stack that is already there. */
const LINEAR_SEARCHES = new Set(['first-fit']);
const MS_PER_PROCESS = 400;
const MS_PER_THREAD = 0.006;
const MS_PER_PROBE = 2.5e-6;

/** The plan, and a sentence for each combination that was left out or read differently. */
export interface Plan {
  readonly runs: readonly RunPlan[];
  readonly notes: readonly string[];
}

/** The cross product, thread counts innermost. UsageError for what cannot be. */
export function planOf(lists: Combinations): Plan {
  const notes = new Set<string>();
  const runs: RunPlan[] = [];
  for (const config of configsOf(lists, notes)) {
    const machine = makeMachine(config, notes);
    const lack = threadsLack(machine.target);
    if (lack !== null) throw new UsageError(`${lack}; --force gives it what NPTL needs`);
    const stackBytes = stackOf(machine, lists.stack);
    for (const threads of lists.threads) runs.push(planRun(machine, config, lists, threads, stackBytes));
  }
  return { runs, notes: [...notes] };
}

/** Of "all" stack strategies, those that the machine's kernel can serve; the others are named in a note. */
function stacksFor(config: RunPlan['config'], lists: Combinations, notes: Set<string>): readonly (string | undefined)[] {
  const { stacks, force = false } = lists;
  if (stacks === undefined) return [undefined];
  if (!stacks.includes('all')) return stacks;
  const { target } = makeMachine(config, notes);
  const lacks = stackStrategies.map((strategy) => stacksLack(strategy, target));
  if (!force) for (const lack of lacks) if (lack !== null) notes.add(`${lack}: left out (--force gives it that call)`);
  return stackStrategies.filter((_, i) => force || lacks[i] === null).map(({ name }) => name);
}

function configsOf(lists: Combinations, notes: Set<string>): RunPlan['config'][] {
  const { seed, arch = ['i386'], kernel = [undefined], search = [undefined], nptl = [undefined] } = lists;
  const configs: RunPlan['config'][] = [];
  for (const name of arch) {
    const sizes = wordSizesOf(name, lists, arch.length === 1, notes);
    for (const bits of sizes) for (const release of kernel) for (const way of search) for (const version of nptl) {
      const lack = cellLack(name, bits, release);
      if (lack !== null && arch.length * kernel.length > 1) {
        notes.add(`${lack.replace(/; known: .*/, '')}: left out`);
        continue;
      }
      const config = { arch: name, kernel: release, bits, search: way, nptl: version, seed, layout: lists.layout, aslr: lists.aslr };
      for (const stacks of stacksFor(config, lists, notes)) configs.push({ ...config, stacks, force: lists.force });
    }
  }
  if (configs.length === 0) throw new UsageError(`nothing is left to run: ${[...notes].join('; ')}`);
  return configs;
}

/** Why a machine is not there under a release, both of which exist; null where it is. */
function cellLack(name: string, bits: 32 | 64 | undefined, kernel: string | undefined): string | null {
  const arch = findArch(name);
  const release = kernel === undefined ? undefined : findRelease(kernel)?.release;
  return arch === undefined || release === undefined ? null : whyNot(arch, bits ?? arch.bits[0]!, release);
}

/** Of the sizes asked for, those the machine has. Of a machine asked for alone, all or none. */
function wordSizesOf(name: string, lists: Combinations, isAlone: boolean, notes: Set<string>): readonly (32 | 64 | undefined)[] {
  const known = findArch(name)?.bits;
  if (lists.bits === undefined || known === undefined) return [undefined];
  if (isAlone) return lists.bits;
  for (const bits of lists.bits) if (!known.includes(bits)) notes.add(`${name} has no ${bits}-bit tasks`);
  return lists.bits.filter((bits) => known.includes(bits));
}

/** A machine of this configuration, or a UsageError with Machine's own sentence. */
function makeMachine(config: RunPlan['config'], notes: Set<string>): Machine {
  try {
    return new Machine({ ...config, notice: (sentence) => notes.add(sentence) });
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}

function stackOf(machine: Machine, asked: string | undefined): number {
  const { target, nptlVersion } = machine;
  const least = target.nptl(nptlVersion).PTHREAD_STACK_MIN;
  if (asked === undefined) return Math.max(DEFAULT_STACK, least);
  if (asked === 'min') return least;
  const bytes = bytesOf('--stack')(asked);
  const most = MOST_STACK[target.bits];
  const name = `${target.arch} (${target.bits}-bit tasks)`;
  if (bytes < least) throw new UsageError(`--stack ${asked} is less than PTHREAD_STACK_MIN of ${name}, ${least}`);
  if (bytes > most) throw new UsageError(`--stack ${asked} is more than ${name} can hold: at most ${most}`);
  return bytes;
}

function planRun(
  machine: Machine, config: RunPlan['config'], lists: Combinations, threads: number, stackBytes: number,
): RunPlan {
  const { release } = machine.target;
  const limits = {
    maxMapCount: lists.maxMapCount ?? Math.max(release.maxMapCount, AREAS_PER_THREAD * threads + SPARE_AREAS),
    pidMax: lists.pidMax ?? Math.max(release.pidMax, threads + SPARE_PIDS),
  };
  const full = { ...config, ...limits };
  makeMachine(full, new Set());
  const way = machine.stacks.name === 'nptl' ? '' : `${machine.stacks.name} `;
  const label = `${config.arch} ${release.name} ${machine.searchName} ${way}${grouped(threads)}`;
  const warmup = lists.warmup ?? DEFAULT_WARMUP;
  return { config: full, threads, warmup, stackBytes, expectedMs: expectedMs(machine.searchName, threads), label };
}

function expectedMs(search: string, threads: number): number {
  const probes = LINEAR_SEARCHES.has(search) ? threads ** 2 : 0;
  return MS_PER_PROCESS + MS_PER_THREAD * threads + MS_PER_PROBE * probes;
}
