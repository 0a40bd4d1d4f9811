/** CLONE_* and RLIMIT_* values that are the same on every machine: include/linux/sched.h, asm-generic/resource.h. */

export const CLONE_VM = 0x100;
export const CLONE_FS = 0x200;
export const CLONE_FILES = 0x400;
export const CLONE_SIGHAND = 0x800;
export const CLONE_THREAD = 0x10000;
export const CLONE_NEWNS = 0x20000;
export const CLONE_SYSVSEM = 0x40000;
export const CLONE_SETTLS = 0x80000;
export const CLONE_PARENT_SETTID = 0x100000;
export const CLONE_CHILD_CLEARTID = 0x200000;
export const CLONE_DETACHED = 0x400000;

export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
/** Sparc: 6, and RLIMIT_NPROC 7 (Target.swappedRlimits). */
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
