/*
 * What glibc was built with on each machine. 2.3.3: nptl/sysdeps/*\/pthreaddef.h, local_lim.h,
 * createthread.c; 2.36: sysdeps/nptl/pthreaddef.h, bits/pthread_stack_min.h; typed out again.
 */

import { describe, expect, it } from 'vitest';
import { targetNamed, targetsOf } from './targets.js';

const NAMES = ['i386', 'sparc64', 'sparc64 32-bit', 'ia64'];
const of = (version: '2.3.3' | '2.36') => NAMES.map((name) => targetNamed(name).nptl(version));
const old = of('2.3.3');
const recent = of('2.36');

describe('constants that both versions share (i386, sparc64, 32-bit sparc, ia64)', () => {
  it.each([['2.3.3', old], ['2.36', recent]] as const)('glibc %s', (_version, all) => {
    expect(all.map((p) => p.PTHREAD_STACK_MIN)).toEqual([16384, 24576, 24576, 196608]);
    expect(all.map((p) => p.ARCH_STACK_DEFAULT_SIZE / 2 ** 20)).toEqual([2, 4, 2, 32]);
    expect(all.map((p) => p.MINIMAL_REST_STACK)).toEqual([2048, 4096, 2048, 16384]);
    expect(all.map((p) => p.guardInMiddle)).toEqual([false, false, false, true]);
    expect(all.map((p) => p.dtvAtTp)).toEqual([false, false, false, true]);
    expect(all.map((p) => p.tls)).toEqual(['user_desc', 'pd', 'pd', 'above-pd']);
  });
});

describe('what changed between glibc 2.3.3 and 2.36', () => {
  it('the guard moved from inside the requested size to outside it', () => {
    expect(old.map((p) => p.guardInsideSize)).toEqual([true, true, true, true]);
    expect(recent.map((p) => p.guardInsideSize)).toEqual([false, false, false, false]);
  });

  it('stacks of the old one may be executed, except on ia64', () => {
    expect(old.map((p) => p.stackProt)).toEqual([7, 7, 7, 3]);
    expect(recent.map((p) => p.stackProt)).toEqual([3, 3, 3, 3]);
  });

  it('only the old one halves the default on ia64, for the register stack', () => {
    expect(old.map((p) => p.defaultStackDivisor)).toEqual([1, 1, 1, 2]);
    expect(recent.map((p) => p.defaultStackDivisor)).toEqual([1, 1, 1, 1]);
  });

  it('only old i686 builds add a page to stacks of a multiple of 64 KiB', () => {
    expect(old.map((p) => p.MULTI_PAGE_ALIASING)).toEqual([65536, 0, 0, 0]);
    expect(recent.map((p) => p.MULTI_PAGE_ALIASING)).toEqual([0, 0, 0, 0]);
  });

  it('clone flags 0x7d0f00 lost CLONE_DETACHED', () => {
    for (const p of old) expect(p.cloneFlags).toBe(0x7d0f00);
    for (const p of recent) expect(p.cloneFlags).toBe(0x3d0f00);
  });

  it('mmap() went over to mmap2 on 32-bit sparc and ia64', () => {
    expect(old.map((p) => p.mmapCall)).toEqual(['mmap2', 'mmap', 'mmap', 'mmap']);
    expect(recent.map((p) => p.mmapCall)).toEqual(['mmap2', 'mmap', 'mmap2', 'mmap2']);
  });
});

describe('struct pthread', () => {
  it('2.36, as observed: 1216 and 1856 bytes, tid at 0x68 and 0xd0', () => {
    expect(recent.map((p) => p.sizeofPthread)).toEqual([1216, 1856, 1216, 1856]);
    expect(recent.map((p) => p.tidOffset)).toEqual([0x68, 0xd0, 0x68, 0xd0]);
  });

  it('2.3.3, as counted from descr.h: 1104 and 1680 bytes, tid at 72 and 144', () => {
    expect(old.map((p) => p.sizeofPthread)).toEqual([1104, 1680, 1104, 1680]);
    expect(old.map((p) => p.tidOffset)).toEqual([72, 144, 72, 144]);
  });
});

describe.each(targetsOf())('bits/pthreadtypes.h of $name', ({ target }) => {
  it('has the sizes of its word size, in both versions', () => {
    const { pthread_attr_t, pthread_mutex_t, pthread_cond_t, pthread_barrier_t } = target.nptl('2.3.3').sizeof;
    const sizes = [pthread_attr_t, pthread_mutex_t, pthread_cond_t, pthread_barrier_t];
    expect(sizes).toEqual(target.bits === 32 ? [36, 24, 48, 20] : [56, 40, 48, 32]);
    expect(target.nptl('2.36').sizeof).toEqual(target.nptl('2.3.3').sizeof);
  });
});
