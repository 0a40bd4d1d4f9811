/* examples/kernels.ts: what changed from release to release, as sources and manual pages have it. */
import { describe, expect, it } from 'vitest';
import { archs, findArch } from '../../src/arch/index.js';
import { guardpage } from './guardpage.js';

/** The answers by question: [period, answer] in order. */
async function answers(...args: string[]): Promise<Map<string, [string, string][]>> {
  const { status, stdout, stderr } = await guardpage(['run', 'examples/kernels.ts', '--', ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const found = new Map<string, [string, string][]>();
  let last: [string, string][] = [];
  for (const line of stdout.trimEnd().split('\n')) {
    const answer = /^ {2}(\S+(?: to \S+)?) +(.*)$/.exec(line);
    if (answer !== null) {
      last.push([answer[1]!, answer[2]!]);
      continue;
    }
    last = [];
    found.set(line, last);
  }
  return found;
}

describe.concurrent('examples/kernels.ts', () => {
  it('has an answer of every release to every question, on every machine', async () => {
    for (const { name } of archs) {
      const { releases, bits } = findArch(name)!;
      const all = releases[bits[0]!]!;
      for (const periods of (await answers(name)).values()) {
        expect(periods[0]![0].split(' ')[0]).toBe(all[0]);
        expect(periods.at(-1)![0].split(' ').at(-1)).toBe(all.at(-1));
        expect(periods.map(([, answer]) => answer).filter((text) => text === '' || text.includes('threw'))).toEqual([]);
      }
    }
  });

  it('i386: searches, mmap_min_addr, and mremap', async () => {
    const found = await answers('i386');
    expect(found.get('the next one, of other rights')).toEqual([
      ['2.4.20 to 2.6.6', 'right above it'], ['2.6.9 to 6.18', 'right below it'],
    ]);
    expect(found.get('mmap of page 0 by MAP_FIXED')).toEqual([['2.4.20 to 2.6.18', 'done'], ['3.6 to 6.18', 'EPERM']]);
    expect(found.get('mmap of 0 bytes')).toEqual([['2.4.20 to 2.6.12-rc1', '0x0'], ['2.6.13 to 6.18', 'EINVAL']]);
    expect(found.get('mremap from an old length of 0, private memory')).toEqual([['2.4.20 to 4.12', 'done'], ['6.1 to 6.18', 'EINVAL']]);
    expect(found.get('mlock of a page by an ordinary user')).toEqual([['2.4.20 to 2.6.6', 'EPERM'], ['2.6.9 to 6.18', 'done']]);
  });

  it('takes a word of the questions wanted, and says how it is used', async () => {
    expect([...(await answers('ia64', 'mincore')).keys()]).toEqual(['mincore of private memory']);
    const { status, stderr } = await guardpage(['run', 'examples/kernels.ts', '--', 'vax']);
    expect(status).toBe(2);
    expect(stderr).toContain('usage: kernels');
  });
});
