/**
 * Replay: the memory calls of an strace log made again on a machine and release, each result compared with the
 * one that the log recorded. This is how a release here is checked against a real kernel.
 *
 *   const log = readStraceLog(text);
 *   const result = replay(log, { config: { arch: 'x86_64', kernel: '6.18' }, initialMaps: areas });
 *   result.matched === result.compared;
 *
 * The calls go through the system-call layer, by number and with the machine's own checks. Without `honour` the
 * first result that differs ends the replay; with it the address space is brought to where the log has it, as far
 * as calls can do that, and the rest is compared too.
 */
import { hexVpn, pageOffset, vpnOf } from '../lib/u64.js';
import { ConfigError, type MachineConfig } from '../machine.js';
import { mapsLines } from '../mm/maps.js';
import type { Outcome } from './call_process.js';
import { type DecodedCall, decodeCall, type MemoryCall } from './decode_call.js';
import { Descriptors } from './descriptors.js';
import { holesOf } from './holes.js';
import type { InitialArea } from './initial_areas.js';
import { outcomeText, ReplayProcess } from './replay_process.js';
import { linesAround, type SearchWalk, walkOf } from './search_walk.js';
import type { StraceLog } from './strace_log.js';
import { type Word, wordOf, ZERO } from './strace_words.js';

export interface ReplayOptions {
  readonly config: MachineConfig;
  /** Where the log begins; null or left out: what exec leaves of a program of ours. */
  readonly initialMaps?: readonly InitialArea[] | null;
  /** Goes on from the recorded address after a miss. */
  readonly honour?: boolean;
  /**
   * Files lie on a file system that has kernels since 5.18 align them to huge pages, as btrfs, ext4 and xfs do and
   * overlayfs and nfs do not; default true. No log tells.
   */
  readonly alignsHuge?: boolean;
  /** Told after every memory call how many have been made. */
  readonly progress?: (made: number) => void;
  /** Sees the process before the first call and after every memory call. */
  readonly watch?: (process: ReplayProcess) => void;
}

/** A result that differs. */
export interface Divergence {
  /** Of the log, from 1. */
  readonly line: number;
  /** The call as the log has it. */
  readonly call: string;
  /** "0x...", "0", or the name of an errno. */
  readonly recorded: string;
  readonly predicted: string;
}

export interface MissContext {
  /** Lines of maps around the two addresses. */
  readonly around: readonly string[];
  /** The holes that the search passed; null where the call does not search. */
  readonly walk: SearchWalk | null;
}

export interface ReplayResult {
  readonly arch: string;
  readonly bits: 32 | 64;
  /** The record that was used: the release itself or the next lower one. */
  readonly record: string;
  readonly search: string;
  /** Memory calls in the log. */
  readonly calls: number;
  /** Lines of the log that are neither memory calls nor open and close. */
  readonly skipped: number;
  readonly compared: number;
  readonly matched: number;
  readonly diverged: readonly Divergence[];
  /** The address space before the first call that differs; null where none does. */
  readonly before: MissContext | null;
  /** Sentences: what was learnt from the log, where it ended early. */
  readonly notes: readonly string[];

  // What the address space became.
  readonly vmas: number;
  readonly peakVmas: number;
  readonly probes: number;
  /** Bytes. */
  readonly largestHole: number;
  readonly maps: readonly string[];
}

/** Throws StraceLogError for a call that cannot be read, ConfigError for a machine or map that cannot be. */
export function replay(log: StraceLog, options: ReplayOptions): ReplayResult {
  const made = new Replay(log, options);
  const miss = made.run();
  if (miss === null) return made.result(null);
  // Replays are the same each time: a second one stops where the first went another way.
  const { progress, watch, ...same } = options;
  const again = new Replay(log, { ...same, config: { ...options.config, notice: () => {}, tracers: [] } });
  again.run(miss.call);
  return made.result(again.contextOf(miss));
}

/** The first call that differs. */
interface Miss {
  readonly call: MemoryCall;
  readonly recorded: Outcome;
  readonly predicted: Outcome;
}

const CONTEXT_LINES = 3;

class Replay {
  private readonly log: StraceLog;
  private readonly options: ReplayOptions;
  private readonly process: ReplayProcess;
  private readonly descriptors: Descriptors;
  private readonly offsetsInPages: boolean;
  private readonly notes: string[] = [];
  private readonly diverged: Divergence[] = [];
  private made = 0;
  private compared = 0;
  private brkIsKnown: boolean;

  constructor(log: StraceLog, options: ReplayOptions) {
    this.log = log;
    this.options = options;
    const { config, initialMaps = null, alignsHuge = true } = options;
    if (initialMaps?.length === 0) throw new ConfigError('the initial map has no area');
    this.process = new ReplayProcess(config, initialMaps, alignsHuge);
    const { initial, machine } = this.process;
    this.descriptors = new Descriptors(initial?.files ?? new Map(), alignsHuge);
    this.offsetsInPages = countsPages(log, machine.target.pageShift);
    // Without an initial map the record says where the heap begins.
    this.brkIsKnown = initial === null;
    if (initial?.isRandomised) {
      const base = hexVpn(this.process.mm.mmapBase, machine.target.pageShift);
      this.notes.push(`the stack is not at its usual place: mmap_base, ${base}, was taken from the initial map`);
    }
  }

  /** Makes the calls, up to `end` if given. Returns the first that differs. */
  run(end: MemoryCall | null = null): Miss | null {
    const { options, log, process } = this;
    let first: Miss | null = null;
    options.watch?.(process);
    for (const call of log.calls) {
      if (call === end) break;
      if (call.kind === 'descriptor') {
        this.descriptors.note(call);
        continue;
      }
      const miss = this.make(call);
      first ??= miss;
      this.made += 1;
      options.progress?.(this.made);
      options.watch?.(process);
      if (miss !== null && !options.honour) break;
    }
    this.noteCut(first);
    if (log.execLine !== null) this.notes.push(`line ${log.execLine} replaces the program: what follows is not replayed`);
    return first;
  }

  private noteCut(miss: Miss | null): void {
    const { cut } = this.log;
    if (cut !== null && !cut.isReadable) this.notes.push(`the log is cut off in line ${cut.line}, which is not replayed`);
    else if (miss !== null && miss.call.line === cut?.line) {
      this.notes.push(`line ${cut.line}, the last, has no end: its result may be cut off, too`);
    }
  }

  /** Makes one call and compares. */
  private make(call: MemoryCall): Miss | null {
    const { process, options } = this;
    const decoded = decodeCall(call, process.machine.target.map);
    const { name, recorded } = call;
    if (name === 'brk') this.learnBrk(decoded, call);
    const predicted = process.make(name, decoded, this.descriptors, recorded, this.offsetsInPages);
    if (recorded === null) return null;
    this.compared += 1;
    const texts = { recorded: outcomeText(name, recorded), predicted: outcomeText(name, predicted) };
    if (texts.recorded === texts.predicted) return null;
    this.diverged.push({ line: call.line, call: call.text, ...texts });
    if (options.honour) process.honour(name, decoded, predicted, recorded);
    return { call, recorded, predicted };
  }

  /**
   * The first brk. maps does not say where in its page a heap ends, nor where one will begin: a brk(NULL) that comes
   * first does.
   */
  private learnBrk({ words }: DecodedCall, { recorded, line }: MemoryCall): void {
    if (this.brkIsKnown) return;
    this.brkIsKnown = true;
    if (!isZero(words[0]!) || recorded === null || 'error' in recorded) return;
    const { mm, machine, initial } = this.process;
    const { pageShift } = machine.target;
    const vpn = vpnOf(recorded.word.hi, recorded.word.lo, pageShift);
    const offset = pageOffset(recorded.word.lo, pageShift);
    const end = vpn + (offset > 0 ? 1 : 0);
    if (initial!.hasHeap && end !== mm.brkVpn) return;
    if (!initial!.hasHeap) {
      mm.startBrk = vpn;
      this.notes.push(`the initial map has no heap: line ${line} told where it begins`);
    }
    mm.brkVpn = vpn;
    mm.brkOffset = offset;
  }

  /** What the address space looks like where `miss` is about to happen. */
  contextOf({ call, recorded, predicted }: Miss): MissContext {
    const { mm, machine } = this.process;
    const { map, pageShift } = machine.target;
    const page = (word: Word) => vpnOf(word.hi, word.lo, pageShift);
    const pageOf = (outcome: Outcome) => ('word' in outcome ? page(outcome.word) : null);
    const { words } = decodeCall(call, map);
    const length = words[call.name === 'mremap' ? 2 : 1] ?? ZERO;
    const npages = page(length) + (pageOffset(length.lo, pageShift) > 0 ? 1 : 0);
    const searches = call.name === 'mremap' || (/^(old_)?mmap2?$/.test(call.name) && (words[3]!.lo & map.FIXED) === 0);
    const isPlaced = searches || call.name === 'brk';
    const answers = [isPlaced ? pageOf(recorded) : null, isPlaced ? pageOf(predicted) : null, page(words[0]!)];
    const places = answers.filter((vpn) => vpn !== null && vpn > 0) as number[];
    return {
      around: linesAround(mm, places, CONTEXT_LINES),
      walk: searches ? walkOf(mm, npages, pageOf(recorded), pageOf(predicted)) : null,
    };
  }

  result(before: MissContext | null): ReplayResult {
    const { log, process, compared, diverged, notes } = this;
    const { mm, machine } = process;
    const { target, searchName } = machine;
    return {
      arch: target.arch,
      bits: target.bits,
      record: target.release.name,
      search: searchName,
      calls: log.memoryCalls,
      skipped: log.skipped,
      compared,
      matched: compared - diverged.length,
      diverged,
      before,
      notes,
      vmas: mm.vmas.size,
      peakVmas: mm.stats.peakVmas,
      probes: mm.stats.probes,
      largestHole: mm.bytes(Math.max(0, ...holesOf(mm).map(({ start, end }) => end - start))),
      maps: mapsLines(mm),
    };
  }
}

function isZero({ hi, lo }: Word): boolean {
  return hi === 0 && lo === 0;
}

/** Straces up to 4.6 wrote mmap2's offset as the call counts it: then some are no multiple of a page. */
function countsPages(log: StraceLog, pageShift: number): boolean {
  return log.calls.some(({ name, args }) => {
    if (name !== 'mmap2') return false;
    const offset = wordOf(args[5] ?? '');
    return offset !== null && pageOffset(offset.lo, pageShift) !== 0;
  });
}
