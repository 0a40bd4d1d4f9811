/**
 * read, write, pread64, pwrite64, readv, writev. Linux 2.5.46, fs/read_write.c: vfs_read(), vfs_write(),
 * do_readv_writev().
 */
import { EBADF, EFAULT, EFBIG, EINVAL, ESPIPE } from '../arch/generic/errno.js';
import type { File } from '../fs/file.js';
import { clearUser, copyFromUser, copyToUser, FAULT, load32 } from '../mm/uaccess.js';
import { fileRules } from '../release/file_rules.js';
import { long, loff } from './args.js';
import type { Kernel } from './kernel.js';
import { MAX_NON_LFS } from './sys_open.js';

/** Bytes taken at once, so that an absurd count cannot ask the host for as much memory. */
const CHUNK = 65536;
const UIO_MAXIOV = 1024;

/** Guest memory: an address in halves, and how many bytes of it. */
interface Buffer {
  readonly hi: number;
  readonly lo: number;
  readonly count: number;
}

/**
 * Most that one call transfers, MAX_RW_COUNT since 2.6.16. Unlike Linux before, which goes on: no call may take as
 * long as a map of terabytes is large.
 */
const MAX_RW_COUNT = 0x7ffff000;

type Transfer = (k: Kernel, file: File, buffer: Buffer, at: number) => number;

function bufferOf(k: Kernel): Buffer {
  return { hi: k.hi(1), lo: k.lo(1), count: long(k, 2) };
}

/** The file of descriptor 0, if it was opened for `transfer`; else a negative errno. */
function fileFor(k: Kernel, transfer: Transfer): File | number {
  const file = k.process.files.get(k.lo(0));
  if (file === null || !(transfer === readInto ? file.mode.readable : file.mode.writable)) return -EBADF;
  return file;
}

/** At the file's position, which moves. */
function atPosition(k: Kernel, transfer: Transfer, buffers: readonly Buffer[]): number {
  const file = fileFor(k, transfer);
  if (typeof file === 'number') return file;
  let total = 0;
  for (const buffer of buffers) {
    const start = transfer === writeFrom && file.mode.append ? file.inode.size() : file.pos;
    const done = transfer(k, file, buffer, start);
    if (done < 0) return total > 0 ? total : done;
    if (file.inode.seeks === 'anywhere') file.pos = start + done;
    total += done;
    if (done < buffer.count) break;
  }
  return total;
}

export function sysRead(k: Kernel): number {
  return atPosition(k, readInto, [bufferOf(k)]);
}

/** Returns the bytes written; EBADF, EINVAL for a count with its top bit set, EFAULT if none could be read. */
export function sysWrite(k: Kernel): number {
  return atPosition(k, writeFrom, [bufferOf(k)]);
}

export function sysPread64(k: Kernel): number {
  return at(k, readInto);
}

export function sysPwrite64(k: Kernel): number {
  return at(k, writeFrom);
}

function at(k: Kernel, transfer: Transfer): number {
  const pos = loff(k, 3);
  const file = fileFor(k, transfer);
  const isBadFile = typeof file === 'number';
  if (isBadFile && fileRules(k.target.release).badFileBeforePosition) return file;
  if (pos < 0) return -EINVAL;
  if (isBadFile) return file;
  if (file.inode.seeks === 'nowhere') return -ESPIPE;
  // pwrite(2), BUGS: O_APPEND appends whatever the position.
  return transfer(k, file, bufferOf(k), transfer === writeFrom && file.mode.append ? file.inode.size() : pos);
}

export function sysReadv(k: Kernel): number {
  return vector(k, readInto);
}

export function sysWritev(k: Kernel): number {
  return vector(k, writeFrom);
}

function vector(k: Kernel, transfer: Transfer): number {
  const file = fileFor(k, transfer);
  if (typeof file === 'number') return file;
  const count = long(k, 2);
  if (count === 0) return 0;
  if (count < 0 || count > UIO_MAXIOV) return -EINVAL;
  const buffers = iovecs(k, count);
  return typeof buffers === 'number' ? buffers : atPosition(k, transfer, buffers);
}

/**
 * struct iovec[]: two longs each; EFAULT, EINVAL where lengths are negative. More than a long together is EINVAL, later
 * (rw_copy_check_uvector()) as much as one call transfers.
 */
function iovecs(k: Kernel, count: number): Buffer[] | number {
  const { bits, bigEndian } = k.target;
  const bytes = bits / 8;
  const { vectorsClamp } = fileRules(k.target.release);
  const buffers: Buffer[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const words = [0, 1].map((n) => readLong(k, k.hi(1), k.lo(1) + (2 * i + n) * bytes, bytes, bigEndian));
    const [base, length] = words as [Word | null, Word | null];
    if (base === null || length === null) return -EFAULT;
    const asked = bits === 32 ? length.lo : length.hi * 2 ** 32 + (length.lo >>> 0);
    const n = vectorsClamp ? Math.min(asked, MAX_RW_COUNT - total) : asked;
    total += n;
    if (n < 0 || total >= (bits === 32 ? 2 ** 31 : 2 ** 63)) return -EINVAL;
    buffers.push({ ...base, count: n });
  }
  return buffers;
}

interface Word {
  readonly hi: number;
  readonly lo: number;
}

/** A long of a task, or null where it cannot be read. */
function readLong(k: Kernel, hi: number, low: number, bytes: number, bigEndian: boolean): Word | null {
  const at = (by: number) => load32(k.mm, hi + Math.floor((low + by) / 2 ** 32), (low + by) | 0);
  const first = at(0);
  if (first === FAULT) return null;
  if (bytes === 4) return { hi: 0, lo: first };
  const second = at(4);
  if (second === FAULT) return null;
  return bigEndian ? { hi: first, lo: second } : { hi: second, lo: first };
}

function readInto(k: Kernel, file: File, { hi, lo, count: asked }: Buffer, at: number): number {
  const { inode } = file;
  if (inode.read === null || asked < 0) return -EINVAL;
  const count = Math.min(asked, MAX_RW_COUNT);
  let done = 0;
  while (done < count) {
    const low = (lo >>> 0) + done;
    const high = hi + Math.floor(low / 2 ** 32);
    const bytes = inode.read(at + done, Math.min(CHUNK, count - done), file);
    if (typeof bytes === 'number') return done > 0 ? done : bytes;
    if (bytes.length === 0) return done;
    const got = bytes.length === CHUNK && isZero(bytes)
      ? clearUser(k.mm, high, low | 0, bytes.length)
      : copyToUser(k.mm, bytes, high, low | 0);
    done += got;
    if (got < bytes.length) return done > 0 ? done : -EFAULT;
    if (inode.seeks === 'nowhere' || inode.producesText) return done;
  }
  return done;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function writeFrom(k: Kernel, file: File, { hi, lo, count: asked }: Buffer, at: number): number {
  const { inode } = file;
  if (inode.write === null) return file.mode.writable && inode.seeks === 'nowhere' ? -EBADF : -EINVAL;
  if (asked < 0) return -EINVAL;
  const count = Math.min(asked, MAX_RW_COUNT);
  if (inode.discards) return count;
  const room = file.mode.large || inode.truncate === null ? count : Math.max(MAX_NON_LFS - at, 0);
  if (room === 0 && count > 0) return -EFBIG;
  const most = Math.min(count, room);
  let done = 0;
  while (done < most) {
    const chunk = new Uint8Array(Math.min(CHUNK, most - done));
    const low = (lo >>> 0) + done;
    const got = copyFromUser(k.mm, chunk, hi + Math.floor(low / 2 ** 32), low | 0, chunk.length);
    const written = got === 0 ? 0 : inode.write(at + done, chunk.subarray(0, got));
    if (written < 0) return done > 0 ? done : written;
    done += written;
    if (written < chunk.length) return done > 0 ? done : -EFAULT;
  }
  return done;
}
