/**
 * File: an open file, the kernel's struct file. Descriptors that dup and fork made share it, its position
 * and all.
 */
import type { OpenFlags } from '../arch/generic/fcntl.js';
import type { OpenFile } from '../mm/requests.js';
import type { Inode } from './inode.js';

/** O_* of one open, without the machine's numbering. */
export interface OpenMode {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly append: boolean;
  /** O_LARGEFILE, or a 64-bit task: it may go beyond 2 GiB. */
  readonly large: boolean;
  /** As the program gave them, for F_GETFL. */
  readonly flags: number;
}

/** The modes of standard input, and of standard output and error. */
export const READ_ONLY: OpenMode = { readable: true, writable: false, append: false, large: false, flags: 0 };
export const READ_WRITE: OpenMode = { readable: true, writable: true, append: false, large: false, flags: 2 };

const NOTHING = new Uint8Array(0);

export class File {
  readonly path: string;
  readonly inode: Inode;
  mode: OpenMode;
  /** f_pos, bytes. */
  pos = 0;
  /** What mmap needs to know of it. */
  readonly open: OpenFile;
  /** Text of a /proc file that was produced and not read yet. */
  pending: Uint8Array = NOTHING;
  pendingAt = 0;

  constructor(path: string, inode: Inode, mode: OpenMode) {
    this.path = path;
    this.inode = inode;
    this.mode = mode;
    const { major, minor } = inode.device;
    this.open = {
      mapped: { path, major, minor, inode: inode.ino, mapping: inode.mapping, isZero: inode.mappable && inode.mapping === null },
      readable: mode.readable,
      writable: mode.writable,
      mappable: inode.mappable,
    };
  }

  /** F_SETFL: O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT and O_NOATIME may change. */
  setFlags(flags: number, o: OpenFlags): void {
    const mask = o.APPEND | o.NONBLOCK | o.ASYNC | o.DIRECT | o.NOATIME;
    const now = (this.mode.flags & ~mask) | (flags & mask);
    this.mode = { ...this.mode, append: (now & o.APPEND) !== 0, flags: now };
  }
}
