/*
 * Which limit stopped a run, and which flag lifts it. A program sees ENOMEM or EAGAIN alone; several
 * limits answer so.
 */
import { grouped } from '../report/numbers.js';
import type { Machine } from '../machine.js';
import type { Search } from '../mm/mm.js';

/** What was refused while a machine ran. */
export interface Refusals {
  /** Pages of the first request for which there was no hole; 0: none. */
  noHole: number;
  /** Pages of the first request that memory accounting refused; 0: none. */
  noMemory: number;
  /** True when a request would have gone beyond RLIMIT_AS. */
  beyondAs: boolean;
}

/** Watches a machine from now on. Costs a call for each search: not for benchmarks. */
export function watchRefusals(machine: Machine): Refusals {
  const seen: Refusals = { noHole: 0, noMemory: 0, beyondAs: false };
  const { mm } = machine;
  const { search, vm } = mm;
  const watched: Search = {
    ...search,
    getUnmappedArea(of, request) {
      const vpn = search.getUnmappedArea(of, request);
      if (vpn < 0 && seen.noHole === 0) seen.noHole = request.npages;
      // What mmap tests next.
      if (vpn >= 0 && of.bytes(of.totalVm + request.npages) > of.rlimits.as) seen.beyondAs = true;
      return vpn;
    },
  };
  const enoughMemory = vm.enoughMemory.bind(vm);
  vm.enoughMemory = (pages, totalVm) => {
    const enough = enoughMemory(pages, totalVm);
    if (!enough && seen.noMemory === 0) seen.noMemory = pages;
    return enough;
  };
  Object.assign(mm, { search: watched });
  return seen;
}

/** A sentence for each limit that the run reached. */
export function hintsOf(machine: Machine, refusals: Refusals): string[] {
  const { mm, kernel, target } = machine;
  const { peakVmas, peakThreads } = machine.stats();
  const hints: string[] = [];
  if (peakVmas >= mm.maxMapCount) {
    hints.push(`the run reached the limit of ${grouped(mm.maxMapCount)} areas; --max-map-count lifts it`);
  }
  const pids = kernel.pids.pidMax - target.release.reservedPids;
  if (peakThreads >= pids) hints.push(`the run used all ${grouped(pids)} pids; --pid-max lifts the limit`);
  if (refusals.noHole > 0) {
    const size = grouped(mm.bytes(refusals.noHole));
    hints.push(
      `the address space had no hole of ${size} bytes left; smaller stacks leave room: ` +
        '--rlimit stack=BYTES for those of default size, pthread_attr_setstacksize for the others',
    );
  }
  if (refusals.noMemory > 0) {
    const size = grouped(mm.bytes(refusals.noMemory));
    hints.push(`memory accounting refused ${size} bytes; --overcommit 1 or a larger --ram lifts the limit`);
  }
  if (refusals.beyondAs) hints.push(`the run reached RLIMIT_AS of ${grouped(mm.rlimits.as)} bytes; --rlimit as=BYTES lifts it`);
  return hints;
}
