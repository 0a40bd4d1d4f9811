/**
 * Inode: what a name stands for, an open file's other half. A regular file, a device, a directory or a file
 * of /proc is one each, in files of their own beside this one.
 */
import type { AddressSpace } from '../mm/address_space.js';

/** S_IF* of st_mode, the same on every machine: include/linux/stat.h. */
export const S_IFMT = 0o170000;
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFLNK = 0o120000;

export const MAY_READ = 4;
export const MAY_WRITE = 2;
export const MAY_EXEC = 1;

/** A device number. */
export interface Device {
  readonly major: number;
  readonly minor: number;
}

/** What an open file keeps for its inode between reads. */
export interface Reader {
  /** Text that was produced and not read yet. */
  pending: Uint8Array;
  /** The position that it begins at. */
  pendingAt: number;
}

export interface Inode {
  /** S_IF* and permissions. */
  readonly mode: number;
  /** User who owns it, and group. */
  readonly uid: number;
  /** Where it lies, and its number there. */
  readonly device: Device;
  readonly ino: number;
  /** Which device it is; 0:0 for what is none. */
  readonly rdev: Device;
  /** i_size, bytes. */
  size(): number;
  /** Where lseek may go: anywhere, nowhere (ESPIPE), or it always stays at 0 (null_lseek). */
  readonly seeks: 'anywhere' | 'nowhere' | 'stays';
  /** Up to `count` bytes at `at`, none at the end; a negative errno, or null where it cannot be read (EINVAL). */
  readonly read: ((at: number, count: number, reader: Reader) => Uint8Array | number) | null;
  /** How many bytes it took, or a negative errno; null where it cannot be written (EINVAL). */
  readonly write: ((at: number, bytes: Uint8Array) => number) | null;
  /** A read gets what there is at once and no more. */
  readonly producesText: boolean;
  /** Takes any number of bytes without looking at them (/dev/null). */
  readonly discards: boolean;
  /** Sets i_size; 0 or a negative errno. Null for what is no regular file. */
  readonly truncate: ((size: number) => number) | null;
  /** Its pages; null for what has none. */
  readonly mapping: AddressSpace | null;
  /** False without an mmap operation: ENODEV. */
  readonly mappable: boolean;
  /** A program that runs: opening it for writing is ETXTBSY. */
  readonly isRunning: boolean;
}

/** What most inodes are: a thing of root's without contents. */
export const plainInode: Omit<Inode, 'mode' | 'device' | 'ino'> = {
  uid: 0,
  rdev: { major: 0, minor: 0 },
  size: () => 0,
  seeks: 'anywhere',
  read: null,
  write: null,
  producesText: false,
  discards: false,
  truncate: null,
  mapping: null,
  mappable: false,
  isRunning: false,
};

/** The user that programs run as: nobody special. */
export const USER = 1000;

/** permission(): 0, or -1 when `wanted` (MAY_*) is not granted to USER. */
export function mayAccess(inode: Inode, wanted: number): boolean {
  const rights = inode.uid === USER ? inode.mode >> 6 : inode.mode;
  return (rights & wanted) === wanted;
}
