/* How releases order, and how a record is found and read. */

import { describe, expect, it } from 'vitest';
import { type Libc, Machine, type ThreadBody } from '../../src/index.js';
import { findRelease, releases, since, versionNumber } from '../../src/release/index.js';

const older = findRelease('2.5.45')!.release;
const newer = findRelease('2.5.46')!.release;

describe('versionNumber', () => {
  it('orders releases as their history does', () => {
    const history = ['2.4', '2.4.20', '2.5.9', '2.5.45', '2.5.46', '2.6.0-test1', '2.6.0-test11', '2.6.0', '2.6.9-rc2',
      '2.6.9', '2.6.12-rc1', '2.6.12', '2.6.39', '3.0', '3.8', '3.10', '4.9.337', '6.1'];
    const numbers = history.map(versionNumber);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(history.length);
  });

  it('takes a missing patch level as 0', () => {
    expect(versionNumber('2.6')).toBe(versionNumber('2.6.0'));
  });

  it.each(['', '2', '2.', 'v2.5.46', '2.5.46.1', '2.5.46-mm1', '2.5.46 ', 'latest', '2.x'])('"%s" is no version', (text) => {
    expect(versionNumber(text)).toBeNaN();
  });
});

describe('findRelease of what uname -r prints', () => {
  it.each([
    ['6.18.44', '6.18'], ['6.18.1-arch1-1', '6.18'], ['6.1.55', '6.1'], ['6.1.0-18-amd64', '6.1'], ['2.6.18.8', '2.6.18'],
    ['2.6.18-8.el5', '2.6.18'], ['2.6.9-89.EL', '2.6.9'], ['2.6.9-rc2', '2.6.6'], ['2.6.12-rc1', '2.6.12-rc1'], ['5.15', '4.12'],
    ['4.12.0+', '4.12'], ['2.4.21-4.EL', '2.4.20'],
  ])('%s is %s', (name, record) => {
    expect(findRelease(name)?.release.name).toBe(record);
  });

  it.each(['6.18', '2.6.12-rc1', '2.6'])('%s has a record of its own', (name) => {
    expect(findRelease(name)!.exact).toBe(true);
  });

  it.each(['6.18.44', '2.6.18.8', '2.6.18-8.el5', '6.1.0-18-amd64', '2.6.12'])('%s has none', (name) => {
    expect(findRelease(name)!.exact).toBe(false);
  });

  it.each(['', 'foo', '7.0', '6.19', '6.180', '2.4', '2.4.19', 'v2.6.18', '2.x', '2.6.18 8'])('there is none for "%s"', (name) => {
    expect(findRelease(name)).toBeUndefined();
  });
});

describe('the list of releases', () => {
  it('goes from the oldest to the newest', () => {
    const numbers = releases.map((release) => versionNumber(release.name));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it('2.5.46 brought the free-area cache to the generic search', () => {
    expect(older.genericSearch.up).toBe('first-fit');
    expect(newer.genericSearch.up).toBe('free-area-cache');
  });

  it('sched.h, threads.h, pid.c: 65536 maps, pids below 32768, 300 of them reserved', () => {
    for (const { maxMapCount, pidMax, reservedPids } of [older, newer]) {
      expect({ maxMapCount, pidMax, reservedPids }).toEqual({ maxMapCount: 65536, pidMax: 32768, reservedPids: 300 });
    }
  });
});

describe('INIT_RLIMITS', () => {
  it.each([['2.5.46', -1], ['6.1', 8 * 1024 * 1024], ['6.18', 8 * 1024 * 1024]])(
    'a task of %s may lock %i bytes',
    (kernel, bytes) => {
      const machine = new Machine({ arch: 'i386', kernel });
      let limit = 0;
      function* main(libc: Libc): ThreadBody<number> {
        const pair = libc.bss(8);
        const ugetrlimit = 191;
        yield* libc.syscall(ugetrlimit, 8, pair);
        limit = libc.load32(pair);
        return 0;
      }
      machine.load(main, []);
      expect(machine.run().exit).toBe(0);
      expect(limit).toBe(bytes);
    },
  );
});

describe('findRelease', () => {
  it('finds each record under its own name', () => {
    for (const release of releases) expect(findRelease(release.name)).toEqual({ release, exact: true });
  });

  it('takes the lower record for a version between two, and says so', () => {
    expect(findRelease('2.5.46-rc1')).toEqual({ release: older, exact: false });
  });

  it('knows nothing below the oldest record', () => {
    expect(findRelease('1.0')).toBeUndefined();
    expect(findRelease(`${releases[0]!.name}-rc1`)).toBeUndefined();
  });

  it('knows nothing above the newest record', () => {
    expect(findRelease('99.0')).toBeUndefined();
  });

  it('knows nothing of text that is no version', () => {
    expect(findRelease('linux')).toBeUndefined();
  });
});

describe('since', () => {
  it('gives the first value before the first change', () => {
    expect(since(older, 'old', '2.5.46', 'new')).toBe('old');
  });

  it('gives the new value from the release of the change on', () => {
    expect(since(newer, 'old', '2.5.46', 'new')).toBe('new');
    expect(since(newer, 'old', '2.5.40', 'new')).toBe('new');
  });

  it('gives the latest of several changes', () => {
    expect(since(newer, 1, '2.4', 2, '2.5.45', 3, '2.6.0', 4)).toBe(3);
    expect(since({ ...newer, name: '2.6.0-test1' }, 1, '2.4', 2, '2.6.0', 4)).toBe(2);
  });

  it('gives the only value where nothing changed', () => {
    expect(since(newer, 42)).toBe(42);
  });
});
