/*
 * Processes: fork, vfork and clone without CLONE_VM, zombies, wait4 and waitid, who hears of an end, process groups,
 * robust lists. Linux 6.1, kernel/{fork,exit,signal}.c.
 */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const nr = {
  exit: 1, fork: 2, waitpid: 7, getpid: 20, kill: 37, setpgid: 57, getppid: 64, getpgrp: 65, setsid: 66, wait4: 114,
  clone: 120, rt_sigaction: 174, rt_sigprocmask: 175, vfork: 190, gettid: 224, futex: 240, exit_group: 252, waitid: 284,
  set_robust_list: 311, get_robust_list: 312, clone3: 435,
};
const ECHILD = 'eax=-10';
const EINVAL = 'eax=-22';
const SIGCHLD = 17;
const hex = (n: number) => `0x${n.toString(16)}`;

const modern = () => new Rig('i386', { kernel: '6.1' });

/** fork() by the running task: the child's slot. */
function fork(rig: Rig, call = nr.fork, ...args: (number | bigint)[]): { readonly pid: number; readonly slot: number } {
  const pid = Number(rig.trap(call, ...args));
  return { pid, slot: rig.kernel.tasks.slotOf(pid) };
}

/** Reads a word of the memory of whichever process runs. */
function peekOf(rig: Rig, at: bigint): number {
  rig.trap(nr.futex, at, 0, 0x12345678); // EAGAIN: makes the page present
  return rig.peekIn(rig.kernel.mm, at);
}

describe('fork', () => {
  it('returns the child\'s pid, and the child has the parent\'s memory until either writes', () => {
    const rig = modern();
    rig.poke(rig.data, 5);
    const { pid, slot } = fork(rig);
    expect([pid, rig.events]).toEqual([1001, [`forked 0 -> 1: 1001`]]);
    rig.poke(rig.data, 6);
    rig.switchTo(slot);
    expect(peekOf(rig, rig.data)).toBe(5);
    expect([rig.trap(nr.getpid), rig.trap(nr.getppid)]).toEqual([hex(1001), hex(1000)]);
  });

  it('CLONE_CHILD_SETTID writes into the child\'s memory alone', () => {
    const rig = modern();
    const { pid, slot } = fork(rig, nr.clone, 0x01000000 | SIGCHLD, 0, 0, 0, rig.data + 16n);
    expect(rig.peek(rig.data + 16n)).toBe(0);
    rig.switchTo(slot);
    expect(peekOf(rig, rig.data + 16n)).toBe(pid);
  });

  it('without a pid to give fails with EAGAIN, and 32-bit flags are checked as clone\'s', () => {
    const rig = new Rig('i386', { kernel: '6.1', pidMax: 1001 });
    for (let i = 0; i < 700; i++) rig.trap(nr.fork);
    expect(rig.trap(nr.fork)).toBe('eax=-11');
    expect(modern().trap(nr.clone, 0x800)).toBe(EINVAL); // SIGHAND without VM
    expect(modern().trap(nr.clone, 0x40000000)).toBe('eax=-1'); // CLONE_NEWNET
  });

  it('what sleeps on a word goes on sleeping on it when the page is copied for its process', () => {
    const rig = modern();
    const sleeper = rig.spawn();
    rig.switchTo(sleeper).raw(nr.futex, rig.data, 0, 0);
    rig.switchTo(rig.main);
    const { slot } = fork(rig);
    rig.poke(rig.data, 1);
    expect(rig.trap(nr.futex, rig.data, 1, 9)).toBe('0x1');
    rig.switchTo(slot);
    expect(rig.trap(nr.futex, rig.data, 1, 9)).toBe('0x0');
  });

  it('shared memory is one futex for both', () => {
    const rig = modern();
    rig.trap(192, 0, 4096, 3, 0x21, -1, 0);
    const at = rig.get('eax');
    const { slot } = fork(rig);
    rig.switchTo(slot);
    expect(rig.raw(nr.futex, at, 0, 0)).toBe('sleeps');
    rig.switchTo(rig.main);
    expect(rig.trap(nr.futex, at, 1, 1)).toBe('0x1');
  });
});

describe('vfork', () => {
  it('shares the memory, and its parent sleeps until the child has ended', () => {
    const rig = modern();
    expect(rig.raw(nr.vfork)).toBe('sleeps');
    const slot = rig.kernel.tasks.slotOf(1001);
    rig.switchTo(slot);
    expect(rig.kernel.mm).toBe(rig.mm);
    rig.runnable();
    expect(rig.raw(nr.exit_group, 3)).toBe('ended');
    expect(rig.runnable()).toEqual([rig.main]);
    expect(rig.switchTo(rig.main).result()).toBe(hex(1001));
  });
});

describe('wait4', () => {
  it('of nobody is ECHILD, of unknown options EINVAL', () => {
    const rig = modern();
    expect(rig.trap(nr.wait4, -1, 0, 0, 0)).toBe(ECHILD);
    expect(rig.trap(nr.wait4, -1, 0, 0x40, 0)).toBe(EINVAL);
    fork(rig);
    expect(rig.trap(nr.wait4, 4321, 0, 0, 0)).toBe(ECHILD);
  });

  it('takes a zombie: its exit code in the second byte, and its pid is free', () => {
    const rig = modern();
    const { pid, slot } = fork(rig);
    rig.switchTo(slot).raw(nr.exit_group, 7);
    rig.switchTo(rig.main);
    expect(rig.trap(nr.kill, pid, 0)).toBe('0x0'); // a zombie is still there
    expect(rig.trap(nr.wait4, -1, rig.data, 0, rig.data + 256n)).toBe(hex(pid));
    expect(rig.peek(rig.data)).toBe(0x700);
    expect(rig.trap(nr.kill, pid, 0)).toBe('eax=-3');
    expect(rig.trap(nr.wait4, -1, rig.data, 0, 0)).toBe(ECHILD);
  });

  it('WNOHANG returns 0 while the child lives; without it the parent sleeps and is told', () => {
    const rig = modern();
    const { pid, slot } = fork(rig);
    rig.runnable();
    expect(rig.trap(nr.wait4, pid, rig.data, 1, 0)).toBe('0x0');
    expect(rig.raw(nr.wait4, pid, rig.data, 0, 0)).toBe('sleeps');
    rig.switchTo(slot).trap(nr.kill, pid, 15);
    rig.switchTo(slot);
    expect(rig.runnable()).toEqual([rig.main]);
    expect(rig.switchTo(rig.main).result()).toBe(hex(pid));
    expect(rig.peek(rig.data)).toBe(15); // killed by SIGTERM
  });

  it('a process group, or one\'s own', () => {
    const rig = modern();
    const [first, second] = [fork(rig), fork(rig)];
    expect(rig.trap(nr.setpgid, 0, 0)).toBe('eax=-1'); // a session leader stays where it is
    expect(rig.trap(nr.setpgid, second.pid, second.pid)).toBe('0x0');
    for (const { slot } of [first, second]) rig.switchTo(slot).raw(nr.exit_group, 0);
    rig.switchTo(rig.main);
    expect(rig.trap(nr.wait4, -second.pid, 0, 0, 0)).toBe(hex(second.pid));
    expect(rig.trap(nr.wait4, 0, 0, 0, 0)).toBe(hex(first.pid));
  });

  it('WUNTRACED tells once that a child has stopped', () => {
    const rig = modern();
    const { pid } = fork(rig);
    rig.trap(nr.kill, pid, 19);
    rig.switchTo(rig.kernel.tasks.slotOf(pid));
    rig.switchTo(rig.main);
    expect(rig.trap(nr.wait4, pid, rig.data, 1, 0)).toBe('0x0');
    expect(rig.trap(nr.wait4, pid, rig.data, 3, 0)).toBe(hex(pid));
    expect(rig.peek(rig.data)).toBe(0x137f);
    expect(rig.trap(nr.wait4, pid, rig.data, 3, 0)).toBe('0x0');
    rig.trap(nr.kill, pid, 18);
    expect(rig.trap(nr.wait4, pid, rig.data, 9, 0)).toBe(hex(pid));
    expect(rig.peek(rig.data)).toBe(0xffff);
  });
});

describe('waitid', () => {
  it('of process group 0 is the caller\'s own from 5.4 on, and EINVAL before', () => {
    const answer = (kernel: string) => new Rig('i386', { kernel }).trap(nr.waitid, 2, 0, 0, 4, 0);
    expect([answer('4.12'), answer('6.1')]).toEqual([EINVAL, ECHILD]);
  });

  it('stores a siginfo_t, and with WNOWAIT leaves the child', () => {
    const rig = modern();
    const { pid, slot } = fork(rig);
    rig.switchTo(slot).raw(nr.exit_group, 7);
    rig.switchTo(rig.main);
    for (const options of [0x1000004, 4]) {
      expect(rig.trap(nr.waitid, 1, pid, rig.data, options, 0)).toBe('0x0');
      expect([0n, 8n, 12n, 20n].map((at) => rig.peek(rig.data + at))).toEqual([SIGCHLD, 1, pid, 7]);
    }
    expect(rig.trap(nr.waitid, 1, pid, rig.data, 4, 0)).toBe(ECHILD);
  });

  it('needs to know what for, and whom', () => {
    const rig = modern();
    expect(rig.trap(nr.waitid, 0, 0, 0, 0, 0)).toBe(EINVAL);
    expect(rig.trap(nr.waitid, 9, 0, 0, 4, 0)).toBe(EINVAL);
    fork(rig);
    rig.poke(rig.data, 99);
    expect(rig.trap(nr.waitid, 0, 0, rig.data, 5, 0)).toBe('0x0');
    expect(rig.peek(rig.data)).toBe(0);
  });
});

describe('the end of a process', () => {
  it('SIGCHLD is sent with what became of the child', () => {
    const rig = modern();
    const { pid, slot } = fork(rig);
    rig.poke(rig.data, 0x1234560);
    rig.poke(rig.data + 4n, 4);
    rig.trap(nr.rt_sigaction, SIGCHLD, rig.data, 0, 8);
    rig.switchTo(slot).raw(nr.exit_group, 7);
    rig.switchTo(rig.main);
    expect(rig.handlers).toHaveLength(1);
    expect(rig.strace.at(-1)).toBe(
      `[pid  1000] --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=${pid}, si_uid=1000, si_status=7, si_utime=0, si_stime=0} ---`,
    );
  });

  it('a parent that ignores SIGCHLD has no zombies', () => {
    const rig = modern();
    rig.poke(rig.data, 1);
    rig.trap(nr.rt_sigaction, SIGCHLD, rig.data, 0, 8);
    const { slot } = fork(rig);
    rig.raw(nr.wait4, -1, 0, 0, 0);
    rig.switchTo(slot).raw(nr.exit_group, 7);
    rig.runnable();
    expect(rig.switchTo(rig.main).result()).toBe(ECHILD);
  });

  // kernel/exit.c: sys_wait4(), arch/i386/kernel/signal.c: do_signal() of 2.4.20; get_signal_to_deliver() of 2.5.46.
  it('one that ignores it up to 2.5.46 reaps them as it takes the signal: after the wait that it sleeps in', () => {
    const ends = (kernel: string, isAsleep: boolean) => {
      const rig = new Rig('i386', { kernel });
      rig.poke(rig.data, 1);
      rig.trap(nr.rt_sigaction, SIGCHLD, rig.data, 0, 8);
      const { slot } = fork(rig);
      if (isAsleep) rig.raw(nr.wait4, -1, rig.data, 0, 0);
      rig.switchTo(slot).raw(nr.exit, 7);
      rig.runnable();
      rig.switchTo(rig.main);
      return isAsleep ? rig.result() : rig.trap(nr.wait4, -1, rig.data, 0, 0);
    };
    expect(['2.4.20', '2.5.46', '2.5.74'].map((kernel) => [ends(kernel, true), ends(kernel, false)])).toEqual([
      [hex(1001), ECHILD], [hex(1001), ECHILD], [ECHILD, ECHILD],
    ]);
  });

  it('SA_NOCLDWAIT means nothing up to 2.5.46: the zombie stays', () => {
    const left = (kernel: string) => {
      const rig = new Rig('i386', { kernel });
      [0, 2].forEach((word, i) => { rig.poke(rig.data + BigInt(4 * i), word); });
      rig.trap(nr.rt_sigaction, SIGCHLD, rig.data, 0, 8);
      const { slot } = fork(rig);
      rig.switchTo(slot).raw(nr.exit, 7);
      rig.runnable();
      return rig.switchTo(rig.main).trap(nr.wait4, -1, 0, 0, 0);
    };
    expect(['2.4.20', '2.5.46', '2.5.74'].map(left)).toEqual([hex(1001), hex(1001), ECHILD]);
  });

  it('hears of a child that goes on from 2.6.9 on', () => {
    const news = (kernel: string) => {
      const rig = new Rig('i386', { kernel });
      [0x8048000, 0x40000000].forEach((word, i) => { rig.poke(rig.data + BigInt(4 * i), word); }); // SA_NODEFER
      rig.trap(nr.rt_sigaction, SIGCHLD, rig.data, 0, 8);
      const { pid, slot } = fork(rig);
      for (const signo of [19, 18]) {
        rig.trap(nr.kill, pid, signo);
        rig.switchTo(slot);
        rig.switchTo(rig.main);
      }
      return rig.strace.flatMap((line) => /si_code=(CLD_\w+)/.exec(line)?.[1] ?? []);
    };
    expect(['2.4.20', '2.6.6', '2.6.9'].map(news)).toEqual([
      ['CLD_STOPPED'], ['CLD_STOPPED'], ['CLD_STOPPED', 'CLD_CONTINUED'],
    ]);
  });

  it('orphans are init\'s, zombies among them are gone', () => {
    const rig = modern();
    const child = fork(rig);
    rig.switchTo(child.slot);
    const grandchild = fork(rig);
    rig.raw(nr.exit_group, 0);
    rig.switchTo(grandchild.slot);
    expect(rig.trap(nr.getppid)).toBe('0x1');
    rig.raw(nr.exit_group, 0);
    expect(rig.kernel.processOf(grandchild.pid)).toBe(null);
    expect(rig.kernel.processOf(child.pid)).not.toBe(null);
  });

  it('its memory is given back, and another process\'s threads go on', () => {
    const rig = modern();
    const { slot } = fork(rig);
    const other = rig.spawn();
    const pages = rig.kernel.memory.pages;
    rig.switchTo(slot).trap(nr.rt_sigprocmask, 0, 0, rig.data, 8);
    expect(rig.kernel.memory.pages).toBe(pages + 1);
    rig.raw(nr.exit_group, 0);
    expect(rig.kernel.memory.pages).toBe(pages);
    expect(rig.kernel.tasks.live).toBe(2);
    rig.switchTo(other).raw(nr.exit_group, 0);
    expect(rig.kernel.tasks.live).toBe(0);
  });
});

describe('robust lists', () => {
  /** Two locks on a list: the head at data + 256, entries at data + 300 and 320, each lock 8 bytes behind. */
  function list(rig: Rig): bigint {
    const at = rig.data;
    [[256n, 300n], [300n, 320n], [320n, 256n]].forEach(([from, to]) => {
      rig.poke(at + from!, Number(at + to!));
    });
    rig.poke(at + 260n, 8);
    rig.poke(at + 264n, 0);
    return at;
  }

  it('set_robust_list takes a head of three longs; get_robust_list gives it back', () => {
    const rig = modern();
    expect(rig.trap(nr.set_robust_list, rig.data, 24)).toBe(EINVAL);
    expect(rig.trap(nr.set_robust_list, rig.data, 12)).toBe('0x0');
    expect(rig.trap(nr.get_robust_list, 0, rig.data + 8n, rig.data + 12n)).toBe('0x0');
    expect([rig.peek(rig.data + 8n), rig.peek(rig.data + 12n)]).toEqual([Number(rig.data), 12]);
    expect(rig.trap(nr.get_robust_list, 4321, rig.data, rig.data)).toBe('eax=-3');
  });

  it('at exit, locks that the thread holds are marked, and one waiter each is woken', () => {
    const rig = modern();
    const at = list(rig);
    const dying = rig.spawn();
    const sleeper = rig.spawn();
    const tid = rig.kernel.tasks.tid[dying]!;
    rig.poke(at + 308n, tid | 0x80000000);
    rig.poke(at + 328n, 4321);
    rig.switchTo(sleeper).raw(nr.futex, at + 308n, 0, tid | 0x80000000);
    rig.switchTo(dying).trap(nr.set_robust_list, at + 256n, 12);
    rig.raw(nr.exit, 0);
    expect([rig.peek(at + 308n), rig.peek(at + 328n)]).toEqual([0xc0000000 | 0, 4321]);
    expect(rig.runnable()).toEqual([sleeper]);
  });

  it.each([['4.12', 'nobody'], ['6.1', 'a waiter']])('%s: for a free lock that the thread was busy with %s is woken', (kernel, who) => {
    const rig = new Rig('i386', { kernel });
    const at = rig.data;
    rig.poke(at + 256n, Number(at + 256n));
    rig.poke(at + 260n, 8);
    rig.poke(at + 264n, Number(at + 300n));
    const dying = rig.spawn();
    const sleeper = rig.spawn();
    rig.switchTo(sleeper).raw(nr.futex, at + 308n, 0, 0);
    rig.switchTo(dying).trap(nr.set_robust_list, at + 256n, 12);
    rig.raw(nr.exit, 0);
    expect(rig.runnable()).toEqual(who === 'nobody' ? [] : [sleeper]);
  });

  it('a list that goes in circles ends after 2048 entries', () => {
    const rig = modern();
    const at = list(rig);
    rig.poke(at + 320n, Number(at + 300n));
    const dying = rig.spawn();
    rig.switchTo(dying).trap(nr.set_robust_list, at + 256n, 12);
    expect(rig.raw(nr.exit, 0)).toBe('ended');
  });
});

describe('clone3', () => {
  function args(rig: Rig, fields: Readonly<Record<number, number>>): void {
    for (let at = 0; at < 88; at += 4) rig.poke(rig.data + BigInt(at), fields[at] ?? 0);
  }

  it('checks its size, DETACHED, and the exit signal', () => {
    const rig = modern();
    expect(rig.trap(nr.clone3, rig.data, 56)).toBe(EINVAL);
    expect(rig.trap(nr.clone3, rig.data, 5000)).toBe('eax=-7');
    args(rig, { 0: 0x400000 });
    expect(rig.trap(nr.clone3, rig.data, 88)).toBe(EINVAL);
    args(rig, { 0: 17 });
    expect(rig.trap(nr.clone3, rig.data, 88)).toBe(EINVAL);
    args(rig, { 32: 65 });
    expect(rig.trap(nr.clone3, rig.data, 88)).toBe(EINVAL);
    expect(rig.trap(nr.clone3, 0x7777000, 88)).toBe('eax=-14');
  });

  it('makes a process, and writes the tids where clone does', () => {
    const rig = modern();
    args(rig, { 0: 0x01100000, 16: Number(rig.data) + 128, 24: Number(rig.data) + 132, 32: SIGCHLD });
    const { pid, slot } = fork(rig, nr.clone3, rig.data, 88);
    expect([rig.peek(rig.data + 128n), rig.peek(rig.data + 132n)]).toEqual([0, pid]);
    rig.switchTo(slot);
    expect(peekOf(rig, rig.data + 128n)).toBe(pid);
  });
});

describe('groups and sessions', () => {
  it('are inherited; a child can leave them', () => {
    const rig = modern();
    expect([rig.trap(nr.getpgrp), rig.trap(nr.setsid)]).toEqual([hex(1000), 'eax=-1']);
    const { pid, slot } = fork(rig);
    rig.switchTo(slot);
    expect(rig.trap(nr.getpgrp)).toBe(hex(1000));
    expect(rig.trap(nr.setpgid, 0, 0)).toBe('0x0');
    expect(rig.trap(nr.getpgrp)).toBe(hex(pid));
    expect(rig.trap(nr.setsid)).toBe('eax=-1'); // leads a group
  });
});

describe('strace', () => {
  it('spells out what wait4 was told', () => {
    const rig = modern();
    const { pid, slot } = fork(rig);
    rig.switchTo(slot).raw(nr.exit_group, 7);
    rig.switchTo(rig.main).trap(nr.wait4, -1, rig.data, 1, 0);
    expect(rig.strace.at(-1)).toBe(`[pid  1000] wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], WNOHANG, NULL) = ${pid}`);
    expect(rig.strace[0]).toBe(`[pid  1000] fork() = ${pid}`);
  });
});
