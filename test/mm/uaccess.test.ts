/**
 * uaccess: how the kernel reads guest memory and names the words that futexes wait on. Loads and stores
 * themselves are in page_table.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { EFAULT } from '../../src/arch/generic/errno.js';
import { copyFromUser, FAULT, futexKey, load8, load32, store8, store32 } from '../../src/mm/uaccess.js';
import { addressOf, draw, unmap } from '../support/draw.js';

/** Page number of the last 16 KiB page below a 4 GB boundary of region 1. */
const BELOW_4GB = 2 ** 50 / 2 ** 3 + 2 ** 18 - 1;

describe('copy_from_user and futexes', () => {
  it('a copy crosses pages and the 4 GB boundary, and stops at the first byte it may not read', () => {
    const mm = draw('AAN', { arch: 'ia64', base: BELOW_4GB });
    store32(mm, ...addressOf(mm, 0, 0x3ffc), 0x02010000);
    store32(mm, ...addressOf(mm, 1), 0x00000403);
    const to = new Uint8Array(6);
    expect(addressOf(mm, 1)[1]).toBe(0);
    expect(copyFromUser(mm, to, ...addressOf(mm, 0, 0x3ffe), 6)).toBe(6);
    expect([...to]).toEqual([1, 2, 3, 4, 0, 0]);
    expect(copyFromUser(mm, to, ...addressOf(mm, 1, 0x3ffd), 6)).toBe(3);
    expect(copyFromUser(mm, to, ...addressOf(mm, 2), 1)).toBe(0);
  });

  it('a futex has the same key as long as its page lives, and none where nothing can be read', () => {
    const mm = draw('AAR.N');
    const key = futexKey(mm, ...addressOf(mm, 0, 8));
    expect(key).toBeGreaterThan(0);
    store32(mm, ...addressOf(mm, 0, 8), 1);
    expect(futexKey(mm, ...addressOf(mm, 0, 8))).toBe(key);
    expect(futexKey(mm, ...addressOf(mm, 0, 12))).toBe(key + 4);
    expect(futexKey(mm, ...addressOf(mm, 1, 8))).not.toBe(key);
    expect([3, 4].map((page) => futexKey(mm, ...addressOf(mm, page)))).toEqual([-1, -1]);
  });

  it('a futex in memory that is unmapped and mapped again is another one', () => {
    const mm = draw('AA');
    const key = futexKey(mm, ...addressOf(mm, 0));
    expect(futexKey(mm, ...addressOf(mm, 1))).not.toBe(key);
    unmap(mm, 0, 1);
    expect(futexKey(mm, ...addressOf(mm, 0))).toBe(-1);
  });
});

describe('the ends of memory', () => {
  it('words and bytes of the last page below TASK_SIZE can be used, and nothing above it', () => {
    const mm = draw('A', { base: 0xbffff });
    expect([store32(mm, 0, 0xbffffffc | 0, 5), load32(mm, 0, 0xbffffffc | 0)]).toEqual([0, 5]);
    expect([store8(mm, 0, 0xbfffffff | 0, 9), load8(mm, 0, 0xbfffffff | 0)]).toEqual([0, 9]);
    expect([load8(mm, 0, 0xc0000000 | 0), store32(mm, 0, -4, 1)]).toEqual([FAULT, -EFAULT]);
  });

  it('address 0 is memory like any other once it is mapped', () => {
    const mm = draw('A', { base: 0 });
    expect([store32(mm, 0, 0, 3), load32(mm, 0, 0)]).toEqual([0, 3]);
  });
});
