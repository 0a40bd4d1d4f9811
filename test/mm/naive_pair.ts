/**
 * One mm and one naive mm that make the same calls: after each, everything that can be seen of the two is
 * compared, and mm.check() verifies what cannot.
 */
import { vpnOfBig } from '../../src/lib/u64.js';
import { doBrk } from '../../src/mm/brk.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs, type OpenFile } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { execMm, type NamedMachine } from '../support/machines.js';
import { type NaiveMachine, naiveMachine } from './naive_machine.js';
import { NaiveMm } from './naive_mm.js';
import { type Call, type Limits, naiveFiles, show } from './naive_program.js';

const openFiles: readonly (OpenFile | null)[] = naiveFiles.map((file, inode) =>
  file === null ? null : { ...file, mappable: true, mapped: { path: file.path, major: 3, minor: 1, inode } },
);

export class Pair {
  readonly machine: NaiveMachine;
  readonly mm: Mm;
  readonly naive: NaiveMm;
  private readonly shift: number;

  constructor(choice: NamedMachine, limits: Limits) {
    this.machine = naiveMachine(choice.arch, choice.bits);
    const { PAGE_SIZE } = this.machine;
    const rlimits = {
      as: Number(limits.rlimitAs ?? Number.POSITIVE_INFINITY),
      data: Number(limits.rlimitData ?? Number.POSITIVE_INFINITY),
      memlock: Number(limits.rlimitMemlock ?? Number.POSITIVE_INFINITY),
    };
    const { maxMapCount, overcommit } = limits;
    this.mm = execMm({ ...choice, ram: Number(limits.ramPages * PAGE_SIZE), maxMapCount, overcommit, rlimits });
    this.mm.defFlags = limits.defFlags;
    this.shift = this.mm.target.pageShift;
    this.naive = new NaiveMm(this.machine, { ...limits, search: choice.search });
    this.copyImage();
  }

  /** What exec left is given; the naive mm starts with the same areas. */
  private copyImage(): void {
    const { mm, naive } = this;
    const bytes = (vpn: number) => BigInt(vpn) * this.machine.PAGE_SIZE;
    for (const { start, end, vmFlags, fileOffset } of mm.target.image) {
      const file = fileOffset === null ? null : '/bin/program';
      const pgoff = BigInt(fileOffset ?? 0) / this.machine.PAGE_SIZE;
      naive.areas.push({ start: bytes(start), end: bytes(end), flags: vmFlags, file, pgoff });
      naive.totalVm += BigInt(end - start);
      if ((vmFlags & 0x10_0000) !== 0) naive.committed += BigInt(end - start);
    }
    naive.endCode = bytes(mm.endCode);
    naive.startData = bytes(mm.startData);
    naive.brk = bytes(mm.brkVpn);
  }

  /** False for what the machine's own wrapper of the call refuses, so that do_mmap never sees it. */
  reachesKernel({ name, addr, len, flags }: Call): boolean {
    const { PAGE_OFFSET, RGN_MAP_LIMIT, searchEnd } = this.machine;
    if (name === 'brk') return PAGE_OFFSET === null || addr < searchEnd;
    if (name !== 'mmap' || (flags & 0x10) === 0) return true;
    if (RGN_MAP_LIMIT !== null) return BigInt.asUintN(61, addr) + len <= RGN_MAP_LIMIT;
    if (PAGE_OFFSET === null) return true;
    if (searchEnd < 2n ** 32n) return addr + len <= searchEnd;
    return addr >= PAGE_OFFSET || addr + len <= 2n ** 64n - PAGE_OFFSET;
  }

  /** Makes the call on both and compares what it returned; throws an Error that says what differs. */
  call(call: Call): void {
    if (!this.reachesKernel(call)) return;
    const expected = this.onNaive(call);
    const got = this.onMm(call);
    if (got !== expected) this.fail(call, got, expected);
  }

  /** Makes the call on both and compares all there is. */
  step(call: Call): void {
    if (!this.reachesKernel(call)) return;
    const expected = this.onNaive(call);
    const got = this.onMm(call);
    this.mm.check();
    if (got !== expected || !this.isSame()) this.fail(call, got, expected);
  }

  private fail(call: Call, got: bigint, expected: bigint): never {
    const text = (n: bigint) => (n < 0n ? `-${-n}` : `0x${n.toString(16)}`);
    throw new Error([
      `${show(call)} gave ${text(got)}, the naive model ${text(expected)}`,
      'mm:', ...this.state(this.mmRows(), this.mmCounts()),
      'naive model:', ...this.state(this.naiveRows(), this.naiveCounts()),
    ].join('\n  '));
  }

  private onNaive({ name, addr, len, prot, flags, file, pgoff }: Call): bigint {
    const { naive } = this;
    if (name === 'mmap') return naive.mmap(naiveFiles[file]!, addr, len, prot, flags, pgoff);
    if (name === 'munmap') return naive.munmap(addr, len);
    return name === 'mprotect' ? naive.mprotect(addr, len, prot) : naive.sysBrk(addr);
  }

  private onMm({ name, addr, len, prot, flags, file, pgoff }: Call): bigint {
    const { mm, machine } = this;
    const page = (bytes: bigint) => vpnOfBig(bytes, this.shift);
    const rest = (bytes: bigint) => Number(bytes % machine.PAGE_SIZE);
    const where = [page(addr), rest(addr), page(len), rest(len)] as const;
    if (name === 'munmap') return BigInt(doMunmap(mm, ...where));
    if (name === 'mprotect') return BigInt(doMprotect(mm, ...where, prot));
    if (name === 'brk') {
      doBrk(mm, page(addr), rest(addr));
      return BigInt(mm.brkVpn) * machine.PAGE_SIZE + BigInt(mm.brkOffset);
    }
    const args = newMmapArgs();
    Object.assign(args, { vpn: where[0], offset: where[1], lenPages: where[2], lenOffset: where[3] });
    Object.assign(args, { prot, flags, file: openFiles[file], pgoff: Number(pgoff) });
    const vpn = doMmap(mm, args);
    return vpn < 0 ? BigInt(vpn) : BigInt(vpn) * machine.PAGE_SIZE + BigInt(args.resultOffset);
  }

  private isSame(): boolean {
    const { mm, naive } = this;
    if (mm.vmas.size !== naive.areas.length) return false;
    const rows = this.mmRows();
    const sameRows = this.naiveRows().every((row, i) => row.every((value, k) => value === rows[i]![k]));
    const counts = this.mmCounts();
    return sameRows && Object.entries(this.naiveCounts()).every(([name, n]) => counts[name] === n);
  }

  /** [start, end, flags, pgoff, file] of each area, in pages. */
  private mmRows(): (number | string)[][] {
    const { vmas, files } = this.mm;
    const rows: (number | string)[][] = [];
    for (let h = vmas.first(); h >= 0; h = vmas.next(h)) {
      const path = files[vmas.vmFile[h]!]?.path ?? '';
      rows.push([vmas.vmStart[h]!, vmas.vmEnd[h]!, vmas.vmFlags[h]!, vmas.vmPgoff[h]!, path]);
    }
    return rows;
  }

  private naiveRows(): (number | string)[][] {
    const page = (bytes: bigint) => vpnOfBig(bytes, this.shift);
    return this.naive.areas.map(({ start, end, flags, pgoff, file }) => [
      page(start), page(end), flags, Number(pgoff), file === 'shm' ? '/dev/zero (deleted)' : (file ?? ''),
    ]);
  }

  private mmCounts(): Record<string, number> {
    const { freeAreaCache, totalVm, lockedVm, vm, stats } = this.mm;
    const { probes, splits, merges } = stats;
    return { freeAreaCache, totalVm, lockedVm, committed: vm.committed, probes, splits, merges };
  }

  private naiveCounts(): Record<string, number> {
    const { freeAreaCache, totalVm, lockedVm, committed, probes, splits, merges } = this.naive;
    return {
      freeAreaCache: vpnOfBig(freeAreaCache, this.shift), totalVm: Number(totalVm), lockedVm: Number(lockedVm),
      committed: Number(committed), probes, splits, merges,
    };
  }

  private state(rows: (number | string)[][], counts: Record<string, number>): string[] {
    const text = (value: number | string) => (typeof value === 'number' ? value.toString(16) : value);
    const line = Object.entries(counts).map(([name, n]) => `${name} 0x${n.toString(16)}`);
    return [line.join(', '), ...rows.map((row) => row.map(text).join(' '))];
  }
}
