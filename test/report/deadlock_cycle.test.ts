/* Circles in the graph of who waits for whom. */

import { describe, expect, it } from 'vitest';
import { deadlockCycle } from '../../src/report/deadlock_cycle.js';

/** "1>2 2>1 3>-": who waits for whom. */
function cycleOf(text: string): number[] {
  const waiters = text.split(' ').filter((pair) => pair !== '').map((pair) => {
    const [tid, owner] = pair.split('>');
    return { tid: Number(tid), ownedBy: owner === '-' ? null : Number(owner) };
  });
  return deadlockCycle(waiters);
}

describe('a circle of waits', () => {
  it.each([
    ['1>2 2>1', [1, 2]],
    ['1>2 2>3 3>4 4>2', [2, 3, 4]],
    ['3>3', [3]],
    ['9>8 8>7 7>9 1>9', [7, 9, 8]],
    ['', []],
    ['1>- 2>1', []],
    ['1>2', []],
  ])('of "%s" is %j', (text, cycle) => {
    expect(cycleOf(text)).toEqual(cycle);
  });
});
