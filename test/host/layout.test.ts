/**
 * Where the kernel puts memory: a small program without address randomisation is asked for its areas at the start and
 * then for a few hundred addresses; an Mm of the newest record with the same areas predicts each. Where that cannot run,
 * test/trace/recorded.test.ts still compares 5,530 calls that were recorded.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  VM_ACCOUNT, VM_EXEC, VM_GROWSDOWN, VM_MAYRWX, VM_READ, VM_WRITE,
} from '../../src/arch/generic/mman.js';
import { vpnOfBig } from '../../src/lib/u64.js';
import type { Mm } from '../../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../../src/mm/mmap.js';
import { doMprotect } from '../../src/mm/mprotect.js';
import { doMremap } from '../../src/mm/mremap.js';
import { doMunmap } from '../../src/mm/munmap.js';
import { hostLikeMm } from './arena_pair.js';
import { type Host, type MapsLine, openHost } from './host.js';
import { type LayoutCall, layoutPrograms } from './layout_program.js';
import { buildLayout } from './layout_host.js';

const SHIFT = 12;
const PAGE = 4096;
/** As in layout.c. */
const NOWHERE = 0x10000000000;
const PROGRAMS = process.env.GUARDPAGE_SLOW ? 1500 : 60;
/** Calls that must have been compared. */
const LEAST_CALLS = 5000;

const host = await openHost();
const layout = typeof host === 'string' ? host : buildLayout();
const reason = typeof layout === 'string' ? layout : null;
if (reason !== null) console.log(`The layout is not compared with this host: ${reason}.`);

function page(hexAddress: string): number {
  return vpnOfBig(BigInt(`0x${hexAddress}`), SHIFT);
}

/** An mm that starts with the areas of `maps`. */
function mmWith(likeHost: Host, maps: readonly MapsLine[]): Mm {
  const mm = hostLikeMm(likeHost);
  for (const { start, end, perms, name } of maps) {
    if (name === '[vsyscall]') continue; // not an area
    let vmFlags = VM_MAYRWX;
    if (perms[0] === 'r') vmFlags |= VM_READ;
    if (perms[1] === 'w') vmFlags |= VM_WRITE | VM_ACCOUNT;
    if (perms[2] === 'x') vmFlags |= VM_EXEC;
    if (name === '[stack]') vmFlags |= VM_GROWSDOWN;
    const isAnonymous = name === '' || name === '[heap]' || name === '[stack]';
    const file = mm.fileIndex(isAnonymous ? null : { path: name, major: 0, minor: 0, inode: 0 });
    mm.addArea(mm.vmas.find(page(start)), page(start), page(end), file === 0 ? page(start) : 0, vmFlags, file);
    mm.account(vmFlags, page(end) - page(start));
  }
  return mm;
}

/** The results of `calls`: addresses, 0, or negative errnos. */
function predict(mm: Mm, calls: readonly LayoutCall[]): number[] {
  const results: number[] = [];
  for (const { name, of, offset, args } of calls) {
    const pages = args.map((bytes) => Math.floor(bytes / PAGE));
    const base = results[of] ?? 0;
    const vpn = ((base < 0 ? NOWHERE : base) + offset) / PAGE;
    const address = (result: number) => results.push(result < 0 ? result : result * PAGE);
    if (name === 'mmap') {
      address(doMmap(mm, { ...newMmapArgs(), lenPages: pages[0]!, prot: args[1], flags: args[2] }));
    } else if (name === 'mmapAt') {
      const hint = { vpn: Math.floor(vpn), offset: offset % PAGE };
      address(doMmap(mm, { ...newMmapArgs(), ...hint, lenPages: pages[0]!, prot: args[1], flags: args[2] }));
    } else if (name === 'mremap') {
      address(doMremap(mm, {
        vpn, offset: 0, oldPages: pages[0]!, oldOffset: 0, newPages: pages[1]!, newOffset: 0, flags: args[2],
        newVpn: 0, newVpnOffset: 0,
      }));
    } else {
      results.push(
        name === 'munmap' ? doMunmap(mm, vpn, 0, pages[0]!, 0) : doMprotect(mm, vpn, 0, pages[0]!, 0, args[1]),
      );
    }
    mm.check();
  }
  return results;
}

describe.skipIf(reason !== null)('the layout of this host', () => {
  if (typeof host === 'string' || typeof layout === 'string') return;
  afterAll(() => layout.remove());

  it.each(['64', '8192', '130000', '262144', '16777216', 'unlimited'])(
    'has its mmap_base, where the vdso ends, at the computed place with a stack of %s KiB', (limit) => {
      const end = layout.vdsoEnd(limit);
      if (end === null) return; // above the hard limit
      const bytes = limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) * 1024;
      expect(page(end)).toBe(hostLikeMm(host).target.topDownBase!(bytes));
    },
  );

  it('every address, with hints, with MAP_FIXED and without, is the predicted one', () => {
    let made = 0;
    fc.assert(fc.property(layoutPrograms(host.facts, 300), (calls) => {
      const { maps, results } = layout.run(calls);
      const hex = (list: readonly number[]) => list.map((n, i) => `#${i} ${n < 0 ? n : `0x${n.toString(16)}`}`);
      expect(hex(predict(mmWith(host, maps), calls))).toEqual(hex(results));
      made += calls.length;
    }), { numRuns: PROGRAMS });
    expect(made).toBeGreaterThan(LEAST_CALLS);
  });
});
