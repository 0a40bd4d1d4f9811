/**
 * Calls that a machine's table got later than others did, and so has no number for yet: arch/x86/entry/syscalls,
 * arch/sparc/kernel/systbls_64.S and arch/ia64/kernel/entry.S of Linux 4.12, the tables of 6.1. What came to every
 * machine in one release stands in src/release/calls.ts.
 */
import { isSince, type Release } from '../../release/index.js';

/** `table` without the calls of `later`, which maps a release to the names that it brought here. */
export function knownCalls(
  table: Readonly<Record<string, number>>, release: Release, later: Readonly<Record<string, string>>,
): Readonly<Record<string, number>> {
  const missing = Object.entries(later).flatMap(([since, names]) => (isSince(release, since) ? [] : names.split(' ')));
  if (missing.length === 0) return table;
  return without(table, missing);
}

/** `table` without the calls `names`. */
export function without(table: Readonly<Record<string, number>>, names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name)));
}

/** Before, ipc(2) is the only way to shared memory segments on i386 and sparc. */
export const SHM_CALLS = { '5.1': 'shmget shmctl shmat shmdt' };

/** Whether a call with this entry takes one argument, the address of mmap's six: i386, and x86_64's 32-bit tasks. */
export function isOldMmap(entry: string | undefined): boolean {
  return entry?.startsWith('old_mmap') ?? false;
}
