/*
 * TASK_UNMAPPED_BASE is a property of the running task, not a constant: sparc64 tests its TIF_32BIT,
 * ia64 reads its thread.map_base. Evaluated when an mm is made, at exec, and where a search needs it.
 */

import { describe, expect, it } from 'vitest';
import type { Target, TaskView } from '../../src/arch/index.js';
import { vpnOfBig } from '../../src/lib/u64.js';
import { initRlimits, type Mm } from '../../src/mm/mm.js';
import { makeMm } from '../../src/mm/make_mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { PhysicalMemory } from '../../src/mm/physical_memory.js';
import { Vm } from '../../src/mm/vm.js';
import type { SearchName } from '../../src/release/index.js';
import { at, targetNamed } from './targets.js';

const i386 = targetNamed('i386');
const sparc64 = targetNamed('sparc64');
const ia64 = targetNamed('ia64');

const PROGRAM = { path: '/bin/program', major: 3, minor: 1, inode: 4711 };
const wide: TaskView = { is32bit: false, mapBase: 0 };
const narrow: TaskView = { is32bit: true, mapBase: 0 };

function newMm(target: Target, search?: SearchName): Mm {
  const memory = new PhysicalMemory(target.pageSize, target.bigEndian, 2 ** 30);
  return makeMm(target, new Vm(2 ** 16), memory, initRlimits(), search === undefined ? {} : { search });
}

/** ia64 task with another map base: an IA-32 one has it at 1 GiB. */
function basedAt(address: bigint): TaskView {
  return { is32bit: false, mapBase: vpnOfBig(address, ia64.pageShift) };
}

/** Maps one private page and says where. */
function mapOne(mm: Mm): string {
  const { map } = mm.target;
  const flags = map.PRIVATE | map.ANONYMOUS;
  return at(mm.target, doMmap(mm, { ...newMmapArgs(), lenPages: 1, flags }));
}

describe('TASK_UNMAPPED_BASE', () => {
  it('i386: PAGE_ALIGN(TASK_SIZE / 3), whoever asks', () => {
    expect(at(i386, i386.taskUnmappedBase(wide))).toBe('0x40000000');
    expect(at(i386, i386.taskUnmappedBase(narrow))).toBe('0x40000000');
  });

  it('sparc64: PAGE_OFFSET for a 64-bit task, 0x70000000 for a 32-bit one, of the same machine', () => {
    expect(at(sparc64, sparc64.taskUnmappedBase(wide))).toBe('0xfffff80000000000');
    expect(at(sparc64, sparc64.taskUnmappedBase(narrow))).toBe('0x70000000');
  });

  it('ia64: the map base of the thread, 0x2000000000000000 after exec', () => {
    expect(at(ia64, ia64.taskUnmappedBase(ia64.newTask))).toBe('0x2000000000000000');
    expect(at(ia64, ia64.taskUnmappedBase(basedAt(0x40000000n)))).toBe('0x40000000');
  });
});

describe('an mm', () => {
  it('evaluates it for the task that makes the mm', () => {
    expect(at(sparc64, newMm(sparc64).taskUnmappedBase())).toBe('0xfffff80000000000');
    expect(at(sparc64, newMm(targetNamed('sparc64 32-bit')).taskUnmappedBase())).toBe('0x70000000');
  });

  it('evaluates it for the running task at every search that starts there', () => {
    const mm = newMm(sparc64);
    expect(mapOne(mm)).toBe('0xfffff80000000000');
    mm.task = narrow;
    expect(mapOne(mm)).toBe('0x70000000');
    mm.task = wide;
    expect(mapOne(mm)).toBe('0xfffff80000002000');
  });

  it('follows the map base of the running thread on ia64', () => {
    const mm = newMm(ia64);
    expect(mapOne(mm)).toBe('0x2000000000000000');
    mm.task = basedAt(0x40000000n);
    expect(mapOne(mm)).toBe('0x40000000');
  });

  it('evaluates it at exec for the new task, not for the one that called exec', () => {
    const mm = newMm(ia64);
    mm.exec(basedAt(0x40000000n), PROGRAM);
    expect(mapOne(mm)).toBe('0x40000000');
    mm.exec(ia64.newTask, PROGRAM);
    expect(mapOne(mm)).toBe('0x2000000000000000');
  });
});

describe('mm->free_area_cache', () => {
  it('starts at the base of the task that makes the mm', () => {
    expect(at(i386, newMm(i386).freeAreaCache)).toBe('0x40000000');
    expect(at(sparc64, newMm(sparc64, 'free-area-cache').freeAreaCache)).toBe('0xfffff80000000000');
  });

  it('is not moved by a task that changes: the kernel sets it only when an mm is made, and at exec', () => {
    const mm = newMm(ia64, 'free-area-cache');
    mm.task = basedAt(0x40000000n);
    expect(mapOne(mm)).toBe('0x2000000000000000');
    mm.exec(mm.task, PROGRAM);
    expect(mapOne(mm)).toBe('0x40000000');
  });

  it('goes back to the base of the running task at exec, wherever it had got to', () => {
    const mm = newMm(i386);
    mapOne(mm);
    mapOne(mm);
    mm.exec(i386.newTask, PROGRAM);
    expect(at(i386, mm.freeAreaCache)).toBe('0x40000000');
    expect(mapOne(mm)).toBe('0x40000000');
  });
});
