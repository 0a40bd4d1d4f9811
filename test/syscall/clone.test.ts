/*
 * clone and clone2: the order of arguments, the flags that need each other, and the words in guest memory
 * that the kernel writes for NPTL. Linux 2.5.46 kernel/fork.c, argument orders of 2.6.0.
 */

import { describe, expect, it } from 'vitest';
import { Rig, type Word } from './rig.js';

const VM = 0x100;
const FS = 0x200;
const SIGHAND = 0x800;
const THREAD = 0x10000;
const NEWNS = 0x20000;
const PARENT_SETTID = 0x100000;
const CHILD_CLEARTID = 0x200000;
const DETACHED = 0x400000;
const NPTL_2_3_3 = 0x7d0f00;

const A_THREAD = VM | SIGHAND | THREAD;

interface Machine {
  readonly name: string;
  readonly clone: number;
  readonly exit: number;
  readonly futex: number;
  readonly fails: (generic: number, sparc?: number) => string;
  /** The arguments of a clone in this machine's order. */
  readonly args: (flags: number, stack: bigint, ptid: Word, ctid: Word, tls: Word) => Word[];
}

const machines: Machine[] = [
  {
    name: 'i386', clone: 120, exit: 1, futex: 240, fails: (n) => `eax=-${n}`,
    args: (flags, stack, ptid, ctid, tls) => [flags, stack, ptid, tls, ctid],
  },
  {
    name: 'sparc64', clone: 217, exit: 1, futex: 142, fails: (n, sparc = n) => `carry o0=${sparc}`,
    args: (flags, stack, ptid, ctid, tls) => [flags, stack, ptid, tls, ctid],
  },
  {
    name: 'sparc64 32-bit', clone: 217, exit: 1, futex: 142, fails: (n, sparc = n) => `carry o0=${sparc}`,
    args: (flags, stack, ptid, ctid, tls) => [flags, stack, ptid, tls, ctid],
  },
  {
    name: 'ia64', clone: 1213, exit: 1025, futex: 1230, fails: (n) => `r10=-1 r8=${n}`,
    args: (flags, stack, ptid, ctid, tls) => [flags, stack, 0x10000, ptid, ctid, tls],
  },
];

/** Words that tell which argument the kernel used. */
function words(rig: Rig) {
  return { ptid: rig.data + 16n, ctid: rig.data + 32n, tls: rig.data + 48n };
}

describe('a thread of a new pid or user namespace', () => {
  const NEWUSER = 0x10000000;
  const NEWPID = 0x20000000;
  const answer = (kernel: string, flags: number) => new Rig('i386', { kernel }).trap(120, flags, 0x100000n, 0, 0, 0);

  it('is EINVAL in 4.12, before the privilege that both need is asked for', () => {
    expect([NEWPID, NEWUSER, NEWPID | THREAD | SIGHAND].map((flag) => answer('4.12', VM | flag)))
      .toEqual(['eax=-1', 'eax=-1', 'eax=-22']);
    expect(answer('4.12', A_THREAD | NEWUSER)).toBe('eax=-22');
  });
});

describe.each(machines)('$name', ({ name, clone, exit, futex, fails, args }) => {
  it('returns the child\'s tid to the parent and makes the child runnable', () => {
    const rig = new Rig(name);
    expect(rig.trap(clone, ...args(A_THREAD, 0x100000n, 0, 0, 0))).toBe('0x3e9');
    expect(rig.events).toEqual(['cloned 0 -> 1']);
    expect(rig.runnable()).toEqual([1]);
  });

  it('CLONE_PARENT_SETTID stores the tid where the machine\'s order says, before the child runs', () => {
    const rig = new Rig(name);
    const { ptid, ctid, tls } = words(rig);
    rig.trap(clone, ...args(A_THREAD | PARENT_SETTID, 0x100000n, ptid, ctid, tls));
    expect([ptid, ctid, tls].map((at) => rig.peek(at))).toEqual([1001, 0, 0]);
  });

  it('CLONE_CHILD_CLEARTID clears the word at exit and wakes a waiter', () => {
    const rig = new Rig(name);
    const { ptid, ctid, tls } = words(rig);
    for (const at of [ptid, ctid, tls]) rig.poke(at, 55);
    rig.trap(clone, ...args(A_THREAD | CHILD_CLEARTID, 0x100000n, ptid, ctid, tls));
    const [child] = rig.runnable();
    const waiter = rig.spawn();
    expect(rig.switchTo(waiter).raw(futex, ctid, 0, 55)).toBe('sleeps');
    expect(rig.switchTo(child!).raw(exit, 0)).toBe('ended');
    expect([ptid, ctid, tls].map((at) => rig.peek(at))).toEqual([55, 0, 55]);
    expect(rig.runnable()).toEqual([waiter]);
  });

  it('without the flags no word is written', () => {
    const rig = new Rig(name);
    const { ptid, ctid, tls } = words(rig);
    rig.trap(clone, ...args(A_THREAD, 0x100000n, ptid, ctid, tls));
    rig.poke(ctid, 55);
    rig.switchTo(rig.runnable()[0]!).raw(exit, 0);
    expect([ptid, ctid, tls].map((at) => rig.peek(at))).toEqual([0, 55, 0]);
  });

  it('a parent_tid that cannot be written fails with EFAULT and leaves no child and no pid taken', () => {
    const rig = new Rig(name);
    expect(rig.trap(clone, ...args(A_THREAD | PARENT_SETTID, 0x100000n, 0x10, 0, 0))).toBe(fails(14));
    expect(rig.kernel.tasks.live).toBe(1);
    expect(rig.runnable()).toEqual([]);
    // Pid 1001 is free again, but pids go on from the last one given.
    expect(rig.trap(clone, ...args(A_THREAD, 0x100000n, 0, 0, 0))).toBe('0x3ea');
  });

  it('takes the flags of NPTL 2.3.3', () => {
    const rig = new Rig(name);
    const { ptid } = words(rig);
    rig.trap(clone, ...args(NPTL_2_3_3, 0x100000n, ptid, ptid, rig.data));
    expect(rig.peek(ptid)).toBe(1001);
    rig.switchTo(rig.runnable()[0]!).raw(exit, 0);
    expect(rig.peek(ptid)).toBe(0);
  });

  it('CLONE_THREAD without CLONE_SIGHAND fails with EINVAL', () => {
    expect(new Rig(name).trap(clone, ...args(VM | THREAD, 0n, 0, 0, 0))).toBe(fails(22));
  });

  it('CLONE_DETACHED without CLONE_THREAD fails with EINVAL', () => {
    expect(new Rig(name).trap(clone, ...args(VM | SIGHAND | DETACHED, 0n, 0, 0, 0))).toBe(fails(22));
  });

  it('CLONE_NEWNS with CLONE_FS fails with EINVAL, before all other rules', () => {
    expect(new Rig(name).trap(clone, ...args(A_THREAD | NEWNS | FS, 0n, 0, 0, 0))).toBe(fails(22));
  });

  it('without CLONE_THREAD makes a process of its own', () => {
    const rig = new Rig(name);
    expect(rig.trap(clone, ...args(17, 0n, 0, 0, 0))).toBe('0x3e9');
    expect(rig.kernel.processes.map(({ tgid }) => tgid)).toEqual([1000, 1001]);
  });

  it('without a free pid it fails with EAGAIN', () => {
    // Pids 300 to 1001: 1000 is the first task, so 701 children fit.
    const rig = new Rig(name, { pidMax: 1002 });
    for (let i = 0; i < 701; i++) rig.spawn();
    expect(rig.trap(clone, ...args(A_THREAD, 0n, 0, 0, 0))).toBe(fails(11));
  });
});

describe('ia64 clone (1128), the older entry', () => {
  it('has the order of clone2', () => {
    const rig = new Rig('ia64');
    rig.trap(1128, A_THREAD | PARENT_SETTID, 0x100000n, 16, rig.data + 16n, 0, 0);
    expect(rig.peek(rig.data + 16n)).toBe(1001);
  });
});

describe('exit and exit_group', () => {
  it('the last task clears its word too: 2.5.46 does not ask whether anybody is left', () => {
    const rig = new Rig('i386');
    rig.poke(rig.data, 77);
    rig.trap(258, rig.data);
    rig.raw(1, 0);
    expect([rig.kernel.processes[0]!.exited, rig.peek(rig.data)]).toEqual([true, 0]);
  });

  it('the last task\'s exit ends the process with the first task\'s code', () => {
    const rig = new Rig('i386');
    rig.trap(120, A_THREAD, 0, 0, 0, 0);
    const process = rig.kernel.processes[0]!;
    rig.raw(1, 0x1ff);
    expect([process.exited, process.exitCode]).toEqual([false, 255]);
    rig.switchTo(rig.runnable()[0]!).raw(1, 7);
    expect([process.exited, process.exitCode]).toEqual([true, 255]);
    expect(rig.kernel.tasks.live).toBe(0);
  });

  it('exit_group ends everybody, sleepers too, with its own code modulo 256', () => {
    const rig = new Rig('i386');
    rig.trap(120, A_THREAD, 0, 0, 0, 0);
    rig.trap(120, A_THREAD, 0, 0, 0, 0);
    const [sleeper, caller] = rig.runnable();
    rig.switchTo(sleeper!).raw(240, rig.data, 0, 0);
    expect(rig.switchTo(caller!).raw(252, 0x103)).toBe('ended');
    expect(rig.kernel.processes[0]!.exitCode).toBe(3);
    expect(rig.kernel.processes[0]!.exited).toBe(true);
    expect([rig.kernel.tasks.live, rig.kernel.futexes.waiters]).toEqual([0, 0]);
    expect(rig.runnable()).toEqual([]);
  });
});
