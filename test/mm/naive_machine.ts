/**
 * The naive model's machines: constants of Linux 2.5.46 retyped as byte addresses from the fact sheet
 * (kernel-mm.md, section 2), not taken from src/arch, so that a wrong record shows up as a difference.
 */
export interface NaiveMachine {
  readonly name: string;
  /** Bits of the kernel's unsigned long. */
  readonly longBits: number;
  readonly PAGE_SIZE: bigint;
  readonly TASK_SIZE: bigint;
  /** What the search compares with: TASK_SIZE, but for 32-bit tasks of sparc64. */
  readonly searchEnd: bigint;
  readonly TASK_UNMAPPED_BASE: bigint;
  /** First address above sparc64's hole; 2^64 minus it is the first one inside. */
  readonly PAGE_OFFSET: bigint | null;
  /** ia64: most that one region can map. */
  readonly RGN_MAP_LIMIT: bigint | null;
  /** Alignment of shared mappings (ia64: 1 MB) or of shared and file mappings (sparc64: 16 KB). */
  readonly SHMLBA: bigint;
  /** Addresses worth trying: around each of them something changes. */
  readonly edges: readonly bigint[];
  readonly MAP_LOCKED: number;
  readonly MAP_GROWSDOWN: number;
  readonly MAP_NORESERVE: number;
  /** VM_DATA_DEFAULT_FLAGS: what brk maps. */
  readonly dataFlags: number;
}

const sparc = {
  longBits: 64,
  PAGE_SIZE: 0x2000n,
  TASK_SIZE: 0xffff_fffc_0000_0000n,
  PAGE_OFFSET: 0xffff_f800_0000_0000n,
  RGN_MAP_LIMIT: null,
  SHMLBA: 0x4000n,
  MAP_LOCKED: 0x100,
  MAP_GROWSDOWN: 0x100,
  MAP_NORESERVE: 0x40,
  dataFlags: 0x77,
};

export const naiveMachines: readonly NaiveMachine[] = [
  {
    name: 'i386 32',
    longBits: 32,
    PAGE_SIZE: 0x1000n,
    TASK_SIZE: 0xc000_0000n,
    searchEnd: 0xc000_0000n,
    TASK_UNMAPPED_BASE: 0x4000_0000n,
    PAGE_OFFSET: null,
    RGN_MAP_LIMIT: null,
    SHMLBA: 0x1000n,
    edges: [0n, 0xc000_0000n, 0xffff_f000n],
    MAP_LOCKED: 0x2000,
    MAP_GROWSDOWN: 0x100,
    MAP_NORESERVE: 0x4000,
    dataFlags: 0x77,
  },
  {
    ...sparc,
    name: 'sparc64 64',
    searchEnd: sparc.TASK_SIZE,
    TASK_UNMAPPED_BASE: sparc.PAGE_OFFSET,
    edges: [0n, 0x800_0000_0000n, sparc.TASK_SIZE, 0xffff_ffff_ffff_e000n],
  },
  {
    ...sparc,
    name: 'sparc64 32',
    searchEnd: 0xf000_0000n,
    TASK_UNMAPPED_BASE: 0x7000_0000n,
    edges: [0n, 0xf000_0000n, 0x800_0000_0000n, sparc.TASK_SIZE],
  },
  {
    name: 'ia64 64',
    longBits: 64,
    PAGE_SIZE: 0x4000n,
    TASK_SIZE: 0xa000_0000_0000_0000n,
    searchEnd: 0xa000_0000_0000_0000n,
    TASK_UNMAPPED_BASE: 0x2000_0000_0000_0000n,
    PAGE_OFFSET: null,
    RGN_MAP_LIMIT: 0xfff_ffff_c000n,
    SHMLBA: 0x10_0000n,
    edges: [
      0n, 0x2000_0000_0010_0000n, 0x2000_0fff_ffff_c000n, 0x4000_0000_0000_0000n, 0xa000_0000_0000_0000n,
      0xffff_ffff_ffff_c000n,
    ],
    MAP_LOCKED: 0x2000,
    MAP_GROWSDOWN: 0x100,
    MAP_NORESERVE: 0x4000,
    dataFlags: 0x73,
  },
];

export function naiveMachine(arch: string, bits: number): NaiveMachine {
  const found = naiveMachines.find(({ name }) => name === `${arch} ${bits}`);
  if (found === undefined) throw new Error(`the naive model does not know ${arch} ${bits}`);
  return found;
}
