/**
 * Standard output as glibc buffers it on a terminal: bytes gather in a buffer in guest memory and go out
 * by write(2) at each newline, when the buffer is full, and at exit.
 */
import { hiOf, loOf, type Addr } from './address.js';
import { type Nptl, STDIO_BUFFER } from './nptl.js';
import { store8 } from '../mm/uaccess.js';

const STDOUT = 1;
const NEWLINE = 10;
const encoder = new TextEncoder();

export class Stdio {
  private readonly nptl: Nptl;
  private used = 0;

  constructor(nptl: Nptl) {
    this.nptl = nptl;
  }

  /** Prints text; returns its length in bytes. */
  print(text: string): number {
    const bytes = encoder.encode(text);
    for (const byte of bytes) {
      store8(this.nptl.mm, this.nptl.dataHi, this.nptl.dataLo + this.used, byte);
      this.used += 1;
      if (byte === NEWLINE || this.used === STDIO_BUFFER) this.flush();
    }
    return bytes.length;
  }

  /** The child's buffer holds what the parent's held. */
  forkFrom(parent: Stdio): void {
    this.used = parent.used;
  }

  flush(): void {
    if (this.used === 0) return;
    const { sys, dataHi, dataLo } = this.nptl;
    sys.write(STDOUT, dataHi, dataLo, this.used);
    this.used = 0;
  }

  /**
   * Room for what a system call is about to read or store, in the part of the buffer that is free: low half of its
   * address. The high half is the data's.
   */
  scratch(bytes: number): number {
    if (bytes > STDIO_BUFFER) throw new RangeError(`${bytes} bytes do not fit into the ${STDIO_BUFFER} of the stdio buffer`);
    const aligned = Math.ceil(this.used / 8) * 8;
    if (aligned + bytes <= STDIO_BUFFER) return this.nptl.dataLo + aligned;
    this.flush();
    return this.nptl.dataLo;
  }

  /** A string with its NUL in such room. */
  string(text: string): number {
    const bytes = encoder.encode(`${text}\0`);
    const lo = this.scratch(bytes.length);
    bytes.forEach((byte, i) => {
      store8(this.nptl.mm, this.nptl.dataHi, lo + i, byte);
    });
    return lo;
  }

  /** Text straight to `fd`, by way of the buffer: what is in it goes out first. Returns its bytes. */
  writeText(fd: number, text: string): number {
    const { sys, mm, dataHi, dataLo } = this.nptl;
    this.flush();
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length; at += STDIO_BUFFER) {
      const part = bytes.subarray(at, at + STDIO_BUFFER);
      part.forEach((byte, i) => {
        store8(mm, dataHi, dataLo + i, byte);
      });
      const error = sys.write(fd, dataHi, dataLo, part.length);
      if (error < 0) return error;
    }
    return bytes.length;
  }

  /** write(2) itself: returns the bytes written or the negated errno. */
  write(fd: number, buffer: Addr, count: number): number {
    const { sys } = this.nptl;
    const error = sys.write(fd, hiOf(buffer), loOf(buffer), count);
    return error < 0 ? error : sys.resultLo;
  }
}
