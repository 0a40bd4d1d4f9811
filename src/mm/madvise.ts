/**
 * madvise: sys_madvise() and do_madvise(), mm/madvise.c. The argument checks, the advices that are known and
 * what each does are the release's (src/release/mm_rules.ts); here they are done, piece by piece of the areas
 * in the range. A hole is passed over, and makes the result ENOMEM at the end.
 *
 * Unlike Linux: memory is never short here, so MADV_FREE, COLD and PAGEOUT check and do nothing, and no
 * RLIMIT_RSS limits WILLNEED. Missing: MADV_COLLAPSE, which is an unknown advice; mseal().
 */
import { EACCES, EAGAIN, EBADF, EINVAL, EIO, ENOMEM, ENOSYS, EOPNOTSUPP, EPERM } from '../arch/generic/errno.js';
import {
  VM_DONTCOPY, VM_DONTDUMP, VM_IO, VM_LOCKED, VM_MAYSHARE, VM_MAYWRITE, VM_NOHUGEPAGE, VM_PFNMAP,
  VM_READ, VM_SHARED, VM_WRITE,
} from '../arch/generic/mman.js';
import {
  MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_HUGEPAGE, MADV_HWPOISON, MADV_KEEPONFORK,
  MADV_MERGEABLE, MADV_NOHUGEPAGE, MADV_POPULATE_WRITE, MADV_RANDOM, MADV_SEQUENTIAL, MADV_SOFT_OFFLINE, MADV_WIPEONFORK,
  VM_HUGEPAGE, VM_MERGEABLE, VM_MIXEDMAP, VM_NONLINEAR, VM_RAND_READ, VM_SEQ_READ, VM_WIPEONFORK,
} from '../arch/generic/mman_calls.js';
import type { AdviceRule, MadviseStep } from '../release/index.js';
import { anonVmaPrepare } from './anon_vma.js';
import type { Mm } from './mm.js';
import { pageAlign } from './page_align.js';
import { joinsNextAlone, vmaModify } from './vma_merge.js';
import { NONE } from './vma_set.js';

/** What the argument checks need. */
interface Range {
  readonly vpn: number;
  readonly offset: number;
  readonly isEmpty: boolean;
  readonly npages: number;
  readonly advice: number;
}

/** A part of one area, or the whole range for advices that take it so. */
interface Piece {
  readonly h: number;
  readonly vmFlags: number;
  readonly start: number;
  readonly end: number;
  readonly advice: number;
  /** The range goes on behind it. */
  readonly goesOn: boolean;
}

/** The call is answered with 0. */
const FINISHED = 1;

const steps: Readonly<Record<MadviseStep, (mm: Mm, range: Range) => number>> = {
  'unknown advice: EINVAL': (mm, range) => (ruleOf(mm, range.advice) === undefined ? -EINVAL : 0),
  'unaligned: EINVAL': (_mm, range) => (range.offset !== 0 ? -EINVAL : 0),
  'length rounds to 0: EINVAL': (_mm, range) => (!range.isEmpty && range.npages === 0 ? -EINVAL : 0),
  'wraps: EINVAL': (mm, range) =>
    range.npages > 0 && range.vpn + range.npages >= mm.target.vpnEnd ? -EINVAL : 0,
  'empty: 0': (_mm, range) => (range.npages === 0 ? FINISHED : 0),
  'hardware errors need CAP_SYS_ADMIN: EPERM': (_mm, range) =>
    range.advice === MADV_HWPOISON || range.advice === MADV_SOFT_OFFLINE ? -EPERM : 0,
};

function ruleOf(mm: Mm, advice: number): AdviceRule | undefined {
  const isOfHuge = advice === MADV_HUGEPAGE || advice === MADV_NOHUGEPAGE;
  return isOfHuge && mm.target.hugePages === 0 ? undefined : mm.rules.advice[advice];
}

/** Advises about a range. Returns 0 or a negative errno; what came before an error is done. */
export function doMadvise(
  mm: Mm, vpn: number, offset: number, lenPages: number, lenOffset: number, advice: number,
): number {
  const npages = pageAlign(mm, lenPages, lenOffset);
  const range: Range = { vpn, offset, isEmpty: lenPages === 0 && lenOffset === 0, npages, advice };
  for (const name of mm.rules.madvise) {
    const result = steps[name](mm, range);
    if (result !== 0) return result === FINISHED ? 0 : result;
  }
  if (ruleOf(mm, advice) === 'populate the range, holes end it') return populateRange(mm, range);
  return walkAreas(mm, range);
}

function walkAreas(mm: Mm, { vpn, npages, advice }: Range): number {
  const { vmas } = mm;
  const end = vpn + npages;
  // Goes on behind the area that a merge left, all of which has the new flags, except where a merge went wrong.
  const mergesWrongly = ruleOf(mm, advice) === 'read-ahead, mismerged with what is above';
  let result = 0;
  for (let at = vpn; at < end; ) {
    const h = vmas.find(at);
    if (h === NONE || vmas.vmStart[h]! >= end) return -ENOMEM;
    const start = Math.max(vmas.vmStart[h]!, at);
    if (start > at) result = -ENOMEM;
    const stop = Math.min(vmas.vmEnd[h]!, end);
    const error = advise(mm, { h, vmFlags: vmas.vmFlags[h]!, start, end: stop, advice, goesOn: stop < end });
    if (error < 0) return error;
    at = mergesWrongly && stop < end ? vmas.vmEnd[vmas.find(stop - 1)]! : stop;
  }
  return result;
}

function advise(mm: Mm, piece: Piece): number {
  if (mm.rules.adviceNeedsFile && !mm.hasFile(piece.h)) return -EBADF;
  const rule = ruleOf(mm, piece.advice);
  return rule === undefined ? -EINVAL : rules[rule](mm, piece);
}

const rules: Readonly<Record<AdviceRule, (mm: Mm, piece: Piece) => number>> = {
  'read-ahead, split even if unchanged': splitAndSet,
  'read-ahead, mismerged with what is above': mismerge,
  'read-ahead, split above the map limit once: ENOMEM': splitAndSet24,
  flags: (mm, piece) => changeFlags(mm, piece, newFlags(mm, piece)),
  'flags, also of special memory': (mm, piece) => changeFlags(mm, piece, newFlags(mm, piece)),
  'huge pages': preferHuge,
  // hugepage_madvise() of 3.x: asking once more is an error, too.
  'huge pages, once, of private memory of its own': (mm, piece) => {
    const wanted = piece.advice === MADV_HUGEPAGE ? VM_HUGEPAGE : VM_NOHUGEPAGE;
    const unfit = mm.rules.neverMerges | VM_MIXEDMAP | VM_SHARED | VM_MAYSHARE;
    return (piece.vmFlags & (unfit | wanted)) !== 0 ? -EINVAL : preferHuge(mm, piece);
  },
  'flags that do not merge pages of shared or special memory': (mm, piece) => {
    const unfit = VM_SHARED | VM_MAYSHARE | VM_MIXEDMAP | mm.rules.neverMerges;
    if (piece.advice !== MADV_MERGEABLE) return changeFlags(mm, piece, (piece.vmFlags & ~VM_MERGEABLE) >>> 0);
    return (piece.vmFlags & unfit) !== 0 ? 0 : changeFlags(mm, piece, (piece.vmFlags | VM_MERGEABLE) >>> 0);
  },
  'no file: EBADF, beyond its end: EIO': willNeed24,
  'no file: EBADF': (mm, piece) => (mm.hasFile(piece.h) ? 0 : -EBADF),
  nothing: () => 0,
  'drop pages': (mm, piece) => ((piece.vmFlags & (VM_LOCKED | VM_PFNMAP)) !== 0 ? -EINVAL : drop(mm, piece)),
  'drop pages, locked ones too': (mm, piece) => ((piece.vmFlags & VM_PFNMAP) !== 0 ? -EINVAL : drop(mm, piece)),
  'free lazily': (mm, piece) => {
    const isAnonymous = mm.vmas.vmFile[piece.h] === 0;
    return (piece.vmFlags & (VM_LOCKED | VM_PFNMAP)) !== 0 || !isAnonymous ? -EINVAL : 0;
  },
  'punch a hole: needs VM_WRITE, ENOSYS': (mm, piece) => punchHole(mm, piece, VM_WRITE, -ENOSYS),
  'punch a hole: needs VM_WRITE': (mm, piece) => punchHole(mm, piece, VM_WRITE, -EOPNOTSUPP),
  'punch a hole: needs VM_MAYWRITE': (mm, piece) => punchHole(mm, piece, VM_MAYWRITE, -EOPNOTSUPP),
  age: (_mm, piece) => ((piece.vmFlags & (VM_LOCKED | VM_PFNMAP)) !== 0 ? -EINVAL : 0),
  populate: populatePiece,
  'populate the range, holes end it': populatePiece,
  guard,
  unguard,
  'guard private anonymous memory': (mm, piece) => (mm.vmas.vmFile[piece.h] === 0 ? guard(mm, piece) : -EINVAL),
  'unguard private anonymous memory': (mm, piece) => (mm.vmas.vmFile[piece.h] === 0 ? unguard(mm, piece) : -EINVAL),
  'inject an error': () => -EPERM,
};

function preferHuge(mm: Mm, piece: Piece): number {
  const [on, off] = piece.advice === MADV_HUGEPAGE ? [VM_HUGEPAGE, VM_NOHUGEPAGE] : [VM_NOHUGEPAGE, VM_HUGEPAGE];
  return changeFlags(mm, piece, ((piece.vmFlags & ~off) | on) >>> 0);
}

/** MADV_GUARD_INSTALL. */
function guard(mm: Mm, piece: Piece): number {
  if ((piece.vmFlags & (mm.rules.neverMerges | VM_LOCKED)) !== 0) return -EINVAL;
  // So that a fork copies the markers. Measured on 6.18.44: memory with a file gets none.
  if (mm.vmas.vmFile[piece.h] === 0) anonVmaPrepare(mm, piece.h);
  return mm.pageTable.installGuards(piece.start, piece.end);
}

/** MADV_GUARD_REMOVE, of locked memory, too. */
function unguard(mm: Mm, piece: Piece): number {
  if ((piece.vmFlags & mm.rules.neverMerges) !== 0) return -EINVAL;
  mm.pageTable.removeGuards(piece.start, piece.end);
  return 0;
}

/** madvise_behavior(): what the flags become, or a negative errno. */
function newFlags(mm: Mm, { h, vmFlags, advice }: Piece): number {
  const plain = vmFlags & ~(VM_SEQ_READ | VM_RAND_READ);
  switch (advice) {
    case MADV_SEQUENTIAL: return (plain | VM_SEQ_READ) >>> 0;
    case MADV_RANDOM: return (plain | VM_RAND_READ) >>> 0;
    case MADV_DONTFORK: return (vmFlags | VM_DONTCOPY) >>> 0;
    case MADV_DOFORK: return (vmFlags & VM_IO) !== 0 ? -EINVAL : (vmFlags & ~VM_DONTCOPY) >>> 0;
    case MADV_WIPEONFORK:
      return mm.hasFile(h) || (vmFlags & VM_SHARED) !== 0 ? -EINVAL : (vmFlags | VM_WIPEONFORK) >>> 0;
    case MADV_KEEPONFORK: return (vmFlags & ~VM_WIPEONFORK) >>> 0;
    case MADV_DONTDUMP: return (vmFlags | VM_DONTDUMP) >>> 0;
    case MADV_DODUMP: {
      const isRefused = mm.rules.advice[advice] === 'flags' && (vmFlags & mm.rules.neverMerges) !== 0;
      return isRefused ? -EINVAL : (vmFlags & ~VM_DONTDUMP) >>> 0;
    }
    default: return plain >>> 0;
  }
}

/** From 2.6.18 on: nothing to do where nothing changes, else the area merges or is split. */
function changeFlags(mm: Mm, piece: Piece, flags: number): number {
  if (flags < 0) return flags;
  if (flags === piece.vmFlags) return 0;
  const error = vmaModify(mm, piece.h, piece.start, piece.end, flags);
  if (error !== -ENOMEM) return error;
  return mm.rules.adviceAtMapLimit === 'ENOMEM' ? -ENOMEM : -EAGAIN;
}

/**
 * 2.6.13, mm/madvise.c: madvise_behavior(), sys_madvise(). Where the area above alone could take the piece in,
 * vma_merge() lets the advised area swallow that one, and nobody gives it the new flags: the piece is not changed, and
 * the area above loses what it had. sys_madvise() also passes the area below the advised one for prev, though the piece
 * starts in its middle; then the advised area begins at the piece, and what was in front of it is in no area any more.
 *
 *   [AAAA][SSS]  SEQUENTIAL of its last two:  ..[AAAAA]
 *
 * Unlike Linux: what is lost so goes as if unmapped; there it stays in the page tables and in total_vm.
 */
function mismerge(mm: Mm, piece: Piece): number {
  const { vmas } = mm;
  const { h, start, end } = piece;
  const flags = newFlags(mm, piece);
  if (flags === piece.vmFlags) return 0;
  if (!joinsNextAlone(mm, h, start, end, flags)) return changeFlags(mm, piece, flags);
  const front = vmas.vmStart[h]!;
  if (front < start) {
    mm.unaccount(piece.vmFlags, start - front);
    vmas.vmPgoff[h]! += start - front;
    vmas.setStart(h, start);
    mm.pageTable.unmap(front, start);
  }
  const next = vmas.next(h);
  mm.stats.merges += 1;
  vmas.vmAnon[h] = vmas.vmAnon[h]! || vmas.vmAnon[next]!;
  vmas.setEnd(h, vmas.vmEnd[next]!);
  mm.removeArea(next);
  return 0;
}

/** Up to 2.6.11: splits first and looks at nothing, and merges never. */
function splitAndSet(mm: Mm, piece: Piece): number {
  const { vmas } = mm;
  let { h } = piece;
  if (piece.start !== vmas.vmStart[h]) {
    if (vmas.size >= mm.maxMapCount) return -EAGAIN;
    h = mm.split(h, piece.start);
  }
  if (piece.end !== vmas.vmEnd[h]) {
    if (vmas.size >= mm.maxMapCount) return -EAGAIN;
    h = vmas.prev(mm.split(h, piece.end));
  }
  vmas.vmFlags[h] = newFlags(mm, piece);
  return 0;
}

/**
 * 2.4: each piece looks at the map limit once and splits then as it must. Its walk comes by the upper part of a split
 * twice where the range goes on, and looks again.
 */
function splitAndSet24(mm: Mm, piece: Piece): number {
  const { vmas } = mm;
  if (vmas.size > mm.maxMapCount) return -ENOMEM;
  let { h } = piece;
  const isCut = piece.start !== vmas.vmStart[h];
  if (isCut) h = mm.split(h, piece.start);
  if (piece.end !== vmas.vmEnd[h]) h = vmas.prev(mm.split(h, piece.end));
  vmas.vmFlags[h] = newFlags(mm, piece);
  return isCut && piece.goesOn && vmas.size > mm.maxMapCount ? -ENOMEM : 0;
}

/** Pages of a file that 2.4 reads at once: 1 << page_cluster, of a machine with 16 MiB or more. */
const CLUSTER_PAGES = 8;

/** MADV_WILLNEED of 2.4: beyond the file's end nothing is read, and that is EIO. Random areas read no clusters. */
function willNeed24(mm: Mm, { h, vmFlags, start }: Piece): number {
  const { vmas } = mm;
  if (vmas.vmFile[h] === 0) return -EBADF;
  const mapping = mm.files[vmas.vmFile[h]!]?.mapping;
  const pgoff = vmas.vmPgoff[h]! + (start - vmas.vmStart[h]!);
  const first = (vmFlags & VM_RAND_READ) !== 0 ? pgoff : Math.floor(pgoff / CLUSTER_PAGES) * CLUSTER_PAGES;
  return mapping && first >= mapping.npages ? -EIO : 0;
}

/** Private pages are lost; those of files and of shared memory are found again. */
function drop(mm: Mm, { start, end }: Piece): number {
  mm.pageTable.zap(start, end);
  return 0;
}

/** MADV_REMOVE: pages of shared memory read as zeroes again. Other files cannot do it here. */
function punchHole(mm: Mm, { h, vmFlags, start, end }: Piece, needed: number, otherFiles: number): number {
  const { vmas } = mm;
  if ((vmFlags & (VM_LOCKED | VM_NONLINEAR)) !== 0 || !mm.hasFile(h)) return -EINVAL;
  if ((vmFlags & VM_SHARED) === 0 || (vmFlags & needed) === 0) return -EACCES;
  const mapping = mm.files[vmas.vmFile[h]!]?.mapping;
  if (!mapping?.isAnonymous) return otherFiles;
  const pgoff = vmas.vmPgoff[h]! - vmas.vmStart[h]!;
  mm.pageTable.zap(start, end);
  mapping.punch(start + pgoff, end + pgoff);
  return 0;
}

function populatePiece(mm: Mm, { vmFlags, start, end, advice }: Piece): number {
  const isWrite = advice === MADV_POPULATE_WRITE;
  const needed = isWrite ? VM_WRITE : VM_READ;
  if ((vmFlags & (VM_IO | VM_PFNMAP)) !== 0 || (vmFlags & needed) === 0) return -EINVAL;
  return mm.pageTable.populate(start, end, isWrite) < end - start ? mm.pageTable.populateError : 0;
}

/** 6.13: the range as one, so that a hole ends it where it is reached. */
function populateRange(mm: Mm, { vpn, npages, advice }: Range): number {
  const { vmas } = mm;
  for (let at = vpn; at < vpn + npages; ) {
    const h = vmas.find(at);
    if (h === NONE || vmas.vmStart[h]! > at) return -ENOMEM;
    const end = Math.min(vmas.vmEnd[h]!, vpn + npages);
    const error = populatePiece(mm, { h, vmFlags: vmas.vmFlags[h]!, start: at, end, advice, goesOn: false });
    if (error < 0) return error;
    at = end;
  }
  return 0;
}
