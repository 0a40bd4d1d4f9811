/** <fcntl.h>, <unistd.h>, <sys/stat.h>, <sys/resource.h>: calls on files, and limits. */
import { AT_FDCWD } from '../../arch/generic/fcntl.js';
import { hiOfNumber } from '../../lib/u64.js';
import { FAULT, load32, load8, store32 } from '../../mm/uaccess.js';
import { type Addr, hiOf, loOf } from '../address.js';
import { type Call, Done } from '../call.js';
import { LibcCore } from './core.js';

/** What fstat tells of a file. */
export interface FileStatus {
  readonly mode: number;
  readonly ino: number;
  readonly nlink: number;
  readonly uid: number;
  /** Bytes, and blocks of 512 bytes. */
  readonly size: number;
  readonly blocks: number;
}

/** A soft and a hard limit, bytes or what the resource counts; Infinity for RLIM_INFINITY. */
export interface ResourceLimit {
  readonly soft: number;
  readonly hard: number;
}

export class FileCalls extends LibcCore {
  /** open(2): a descriptor, or -1 with errno. glibc 2.36 makes it by openat. */
  open(path: string, flags: number, mode = 0o644): Call<number> {
    return this.cancellable('open', () => {
      const { sys, target, params, dataHi } = this.nptl;
      const isAt = params.version === '2.36';
      const lo = this.runtime.stdio.string(path);
      const first = isAt ? 1 : 0;
      if (isAt) sys.number(0, AT_FDCWD);
      sys.word(first, dataHi, lo);
      sys.number(first + 1, flags);
      sys.number(first + 2, mode);
      return this.counted(sys.trap(target.nr[isAt ? 'openat' : 'open']!));
    });
  }

  close(fd: number): Call<number> {
    return this.onFd('close', fd);
  }

  /** read(2) into guest memory: the bytes read, 0 at the end, or -1 with errno. */
  read(fd: number, buffer: Addr, count: number): Call<number> {
    return this.cancellable('read', () => {
      this.setBuffer(fd, buffer, count);
      return this.counted(this.nptl.sys.trap(this.nptl.target.nr.read!));
    });
  }

  pread(fd: number, buffer: Addr, count: number, offset: number): Call<number> {
    return this.at('pread64', fd, buffer, count, offset);
  }

  pwrite(fd: number, buffer: Addr, count: number, offset: number): Call<number> {
    return this.at('pwrite64', fd, buffer, count, offset);
  }

  private at(name: string, fd: number, buffer: Addr, count: number, offset: number): Call<number> {
    return this.step(name, () => {
      this.setBuffer(fd, buffer, count);
      this.setOffset(3, offset);
      return this.counted(this.nptl.sys.trap(this.nptl.target.nr[name]!));
    });
  }

  /** lseek(2): the new position, or -1 with errno. 32-bit tasks use _llseek. */
  lseek(fd: number, offset: number, whence: number): Call<number> {
    return this.step('lseek', () => (this.nptl.target.bits === 64 ? this.seek(fd, offset, whence) : this.longSeek(fd, offset, whence)));
  }

  private seek(fd: number, offset: number, whence: number): Call<number> {
    const { sys, target } = this.nptl;
    sys.number(0, fd);
    sys.number(1, offset);
    sys.number(2, whence);
    return this.counted(sys.trap(target.nr.lseek!));
  }

  private longSeek(fd: number, offset: number, whence: number): Call<number> {
    const { sys, target, dataHi } = this.nptl;
    const lo = this.runtime.stdio.scratch(8);
    sys.number(0, fd);
    sys.word(1, 0, hiOfNumber(offset));
    sys.word(2, 0, offset | 0);
    sys.word(3, dataHi, lo);
    sys.number(4, whence);
    const error = sys.trap(target.nr._llseek!);
    if (error !== 0) return this.status(error);
    return new Done(this.field(lo, [0, 8]));
  }

  dup(fd: number): Call<number> {
    return this.onFd('dup', fd);
  }

  dup2(from: number, to: number): Call<number> {
    return this.onFd('dup2', from, to);
  }

  fsync(fd: number): Call<number> {
    return this.onFd('fsync', fd);
  }

  private onFd(name: string, fd: number, second = 0): Call<number> {
    return this.step(name, () => {
      const { sys, target } = this.nptl;
      sys.number(0, fd);
      sys.number(1, second);
      return this.counted(sys.trap(target.nr[name]!));
    });
  }

  /** ftruncate(2); 32-bit tasks use ftruncate64. */
  ftruncate(fd: number, size: number): Call<number> {
    return this.step('ftruncate', () => {
      const { sys, target } = this.nptl;
      sys.number(0, fd);
      this.setOffset(1, size);
      return this.status(sys.trap(target.nr.ftruncate64 ?? target.nr.ftruncate!));
    });
  }

  /** fstat(2): [0, what the file is], or [-1, null] with errno. */
  fstat(fd: number): Call<[result: number, status: FileStatus | null]> {
    return this.step('fstat', () => {
      const { sys, target, dataHi } = this.nptl;
      const isWide = target.nr.fstat64 !== undefined;
      const layout = isWide ? target.stat64 : target.stat;
      const lo = this.runtime.stdio.scratch(layout.bytes);
      sys.number(0, fd);
      sys.word(1, dataHi, lo);
      const error = sys.trap(isWide ? target.nr.fstat64! : target.nr.fstat!);
      if (error !== 0) {
        this.errno = -error;
        return new Done<[number, FileStatus | null]>([-1, null]);
      }
      const field = (place: readonly [number, number]) => this.field(lo, place);
      return new Done<[number, FileStatus | null]>([0, {
        mode: field(layout.mode), ino: field(layout.ino), nlink: field(layout.nlink), uid: field(layout.uid),
        size: field(layout.size), blocks: field(layout.blocks),
      }]);
    });
  }

  /** getrlimit(2): [0, the limits], or [-1, null] with errno. */
  getrlimit(resource: number): Call<[result: number, limit: ResourceLimit | null]> {
    return this.step('getrlimit', () => {
      const { sys, target, dataHi } = this.nptl;
      const bytes = target.bits / 8;
      const lo = this.runtime.stdio.scratch(2 * bytes);
      sys.number(0, resource);
      sys.word(1, dataHi, lo);
      const error = sys.trap(target.nr.ugetrlimit ?? target.nr.getrlimit!);
      if (error !== 0) {
        this.errno = -error;
        return new Done<[number, ResourceLimit | null]>([-1, null]);
      }
      const [soft, hard] = [this.limitAt(lo, bytes), this.limitAt(lo + bytes, bytes)];
      return new Done<[number, ResourceLimit | null]>([0, { soft, hard }]);
    });
  }

  /** setrlimit(2): EPERM above the hard limit. A new RLIMIT.STACK does not change what pthread_create takes. */
  setrlimit(resource: number, limit: ResourceLimit): Call<number> {
    return this.step('setrlimit', () => {
      const { sys, target, dataHi } = this.nptl;
      const bytes = target.bits / 8;
      const lo = this.runtime.stdio.scratch(2 * bytes);
      this.putLimit(lo, bytes, limit.soft);
      this.putLimit(lo + bytes, bytes, limit.hard);
      sys.number(0, resource);
      sys.word(1, dataHi, lo);
      return this.status(sys.trap(target.nr.setrlimit!));
    });
  }

  private limitAt(lo: number, bytes: number): number {
    const { target, mm, dataHi } = this.nptl;
    const words = [load32(mm, dataHi, lo), bytes === 8 ? load32(mm, dataHi, lo + 4) : 0];
    const [high, low] = bytes === 4 ? [0, words[0]!] : target.bigEndian ? words : words.reverse();
    const isInfinite = high === target.rlimInfinity[0] && low === target.rlimInfinity[1];
    return isInfinite ? Number.POSITIVE_INFINITY : (high! >>> 0) * 2 ** 32 + (low! >>> 0);
  }

  private putLimit(lo: number, bytes: number, limit: number): void {
    const { target, mm, dataHi } = this.nptl;
    const [high, low] = limit === Number.POSITIVE_INFINITY ? target.rlimInfinity : [hiOfNumber(limit), limit | 0];
    const words = bytes === 4 ? [low] : target.bigEndian ? [high, low] : [low, high];
    words.forEach((word, i) => {
      store32(mm, dataHi, lo + 4 * i, word);
    });
  }

  /** Result of a call that returns a number up to 2^53, or -1. */
  private counted(error: number): Call<number> {
    const { sys } = this.nptl;
    return this.finished(error, () => sys.resultHi * 2 ** 32 + (sys.resultLo >>> 0)) as Call<number>;
  }

  private setBuffer(fd: number, buffer: Addr, count: number): void {
    const { sys } = this.nptl;
    sys.number(0, fd);
    sys.word(1, hiOf(buffer), loOf(buffer));
    sys.number(2, count);
  }

  /** A 64-bit offset: one word, or two in the order of the machine's bytes. */
  private setOffset(i: number, offset: number): void {
    const { sys, target } = this.nptl;
    if (target.bits === 64) {
      sys.number(i, offset);
      return;
    }
    const [high, low] = target.bigEndian ? [i, i + 1] : [i + 1, i];
    sys.word(high, 0, hiOfNumber(offset));
    sys.word(low, 0, offset | 0);
  }

  /** An unsigned field of a structure in the data's scratch room. */
  private field(lo: number, [at, width]: readonly [number, number]): number {
    const { target, mm, dataHi } = this.nptl;
    let value = 0;
    for (let i = 0; i < width; i++) {
      const byte = load8(mm, dataHi, lo + at + (target.bigEndian ? i : width - 1 - i));
      value = value * 256 + (byte === FAULT ? 0 : byte);
    }
    return value;
  }
}
