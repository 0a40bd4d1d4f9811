/*
 * Values of flags: text in, value out, or a UsageError that says what would have been right.
 * Names of machines, releases and searches are not judged here: Machine does that.
 */
import type { MachineRlimits } from '../machine.js';
import { UsageError } from './errors.js';

/** Threads of a benchmark's warm-up: after them the JavaScript engine has compiled nearly all that a run needs. */
export const DEFAULT_WARMUP = 5000;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const RLIMITS: readonly (keyof MachineRlimits)[] = ['stack', 'data', 'as', 'memlock', 'rtprio'];
/** The first pid is 1000, which machine.ts says too. */
export const LEAST_PID_MAX = 1001;
const MOST_RTPRIO = 99;
const MOST_SECONDS = 1_000_000;

/** A whole number in `least`..`most`. */
export function wholeNumber(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(`${flag} ${quoted(text)} is not a whole number from ${least} to ${most}`);
  };
}

/** The same, several separated by commas. */
export function wholeNumbers(flag: string, least: number, most: number): (text: string) => number[] {
  const one = wholeNumber(flag, least, most);
  return (text) => text.split(',').map(one);
}

/** Bytes in decimal; k, m and g are powers of 1024. */
export function bytes(flag: string): (text: string) => number {
  return (text) => {
    const [, digits, unit] = /^(\d{1,15})([kmg]?)$/i.exec(text) ?? [];
    const value = Number(digits) * UNITS[(unit ?? '').toLowerCase()]!;
    if (Number.isSafeInteger(value)) return value;
    throw new UsageError(`${flag} ${quoted(text)} is not a number of bytes (digits, and k, m or g for powers of 1024)`);
  };
}

export function nameList(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

export function wordSize(text: string): 32 | 64 {
  if (text === '32') return 32;
  if (text === '64') return 64;
  throw new UsageError(`no word size ${quoted(text)}; there are: 32, 64`);
}

export function wordSizes(text: string): (32 | 64)[] {
  return nameList(text).map(wordSize);
}

/** One `--rlimit NAME=BYTES|unlimited`, added to those before it. */
export function rlimit(text: string, before: MachineRlimits = {}): MachineRlimits {
  const [name, value, ...more] = text.split('=');
  if (value === undefined || more.length > 0) {
    throw new UsageError(`--rlimit ${quoted(text)} is not NAME=BYTES or NAME=unlimited; names are: ${RLIMITS.join(', ')}`);
  }
  if (!(RLIMITS as readonly string[]).includes(name!)) {
    throw new UsageError(`no limit ${quoted(name!)}; there are: ${RLIMITS.join(', ')}`);
  }
  if (name === 'rtprio') return { ...before, rtprio: wholeNumber('--rlimit rtprio', 0, MOST_RTPRIO)(value) };
  const limit = value === 'unlimited' ? Number.POSITIVE_INFINITY : bytes(`--rlimit ${name}`)(value);
  return { ...before, [name!]: limit };
}

/** Seconds of this computer's time. */
export function seconds(flag: string): (text: string) => number {
  return (text) => {
    const value = /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
    if (value > 0 && value <= MOST_SECONDS) return value;
    throw new UsageError(`${flag} ${quoted(text)} is not a number of seconds above 0 and up to ${MOST_SECONDS}`);
  };
}

/** Names that the caller knows, one of which it must be. */
export function oneOf(what: string, known: readonly string[]): (text: string) => string {
  return (text) => {
    if (known.includes(text)) return text;
    throw new UsageError(`no ${what} ${quoted(text)}; there are: ${known.join(', ')}`);
  };
}

function quoted(text: string): string {
  return `"${text}"`;
}
