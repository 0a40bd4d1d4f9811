/**
 * The kernel that runs this process, called through koffi: raw system calls, and the lines of
 * /proc/self/maps. What is not Linux on x86_64, or has no koffi, is answered with the reason.
 */
import { existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { arch, platform, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { x8664Syscalls } from '../../src/arch/x86_64/syscallent.js';
import { releases, versionNumber } from '../../src/release/index.js';

type Word = number | bigint;
type Syscall = (nr: number, ...args: Word[]) => number;

/** One line of /proc/PID/maps. */
export interface MapsLine {
  readonly start: string;
  readonly end: string;
  readonly perms: string;
  readonly offset: string;
  readonly device: string;
  readonly inode: string;
  readonly name: string;
}

/** What of this machine and this process decides how a call answers. */
export interface Facts {
  readonly kernel: string;
  /** /proc/cpuinfo's flags. */
  readonly cpu: ReadonlySet<string>;
  readonly hasHugePages: boolean;
  /** shmem_enabled is neither "never" nor "deny". */
  readonly sharesHugePages: boolean;
  /** CONFIG_KSM. */
  readonly mergesPages: boolean;
  /** CAP_IPC_LOCK. */
  readonly canLock: boolean;
  /** Soft limits in bytes. */
  readonly memlock: number;
  readonly stack: number;
}

export interface Host {
  readonly facts: Facts;
  /** The result of a system call, errno negated, all as the kernel returns it. */
  call(name: string, ...args: Word[]): number;
  /** Stores a word as a system call does; returns 0 or a negative errno. */
  store32(address: bigint, word: number): number;
  /** `count` bytes of memory that can be read. */
  bytes(address: bigint, count: number): Uint8Array;
  /** The word at an address, or null if a system call cannot read it. */
  load32(address: bigint): number | null;
  /** VmLck of this process: pages that are locked. */
  lockedPages(): number;
  /** /proc/self/maps up to `end`. */
  mapsBelow(end: bigint): MapsLine[];
}

export function parseMapsLine(text: string): MapsLine {
  const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) (\S+) (\d+)\s*(.*)$/.exec(text);
  if (match === null) throw new Error(`not a line of /proc/PID/maps: ${text}`);
  const [, start, end, perms, offset, device, inode, name] = match as unknown as string[];
  return { start, end, perms, offset, device, inode, name } as MapsLine;
}

/** The newest record's name: what the host is compared with. */
export const newest = releases[releases.length - 1]!.name;

/** "6.18.44-something" as 6.18.44. */
export function hostVersion(): string {
  return /^\d+(\.\d+){1,2}/.exec(release())?.[0] ?? '';
}

function limitOf(name: string): number {
  const line = readFileSync('/proc/self/limits', 'latin1').split('\n').find((text) => text.startsWith(name)) ?? '';
  const soft = line.slice(name.length).trim().split(/\s+/)[0];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** Why nothing can be compared here, or null. */
function hindrance(): string | null {
  if (platform() !== 'linux' || arch() !== 'x64') return `this is ${platform()} ${arch()}, not Linux on x86_64`;
  if (!(versionNumber(hostVersion()) >= versionNumber(newest))) {
    return `this kernel, ${release()}, is older than the newest record, ${newest}`;
  }
  if (limitOf('Max address space') !== Number.POSITIVE_INFINITY) return 'RLIMIT_AS is set';
  if (limitOf('Max data size') !== Number.POSITIVE_INFINITY) return 'RLIMIT_DATA is set';
  const overcommit = readFileSync('/proc/sys/vm/overcommit_memory', 'latin1').trim();
  return overcommit === '2' ? 'this system refuses to overcommit memory (vm.overcommit_memory is 2)' : null;
}

const HUGE_PAGES = '/sys/kernel/mm/transparent_hugepage';

function readFacts(): Facts {
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[1] ?? '';
  const status = readFileSync('/proc/self/status', 'latin1');
  const CAP_IPC_LOCK = 1n << 14n;
  const capabilities = BigInt(`0x${/^CapEff:\s*(\S+)$/m.exec(status)?.[1] ?? '0'}`);
  return {
    kernel: release(),
    cpu: new Set(flags.trim().split(' ')),
    hasHugePages: existsSync(`${HUGE_PAGES}/enabled`),
    sharesHugePages: existsSync(`${HUGE_PAGES}/shmem_enabled`) &&
      !/\[(never|deny)\]/.test(readFileSync(`${HUGE_PAGES}/shmem_enabled`, 'latin1')),
    mergesPages: existsSync('/sys/kernel/mm/ksm'),
    canLock: (capabilities & CAP_IPC_LOCK) !== 0n,
    memlock: limitOf('Max locked memory'),
    stack: limitOf('Max stack size'),
  };
}

/** The host, or why there is none. */
export async function openHost(): Promise<Host | string> {
  const reason = hindrance();
  if (reason !== null) return reason;
  let syscall: Syscall;
  let errno: () => number;
  try {
    const { default: koffi } = await import('koffi');
    const words = Array<string>(6).fill('uint64');
    syscall = koffi.load('libc.so.6').func('syscall', 'int64', ['int64', ...words]) as Syscall;
    errno = () => koffi.errno();
  } catch (error) {
    return `koffi cannot be used: ${(error as Error).message}`;
  }
  const maps = openSync('/proc/self/maps', 'r');
  const file = scratchFile();
  const word = new Int32Array(1);
  const call = (name: string, ...args: Word[]): number => {
    const result = syscall(x8664Syscalls[name]!, ...args, ...Array<number>(6 - args.length).fill(0));
    return result === -1 ? -errno() : result;
  };
  return {
    facts: readFacts(),
    call,
    store32(address, value) {
      word[0] = value;
      writeSync(file, word, 0, 4, 0);
      return Math.min(call('pread64', file, address, 4, 0), 0);
    },
    bytes(address, count) {
      call('pwrite64', file, address, count, 0);
      const bytes = new Uint8Array(count);
      readSync(file, bytes, 0, count, 0);
      return bytes;
    },
    load32(address) {
      const written = call('pwrite64', file, address, 4, 0);
      if (written < 0) return null;
      readSync(file, word, 0, 4, 0);
      return word[0]!;
    },
    lockedPages: () => Number(/^VmLck:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? 0) / 4,
    mapsBelow: (end) => readMaps(maps, end),
  };
}

/** A file without a name: a word goes to memory, or comes from it, by a read or write of the kernel's. */
function scratchFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'guardpage-host-'));
  const file = openSync(join(folder, 'word'), 'w+');
  rmSync(folder, { recursive: true });
  return file;
}

const buffer = Buffer.alloc(65536);

/** Reads no further than needed: one read gives about a page of whole lines. */
function readMaps(fd: number, end: bigint): MapsLine[] {
  const lines: MapsLine[] = [];
  let rest = '';
  for (let position = 0; ; ) {
    const count = readSync(fd, buffer, 0, buffer.length, position);
    if (count === 0) return lines;
    position += count;
    const texts = (rest + buffer.toString('latin1', 0, count)).split('\n');
    rest = texts.pop()!;
    for (const text of texts) {
      if (BigInt(`0x${text.slice(0, text.indexOf('-'))}`) >= end) return lines;
      lines.push(parseMapsLine(text));
    }
  }
}
