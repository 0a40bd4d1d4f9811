/** makeMm: an empty address space (mm_init) with the search, the checks and the rules of its target. */
import type { Target } from '../arch/index.js';
import type { SearchName } from '../release/index.js';
import { anonVmaPrepare } from './anon_vma.js';
import { checkStackGuardPage, expandStack } from './expand_stack.js';
import { Mm, type Rlimits } from './mm.js';
import { mmapSteps } from './mmap_steps.js';
import type { PhysicalMemory } from './physical_memory.js';
import { searchNamed } from './unmapped_area/index.js';
import type { Vm } from './vm.js';

export interface MmOptions {
  /** A search other than the target's own. */
  readonly search?: SearchName;
  readonly maxMapCount?: number;
}

export function makeMm(
  target: Target, vm: Vm, memory: PhysicalMemory, rlimits: Rlimits, options: MmOptions = {},
): Mm {
  const { rules, maxMapCount } = target.release;
  return new Mm(target, vm, memory, rlimits, options.maxMapCount ?? maxMapCount, {
    search: searchNamed(options.search ?? target.search),
    mmapSteps: rules.mmap.map((name) => mmapSteps[name]),
    anonymousSteps: rules.mmap.filter((name) => !name.includes('file')).map((name) => mmapSteps[name]),
    expandStack,
    checkStackGuardPage,
    anonVmaPrepare,
  });
}
