/**
 * SearchWalk: the holes that a search for an address passes, in its order, up to the further one of two answers.
 * It is told from the address space as it was before the call, so it is the same for every search: a walk looks
 * at each of these areas, a tree knows without looking which of the holes are too small.
 *
 *   from mmap_base downwards       [stack]
 *     7ffff7fff000                 |............|  too small
 *                                  [libc]
 *                                  |....................|  large enough: predicted
 */
import { hexVpn } from '../lib/u64.js';
import type { Mm } from '../mm/mm.js';
import { mapsLines } from '../mm/maps.js';
import { type FreeRange, holesOf } from './holes.js';

export interface WalkedHole {
  /** "0x..." each. */
  readonly start: string;
  readonly end: string;
  readonly bytes: number;
  readonly verdict: 'too small' | 'large enough';
  /** Which of the answers lie in it. */
  readonly answers: readonly ('recorded' | 'predicted')[];
}

export interface SearchWalk {
  readonly direction: 'up' | 'down';
  /** Where it begins, and what that place is. */
  readonly from: string;
  readonly fromName: 'TASK_UNMAPPED_BASE' | 'mmap_base' | 'free_area_cache';
  /** Bytes. */
  readonly wanted: number;
  readonly holes: readonly WalkedHole[];
  /** Holes in the middle that are left out. */
  readonly omitted: number;
}

/** Searches that begin anew at every call; all others go on from the cache. */
const WITHOUT_CACHE = ['first-fit', 'gap-tree', 'maple', 'hole-tree'];
/** Shown of a long walk: its first holes, and those before its end. */
const FIRST = 4;
const LAST = 10;

/** `recorded` and `predicted`: pages, or null for an answer that is no address. */
export function walkOf(mm: Mm, npages: number, recorded: number | null, predicted: number | null): SearchWalk {
  const { isTopDown, target } = mm;
  const hasCache = !WITHOUT_CACHE.includes(mm.search.name);
  const base = isTopDown ? mm.mmapBase : mm.taskUnmappedBase();
  const from = hasCache && mm.freeAreaCache > 0 ? mm.freeAreaCache : base;
  const all = holesFrom(mm, from, isTopDown);
  const answers = [recorded, predicted].filter((vpn) => vpn !== null);
  const last = Math.max(-1, ...answers.map((vpn) => all.findIndex((hole) => contains(hole, vpn))));
  const passed = last < 0 ? all : all.slice(0, last + 1);
  const shown = passed.length > FIRST + LAST ? [...passed.slice(0, FIRST), ...passed.slice(-LAST)] : passed;
  const address = (vpn: number) => hexVpn(vpn, target.pageShift);
  return {
    direction: isTopDown ? 'down' : 'up',
    from: address(from),
    fromName: from !== base ? 'free_area_cache' : isTopDown ? 'mmap_base' : 'TASK_UNMAPPED_BASE',
    wanted: mm.bytes(npages),
    holes: shown.map((hole) => ({
      start: address(hole.start),
      end: address(hole.end),
      bytes: mm.bytes(hole.end - hole.start),
      verdict: hole.end - hole.start >= npages ? 'large enough' : 'too small',
      answers: [
        ...(recorded !== null && contains(hole, recorded) ? ['recorded' as const] : []),
        ...(predicted !== null && contains(hole, predicted) ? ['predicted' as const] : []),
      ],
    })),
    omitted: passed.length - shown.length,
  };
}

function contains({ start, end }: FreeRange, vpn: number): boolean {
  return start <= vpn && vpn < end;
}

/** All holes on the way, the first cut off where the way begins. */
function holesFrom(mm: Mm, from: number, isDown: boolean): FreeRange[] {
  const { vmas, target } = mm;
  const lowest = vmas.first();
  const highest = vmas.before(-1);
  const inner = holesOf(mm);
  const outer = [
    ...(lowest >= 0 ? [{ start: target.lowestSearched, end: vmas.vmStart[lowest]! }] : []),
    ...inner,
    ...(highest >= 0 ? [{ start: vmas.vmEnd[highest]!, end: target.searchEnd }] : []),
  ].filter(({ start, end }) => start < end);
  if (isDown) {
    return outer.filter(({ start }) => start < from)
      .map(({ start, end }) => ({ start, end: Math.min(end, from) })).reverse();
  }
  return outer.filter(({ end }) => end > from).map(({ start, end }) => ({ start: Math.max(start, from), end }));
}

/** Lines of maps next to each of the pages, with a mark where the page is free. */
export function linesAround(mm: Mm, vpns: readonly number[], context: number): string[] {
  const { vmas } = mm;
  const lines = mapsLines(mm);
  const near = new Set<number>();
  let index = 0;
  const below = new Map<number, number>();
  for (const vpn of vpns) below.set(vpn, 0);
  for (let h = vmas.first(); h >= 0; h = vmas.next(h), index++) {
    for (const vpn of vpns) if (vmas.vmEnd[h]! <= vpn) below.set(vpn, index + 1);
  }
  for (const at of below.values()) for (let i = at - context; i < at + context; i++) near.add(i);
  const shown: string[] = [];
  let previous = -1;
  for (const i of [...near].filter((i) => i >= 0 && i < lines.length).sort((a, b) => a - b)) {
    if (i > previous + 1) shown.push('...');
    shown.push(lines[i]!.trimEnd());
    previous = i;
  }
  if (previous >= 0 && previous < lines.length - 1) shown.push('...');
  return shown;
}
