/**
 * x86_64: 4 KiB pages; 64-bit tasks search up from a third of their space, from 3.6 on down from below the stack,
 * 32-bit tasks down from 2.6.18 on. Linux 2.4.20 and 2.5.46 to 2.6.18, include/asm-x86_64/{processor,page,ia32,mman}.h,
 * arch/x86_64/kernel/sys_x86_64.c, arch/x86_64/ia32/{ia32_binfmt,mmap32}.c; 3.6 to 6.18, arch/x86/include/asm,
 * arch/x86/mm/mmap.c, arch/x86/kernel/sys_x86_64.c.
 *
 *   64-bit task up:    0x400000 text, heap ->   0x2a95556000 mmap ->      <- stack 0x7fc0000000 (39 bits)
 *                      0x400000 text, heap ->   0x2aaaaaaab000 mmap ->    <- stack 0x800000000000 (2.6.11)
 *   64-bit task down:  0x400000 text, heap ->   <- mmap 0x7ffff7fff000    <- stack 0x7ffffffff000
 *   32-bit task:       0x08048000 text, heap -> <- mmap 0xf7ffe000        <- stack 0xffffe000
 *   32-bit task up:    0x08048000 text, heap -> 0x55555000 mmap ->        <- stack 0xffffe000 (2.6.0)
 */
import { vpnOfBig } from '../../lib/u64.js';
import { backportedCalls, isSince, type Release, type SearchName, since } from '../../release/index.js';
import type { Arch, Bits, GateArea, ImageArea, NptlParameters, PlacedArea, Target } from '../arch.js';
import { genericOpenFlags } from '../generic/fcntl.js';
import { anonymousArea, dataArea, hasGnuStack, stackArea, textArea, VDSO, vdsoArea, vvarArea } from '../generic/image.js';
import { knownCalls, SHM_CALLS, without } from '../generic/known_calls.js';
import { x86TopDownBase } from '../generic/layout.js';
import {
  genericMapOf, PROT_EXEC, PROT_READ, PROT_WRITE, VM_ACCOUNT, VM_DATA_DEFAULT_FLAGS, VM_EXEC, VM_READ, VM_WRITE, x86OtherLegacy,
} from '../generic/mman.js';
import { nptlCommon, sizeof64 } from '../generic/nptl.js';
import { x86Randomization } from '../generic/randomize.js';
import { i386Stat, i386Stat64, sparc64Stat64 } from '../generic/stat.js';
import { ia32Signals } from '../i386/signal.js';
import { i386Syscalls } from '../i386/syscallent.js';
import { int80, syscallInstruction } from '../trap.js';
import { x8664Signals } from './signal.js';
import { x8664Syscalls } from './syscallent.js';

const SHIFT = 12;
const PAGE_SIZE = 2 ** SHIFT;

/** Where a 32-bit task's searches end: 0xffffffff - 1 of arch_get_unmapped_area(), later IA32_PAGE_OFFSET. */
function end32(release: Release): number {
  return vpnOfBig(since(release, 0xfffff000n, '2.5.74', 0xffffe000n), SHIFT);
}

/** IA32_STACK_TOP, which is IA32_PAGE_OFFSET: in 2.5.45 and 2.5.46 searches go on above it. */
function stackTop32(release: Release): number {
  return vpnOfBig(since(release, 0xfffff000n, '2.5.45', 0xffff0000n, '2.5.74', 0xffffe000n), SHIFT);
}

/** TASK_SIZE of 64-bit tasks: three levels of page table, then four; the last page goes by 2.6.13 (TASK_SIZE64). */
function taskSize64(release: Release): number {
  return vpnOfBig(since(release, 0x7fc0000000n, '2.6.11', 0x800000000000n, '2.6.13', 0x7ffffffff000n), SHIFT);
}

function nptl(bits: Bits, version: '2.3.3' | '2.36', release: Release): NptlParameters {
  const is32bit = bits === 32;
  const old = version === '2.3.3';
  // struct pthread and static TLS as observed in a static program of glibc 2.36.
  const observed = is32bit || old ? {} : { sizeofPthread: 0x940, tidOffset: 0x2d0, staticTlsSize: 0xd00, sizeof: sizeof64 };
  return {
    ...nptlCommon(version, bits),
    ...observed,
    PTHREAD_STACK_MIN: 16384,
    ARCH_STACK_DEFAULT_SIZE: 2 * 1024 * 1024,
    MINIMAL_REST_STACK: 2048,
    defaultStackDivisor: 1,
    MULTI_PAGE_ALIASING: 0,
    staticTlsAlign: old ? 16 : 64,
    dtvAtTp: false,
    stackProt: PROT_READ | PROT_WRITE | (old && !hasGnuStack(release) ? PROT_EXEC : 0),
    guardInMiddle: false,
    clone3: !old,
    spinFree: 1,
    tls: is32bit ? 'user_desc' : 'pd',
    mmapCall: is32bit ? 'mmap2' : 'mmap',
    mmapUnit: is32bit ? 4096 : 1,
  };
}

/**
 * vm_data_default_flags and vm_data_default_flags32 keep VM_EXEC unless booted with noexec=on and noexec32=on; from 2.6.11
 * on the personality says, by READ_IMPLIES_EXEC.
 */
function heapIsExecutable(release: Release, is32bit: boolean): boolean {
  return !isSince(release, '2.6.11') || readImpliesExec(release, is32bit);
}

/**
 * force_personality32, which noexec32=on clears: what 32-bit tasks may read they may execute, but for the stack, until
 * 2.6.18 (arch/x86_64/kernel/setup64.c; read in 2.6.11, 2.6.12-rc1, 2.6.13 and 2.6.18).
 */
function readImpliesExec(release: Release, is32bit: boolean): boolean {
  return isReadableExecutable(release, is32bit) && isSince(release, '2.6.11');
}

/**
 * The same of the image: elf32_map() has it before, by itself in 2.4.20 and 2.5.4x, by vm_force_exec32 in 2.5.74 to
 * 2.6.9. What mmap and mprotect do then stands in entries32().
 */
function isReadableExecutable(release: Release, is32bit: boolean): boolean {
  return is32bit && !isSince(release, '2.6.18');
}

/**
 * ia32_setup_arg_pages() takes vm_stack_flags32 in 2.5.74 to 2.6.9, which lacks the VM_ACCOUNT that VM_STACK_FLAGS
 * has: exec charges the stack, and its end gives nothing back.
 */
function stackLosesAccount(release: Release): boolean {
  return isSince(release, '2.5.74') && !isSince(release, '2.6.11');
}

function stack32(release: Release, stack: ImageArea): ImageArea {
  return stackLosesAccount(release) ? { ...stack, vmFlags: stack.vmFlags & ~VM_ACCOUNT, neverGivesBack: true } : stack;
}

/**
 * The page for system calls of 32-bit tasks, an area from 2.6.13 on, above TASK_SIZE and without a name: nothing unmaps
 * it. Before, it came with a fault (the gate), in 3.6 it lies where the search finds room.
 */
function vsyscall32(release: Release): readonly ImageArea[] {
  return isSince(release, '2.6.13') && !isSince(release, '3.6')
    ? [anonymousArea('vdso', SHIFT, 0xffffe000n, 0xfffff000n, VDSO)]
    : [];
}

function image(release: Release, is32bit: boolean, stackTop: number): readonly ImageArea[] {
  const text = is32bit ? 0x08048000n : 0x400000n;
  const stack = stackArea(release, SHIFT, BigInt(stackTop) << BigInt(SHIFT), 2n);
  const data = dataArea(release, SHIFT, text + 0x1000n, text + 0x2000n, 0x1000);
  return [
    textArea(release, SHIFT, text, text + 0x1000n),
    isReadableExecutable(release, is32bit) ? { ...data, vmFlags: data.vmFlags | VM_EXEC } : data,
    is32bit ? stack32(release, stack) : stack,
    ...(is32bit ? vsyscall32(release) : []),
  ];
}

/**
 * None that the search places before 3.6. Its size is the build's: one page by the defconfig of 3.6 and 3.8 (in 3.8 two for
 * 64-bit tasks with CONFIG_PARAVIRT_CLOCK); two below three of data in 4.12 and four in 6.1.
 */
function vdso(release: Release): readonly PlacedArea[] {
  return since<readonly PlacedArea[]>(
    release, [],
    '3.6', [vdsoArea(1)],
    '4.12', [vvarArea(3), vdsoArea(2)],
    '6.1', [vvarArea(4), vdsoArea(2)],
    '6.13', [vvarArea(2), vvarArea(2, '[vvar_vclock]'), vdsoArea(2)],
    '6.18', [vvarArea(4), vvarArea(2, '[vvar_vclock]'), vdsoArea(2)],
  );
}

/** The vsyscall pages; 32-bit tasks have their own up to 2.6.12. */
function gate(release: Release, is32bit: boolean): GateArea | null {
  const pages = (start: bigint, end: bigint) => ({ start: vpnOfBig(start, SHIFT), end: vpnOfBig(end, SHIFT) });
  const gate32 = { ...pages(0xffffe000n, 0xfffff000n), vmFlags: 0, name: '' };
  const gate64 = { ...pages(0xffffffffff600000n, 0xffffffffffe00000n), vmFlags: 0, name: '' };
  const one64 = { ...pages(0xffffffffff600000n, 0xffffffffff601000n), vmFlags: VM_READ | VM_EXEC, name: '[vsyscall]' };
  return is32bit
    ? since<GateArea | null>(
        release, null, '2.6.6', gate32, '2.6.12-rc1', { ...gate32, name: '[vdso]' }, '2.6.13', null,
      )
    : since<GateArea | null>(
        release, null, '2.6.6', gate64, '2.6.12-rc1', { ...gate64, name: '[vdso]' }, '3.6', one64,
        '6.1', { ...one64, vmFlags: VM_EXEC },
      );
}

/** The table of 64-bit tasks got these later than others did: asm-x86_64/unistd.h. */
const LATER64 = { '2.5.74': 'getdents64', '2.6.19': 'pselect6 ppoll' };

/**
 * 2.4.20 has tkill on all machines but this one, where NPTL needs it as it needs futex. 2.5.45 and 2.5.46 alone have
 * set_thread_area and get_thread_area.
 */
function syscalls64(release: Release): Readonly<Record<string, number>> {
  const known = knownCalls(x8664Syscalls, release, LATER64);
  const table = isSince(release, '2.5.74') ? without(known, ['set_thread_area', 'get_thread_area']) : known;
  return release.servesNptl ? table : knownCalls(table, release, { '2.5.45': 'tkill' });
}

/** asm-x86_64/unistd.h. */
function lateCalls64(release: Release): readonly string[] {
  return isSince(release, '2.5.74') ? [] : ['exit_group', 'remap_file_pages'];
}

/** The machine's own loop, whose generations are those of mm/mmap.c, a little later. */
function searches(release: Release, is32bit: boolean): { search: SearchName; goesDown: boolean } {
  return {
    search: since<SearchName>(
      release, 'first-fit', '2.6.6', 'cursor', '2.6.13', 'hole-size', '3.6', 'hole-size-3.6', '3.8', 'gap-tree',
      '6.1', 'maple',
    ),
    goesDown: isSince(release, is32bit ? '2.6.18' : '3.6'),
  };
}

/** A third of the space; TASK_UNMAPPED_32 is a constant before 2.6.0. */
function unmappedBase(release: Release, is32bit: boolean): number {
  if (is32bit && !isSince(release, '2.6.0')) return vpnOfBig(since(release, 0x40000000n, '2.5.74', 0xa0000000n), SHIFT);
  return Math.ceil((is32bit ? end32(release) : taskSize64(release)) / 3);
}

/**
 * arch/x86_64/ia32/sys_ia32.c: sys32_mmap(), sys32_mmap2() and sys32_mprotect(), which make executable what is readable
 * in turns until 2.6.9.
 */
function memoryEntries32(release: Release): Readonly<Record<string, string>> {
  return since<Readonly<Record<string, string>>>(
    release, { mmap: 'old_mmap_2.4', mmap2: 'mmap2_4k', mprotect: 'mprotect_exec' },
    '2.5.45', { mmap: 'old_mmap_to_4g', mmap2: 'mmap2_to_4g', mprotect: 'mprotect_exec' },
    '2.5.74', { mmap: 'old_mmap_exec', mmap2: 'mmap2_exec', mprotect: 'mprotect_exec' },
    '2.6.11', { mmap: 'old_mmap_ia32', mmap2: 'mmap2_4k' },
    '3.6', { mmap: 'old_mmap', mmap2: 'mmap2_4k' },
  );
}

/** Calls of the kernel's own word size that 32-bit tasks have in their table: ia32entry.S, later syscall_32.tbl. */
function nativeEntries32(release: Release): Readonly<Record<string, string>> {
  const kept = { creat: 'creat_native' };
  const truncates = { ...kept, truncate: 'truncate_native', ftruncate: 'ftruncate_native' };
  const intervals = { ...truncates, sched_rr_get_interval: 'sched_rr_get_interval_native' };
  const truncates64 = { ...intervals, truncate64: 'truncate_native', ftruncate64: 'ftruncate_native' };
  return since<Readonly<Record<string, string>>>(
    release, { ...truncates64, open: 'open_native' }, '2.5.74', truncates64, '2.6.6', intervals, '2.6.32', truncates, '4.12', kept,
  );
}

function entries32(release: Release): Readonly<Record<string, string>> {
  return { ...memoryEntries32(release), ...nativeEntries32(release), getrlimit: 'old_getrlimit', ugetrlimit: 'getrlimit' };
}

/** The table of 32-bit tasks got some calls later than the machine did: ia32entry.S. */
const CALLS32 = { ...SHM_CALLS, '2.5.74': 'signal remap_file_pages', '2.6.19': 'pselect6 ppoll', '4.12': 'arch_prctl' };

function lateCalls32(release: Release): readonly string[] {
  return isSince(release, '2.6.0') ? [] : ['clock_settime', 'clock_gettime', 'clock_getres', 'clock_nanosleep'];
}

function at(release: Release, bits: Bits): Target {
  const is32bit = bits === 32;
  const base = unmappedBase(release, is32bit);
  // TASK_SIZE looks at TIF_IA32 from 2.6.13 on, in 2.6.12-rc1 not yet.
  const taskSize = is32bit && isSince(release, '2.6.13') ? end32(release) : taskSize64(release);
  const end = is32bit ? end32(release) : taskSize;
  const stackTop = is32bit ? stackTop32(release) : taskSize;
  const lateCalls = is32bit ? lateCalls32(release) : lateCalls64(release);
  const { search, goesDown } = searches(release, is32bit);
  return {
    arch: 'x86_64',
    machine: 'x86_64',
    bits,
    kernelBits: 64,
    release,
    bigEndian: false,
    pageShift: SHIFT,
    pageSize: PAGE_SIZE,
    vpnEnd: 2 ** (64 - SHIFT),
    taskSize,
    searchEnd: end,
    stackTop,
    stackTopMax: taskSize64(release),
    taskUnmappedBase: () => base,
    newTask: { is32bit, mapBase: 0 },
    search,
    legacySearch: search,
    topDownBase: goesDown ? x86TopDownBase(release, end, PAGE_SIZE) : null,
    unlimitedStackIsLegacy: goesDown && !isSince(release, '6.1'),
    // ia32_setup_arg_pages() puts the stack at IA32_STACK_TOP, whatever it is told, before 2.6.18.
    randomization: is32bit && !isSince(release, '2.6.18') ? null : x86Randomization(release, end, PAGE_SIZE, !is32bit),
    mmapBaseUp: 0,
    lowestSearched: 1,
    hintTestsPrev: false,
    // arch/x86_64/mm/fault.c: do_page_fault(); arch/x86/mm/fault.c: access_error(), vma_is_accessible().
    readFaultNeeds: since(release, VM_READ | VM_EXEC, '3.6', VM_READ | VM_WRITE | VM_EXEC),
    accessOk: is32bit ? 'nothing' : 'range',
    syncsCore: true,
    hugePages: 512,
    hintStartsSearch: !isSince(release, '2.6.6'),
    longestMap: taskSize,
    longestRequest: end,
    hintsIgnored: null,
    cursorFallsTo: 'each area',
    // Before 2.5.74 from where 32-bit tasks start to the last page but one below 4 GiB.
    low32: {
      start: vpnOfBig(0x40000000n, SHIFT),
      end: vpnOfBig(since(release, 0xfffff000n, '2.5.74', 0x80000000n), SHIFT),
    },
    holeSizeHit: is32bit ? 'moves the cache' : 'moves the cache for MAP_32BIT',
    vaHole: null,
    region: null,
    colour: { shared: 1, file: 1, addsPgoff: false },
    mmapCheck: 'none',
    pteFileMaxBits: 46, // __PHYSICAL_MASK_SHIFT
    checksFixedColour: false,
    showsStacks: true,
    gate: gate(release, is32bit),
    map: { ...genericMapOf(release), LOW32: is32bit ? 0 : 0x40, OTHER_LEGACY: x86OtherLegacy(release) },
    open: genericOpenFlags,
    stat: is32bit ? i386Stat : sparc64Stat64,
    stat64: is32bit ? i386Stat64 : sparc64Stat64,
    signals: is32bit ? ia32Signals(release) : x8664Signals(release),
    errno: (generic) => generic,
    genericErrno: (errno) => errno,
    trap: is32bit ? int80 : syscallInstruction,
    nr: is32bit ? knownCalls(i386Syscalls, release, CALLS32) : syscalls64(release),
    lateCalls,
    backported: backportedCalls(release, lateCalls),
    entry: is32bit ? entries32(release) : { mmap: 'x86_64_mmap' },
    cloneOrder: is32bit ? 'tls-fourth' : 'tls-fifth',
    rlimInfinity: is32bit ? [0, -1] : [-1, -1],
    swappedRlimits: null,
    tlsEntry: since(release, 11, '2.6.13', 12),
    usecBytes: bits / 8,
    image: image(release, is32bit, stackTop),
    vdso: vdso(release),
    vdsoHint: 0,
    vdsoShift: 0,
    startBrk: vpnOfBig(is32bit ? 0x0804a000n : 0x402000n, SHIFT),
    dataDefaultFlags: heapIsExecutable(release, is32bit) ? VM_DATA_DEFAULT_FLAGS : VM_DATA_DEFAULT_FLAGS & ~VM_EXEC,
    readImpliesExec: readImpliesExec(release, is32bit),
    nptl: (version) => nptl(bits, version, release),
  };
}

export const x8664: Arch = {
  name: 'x86_64',
  about: '4 KiB pages, mmap from a third up or from below the stack down, little-endian',
  bits: [64, 32],
  releases: {
    64: [
      '2.4.20', '2.5.45', '2.5.46', '2.5.74', '2.6.0', '2.6.6', '2.6.9', '2.6.11', '2.6.12-rc1', '2.6.13', '2.6.18',
      '3.6', '3.8', '4.12', '6.1', '6.13', '6.18',
    ],
    32: [
      '2.4.20', '2.5.45', '2.5.46', '2.5.74', '2.6.0', '2.6.6', '2.6.9', '2.6.11', '2.6.12-rc1', '2.6.13', '2.6.18',
      '3.6', '3.8', '4.12', '6.1', '6.13', '6.18',
    ],
  },
  removedIn: null,
  at,
};
