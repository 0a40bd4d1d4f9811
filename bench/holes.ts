/**
 * mitata cases for the searches by a tree at 1,000,000 areas and more with random holes: one munmap of a random area and
 * one mmap of 1 to 8 pages. Run on the built output: `make bench`. Each mm is checked before and after, and must have a
 * million areas still: those of equal rights that come to lie side by side merge, so there are more of them at first.
 */
import { bench, group, run } from 'mitata';
import { findArch } from '../src/arch/index.js';
import { bug } from '../src/lib/bug.js';
import { Rng } from '../src/lib/rng.js';
import { makeMm } from '../src/mm/make_mm.js';
import { initRlimits, type Mm } from '../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../src/mm/mmap.js';
import { doMunmap } from '../src/mm/munmap.js';
import { PhysicalMemory } from '../src/mm/physical_memory.js';
import { Vm } from '../src/mm/vm.js';
import { findRelease, type SearchName } from '../src/release/index.js';

const AREAS = 1_000_000;
/** Mapped at first; a quarter of them is unmapped again. */
const MAPPED = 1_400_000;
/** Kinds of rights, so that few neighbours are of one kind. */
const RIGHTS = 8;
const PRIVATE_ANONYMOUS = 0x22;
const args = newMmapArgs();

function map(mm: Mm, npages: number, prot: number): number {
  args.vpn = 0;
  args.offset = 0;
  args.lenPages = npages;
  args.lenOffset = 0;
  args.prot = prot;
  args.flags = PRIVATE_ANONYMOUS;
  const vpn = doMmap(mm, args);
  if (vpn < 0) bug('no room', { npages });
  return vpn;
}

/** Areas of 1 to 8 pages, neighbours of unlike rights so that they stay apart, a random quarter unmapped again. */
function withHoles(arch: string, kernel: string, search: SearchName): { mm: Mm; at: Float64Array; npages: Uint8Array } {
  const target = findArch(arch)!.at(findRelease(kernel)!.release, 64);
  const memory = new PhysicalMemory(target.pageSize, target.bigEndian, 2 ** 30);
  const mm = makeMm(target, new Vm(2 ** 50), memory, initRlimits(), { search, maxMapCount: 2 ** 30 });
  mm.exec(target.newTask, { path: '/bin/bench', major: 3, minor: 1, inode: 1 });
  const rng = new Rng(1);
  const at = new Float64Array(MAPPED);
  const npages = new Uint8Array(MAPPED);
  for (let i = 0; i < MAPPED; i++) {
    npages[i] = 1 + rng.below(8);
    at[i] = map(mm, npages[i]!, i % RIGHTS);
  }
  const order = Uint32Array.from({ length: MAPPED }, (_, i) => i);
  for (let i = MAPPED - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const left = MAPPED - MAPPED / 4;
  const kept = { at: new Float64Array(left), npages: new Uint8Array(left) };
  for (let i = 0; i < MAPPED; i++) {
    const which = order[i]!;
    if (i >= left) {
      doMunmap(mm, at[which]!, 0, npages[which]!, 0);
      continue;
    }
    kept.at[i] = at[which]!;
    kept.npages[i] = npages[which]!;
  }
  mm.check();
  return { mm, ...kept };
}

/** What each case has worked on. */
const spaces: { readonly name: string; readonly mm: Mm; readonly before: number }[] = [];

for (const [arch, kernel] of [['sparc64', '2.5.46'], ['x86_64', '6.1']] as const) {
  group(`${arch}: munmap of a random area + mmap, more than 1,000,000 areas with random holes`, () => {
    for (const search of ['gap-tree', 'maple', 'hole-tree'] as const) {
      const { mm, at, npages } = withHoles(arch, kernel, search);
      const rng = new Rng(2);
      bench(search, () => {
        const out = rng.below(at.length);
        doMunmap(mm, at[out]!, 0, npages[out]!, 0);
        npages[out] = 1 + rng.below(8);
        at[out] = map(mm, npages[out]!, rng.below(RIGHTS));
      });
      spaces.push({ name: `${arch} ${search}`, mm, before: mm.vmas.size });
    }
  });
}

await run({ colors: process.stdout.isTTY === true });
for (const { name, mm, before } of spaces) {
  mm.check();
  console.log(`${name}: ${before} areas at first, ${mm.vmas.size} at the end`);
  if (mm.vmas.size < AREAS) bug('fewer areas than the case says', { name, areas: mm.vmas.size });
}
