/** write: write(2) to one of the open streams. */
import { EBADF, EFAULT, EINVAL } from '../arch/generic/errno.js';
import { copyFromUser } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

/** Bytes taken at once, so that an absurd count cannot ask the host for as much memory. */
const CHUNK = 65536;

/** Returns the bytes written; EBADF, EINVAL for a count with its top bit set, EFAULT if none could be read. */
export function sysWrite(k: Kernel): number {
  const file = k.process.files.get(k.lo(0));
  if (file === null || file.write === null) return -EBADF;
  const count = k.target.bits === 64 && k.hi(2) !== 0 ? -1 : k.lo(2);
  if (count < 0) return -EINVAL;
  let written = 0;
  while (written < count) {
    const chunk = new Uint8Array(Math.min(CHUNK, count - written));
    const low = (k.lo(1) >>> 0) + written;
    const high = k.hi(1) + Math.floor(low / 2 ** 32);
    const got = copyFromUser(k.mm, chunk, high, low | 0, chunk.length);
    if (got > 0) file.write(chunk.subarray(0, got));
    written += got;
    if (got < chunk.length) return written > 0 ? written : -EFAULT;
  }
  return written;
}
