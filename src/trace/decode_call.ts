/** The arguments of a logged memory call as words, by position, for one machine's names of flags. */
import type { MapFlags } from '../arch/index.js';
import { type LoggedCall, type MemoryCallName, quoted, StraceLogError } from './strace_log.js';
import {
  descriptorOf, type Descriptor, mapNames, mremapNames, protNames, type Word, wordOf, ZERO,
} from './strace_words.js';

export type MemoryCall = Extract<LoggedCall, { kind: 'memory' }>;

export interface DecodedCall {
  readonly words: readonly Word[];
  /** Of a map: the descriptor. */
  readonly descriptor: Descriptor | null;
  /** old_mmap whose six words strace could not read: words[0] is the pointer. */
  readonly isPointer: boolean;
}

type Kind = 'word' | 'prot' | 'flags' | 'fd' | 'mremap';

const MMAP: readonly Kind[] = ['word', 'word', 'prot', 'flags', 'fd', 'word'];
const KINDS: Readonly<Record<MemoryCallName, readonly Kind[]>> = {
  brk: ['word'],
  mmap: MMAP,
  mmap2: MMAP,
  old_mmap: MMAP,
  mprotect: ['word', 'word', 'prot'],
  mremap: ['word', 'word', 'word', 'mremap', 'word'],
  munmap: ['word', 'word'],
};
/** mremap without MREMAP_FIXED has no fifth argument. */
const OPTIONAL: Readonly<Partial<Record<MemoryCallName, number>>> = { mremap: 1 };

/** Throws StraceLogError for an argument that cannot be read. */
export function decodeCall(call: MemoryCall, map: MapFlags): DecodedCall {
  const { name, line } = call;
  const isMap = KINDS[name] === MMAP;
  const texts = argumentTexts(call);
  if (isMap && texts.length === 1) return { words: [word(call, texts[0]!, 'word', map)], descriptor: null, isPointer: true };
  const kinds = KINDS[name];
  if (texts.length > kinds.length || texts.length < kinds.length - (OPTIONAL[name] ?? 0)) {
    throw new StraceLogError(line, `${name} takes ${kinds.length} arguments, not ${texts.length}: ${quoted(call.text)}`);
  }
  const words = kinds.map((kind, i) => (texts[i] === undefined ? ZERO : word(call, texts[i], kind, map)));
  return { words, descriptor: isMap ? descriptorOf(texts[4]!) : null, isPointer: false };
}

/** The six words of old_mmap may be written as a structure: {addr=NULL, len=4096, ...}. */
function argumentTexts({ args }: MemoryCall): readonly string[] {
  const only = args.length === 1 ? args[0]! : '';
  if (!only.startsWith('{')) return args;
  return only.replace(/^\{|\}$/g, '').split(',').map((field) => field.slice(field.indexOf('=') + 1).trim());
}

function word(call: MemoryCall, text: string, kind: Kind, map: MapFlags): Word {
  const value = kind === 'fd' ? fdWord(text) : wordOf(text, namesOf(kind, map));
  if (value !== null) return value;
  throw new StraceLogError(call.line, `${call.name} has an argument that cannot be read, ${quoted(text)}: ${quoted(call.text)}`);
}

function fdWord(text: string): Word | null {
  const descriptor = descriptorOf(text);
  return descriptor && { hi: 0, lo: descriptor.fd };
}

function namesOf(kind: Kind, map: MapFlags) {
  if (kind === 'prot') return protNames;
  if (kind === 'mremap') return mremapNames;
  return kind === 'flags' ? mapNames(map) : {};
}
