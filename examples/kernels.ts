/**
 * kernels: the same few memory calls under every release that a machine has. Each question is a program of its own on a
 * fresh machine; the answers are shown by periods of releases, so that what changed, and when, stands out.
 *
 *   guardpage run examples/kernels.ts                    every question, on x86_64
 *   guardpage run examples/kernels.ts -- i386            on another machine (64-bit tasks of sparc64 and x86_64)
 *   guardpage run examples/kernels.ts -- x86_64 hole     questions whose text has the word
 */
import { type Addr, archs, findArch, type Libc, Machine, type ThreadBody } from 'guardpage';

/** What a question has at hand: calls on whole pages, whose answer is a page (or 0), or the name of an error. */
interface Memory {
  readonly libc: Libc;
  map(npages: number, at?: Addr, flags?: number, prot?: number): ThreadBody<Answer>;
  unmap(at: Answer, npages: number): ThreadBody<Answer>;
  /** What became of any other call. */
  say(result: Addr): string;
  plus(at: Answer, npages: number): Addr;
}

type Answer = Addr | string;

interface Question {
  readonly asks: string;
  answer(memory: Memory): ThreadBody<string>;
}

function hex(at: Answer): string {
  return typeof at === 'string' ? at : `0x${at.toString(16)}`;
}

/** A page, in pages, where nothing lies on any machine. */
const FREE = 65536;

/** The name of a failure, or undefined. */
function failure(at: Answer): string | undefined {
  return typeof at === 'string' ? at : undefined;
}

/** How `at` lies to three areas of which the middle one was unmapped. */
function placeOf(at: Answer, hole: Answer, first: Answer): string {
  if (hex(at) === hex(hole)) return 'the hole';
  return BigInt(hex(at)) > BigInt(hex(first)) ? 'above all' : 'below all';
}

const questions: readonly Question[] = [
  {
    asks: 'the first page that mmap gives',
    *answer({ map }) {
      return hex(yield* map(1));
    },
  },
  {
    asks: 'the next one, of other rights',
    *answer({ map, plus }) {
      const first = yield* map(1);
      const next = yield* map(1, 0, 0, 0);
      return hex(next) === hex(plus(first, 1)) ? 'right above it' : 'right below it';
    },
  },
  {
    asks: 'a page is free between others, and two pages are mapped: where the next page goes',
    *answer({ map, unmap }) {
      const [first, middle] = [yield* map(1), yield* map(1, 0, 0, 0)];
      yield* map(1);
      yield* unmap(middle, 1);
      yield* map(2, 0, 0, 0);
      return placeOf(yield* map(1), middle, first);
    },
  },
  {
    asks: 'mmap of 0 bytes',
    *answer({ map }) {
      return hex(yield* map(0));
    },
  },
  {
    asks: 'mmap with a hint in the middle of a page',
    *answer({ map, libc }) {
      const page = libc.pageSize;
      const got = yield* map(1, FREE * page + page / 2);
      if (hex(got) === hex((FREE + 1) * page)) return 'rounds it up';
      return hex(got) === hex(FREE * page) ? 'rounds it down' : hex(got);
    },
  },
  {
    asks: 'mmap of page 0 by MAP_FIXED',
    *answer({ map, libc }) {
      return failure(yield* map(1, 0, libc.MAP.FIXED)) ?? 'done';
    },
  },
  {
    asks: 'a page right below a MAP_GROWSDOWN area, as a hint',
    *answer({ map, libc }) {
      const page = libc.pageSize;
      yield* map(1, FREE * page, libc.MAP.FIXED | libc.MAP.GROWSDOWN);
      const got = yield* map(1, (FREE - 1) * page, 0, 0);
      return hex(got) === hex((FREE - 1) * page) ? 'granted' : 'goes elsewhere';
    },
  },
  {
    asks: 'mremap to a new length of 0',
    *answer({ map, plus, libc, say }) {
      return say(yield* libc.mremap(plus(yield* map(1), 0), libc.pageSize, 0, libc.MREMAP.MAYMOVE));
    },
  },
  {
    asks: 'mremap from an old length of 0, private memory',
    *answer({ map, plus, libc, say }) {
      return say(yield* libc.mremap(plus(yield* map(1), 0), 0, libc.pageSize, libc.MREMAP.MAYMOVE));
    },
  },
  {
    asks: 'mremap of nothing, its length unchanged',
    *answer({ libc, say }) {
      return say(yield* libc.mremap(FREE * libc.pageSize, libc.pageSize, libc.pageSize, 0));
    },
  },
  {
    asks: 'madvise(MADV_DONTNEED) of private memory',
    *answer({ map, plus, libc, say }) {
      return say(yield* libc.madvise(plus(yield* map(1), 0), libc.pageSize, libc.MADV['DONTNEED']!));
    },
  },
  {
    asks: 'madvise(MADV_WILLNEED) of private memory',
    *answer({ map, plus, libc, say }) {
      return say(yield* libc.madvise(plus(yield* map(1), 0), libc.pageSize, libc.MADV['WILLNEED']!));
    },
  },
  {
    asks: 'mincore of private memory',
    *answer({ map, plus, libc, say }) {
      const vec = libc.bss(16);
      const [result] = yield* libc.mincore(plus(yield* map(1), 0), libc.pageSize, vec);
      return say(result);
    },
  },
  {
    asks: 'mlock of a page by an ordinary user',
    *answer({ map, plus, libc, say }) {
      return say(yield* libc.mlock(plus(yield* map(1), 0), libc.pageSize));
    },
  },
];

function memoryOf(libc: Libc): Memory {
  const errorName = () => Object.keys(libc.E).find((name) => libc.E[name] === libc.errno) ?? String(libc.errno);
  const answerOf = (result: Addr): Answer => (Number(BigInt.asIntN(64, BigInt(result.toString()))) === -1 ? errorName() : result);
  return {
    libc,
    *map(npages, at = 0, flags = 0, prot = libc.PROT_READ | libc.PROT_WRITE) {
      const private_ = libc.MAP.PRIVATE | libc.MAP.ANONYMOUS;
      return answerOf(yield* libc.mmap(at, npages * libc.pageSize, prot, private_ | flags));
    },
    *unmap(at, npages) {
      return typeof at === 'string' ? at : answerOf(yield* libc.munmap(at, npages * libc.pageSize));
    },
    say(result) {
      const answer = answerOf(result);
      return typeof answer === 'string' ? answer : 'done';
    },
    plus(at, npages) {
      if (typeof at === 'string') return 0;
      return typeof at === 'number' ? at + npages * libc.pageSize : at.add(npages * libc.pageSize);
    },
  };
}

/** One question under one release. */
function ask({ answer }: Question, arch: string, kernel: string): string {
  const machine = new Machine({ arch, kernel });
  let text = '';
  machine.load(function* inner(libc: Libc) {
    text = yield* answer(memoryOf(libc));
    return 0;
  });
  const { message } = machine.run();
  return message ?? text;
}

/** Releases that answer alike and follow each other, oldest first: "2.4.20 to 2.6.12-rc1". */
function* show(libc: Libc, question: Question, arch: string, kernels: readonly string[]): ThreadBody<void> {
  yield* libc.printf('%s\n', question.asks);
  const answers = kernels.map((kernel) => ask(question, arch, kernel));
  for (let from = 0, to = 0; from < kernels.length; from = to) {
    while (to < kernels.length && answers[to] === answers[from]) to += 1;
    const period = to - from === 1 ? kernels[from]! : `${kernels[from]} to ${kernels[to - 1]}`;
    yield* libc.printf('  %s%s\n', period.padEnd(26), answers[from]!);
  }
}

export default function* main(libc: Libc, argv: string[]): ThreadBody<number> {
  const [name = 'x86_64', word = ''] = argv;
  const arch = findArch(name);
  if (arch === undefined) {
    yield* libc.eprintf('usage: kernels [%s [WORD]]\n', archs.map((known) => known.name).join('|'));
    return 2;
  }
  const kernels = arch.releases[arch.bits[0]!]!;
  for (const question of questions.filter(({ asks }) => asks.includes(word))) yield* show(libc, question, name, kernels);
  return 0;
}
