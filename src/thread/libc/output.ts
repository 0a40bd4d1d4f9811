/** <stdio.h>, <string.h>: output, and names of errors. */
import { errnoNames } from '../../arch/generic/errno.js';
import { strerror } from '../../arch/generic/strerror.js';
import type { Addr } from '../address.js';
import { type Call, Done } from '../call.js';
import { formatPrintf, type PrintfArg } from '../format.js';
import { ProgramError } from '../sys.js';
import { LibcCore } from './core.js';

export class Output extends LibcCore {
  /** printf(3) to standard output; returns the bytes printed. */
  printf(format: string, ...args: PrintfArg[]): Call<number> {
    return this.step('printf', () => new Done(this.runtime.stdio.print(formatPrintf(format, args))));
  }

  /** puts(3). */
  puts(text: string): Call<number> {
    return this.step('puts', () => new Done(this.runtime.stdio.print(`${text}\n`)));
  }

  /** write(2), a cancellation point, from guest memory, or of a string by way of the stdio buffer. */
  write(fd: number, buffer: Addr | string, count?: number): Call<number> {
    return this.cancellable('write', () => this.writeNow(fd, buffer, count));
  }

  private writeNow(fd: number, buffer: Addr | string, count?: number): Call<number> {
    const { stdio } = this.runtime;
    const written = typeof buffer === 'string' ? stdio.writeText(fd, buffer) : stdio.write(fd, buffer, count ?? 0);
    if (written >= 0) return new Done(written);
    return this.status(written);
  }

  /** fprintf(stderr, ...): unbuffered. */
  eprintf(format: string, ...args: PrintfArg[]): Call<number> {
    return this.step('eprintf', () => new Done(this.runtime.stdio.writeText(2, formatPrintf(format, args))));
  }

  /** "EAGAIN" for this machine's number of it. */
  strerrorname(errno: number): string {
    return Object.entries(this.E).find(([, n]) => n === errno)?.[0] ?? `errno ${errno}`;
  }

  /** strerror(3) for this machine's number. */
  strerror(errno: number): string {
    const generic = [...errnoNames.keys()].find((n) => this.nptl.target.errno(n) === errno);
    return strerror(generic ?? errno);
  }

  /** assert(3): a program whose `condition` does not hold ends with a sentence that says so. */
  assert(condition: boolean, what = 'an assertion'): void {
    if (!condition) throw new ProgramError(`assertion failed: ${what}`);
  }
}
