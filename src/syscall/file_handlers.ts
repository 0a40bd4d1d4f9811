/** The calls on files, by handler name; see handlers.ts. */
import type { Handler } from './kernel.js';
import {
  nativeFtruncate, nativeTruncate, sysFsync, sysFtruncate, sysFtruncate64, sysLlseek, sysLseek, sysTruncate, sysTruncate64,
} from './sys_lseek.js';
import { nativeCreat, nativeOpen, sysClose, sysCreat, sysDup, sysDup2, sysDup3, sysFcntl, sysOpen, sysOpenat } from './sys_open.js';
import { sysPread64, sysPwrite64, sysRead, sysReadv, sysWrite, sysWritev } from './sys_read.js';
import {
  sysAccess, sysFaccessat, sysFstat, sysFstat64, sysFstatat64, sysGetcwd, sysLstat, sysLstat64, sysNewfstatat, sysReadlink,
  sysReadlinkat, sysStat, sysStat64,
} from './sys_stat.js';
import { sysGetuid, sysUmask, sysUname } from './sys_uname.js';
import { sysPrlimit64, sysSetrlimit } from './sys_getrlimit.js';

export const fileHandlers: Readonly<Record<string, Handler>> = {
  _llseek: sysLlseek,
  access: sysAccess,
  close: sysClose,
  creat: sysCreat,
  creat_native: nativeCreat,
  dup: sysDup,
  dup2: sysDup2,
  dup3: sysDup3,
  faccessat: sysFaccessat,
  fcntl: sysFcntl,
  fcntl64: sysFcntl,
  fdatasync: sysFsync,
  fstat: sysFstat,
  fstat64: sysFstat64,
  fstatat64: sysFstatat64,
  fsync: sysFsync,
  ftruncate: sysFtruncate,
  ftruncate64: sysFtruncate64,
  ftruncate_native: nativeFtruncate,
  getcwd: sysGetcwd,
  getegid: sysGetuid,
  getegid32: sysGetuid,
  geteuid: sysGetuid,
  geteuid32: sysGetuid,
  getgid: sysGetuid,
  getgid32: sysGetuid,
  getuid: sysGetuid,
  getuid32: sysGetuid,
  lseek: sysLseek,
  lstat: sysLstat,
  lstat64: sysLstat64,
  newfstatat: sysNewfstatat,
  open: sysOpen,
  open_native: nativeOpen,
  openat: sysOpenat,
  pread64: sysPread64,
  pwrite64: sysPwrite64,
  read: sysRead,
  readlink: sysReadlink,
  readlinkat: sysReadlinkat,
  readv: sysReadv,
  prlimit64: sysPrlimit64,
  setrlimit: sysSetrlimit,
  stat: sysStat,
  stat64: sysStat64,
  truncate: sysTruncate,
  truncate64: sysTruncate64,
  truncate_native: nativeTruncate,
  umask: sysUmask,
  uname: sysUname,
  write: sysWrite,
  writev: sysWritev,
};
