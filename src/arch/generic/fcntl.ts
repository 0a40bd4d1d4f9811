/** O_* and F_* values, asm-generic/fcntl.h; sparc has its own (asm-sparc64/fcntl.h), see src/arch/sparc64. */

export interface OpenFlags {
  readonly CREAT: number;
  readonly EXCL: number;
  readonly NOCTTY: number;
  readonly TRUNC: number;
  readonly APPEND: number;
  readonly NONBLOCK: number;
  readonly DSYNC: number;
  readonly ASYNC: number;
  readonly DIRECT: number;
  readonly LARGEFILE: number;
  readonly DIRECTORY: number;
  readonly NOFOLLOW: number;
  readonly NOATIME: number;
  readonly CLOEXEC: number;
}

export const O_ACCMODE = 3;
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;

export const genericOpenFlags: OpenFlags = {
  CREAT: 0x40,
  EXCL: 0x80,
  NOCTTY: 0x100,
  TRUNC: 0x200,
  APPEND: 0x400,
  NONBLOCK: 0x800,
  DSYNC: 0x1000,
  ASYNC: 0x2000,
  DIRECT: 0x4000,
  LARGEFILE: 0x8000,
  DIRECTORY: 0x10000,
  NOFOLLOW: 0x20000,
  NOATIME: 0x40000,
  CLOEXEC: 0x80000,
};

export const sparcOpenFlags: OpenFlags = {
  CREAT: 0x200,
  EXCL: 0x800,
  NOCTTY: 0x8000,
  TRUNC: 0x400,
  APPEND: 0x8,
  NONBLOCK: 0x4000,
  DSYNC: 0x2000,
  ASYNC: 0x40,
  DIRECT: 0x100000,
  LARGEFILE: 0x40000,
  DIRECTORY: 0x10000,
  NOFOLLOW: 0x20000,
  NOATIME: 0x200000,
  CLOEXEC: 0x400000,
};

export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;
export const FD_CLOEXEC = 1;

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** Instead of a descriptor in the calls that take one for a directory: the current one. */
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
export const AT_STATX_SYNC_TYPE = 0x6000;
