/**
 * Every generation of the search once more, slowly: its steps over a sorted array of areas, written from their
 * description and not from src/mm. Page numbers throughout; ~0UL is Infinity. A search is a function of the areas
 * and of what the mm remembers (C and H), so it is handed both and returns an address or 'ENOMEM'.
 */
export interface Area {
  readonly start: number;
  readonly end: number;
  readonly growsDown: boolean;
}

/** A machine as its own loop sees it. */
export interface World {
  /** End of the space a search may use, and the number of pages that an unsigned long can name. */
  readonly end: number;
  readonly wordEnd: number;
  readonly longest: number;
  readonly base: number;
  readonly mmapBase: number;
  readonly topDown: boolean;
  readonly lowest: number;
  readonly hole: { readonly start: number; readonly end: number; readonly rule: '2.5.46' | '2.6.18' } | null;
  readonly region: { readonly pages: number; readonly limit: number } | null;
  readonly hintStarts: boolean;
  /** Pages that addresses of this kind are a multiple of, and whether pgoff is added. */
  readonly shared: number;
  readonly file: number;
  readonly addsPgoff: boolean;
  /** 256-page distance of stacks: in the search too, or for hints alone (6.1). */
  readonly guard: number;
  readonly guardInSearch: boolean;
  readonly hintTestsPrev: boolean;
  /** x86_64's own loop moves the cache to the base for a size that H promises, for 32-bit tasks alone. */
  readonly holeHit?: 'moves the cache' | 'never';
  /** 2.6.13's hook for the cursor, too: once a munmap, with the end of the area below (ia64). */
  readonly hookOnce?: true;
  /** round_hint_to_min() of 3.6: a hint that is not aligned goes down, not up. */
  readonly hintsGoDown?: true;
  /** MAP_FIXED of shared memory must have its colour: sparc64 of 3.6. */
  readonly fixedColours?: true;
  /** 3.6's hook, which leaves H alone. */
  readonly keepsHole?: true;
}

export interface Memory {
  C: number;
  H: number;
  /** Areas a loop compared the request with. */
  probes: number;
}

export interface Wanted {
  /** Null: no hint. Rounded up to a page already. */
  readonly hint: number | null;
  readonly len: number;
  readonly isFile: boolean;
  readonly isShared: boolean;
  readonly pgoff: number;
}

export type Answer = number | 'ENOMEM';
type Steps = (w: World, areas: readonly Area[], m: Memory, r: Wanted) => Answer;

// ---- what the loops share -----------------------------------------------------------------------------

function findVma(areas: readonly Area[], addr: number): number {
  let i = 0;
  while (i < areas.length && areas[i]!.end <= addr) i += 1;
  return i;
}

function colour(w: World, r: Wanted): { step: number; offset: number } {
  const step = r.isShared ? w.shared : r.isFile ? w.file : 1;
  return { step, offset: w.addsPgoff && step > 1 ? r.pgoff % step : 0 };
}

function alignUp(w: World, r: Wanted, addr: number): number {
  const { step, offset } = colour(w, r);
  let a = addr;
  while (a % step !== 0) a += 1;
  return a + offset;
}

function alignDown(w: World, r: Wanted, addr: number): number {
  const { step, offset } = colour(w, r);
  let a = addr;
  if (w.region !== null) {
    const start = Math.floor(a / w.region.pages) * w.region.pages;
    if (a - start + r.len > w.region.limit) a = start + w.region.limit - r.len;
  }
  let base = a;
  while (((base % step) + step) % step !== 0) base -= 1;
  return base + offset <= a ? base + offset : base - offset;
}

/** The hint where it is probed: not where the loop starts from it, which loops that go down never did. */
function hinted(w: World, areas: readonly Area[], r: Wanted, startsUp = w.hintStarts): number | null {
  if (r.hint === null || startsUp) return null;
  let a = alignUp(w, r, r.hint);
  if (a >= w.wordEnd) a -= w.wordEnd;
  const v = areas[findVma(areas, a)];
  return a <= w.end - r.len && (v === undefined || a + r.len <= v.start) ? a : null;
}

interface Walk {
  readonly addr: number;
  readonly areas: readonly Area[];
}

/** The upward loop from `from`; `passed` sees each hole that was too small. */
function loopUp(
  w: World, { addr, areas }: Walk, m: Memory, r: Wanted, passed: (start: number, area: Area) => void = () => {},
): Answer {
  let a = alignUp(w, r, addr);
  if (a >= w.wordEnd) a -= w.wordEnd;
  let i = findVma(areas, a);
  for (;;) {
    if (w.hole !== null) {
      const jumps = w.hole.rule === '2.5.46'
        ? a < w.hole.end && a + r.len > w.hole.start
        : a < w.hole.start && a + r.len >= w.hole.start;
      if (jumps) {
        a = w.hole.end;
        i = findVma(areas, a);
      }
    }
    if (a + r.len > w.end) return 'ENOMEM';
    if (w.region !== null && (a % w.region.pages) + r.len > w.region.limit) return 'ENOMEM';
    const v = areas[i];
    if (v === undefined) return a;
    m.probes += 1;
    if (a + r.len <= v.start) return a;
    passed(a, v);
    a = alignUp(w, r, v.end);
    i += 1;
  }
}

// ---- (a) and (b) --------------------------------------------------------------------------------------

const firstFit: Steps = (w, areas, m, r) => {
  if (r.len > w.longest) return 'ENOMEM';
  const granted = hinted(w, areas, r);
  if (granted !== null) return granted;
  return loopUp(w, { addr: w.hintStarts && r.hint !== null ? r.hint : w.base, areas }, m, r);
};

/** Plain machines alone; the forced form of the others is naive_search.ts's. */
const freeAreaCache: Steps = (w, areas, m, r) => {
  if (r.len > w.longest) return 'ENOMEM';
  const granted = hinted(w, areas, r);
  if (granted !== null) return granted;
  let a = m.C;
  let foundHole = false;
  for (let i = findVma(areas, a); ; i++) {
    if (a + r.len > w.end) return 'ENOMEM';
    const v = areas[i];
    if (!foundHole && (v === undefined || a < v.start)) {
      m.C = a;
      foundHole = true;
    }
    if (v === undefined) return a;
    m.probes += 1;
    if (a + r.len <= v.start) return a;
    a = v.end;
  }
};

// ---- (c) ----------------------------------------------------------------------------------------------

const cursor: Steps = (w, areas, m, r) => {
  if (r.len > w.longest) return 'ENOMEM';
  const granted = hinted(w, areas, r);
  if (granted !== null) return granted;
  const start = w.hintStarts && r.hint !== null ? r.hint : m.C;
  let a = loopUp(w, { addr: start, areas }, m, r);
  const startedAt = w.hintStarts ? alignUp(w, r, start) : start;
  if (a === 'ENOMEM' && startedAt !== w.base) a = loopUp(w, { addr: w.base, areas }, m, r);
  if (a !== 'ENOMEM') m.C = a + r.len;
  return a;
};

// ---- (d1) and (d2) ------------------------------------------------------------------------------------

function lookAt(areas: readonly Area[], m: Memory, a: number): { v: Area | undefined; p: Area | undefined } {
  const i = findVma(areas, a);
  if (i < areas.length) m.probes += 1;
  return { v: areas[i], p: areas[i - 1] };
}

/** Once more upwards, the hint included, everything reset around it. */
function fallBack(up: Steps, w: World, areas: readonly Area[], m: Memory, r: Wanted): Answer {
  m.C = w.base;
  const a = up(w, areas, m, r);
  m.C = w.mmapBase;
  return a;
}

const topdown269: Steps = (w, areas, m, r) => {
  if (!w.topDown) return cursor(w, areas, m, r);
  if (r.len > w.longest) return 'ENOMEM';
  if (m.C > w.mmapBase) m.C = w.mmapBase;
  const granted = hinted(w, areas, r, false);
  if (granted !== null) return granted;
  for (const attempt of [1, 2]) {
    let a = alignDown(w, r, m.C - r.len);
    while (a >= 0) {
      const { v, p } = lookAt(areas, m, a);
      if (v === undefined) return a;
      if (a + r.len <= v.start && (p === undefined || a >= p.end)) {
        m.C = a;
        return a;
      }
      if (m.C === v.end) m.C = v.start;
      a = alignDown(w, r, v.start - r.len);
    }
    if (attempt === 1) m.C = w.mmapBase;
  }
  return fallBack(cursor, w, areas, m, r);
};

const topdown2612: Steps = (w, areas, m, r) => {
  if (!w.topDown) return cursor(w, areas, m, r);
  if (r.len > w.longest) return 'ENOMEM';
  const granted = hinted(w, areas, r, false);
  if (granted !== null) return granted;
  const top = alignDown(w, r, m.C - r.len);
  if (top >= 0) {
    const { v } = lookAt(areas, m, top);
    if (v === undefined || top + r.len <= v.start) {
      m.C = top;
      return top;
    }
  }
  let a = alignDown(w, r, w.mmapBase - r.len);
  if (a < 0) a += w.wordEnd;
  do {
    const { v } = lookAt(areas, m, a);
    if (v === undefined || a + r.len <= v.start) {
      m.C = a;
      return a;
    }
    a = alignDown(w, r, v.start - r.len);
  } while (a >= 0);
  return fallBack(cursor, w, areas, m, r);
};

// ---- (e) and (e2) -------------------------------------------------------------------------------------

/** "If a + H < v.start then H = v.start - a", where ~0 in the sum is -1. */
function measure(m: Memory, a: number, v: Area): void {
  const sum = m.H === Number.POSITIVE_INFINITY ? a - 0.5 : a + m.H;
  if (sum < v.start) m.H = v.start - a;
}

const holeUp: Steps = (w, areas, m, r) => {
  if (r.len > w.longest) return 'ENOMEM';
  const granted = hinted(w, areas, r);
  if (granted !== null) return granted;
  let start = m.C;
  if (w.hintStarts && r.hint !== null) start = r.hint;
  else if (w.holeHit !== 'never' && r.len <= m.H) {
    start = w.base;
    m.H = 0;
    if (w.holeHit === 'moves the cache') m.C = w.base;
  }
  const note = (at: number, v: Area) => measure(m, at, v);
  let a = loopUp(w, { addr: start, areas }, m, r, note);
  if (a === 'ENOMEM' && start !== w.base) {
    m.H = 0;
    a = loopUp(w, { addr: w.base, areas }, m, r, note);
  }
  if (a !== 'ENOMEM') m.C = a + r.len;
  return a;
};

function holeFallBack(w: World, areas: readonly Area[], m: Memory, r: Wanted): Answer {
  m.H = Number.POSITIVE_INFINITY;
  const a = fallBack(holeUp, w, areas, m, r);
  m.H = Number.POSITIVE_INFINITY;
  return a;
}

/** Down from `from`, at least one step; null when v.start is too low, or a colour leads below page 0. */
function holeWalkDown(w: World, areas: readonly Area[], m: Memory, r: Wanted, from: number): number | null {
  let a = alignDown(w, r, from - r.len);
  for (;;) {
    if (a < 0) return null;
    const { v } = lookAt(areas, m, a);
    if (v === undefined || a + r.len <= v.start) {
      m.C = a;
      return a;
    }
    measure(m, a, v);
    if (!(r.len < v.start)) return null;
    a = alignDown(w, r, v.start - r.len);
  }
}

const holeSize: Steps = (w, areas, m, r) => {
  if (!w.topDown) return holeUp(w, areas, m, r);
  if (r.len > w.longest) return 'ENOMEM';
  const granted = hinted(w, areas, r, false);
  if (granted !== null) return granted;
  if (r.len <= m.H) {
    m.H = 0;
    m.C = w.mmapBase;
  }
  const top = alignDown(w, r, m.C - r.len);
  if (top > 0) {
    const { v } = lookAt(areas, m, top);
    if (v === undefined || top + r.len <= v.start) {
      m.C = top;
      return top;
    }
  }
  const found = w.mmapBase < r.len ? null : holeWalkDown(w, areas, m, r, w.mmapBase);
  return found ?? holeFallBack(w, areas, m, r);
};

const holeSize36: Steps = (w, areas, m, r) => {
  if (!w.topDown) return holeUp(w, areas, m, r);
  if (r.len > w.longest) return 'ENOMEM';
  const granted = hinted(w, areas, r, false);
  if (granted !== null) return granted;
  if (r.len <= m.H) {
    m.H = 0;
    m.C = w.mmapBase;
  }
  for (;;) {
    const start = m.C;
    const found = start < r.len ? null : holeWalkDown(w, areas, m, r, start);
    if (found !== null) return found;
    if (start === w.mmapBase) return holeFallBack(w, areas, m, r);
    m.C = w.mmapBase;
    m.H = 0;
  }
};

// ---- (f) and (g) --------------------------------------------------------------------------------------

const startGap = (w: World, v: Area) => (v.growsDown ? Math.max(0, v.start - w.guard) : v.start);

interface Gap {
  readonly start: number;
  readonly end: number;
  readonly above: Area | undefined;
}

/** All gaps inside [low, high) that take L, lowest first; up to an area, or up to its guard gap. */
function gapsOf(w: World, areas: readonly Area[], low: number, high: number, L: number, guarded: boolean): Gap[] {
  const found = [];
  for (let i = 0; i <= areas.length; i++) {
    const start = Math.max(low, areas[i - 1]?.end ?? 0);
    const above = areas[i];
    const limit = above === undefined ? high : guarded ? startGap(w, above) : above.start;
    const end = Math.min(high, limit);
    if (end - start >= L) found.push({ start, end, above });
  }
  return found;
}

const mod = (a: number, n: number) => ((a % n) + n) % n;

/** Lowest and highest aligned address in [low, high). */
interface Finder {
  lowest(w: World, areas: readonly Area[], low: number, high: number, r: Wanted): Answer;
  highest(w: World, areas: readonly Area[], low: number, high: number, r: Wanted): Answer;
}

/** 4.12: gaps end at the guard gap of a stack. 6.1 is the same without. */
const once = (guarded: boolean): Finder => ({
  lowest(w, areas, low, high, r) {
    const { step, offset } = colour(w, r);
    const gap = gapsOf(w, areas, low, high, r.len + step - 1, guarded)[0];
    return gap === undefined ? 'ENOMEM' : gap.start + mod(offset - gap.start, step);
  },
  highest(w, areas, low, high, r) {
    const { step, offset } = colour(w, r);
    const gap = gapsOf(w, areas, low, high, r.len + step - 1, guarded).at(-1);
    return gap === undefined ? 'ENOMEM' : gap.end - r.len - mod(gap.end - r.len - offset, step);
  },
});

/** 6.13: a gap is found first; where a stack's guard gap reaches into it, the search goes on beside that. */
const again: Finder = {
  lowest(w, areas, from, high, r) {
    const { step, offset } = colour(w, r);
    const L = r.len + step - 1;
    for (let low = from; ; ) {
      const gap = gapsOf(w, areas, low, high, L, false)[0];
      if (gap === undefined) return 'ENOMEM';
      const at = gap.start + mod(offset - gap.start, step);
      if (gap.above === undefined || !gap.above.growsDown || startGap(w, gap.above) >= at + L) return at;
      low = gap.above.end;
    }
  },
  highest(w, areas, low, to, r) {
    const { step, offset } = colour(w, r);
    for (let high = to; ; ) {
      const gap = gapsOf(w, areas, low, high, r.len + step - 1, false).at(-1);
      if (gap === undefined) return 'ENOMEM';
      if (gap.above === undefined || startGap(w, gap.above) >= gap.end) {
        return gap.end - r.len - mod(gap.end - r.len - offset, step);
      }
      high = startGap(w, gap.above);
    }
  },
};

function byGaps(w: World, areas: readonly Area[], r: Wanted, find: Finder): Answer {
  if (r.len > w.longest) return 'ENOMEM';
  if (r.hint !== null && !w.hintStarts) {
    let a = alignUp(w, r, r.hint);
    if (a >= w.wordEnd) a -= w.wordEnd;
    const v = areas[findVma(areas, a)];
    if (a <= w.end - r.len && (v === undefined || a + r.len <= startGap(w, v))) return a;
  }
  if (w.topDown) {
    const a = find.highest(w, areas, w.lowest, w.mmapBase, r);
    if (a !== 'ENOMEM') return a;
  }
  const low = w.hintStarts && r.hint !== null ? r.hint : w.base;
  if (w.hole === null) return find.lowest(w, areas, low, w.end, r);
  const below = find.lowest(w, areas, low, Math.min(w.end, w.hole.start), r);
  return below === 'ENOMEM' && w.end > w.hole.end ? find.lowest(w, areas, w.hole.end, w.end, r) : below;
}

const gapTree: Steps = (w, areas, _m, r) => byGaps(w, areas, r, once(w.guardInSearch));
const maple: Steps = (w, areas, _m, r) => byGaps(w, areas, r, w.guardInSearch ? again : once(false));

// ---- unmap --------------------------------------------------------------------------------------------

/** What the hooks do with C and H when [start, end) of these areas is unmapped. */
export function naiveUnmap(name: string, w: World, areas: readonly Area[], m: Memory, start: number, end: number): void {
  const pieces = areas.filter((v) => v.start < end && v.end > start)
    .map((v) => ({ start: Math.max(v.start, start), end: Math.min(v.end, end) }));
  if (pieces.length === 0) return;
  if (name.startsWith('hole-size') || (name === 'cursor' && w.hookOnce)) unmapOnce(name, w, areas, m, start, end);
  else for (const piece of pieces) unmapPiece(name, w, m, piece);
}

function unmapPiece(name: string, w: World, m: Memory, piece: { start: number; end: number }): void {
  const hasCache = ['free-area-cache', 'cursor', 'topdown-2.6.9', 'topdown-2.6.12'].includes(name);
  if (name.startsWith('topdown') && w.topDown) {
    if (piece.end > m.C) m.C = piece.end;
    if (name === 'topdown-2.6.12' && m.C > w.mmapBase) m.C = w.mmapBase;
  } else if (hasCache && piece.start >= w.base && piece.start < m.C) {
    m.C = piece.start;
  }
}

function unmapOnce(name: string, w: World, areas: readonly Area[], m: Memory, start: number, end: number): void {
  if (w.topDown) {
    const above = areas.find((v) => v.end > end);
    const x = above === undefined ? w.mmapBase : Math.max(above.start, end);
    if (x > m.C) m.C = x;
    if (m.C > w.mmapBase) m.C = w.mmapBase;
    return;
  }
  const below = areas.filter((v) => v.start < start).at(-1);
  const x = below === undefined ? w.mmapBase : Math.min(below.end, start);
  if (x < w.base || x >= m.C) return;
  m.C = x;
  if (name === 'hole-size' && !w.keepsHole) m.H = Number.POSITIVE_INFINITY;
}

export const naiveGenerations: Readonly<Record<string, Steps>> = {
  'first-fit': firstFit,
  'free-area-cache': freeAreaCache,
  'hole-tree': firstFit,
  cursor,
  'topdown-2.6.9': topdown269,
  'topdown-2.6.12': topdown2612,
  'hole-size': holeSize,
  'hole-size-3.6': holeSize36,
  'gap-tree': gapTree,
  maple,
};
