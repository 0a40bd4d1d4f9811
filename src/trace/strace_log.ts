/**
 * StraceLog: the calls of one process in an strace log that decide about its memory, in the order in which they
 * ended: the memory calls, and those that open and close descriptors. Every other line is counted.
 *
 * Threads share the address space and are followed by the flags of the clone that made them; what a forked
 * child does, or anybody after an exec, happens to another one and is skipped.
 */
import { nameOfCall, parseCall, resumedPart, unfinishedPart, withoutPrefixes } from './strace_line.js';
import { isClone, isExec, StraceTasks } from './strace_tasks.js';
import { type Recorded, recordedOf } from './strace_words.js';

const MEMORY_CALLS = ['brk', 'mmap', 'mmap2', 'mprotect', 'mremap', 'munmap', 'old_mmap'] as const;
const DESCRIPTOR_CALLS = ['close', 'creat', 'open', 'openat'] as const;

export type MemoryCallName = (typeof MEMORY_CALLS)[number];
export type DescriptorCallName = (typeof DESCRIPTOR_CALLS)[number];

interface Logged {
  /** Of the line that has the result, from 1. */
  readonly line: number;
  readonly args: readonly string[];
  readonly recorded: Recorded;
  /** The call as the log has it, without its result. */
  readonly text: string;
}

export type LoggedCall =
  | (Logged & { readonly kind: 'memory'; readonly name: MemoryCallName })
  | (Logged & { readonly kind: 'descriptor'; readonly name: DescriptorCallName });

export interface StraceLog {
  readonly calls: readonly LoggedCall[];
  /** How many of them are memory calls. */
  readonly memoryCalls: number;
  /** Lines that are neither memory calls nor open and close. */
  readonly skipped: number;
  /** The line of an exec that ended the process's memory as it was, or null. */
  readonly execLine: number | null;
  /** The exec that made the memory, or null: of a log that begins later, or does not say what it ran. */
  readonly program: { readonly line: number; readonly path: string } | null;
  /** The log stops before the end of its last line. */
  readonly cut: CutLine | null;
}

export interface CutLine {
  readonly line: number;
  /** What is there is a call with a result, though perhaps not all of it. */
  readonly isReadable: boolean;
}

/** As line N of the log. */
export class StraceLogError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.name = 'StraceLogError';
    this.line = line;
  }
}

const MOST_QUOTED = 70;
/** What strace writes beside calls: of signals, of ends, and of itself. */
const NEWS = /^(?:--- |\+\+\+ |(?:\S*\/)?strace: |<\.\.\. )/;
const ATTACHED = /strace: Process (\d+) attached$/;

export function quoted(text: string): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  return `"${clean.length > MOST_QUOTED ? `${clean.slice(0, MOST_QUOTED - 3)}...` : clean}"`;
}

/**
 * Throws StraceLogError for a memory call that cannot be read, and for a text that is no log at all. In a last line
 * that has no end it is no mistake: the log was cut there.
 */
export function readStraceLog(text: string): StraceLog {
  const reader = new Reader(text.endsWith('\n') ? null : lastLineOf(text));
  let number = 0;
  for (const line of lines(text)) {
    number += 1;
    if (line.trim() !== '') reader.read(line, number);
  }
  return reader.finish();
}

/** Its number. */
function lastLineOf(text: string): number {
  let number = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) number += 1;
  return number;
}

/** Without splitting a log of gigabytes into an array first. */
function* lines(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const past = end < 0 ? text.length : end;
    yield text[past - 1] === '\r' ? text.slice(at, past - 1) : text.slice(at, past);
    at = past + 1;
  }
}

class Reader {
  private readonly calls: LoggedCall[] = [];
  private memoryCalls = 0;
  private skipped = 0;
  /** A line was a call, of any name. */
  private sawCall = false;
  private execLine: number | null = null;
  private program: StraceLog['program'] = null;
  private cutIsReadable = true;
  /** Lines that strace would not write, and whether the first of all is one; its text. */
  private foreign = 0;
  private seen = 0;
  private firstForeign: { readonly line: number; readonly text: string } | null = null;
  private readonly tasks = new StraceTasks();
  /** First halves of calls, by task. */
  private readonly unfinished = new Map<number | null, string>();
  /** Those of them that make a task: thousands of others may sleep. */
  private readonly unfinishedClones = new Map<number | null, string>();

  /** `unended`: the number of a last line without an end. */
  private readonly unended: number | null;

  constructor(unended: number | null) {
    this.unended = unended;
  }

  read(line: string, number: number): void {
    const { pid, text } = withoutPrefixes(line);
    this.noteForeign(text, number);
    const whole = this.joined(pid, text);
    const name = whole === null ? null : nameOfCall(whole);
    if (whole === null || name === null) {
      this.skipped += 1;
      return;
    }
    this.sawCall = true;
    if (this.tasks.isOurs(pid, this.unfinishedClone()) && this.execLine === null) this.call(whole, name, pid, number);
    else this.skipped += 1;
  }

  finish(): StraceLog {
    if (!this.sawCall) throw new StraceLogError(1, 'no line is a system call as strace writes it');
    const { calls, memoryCalls, skipped, execLine, program, unended, firstForeign } = this;
    // A program may write much more than strace does, but a log begins with a line of strace's.
    if (firstForeign !== null && 2 * this.foreign > this.seen) {
      const { line, text } = firstForeign;
      throw new StraceLogError(line, `this is no log of strace: neither this line nor most others are of its form: ${quoted(text)}`);
    }
    const cut = unended === null ? null : { line: unended, isReadable: this.cutIsReadable };
    return { calls, memoryCalls, skipped, execLine, program, cut };
  }

  private noteForeign(text: string, line: number): void {
    this.seen += 1;
    if (nameOfCall(text) !== null || NEWS.test(text)) return;
    this.foreign += 1;
    if (this.seen === 1) this.firstForeign = { line, text };
  }

  /** The text of a call in one piece; null for the first half of one, and for what is no call. */
  private joined(pid: number | null, text: string): string | null {
    const first = unfinishedPart(text);
    if (first !== null) {
      const name = nameOfCall(first);
      if (name !== null) this.sawCall = true;
      this.unfinished.set(pid, first);
      if (isClone(name)) this.unfinishedClones.set(pid, first);
      return null;
    }
    const resumed = resumedPart(text);
    if (resumed === null) return text;
    const begun = this.begunBy(pid, resumed.name);
    // A log that begins in the middle of a call has its second half alone.
    return begun === null ? null : begun + resumed.rest;
  }

  /**
   * The first half of a call. Where the process is the only task its lines have no pid, so it may have begun the call
   * without one and end it with it, or the other way round.
   */
  private begunBy(pid: number | null, name: string): string | null {
    const isIt = (task: number | null) => nameOfCall(this.unfinished.get(task) ?? '') === name;
    const candidates = [pid, null, ...(pid === null ? this.unfinished.keys() : [])];
    const task = candidates.find(isIt);
    if (task === undefined) return null;
    const text = this.unfinished.get(task)!;
    this.unfinished.delete(task);
    this.unfinishedClones.delete(task);
    return text;
  }

  private unfinishedClone(): string | null {
    for (const text of this.unfinishedClones.values()) return text;
    return null;
  }

  private call(text: string, name: string, pid: number | null, line: number): void {
    const isMemory = (MEMORY_CALLS as readonly string[]).includes(name);
    if (isMemory || (DESCRIPTOR_CALLS as readonly string[]).includes(name)) {
      this.keep(text, name, line, isMemory);
      return;
    }
    this.skipped += 1;
    if (isClone(name)) this.cloned(text);
    else if (isExec(name)) this.execed(text, pid, line);
  }

  private keep(text: string, name: string, line: number, isMemory: boolean): void {
    const whole = readCall(text, name);
    if (typeof whole === 'string') {
      this.unreadable(line, whole);
      return;
    }
    const { args, recorded, call } = whole;
    const logged = { line, args, recorded, text: call };
    if (isMemory) this.calls.push({ kind: 'memory', name: name as MemoryCallName, ...logged });
    else this.calls.push({ kind: 'descriptor', name: name as DescriptorCallName, ...logged });
    if (isMemory) this.memoryCalls += 1;
  }

  private unreadable(line: number, message: string): void {
    if (line !== this.unended) throw new StraceLogError(line, message);
    this.cutIsReadable = false;
    this.skipped += 1;
  }

  private cloned(text: string): void {
    // On a terminal the news of the child stands in the middle of the clone's line.
    const attached = ATTACHED.exec(text);
    if (attached !== null) this.tasks.made(Number(attached[1]), text);
    const result = parseCall(text)?.result;
    const recorded = result == null ? null : recordedOf(result);
    if (recorded && 'word' in recorded && recorded.word.lo > 0) this.tasks.made(recorded.word.lo, text);
  }

  /** The exec that a log begins with made the memory; a later one of the process itself ends it. */
  private execed(text: string, pid: number | null, line: number): void {
    const { args = [], result } = parseCall(text) ?? {};
    if (!/^0\b/.test(result ?? '')) return;
    if (this.tasks.isChild(pid)) this.tasks.leaves(pid);
    else if (this.memoryCalls > 0) this.execLine = line;
    else this.program = programOf(args, line);
  }
}

interface WholeCall {
  readonly args: readonly string[];
  readonly recorded: Recorded;
  readonly call: string;
}

/** A sentence for what is not whole. */
function readCall(text: string, name: string): WholeCall | string {
  const parsed = parseCall(text);
  if (parsed === null) return `${name} does not end: ${quoted(text)}`;
  const { args, result, call } = parsed;
  if (result === null) return `${name} has no result: ${quoted(text)}`;
  const recorded = recordedOf(result);
  if (recorded === undefined) return `${name} has no result that can be read: ${quoted(result)}`;
  return { args, recorded, call };
}

/** The path in execve("/bin/ls", ...) and execveat(3, "ls", ...); null where the log hides it. */
function programOf(args: readonly string[], line: number): StraceLog['program'] {
  const path = args.map((text) => /^"(.+)"$/.exec(text)?.[1]).find((text) => text !== undefined);
  return path === undefined ? null : { line, path };
}
