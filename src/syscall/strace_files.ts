/** strace's text of the calls on files and limits, as strace 6.1 prints them. */
import * as fcntl from '../arch/generic/fcntl.js';
import * as sched from '../arch/generic/sched.js';
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../fs/inode.js';
import { hex } from '../lib/u64.js';
import { copyFromUser, FAULT, load8, load32 } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';
import { type Args, bits, type Format, pointer, size } from './strace_words.js';

/** Longest string shown of a buffer, as strace's default, and of a path. */
export const STRSIZE = 32;
const PATH_MAX = 4096;

const ESCAPES: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' };

/** Bytes as strace quotes them: an octal escape has three digits where another digit follows. */
export function quoted(bytes: Uint8Array): string {
  let text = '"';
  bytes.forEach((byte, i) => {
    const next = bytes[i + 1] ?? 0;
    const octal = byte.toString(8);
    if (ESCAPES[byte] !== undefined) text += ESCAPES[byte];
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\${next >= 48 && next <= 57 ? octal.padStart(3, '0') : octal}`;
  });
  return `${text}"`;
}

/** `count` bytes at argument `i`, or its address where they cannot be read. */
export function buffer(k: Kernel, args: Args, i: number, count: number): string {
  return bytesAt(k, args.hi[i]!, args.lo[i]!, count) ?? pointer(args, i);
}

function bytesAt(k: Kernel, hi: number, lo: number, count: number): string | null {
  const bytes = new Uint8Array(Math.min(count, STRSIZE));
  if (copyFromUser(k.mm, bytes, hi, lo, bytes.length) < bytes.length) return null;
  return quoted(bytes) + (count > STRSIZE ? '...' : '');
}

/** The path at argument `i`, or its address. */
function path(k: Kernel, args: Args, i: number): string {
  const bytes: number[] = [];
  for (let at = 0; at < PATH_MAX; at++) {
    const low = (args.lo[i]! >>> 0) + at;
    const byte = load8(k.mm, args.hi[i]! + Math.floor(low / 2 ** 32), low | 0);
    if (byte === FAULT) return pointer(args, i);
    if (byte === 0) return quoted(Uint8Array.from(bytes));
    bytes.push(byte);
  }
  return `${quoted(Uint8Array.from(bytes.slice(0, STRSIZE)))}...`;
}

const fd = (args: Args, i = 0) => String(args.lo[i]!);
const dirfd = (args: Args) => (args.lo[0] === fcntl.AT_FDCWD ? 'AT_FDCWD' : fd(args));
/** C's %#x: zero is plain. */
const sharp = (value: number) => (value === 0 ? '0' : hex(0, value));
const octal = (value: number) => (value === 0 ? '0' : `0${value.toString(8)}`);
const ACCESS = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];

function openFlags(k: Kernel, flags: number): string {
  const names = Object.entries(k.target.open).map(([name, bit]) => [bit, `O_${name}`] as const);
  const rest = bits(flags & ~fcntl.O_ACCMODE, names, '');
  return `${ACCESS[flags & fcntl.O_ACCMODE]}${rest === '' ? '' : `|${rest}`}`;
}

/** The mode counts, and is shown, where a file may be made. */
function openArgs(k: Kernel, args: Args, i: number): string {
  const flags = args.lo[i + 1]!;
  const mode = (flags & k.target.open.CREAT) !== 0 ? `, ${octal(args.lo[i + 2]! & 0o7777)}` : '';
  return `${path(k, args, i)}, ${openFlags(k, flags)}${mode}`;
}

/** Of a buffer that the call fills: what it holds once the call has succeeded. */
const filled = (k: Kernel, args: Args, result: number | null) =>
  result !== null && result >= 0 ? buffer(k, args, 1, result) : pointer(args, 1);

const reads = (more: Format): Format => (k, args, result) =>
  `${fd(args)}, ${filled(k, args, result)}, ${size(args, 2)}${more(k, args, result)}`;
const writes = (more: Format): Format => (k, args, result) =>
  `${fd(args)}, ${buffer(k, args, 1, Number(size(args, 2)))}, ${size(args, 2)}${more(k, args, result)}`;
const nothing: Format = () => '';

/** A signed 64-bit offset: one word, or two of a 32-bit task. */
function offset(k: Kernel, args: Args, i: number): string {
  const { bits: width, bigEndian } = k.target;
  const [hi, lo] = width === 64 ? [args.hi[i]!, args.lo[i]!] : bigEndian ? [args.lo[i]!, args.lo[i + 1]!] : [args.lo[i + 1]!, args.lo[i]!];
  return String(hi * 2 ** 32 + (lo >>> 0));
}

const signed = (k: Kernel, args: Args, i: number) =>
  String(k.target.bits === 32 ? args.lo[i]! : args.hi[i]! * 2 ** 32 + (args.lo[i]! >>> 0));

const WHENCE = ['SEEK_SET', 'SEEK_CUR', 'SEEK_END', 'SEEK_DATA', 'SEEK_HOLE'];
const whence = (value: number) => WHENCE[value] ?? hex(0, value);

/** The position that _llseek stored. */
function llseekArgs(k: Kernel, args: Args, result: number | null): string {
  const words = [0, 4].map((at) => load32(k.mm, args.hi[3]!, (args.lo[3]! + at) | 0));
  const [high, low] = k.target.bigEndian ? words : words.reverse();
  const stored = result === 0 ? `[${high! * 2 ** 32 + (low! >>> 0)}]` : pointer(args, 3);
  return `${fd(args)}, ${args.lo[1]! * 2 ** 32 + (args.lo[2]! >>> 0)}, ${stored}, ${whence(args.lo[4]!)}`;
}

const KINDS: Readonly<Record<number, string>> = {
  [S_IFREG]: 'S_IFREG', [S_IFDIR]: 'S_IFDIR', [S_IFCHR]: 'S_IFCHR', [S_IFLNK]: 'S_IFLNK',
};

/** {st_mode=S_IFREG|0644, st_size=12, ...}; of a device st_rdev. */
function stat(k: Kernel, args: Args, i: number, wide: boolean, result: number | null): string {
  const layout = wide ? k.target.stat64 : k.target.stat;
  const bytes = new Uint8Array(layout.bytes);
  if (result !== 0 || copyFromUser(k.mm, bytes, args.hi[i]!, args.lo[i]!, bytes.length) < bytes.length) return pointer(args, i);
  const field = ([at, width]: readonly [number, number]) => {
    const part = [...bytes.subarray(at, at + width)];
    return (k.target.bigEndian ? part : part.reverse()).reduce((value, byte) => value * 256 + byte, 0);
  };
  const [mode, rdev] = [field(layout.mode), field(layout.rdev)];
  const kind = KINDS[mode & S_IFMT] ?? octal(mode & S_IFMT);
  const what = (mode & S_IFMT) === S_IFCHR
    ? `st_rdev=makedev(${sharp(rdev >>> 8)}, ${sharp(rdev & 255)})`
    : `st_size=${field(layout.size)}`;
  return `{st_mode=${kind}|${octal(mode & 0o7777).padStart(4, '0')}, ${what}, ...}`;
}

const byPath = (wide: boolean): Format => (k, args, result) => `${path(k, args, 0)}, ${stat(k, args, 1, wide, result)}`;
const byFd = (wide: boolean): Format => (k, args, result) => `${fd(args)}, ${stat(k, args, 1, wide, result)}`;

const AT_FLAGS = [
  [fcntl.AT_SYMLINK_NOFOLLOW, 'AT_SYMLINK_NOFOLLOW'], [fcntl.AT_NO_AUTOMOUNT, 'AT_NO_AUTOMOUNT'],
  [fcntl.AT_EMPTY_PATH, 'AT_EMPTY_PATH'],
] as const;
const atStat = (wide: boolean): Format => (k, args, result) =>
  `${dirfd(args)}, ${path(k, args, 1)}, ${stat(k, args, 2, wide, result)}, ${bits(args.lo[3]!, AT_FLAGS, '0')}`;

const COMMANDS = ['F_DUPFD', 'F_GETFD', 'F_SETFD', 'F_GETFL', 'F_SETFL'];

function fcntlArgs(k: Kernel, args: Args): string {
  const command = args.lo[1]!;
  const name = command === fcntl.F_DUPFD_CLOEXEC ? 'F_DUPFD_CLOEXEC' : (COMMANDS[command] ?? hex(0, command));
  if (command === fcntl.F_GETFD || command === fcntl.F_GETFL) return `${fd(args)}, ${name}`;
  const value = args.lo[2]!;
  if (command === fcntl.F_SETFD) return `${fd(args)}, ${name}, ${bits(value, [[1, 'FD_CLOEXEC']], '0')}`;
  return `${fd(args)}, ${name}, ${command === fcntl.F_SETFL ? openFlags(k, value) : value}`;
}

function iovecs(isRead: boolean): Format {
  return (k, args, result) => {
    const count = Math.min(args.lo[2]!, 16);
    const word = k.target.bits / 8;
    const read = (at: number) => {
      const words = [0, 4].map((by) => load32(k.mm, args.hi[1]!, (args.lo[1]! + at + by) | 0));
      if (words[0] === FAULT || (word === 8 && words[1] === FAULT)) return null;
      if (word === 4) return { hi: 0, lo: words[0]! };
      return k.target.bigEndian ? { hi: words[0]!, lo: words[1]! } : { hi: words[1]!, lo: words[0]! };
    };
    const shown: string[] = [];
    let left = isRead ? Math.max(result ?? 0, 0) : Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const [base, length] = [read(2 * i * word), read((2 * i + 1) * word)];
      if (base === null || length === null) return `${fd(args)}, ${pointer(args, 1)}, ${args.lo[2]}`;
      const bytes = (length.hi >>> 0) * 2 ** 32 + (length.lo >>> 0); // one that is refused is shown, too
      const text = bytesAt(k, base.hi, base.lo, Math.min(bytes, left)) ?? hex(base.hi, base.lo);
      left = Math.max(left - bytes, 0);
      const exact = (BigInt(length.hi >>> 0) << 32n) | BigInt(length.lo >>> 0);
      shown.push(`{iov_base=${text}, iov_len=${exact}}`);
    }
    return `${fd(args)}, [${shown.join(', ')}${args.lo[2]! > count ? ', ...' : ''}], ${args.lo[2]}`;
  };
}

const ACCESS_MODES = [[4, 'R_OK'], [2, 'W_OK'], [1, 'X_OK']] as const;
const accessMode = (mode: number) => bits(mode, ACCESS_MODES, 'F_OK');

const RESOURCES: Readonly<Record<number, string>> = {
  [sched.RLIMIT_DATA]: 'RLIMIT_DATA', [sched.RLIMIT_STACK]: 'RLIMIT_STACK', [sched.RLIMIT_NOFILE]: 'RLIMIT_NOFILE',
  [sched.RLIMIT_MEMLOCK]: 'RLIMIT_MEMLOCK', [sched.RLIMIT_AS]: 'RLIMIT_AS',
};

function resource(k: Kernel, number: number): string {
  const swapped = k.target.swappedRlimits;
  const generic = swapped?.includes(number) ? swapped.find((other) => other !== number)! : number;
  return RESOURCES[generic] ?? hex(0, number);
}

/** {rlim_cur=8192*1024, rlim_max=RLIM_INFINITY}, NULL, or an address. */
function rlimit(k: Kernel, args: Args, i: number, width: 4 | 8, isKnown: boolean): string {
  const bytes = new Uint8Array(2 * width);
  const got = isKnown ? copyFromUser(k.mm, bytes, args.hi[i]!, args.lo[i]!, bytes.length) : 0;
  if (got < bytes.length) return pointer(args, i);
  const view = new DataView(bytes.buffer);
  const [soft, hard] = [0, width].map((at) => {
    if (width === 4) return BigInt(view.getUint32(at, !k.target.bigEndian));
    return view.getBigUint64(at, !k.target.bigEndian);
  }) as [bigint, bigint];
  const [hi, lo] = width === 8 && k.target.bits === 32 ? [-1, -1] : k.target.rlimInfinity;
  const infinity = width === 4 ? BigInt(lo >>> 0) : (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  const text = (value: bigint) => {
    if (value === infinity) return width === 8 && k.target.bits === 32 ? 'RLIM64_INFINITY' : 'RLIM_INFINITY';
    return value > 1024n && value % 1024n === 0n ? `${value / 1024n}*1024` : String(value);
  };
  return `{rlim_cur=${text(soft)}, rlim_max=${text(hard)}}`;
}

function prlimitArgs(k: Kernel, args: Args, result: number | null): string {
  return `${args.lo[0]}, ${resource(k, args.lo[1]!)}, ${rlimit(k, args, 2, 8, true)}, ${rlimit(k, args, 3, 8, result === 0)}`;
}

function readlinkArgs(k: Kernel, args: Args, i: number, result: number | null): string {
  const text = result !== null && result > 0 ? buffer(k, args, i + 1, result) : pointer(args, i + 1);
  return `${path(k, args, i)}, ${text}, ${args.lo[i + 2]}`;
}

function unameArgs(k: Kernel, args: Args, result: number | null): string {
  const names = ['sysname', 'nodename'];
  if (result !== 0) return pointer(args, 0);
  const fields = names.map((name, i) => {
    const bytes = new Uint8Array(65);
    copyFromUser(k.mm, bytes, args.hi[0]!, (args.lo[0]! + 65 * i) | 0, bytes.length);
    return `${name}=${quoted(bytes.subarray(0, bytes.indexOf(0)))}`;
  });
  return `{${fields.join(', ')}, ...}`;
}

const truncates = (wide: boolean, first: (k: Kernel, args: Args) => string): Format => (k, args) =>
  `${first(k, args)}, ${wide ? offset(k, args, 1) : signed(k, args, 1)}`;

export const fileFormats: Readonly<Record<string, Format>> = {
  _llseek: llseekArgs,
  access: (k, args) => `${path(k, args, 0)}, ${accessMode(args.lo[1]!)}`,
  close: (_k, args) => fd(args),
  creat: (k, args) => `${path(k, args, 0)}, ${octal(args.lo[1]! & 0o7777)}`,
  dup: (_k, args) => fd(args),
  dup2: (_k, args) => `${fd(args)}, ${fd(args, 1)}`,
  dup3: (k, args) => `${fd(args)}, ${fd(args, 1)}, ${bits(args.lo[2]!, [[k.target.open.CLOEXEC, 'O_CLOEXEC']], '0')}`,
  faccessat: (k, args) => `${dirfd(args)}, ${path(k, args, 1)}, ${accessMode(args.lo[2]!)}`,
  fcntl: fcntlArgs,
  fcntl64: fcntlArgs,
  fdatasync: (_k, args) => fd(args),
  fstat: byFd(false),
  fstat64: byFd(true),
  fstatat64: atStat(true),
  fsync: (_k, args) => fd(args),
  ftruncate: truncates(false, (_k, args) => fd(args)),
  ftruncate64: truncates(true, (_k, args) => fd(args)),
  getcwd: (k, args, result) => `${result !== null && result > 0 ? buffer(k, args, 0, result - 1) : pointer(args, 0)}, ${size(args, 1)}`,
  getegid: nothing, getegid32: nothing, geteuid: nothing, geteuid32: nothing,
  getgid: nothing, getgid32: nothing, getuid: nothing, getuid32: nothing,
  lseek: (k, args) => `${fd(args)}, ${signed(k, args, 1)}, ${whence(args.lo[2]!)}`,
  lstat: byPath(false),
  lstat64: byPath(true),
  newfstatat: atStat(false),
  open: (k, args) => openArgs(k, args, 0),
  openat: (k, args) => `${dirfd(args)}, ${openArgs(k, args, 1)}`,
  pread64: reads((k, args) => `, ${offset(k, args, 3)}`),
  prlimit64: prlimitArgs,
  pwrite64: writes((k, args) => `, ${offset(k, args, 3)}`),
  read: reads(nothing),
  readlink: (k, args, result) => readlinkArgs(k, args, 0, result),
  readlinkat: (k, args, result) => `${dirfd(args)}, ${readlinkArgs(k, args, 1, result)}`,
  readv: iovecs(true),
  setrlimit: (k, args) => `${resource(k, args.lo[0]!)}, ${rlimit(k, args, 1, k.target.bits === 32 ? 4 : 8, true)}`,
  stat: byPath(false),
  stat64: byPath(true),
  truncate: truncates(false, (k, args) => path(k, args, 0)),
  truncate64: truncates(true, (k, args) => path(k, args, 0)),
  umask: (_k, args) => octal(args.lo[0]! & 0o7777),
  uname: unameArgs,
  write: writes(nothing),
  writev: iovecs(false),
};
