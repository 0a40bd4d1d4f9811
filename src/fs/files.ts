/**
 * Files: the descriptors of a process, the kernel's files_struct. Source: Linux 2.5.46, fs/open.c:
 * get_unused_fd(), sys_close(); fs/fcntl.c: dupfd(), sys_dup2().
 */
import { EBADF, EINVAL, EMFILE } from '../arch/generic/errno.js';
import { File, READ_ONLY, READ_WRITE } from './file.js';
import { type Sink, type Source, terminal } from './devices.js';

export type { Sink, Source } from './devices.js';

/** RLIMIT_NOFILE of INIT_RLIMITS: INR_OPEN. */
export const NOFILE = 1024;

export class Files {
  private readonly byFd: (File | null)[];
  private readonly closeOnExec = new Set<number>();
  /** RLIMIT_NOFILE: descriptors are below it. */
  limit = NOFILE;
  /** Most descriptors there were: the table never shrinks. */
  private most = 3;
  /** What umask(2) set. */
  umask = 0o022;

  constructor(stdout: Sink, stderr: Sink, stdin: Source | null = null) {
    this.byFd = [
      new File('/dev/tty', terminal(null, stdin), READ_ONLY),
      new File('/dev/tty', terminal(stdout, stdin), READ_WRITE),
      new File('/dev/tty', terminal(stderr, stdin), READ_WRITE),
    ];
  }

  /** dup_fd(): a child's own table of the same open files. */
  fork(): Files {
    const child = new Files(() => {}, () => {});
    child.byFd.length = 0;
    child.byFd.push(...this.byFd);
    for (const fd of this.closeOnExec) child.closeOnExec.add(fd);
    child.limit = this.limit;
    child.most = this.byFd.length;
    child.umask = this.umask;
    return child;
  }

  /** flush_old_files(): what exec does. */
  exec(): void {
    for (const fd of [...this.closeOnExec]) this.close(fd);
  }

  /** The open file `fd`, or null. */
  get(fd: number): File | null {
    return this.byFd[fd] ?? null;
  }

  /**
   * Descriptors that the table has room for (FDSize of /proc/PID/status): as many as a long has bits, then steps of
   * 256 and a page of pointers, then doubled (expand_fd_array(), fs/file.c); or, `doubles`, 1 KiB of pointers doubled as
   * often as it takes (alloc_fdtable() of 3.6 and later).
   */
  size(kernelBits: number, pageSize: number, doubles: boolean): number {
    let size = kernelBits;
    if (doubles) {
      if (size < this.most) size = 1024 / (kernelBits / 8);
      while (size < this.most) size *= 2;
      return size;
    }
    const perPage = pageSize / (kernelBits / 8);
    while (size < this.most) size = size < 256 ? 256 : size < perPage ? perPage : size * 2;
    return size;
  }

  /** Lowest free descriptor from `least` on, now `file`'s; -EMFILE at the limit. */
  add(file: File, closesOnExec: boolean, least = 0): number {
    let fd = least;
    while (fd < this.byFd.length && this.byFd[fd] !== null) fd += 1;
    if (fd >= this.limit) return -EMFILE;
    this.put(fd, file, closesOnExec);
    return fd;
  }

  /** Whether a further descriptor can be had. */
  get isFull(): boolean {
    const free = this.byFd.indexOf(null);
    return (free < 0 ? this.byFd.length : free) >= this.limit;
  }

  /** Closes `fd`; 0 or -EBADF. */
  close(fd: number): number {
    if (this.get(fd) === null) return -EBADF;
    this.byFd[fd] = null;
    this.closeOnExec.delete(fd);
    while (this.byFd.length > 0 && this.byFd[this.byFd.length - 1] === null) this.byFd.pop();
    return 0;
  }

  /** dup(2) and F_DUPFD: the lowest free descriptor from `least` on for the file of `fd`. */
  dup(fd: number, least = 0, closesOnExec = false): number {
    const file = this.get(fd);
    if (file === null) return -EBADF;
    if (least < 0 || least >= this.limit) return -EINVAL;
    return this.add(file, closesOnExec, least);
  }

  /** dup2(2) and dup3(2): `to` stands for the file of `from`, whatever it stood for. */
  dupTo(from: number, to: number, closesOnExec = false): number {
    const file = this.get(from);
    if (file === null) return -EBADF;
    if (to === from) return to;
    if (to < 0 || to >= this.limit) return -EBADF;
    this.put(to, file, closesOnExec);
    return to;
  }

  isCloseOnExec(fd: number): boolean {
    return this.closeOnExec.has(fd);
  }

  setCloseOnExec(fd: number, closes: boolean): void {
    if (closes) this.closeOnExec.add(fd);
    else this.closeOnExec.delete(fd);
  }

  /** Makes `fd` stand for `file`, or for nothing. */
  install(fd: number, file: File | null): void {
    if (file === null) this.close(fd);
    else this.put(fd, file, false);
  }

  private put(fd: number, file: File, closesOnExec: boolean): void {
    while (this.byFd.length < fd) this.byFd.push(null);
    this.byFd[fd] = file;
    if (fd >= this.most) this.most = fd + 1;
    this.setCloseOnExec(fd, closesOnExec);
  }
}
