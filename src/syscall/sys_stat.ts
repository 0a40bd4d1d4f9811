/**
 * stat and its relatives, access, readlink, getcwd. Linux 2.5.46, fs/stat.c, fs/open.c: sys_access(); fs/dcache.c:
 * sys_getcwd(). Every time of a file is the moment when the machine was started.
 */
import { EACCES, EBADF, EFAULT, EINVAL, ENOENT, EOVERFLOW, ERANGE, EROFS } from '../arch/generic/errno.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_NO_AUTOMOUNT, AT_STATX_SYNC_TYPE, AT_SYMLINK_NOFOLLOW } from '../arch/generic/fcntl.js';
import type { StatLayout } from '../arch/generic/stat.js';
import { type Device, type Inode, MAY_WRITE, mayAccess, S_IFDIR, S_IFMT } from '../fs/inode.js';
import { copyToUser } from '../mm/uaccess.js';
import { fileRules } from '../release/file_rules.js';
import { EPOCH_NS } from '../task/clock.js';
import { pathname, unsignedLong } from './args.js';
import type { Kernel } from './kernel.js';
import { baseOf } from './sys_open.js';

const BLOCK = 512;
const BLKSIZE = 4096;
const START_SECONDS = EPOCH_NS / 1e9;

export const sysStat = (k: Kernel) => byPath(k, 0, AT_FDCWD, 0, 1, k.target.stat);
export const sysLstat = (k: Kernel) => byPath(k, 0, AT_FDCWD, AT_SYMLINK_NOFOLLOW, 1, k.target.stat);
export const sysFstat = (k: Kernel) => byFd(k, 1, k.target.stat);
export const sysStat64 = (k: Kernel) => byPath(k, 0, AT_FDCWD, 0, 1, k.target.stat64);
export const sysLstat64 = (k: Kernel) => byPath(k, 0, AT_FDCWD, AT_SYMLINK_NOFOLLOW, 1, k.target.stat64);
export const sysFstat64 = (k: Kernel) => byFd(k, 1, k.target.stat64);
export const sysFstatat64 = (k: Kernel) => at(k, k.target.stat64);
export const sysNewfstatat = (k: Kernel) => at(k, k.target.stat);

function at(k: Kernel, layout: StatLayout): number {
  const flags = k.lo(3);
  const sync = fileRules(k.target.release).statTakesSyncFlags ? AT_STATX_SYNC_TYPE : 0;
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | sync)) !== 0) return -EINVAL;
  return byPath(k, 1, k.lo(0), flags, 2, layout);
}

function byPath(k: Kernel, i: number, dirfd: number, flags: number, buffer: number, layout: StatLayout): number {
  const path = pathname(k, i);
  if (typeof path === 'number') return path;
  if (path === '' && (flags & AT_EMPTY_PATH) !== 0) {
    return dirfd === AT_FDCWD ? store(k, buffer, layout, '/') : byFd(k, buffer, layout);
  }
  const from = baseOf(k, dirfd, path);
  return typeof from === 'number' ? from : store(k, buffer, layout, from, (flags & AT_SYMLINK_NOFOLLOW) === 0);
}

function store(k: Kernel, buffer: number, layout: StatLayout, path: string, follows = true): number {
  const found = k.fs.lookup(path, follows);
  return typeof found === 'number' ? found : copyStat(k, buffer, layout, found.inode);
}

function byFd(k: Kernel, buffer: number, layout: StatLayout): number {
  const file = k.process.files.get(k.lo(0));
  return file === null ? -EBADF : copyStat(k, buffer, layout, file.inode);
}

/** old_encode_dev(), which holds all numbers here. */
function encoded({ major, minor }: Device): number {
  return major * 256 + minor;
}

function copyStat(k: Kernel, buffer: number, layout: StatLayout, inode: Inode): number {
  const bytes = new Uint8Array(layout.bytes);
  const view = new DataView(bytes.buffer);
  const little = !k.target.bigEndian;
  const put = ([at, width]: readonly [number, number], value: number) => {
    if (width === 2) view.setUint16(at, value, little);
    else if (width === 4) view.setUint32(at, value, little);
    else view.setBigUint64(at, BigInt(value), little);
  };
  const size = inode.size();
  if (layout.size[1] === 4 && size >= 2 ** 31) return -EOVERFLOW;
  put(layout.dev, encoded(inode.device));
  put(layout.ino, inode.ino);
  if (layout.oldInoAt >= 0) put([layout.oldInoAt, 4], inode.ino);
  put(layout.mode, inode.mode);
  put(layout.nlink, (inode.mode & S_IFMT) === S_IFDIR ? 2 : 1);
  put(layout.uid, inode.uid);
  put(layout.gid, inode.uid);
  put(layout.rdev, encoded(inode.rdev));
  put(layout.size, size);
  put(layout.blksize, BLKSIZE);
  put(layout.blocks, inode.truncate === null ? 0 : Math.ceil(size / BLKSIZE) * (BLKSIZE / BLOCK));
  for (const [seconds] of [layout.atime, layout.mtime, layout.ctime]) put([seconds, layout.timeBytes], START_SECONDS);
  return copyToUser(k.mm, bytes, k.hi(buffer), k.lo(buffer)) < bytes.length ? -EFAULT : 0;
}

export function sysAccess(k: Kernel): number {
  return access(k, 0, AT_FDCWD, k.lo(1));
}

export function sysFaccessat(k: Kernel): number {
  return access(k, 1, k.lo(0), k.lo(2));
}

function access(k: Kernel, i: number, dirfd: number, wanted: number): number {
  if ((wanted & ~7) !== 0) return -EINVAL;
  const path = pathname(k, i);
  if (typeof path === 'number') return path;
  const from = baseOf(k, dirfd, path);
  if (typeof from === 'number') return from;
  const found = k.fs.lookup(from);
  if (typeof found === 'number') return found;
  if ((wanted & MAY_WRITE) !== 0 && found.path.startsWith('/proc/') && found.inode.write === null) return -EROFS;
  return mayAccess(found.inode, wanted) ? 0 : -EACCES;
}

export function sysReadlink(k: Kernel): number {
  return readlink(k, 0, AT_FDCWD);
}

export function sysReadlinkat(k: Kernel): number {
  return readlink(k, 1, k.lo(0));
}

/** Returns the bytes stored, without a NUL; EINVAL for what is no link, and for a size that is not above 0. */
function readlink(k: Kernel, i: number, dirfd: number): number {
  const size = k.lo(i + 2);
  if (size <= 0) return -EINVAL;
  const path = pathname(k, i);
  if (typeof path === 'number') return path;
  const from = baseOf(k, dirfd, path);
  if (typeof from === 'number') return from;
  const found = k.fs.lookup(from, false);
  if (typeof found === 'number') return found;
  if (found.link === null) return path === '' ? -ENOENT : -EINVAL;
  const bytes = new TextEncoder().encode(found.link).subarray(0, size);
  return copyToUser(k.mm, bytes, k.hi(i + 1), k.lo(i + 1)) < bytes.length ? -EFAULT : bytes.length;
}

/** getcwd(2): the length with its NUL; ERANGE where that does not fit. */
export function sysGetcwd(k: Kernel): number {
  const bytes = new TextEncoder().encode(`${k.fs.cwd}\0`);
  if (unsignedLong(k, 1) < bytes.length) return -ERANGE;
  return copyToUser(k.mm, bytes, k.hi(0), k.lo(0)) < bytes.length ? -EFAULT : bytes.length;
}
