/**
 * i386: 4 KiB pages, 3 GiB of user space, searches from a third of it up; from 2.6.9 on down from below the
 * stack. Linux 2.4.20 and 2.5.46 to 2.6.18, include/asm-i386/{processor,page,mman,unistd,fixmap}.h, arch/i386/mm/mmap.c,
 * arch/i386/kernel/{sys_i386,sysenter}.c; 6.1 and 6.18, arch/x86. NPTL as an i686 build of glibc.
 *
 *   up:    0x08048000 text, data, heap ->   0x40000000 mmap ->          <- stack 0xc0000000
 *   down:  0x08048000 text, data, heap ->   <- mmap 0xb8000000          <- stack 0xc0000000
 */
import { vpnOfBig } from '../../lib/u64.js';
import { backportedCalls, isSince, type Release, since } from '../../release/index.js';
import type { Arch, GateArea, ImageArea, NptlParameters, PlacedArea, Target } from '../arch.js';
import { dataArea, hasGnuStack, stackArea, textArea, vdsoArea, vvarArea } from '../generic/image.js';
import { x86TopDownBase } from '../generic/layout.js';
import {
  genericMapOf, PROT_EXEC, PROT_READ, PROT_WRITE, VM_DATA_DEFAULT_FLAGS, VM_EXEC, VM_READ, VM_WRITE, x86OtherLegacy,
} from '../generic/mman.js';
import { nptlCommon } from '../generic/nptl.js';
import { x86Randomization } from '../generic/randomize.js';
import { int80 } from '../trap.js';
import { i386Signals } from './signal.js';
import { i386Syscalls } from './syscallent.js';
import { genericOpenFlags } from '../generic/fcntl.js';
import { knownCalls, SHM_CALLS } from '../generic/known_calls.js';
import { i386Stat, i386Stat64 } from '../generic/stat.js';

const SHIFT = 12;
const PAGE_SIZE = 2 ** SHIFT;
const TASK_SIZE = vpnOfBig(0xc0000000n, SHIFT);
/** PAGE_ALIGN(TASK_SIZE / 3). */
const TASK_UNMAPPED_BASE = Math.ceil(TASK_SIZE / 3);

function nptl(version: '2.3.3' | '2.36', release: Release): NptlParameters {
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
    stackProt: PROT_READ | PROT_WRITE | (old && !hasGnuStack(release) ? PROT_EXEC : 0),
    guardInMiddle: false,
    clone3: !old,
    spinFree: 1,
    tls: 'user_desc',
    mmapCall: 'mmap2',
    mmapUnit: 4096,
  };
}

function image(release: Release): readonly ImageArea[] {
  return [
    textArea(release, SHIFT, 0x08048000n, 0x08049000n),
    dataArea(release, SHIFT, 0x08049000n, 0x0804a000n, 0x1000),
    stackArea(release, SHIFT, 0xc0000000n, 2n),
  ];
}

/**
 * One page in 2.6.18 and 3.x; two below three of data in 4.12 and four in 6.1, of which the last two are for clocks; 6.13
 * says so, 6.18 adds two.
 */
function vdso(release: Release): readonly PlacedArea[] {
  return since<readonly PlacedArea[]>(
    release, [],
    '2.6.18', [vdsoArea(1, 0)],
    '3.6', [vdsoArea(1)],
    '4.12', [vvarArea(3), vdsoArea(2)],
    '6.1', [vvarArea(4), vdsoArea(2)],
    '6.13', [vvarArea(2), vvarArea(2, '[vvar_vclock]'), vdsoArea(2)],
    '6.18', [vvarArea(4), vvarArea(2, '[vvar_vclock]'), vdsoArea(2)],
  );
}

/** The fixmap's page for system calls, listed by 2.6.6 to 2.6.13 at least: mm/memory.c: get_gate_vma(). */
const gate: GateArea = { start: vpnOfBig(0xffffe000n, SHIFT), end: vpnOfBig(0xfffff000n, SHIFT), vmFlags: 0, name: '' };

function at(release: Release): Target {
  const goesDown = isSince(release, '2.6.9');
  return {
    arch: 'i386',
    machine: 'i686',
    bits: 32,
    kernelBits: 32,
    release,
    bigEndian: false,
    pageShift: SHIFT,
    pageSize: PAGE_SIZE,
    vpnEnd: 2 ** (32 - SHIFT),
    taskSize: TASK_SIZE,
    searchEnd: TASK_SIZE,
    stackTop: TASK_SIZE,
    stackTopMax: TASK_SIZE,
    taskUnmappedBase: () => TASK_UNMAPPED_BASE,
    newTask: { is32bit: true, mapBase: 0 },
    search: release.genericSearch.down ?? release.genericSearch.up,
    legacySearch: release.genericSearch.up,
    topDownBase: goesDown ? x86TopDownBase(release, TASK_SIZE, PAGE_SIZE) : null,
    unlimitedStackIsLegacy: goesDown && !isSince(release, '6.1'),
    randomization: x86Randomization(release, TASK_SIZE, PAGE_SIZE, false),
    mmapBaseUp: 0,
    lowestSearched: since(release, 0, '3.8', 1, '4.12', release.rules.mmapMinAddr / PAGE_SIZE),
    hintTestsPrev: isSince(release, '4.12'),
    // arch/i386/mm/fault.c: do_page_fault(); 3.6, arch/x86/mm/fault.c: access_error().
    readFaultNeeds: since(release, VM_READ | VM_EXEC, '3.6', VM_READ | VM_WRITE | VM_EXEC),
    accessOk: 'range',
    syncsCore: true,
    hugePages: 0,
    hintStartsSearch: false,
    // Since 3.13 the generic arch_get_unmapped_area() leaves room for mmap_min_addr before it looks at MAP_FIXED.
    longestMap: TASK_SIZE - since(release, 0, '3.13', release.rules.mmapMinAddr / PAGE_SIZE),
    longestRequest: TASK_SIZE,
    hintsIgnored: null,
    cursorFallsTo: 'each area',
    low32: null,
    holeSizeHit: 'starts at the base',
    vaHole: null,
    region: null,
    colour: { shared: 1, file: 1, addsPgoff: false },
    mmapCheck: 'none',
    pteFileMaxBits: 29, // without PAE
    checksFixedColour: false,
    showsStacks: true,
    gate: since<GateArea | null>(release, null, '2.6.6', gate, '2.6.12-rc1', { ...gate, name: '[vdso]' }, '2.6.18', null),
    map: { ...genericMapOf(release), OTHER_LEGACY: x86OtherLegacy(release) },
    open: genericOpenFlags,
    stat: i386Stat,
    stat64: i386Stat64,
    signals: i386Signals(release),
    errno: (generic) => generic,
    genericErrno: (errno) => errno,
    trap: int80,
    nr: knownCalls(i386Syscalls, release, { ...SHM_CALLS, '4.12': 'arch_prctl' }),
    lateCalls: [],
    backported: backportedCalls(release),
    entry: { mmap: 'old_mmap', mmap2: 'mmap2_4k', getrlimit: 'old_getrlimit', ugetrlimit: 'getrlimit' },
    cloneOrder: 'tls-fourth',
    rlimInfinity: [0, -1],
    swappedRlimits: null,
    tlsEntry: 6,
    usecBytes: 4,
    image: image(release),
    vdso: vdso(release),
    vdsoHint: 0,
    vdsoShift: 0,
    startBrk: vpnOfBig(0x0804a000n, SHIFT),
    dataDefaultFlags: since(release, VM_DATA_DEFAULT_FLAGS, '2.6.9', VM_DATA_DEFAULT_FLAGS & ~VM_EXEC),
    readImpliesExec: false,
    nptl: (version) => nptl(version, release),
  };
}

export const i386: Arch = {
  name: 'i386',
  about: '4 KiB pages, mmap from 1 GiB or down from 3 GiB, little-endian',
  bits: [32],
  releases: {
    32: [
      '2.4.20', '2.5.45', '2.5.46', '2.5.74', '2.6.0', '2.6.6', '2.6.9', '2.6.11', '2.6.12-rc1', '2.6.13', '2.6.18',
      '3.6', '3.8', '4.12', '6.1', '6.13', '6.18',
    ],
  },
  removedIn: null,
  at,
};
