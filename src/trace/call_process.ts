/**
 * CallProcess: one process on a machine whose system calls come from outside: a log, or an experiment. It puts the
 * words of a call into the machine's registers, traps, and takes the result as the kernel's tracers see it.
 */
import { errnoName } from '../arch/generic/errno.js';
import { bug } from '../lib/bug.js';
import { Machine, type MachineConfig } from '../machine.js';
import type { Mm } from '../mm/mm.js';
import { type Kernel, RESULT_64, type Tracer } from '../syscall/kernel.js';
import { type InitialArea, type InitialSpace, mapInitialAreas } from './initial_areas.js';
import { type Recorded, type Word, ZERO } from './strace_words.js';

/** What a call returned here. */
export type Outcome = NonNullable<Recorded>;

class LastResult implements Tracer {
  outcome: Outcome = { word: ZERO };

  enter(): void {}

  leave(k: Kernel, result: number): void {
    if (result === RESULT_64) this.outcome = { word: { hi: k.resultHi, lo: k.resultLo } };
    else this.outcome = result < 0 ? { error: errnoName(-result) } : { word: { hi: 0, lo: result } };
  }

  unfinished(): void {}

  resumed(): void {}
}

export class CallProcess {
  readonly machine: Machine;
  readonly mm: Mm;
  /** Null: the process begins with what exec leaves of a program of ours. */
  readonly initial: InitialSpace | null;
  private readonly last = new LastResult();

  /** Throws ConfigError for a configuration or an initial map that cannot be. `alignsHuge`: see Descriptors. */
  constructor(config: MachineConfig, areas: readonly InitialArea[] | null, alignsHuge = false) {
    this.machine = new Machine({ ...config, tracers: [...(config.tracers ?? []), this.last] });
    // The program is somebody else's: this one never runs.
    // biome-ignore lint/correctness/useYield: main() is a generator by its type.
    this.machine.load(function* main() {
      return 0;
    });
    const { kernel } = this.machine;
    this.mm = this.machine.mm;
    this.initial = areas === null ? null : mapInitialAreas(this.mm, areas, alignsHuge);
    kernel.switchTo(kernel.queue.pick());
  }

  /** The system call `name`. */
  trap(name: string, words: readonly Word[]): Outcome {
    const { kernel, target } = this.machine;
    const { regs } = kernel;
    const nr = target.nr[name] ?? bug('the machine has no such call', { name });
    regs.fill(0);
    regs[2 * target.trap.nr] = nr;
    words.forEach(({ hi, lo }, i) => {
      const at = 2 * target.trap.args[i]!;
      regs[at] = lo;
      regs[at + 1] = hi;
    });
    kernel.trap();
    return this.last.outcome;
  }
}
