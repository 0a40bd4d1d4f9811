/**
 * Builders of address spaces for tests, for any machine, word size, kernel release and search, and lists of
 * machines for describe.each.
 */
import { type Bits, findArch, type Target } from '../../src/arch/index.js';
import { initRlimits, type Rlimits, type Mm } from '../../src/mm/mm.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { PhysicalMemory } from '../../src/mm/physical_memory.js';
import { type OvercommitMode, Vm } from '../../src/mm/vm.js';
import { findRelease, type MmRules, type SearchName } from '../../src/release/index.js';
import { rules25 } from '../../src/release/mm_rules.js';

/** A machine as tests name it. What is left out: i386, its own word size, 2.5.46, its own search. */
export interface MachineChoice {
  readonly arch?: string;
  readonly bits?: Bits;
  readonly release?: string;
  readonly search?: SearchName;
}

export interface MmChoice extends MachineChoice {
  /** Bytes of memory; 1 GiB. */
  readonly ram?: number;
  readonly overcommit?: OvercommitMode;
  readonly maxMapCount?: number;
  /** Soft limits in bytes; unlimited but for the stack. */
  readonly rlimits?: Partial<Rlimits>;
  /** Rules of mm other than the release's. */
  readonly rules?: MmRules;
}

export interface NamedMachine extends Required<MachineChoice> {
  readonly name: string;
}

/** The machines and releases of the free-area cache's time, which the naive model and most tests know. */
const ARCHS = ['i386', 'sparc64', 'ia64'];
const RELEASES = ['2.5.45', '2.5.46'];
const SEARCHES: readonly SearchName[] = ['first-fit', 'free-area-cache'];

/** Each of them in each word size, by name; release and search left open. */
export const machineSizes: readonly { name: string; arch: string; bits: Bits }[] = ARCHS.flatMap((name) =>
  findArch(name)!.bits.map((bits) => ({ name: `${name} ${bits}-bit`, arch: name, bits })),
);

/** Every (machine, word size, release, search) of these, forced searches included. */
export const machines: readonly NamedMachine[] = machineSizes.flatMap(({ name, arch, bits }) =>
  RELEASES.flatMap((release) =>
    SEARCHES.map((search) => ({ name: `${name}, ${release}, ${search}`, arch, bits, release, search })),
  ),
);

export function targetOf(choice: MachineChoice): Target {
  const arch = findArch(choice.arch ?? 'i386');
  const release = findRelease(choice.release ?? '2.5.46')?.release;
  if (arch === undefined || release === undefined) throw new Error(`no machine ${JSON.stringify(choice)}`);
  return arch.at(release, choice.bits ?? arch.bits[0]!);
}

/** An empty address space, as mm_init leaves it. */
export function newMm(choice: MmChoice = {}): Mm {
  const named = targetOf(choice);
  const target = choice.rules ? { ...named, release: { ...named.release, rules: choice.rules } } : named;
  const ram = choice.ram ?? 2 ** 30;
  const vm = new Vm(Math.floor(ram / target.pageSize));
  vm.overcommit = choice.overcommit ?? 0;
  // Nothing is kept for root, so that tests count in round numbers.
  const { accounts } = choice.rules ?? target.release.rules;
  vm.follow({ ...rules25, accounts }, target.pageSize);
  const memory = new PhysicalMemory(target.pageSize, target.bigEndian, ram);
  return makeMm(target, vm, memory, { ...initRlimits(), ...choice.rlimits }, {
    search: choice.search ?? target.search,
    maxMapCount: choice.maxMapCount ?? target.release.maxMapCount,
  });
}

/** An empty address space whose layout exec has picked: searches that go down have their mmap_base. */
export function laidOutMm(choice: MmChoice = {}): Mm {
  const mm = newMm(choice);
  mm.pickMmapLayout();
  return mm;
}

/** An address space as exec leaves it: text, data, stack. */
export function execMm(choice: MmChoice = {}): Mm {
  const mm = newMm(choice);
  mm.exec(mm.target.newTask, { path: '/bin/program', major: 3, minor: 1, inode: 4711 });
  return mm;
}
