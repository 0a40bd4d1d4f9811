/**
 * i386: 4 KiB pages, 3 GiB of user space, searches from a third of it up. Linux 2.5.46
 * include/asm-i386/{processor,page,mman,unistd}.h; NPTL as an i686 build of glibc.
 *
 *   0x08048000 text, data, heap ->   0x40000000 mmap ->          <- stack 0xc0000000
 */
import { vpnOfBig } from '../../lib/u64.js';
import { type Release, versionNumber } from '../../release/index.js';
import type { Arch, ImageArea, NptlParameters, Target } from '../arch.js';
import {
  anonymousArea, dataArea, modernDataArea, modernTextArea, specialArea, textArea,
} from '../generic/image.js';
import { gapBelowStack } from '../generic/layout.js';
import {
  genericMap, PROT_EXEC, PROT_READ, PROT_WRITE, VM_DATA_DEFAULT_FLAGS, VM_EXEC, VM_READ, VM_STACK_FLAGS,
  VM_WRITE,
} from '../generic/mman.js';
import { nptlCommon } from '../generic/nptl.js';
import { int80 } from '../trap.js';
import { i386Signals } from './signal.js';
import { i386Syscalls } from './syscallent.js';
import { genericOpenFlags } from '../generic/fcntl.js';
import { i386Stat, i386Stat64 } from '../generic/stat.js';

const SHIFT = 12;
const TASK_SIZE = vpnOfBig(0xc0000000n, SHIFT);
/** PAGE_ALIGN(TASK_SIZE / 3). */
const TASK_UNMAPPED_BASE = Math.ceil(TASK_SIZE / 3);

function nptl(version: '2.3.3' | '2.36'): NptlParameters {
  const old = version === '2.3.3';
  return {
    ...nptlCommon(version, 32),
    PTHREAD_STACK_MIN: 16384,
    ARCH_STACK_DEFAULT_SIZE: 2 * 1024 * 1024,
    MINIMAL_REST_STACK: 2048,
    defaultStackDivisor: 1,
    MULTI_PAGE_ALIASING: old ? 65536 : 0, // nptl/sysdeps/i386/i686/Makefile; removed in 2.34
    staticTlsAlign: old ? 16 : 64,
    dtvAtTp: false,
    stackProt: PROT_READ | PROT_WRITE | (old ? PROT_EXEC : 0),
    guardInMiddle: false,
    spinFree: 1,
    tls: 'user_desc',
    mmapCall: 'mmap2',
    mmapUnit: 4096,
  };
}

const image25: readonly ImageArea[] = [
  textArea(SHIFT, 0x08048000n, 0x08049000n),
  dataArea(SHIFT, 0x08049000n, 0x0804a000n, 0x1000),
  anonymousArea('stack', SHIFT, 0xbfffe000n, 0xc0000000n, VM_STACK_FLAGS),
];

/** 6.x: vvar and vdso at the top of the mmap area, 33 pages of stack, neither heap nor stack executable. */
function modernImage(release: Release): readonly ImageArea[] {
  const base = 0xb8000000n;
  const vdso = base - 0x2000n;
  const clock = release.name === '6.18' ? vdso - 0x2000n : vdso;
  return [
    modernTextArea(SHIFT, 0x08048000n, 0x08049000n),
    modernDataArea(SHIFT, 0x08049000n, 0x0804a000n, 0x1000),
    specialArea('vvar', SHIFT, clock - 0x4000n, clock, '[vvar]'),
    ...(clock < vdso ? [specialArea('vvar', SHIFT, clock, vdso, '[vvar_vclock]')] : []),
    specialArea('vdso', SHIFT, vdso, base, '[vdso]'),
    anonymousArea('stack', SHIFT, 0xc0000000n - 0x21000n, 0xc0000000n, VM_STACK_FLAGS & ~VM_EXEC),
  ];
}

function at(release: Release): Target {
  const modern = versionNumber(release.name) >= versionNumber('6.1');
  return {
    arch: 'i386',
    machine: 'i686',
    bits: 32,
    kernelBits: 32,
    release,
    bigEndian: false,
    pageShift: SHIFT,
    pageSize: 2 ** SHIFT,
    vpnEnd: 2 ** (32 - SHIFT),
    taskSize: TASK_SIZE,
    searchEnd: TASK_SIZE,
    stackTop: TASK_SIZE,
    taskUnmappedBase: () => TASK_UNMAPPED_BASE,
    newTask: { is32bit: true, mapBase: 0 },
    search: release.genericSearch.down ?? release.genericSearch.up,
    topDownBase: modern
      ? (stackBytes) => TASK_SIZE - gapBelowStack(stackBytes, TASK_SIZE, release.rules.stackGuardGap, 2 ** SHIFT)
      : null,
    lowestSearched: modern ? release.rules.mmapMinAddr / 2 ** SHIFT : 0,
    hintTestsPrev: modern,
    // 6.1, arch/x86/mm/fault.c: access_error(), vma_is_accessible().
    readFaultNeeds: modern ? VM_READ | VM_WRITE | VM_EXEC : VM_READ | VM_EXEC,
    hugePages: 0,
    hintStartsSearch: false,
    longestRequest: TASK_SIZE,
    hintsIgnored: null,
    low32: null,
    holeSizeHit: 'starts at the base',
    vaHole: null,
    region: null,
    colour: { shared: 1, file: 1, addsPgoff: false },
    map: genericMap,
    open: genericOpenFlags,
    stat: i386Stat,
    stat64: i386Stat64,
    signals: i386Signals,
    errno: (generic) => generic,
    genericErrno: (errno) => errno,
    trap: int80,
    nr: i386Syscalls,
    backported: modern ? [] : ['set_tid_address'],
    entry: { mmap: 'old_mmap', mmap2: 'mmap2_4k', getrlimit: 'old_getrlimit', ugetrlimit: 'getrlimit' },
    cloneOrder: 'tls-fourth',
    rlimInfinity: [0, -1],
    swappedRlimits: null,
    usecBytes: 4,
    image: modern ? modernImage(release) : image25,
    startBrk: vpnOfBig(0x0804a000n, SHIFT),
    dataDefaultFlags: modern ? VM_DATA_DEFAULT_FLAGS & ~VM_EXEC : VM_DATA_DEFAULT_FLAGS,
    nptl,
  };
}

export const i386: Arch = {
  name: 'i386',
  about: '4 KiB pages, mmap from 1 GiB, little-endian',
  bits: [32],
  releases: ['2.5.45', '2.5.46', '6.1', '6.18'],
  at,
};
