/**
 * FragmentsTrace: watches the holes of an address space while a program or a log makes its memory calls. A Tracer: it
 * sees every call, counts what searches cost, and takes samples of the whole space, evenly spread however many calls
 * there will be: when there are too many, every second one is dropped and the step doubled.
 *
 * What it hands over has the shape of FragmentsReport in src/report.
 */
import { VM_GROWSDOWN } from '../arch/generic/mman.js';
import type { Mm } from '../mm/mm.js';
import { NONE } from '../mm/vma_set.js';
import type { Kernel, Tracer } from '../syscall/kernel.js';

/** As src/report/fragments.ts has them; pages. */
export interface Shape {
  readonly call: number;
  readonly areas: number;
  readonly holes: number;
  readonly freePages: number;
  readonly largestPages: number;
}

export interface Sample extends Shape {
  readonly runs: readonly number[];
}

const MEMORY_CALLS = ['brk', 'mmap', 'mmap2', 'mprotect', 'mremap', 'munmap', 'remap_file_pages', 'shmat', 'shmdt', 'madvise', 'mlock', 'munlock'];
/** Samples kept are between this and half of it. */
const MOST_SAMPLES = 512;
/** Runs of a sample that are kept apart; beyond it the smallest holes are drawn as mapped. */
const MOST_RUNS = 2000;

export class FragmentsTrace implements Tracer {
  private mm: Mm | null = null;
  private isMemoryCall: boolean[] = [];
  private calls = 0;
  private searchesBefore = 0;
  private probesBefore = 0;
  private step = 1;
  private samples: Sample[] = [];
  private highest = -1;
  /** Searches by the power of two that their probes reach: 0, 1, 2, 3-4, 5-8 and so on. */
  private readonly buckets: number[] = [];

  enter(k: Kernel, nr: number): void {
    if (this.mm === null) this.begin(k);
    const { searches, probes } = k.mm.stats;
    this.searchesBefore = this.isMemoryCall[nr] === true && k.mm === this.mm ? searches : -1;
    this.probesBefore = probes;
  }

  leave(k: Kernel): void {
    if (this.searchesBefore < 0 || k.mm !== this.mm) return;
    this.calls += 1;
    const { stats } = k.mm;
    if (stats.searches > this.searchesBefore) this.count(stats.probes - this.probesBefore);
    this.noteHighest(k.mm);
    if (this.calls % this.step === 0) this.sample(k.mm);
  }

  /** No memory call sleeps. */
  unfinished(): void {}

  resumed(): void {}

  /** After the last call; the same object for a process that made none. */
  report(mm: Mm) {
    const end = sampleOf(mm, this.calls);
    const last = this.samples.at(-1);
    const samples = last !== undefined && last.call === end.call ? [...this.samples.slice(0, -1), end] : [...this.samples, end];
    const worst = samples.reduce((a, b) => (lost(b) > lost(a) ? b : a));
    const { runs: _drawn, ...shape } = end;
    const { runs: _worstDrawn, ...worstShape } = worst;
    this.noteHighest(mm);
    return {
      pageSize: mm.target.pageSize,
      searched: searchedRange(mm),
      calls: this.calls,
      end: shape,
      worst: worstShape,
      highestPage: this.highest < 0 ? null : this.highest,
      peakVmas: mm.stats.peakVmas,
      maxMapCount: mm.maxMapCount,
      histogram: this.buckets.map((calls, i) => ({ ...boundsOf(i), calls })),
      samples,
    };
  }

  private begin(k: Kernel): void {
    this.mm = k.mm;
    for (const name of MEMORY_CALLS) if (k.target.nr[name] !== undefined) this.isMemoryCall[k.target.nr[name]] = true;
    this.sample(k.mm);
  }

  private count(probes: number): void {
    const bucket = probes === 0 ? 0 : 1 + Math.ceil(Math.log2(probes));
    while (this.buckets.length <= bucket) this.buckets.push(0);
    this.buckets[bucket]! += 1;
  }

  /** The stack that exec made is above all else. */
  private noteHighest({ vmas }: Mm): void {
    let h = vmas.before(NONE);
    if (h !== NONE && (vmas.vmFlags[h]! & VM_GROWSDOWN) !== 0) h = vmas.before(h);
    if (h !== NONE && vmas.vmEnd[h]! > this.highest) this.highest = vmas.vmEnd[h]!;
  }

  private sample(mm: Mm): void {
    this.samples.push(sampleOf(mm, this.calls));
    if (this.samples.length <= MOST_SAMPLES) return;
    this.step *= 2;
    this.samples = this.samples.filter(({ call }) => call % this.step === 0);
  }
}

/** Bucket i holds probes above 2^(i-2), up to 2^(i-1). */
function boundsOf(bucket: number): { least: number; most: number } {
  if (bucket === 0) return { least: 0, most: 0 };
  return { least: bucket === 1 ? 1 : 2 ** (bucket - 2) + 1, most: 2 ** (bucket - 1) };
}

function lost({ freePages, largestPages }: Shape): number {
  return freePages === 0 ? 0 : 1 - largestPages / freePages;
}

/** Where a search without a hint may find a place. */
function searchedRange(mm: Mm): { start: number; end: number } {
  const { target, isTopDown } = mm;
  if (isTopDown) return { start: target.lowestSearched, end: mm.mmapBase };
  const start = mm.taskUnmappedBase();
  const { region } = target;
  return { start, end: region === null ? target.searchEnd : Math.floor(start / region.pages) * region.pages + region.mapLimit };
}

function sampleOf(mm: Mm, call: number): Sample {
  const { vmas } = mm;
  const range = searchedRange(mm);
  const runs: number[] = [];
  let [holes, freePages, largestPages] = [0, 0, 0];
  let end = range.start;
  const hole = (from: number, to: number) => {
    if (to <= from) return;
    holes += 1;
    freePages += to - from;
    largestPages = Math.max(largestPages, to - from);
  };
  for (let h = vmas.first(); h !== NONE; h = vmas.next(h)) {
    const [vmStart, vmEnd] = [vmas.vmStart[h]!, vmas.vmEnd[h]!];
    if (runs.length > 0 && runs[runs.length - 1] === vmStart) runs[runs.length - 1] = vmEnd;
    else runs.push(vmStart, vmEnd);
    if (vmStart < range.end) hole(end, Math.min(vmStart, range.end));
    end = Math.max(end, vmEnd);
  }
  hole(end, range.end);
  return { call, areas: vmas.size, holes, freePages, largestPages, runs: fewer(runs) };
}

/** Closes the smallest holes until there are few enough to draw. */
function fewer(runs: number[]): number[] {
  if (runs.length <= 2 * MOST_RUNS) return runs;
  const gaps: number[] = [];
  for (let i = 2; i < runs.length; i += 2) gaps.push(runs[i]! - runs[i - 1]!);
  const least = gaps.sort((a, b) => b - a)[MOST_RUNS - 1]!;
  const kept = [runs[0]!];
  for (let i = 2; i < runs.length; i += 2) if (runs[i]! - runs[i - 1]! > least) kept.push(runs[i - 1]!, runs[i]!);
  kept.push(runs[runs.length - 1]!);
  return kept;
}
