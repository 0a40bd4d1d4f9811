/** The machines, one record each. Adding one here makes it appear in the CLI, the tests and the tables. */
import type { Arch } from './arch.js';
import { i386 } from './i386/index.js';
import { ia64 } from './ia64/index.js';
import { sparc64 } from './sparc64/index.js';
import { x8664 } from './x86_64/index.js';

export const archs: readonly Arch[] = [i386, sparc64, ia64, x8664];

export function findArch(name: string): Arch | undefined {
  return archs.find((arch) => arch.name === name);
}

export type {
  Arch, Bits, CloneOrder, Field, FrameLayout, ImageArea, MapFlags, NptlParameters, PageRange, PthreadType, SignalAbi, Target, TaskView, VaHole,
} from './arch.js';
export type { Registers, Trap } from './trap.js';
