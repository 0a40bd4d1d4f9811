/**
 * open, openat, creat, close, dup, dup2, dup3, fcntl. Linux 2.5.46, fs/open.c: sys_open(); fs/fcntl.c:
 * do_fcntl(). On a 64-bit machine a 64-bit task's files are large without asking.
 */
import { EBADF, EINVAL, EMFILE, ENOTDIR } from '../arch/generic/errno.js';
import {
  AT_FDCWD, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_ACCMODE, O_RDONLY, O_RDWR,
  O_WRONLY,
} from '../arch/generic/fcntl.js';
import { File, type OpenMode } from '../fs/file.js';
import { fileRules } from '../release/file_rules.js';
import { long, pathname } from './args.js';
import type { Kernel } from './kernel.js';

export function sysOpen(k: Kernel): number {
  return open(k, 0, k.lo(1));
}

export function sysCreat(k: Kernel): number {
  const { CREAT, TRUNC } = k.target.open;
  return open(k, 0, CREAT | TRUNC | O_WRONLY);
}

/** The 64-bit kernel's own open and creat, which add O_LARGEFILE, where the table of its 32-bit tasks has them. */
export function nativeOpen(k: Kernel): number {
  return open(k, 0, k.lo(1) | k.target.open.LARGEFILE);
}

export function nativeCreat(k: Kernel): number {
  const { CREAT, LARGEFILE, TRUNC } = k.target.open;
  return open(k, 0, CREAT | TRUNC | O_WRONLY | LARGEFILE);
}

export function sysOpenat(k: Kernel): number {
  return open(k, 1, k.lo(2), k.lo(0));
}

/** Opens the path at argument `i`. */
function open(k: Kernel, i: number, flags: number, dirfd = AT_FDCWD): number {
  const { target, fs, process } = k;
  const path = pathname(k, i);
  if (typeof path === 'number') return path;
  const from = baseOf(k, dirfd, path);
  if (typeof from === 'number') return from;
  if (process.files.isFull) return -EMFILE;
  const o = target.open;
  const mode = modeOf(k, flags);
  const found = fs.open(from, {
    readable: mode.readable,
    writable: mode.writable,
    create: (flags & o.CREAT) !== 0,
    exclusive: (flags & o.EXCL) !== 0,
    truncate: (flags & o.TRUNC) !== 0,
    directory: (flags & o.DIRECTORY) !== 0,
    noFollow: (flags & o.NOFOLLOW) !== 0,
  });
  if (typeof found === 'number') return found;
  if (!mode.large && found.inode.size() > MAX_NON_LFS) return -fileRules(target.release).tooLarge;
  return process.files.add(new File(found.path, found.inode, mode), (flags & o.CLOEXEC) !== 0);
}

/** Most bytes that a file opened without O_LARGEFILE may have. */
export const MAX_NON_LFS = 2 ** 31 - 1;

function modeOf(k: Kernel, flags: number): OpenMode {
  const access = flags & O_ACCMODE;
  const large = k.target.bits === 64 || (flags & k.target.open.LARGEFILE) !== 0;
  // 3 asks for both rights and opens for neither: only ioctl works on such a file.
  return {
    readable: access === O_RDONLY || access === O_RDWR,
    writable: access === O_WRONLY || access === O_RDWR,
    append: (flags & k.target.open.APPEND) !== 0,
    large,
    flags: large ? flags | k.target.open.LARGEFILE : flags,
  };
}

/** A path as seen from `dirfd`, or a negative errno. */
export function baseOf(k: Kernel, dirfd: number, path: string): string | number {
  if (path.startsWith('/') || dirfd === AT_FDCWD) return path;
  const base = k.process.files.get(dirfd);
  if (base === null) return -EBADF;
  const found = k.fs.lookup(`${base.path}/.`);
  return typeof found === 'number' ? -ENOTDIR : path === '' ? '' : `${base.path}/${path}`;
}

export function sysClose(k: Kernel): number {
  return k.process.files.close(k.lo(0));
}

export function sysDup(k: Kernel): number {
  return k.process.files.dup(k.lo(0));
}

export function sysDup2(k: Kernel): number {
  return k.process.files.dupTo(k.lo(0), k.lo(1));
}

/** dup3(2): EINVAL for the same descriptor, and for flags other than O_CLOEXEC. */
export function sysDup3(k: Kernel): number {
  const flags = k.lo(2);
  if ((flags & ~k.target.open.CLOEXEC) !== 0 || k.lo(0) === k.lo(1)) return -EINVAL;
  return k.process.files.dupTo(k.lo(0), k.lo(1), flags !== 0);
}

/** fcntl(2): F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL; other commands are EINVAL: there are no locks here. */
export function sysFcntl(k: Kernel): number {
  const { files } = k.process;
  const fd = k.lo(0);
  const file = files.get(fd);
  if (file === null) return -EBADF;
  switch (k.lo(1)) {
    case F_DUPFD:
      return files.dup(fd, long(k, 2));
    case F_DUPFD_CLOEXEC:
      return files.dup(fd, long(k, 2), true);
    case F_GETFD:
      return files.isCloseOnExec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      files.setCloseOnExec(fd, (k.lo(2) & FD_CLOEXEC) !== 0);
      return 0;
    case F_GETFL:
      return file.mode.flags & ~(k.target.open.CREAT | k.target.open.EXCL | k.target.open.TRUNC | k.target.open.CLOEXEC);
    case F_SETFL:
      file.setFlags(k.lo(2), k.target.open);
      return 0;
    default:
      return -EINVAL;
  }
}
