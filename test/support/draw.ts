/**
 * Address spaces drawn with one character a page, so that a test shows what it means:
 *
 *   const mm = draw('AA.A');      two pages mapped, one free, one mapped
 *   map(mm, 2, 1, 'A');           mmap over the hole
 *   picture(mm)                   'AAAA'
 *
 * `.` is unmapped, a letter is a kind of mapping (see `kinds`), and `|` stands where two neighbours of
 * the same letter are areas of their own. The first character is page 0, at `base`.
 */
import {
  PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE, VM_ACCOUNT, VM_GROWSDOWN, VM_MAYRWX, VM_MAYSHARE, VM_MAYWRITE,
  VM_SHARED,
} from '../../src/arch/generic/mman.js';
import { hiOfVpn, loOfVpn } from '../../src/lib/u64.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs, type OpenFile } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { mapFlags } from './calls.js';
import { type MmChoice, newMm } from './machines.js';

/** A file that may be read and written, one that may only be read, one that may only be written. */
export const file: OpenFile = fileOf('/lib/file.so', 1, true, true);
export const readOnlyFile: OpenFile = fileOf('/lib/readonly.so', 2, true, false);
export const writeOnlyFile: OpenFile = fileOf('/lib/writeonly.so', 3, false, true);

/** A file without an mmap operation, such as a terminal. */
export const terminal: OpenFile = { ...file, mappable: false };

function fileOf(path: string, inode: number, readable: boolean, writable: boolean): OpenFile {
  return { mapped: { path, major: 3, minor: 1, inode }, readable, writable, mappable: true };
}

interface Kind {
  readonly about: string;
  readonly prot: number;
  /** MAP_* names that map it, or null where only a later mprotect leaves it so. */
  readonly flags: string | null;
  readonly file: OpenFile | null;
  /** VM_* bits beyond the rights and MAY bits. */
  readonly extra: number;
}

const R = PROT_READ;
const W = PROT_WRITE;
const X = PROT_EXEC;
const ANON = 'PRIVATE ANONYMOUS';
const SHARED = VM_SHARED | VM_MAYSHARE;

function kind(
  about: string, prot: number, flags: string | null, extra: number, mapped: OpenFile | null = null,
): Kind {
  return { about, prot, flags, file: mapped, extra };
}

/** Capitals are fresh mappings; small letters have the same rights and differ in VM_ACCOUNT. */
export const kinds: Readonly<Record<string, Kind>> = {
  A: kind('anonymous, read and write', R | W, ANON, VM_ACCOUNT),
  a: kind('the same with MAP_NORESERVE: not accounted', R | W, `${ANON} NORESERVE`, 0),
  R: kind('anonymous, read only', R, ANON, 0),
  r: kind('read only, but was writable: accounted', R, null, VM_ACCOUNT),
  N: kind('PROT_NONE', PROT_NONE, ANON, 0),
  n: kind('PROT_NONE, but was writable: accounted', PROT_NONE, null, VM_ACCOUNT),
  X: kind('anonymous with all rights, as the heap', R | W | X, ANON, VM_ACCOUNT),
  D: kind('a stack that grows down', R | W, `${ANON} GROWSDOWN`, VM_ACCOUNT | VM_GROWSDOWN),
  S: kind('shared anonymous', R | W, 'SHARED ANONYMOUS', SHARED),
  s: kind('shared anonymous, read only', R, 'SHARED ANONYMOUS', SHARED),
  F: kind('private file, read and write', R | W, 'PRIVATE', VM_ACCOUNT, file),
  T: kind('private file, read and execute', R | X, 'PRIVATE', 0, file),
  t: kind('the same, but was writable: accounted', R | X, null, VM_ACCOUNT, file),
  G: kind('shared file', R | W, 'SHARED', SHARED, file),
  O: kind('shared file that was opened read only', R, 'SHARED', VM_MAYSHARE, readOnlyFile),
};

function vmFlagsOf({ prot, extra, file: mapped }: Kind): number {
  const may = mapped === readOnlyFile ? VM_MAYRWX & ~VM_MAYWRITE : VM_MAYRWX;
  return prot | may | extra;
}

function kindOf(letter: string): Kind {
  const found = kinds[letter];
  if (found === undefined) throw new Error(`no kind of mapping "${letter}"`);
  return found;
}

export interface DrawChoice extends MmChoice {
  /** Page number of the first character; TASK_UNMAPPED_BASE unless given. */
  readonly base?: number;
}

const frames = new WeakMap<Mm, { base: number; width: number }>();

/** Page number of the drawing's first character. */
export function baseOf(mm: Mm): number {
  return frames.get(mm)?.base ?? mm.taskUnmappedBase();
}

/** Address of the byte `offset` of a page of the drawing: its high and low half. */
export function addressOf(mm: Mm, page: number, offset = 0): [number, number] {
  const vpn = baseOf(mm) + page;
  const shift = mm.target.pageShift;
  return [hiOfVpn(vpn, shift), loOfVpn(vpn, shift, offset)];
}

/** An address space with the drawn areas and nothing else. */
export function draw(text: string, choice: DrawChoice = {}): Mm {
  const mm = newMm(choice);
  drawInto(mm, text, choice.base);
  return mm;
}

/** Adds the drawn areas to `mm`; from here on pictures of it have this drawing's base and width. */
export function drawInto(mm: Mm, text: string, base = mm.taskUnmappedBase()): void {
  frames.set(mm, { base, width: text.replaceAll('|', '').length });
  let page = 0;
  for (const [run] of text.matchAll(/(.)\1*/g)) {
    if (run[0] === '|') continue;
    if (run[0] !== '.') addArea(mm, base, page, run.length, run[0]!);
    page += run.length;
  }
  mm.notePeak();
}

/** Put in without merging, so that equal neighbours may stay apart; shared anonymous memory is mapped. */
function addArea(mm: Mm, base: number, page: number, npages: number, letter: string): void {
  const what = kindOf(letter);
  const flags = vmFlagsOf(what);
  const start = base + page;
  if (what.file === null && (flags & VM_SHARED) !== 0) {
    if (mmapAt(mm, start, npages, what, ' FIXED', 0) < 0) throw new Error(`"${letter}" was refused`);
    return;
  }
  const index = mm.fileIndex(what.file?.mapped ?? null);
  const pgoff = index !== 0 ? page : mm.rules.anonymousPgoff ? start : 0;
  mm.addArea(mm.vmas.find(start), start, start + npages, pgoff, flags, index);
  mm.account(flags, npages);
  if ((flags & VM_ACCOUNT) !== 0) mm.vm.committed += npages;
}

/** The drawing of `mm`: as wide as the one it was made from, or `width` pages. */
export function picture(mm: Mm, width = frames.get(mm)?.width ?? 0): string {
  const base = baseOf(mm);
  let text = '';
  let at = base;
  let last = '';
  for (let h = mm.vmas.find(base); h >= 0 && mm.vmas.vmStart[h]! < base + width; h = mm.vmas.next(h)) {
    const start = Math.max(mm.vmas.vmStart[h]!, base);
    const end = Math.min(mm.vmas.vmEnd[h]!, base + width);
    const letter = letterOf(mm, h);
    text += '.'.repeat(start - at);
    if (start === at && letter === last) text += '|';
    text += letter.repeat(end - start);
    at = end;
    last = letter;
  }
  return text + '.'.repeat(base + width - at);
}

function letterOf(mm: Mm, h: number): string {
  const flags = mm.vmas.vmFlags[h]!;
  const path = mm.files[mm.vmas.vmFile[h]!]?.path ?? '';
  const is = (k: Kind) => vmFlagsOf(k) === flags && pathOf(k) === path;
  return Object.keys(kinds).find((letter) => is(kinds[letter]!)) ?? '?';
}

/** Shared anonymous memory is a file of shmem's. */
function pathOf({ file: mapped, extra }: Kind): string {
  if (mapped !== null) return mapped.mapped.path;
  return (extra & VM_SHARED) !== 0 ? '/dev/zero (deleted)' : '';
}

function mmapAt(mm: Mm, vpn: number, npages: number, what: Kind, more: string, pgoff: number): number {
  if (what.flags === null) throw new Error(`no mmap makes this: ${what.about}`);
  const flags = mapFlags(mm, `${what.flags}${more}`);
  const from = { file: what.file, pgoff: what.file === null ? 0 : pgoff };
  return doMmap(mm, { ...newMmapArgs(), vpn, lenPages: npages, prot: what.prot, flags, ...from });
}

/** mmap of a kind of mapping; a number of pages from `base`, or -errno. `more`: further MAP_* names. */
function mmapKind(mm: Mm, page: number | null, npages: number, letter: string, more: string): number {
  const vpn = page === null ? 0 : baseOf(mm) + page;
  const result = mmapAt(mm, vpn, npages, kindOf(letter), more, page ?? 0);
  return result < 0 ? result : result - baseOf(mm);
}

/** mmap with MAP_FIXED at `page` of the drawing: `page`, or -errno. */
export function map(mm: Mm, page: number, npages: number, letter: string): number {
  return mmapKind(mm, page, npages, letter, ' FIXED');
}

/** mmap with `page` as a hint: the page it got, or -errno. */
export function mapHint(mm: Mm, page: number, npages: number, letter: string): number {
  return mmapKind(mm, page, npages, letter, '');
}

/** mmap where the search puts it: the page it got, or -errno. */
export function mapAnywhere(mm: Mm, npages: number, letter: string): number {
  return mmapKind(mm, null, npages, letter, '');
}

/** munmap: 0 or -errno. */
export function unmap(mm: Mm, page: number, npages: number): number {
  return doMunmap(mm, baseOf(mm) + page, 0, npages, 0);
}

/** mprotect to PROT_* bits: 0 or -errno. */
export function protect(mm: Mm, page: number, npages: number, prot: number): number {
  return doMprotect(mm, baseOf(mm) + page, 0, npages, 0, prot);
}
