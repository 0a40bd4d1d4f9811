/** ReplayProcess: makes the memory calls of a log, and after a miss brings the process to where the log has it. */
import { EINVAL, errnoName } from '../arch/generic/errno.js';
import { isOldMmap } from '../arch/generic/known_calls.js';
import { MREMAP_FIXED, MREMAP_MAYMOVE } from '../arch/generic/mman_calls.js';
import { hex, pageOffset, vpnOf } from '../lib/u64.js';
import { CallProcess, type Outcome } from './call_process.js';
import type { DecodedCall } from './decode_call.js';
import type { Descriptors } from './descriptors.js';
import type { MemoryCallName } from './strace_log.js';
import type { Recorded, Word } from './strace_words.js';

/** NR_OPEN: no process has more. */
const MOST_DESCRIPTORS = 1024 * 1024;
const FLAGS = 3;
const OFFSET = 5;

export class ReplayProcess extends CallProcess {
  /** Makes a memory call of the log. `inPages`: offsets of mmap2 are counted as the call does. */
  make(name: MemoryCallName, call: DecodedCall, descriptors: Descriptors, recorded: Recorded, inPages: boolean): Outcome {
    const { words, descriptor, isPointer } = call;
    if (isPointer || descriptor === null) return this.trap(name === 'old_mmap' ? 'mmap' : name, words);
    const { files } = this.machine.kernel.process;
    if (descriptor.fd >= 0 && descriptor.fd < MOST_DESCRIPTORS) files.install(descriptor.fd, descriptors.fileOf(descriptor.fd, descriptor.path, recorded));
    return name === 'mmap2' ? this.mmap2(words, inPages) : this.mmap(words);
  }

  /** A map with a byte offset. Where the machine's mmap takes a pointer, mmap2 does the same with the words. */
  private mmap(words: readonly Word[]): Outcome {
    const { entry, pageShift } = this.machine.target;
    if (!isOldMmap(entry['mmap'])) return this.trap('mmap', words);
    const offset = words[OFFSET]!;
    if (pageOffset(offset.lo, pageShift) !== 0) return { error: errnoName(EINVAL) };
    return this.trap('mmap2', withWord(words, OFFSET, { hi: 0, lo: vpnOf(0, offset.lo, pageShift) }));
  }

  private mmap2(words: readonly Word[], inPages: boolean): Outcome {
    const { target } = this.machine;
    const unit = target.nptl('2.36').mmapUnit;
    const { hi, lo } = words[OFFSET]!;
    const offset = (hi >>> 0) * 2 ** 32 + (lo >>> 0);
    if (target.nr['mmap2'] !== undefined) {
      return this.trap('mmap2', withWord(words, OFFSET, wordOfNumber(inPages ? offset : Math.floor(offset / unit))));
    }
    return this.mmap(inPages ? withWord(words, OFFSET, wordOfNumber(offset * target.pageSize)) : words);
  }

  // ---- after a miss ----------------------------------------------------------------------------------

  /** Brings the address space to where the log has it after a call that went another way here. */
  honour(name: MemoryCallName, { words }: DecodedCall, predicted: Outcome, recorded: Outcome): void {
    if (name === 'brk') this.trap('brk', 'word' in recorded ? [recorded.word] : words);
    else if (name === 'mremap') this.honourMremap(words, predicted, recorded);
    else if (name !== 'munmap' && name !== 'mprotect') this.honourMap(words, predicted, recorded);
    else if ('word' in recorded) this.trap(name, words);
  }

  private honourMap(words: readonly Word[], predicted: Outcome, recorded: Outcome): void {
    const { FIXED, FIXED_NOREPLACE } = this.machine.target.map;
    if ('word' in predicted) this.trap('munmap', [predicted.word, words[1]!]);
    if (!('word' in recorded)) return;
    const flags = (words[FLAGS]!.lo & ~FIXED_NOREPLACE) | FIXED;
    this.mmap(withWord(withWord(words, 0, recorded.word), FLAGS, { hi: 0, lo: flags }));
  }

  private honourMremap(words: readonly Word[], predicted: Outcome, recorded: Outcome): void {
    const [address, oldLength, newLength] = words as [Word, Word, Word];
    const flags = { hi: 0, lo: MREMAP_MAYMOVE | MREMAP_FIXED };
    if (!('word' in recorded)) {
      if ('word' in predicted) this.trap('mremap', [predicted.word, newLength, oldLength, flags, address]);
      return;
    }
    const from = 'word' in predicted ? predicted.word : address;
    const length = 'word' in predicted ? newLength : oldLength;
    this.trap('mremap', [from, length, newLength, flags, recorded.word]);
  }
}

function withWord(words: readonly Word[], at: number, word: Word): Word[] {
  return words.map((old, i) => (i === at ? word : old));
}

/** Of a whole number in 0..2^53. */
function wordOfNumber(value: number): Word {
  return { hi: Math.floor(value / 2 ** 32) | 0, lo: value | 0 };
}

/** "0x7f..." for calls that return an address, "0" for the others, or the name of an errno. */
export function outcomeText(name: MemoryCallName, outcome: Outcome): string {
  if ('error' in outcome) return outcome.error;
  const { hi, lo } = outcome.word;
  return (name === 'munmap' || name === 'mprotect') && hi === 0 && lo === 0 ? '0' : hex(hi, lo);
}
