/* The calls that programs of src/thread do not make: old_mmap, mremap, and one that is not implemented. */
import { describe, expect, it } from 'vitest';
import { Machine } from '../../src/machine.js';
import { store32 } from '../../src/mm/uaccess.js';
import { type MemoryCall, MemoryTrace } from '../../src/trace/memory_trace.js';

const RW = 3;
const PRIVATE_ANONYMOUS = 0x22;
const MAYMOVE = 1;
const FIXED = 2;
/** The program's data page on i386. */
const DATA = 0x08049000;

/** A machine that is about to enter main, and a way to trap with registers filled by hand. */
function i386(release = '2.5.46') {
  const calls: MemoryCall[] = [];
  const strace: string[] = [];
  const machine = new Machine({
    kernel: release, tracers: [new MemoryTrace((call) => calls.push(call))], strace: (line) => strace.push(line),
  });
  // biome-ignore lint/correctness/useYield: it never runs.
  machine.load(function* main() {
    return 0;
  });
  const { kernel, target } = machine;
  kernel.switchTo(0);
  const trap = (name: string, ...args: number[]) => {
    kernel.regs[2 * target.trap.nr] = target.nr[name]!;
    target.trap.args.forEach((register, i) => {
      kernel.regs[2 * register] = args[i] ?? -1;
    });
    kernel.trap();
    return calls.at(-1)!;
  };
  const mmap = (pages: number) => Number(trap('mmap2', 0, pages * 4096, RW, PRIVATE_ANONYMOUS, -1, 0).result);
  return { calls, strace, machine, trap, mmap };
}

describe('MemoryTrace', () => {
  it('shows the six words of old_mmap, at any address', () => {
    const { machine, trap } = i386();
    [0, 0x2000, RW, PRIVATE_ANONYMOUS, -1, 0].forEach((word, i) => {
      store32(machine.mm, 0, DATA + 4 * i, word);
    });
    expect(trap('mmap', DATA)).toEqual({
      n: 1, tid: 1000, call: 'old_mmap', args: ['0x0', '0x2000', '0x3', '0x22', '0xffffffff', '0x0'],
      result: '0x40000000', probes: 1, splits: 0, merges: 0, vmas: 4,
    });
    expect(trap('mmap', DATA + 1)).toMatchObject({ call: 'old_mmap', result: expect.stringMatching(/^E/) });
  });

  it('shows faults that grow the stack, each with the page and where the stack begins now', () => {
    const { calls, machine, trap } = i386();
    trap('brk', 0);
    store32(machine.mm, 0, 0xbfff0000, 1);
    store32(machine.mm, 0, 0xbfff1000, 1);
    store32(machine.mm, 0, 0xbffef000, 1);
    store32(machine.mm, 0, 0x50000000, 1);
    const base = { tid: 1000, call: 'fault', probes: 0, splits: 0, merges: 0, vmas: 3 };
    expect(calls.slice(1)).toEqual([
      { ...base, n: 2, args: ['0xbfff0000'], result: '0xbfff0000' },
      { ...base, n: 3, args: ['0xbffef000'], result: '0xbffef000' },
    ]);
  });

  it('shows the page that guards a stack in 3.6 as a fault of its own', () => {
    const { calls, machine, trap } = i386('3.6');
    trap('brk', 0);
    const start = machine.mm.vmas.vmStart[machine.mm.vmas.last()]!;
    const page = (n: number) => `0x${((start + n) * 4096).toString(16)}`;
    store32(machine.mm, 0, ((start - 2) * 4096) | 0, 1);
    store32(machine.mm, 0, ((start - 3) * 4096) | 0, 1);
    expect(calls.slice(1).map(({ args, result }) => [...args, result])).toEqual([
      [page(-2), page(-2)], [page(-3), page(-3)], [page(-4), page(-4)],
    ]);
  });

  it('shows the pointer of old_mmap where nothing can be read', () => {
    expect(i386().trap('mmap', 0x50000000)).toMatchObject({ call: 'old_mmap', args: ['0x50000000'], result: 'EFAULT' });
  });

  it('shows the new address of mremap only where the call looks at it', () => {
    const { trap, mmap } = i386();
    const at = mmap(2);
    expect(trap('mremap', at, 0x2000, 0x1000, MAYMOVE)).toMatchObject({
      args: ['0x40000000', '0x2000', '0x1000', '0x1'], result: '0x40000000',
    });
    expect(trap('mremap', at, 0x1000, 0x1000, MAYMOVE | FIXED, 0x60000000)).toMatchObject({
      args: ['0x40000000', '0x1000', '0x1000', '0x3', '0x60000000'], result: '0x60000000',
    });
  });

  it('counts what the call itself added', () => {
    const { trap, mmap } = i386();
    const at = mmap(3);
    expect(trap('mprotect', at + 0x1000, 0x1000, 0)).toMatchObject({ n: 2, splits: 2, merges: 0, vmas: 6 });
    expect(trap('munmap', at + 0x800, 0x1000)).toMatchObject({ n: 3, result: 'EINVAL', splits: 0, vmas: 6 });
  });

  it('leaves out calls that are none of memory, and sees what --strace sees', () => {
    const { calls, strace, trap } = i386();
    trap('getpid');
    expect([calls.length, strace]).toEqual([0, ['getpid() = 1000']]);
    trap('brk', 0);
    expect([calls.length, strace.length]).toEqual([1, 2]);
  });
});
