/** <sys/mman.h> and <unistd.h>: mremap, madvise, locks, msync, mincore, brk and sbrk. */
import { ENOMEM } from '../../arch/generic/errno.js';
import { Long } from '../../lib/u64.js';
import { FAULT, load8 } from '../../mm/uaccess.js';
import { type Addr, hiOf, loOf, makeAddr } from '../address.js';
import { type Call, Done } from '../call.js';
import { LibcCore } from './core.js';

export class Mman extends LibcCore {
  /** mremap(2): the new address, or -1 with errno. `to` counts with MREMAP.FIXED alone. */
  mremap(addr: Addr, oldLength: number, newLength: number, flags: number, to: Addr = 0): Call<Addr> {
    return this.step('mremap', () => {
      const { sys, target } = this.nptl;
      sys.word(0, hiOf(addr), loOf(addr));
      sys.number(1, oldLength);
      sys.number(2, newLength);
      sys.number(3, flags);
      sys.word(4, hiOf(to), loOf(to));
      return this.finished(sys.trap(target.nr.mremap!), () => this.resultAddr());
    });
  }

  madvise(addr: Addr, length: number, advice: number): Call<number> {
    return this.onRange('madvise', addr, length, advice);
  }

  mlock(addr: Addr, length: number): Call<number> {
    return this.onRange('mlock', addr, length, 0);
  }

  munlock(addr: Addr, length: number): Call<number> {
    return this.onRange('munlock', addr, length, 0);
  }

  /** mlockall(2): MCL.CURRENT, MCL.FUTURE. */
  mlockall(flags: number): Call<number> {
    return this.step('mlockall', () => {
      const { sys, target } = this.nptl;
      sys.number(0, flags);
      return this.status(sys.trap(target.nr.mlockall!));
    });
  }

  munlockall(): Call<number> {
    return this.step('munlockall', () => this.status(this.nptl.sys.trap(this.nptl.target.nr.munlockall!)));
  }

  /** msync(2): what a shared map of a file changed goes to the file. */
  msync(addr: Addr, length: number, flags: number): Call<number> {
    return this.onRange('msync', addr, length, flags);
  }

  /** mincore(2): [0, one byte a page: 1 for a page in memory], or [-1, none]. `vec` is the program's memory for it. */
  mincore(addr: Addr, length: number, vec: Addr): Call<[result: number, pages: readonly number[]]> {
    return this.step('mincore', () => {
      const { sys, target, mm } = this.nptl;
      sys.word(0, hiOf(addr), loOf(addr));
      sys.number(1, length);
      sys.word(2, hiOf(vec), loOf(vec));
      const error = sys.trap(target.nr.mincore!);
      if (error !== 0) {
        this.errno = -error;
        return new Done<[number, readonly number[]]>([-1, []]);
      }
      const pages = Array.from({ length: Math.ceil(length / target.pageSize) }, (_, i) => load8(mm, hiOf(vec), (loOf(vec) + i) | 0));
      return new Done<[number, readonly number[]]>([0, pages.map((byte) => (byte === FAULT ? 0 : byte & 1))]);
    });
  }

  /** brk(2) as glibc has it: 0, or -1 with ENOMEM where the kernel left the heap's end below `addr`. */
  brk(addr: Addr): Call<number> {
    return this.step('brk', () => {
      const now = this.moveBrk(addr);
      const [wanted, got] = [unsigned(addr), unsigned(now)];
      if (got.gte(wanted)) return new Done(0);
      this.errno = this.nptl.target.errno(ENOMEM);
      return new Done(-1);
    });
  }

  /** sbrk(3): the end of the heap before it moved by `bytes`, or -1 with ENOMEM. malloc keeps its own heap here too. */
  sbrk(bytes: number): Call<Addr> {
    return this.step('sbrk', () => {
      const old = this.moveBrk(0);
      if (bytes === 0) return new Done(old);
      const end = unsigned(old).add(bytes);
      const now = unsigned(this.moveBrk(makeAddr(this.nptl.target.bits, end.high, end.low)));
      if (bytes > 0 ? now.gte(end) : now.lte(end)) return new Done(old);
      this.errno = this.nptl.target.errno(ENOMEM);
      return new Done<Addr>(-1);
    });
  }

  /** The system call itself, which returns where the heap ends now. */
  private moveBrk(addr: Addr): Addr {
    const { sys, target } = this.nptl;
    sys.word(0, hiOf(addr), loOf(addr));
    sys.trap(target.nr.brk!);
    return this.resultAddr();
  }

  private onRange(name: string, addr: Addr, length: number, third: number): Call<number> {
    return this.step(name, () => {
      const { sys, target } = this.nptl;
      sys.word(0, hiOf(addr), loOf(addr));
      sys.number(1, length);
      sys.number(2, third);
      return this.status(sys.trap(target.nr[name]!));
    });
  }
}

function unsigned(addr: Addr): Long {
  return new Long(loOf(addr), hiOf(addr), true);
}
