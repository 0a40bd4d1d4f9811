/**
 * mm against the kernel that runs this test: random programs of memory calls are made as system calls of
 * this process and in an Mm of the newest record. After each call the result, the errno and the arena's lines
 * of /proc/self/maps are the same. What differs by design is named in differences.ts.
 */
import { describe, expect, it } from 'vitest';
import { ALL, MAPS, walkArena } from './arena_walk.js';
import { openHost } from './host.js';

const host = await openHost();
const reason = typeof host === 'string' ? host : null;
if (reason !== null) console.log(`mm is not compared with this host: ${reason}.`);

describe.skipIf(reason !== null)('this host', () => {
  if (typeof host === 'string') return;

  it('mmap, munmap, mprotect and page faults do what they do here', () => {
    expect(walkArena(host, MAPS, 1000)).toBeGreaterThan(40_000);
  });

  it('mremap, madvise, mlock, msync, mincore and remap_file_pages do, too', () => {
    expect(walkArena(host, ALL, 1500)).toBeGreaterThan(50_000);
  });
});
