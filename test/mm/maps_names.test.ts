/** Which areas /proc/PID/maps calls [heap], and what colours shared memory without a file, by release. */
import { describe, expect, it } from 'vitest';
import { doBrk } from '../../src/mm/brk.js';
import { mapsLines } from '../../src/mm/maps.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import type { Mm } from '../../src/mm/mm.js';
import { execMm } from '../support/machines.js';

function heaps(mm: Mm): string[] {
  return mapsLines(mm).filter((line) => line.endsWith('[heap]')).map((line) => line.split(' ')[0]!);
}

/** A heap of two pages and, right above it, a page of another kind. */
function heapWithNeighbour(release: string): Mm {
  const mm = execMm({ arch: 'i386', release });
  doBrk(mm, mm.startBrk + 2, 0);
  const args = newMmapArgs();
  Object.assign(args, { vpn: mm.startBrk + 2, lenPages: 1, prot: 0, flags: 0x32 });
  expect(doMmap(mm, args)).toBe(mm.startBrk + 2);
  return mm;
}

describe('[heap]', () => {
  it('in 2.6.18 and from 6.13 on is the heap alone', () => {
    for (const release of ['2.6.18', '6.13', '6.18']) {
      expect([release, heaps(heapWithNeighbour(release))]).toEqual([release, ['0804a000-0804c000']]);
    }
  });

  it('in 6.1 is an area without a file that only touches it, too', () => {
    expect(heaps(heapWithNeighbour('6.1'))).toEqual(['0804a000-0804c000', '0804c000-0804d000']);
  });
});

describe('shared memory without a file on sparc64', () => {
  const place = (release: string, pgoff: number) => {
    const mm = execMm({ arch: 'sparc64', bits: 64, release });
    const args = newMmapArgs();
    Object.assign(args, { lenPages: 1, prot: 3, flags: 0x21, pgoff });
    return doMmap(mm, args) * mm.target.pageSize;
  };

  it('is coloured by the caller\'s offset in 2.6.18, and by 0 in 6.x', () => {
    expect(place('2.6.18', 1) - place('2.6.18', 0)).toBe(0x2000);
    for (const release of ['6.1', '6.13']) expect([release, place(release, 1)]).toEqual([release, place(release, 0)]);
  });
});
