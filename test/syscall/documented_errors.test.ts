/* The table of documented errors is a release's: what came later is none before, what went is none after. */
import { describe, expect, it } from 'vitest';
import { EBADF, EEXIST, EFAULT, EOPNOTSUPP, EPERM } from '../../src/arch/generic/errno.js';
import { findRelease } from '../../src/release/index.js';
import { documentedErrors } from './documented_errors.js';

describe('documented errors', () => {
  const has = (call: string, errno: number) => ['2.5.46', '2.6.18', '4.12', '6.1'].map((name) =>
    documentedErrors(findRelease(name)!.release).get(call)!.has(errno));

  it.each([
    ['mmap', EEXIST, [false, false, false, true]],
    ['madvise', EBADF, [true, true, false, false]],
    ['madvise', EOPNOTSUPP, [false, false, true, true]],
    ['mlock', EFAULT, [true, true, false, false]],
    ['mremap', EPERM, [false, false, true, true]],
    ['munlockall', EPERM, [true, false, false, false]],
    ['clone', EFAULT, [true, true, false, false]],
  ] as const)('%s: %i in 2.5.46, 2.6.18, 4.12, 6.1', (call, errno, there) => {
    expect(has(call, errno)).toEqual(there);
  });
});
