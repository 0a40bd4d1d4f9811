/**
 * Recordings of what kernels answered: recorded/README.md says what their lines mean. Read here, and written.
 */

/** Where a kernel's answers begin: the process before its first call. */
export interface Settings {
  readonly bits: 32 | 64;
  /** RLIMIT_STACK in bytes at exec; Infinity for unlimited. */
  readonly stack: number;
  /** RLIMIT_MEMLOCK in bytes. */
  readonly memlock: number;
  readonly overcommit: 0 | 1 | 2;
  /** Pages that vm.overcommit_memory 2 lets all processes commit, and 0 a call ask for. */
  readonly allowed: number;
  /** Committed_AS in pages before the first call. */
  readonly committed: number;
  readonly maxMapCount: number;
}

/** What is seen after a call, and before the first. */
export interface Seen {
  /** Lines as shownMaps() gives them. */
  readonly maps: readonly string[];
  /** Pages: VmSize, VmLck, VmData and VmStk, and what Committed_AS has grown by since the start. */
  readonly counts: readonly number[];
}

export interface RecordedCall {
  /** A system call; or load, store, fork and rlimit. */
  readonly name: string;
  readonly args: readonly bigint[];
}

export interface RecordedStep {
  readonly call: RecordedCall;
  /** Hexadecimal, or the name of an errno or of a signal; mincore's bytes behind its 0. */
  readonly result: string;
  readonly seen: Seen;
}

export interface RecordedProgram {
  readonly settings: Settings;
  readonly start: Seen;
  readonly steps: readonly RecordedStep[];
}

export interface Recording {
  readonly arch: string;
  readonly release: string;
  readonly programs: readonly RecordedProgram[];
}

/** RLIMIT_* as rlimit's first argument has them: i386 and x86_64. */
export const RLIMITS = { data: 2, memlock: 8, as: 9 } as const;

export function callText({ name, args }: RecordedCall): string {
  return [name, ...args.map((arg) => (arg < 0n ? `-${(-arg).toString(16)}` : arg.toString(16)))].join(' ');
}

function parseWord(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

/** Lines of /proc/PID/maps without devices and inodes, but for shared memory, which is numbered as it comes up in `known`. */
export function shownMaps(lines: readonly string[], known: Map<string, number>): string[] {
  return lines.map((line) => {
    const [range, perms, offset, , inode, ...name] = line.trim().split(/\s+/);
    const isShared = name.join(' ') === '/dev/zero (deleted)';
    if (isShared && !known.has(inode!)) known.set(inode!, known.size + 1);
    return [range, perms, offset, isShared ? `shared memory ${known.get(inode!)}` : name.join(' ')].join(' ').trimEnd();
  });
}

// ---- writing ---------------------------------------------------------------------------------------

function settingsText(settings: Settings): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(' ');
}

/** What changed from `before` to `after`: lines that went, lines that came, and the counts. */
function changes(before: Seen, after: Seen): string[] {
  return [
    ...before.maps.filter((line) => !after.maps.includes(line)).map((line) => `-${line}`),
    ...after.maps.filter((line) => !before.maps.includes(line)).map((line) => `+${line}`),
    ...(before.counts.join() === after.counts.join() ? [] : [`counts ${after.counts.join(' ')}`]),
  ];
}

export function programText({ settings, start, steps }: RecordedProgram): string {
  const lines = [`program ${settingsText(settings)}`, ...changes({ maps: [], counts: [] }, start)];
  let before = start;
  for (const { call, result, seen } of steps) {
    lines.push(`${callText(call)} = ${result}`, ...changes(before, seen));
    before = seen;
  }
  return `${lines.join('\n')}\n`;
}

// ---- reading ---------------------------------------------------------------------------------------

function parseSettings(words: readonly string[]): Settings {
  return Object.fromEntries(words.map((word) => {
    const [name, value] = word.split('=') as [string, string];
    return [name, Number(value)];
  })) as unknown as Settings;
}

function boundsOf(line: string): [bigint, bigint] {
  const [start, end] = line.slice(0, line.indexOf(' ')).split('-') as [string, string];
  return [BigInt(`0x${start}`), BigInt(`0x${end}`)];
}

/** By start, then by end: a stack whose only page guards it is shown empty in 3.6 and 3.8. */
function inOrder(a: string, b: string): number {
  const [start, end] = boundsOf(a);
  const [otherStart, otherEnd] = boundsOf(b);
  return start === otherStart ? Number(end - otherEnd) : start < otherStart ? -1 : 1;
}

class ProgramReader {
  private readonly settings: Settings;
  private readonly steps: RecordedStep[] = [];
  private start: Seen | null = null;
  private maps: string[] = [];
  private counts: number[] = [];
  private last: { call: RecordedCall; result: string } | null = null;

  constructor(words: readonly string[]) {
    this.settings = parseSettings(words);
  }

  line(text: string): void {
    if (text.startsWith('-')) this.maps = this.maps.filter((line) => line !== text.slice(1));
    else if (text.startsWith('+')) this.maps = [...this.maps, text.slice(1)];
    else if (text.startsWith('counts ')) this.counts = text.split(' ').slice(1).map(Number);
    else this.call(text);
  }

  private call(text: string): void {
    this.keep();
    const [before, result] = text.split(' = ') as [string, string];
    const [name, ...args] = before.split(' ') as [string, ...string[]];
    this.last = { call: { name, args: args.map(parseWord) }, result };
  }

  /** All that follows a call has been read. */
  private keep(): void {
    this.maps = this.maps.toSorted(inOrder);
    const seen = { maps: this.maps, counts: this.counts };
    if (this.last === null) this.start = seen;
    else this.steps.push({ ...this.last, seen });
  }

  end(): RecordedProgram {
    this.keep();
    return { settings: this.settings, start: this.start!, steps: this.steps };
  }
}

/** Throws an Error where it is no recording. */
export function parseRecording(text: string): Recording {
  const head: Record<string, string> = {};
  const readers: ProgramReader[] = [];
  for (const line of text.split('\n')) {
    const [first, ...rest] = line.split(' ') as [string, ...string[]];
    if (line === '' || first === '#') continue;
    if (first === 'program') readers.push(new ProgramReader(rest));
    else if (readers.length === 0) head[first] = rest.join(' ');
    else readers.at(-1)!.line(line);
  }
  const { arch, release } = head;
  if (arch === undefined || release === undefined) throw new Error('a recording names its machine and release first');
  return { arch, release, programs: readers.map((reader) => reader.end()) };
}
