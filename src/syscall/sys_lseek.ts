/** lseek, _llseek, ftruncate, truncate, fsync. Linux 2.5.46, fs/read_write.c, fs/open.c, fs/buffer.c. */
import { EACCES, EBADF, EFAULT, EINVAL, EISDIR, ENXIO, EOVERFLOW, ESPIPE, ETXTBSY } from '../arch/generic/errno.js';
import { SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../arch/generic/fcntl.js';
import type { File } from '../fs/file.js';
import { type Inode, MAY_WRITE, mayAccess, S_IFDIR, S_IFMT } from '../fs/inode.js';
import { MAX_BYTES } from '../fs/regular_file.js';
import { hiOfNumber } from '../lib/u64.js';
import { store32 } from '../mm/uaccess.js';
import { fileRules } from '../release/file_rules.js';
import { loff, long, pathname } from './args.js';
import type { Kernel } from './kernel.js';
import { MAX_NON_LFS } from './sys_open.js';

/** The new position, or a negative errno. */
function seek(k: Kernel, file: File, offset: number, whence: number): number {
  const { inode } = file;
  if (inode.seeks === 'nowhere') return -ESPIPE;
  if (inode.seeks === 'stays') return 0;
  if (whence > SEEK_END) return seekData(k, file, offset, whence);
  const from = whence === SEEK_END ? inode.size() : whence === SEEK_CUR ? file.pos : 0;
  const pos = from + offset;
  if (pos < 0 || pos > MAX_BYTES) return -EINVAL;
  file.pos = pos;
  return pos;
}

/** generic_file_llseek_size(): all of a file is data, and a hole follows it. seq_lseek() knows neither. */
function seekData(k: Kernel, file: File, offset: number, whence: number): number {
  const { inode } = file;
  if (inode.producesText) return -EINVAL;
  const size = inode.size();
  if (offset >= size || (offset < 0 && fileRules(k.target.release).negativeIsBeyondEnd)) return -ENXIO;
  if (offset < 0 && whence === SEEK_DATA) return -EINVAL;
  file.pos = whence === SEEK_DATA ? offset : size;
  return file.pos;
}

function isWhence(k: Kernel, whence: number): boolean {
  return whence >= SEEK_SET && whence <= (fileRules(k.target.release).seeksData ? SEEK_HOLE : SEEK_END);
}

/** lseek(2): EBADF, EINVAL, ESPIPE; EOVERFLOW where a long does not hold the position, which has moved. */
export function sysLseek(k: Kernel): number {
  const file = k.process.files.get(k.lo(0));
  if (file === null) return -EBADF;
  const whence = k.lo(2);
  if (!isWhence(k, whence)) return -EINVAL;
  const pos = seek(k, file, long(k, 1), whence);
  if (pos < 0) return pos;
  if (k.target.bits === 32 && pos > MAX_NON_LFS) return -EOVERFLOW;
  return number64(k, pos);
}

/** _llseek(2): the position is stored as 64 bits. */
export function sysLlseek(k: Kernel): number {
  const file = k.process.files.get(k.lo(0));
  if (file === null) return -EBADF;
  const whence = k.lo(4);
  if (!isWhence(k, whence)) return -EINVAL;
  const pos = seek(k, file, k.lo(1) * 2 ** 32 + (k.lo(2) >>> 0), whence);
  if (pos < 0) return pos;
  const halves = k.target.bigEndian ? [hiOfNumber(pos), pos | 0] : [pos | 0, hiOfNumber(pos)];
  for (let i = 0; i < 2; i++) if (store32(k.mm, k.hi(3), k.lo(3) + 4 * i, halves[i]!) < 0) return -EFAULT;
  return 0;
}

/** A number up to 2^53 as a result. */
export function number64(k: Kernel, value: number): number {
  if (value < 2 ** 31) return value;
  const { pageSize } = k.target;
  return k.address(Math.floor(value / pageSize), value % pageSize);
}

export function sysFtruncate(k: Kernel): number {
  return ftruncate(k, long(k, 1), k.target.bits === 32);
}

export function sysFtruncate64(k: Kernel): number {
  return ftruncate(k, loff(k, 1), false);
}

/**
 * The 64-bit kernel's own, where the table of its 32-bit tasks has them: a length is 32 bits without a sign. So it is in
 * truncate64, where that is the same call.
 */
export function nativeFtruncate(k: Kernel): number {
  return ftruncate(k, k.lo(1) >>> 0, true);
}

export function nativeTruncate(k: Kernel): number {
  return truncate(k, k.lo(1) >>> 0);
}

function ftruncate(k: Kernel, size: number, small: boolean): number {
  if (size < 0) return -EINVAL;
  const file = k.process.files.get(k.lo(0));
  if (file === null) return -EBADF;
  if (file.inode.truncate === null || !file.mode.writable) return -EINVAL;
  if (small && !file.mode.large && size > MAX_NON_LFS) return -EINVAL;
  return file.inode.truncate(size);
}

export function sysTruncate(k: Kernel): number {
  return truncate(k, long(k, 1));
}

export function sysTruncate64(k: Kernel): number {
  return truncate(k, loff(k, 1));
}

function truncate(k: Kernel, size: number): number {
  if (size < 0) return -EINVAL;
  const path = pathname(k, 0);
  if (typeof path === 'number') return path;
  const found = k.fs.lookup(path);
  if (typeof found === 'number') return found;
  const { inode } = found;
  if ((inode.mode & S_IFMT) === S_IFDIR) return -EISDIR;
  return truncateInode(inode, size);
}

function truncateInode(inode: Inode, size: number): number {
  if (inode.isRunning) return -ETXTBSY;
  if (inode.truncate === null) return -EINVAL;
  return mayAccess(inode, MAY_WRITE) ? inode.truncate(size) : -EACCES;
}

/** fsync(2) and fdatasync(2): what maps changed goes to the file. */
export function sysFsync(k: Kernel): number {
  const file = k.process.files.get(k.lo(0));
  if (file === null) return -EBADF;
  if (file.inode.truncate === null) return -EINVAL;
  file.inode.mapping?.writeBack();
  return 0;
}
