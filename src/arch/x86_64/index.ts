/**
 * x86_64: the hosts of today. 4 KiB pages, searches from the top down below a base that leaves room for the
 * stack. Linux 6.1 and 6.18, arch/x86/include/asm/{page_64_types,processor,elf}.h, arch/x86/mm/mmap.c,
 * arch/x86/kernel/sys_x86_64.c.
 *
 *   64-bit task:  0x400000 text, heap ->          <- mmap 0x7ffff7fff000    <- stack 0x7ffffffff000
 *   32-bit task:  0x08048000 text, heap ->        <- mmap 0xf7ffe000        <- stack 0xffffe000
 *
 * Earlier releases had other layouts (bottom-up, and for 64-bit tasks another TASK_SIZE): no record yet.
 */
import { vpnOfBig } from '../../lib/u64.js';
import type { Release } from '../../release/index.js';
import type { Arch, Bits, ImageArea, NptlParameters, Target } from '../arch.js';
import { anonymousArea, modernDataArea, modernTextArea, specialArea } from '../generic/image.js';
import { gapBelowStack } from '../generic/layout.js';
import {
  genericMap, PROT_READ, PROT_WRITE, VM_DATA_DEFAULT_FLAGS, VM_EXEC, VM_READ, VM_STACK_FLAGS, VM_WRITE,
} from '../generic/mman.js';
import { nptlCommon, sizeof64 } from '../generic/nptl.js';
import { i386Signals } from '../i386/signal.js';
import { i386Syscalls } from '../i386/syscallent.js';
import { int80, syscallInstruction } from '../trap.js';
import { x8664Signals } from './signal.js';
import { x8664Syscalls } from './syscallent.js';
import { genericOpenFlags } from '../generic/fcntl.js';
import { i386Stat, i386Stat64, sparc64Stat64 } from '../generic/stat.js';

const SHIFT = 12;
/** TASK_SIZE_MAX with four levels of page table, also DEFAULT_MAP_WINDOW and STACK_TOP. */
const TASK_SIZE = vpnOfBig(0x7ffffffff000n, SHIFT);
/** IA32_PAGE_OFFSET. */
const TASK_SIZE32 = vpnOfBig(0xffffe000n, SHIFT);

function nptl(bits: Bits, version: '2.3.3' | '2.36'): NptlParameters {
  const is32bit = bits === 32;
  return {
    ...nptlCommon(version, bits),
    // struct pthread and static TLS as observed in a static program of glibc 2.36.
    ...(is32bit ? {} : { sizeofPthread: 0x940, tidOffset: 0x2d0, staticTlsSize: 0xd00, sizeof: sizeof64 }),
    PTHREAD_STACK_MIN: 16384,
    ARCH_STACK_DEFAULT_SIZE: 2 * 1024 * 1024,
    MINIMAL_REST_STACK: 2048,
    defaultStackDivisor: 1,
    MULTI_PAGE_ALIASING: 0,
    staticTlsAlign: 64,
    dtvAtTp: false,
    stackProt: PROT_READ | PROT_WRITE,
    guardInMiddle: false,
    spinFree: 1,
    tls: is32bit ? 'user_desc' : 'pd',
    mmapCall: is32bit ? 'mmap2' : 'mmap',
    mmapUnit: is32bit ? 4096 : 1,
  };
}

/** What exec leaves: vvar and vdso at the top of the mmap area, and a stack of 33 pages. */
function image(release: Release, bits: Bits): readonly ImageArea[] {
  const is32bit = bits === 32;
  const base = is32bit ? 0xf7ffe000n : 0x7ffff7fff000n;
  const top = is32bit ? 0xffffe000n : 0x7ffffffff000n;
  const text = is32bit ? 0x08048000n : 0x400000n;
  const hasClockPages = release.name === '6.18';
  const vdso = base - 0x2000n;
  const clock = hasClockPages ? vdso - 0x2000n : vdso;
  return [
    modernTextArea(SHIFT, text, text + 0x1000n),
    modernDataArea(SHIFT, text + 0x1000n, text + 0x2000n, 0x1000),
    specialArea('vvar', SHIFT, clock - 0x4000n, clock, '[vvar]'),
    ...(hasClockPages ? [specialArea('vvar', SHIFT, clock, vdso, '[vvar_vclock]')] : []),
    specialArea('vdso', SHIFT, vdso, base, '[vdso]'),
    anonymousArea('stack', SHIFT, top - 0x21000n, top, VM_STACK_FLAGS & ~VM_EXEC),
  ];
}

function at(release: Release, bits: Bits): Target {
  const is32bit = bits === 32;
  const taskSize = is32bit ? TASK_SIZE32 : TASK_SIZE;
  return {
    arch: 'x86_64',
    machine: 'x86_64',
    bits,
    kernelBits: 64,
    release,
    bigEndian: false,
    pageShift: SHIFT,
    pageSize: 2 ** SHIFT,
    vpnEnd: 2 ** (64 - SHIFT),
    taskSize,
    searchEnd: taskSize,
    stackTop: taskSize,
    taskUnmappedBase: () => Math.ceil(taskSize / 3),
    newTask: { is32bit, mapBase: 0 },
    search: 'maple',
    topDownBase: (stackBytes) => taskSize - gapBelowStack(stackBytes, taskSize, release.rules.stackGuardGap, 2 ** SHIFT),
    lowestSearched: 1,
    hintTestsPrev: false,
    // arch/x86/mm/fault.c: access_error(), vma_is_accessible().
    readFaultNeeds: VM_READ | VM_WRITE | VM_EXEC,
    hugePages: 512,
    hintStartsSearch: false,
    longestRequest: taskSize,
    hintsIgnored: null,
    low32: { start: vpnOfBig(0x40000000n, SHIFT), end: vpnOfBig(0x80000000n, SHIFT) },
    holeSizeHit: is32bit ? 'moves the cache' : 'moves the cache for MAP_32BIT',
    vaHole: null,
    region: null,
    colour: { shared: 1, file: 1, addsPgoff: false },
    map: { ...genericMap, LOW32: is32bit ? 0 : 0x40 },
    open: genericOpenFlags,
    stat: is32bit ? i386Stat : sparc64Stat64,
    stat64: is32bit ? i386Stat64 : sparc64Stat64,
    signals: is32bit ? i386Signals : x8664Signals,
    errno: (generic) => generic,
    genericErrno: (errno) => errno,
    trap: is32bit ? int80 : syscallInstruction,
    nr: is32bit ? i386Syscalls : x8664Syscalls,
    backported: [],
    entry: is32bit
      ? { mmap: 'old_mmap', mmap2: 'mmap2_4k', getrlimit: 'old_getrlimit', ugetrlimit: 'getrlimit' }
      : { mmap: 'x86_64_mmap' },
    cloneOrder: is32bit ? 'tls-fourth' : 'tls-fifth',
    rlimInfinity: is32bit ? [0, -1] : [-1, -1],
    swappedRlimits: null,
    usecBytes: bits / 8,
    image: image(release, bits),
    startBrk: vpnOfBig(is32bit ? 0x0804a000n : 0x402000n, SHIFT),
    dataDefaultFlags: VM_DATA_DEFAULT_FLAGS & ~VM_EXEC,
    nptl: (version) => nptl(bits, version),
  };
}

export const x8664: Arch = {
  name: 'x86_64',
  about: '4 KiB pages, mmap top-down from below the stack, little-endian',
  bits: [64, 32],
  releases: ['6.1', '6.18'],
  at,
};
