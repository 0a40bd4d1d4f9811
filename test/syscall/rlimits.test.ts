/* getrlimit, setrlimit and prlimit64: soft and hard limits, by number and layout of each machine. */

import { describe, expect, it } from 'vitest';
import { FilesRig } from './files_rig.js';

const MIB = 2 ** 20;
const STACK = 3;
const AS = 9;

/** Stores two longs of the task's size at the buffer. */
function limits(rig: FilesRig, soft: bigint, hard: bigint): bigint {
  [soft, hard].forEach((value, i) => {
    if (rig.target.bits === 32) rig.poke(rig.buffer + BigInt(4 * i), Number(BigInt.asIntN(32, value)));
    else rig.pokeLong(rig.buffer + BigInt(8 * i), value);
  });
  return rig.buffer;
}

/** What getrlimit stores. */
function stored(rig: FilesRig, resource: number): bigint[] {
  rig.call(rig.target.nr.ugetrlimit === undefined ? 'getrlimit' : 'ugetrlimit', resource, rig.buffer);
  const { bits, bigEndian } = rig.target;
  const word = (i: number) => BigInt(rig.peek(rig.buffer + BigInt(4 * i)) >>> 0);
  if (bits === 32) return [word(0), word(1)];
  return [0, 2].map((i) => (bigEndian ? (word(i) << 32n) | word(i + 1) : (word(i + 1) << 32n) | word(i)));
}

describe.each(['i386', 'sparc64', 'sparc64 32-bit', 'ia64'])('%s', (name) => {
  it('setrlimit changes what mm and open enforce, and getrlimit shows both limits', () => {
    const rig = new FilesRig(name);
    const [hi, lo] = rig.target.rlimInfinity;
    const infinity = rig.target.bits === 32 ? BigInt(lo >>> 0) : (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    expect(stored(rig, STACK)).toEqual([BigInt(8 * MIB), infinity]);
    expect(rig.call('setrlimit', STACK, limits(rig, BigInt(MIB), BigInt(2 * MIB)))).toBe(0);
    expect([rig.mm.rlimits.stack, ...stored(rig, STACK)]).toEqual([MIB, BigInt(MIB), BigInt(2 * MIB)]);
    expect(rig.call('setrlimit', STACK, limits(rig, BigInt(MIB), BigInt(3 * MIB)))).toBe('EPERM');
    expect(rig.call('setrlimit', AS, limits(rig, 1n, infinity))).toBe(0);
    expect(rig.call('brk', rig.data + 0x100000n)).not.toBe(Number(rig.data) + 0x100000);
    expect(rig.call('setrlimit', AS, limits(rig, infinity, infinity))).toBe(0);
    expect(rig.mm.rlimits.as).toBe(Number.POSITIVE_INFINITY);
  });

  it('RLIMIT_NOFILE is 7, on sparc 6', () => {
    const rig = new FilesRig(name);
    const number = rig.target.arch === 'sparc64' ? 6 : 7;
    expect(stored(rig, number)).toEqual([1024n, 1024n]);
    rig.call('setrlimit', number, limits(rig, 3n, 1024n));
    expect(rig.open('/dev/null')).toBe('EMFILE');
  });

  it('unknown resources and bad addresses', () => {
    const rig = new FilesRig(name);
    const nowhere = rig.data + 0x1000000n;
    expect([rig.call('setrlimit', 99, rig.buffer), rig.call('setrlimit', -1, rig.buffer), rig.call('setrlimit', STACK, nowhere)])
      .toEqual(['EINVAL', 'EINVAL', 'EFAULT']);
  });
});

describe('a soft limit above the hard one', () => {
  it('is EPERM in 2.5.46 when it is above the old hard one, and EINVAL later', () => {
    const ask = (kernel: string) => {
      const rig = new FilesRig('i386', {}, { kernel });
      rig.call('setrlimit', STACK, limits(rig, 1n, BigInt(MIB)));
      return rig.call('setrlimit', STACK, limits(rig, BigInt(2 * MIB), BigInt(MIB)));
    };
    expect([ask('2.5.46'), ask('6.1')]).toEqual(['EPERM', 'EINVAL']);
  });
});

// include/asm-generic/resource.h: RLIMIT_NICE 13 and RLIMIT_RTPRIO 14 are in 2.6.13, in 2.6.12-rc2 not yet.
it('RLIMIT_NICE and RLIMIT_RTPRIO exist from 2.6.13 on', () => {
  const ask = (kernel: string) => {
    const rig = new FilesRig('i386', {}, { kernel });
    return [12, 13, 14, 15].map((resource) => rig.call('ugetrlimit', resource, rig.buffer));
  };
  expect([ask('2.6.12-rc1'), ask('2.6.13')]).toEqual([[0, 'EINVAL', 'EINVAL', 'EINVAL'], [0, 0, 0, 'EINVAL']]);
});

describe('prlimit64', () => {
  it('sets and gets in 64-bit words, of the caller or a live task', () => {
    const rig = new FilesRig('i386', {}, { kernel: '6.1' });
    const [asked, old] = [rig.data, rig.data + 64n];
    [4 * MIB, 0, -1, -1].forEach((word, i) => {
      rig.poke(asked + BigInt(4 * i), word);
    });
    expect(rig.call('prlimit64', 0, STACK, asked, old)).toBe(0);
    expect([rig.mm.rlimits.stack, rig.peek(old), rig.peek(old + 8n), rig.peek(old + 12n)]).toEqual([4 * MIB, 8 * MIB, -1, -1]);
    expect([rig.call('prlimit64', 1000, STACK, 0, old), rig.peek(old)]).toEqual([0, 4 * MIB]);
    expect([rig.call('prlimit64', 4, STACK, 0, old), rig.call('prlimit64', 0, 99, 0, old), rig.call('prlimit64', 0, STACK, 8, 0)])
      .toEqual(['ESRCH', 'EINVAL', 'EFAULT']);
  });
});
