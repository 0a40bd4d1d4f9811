/* What the machine of a run is, for reports and JSON. */
import type { Machine } from '../machine.js';
import type { GuestConfig, Setup } from './messages.js';

/** The machine as it was made. */
export function setupOf(machine: Machine, config: GuestConfig): Setup {
  const { target, searchName, searchForced, nptlVersion, nptlForced, stacks, stacksForced } = machine;
  return {
    arch: target.arch,
    bits: target.bits,
    kernel: target.release.name,
    search: searchName,
    searchForced,
    nptl: nptlVersion,
    nptlForced,
    stacks: stacks.name,
    stacksForced,
    seed: config.seed ?? 1,
  };
}
