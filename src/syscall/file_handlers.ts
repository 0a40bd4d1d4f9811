/** The calls on files, by handler name; see handlers.ts. */
import type { Handler } from './kernel.js';
import { sysFsync, sysFtruncate, sysFtruncate64, sysLlseek, sysLseek, sysTruncate, sysTruncate64 } from './sys_lseek.js';
import { sysClose, sysCreat, sysDup, sysDup2, sysDup3, sysFcntl, sysOpen, sysOpenat } from './sys_open.js';
import { sysPread64, sysPwrite64, sysRead, sysReadv, sysWrite, sysWritev } from './sys_read.js';

export const fileHandlers: Readonly<Record<string, Handler>> = {
  _llseek: sysLlseek,
  close: sysClose,
  creat: sysCreat,
  dup: sysDup,
  dup2: sysDup2,
  dup3: sysDup3,
  fcntl: sysFcntl,
  fcntl64: sysFcntl,
  fdatasync: sysFsync,
  fsync: sysFsync,
  ftruncate: sysFtruncate,
  ftruncate64: sysFtruncate64,
  lseek: sysLseek,
  open: sysOpen,
  openat: sysOpenat,
  pread64: sysPread64,
  pwrite64: sysPwrite64,
  read: sysRead,
  readv: sysReadv,
  truncate: sysTruncate,
  truncate64: sysTruncate64,
  write: sysWrite,
  writev: sysWritev,
};
