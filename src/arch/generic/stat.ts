/**
 * struct stat as each call of each machine lays it out: bytes of the whole, and [offset, bytes] of each field.
 * Linux asm-{i386,sparc64,ia64,x86_64}/stat.h (2.6.18, unchanged in 6.1), asm-sparc64/compat.h for 32-bit tasks.
 * Times are [seconds at, nanoseconds at or -1], of `timeBytes` bytes each.
 */

export interface StatLayout {
  readonly bytes: number;
  readonly dev: Field;
  readonly ino: Field;
  readonly mode: Field;
  readonly nlink: Field;
  readonly uid: Field;
  readonly gid: Field;
  readonly rdev: Field;
  readonly size: Field;
  readonly blksize: Field;
  readonly blocks: Field;
  readonly atime: readonly [number, number];
  readonly mtime: readonly [number, number];
  readonly ctime: readonly [number, number];
  readonly timeBytes: 4 | 8;
  /** A second place for the low half of the inode number (i386 stat64), or -1. */
  readonly oldInoAt: number;
}

type Field = readonly [offset: number, bytes: 2 | 4 | 8];

export const i386Stat: StatLayout = {
  bytes: 64, dev: [0, 4], ino: [4, 4], mode: [8, 2], nlink: [10, 2], uid: [12, 2], gid: [14, 2], rdev: [16, 4],
  size: [20, 4], blksize: [24, 4], blocks: [28, 4], atime: [32, 36], mtime: [40, 44], ctime: [48, 52], timeBytes: 4,
  oldInoAt: -1,
};

export const i386Stat64: StatLayout = {
  bytes: 96, dev: [0, 8], ino: [88, 8], mode: [16, 4], nlink: [20, 4], uid: [24, 4], gid: [28, 4], rdev: [32, 8],
  size: [44, 8], blksize: [52, 4], blocks: [56, 8], atime: [64, 68], mtime: [72, 76], ctime: [80, 84], timeBytes: 4,
  oldInoAt: 12,
};

export const sparc64Stat: StatLayout = {
  bytes: 104, dev: [0, 4], ino: [8, 8], mode: [16, 4], nlink: [20, 2], uid: [24, 4], gid: [28, 4], rdev: [32, 4],
  size: [40, 8], blksize: [72, 8], blocks: [80, 8], atime: [48, -1], mtime: [56, -1], ctime: [64, -1], timeBytes: 8,
  oldInoAt: -1,
};

/** sparc64's stat64 and x86_64's stat. */
export const sparc64Stat64: StatLayout = {
  bytes: 144, dev: [0, 8], ino: [8, 8], mode: [24, 4], nlink: [16, 8], uid: [28, 4], gid: [32, 4], rdev: [40, 8],
  size: [48, 8], blksize: [56, 8], blocks: [64, 8], atime: [72, 80], mtime: [88, 96], ctime: [104, 112], timeBytes: 8,
  oldInoAt: -1,
};

export const ia64Stat: StatLayout = {
  bytes: 144, dev: [0, 8], ino: [8, 8], mode: [24, 4], nlink: [16, 8], uid: [28, 4], gid: [32, 4], rdev: [40, 8],
  size: [48, 8], blksize: [104, 8], blocks: [112, 8], atime: [56, 64], mtime: [72, 80], ctime: [88, 96], timeBytes: 8,
  oldInoAt: -1,
};

export const sparc32Stat: StatLayout = {
  bytes: 64, dev: [0, 2], ino: [4, 4], mode: [8, 2], nlink: [10, 2], uid: [12, 2], gid: [14, 2], rdev: [16, 2],
  size: [20, 4], blksize: [48, 4], blocks: [52, 4], atime: [24, 28], mtime: [32, 36], ctime: [40, 44], timeBytes: 4,
  oldInoAt: -1,
};

export const sparc32Stat64: StatLayout = {
  bytes: 104, dev: [0, 8], ino: [8, 8], mode: [16, 4], nlink: [20, 4], uid: [24, 4], gid: [28, 4], rdev: [32, 8],
  size: [48, 8], blksize: [56, 4], blocks: [68, 4], atime: [72, 76], mtime: [80, 84], ctime: [88, 92], timeBytes: 4,
  oldInoAt: -1,
};
