/** Address spaces made so that a search finds it hard, and what the hardest of many searches then costs. */
import { PROT_NONE } from '../../src/arch/generic/mman.js';
import { Rng } from '../../src/lib/rng.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { file } from '../support/draw.js';

export type Ploy = 'small holes everywhere' | 'growing holes' | 'a comb, thinned out' | 'random holes' | 'odd holes of a colour';
export const ploys: readonly Ploy[] = [
  'small holes everywhere', 'growing holes', 'a comb, thinned out', 'random holes', 'odd holes of a colour',
];

const args = newMmapArgs();

/** One area of `npages` with MAP_FIXED, PROT_NONE. */
function put(mm: Mm, vpn: number, npages: number): void {
  const { map } = mm.target;
  Object.assign(args, {
    vpn, offset: 0, lenPages: npages, lenOffset: 0, prot: PROT_NONE, pgoff: 0, file: null,
    flags: map.PRIVATE | map.ANONYMOUS | map.FIXED,
  });
  if (doMmap(mm, args) < 0) throw new Error('no room for the adversary');
}

/** Fills `mm` with about `n` areas by a ploy. */
export function adversary(mm: Mm, ploy: Ploy, n: number): void {
  const base = mm.taskUnmappedBase();
  const rng = new Rng(7);
  if (ploy === 'growing holes') {
    // Every hole is one page larger than the last: no two nodes have the same best.
    for (let i = 0, at = base; i < n; i++, at += 1 + (i % 97)) put(mm, at, 1);
    return;
  }
  const stride = ploy === 'odd holes of a colour' ? 3 : 2;
  for (let i = 0; i < n; i++) put(mm, base + stride * i + (stride - 2), 1);
  if (ploy === 'a comb, thinned out') {
    // Leaves are left nearly empty, and inner nodes with few children.
    for (let i = 0; i < n; i++) if (i % 50 !== 0) doMunmap(mm, base + 2 * i, 0, 1, 0);
  }
  if (ploy === 'random holes') {
    for (let i = 0; i < n / 2; i++) doMunmap(mm, base + rng.below(2 * n), 0, 1 + rng.below(5), 0);
  }
}

/** Nodes of the dearest of `count` searches of every kind, each followed by a change of the tree. */
export function mostNodes(mm: Mm, count: number): number {
  const { map } = mm.target;
  const base = mm.taskUnmappedBase();
  const rng = new Rng(11);
  let most = 0;
  for (let i = 0; i < count; i++) {
    const kind = rng.below(4);
    const isHint = rng.below(3) === 0;
    Object.assign(args, {
      vpn: isHint ? base + rng.below(10_000) : 0, offset: 0, lenPages: 1 + rng.below(rng.below(4) === 0 ? 120 : 4), prot: PROT_NONE,
      file: kind < 2 ? file : null, pgoff: kind < 2 ? rng.below(9) : 0,
      flags: kind === 0 ? map.SHARED : kind === 1 ? map.PRIVATE : map.PRIVATE | map.ANONYMOUS,
    });
    const before = mm.stats.probes;
    const at = doMmap(mm, args);
    most = Math.max(most, mm.stats.probes - before);
    if (at >= 0 && rng.below(2) === 0) doMunmap(mm, at, 0, args.lenPages, 0);
    else doMunmap(mm, base + rng.below(10_000), 0, 1 + rng.below(3), 0);
  }
  return most;
}
