/* Who may change to which scheduling class. sched_setscheduler() of 2.6.13, 2.6.18 and 4.12; sched_fork() of 4.12. */

import { describe, expect, it } from 'vitest';
import { setRlimit } from '../../src/syscall/rlimits.js';
import { FilesRig } from './files_rig.js';

const [OTHER, FIFO, BATCH, IDLE] = [0, 1, 3, 5];
const RESET_ON_FORK = 0x40000000;
const RLIMIT_NICE = 13;
const RLIMIT_RTPRIO = 14;

function rigOf(kernel: string): { rig: FilesRig; schedule: (policy: number, priority?: number) => number | string } {
  const rig = new FilesRig('i386', {}, { kernel });
  const param = rig.data + 128n;
  const schedule = (policy: number, priority = 0) => {
    rig.poke(param, priority);
    return rig.call('sched_setscheduler', 0, policy, param);
  };
  return { rig, schedule };
}

function limit(rig: FilesRig, resource: number, soft: number): void {
  setRlimit(rig.kernel.process, resource, { soft, hard: 99 });
}

describe.each(['3.6', '3.8', '4.12', '6.1', '6.13'])('%s', (kernel) => {
  it('leaves SCHED_IDLE only where RLIMIT_NICE allows the nice value that the task has', () => {
    const { rig, schedule } = rigOf(kernel);
    expect([schedule(IDLE), schedule(IDLE), schedule(OTHER), schedule(BATCH)]).toEqual([0, 0, 'EPERM', 'EPERM']);
    limit(rig, RLIMIT_NICE, 20);
    expect(schedule(OTHER)).toBe(0);
    limit(rig, RLIMIT_NICE, 19);
    expect([schedule(IDLE), schedule(OTHER)]).toEqual([0, 'EPERM']);
  });

  it('keeps SCHED_RESET_ON_FORK once it is set', () => {
    const { rig, schedule } = rigOf(kernel);
    expect([schedule(BATCH | RESET_ON_FORK), schedule(BATCH)]).toEqual([0, 'EPERM']);
    expect(schedule(OTHER | RESET_ON_FORK)).toBe(0);
    expect(rig.call('sched_getscheduler', 0)).toBe(RESET_ON_FORK);
  });

  it('a fork clears SCHED_RESET_ON_FORK and real-time classes, and leaves SCHED_BATCH', () => {
    const { rig, schedule } = rigOf(kernel);
    limit(rig, RLIMIT_RTPRIO, 10);
    const policyOfChild = () => rig.call('sched_getscheduler', rig.call('fork') as number);
    schedule(BATCH | RESET_ON_FORK);
    expect(policyOfChild()).toBe(BATCH);
    schedule(FIFO | RESET_ON_FORK, 10);
    expect(policyOfChild()).toBe(OTHER);
  });
});

it.each([
  ['2.6.13', 'EPERM'],
  ['2.6.18', 0],
] as const)('%s: whoever may not have a real-time class any more may leave it: %s', (kernel, result) => {
  const { rig, schedule } = rigOf(kernel);
  limit(rig, RLIMIT_RTPRIO, 10);
  expect(schedule(FIFO, 10)).toBe(0);
  limit(rig, RLIMIT_RTPRIO, 0);
  expect(schedule(OTHER)).toBe(result);
});
