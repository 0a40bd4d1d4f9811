/* Every machine and word size with a release, for describe.each. */

import { archs, isKnown, type Target } from '../../src/arch/index.js';
import { findRelease, releases } from '../../src/release/index.js';

export interface Named {
  readonly name: string;
  readonly target: Target;
}

/** "sparc64" and "sparc64 32-bit" count as two machines: most of their records differ. */
export function targetsOf(kernel = '2.5.46'): Named[] {
  const { release } = findRelease(kernel)!;
  return archs.flatMap((arch) =>
    arch.bits.filter((bits) => isKnown(arch, bits, release)).map((bits) => ({
      name: bits === arch.bits[0] ? arch.name : `${arch.name} ${bits}-bit`,
      target: arch.at(release, bits),
    })),
  );
}

export function targetNamed(name: string, kernel?: string): Target {
  return targetsOf(kernel).find((entry) => entry.name === name)!.target;
}

/** Every machine under every release: "sparc64 at 2.5.45". */
export function allTargets(): Named[] {
  return releases.flatMap(({ name: kernel }) =>
    targetsOf(kernel).map(({ name, target }) => ({ name: `${name} at ${kernel}`, target })),
  );
}

/** Address of a page, as a C header writes it. */
export function at(target: Target, vpn: number): string {
  return `0x${(BigInt(vpn) << BigInt(target.pageShift)).toString(16)}`;
}
