/** Several tracers at once: strace and src/trace, say, each of which sees every call. */
import type { SigInfo } from '../task/signal_state.js';
import type { Kernel, Tracer } from './kernel.js';

class Tracers implements Tracer {
  private readonly all: readonly Tracer[];

  constructor(all: readonly Tracer[]) {
    this.all = all;
  }

  enter(kernel: Kernel, nr: number): void {
    for (const tracer of this.all) tracer.enter(kernel, nr);
  }

  leave(kernel: Kernel, result: number): void {
    for (const tracer of this.all) tracer.leave(kernel, result);
  }

  unfinished(kernel: Kernel): void {
    for (const tracer of this.all) tracer.unfinished(kernel);
  }

  resumed(kernel: Kernel, result: number): void {
    for (const tracer of this.all) tracer.resumed(kernel, result);
  }

  signalled(kernel: Kernel, info: SigInfo): void {
    for (const tracer of this.all) tracer.signalled?.(kernel, info);
  }

  killed(kernel: Kernel, slot: number, signo: number): void {
    for (const tracer of this.all) tracer.killed?.(kernel, slot, signo);
  }
}

/** One tracer for all of them; null for none, which costs a call nothing. */
export function tracerOf(tracers: readonly Tracer[]): Tracer | null {
  return tracers.length > 1 ? new Tracers(tracers) : (tracers[0] ?? null);
}
