/** printf's formats: %d %i %u %x %X %o %c %s %p %f %e %g %%, with flags, width, precision; h l z ignored. */
import { Long } from '../lib/u64.js';
import { ProgramError } from './sys.js';

export type PrintfArg = number | bigint | string | Long | null | undefined;

const SPEC = /%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?(?:hh|h|ll|l|z|j|t)?([diuxXocspfeg%])/g;

/** The text of a printf call. A missing argument prints as 0 or (null), as memory might. */
export function formatPrintf(format: string, args: readonly PrintfArg[]): string {
  for (let i = 0; i < args.length; i++) checkArg(args[i], i);
  let next = 0;
  return format.replace(SPEC, (_all, flags: string, width: string, precision: string, kind: string) => {
    if (kind === '%') return '%';
    const minimum = width === '*' ? Number(args[next++]) : Number(width ?? 0);
    const digits = precision === '*' ? Number(args[next++]) : precision === undefined ? -1 : Number(precision);
    // A precision sets the digits of an integer, and zeros do not fill the rest.
    const fill = digits >= 0 && 'diuxXo'.includes(kind) ? flags.replaceAll('0', '') : flags;
    return pad(convert(kind, args[next++], digits, flags), fill, minimum, kind);
  });
}

/** A call that was not given `yield*` would print as 0, in silence. */
function checkArg(arg: unknown, i: number): void {
  if (typeof arg !== 'object' || arg === null || arg instanceof Long) return;
  const isCall = Symbol.iterator in arg && !Array.isArray(arg);
  const what = isCall ? 'a call that was made without yield*' : 'an object';
  throw new ProgramError(`printf: argument ${i + 1} after the format is ${what}, not a number or a string`);
}

function convert(kind: string, arg: PrintfArg, digits: number, flags: string): string {
  if (kind === 's') {
    const text = arg === null || arg === undefined ? '(null)' : String(arg);
    return digits >= 0 ? text.slice(0, digits) : text;
  }
  if (kind === 'c') return typeof arg === 'string' ? arg.slice(0, 1) : String.fromCharCode(Number(arg));
  if (kind === 'f' || kind === 'e' || kind === 'g') {
    const value = Number(arg ?? 0);
    return (value >= 0 ? plus(flags) : '') + float(kind, value, digits < 0 ? 6 : digits);
  }
  const value = toBig(arg);
  if (kind === 'p') return value === 0n ? '(nil)' : `0x${unsigned(arg, value).toString(16)}`;
  const signed = kind === 'd' || kind === 'i';
  const magnitude = signed ? (value < 0n ? -value : value) : unsigned(arg, value);
  const base = kind === 'x' || kind === 'X' ? 16 : kind === 'o' ? 8 : 10;
  const text = magnitude.toString(base).padStart(Math.max(digits, 0), '0');
  const sign = signed ? (value < 0n ? '-' : plus(flags)) : '';
  const prefix = !flags.includes('#') || value === 0n ? '' : base === 16 ? '0x' : base === 8 ? '0' : '';
  return sign + (kind === 'X' ? (prefix + text).toUpperCase() : prefix + text);
}

function toBig(arg: PrintfArg): bigint {
  if (typeof arg === 'bigint') return arg;
  if (arg instanceof Long) return BigInt(arg.toString());
  const value = Number(arg ?? 0);
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

/** A negative number printed as unsigned is an int's or a long's two's complement. */
function unsigned(arg: PrintfArg, value: bigint): bigint {
  if (value >= 0n) return value;
  return BigInt.asUintN(typeof arg === 'number' ? 32 : 64, value);
}

/** What stands before a number that is not negative. */
function plus(flags: string): string {
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function float(kind: string, value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  if (kind === 'f') return value.toFixed(digits);
  if (kind === 'e') return exponential(value, digits);
  // %g: significant digits, an exponent where it is below -4 or not below them, and no zeros at the end.
  const precision = Math.max(digits, 1);
  const exponent = Number(value.toExponential(precision - 1).split('e')[1]);
  if (exponent < -4 || exponent >= precision) {
    return exponential(value, precision - 1).replace(/\.?0*e/, 'e');
  }
  const text = value.toFixed(precision - 1 - exponent);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** At least two digits of exponent. */
function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
}

function pad(text: string, flags: string, width: number, kind: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || kind === 's' || kind === 'c') return text.padStart(width);
  const sign = /^(?:[-+ ]|0[xX])/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
