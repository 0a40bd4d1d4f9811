/**
 * How a system call crosses on each machine: which registers carry it, and how the result and an error
 * come back. A register file is an Int32Array of (low, high) pairs, register n at 2n and 2n + 1.
 * Sources: Linux arch/{i386,sparc64,ia64}/kernel/entry.S; `abi-nptl` tables in test/arch check them.
 */

/** Register file, (low, high) pairs. */
export type Registers = Int32Array;

export interface Trap {
  /** Instruction that user space executes. */
  readonly instruction: string;
  readonly registers: readonly string[];
  /** Index of the register holding the call number. */
  readonly nr: number;
  /** Indices of the six argument registers. */
  readonly args: readonly number[];
  /** Index of the result register. */
  readonly result: number;
  /** Kernel side: a result, high and low half. */
  setResult(regs: Registers, hi: number, lo: number): void;
  /** Kernel side: a failure; `errno` is positive and already the machine's own. */
  setError(regs: Registers, errno: number): void;
  /** User side: 0, or the machine's errno. */
  errorOf(regs: Registers): number;
}

/** i386: eax, and -4095..-1 in it is an error. */
export const int80: Trap = {
  instruction: 'int 0x80',
  registers: ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'],
  nr: 0,
  args: [1, 2, 3, 4, 5, 6],
  result: 0,
  setResult(regs, _hi, lo) {
    regs[0] = lo;
    regs[1] = 0;
  },
  setError(regs, errno) {
    regs[0] = -errno;
    regs[1] = 0;
  },
  errorOf(regs) {
    const eax = regs[0]!;
    return eax < 0 && eax >= -4095 ? -eax : 0;
  },
};

/** x86_64: rax, 64 bits wide, and -4095..-1 in it is an error. */
export const syscallInstruction: Trap = {
  instruction: 'syscall',
  registers: ['rax', 'rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'],
  nr: 0,
  args: [1, 2, 3, 4, 5, 6],
  result: 0,
  setResult(regs, hi, lo) {
    regs[0] = lo;
    regs[1] = hi;
  },
  setError(regs, errno) {
    regs[0] = -errno;
    regs[1] = -1;
  },
  errorOf(regs) {
    const low = regs[0]!;
    return regs[1] === -1 && low < 0 && low >= -4095 ? -low : 0;
  },
};

/** tstate's carry bits for xcc and icc, which the kernel sets together on failure. */
const CARRY = 0x11;

/** sparc64: %o0, with carry set and a positive errno on failure; never judged by sign. */
function ta(instruction: string, is32bit: boolean): Trap {
  return {
    instruction,
    registers: ['g1', 'o0', 'o1', 'o2', 'o3', 'o4', 'o5', 'ccr'],
    nr: 0,
    args: [1, 2, 3, 4, 5, 6],
    result: 1,
    setResult(regs, hi, lo) {
      regs[2] = lo;
      regs[3] = is32bit ? 0 : hi;
      regs[14] = regs[14]! & ~CARRY;
    },
    setError(regs, errno) {
      regs[2] = errno;
      regs[3] = 0;
      regs[14] = regs[14]! | CARRY;
    },
    errorOf(regs) {
      return (regs[14]! & CARRY) !== 0 ? regs[2]! : 0;
    },
  };
}

export const ta6d: Trap = ta('ta 0x6d', false);
export const ta10: Trap = ta('ta 0x10', true);

/** ia64: r8, with r10 = -1 and a positive errno on failure. */
export const break100000: Trap = {
  instruction: 'break 0x100000',
  registers: ['r15', 'out0', 'out1', 'out2', 'out3', 'out4', 'out5', 'r8', 'r10'],
  nr: 0,
  args: [1, 2, 3, 4, 5, 6],
  result: 7,
  setResult(regs, hi, lo) {
    regs[14] = lo;
    regs[15] = hi;
    regs[16] = 0;
    regs[17] = 0;
  },
  setError(regs, errno) {
    regs[14] = errno;
    regs[15] = 0;
    regs[16] = -1;
    regs[17] = -1;
  },
  errorOf(regs) {
    return regs[16] === -1 ? regs[14]! : 0;
  },
};
