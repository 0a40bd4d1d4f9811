/**
 * mitata cases for the operations that everything hangs on. Run on the built output: `make bench`.
 * Each case checks its own result once before it is timed.
 */
import { bench, do_not_optimize, group, run } from 'mitata';
import { bug } from '../src/lib/bug.js';
import { doMmap, newMmapArgs } from '../src/mm/mmap.js';
import { initRlimits, type Mm } from '../src/mm/mm.js';
import { makeMm } from '../src/mm/make_mm.js';
import { doMprotect } from '../src/mm/mprotect.js';
import { doMunmap } from '../src/mm/munmap.js';
import { PhysicalMemory } from '../src/mm/physical_memory.js';
import { load32, store32 } from '../src/mm/uaccess.js';
import { Vm } from '../src/mm/vm.js';
import { findArch } from '../src/arch/index.js';
import { Machine } from '../src/machine.js';
import { findRelease, type SearchName } from '../src/release/index.js';
import type { Libc } from '../src/thread/libc.js';

const PRIVATE_ANONYMOUS = 0x22;
const STACK_PAGES = 4;

function execMm(arch: string, search: SearchName): Mm {
  const target = findArch(arch)!.at(findRelease('2.5.46')!.release, arch === 'i386' ? 32 : 64);
  const memory = new PhysicalMemory(target.pageSize, target.bigEndian, 2 ** 30);
  const mm = makeMm(target, new Vm(2 ** 40), memory, initRlimits(), { search, maxMapCount: 2 ** 30 });
  mm.exec(target.newTask, { path: '/bin/bench', major: 3, minor: 1, inode: 1 });
  return mm;
}

const args = newMmapArgs();

/** A stack and its guard page, as NPTL maps them; the stack's first page. */
function mapStack(mm: Mm): number {
  args.vpn = 0;
  args.offset = 0;
  args.lenPages = STACK_PAGES;
  args.lenOffset = 0;
  args.prot = 3;
  args.flags = PRIVATE_ANONYMOUS;
  args.pgoff = 0;
  const vpn = doMmap(mm, args);
  if (vpn < 0 || doMprotect(mm, vpn, 0, 1, 0, 0) < 0) bug('no room for a stack');
  return vpn;
}

function withStacks(arch: string, search: SearchName, count: number): Mm {
  const mm = execMm(arch, search);
  for (let i = 0; i < count; i++) mapStack(mm);
  mm.check();
  return mm;
}

for (const arch of ['i386', 'sparc64', 'ia64']) {
  group(`${arch}: mmap + mprotect(guard) + munmap with 10,000 stacks mapped`, () => {
    for (const search of ['first-fit', 'free-area-cache'] as const) {
      const mm = withStacks(arch, search, 10_000);
      const before = mm.vmas.size;
      doMunmap(mm, mapStack(mm), 0, STACK_PAGES, 0);
      if (mm.vmas.size !== before) bug('munmap did not undo mmap');
      bench(search, () => doMunmap(mm, mapStack(mm), 0, STACK_PAGES, 0));
    }
  });
}

group('sparc64, free-area-cache: the same with 1,000,000 stacks mapped, 2,000,000 areas', () => {
  const mm = withStacks('sparc64', 'free-area-cache', 1_000_000);
  bench('mmap + mprotect + munmap', () => doMunmap(mm, mapStack(mm), 0, STACK_PAGES, 0));
});

group('guest memory, 4 bytes', () => {
  for (const arch of ['i386', 'sparc64'] as const) {
    const mm = withStacks(arch, 'free-area-cache', 100);
    const hi = arch === 'i386' ? 0 : 0xfffff800 | 0;
    const lo = (arch === 'i386' ? 0x40000000 : 0) + 2 * mm.target.pageSize;
    store32(mm, hi, lo, 42);
    if (load32(mm, hi, lo) !== 42) bug('a store was lost');
    bench(`${arch} load`, () => do_not_optimize(load32(mm, hi, lo)));
    bench(`${arch} store`, () => do_not_optimize(store32(mm, hi, lo, 7)));
  }
});

/** A program of 1,000 locks and unlocks that nobody contends. */
function* locks(libc: Libc): Generator<unknown, number, unknown> {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  for (let i = 0; i < 1000; i++) {
    yield* libc.pthread_mutex_lock(mutex);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  return 0;
}

/** A program that creates and joins 1,000 threads, one at a time. */
function* threads(libc: Libc): Generator<unknown, number, unknown> {
  function* body(): Generator<unknown, void, unknown> {}
  for (let i = 0; i < 1000; i++) {
    const [error, thread] = yield* libc.pthread_create(null, body);
    if (error !== 0) return 1;
    yield* libc.pthread_join(thread);
  }
  return 0;
}

group('whole programs on i386, reset between', () => {
  for (const [name, main] of Object.entries({ '1,000 x lock + unlock': locks, '1,000 x create + join': threads })) {
    const machine = new Machine({ arch: 'i386' });
    bench(name, () => {
      machine.load(main);
      if (machine.run().exit !== 0) bug('the program failed');
    });
  }
});

await run({ colors: process.stdout.isTTY === true });
