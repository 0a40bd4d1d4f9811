/* Priority-inheriting futexes and scheduling classes. Linux 6.1, kernel/futex/pi.c, kernel/sched/core.c. */

import { describe, expect, it } from 'vitest';
import { setRlimit } from '../../src/syscall/rlimits.js';
import { Rig } from './rig.js';

const nr = {
  exit: 1, exit_group: 252, futex: 240, setparam: 154, getparam: 155, setscheduler: 156, getscheduler: 157, max: 159, min: 160,
  interval: 161, setaffinity: 241, getaffinity: 242, getcpu: 318, getpriority: 96, setpriority: 97, nice: 34,
};
const [LOCK, UNLOCK, TRYLOCK] = [6, 7, 8];
const WAITERS = 0x80000000 | 0;
const DIED = 0x40000000;
const [EPERM, ESRCH, EAGAIN, EACCES, EFAULT, EINVAL, EDEADLK] = ['eax=-1', 'eax=-3', 'eax=-11', 'eax=-13', 'eax=-14', 'eax=-22', 'eax=-35'];
const FIFO = 1;

function rigOf(): Rig {
  const rig = new Rig('i386', { kernel: '6.1' });
  setRlimit(rig.kernel.processes[0]!, 14, { soft: 99, hard: 99 });
  return rig;
}

const tidOf = (rig: Rig, slot: number) => rig.kernel.tasks.tid[slot]!;

/** sched_setscheduler of a task, with the priority in the data page. */
function schedule(rig: Rig, slot: number, policy: number, priority: number): string {
  rig.poke(rig.data + 128n, priority);
  return rig.trap(nr.setscheduler, tidOf(rig, slot), policy, rig.data + 128n);
}

describe('FUTEX_LOCK_PI', () => {
  it('takes a free lock, and keeps the mark of an owner that died', () => {
    const rig = rigOf();
    rig.poke(rig.data, DIED);
    expect(rig.trap(nr.futex, rig.data, LOCK, 0)).toBe('0x0');
    expect(rig.peek(rig.data)).toBe(DIED | 1000);
    expect(rig.trap(nr.futex, rig.data, LOCK, 0)).toBe(EDEADLK);
  });

  it('waits for an owner, who hands it over: the word is the next owner\'s, with WAITERS', () => {
    const rig = rigOf();
    rig.poke(rig.data, 1000);
    const [first, second] = [rig.spawn(), rig.spawn()];
    for (const slot of [first, second]) expect(rig.switchTo(slot).raw(nr.futex, rig.data, LOCK, 0)).toBe('sleeps');
    expect(rig.peek(rig.data)).toBe(1000 | WAITERS);
    expect(rig.switchTo(rig.main).trap(nr.futex, rig.data, UNLOCK)).toBe('0x0');
    expect(rig.peek(rig.data)).toBe(tidOf(rig, first) | WAITERS);
    expect(rig.switchTo(rig.runnable()[0]!).result()).toBe('0x0');
    expect(rig.trap(nr.futex, rig.data, UNLOCK)).toBe('0x0');
    expect(rig.switchTo(second).trap(nr.futex, rig.data, UNLOCK)).toBe('0x0');
    expect(rig.peek(rig.data)).toBe(0);
  });

  it('whose owner does not exist is ESRCH; TRYLOCK of a held one EAGAIN; UNLOCK of another\'s EPERM', () => {
    const rig = rigOf();
    rig.poke(rig.data, 4321);
    expect(rig.trap(nr.futex, rig.data, LOCK, 0)).toBe(ESRCH);
    expect(rig.trap(nr.futex, rig.data, UNLOCK)).toBe(EPERM);
    rig.poke(rig.data, tidOf(rig, rig.spawn()));
    expect(rig.trap(nr.futex, rig.data, TRYLOCK)).toBe(EAGAIN);
    expect(rig.trap(nr.futex, 0x7777000, UNLOCK)).toBe(EFAULT);
  });

  it('two tasks that wait for each other are a deadlock: EDEADLK for the second', () => {
    const rig = rigOf();
    const other = rig.spawn();
    rig.poke(rig.data, 1000);
    rig.poke(rig.data + 4n, tidOf(rig, other));
    expect(rig.switchTo(other).raw(nr.futex, rig.data, LOCK, 0)).toBe('sleeps');
    expect(rig.switchTo(rig.main).trap(nr.futex, rig.data + 4n, LOCK, 0)).toBe(EDEADLK);
  });

  it('times out with ETIMEDOUT at a point of CLOCK_REALTIME', () => {
    const rig = rigOf();
    const other = rig.spawn();
    rig.poke(rig.data, 1000);
    rig.poke(rig.data + 64n, Date.UTC(2002, 9, 31) / 1000 + 3);
    expect(rig.switchTo(other).raw(nr.futex, rig.data, LOCK, 0, rig.data + 64n)).toBe('sleeps');
    expect(rig.kernel.nextTimer()).toBe(3e9);
    rig.kernel.clock.now = 3e9;
    rig.kernel.fireTimers();
    expect(rig.switchTo(rig.runnable()[0]!).result()).toBe('eax=-110');
    expect(rig.kernel.piFutexes.size).toBe(0);
  });

  it('passes from an owner that dies to the first that waits, marked', () => {
    const rig = rigOf();
    const [owner, waiter] = [rig.spawn(), rig.spawn()];
    rig.poke(rig.data, tidOf(rig, owner));
    rig.switchTo(waiter).raw(nr.futex, rig.data, LOCK, 0);
    rig.switchTo(owner).raw(nr.exit, 0);
    expect(rig.peek(rig.data)).toBe(WAITERS | DIED | tidOf(rig, waiter));
    expect(rig.runnable()).toEqual([waiter]);
  });

  it('does not mix with plain waits: WAKE of its waiters is EINVAL', () => {
    const rig = rigOf();
    rig.poke(rig.data, 1000);
    rig.switchTo(rig.spawn()).raw(nr.futex, rig.data, LOCK, 0);
    expect(rig.switchTo(rig.main).trap(nr.futex, rig.data, 1, 1)).toBe(EINVAL);
  });
});

describe('priorities', () => {
  it('the run queue takes a real-time task first, the highest of several', () => {
    const rig = rigOf();
    const slots = [rig.spawn(), rig.spawn(), rig.spawn()];
    schedule(rig, slots[1]!, FIFO, 5);
    schedule(rig, slots[2]!, FIFO, 50);
    for (const slot of slots) rig.kernel.queue.push(slot);
    expect(rig.runnable()).toEqual([slots[2], slots[1], slots[0]]);
  });

  it('a waiter of high priority gets a lock before one that came earlier, and lends its priority to the owner', () => {
    const rig = rigOf();
    const [low, middle, high] = [rig.spawn(), rig.spawn(), rig.spawn()];
    rig.poke(rig.data, tidOf(rig, low));
    rig.switchTo(middle).raw(nr.futex, rig.data, LOCK, 0);
    rig.switchTo(rig.main);
    schedule(rig, high, FIFO, 50);
    rig.switchTo(high).raw(nr.futex, rig.data, LOCK, 0);
    rig.switchTo(rig.main);
    schedule(rig, rig.main, FIFO, 20);
    expect(rig.kernel.priorities.effective(low)).toBe(50);
    for (const slot of [rig.main, low]) rig.kernel.queue.push(slot);
    expect(rig.runnable()).toEqual([low, rig.main]);
    rig.switchTo(low).trap(nr.futex, rig.data, UNLOCK);
    expect(rig.peek(rig.data)).toBe(tidOf(rig, high) | WAITERS);
    expect(rig.kernel.priorities.effective(low)).toBe(0);
  });

  it('real-time classes take RLIMIT_RTPRIO; priorities have their ranges', () => {
    const rig = new Rig('i386', { kernel: '6.1' });
    expect(schedule(rig, rig.main, FIFO, 5)).toBe(EPERM);
    expect(schedule(rig, rig.main, FIFO, 0)).toBe(EINVAL);
    expect(schedule(rig, rig.main, 0, 1)).toBe(EINVAL);
    expect(schedule(rig, rig.main, 4, 0)).toBe(EINVAL);
    expect(schedule(rig, rig.main, 3, 0)).toBe('0x0');
    expect(rig.trap(nr.getscheduler, 0)).toBe('0x3');
    expect([rig.trap(nr.max, FIFO), rig.trap(nr.min, FIFO), rig.trap(nr.max, 0), rig.trap(nr.max, 9)]).toEqual(['0x63', '0x1', '0x0', EINVAL]);
    expect(rig.trap(nr.getscheduler, 4321)).toBe(ESRCH);
    expect(rig.trap(nr.getparam, 0, rig.data)).toBe('0x0');
  });

  it('nice values are kept; a lower one takes a privilege', () => {
    const rig = new Rig('i386', { kernel: '6.1' });
    expect(rig.trap(nr.setpriority, 0, 0, 5)).toBe('0x0');
    expect(rig.trap(nr.getpriority, 0, 0)).toBe('0xf');
    expect(rig.trap(nr.setpriority, 0, 0, 0)).toBe(EACCES);
    expect(rig.trap(nr.nice, -1)).toBe(EPERM);
    expect(rig.trap(nr.nice, 3)).toBe('0x0');
    expect(rig.trap(nr.getpriority, 9, 0)).toBe(EINVAL);
  });

  it('there is one processor', () => {
    const rig = rigOf();
    expect(rig.trap(nr.getaffinity, 0, 4, rig.data)).toBe('0x4');
    expect(rig.peek(rig.data)).toBe(1);
    expect(rig.trap(nr.setaffinity, 0, 4, rig.data)).toBe('0x0');
    rig.poke(rig.data, 2);
    expect(rig.trap(nr.setaffinity, 0, 4, rig.data)).toBe(EINVAL);
    expect(rig.trap(nr.getaffinity, 0, 3, rig.data)).toBe(EINVAL);
    expect(rig.trap(nr.getcpu, rig.data, rig.data + 4n, 0)).toBe('0x0');
  });
});
