/* The tables of `guardpage list`, by name, and its flags. */

export interface ListFlags {
  readonly json?: string;
  readonly arch?: readonly string[];
  readonly kernel?: string;
}

export const TABLES = {
  archs: 'the machines',
  kernels: 'the kernel releases, and the search that each machine has in them',
  searches: 'the generations of the search for a hole',
  syscalls: 'the system calls: number on each machine, and whether they are implemented',
  stacks: 'how thread stacks are obtained',
} as const;
export type TableName = keyof typeof TABLES;
