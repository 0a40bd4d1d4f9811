/** The machines, one record each. Adding one here makes it appear in the CLI, the tests and the tables. */
import { type Release, versionNumber } from '../release/index.js';
import type { Arch, Bits } from './arch.js';
import { i386 } from './i386/index.js';
import { ia64 } from './ia64/index.js';
import { sparc64 } from './sparc64/index.js';
import { x8664 } from './x86_64/index.js';

export const archs: readonly Arch[] = [i386, sparc64, ia64, x8664];

export function findArch(name: string): Arch | undefined {
  return archs.find((arch) => arch.name === name);
}

/** Whether a machine's values under a release are known. */
export function isKnown(arch: Arch, bits: Bits, release: Release): boolean {
  return arch.releases[bits]?.includes(release.name) ?? false;
}

/** Why a machine cannot be had under a release: one sentence, or null when it can. */
export function whyNot(arch: Arch, bits: Bits, release: Release): string | null {
  if (isKnown(arch, bits, release)) return null;
  const subject = arch.bits.length > 1 ? `${bits}-bit tasks of ${arch.name}` : arch.name;
  const known = `known: ${arch.releases[bits]!.join(', ')}`;
  if (arch.removedIn !== null && versionNumber(release.name) >= versionNumber(arch.removedIn)) {
    return `Linux ${release.name} does not run on ${arch.name}: it was removed in ${arch.removedIn}; ${known}`;
  }
  const verb = arch.bits.length > 1 ? 'are' : 'is';
  return `${subject} under ${release.name} ${verb} not known: nobody has read it from source yet; ${known}`;
}

export type {
  Arch, Bits, CloneOrder, Field, FrameLayout, GateArea, ImageArea, MapFlags, NptlParameters, PageRange, PlacedArea, PthreadType,
  SignalAbi, Target, TaskView, VaHole,
} from './arch.js';
export type { Registers, Trap } from './trap.js';
