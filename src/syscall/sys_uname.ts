/**
 * uname, and who runs the program: nobody special, 1000 of 1000. Linux 2.5.46, kernel/sys.c: sys_newuname(),
 * sys_umask().
 */
import { EFAULT } from '../arch/generic/errno.js';
import { USER } from '../fs/inode.js';
import { copyToUser } from '../mm/uaccess.js';
import type { Kernel } from './kernel.js';

/** struct new_utsname: six strings of 65 bytes. */
const FIELD = 65;

export function sysUname(k: Kernel): number {
  const { release, machine } = k.target;
  const fields = ['Linux', 'guardpage', release.name, '#1', machine, '(none)'];
  const bytes = new Uint8Array(fields.length * FIELD);
  fields.forEach((text, i) => {
    bytes.set(new TextEncoder().encode(text), i * FIELD);
  });
  return copyToUser(k.mm, bytes, k.hi(0), k.lo(0)) < bytes.length ? -EFAULT : 0;
}

export function sysGetuid(): number {
  return USER;
}

/** umask(2): the one before. No file is made with it: those that can be made have their modes. */
export function sysUmask(k: Kernel): number {
  const old = k.process.files.umask;
  k.process.files.umask = k.lo(0) & 0o777;
  return old;
}
