/**
 * The leak test of 2005 (Wolfgang Wander) in an address space of its time, a 32-bit task of x86_64 with nothing mapped
 * but the program and its stack: 540 of 600 slots are mapped; in round i slot (i + 60) mod 600 is unmapped, then slot
 * i mod 600 mapped, 9,500,000 bytes where the slot's number is a multiple of 8, else (number mod 8) MiB.
 */
import { PROT_READ, PROT_WRITE } from '../../src/arch/generic/mman.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { doMunmap } from '../../src/mm/munmap.js';
import type { Mm } from '../../src/mm/mm.js';
import type { SearchName } from '../../src/release/index.js';
import { laidOutMm } from '../support/machines.js';

const SLOTS = 600;
const AHEAD = 60;

export interface Leak {
  readonly rounds: number;
  readonly areas: number;
}

function pagesOf(slot: number): number {
  return slot % 8 === 0 ? Math.ceil(9_500_000 / 4096) : (slot % 8) * 256;
}

function addressSpace(search: SearchName, topDown: boolean): Mm {
  const mm = laidOutMm({ arch: 'x86_64', bits: 32, release: '2.6.13', search, overcommit: 1 });
  mm.isTopDown = topDown;
  mm.mmapBase = topDown ? 0xf7ffe : mm.taskUnmappedBase();
  mm.freeAreaCache = mm.mmapBase;
  mm.addArea(mm.vmas.find(0x8048), 0x8048, 0x8049, 0, 0, 0);
  mm.addArea(mm.vmas.find(0xfffe9), 0xfffe9, 0xffffe, 0, 0, 0);
  return mm;
}

/** Until a map fails or `most` rounds are done: how many, and how many areas there are then. */
export function leak(search: SearchName, topDown: boolean, most: number): Leak {
  const mm = addressSpace(search, topDown);
  const slots = new Float64Array(SLOTS);
  const args = newMmapArgs();
  let round = 0;
  for (; round < most; round++) {
    const old = (round + AHEAD) % SLOTS;
    if (slots[old]! > 0) doMunmap(mm, slots[old]!, 0, pagesOf(old), 0);
    slots[old] = 0;
    const slot = round % SLOTS;
    Object.assign(args, { vpn: 0, offset: 0, lenPages: pagesOf(slot), lenOffset: 0, prot: PROT_READ | PROT_WRITE, flags: 0x22, pgoff: 0 });
    const at = doMmap(mm, args);
    if (at < 0) break;
    slots[slot] = at;
  }
  return { rounds: round, areas: mm.vmas.size };
}
