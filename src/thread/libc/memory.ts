/** <stdlib.h>: malloc and free; stack frames; and the loads and stores that C writes as `*p`. */
import { ENOMEM } from '../../arch/generic/errno.js';
import { hex, Long } from '../../lib/u64.js';
import { FAULT, load8, store8 } from '../../mm/uaccess.js';
import { type Addr, addAddr, hiOf, loOf, makeAddr } from '../address.js';
import { type Call, Done, type ThreadBody } from '../call.js';
import { frame } from '../frame.js';
import { LibcCore } from './core.js';

export class Memory extends LibcCore {
  /** Address of `bytes` of zeroed static memory, as a C variable at file level has; never given back. */
  bss(bytes: number): Addr {
    return this.nptl.bss(bytes);
  }

  /** malloc(3): the address, or 0 with errno ENOMEM. */
  malloc(bytes: number): Call<Addr> {
    const { nptl } = this;
    const { heap } = this.runtime;
    const { bits } = nptl.target;
    if (heap.malloc(bytes)) return new Done(makeAddr(bits, heap.hi, heap.lo));
    this.errno = ENOMEM;
    return new Done(makeAddr(bits, 0, 0));
  }

  /** free(3). An address that malloc did not return is an error of the program. */
  free(addr: Addr): Call<void> {
    if (hiOf(addr) === 0 && loOf(addr) === 0) return new Done(undefined);
    const { heap } = this.runtime;
    if (!heap.free(hiOf(addr), loOf(addr))) throw new Error(`free(${this.addressText(addr)}): invalid pointer`);
    return new Done(undefined);
  }

  /**
   * Runs `body` in a stack frame of `bytes`: takes that much of the thread's stack, touching it page by page
   * downwards (SIGSEGV where the stack ends), and gives it back. ia64's register stack takes its share too.
   */
  frame<T>(bytes: number, body: () => ThreadBody<T>): Call<T> {
    return this.lazy('frame', frame(this.nptl, this.runtime.frames, bytes, body));
  }

  /** addr + bytes. */
  add(addr: Addr, bytes: number): Addr {
    return addAddr(addr, bytes);
  }

  /** a - b in bytes, exact up to 2^53. */
  sub(a: Addr, b: Addr): number {
    return (hiOf(a) - hiOf(b)) * 2 ** 32 + ((loOf(a) >>> 0) - (loOf(b) >>> 0));
  }

  /** Whether both are the same address: on 64-bit machines two objects of one address are not === each other. */
  equal(a: Addr, b: Addr): boolean {
    return hiOf(a) === hiOf(b) && loOf(a) === loOf(b);
  }

  /** The 8-bit byte at `addr`; SIGSEGV if it cannot be read, as for all loads and stores here. */
  load8(addr: Addr): number {
    const byte = load8(this.nptl.mm, hiOf(addr), loOf(addr));
    if (byte === FAULT) throw this.nptl.fault(hiOf(addr), loOf(addr));
    return byte;
  }

  store8(addr: Addr, byte: number): void {
    if (store8(this.nptl.mm, hiOf(addr), loOf(addr), byte) < 0) throw this.nptl.fault(hiOf(addr), loOf(addr));
  }

  /** The aligned 32-bit word at `addr`, signed. */
  load32(addr: Addr): number {
    return this.nptl.load(hiOf(addr), loOf(addr) & ~3);
  }

  store32(addr: Addr, word: number): void {
    this.nptl.store(hiOf(addr), loOf(addr) & ~3, word);
  }

  /** The aligned 64-bit word at `addr`, unsigned. */
  load64(addr: Addr): Long {
    const low = this.nptl.target.bigEndian ? 4 : 0;
    const [hi, lo] = [hiOf(addr), loOf(addr) & ~7];
    return new Long(this.nptl.load(hi, lo + low), this.nptl.load(hi, lo + 4 - low), true);
  }

  store64(addr: Addr, word: Long): void {
    const low = this.nptl.target.bigEndian ? 4 : 0;
    const [hi, lo] = [hiOf(addr), loOf(addr) & ~7];
    this.nptl.store(hi, lo + low, word.low);
    this.nptl.store(hi, lo + 4 - low, word.high);
  }

  /** "0x..." of an address. */
  addressText(addr: Addr): string {
    return hex(this.nptl.target.bits === 32 ? 0 : hiOf(addr), loOf(addr));
  }
}
