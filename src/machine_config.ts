/**
 * The configuration of a Machine: what may be chosen, and what each choice comes to. Every refusal is a ConfigError of
 * one sentence, with the choices there are.
 */
import { MADV_GUARD_INSTALL, MADV_GUARD_REMOVE } from './arch/generic/mman_calls.js';
import { archs, type Bits, findArch, type Target, whyNot } from './arch/index.js';
import { randomized } from './arch/generic/randomize.js';
import type { Rlimits } from './mm/mm.js';
import { MAX_RAM } from './mm/physical_memory.js';
import { searches } from './mm/unmapped_area/index.js';
import type { OvercommitMode } from './mm/vm.js';
import type { Sink, Source } from './fs/files.js';
import type { GrantedFile } from './fs/file_system.js';
import { MemoryStore } from './fs/regular_file.js';
import { callPresence, findRelease, lackOf, type Release, releases, type SearchName, versionNumber } from './release/index.js';
import type { Tracer } from './syscall/kernel.js';
import { Strace } from './syscall/strace.js';
import type { Schedule } from './task/schedule.js';
import { findSchedule, scheduleNames } from './task/schedules.js';
import { type StackStrategy, stackStrategies } from './thread/stacks/index.js';

/** A configuration that cannot be: one sentence, with the choices there are. */
export class ConfigError extends Error {}

/** Soft limits of the program; `rtprio`, the highest real-time priority that it may ask for, is 0 unless set. */
export type MachineRlimits = Partial<Rlimits> & { readonly rtprio?: number };

export interface MachineConfig {
  /** Machine; default i386. */
  readonly arch?: string;
  /** Kernel release; default 2.5.46. A version between two records takes the lower one. */
  readonly kernel?: string;
  /** Word size of the task; default the machine's own. */
  readonly bits?: number;
  /** A search other than the release's own. */
  readonly search?: string;
  /**
   * 'default': what the release chooses, which an unlimited stack turns bottom-up where Linux does so; 'legacy':
   * bottom-up, as sysctl legacy_va_layout or ADDR_COMPAT_LAYOUT make it.
   */
  readonly layout?: string;
  /** Seed of the randomised addresses of mmap, stack and heap; without one nothing is randomised. */
  readonly aslr?: number;
  readonly nptl?: string;
  /** How thread stacks come from the kernel: nptl (the default), noguard, bitmap or madvise. */
  readonly stacks?: string;
  /** Allows what the release did not have: MADV_GUARD_INSTALL for the stacks of an old kernel, NPTL on 2.4. */
  readonly force?: boolean;
  /** Seed of everything that chance decides; default 1. */
  readonly seed?: number;
  /** Who runs when: rr (the default), random, pct, pct:DEPTH, or replay:CHOICES. */
  readonly schedule?: string;
  /** Bytes of memory; default 1 GiB. */
  readonly ram?: number;
  readonly overcommit?: number;
  readonly maxMapCount?: number;
  readonly pidMax?: number;
  /** Soft limits in bytes, Infinity for unlimited. */
  readonly rlimits?: MachineRlimits;
  /** Where the guest's fd 1 and 2 go; default nowhere. */
  readonly stdout?: Sink;
  readonly stderr?: Sink;
  /** Where fd 0 reads from; default an empty input. */
  readonly stdin?: Source;
  /**
   * Files that the program may open, by absolute path: text or bytes, which each load begins with anew (what is
   * written is the run's), or what keeps its bytes elsewhere. It can open nothing else of the host.
   */
  readonly files?: Readonly<Record<string, string | Uint8Array | GrantedFile>>;
  /** The directory that relative paths begin in; default "/". */
  readonly cwd?: string;
  /** System calls as strace prints them, a line each. */
  readonly strace?: ((line: string) => void) | null;
  /** What else sees every system call: MemoryTrace of src/trace, for one. */
  readonly tracers?: readonly Tracer[];
  /** Sentences about the run: a call that is not implemented, for example. */
  readonly notice?: (sentence: string) => void;
}

const DEFAULT_KERNEL = '2.5.46';
/** Pid of the program. */
export const FIRST_PID = 1000;
const DEFAULT_RAM = 2 ** 30;

function list(names: readonly string[]): string {
  return names.join(', ');
}

/** The keys of MachineConfig; the type sees to it that none is missing. */
const CONFIG_KEYS: Readonly<Record<keyof MachineConfig, true>> = {
  arch: true, kernel: true, bits: true, search: true, nptl: true, stacks: true, force: true, seed: true, schedule: true, ram: true, overcommit: true,
  maxMapCount: true, pidMax: true, rlimits: true, layout: true, aslr: true, stdout: true, stderr: true, strace: true, tracers: true, notice: true,
  stdin: true, files: true, cwd: true,
};

export function refuseUnknownKeys(config: MachineConfig): void {
  const unknown = Object.keys(config).find((key) => !(key in CONFIG_KEYS));
  if (unknown !== undefined) {
    throw new ConfigError(`no key "${unknown}" in a machine's configuration; there are: ${list(Object.keys(CONFIG_KEYS))}`);
  }
}

export function resolveTarget(config: MachineConfig): Target {
  const name = config.arch ?? 'i386';
  const arch = findArch(name);
  if (arch === undefined) {
    throw new ConfigError(`no machine "${name}"; there are: ${list(archs.map((a) => a.name))}`);
  }
  const bits = (config.bits ?? arch.bits[0]!) as Bits;
  if (!arch.bits.includes(bits)) {
    throw new ConfigError(`${name} has no ${bits}-bit tasks; it has: ${list(arch.bits.map(String))}`);
  }
  const release = resolveRelease(config);
  const reason = whyNot(arch, bits, release);
  if (reason !== null) throw new ConfigError(reason);
  return laidOut(config, arch.at(nptlIsForced(config, release) ? { ...release, servesNptl: true } : release, bits));
}

/** Whether the kernel is given the calls that NPTL needs, and did not have them. */
function nptlIsForced(config: MachineConfig, release: Release): boolean {
  if (config.force !== true || release.servesNptl) return false;
  config.notice?.(`NPTL needs futex, ${lackOf(release, 'futex')}: --force gives it this and what else NPTL needs`);
  return true;
}

/** Why threads cannot be on the target's kernel, or null where they can. */
export function threadsLack(target: Target): string | null {
  if (callPresence(target.release, 'futex') !== 'not yet') return null;
  return `threads need futex, ${lackOf(target.release, 'futex')}`;
}

/** The layout asked for; without one bottom-up where an unlimited stack makes it so. Then what chance moves. */
function laidOut(config: MachineConfig, target: Target): Target {
  const layout = config.layout ?? 'default';
  if (layout !== 'default' && layout !== 'legacy') throw new ConfigError(`no layout "${layout}"; there are: default, legacy`);
  const byLimit = target.unlimitedStackIsLegacy && config.rlimits?.stack === Number.POSITIVE_INFINITY;
  const isLegacy = layout === 'legacy' || byLimit;
  if (isLegacy && searches.find((entry) => entry.search.name === config.search)?.search.direction === 'down') {
    throw new ConfigError(`search ${config.search} goes down from mmap_base, which a legacy layout does not have`);
  }
  const chosen = isLegacy ? { ...target, topDownBase: null, search: target.legacySearch } : target;
  const { aslr } = config;
  if (aslr === undefined) return chosen;
  if (!Number.isSafeInteger(aslr) || aslr < 0) throw new ConfigError(`--aslr ${aslr} is not a whole number from 0`);
  if (target.randomization === null) {
    const what = `${target.bits}-bit tasks of ${target.arch} under ${target.release.name}`;
    throw new ConfigError(
      `no randomisation is known for ${what}; it is for i386 and 64-bit tasks of x86_64 ` +
      'from 2.6.12-rc1 on, for 32-bit ones and sparc64 from 2.6.18 on, and for ia64 from 3.6 on',
    );
  }
  return randomized(chosen, aslr);
}

/** The record of the release asked for; without one 2.5.46, which is known of every machine. */
function resolveRelease(config: MachineConfig): Release {
  const kernel = config.kernel ?? DEFAULT_KERNEL;
  if (typeof kernel !== 'string') throw new ConfigError(`kernel ${String(kernel)} is not text, as '2.5.46' is`);
  const choice = findRelease(kernel);
  if (choice === undefined) {
    throw new ConfigError(`no kernel release "${kernel}"; there are: ${list(releases.map((r) => r.name))}`);
  }
  if (!choice.exact) config.notice?.(`kernel ${kernel} has no record of its own: ${choice.release.name} is used`);
  return choice.release;
}

export function resolveSearch(config: MachineConfig, target: Target): SearchName {
  if (config.search === undefined) return target.search;
  const found = searches.find((entry) => entry.search.name === config.search);
  if (found === undefined) {
    throw new ConfigError(`no search "${config.search}"; there are: ${list(searches.map((s) => s.search.name))}`);
  }
  return found.search.name;
}

export function resolveStacks(config: MachineConfig, target: Target): StackStrategy {
  const name = config.stacks ?? 'nptl';
  const strategy = stackStrategies.find((s) => s.name === name);
  if (strategy === undefined) {
    throw new ConfigError(`no stack strategy "${name}"; there are: ${list(stackStrategies.map((s) => s.name))}`);
  }
  const lack = stacksLack(strategy, target);
  if (lack !== null && config.force !== true) throw new ConfigError(`${lack}; --force gives it that call`);
  if (lack !== null) config.notice?.(`${lack}: --force gives it that call`);
  return strategy;
}

/** Why the target's kernel cannot serve a stack strategy, or null when it can. */
export function stacksLack(strategy: StackStrategy, target: Target): string | null {
  if (strategy.advice === 0 || target.release.rules.advice[strategy.advice] !== undefined) return null;
  return `stack strategy ${strategy.name} needs MADV_GUARD_INSTALL, which Linux ${target.release.name} does not have (6.13 is the first)`;
}

/** The kernel with the two calls of 6.13 that install and remove guard markers. */
export function withGuardAdvice(target: Target): Target {
  const { rules } = target.release;
  const advice = { ...rules.advice, [MADV_GUARD_INSTALL]: 'guard', [MADV_GUARD_REMOVE]: 'unguard' } as const;
  return { ...target, release: { ...target.release, rules: { ...rules, advice } } };
}

/** 2.3.3 below kernel 2.6.18, else 2.36. */
export function resolveNptl(config: MachineConfig, target: Target): '2.3.3' | '2.36' {
  const isOld = versionNumber(target.release.name) < versionNumber('2.6.18');
  const version = config.nptl ?? (isOld ? '2.3.3' : '2.36');
  if (version !== '2.3.3' && version !== '2.36') {
    throw new ConfigError(`no NPTL "${version}"; there are: 2.3.3, 2.36`);
  }
  const lack = version === '2.36' ? threadsLack(target) : null;
  if (lack !== null) throw new ConfigError(`NPTL 2.36: ${lack}; --force gives it what NPTL needs`);
  return version;
}

/** The seed of the run. */
export function resolveSeed({ seed = 1 }: MachineConfig): number {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new ConfigError(`seed ${String(seed)} is not a whole number from 0`);
  return seed;
}

/** The limits asked for, over the release's own; each a number of bytes, or for rtprio a priority. */
export function resolveRlimits({ rlimits = {} }: MachineConfig, standard: Rlimits): Rlimits {
  const { rtprio: _rtprio, ...limits } = rlimits;
  for (const [name, value] of Object.entries(rlimits)) {
    if (name !== 'rtprio' && !(name in standard)) {
      throw new ConfigError(`no limit "${name}"; there are: ${list([...Object.keys(standard), 'rtprio'])}`);
    }
    if (typeof value !== 'number' || !(value >= 0)) {
      throw new ConfigError(`limit ${name} ${String(value)} is not a number from 0 on, or Infinity`);
    }
  }
  return { ...standard, ...limits };
}

export function resolveSchedule(config: MachineConfig): Schedule | null {
  const name = config.schedule ?? 'rr';
  const schedule = findSchedule(name, config.seed ?? 1);
  if (schedule === undefined) {
    throw new ConfigError(
      `no schedule "${name}"; there are: ${list(scheduleNames)} (DEPTH a number from 1, CHOICES as --explore prints them)`,
    );
  }
  return schedule;
}

export function resolveRam(config: MachineConfig): number {
  const ram = config.ram ?? DEFAULT_RAM;
  if (ram > MAX_RAM) {
    throw new ConfigError(`--ram ${ram} is more than ${MAX_RAM} bytes (4 GiB less 64 KiB), the most a WebAssembly.Memory holds`);
  }
  if (!(ram >= 2 ** 20)) throw new ConfigError(`--ram ${ram} is less than 1 MiB`);
  return ram;
}

export function resolveOvercommit(config: MachineConfig): OvercommitMode {
  const mode = config.overcommit ?? 0;
  if (mode !== 0 && mode !== 1 && mode !== 2) throw new ConfigError(`no overcommit mode ${mode}; there are: 0, 1, 2`);
  return mode;
}

export function resolveCount(value: number | undefined, name: string, standard: number, least: number): number {
  if (value === undefined) return standard;
  if (!Number.isSafeInteger(value) || value < least || value > 2 ** 30) {
    throw new ConfigError(`--${name} ${value} is not a whole number from ${least} to ${2 ** 30}`);
  }
  return value;
}

/** Text and bytes as files in memory, writable, made anew. */
export function grantedFiles({ files = {} }: MachineConfig): Record<string, GrantedFile> {
  const granted: Record<string, GrantedFile> = {};
  for (const [path, file] of Object.entries(files)) {
    if (!path.startsWith('/')) throw new ConfigError(`files: "${path}" is not an absolute path`);
    if (typeof file === 'string') granted[path] = { access: 'rw', store: new MemoryStore(new TextEncoder().encode(file)) };
    else if (file instanceof Uint8Array) granted[path] = { access: 'rw', store: new MemoryStore(file) };
    else if (typeof file === 'object' && file !== null && 'store' in file) granted[path] = file;
    else throw new ConfigError(`files: "${path}" is neither text nor bytes`);
  }
  return granted;
}

export function tracersFor({ strace, tracers = [] }: MachineConfig): readonly Tracer[] {
  return strace ? [new Strace(strace), ...tracers] : tracers;
}
