/** printf's formats: %d %i %u %x %X %o %c %s %p %f %e %g %%, with flags, width, precision; h l z ignored. */
import { Long } from '../lib/u64.js';

export type PrintfArg = number | bigint | string | Long | null | undefined;

const SPEC = /%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?(?:hh|h|ll|l|z|j|t)?([diuxXocspfeg%])/g;

/** The text of a printf call. A missing argument prints as 0 or (null), as memory might. */
export function formatPrintf(format: string, args: readonly PrintfArg[]): string {
  let next = 0;
  return format.replace(SPEC, (_all, flags: string, width: string, precision: string, kind: string) => {
    if (kind === '%') return '%';
    const minimum = width === '*' ? Number(args[next++]) : Number(width ?? 0);
    const digits = precision === '*' ? Number(args[next++]) : precision === undefined ? -1 : Number(precision);
    return pad(convert(kind, args[next++], digits, flags), flags, minimum, kind);
  });
}

function convert(kind: string, arg: PrintfArg, digits: number, flags: string): string {
  if (kind === 's') {
    const text = arg === null || arg === undefined ? '(null)' : String(arg);
    return digits >= 0 ? text.slice(0, digits) : text;
  }
  if (kind === 'c') return typeof arg === 'string' ? arg.slice(0, 1) : String.fromCharCode(Number(arg));
  if (kind === 'f' || kind === 'e' || kind === 'g') return float(kind, Number(arg ?? 0), digits < 0 ? 6 : digits);
  const value = toBig(arg);
  if (kind === 'p') return value === 0n ? '(nil)' : `0x${value.toString(16)}`;
  const signed = kind === 'd' || kind === 'i';
  const magnitude = signed ? (value < 0n ? -value : value) : unsigned(arg, value);
  const base = kind === 'x' || kind === 'X' ? 16 : kind === 'o' ? 8 : 10;
  const text = magnitude.toString(base).padStart(Math.max(digits, 0), '0');
  const sign = signed ? (value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') : '';
  const prefix = flags.includes('#') && base === 16 && value !== 0n ? '0x' : '';
  return sign + prefix + (kind === 'X' ? text.toUpperCase() : text);
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

function float(kind: string, value: number, digits: number): string {
  if (kind === 'f') return value.toFixed(digits);
  if (kind === 'e') return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
  return String(Number(value.toPrecision(Math.max(digits, 1))));
}

function pad(text: string, flags: string, width: number, kind: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || kind === 's' || kind === 'c') return text.padStart(width);
  const sign = /^[-+ ]/.test(text) ? text[0]! : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
