/**
 * One line of an strace log, as far as its form goes: what stands in front of a call, the call's name, its
 * arguments as texts, its result. Nothing here knows what an argument means.
 *
 *   [pid   812] 03:43:58.2131 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, 3</lib/libc.so.6>, 0) = 0x7f8b21359000 <0.000047>
 *   `--------prefixes-------' `name'`----------------arguments--------------------------'   `----result----'
 *
 * Prefixes are those of -f, -t, -tt, -ttt, -r, -i, -n and -Y, in any order; after the result may stand what -T
 * and -y add. Forms that changed between strace 4 and 6 are read alike.
 */

/** A line without its prefixes. */
export interface StraceText {
  /** Of a line written under -f; null where it has none. */
  readonly pid: number | null;
  readonly text: string;
}

/** A call that has ended, or one that has not yet (`result` is null). */
export interface CallText {
  readonly name: string;
  readonly args: readonly string[];
  /** What follows "=", or null where the line has none. */
  readonly result: string | null;
  /** "mmap(NULL, 8192, ...)", as the line has it. */
  readonly call: string;
}

/**
 * [pid 812] · 812 with -o · a time of day · seconds · (+ 0.000123) of -r with -t · [  59] of -n · [7f..] of -i.
 * A number of up to seven digits is a pid, a longer one seconds since 1970.
 */
const PREFIX = new RegExp(
  [
    /\[pid\s+(\d+)(?:<[^>]*>)?\]\s*/, /(\d{1,7})(?:<[^>]*>)?\s+(?=\S)/, /\d\d:\d\d:\d\d(?:\.\d+)?\s+/, /\d+\.\d+\s+/,
    /\d{8,}\s+/, /\(\+\s*\d+\.\d+\)\s+/, /\[\s*(?:[0-9a-f]+|\?+)\]\s+/,
  ].map(({ source }) => source).join('|'),
  'y',
);
const NAME = /[a-z_][a-z0-9_]*(?=\()/iy;
const UNFINISHED = '<unfinished ...>';
const RESUMED = /^<\.\.\. (\S+) resumed> ?/;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Takes the prefixes off. */
export function withoutPrefixes(line: string): StraceText {
  let pid: number | null = null;
  let at = line.length - line.trimStart().length;
  for (;;) {
    PREFIX.lastIndex = at;
    const match = PREFIX.exec(line);
    if (match === null) return { pid, text: line.slice(at).trimEnd() };
    const digits = match[1] ?? match[2];
    if (digits !== undefined) pid = Number(digits);
    at = PREFIX.lastIndex;
  }
}

/** The name of the call that the text begins, or null for a signal, an exit and the like. */
export function nameOfCall(text: string): string | null {
  NAME.lastIndex = 0;
  return NAME.exec(text)?.[0] ?? null;
}

/** The first half of a call that another task's line interrupts, or null. */
export function unfinishedPart(text: string): string | null {
  return text.endsWith(UNFINISHED) ? text.slice(0, -UNFINISHED.length).trimEnd() : null;
}

/** The second half: the name and what goes on after it, or null. */
export function resumedPart(text: string): { readonly name: string; readonly rest: string } | null {
  const match = RESUMED.exec(text);
  return match && { name: match[1]!, rest: text.slice(match[0].length) };
}

/** Takes a call apart; null where its parentheses do not close. Requires: the text begins with a name. */
export function parseCall(text: string): CallText | null {
  const name = nameOfCall(text)!;
  const end = closingOf(text, name.length);
  if (end < 0) return null;
  const result = /^\s*=\s*(.*)$/.exec(text.slice(end + 1));
  const args = splitArguments(text.slice(name.length + 1, end));
  return { name, args, result: result === null ? null : result[1]!, call: text.slice(0, end + 1) };
}

/** The parts between commas that are in no string, bracket or comment. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    at = pastNested(text, at);
    if (text[at] !== ',') continue;
    parts.push(text.slice(from, at).trim());
    from = at + 1;
  }
  const last = text.slice(from).trim();
  return last === '' && parts.length === 0 ? [] : [...parts, last];
}

/** The end of whatever begins at `at`: its last letter, or `at` itself where nothing does. */
function pastNested(text: string, at: number): number {
  const letter = text[at]!;
  if (letter === '"') return endOfString(text, at);
  if (letter === '/' && text[at + 1] === '*') {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 1;
  }
  // -y: 3</lib/libc.so.6>. A "<" elsewhere is a shift, which has no "/", "[" or letter after it.
  if (letter === '<' && /[/[a-z]/i.test(text[at + 1] ?? '')) {
    const end = text.indexOf('>', at);
    return end < 0 ? at : end;
  }
  if (CLOSING[letter] === undefined) return at;
  const end = closingOf(text, at);
  return end < 0 ? text.length : end;
}

/** Where the bracket that opens at `at` closes, or -1. */
function closingOf(text: string, at: number): number {
  const closing = CLOSING[text[at]!]!;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === closing) return i;
    i = pastNested(text, i);
  }
  return -1;
}

function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '"') return i;
  }
  return text.length;
}
