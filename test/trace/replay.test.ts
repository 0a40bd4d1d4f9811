/**
 * Replay on machines of other times: the golden sequence of the searches, descriptors, brk, old spellings, and what
 * a miss does with and without honour.
 */
import { describe, expect, it } from 'vitest';
import { ConfigError, type MachineConfig } from '../../src/machine.js';
import { mapsLines } from '../../src/mm/maps.js';
import { parseMaps } from '../../src/report/maps_text.js';
import { mapInitialAreas } from '../../src/trace/initial_areas.js';
import { replay, type ReplayOptions, type ReplayResult } from '../../src/trace/replay.js';
import { readStraceLog, StraceLogError } from '../../src/trace/strace_log.js';
import { execMm } from '../support/machines.js';

/** A program and its stack, as the vectors of every search begin. */
const I386 = `
08048000-08049000 r-xp 00000000 03:01 4711       /bin/prog
bfffe000-c0000000 rwxp 00000000 00:00 0
`;
const ANON = 'PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0';

function run(lines: readonly string[], config: MachineConfig, options: Partial<ReplayOptions> = {}): ReplayResult {
  return replay(readStraceLog(lines.join('\n')), { config, initialMaps: parseMaps(I386).areas, ...options });
}

function map(pages: number, result: string): string {
  return `mmap(NULL, ${pages * 4096}, ${ANON}) = ${result}`;
}

function unmap(address: string, pages: number): string {
  return `munmap(${address}, ${pages * 4096}) = 0`;
}

/** Four maps of 8 pages, some unmapped again, others put into the holes. */
function golden([a, b, c, d, p1, p16, p4, p8, p2, p12, p3]: readonly string[]): string[] {
  return [
    map(8, a!), map(8, b!), map(8, c!), map(8, d!), unmap(b!, 8), map(1, p1!), map(16, p16!), map(4, p4!), unmap(d!, 8),
    map(8, p8!), map(2, p2!), unmap(a!, 8), unmap(c!, 8), map(12, p12!), map(3, p3!),
  ];
}

const LOWEST_FIRST = [
  '0x40000000', '0x40008000', '0x40010000', '0x40018000', '0x40008000', '0x40020000', '0x40009000', '0x40018000',
  '0x4000d000', '0x40030000', '0x40000000',
];
const NEXT_FIT = [
  '0x40000000', '0x40008000', '0x40010000', '0x40018000', '0x40008000', '0x40020000', '0x40030000', '0x40018000',
  '0x40034000', '0x40009000', '0x40015000',
];

describe('a log under its own release and another', () => {
  it.each(['2.5.45', '2.5.46'])('%s gives the lowest hole', (kernel) => {
    expect(run(golden(LOWEST_FIRST), { kernel })).toMatchObject({ calls: 15, compared: 15, matched: 15, diverged: [] });
  });

  it.each(['2.5.74', '2.6.0', '2.6.6'])('%s goes on from where it was', (kernel) => {
    expect(run(golden(NEXT_FIT), { kernel })).toMatchObject({ compared: 15, matched: 15, diverged: [] });
  });

  it('the cursor of 2.5.74 goes on from where it was: the seventh map is the first to differ', () => {
    const { diverged, compared, matched, before } = run(golden(NEXT_FIT), { kernel: '2.5.46' });
    expect(diverged).toEqual([{
      line: 8, call: `mmap(NULL, 16384, ${ANON})`, recorded: '0x40030000', predicted: '0x40009000',
    }]);
    expect([compared, matched]).toEqual([8, 7]);
    expect(before!.walk).toMatchObject({
      direction: 'up', wanted: 16384,
      holes: [
        { start: '0x40009000', end: '0x40010000', bytes: 28672, verdict: 'large enough', answers: ['predicted'] },
        { start: '0x40030000', end: '0xbfffe000', verdict: 'large enough', answers: ['recorded'] },
      ],
    });
    expect(before!.around).toEqual([
      '08048000-08049000 r-xp 00000000 03:01 4711       /bin/prog', '40000000-40009000 rw-p 00000000 00:00 0',
      '40010000-40030000 rw-p 00010000 00:00 0', 'bfffe000-c0000000 rwxp 00000000 00:00 0',
    ]);
  });

  it('with honour the rest is compared too: two maps more lie elsewhere', () => {
    const { diverged, compared } = run(golden(NEXT_FIT), { kernel: '2.5.46' }, { honour: true });
    expect(compared).toBe(15);
    expect(diverged.map(({ line }) => line)).toEqual([8, 11, 15]);
  });

  it('what the address space became is told', () => {
    const { vmas, peakVmas, probes, largestHole, maps } = run([map(1, '0x40000000')], { kernel: '2.5.45' });
    expect({ vmas, peakVmas, probes }).toEqual({ vmas: 3, peakVmas: 3, probes: 1 });
    expect(largestHole).toBe(0xbfffe000 - 0x40001000);
    expect(maps[1]).toBe('40000000-40001000 rw-p 00000000 00:00 0');
  });

  it('a version between two records uses the lower one', () => {
    expect(run([map(1, '0x40000000')], { kernel: '2.5.50' }).record).toBe('2.5.46');
  });
});

describe('errors that descriptors decide about', () => {
  it('EBADF, EACCES and ENODEV are predicted from what was opened', () => {
    const shared = 'PROT_READ|PROT_WRITE, MAP_SHARED';
    const result = run([
      'open("/lib/libc.so", O_RDONLY) = 3',
      'openat(AT_FDCWD, "/tmp/x", O_WRONLY|O_CREAT, 0600) = 4',
      'creat("/tmp/y", 0600) = 5',
      'open("/tmp/z", O_RDWR) = 6',
      'open("/none", O_RDONLY) = -1 ENOENT (No such file or directory)',
      'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x40000000',
      `mmap(NULL, 4096, ${shared}, 3, 0) = -1 EACCES (Permission denied)`,
      'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 4, 0) = -1 EACCES (Permission denied)',
      'mmap(NULL, 4096, PROT_READ, MAP_SHARED, 5, 0) = -1 EACCES (Permission denied)',
      `mmap(NULL, 4096, ${shared}, 6, 0) = 0x40001000`,
      'close(3) = 0',
      'close(6) = -1 EBADF (Bad file descriptor)',
      'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = -1 EBADF (Bad file descriptor)',
      'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 77, 0) = -1 EBADF (Bad file descriptor)',
      `mmap(NULL, 4096, ${shared}, 6, 0x1000) = 0x40002000`,
    ], { kernel: '2.5.46' });
    expect(result.diverged).toEqual([]);
    expect(result).toMatchObject({ calls: 8, compared: 8, skipped: 0 });
  });

  it('a descriptor that the log did not open is what its first map shows, and keeps being that', () => {
    const lines = [
      'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 9, 0) = 0x40000000',
      'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 9, 0) = -1 EBADF (Bad file descriptor)',
    ];
    expect(run(lines, {}).diverged).toMatchObject([{ line: 2, recorded: 'EBADF', predicted: '0x40001000' }]);
  });

  it('raw flags and O_PATH are read', () => {
    expect(run([
      'open("/a", 0x1) = 3',
      'mmap(NULL, 4096, 0x1, 0x2, 3, 0) = -1 EACCES (Permission denied)',
      'open("/b", O_RDONLY|O_PATH) = 4',
      'mmap(NULL, 4096, 0x1, 0x2, 4, 0) = -1 EBADF (Bad file descriptor)',
      'open("/c", O_RDONLY|O_DIRECTORY) = 5',
      'mmap(NULL, 4096, 0x1, 0x2, 5, 0) = -1 ENODEV (No such device)',
    ], {}).diverged).toEqual([]);
  });
});

describe('files of 2 MiB and more', () => {
  const maps64 = parseMaps([
    '00400000-00401000 r-xp 00000000 fe:00 7                                  /bin/prog',
    '7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]',
  ].join('\n')).areas;
  const maps32 = parseMaps([
    '08048000-08049000 r-xp 00000000 fe:00 7                                  /bin/prog',
    'fffdd000-ffffe000 rw-p 00000000 00:00 0                                  [stack]',
  ].join('\n')).areas;

  /** Where a map of the file lands, first of all: below 0x7ffff7fff000, or 0xf7ffe000. */
  function placed(bytes: number, kernel: string, bits: 32 | 64, alignsHuge: boolean): string {
    const lines = [
      'openat(AT_FDCWD, "/lib/big.so", O_RDONLY) = 3',
      `mmap(NULL, ${bytes}, PROT_READ, MAP_PRIVATE, 3, 0) = -1 ENOSYS (Function not implemented)`,
    ];
    const initialMaps = bits === 64 ? maps64 : maps32;
    return run(lines, { arch: 'x86_64', bits, kernel }, { initialMaps, alignsHuge }).diverged[0]!.predicted;
  }

  // mm/huge_memory.c, __thp_get_unmapped_area(): a search for 2 MiB more, rounded up within what it found.
  it.each([
    [0x220000, '6.18', 64, true, '0x7ffff7c00000'],
    [0x220000, '6.1', 64, true, '0x7ffff7c00000'],
    [0x220000, '6.18', 64, false, '0x7ffff7ddf000'],
    // What was found is aligned already: 6.18 takes the upper end of it, 6.1 the lower.
    [0x3ff000, '6.18', 64, true, '0x7ffff7c00000'],
    [0x3ff000, '6.1', 64, true, '0x7ffff7a00000'],
    // Less than a huge page of the file is never aligned; 32-bit tasks are not in 6.18.
    [0x1ff000, '6.18', 64, true, '0x7ffff7e00000'],
    [0x220000, '6.18', 32, true, '0xf7dde000'],
    [0x220000, '6.1', 32, true, '0xf7c00000'],
  ] as const)('0x%s bytes under %s, %s-bit, on a file system that aligns: %s', (bytes, kernel, bits, aligns, address) => {
    expect(placed(bytes, kernel, bits, aligns)).toBe(address);
  });
});

it('the stack of an initial map has the page that guards it, which 3.6 and 3.8 do not show', () => {
  const areas = parseMaps([
    '08048000-08049000 r-xp 00000000 fe:00 7                                  /bin/prog',
    'bffdf000-c0000000 rw-p 00000000 00:00 0                                  [stack]',
  ].join('\n')).areas;
  const below = (kernel: string) => {
    const mm = execMm({ arch: 'i386', release: kernel });
    mapInitialAreas(mm, areas, false);
    mm.check();
    expect(mapsLines(mm).at(-1)).toBe('bffdf000-c0000000 rw-p 00000000 00:00 0          [stack]');
    return mm.vmas.vmStart[mm.vmas.last()];
  };
  expect(['3.6', '3.8', '4.12'].map(below)).toEqual([0xbffde, 0xbffde, 0xbffdf]);
});

describe('calls of other times', () => {
  it('old_mmap has its six words in a row or as a structure', () => {
    const words = `NULL, 4096, ${ANON}`;
    const structure = '{addr=NULL, len=4096, prot=PROT_READ|PROT_WRITE, flags=MAP_PRIVATE|MAP_ANONYMOUS, fd=-1, offset=0}';
    expect(run([
      `old_mmap(${words}) = 0x40000000`,
      `old_mmap(${structure}) = 0x40001000`,
      `mmap(${structure}) = 0x40002000`,
      'old_mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x10) = -1 EINVAL (Invalid argument)',
      'old_mmap(0x8) = -1 EFAULT (Bad address)',
    ], { kernel: '2.5.46' })).toMatchObject({ compared: 5, matched: 5 });
  });

  it('offsets of mmap2 are bytes, or pages where an old strace wrote them so', () => {
    const offsets = (first: string, second: string) => run([
      'open("/lib/libc.so", O_RDONLY) = 3',
      `mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, ${first}) = 0x40000000`,
      `mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, ${second}) = 0x40001000`,
    ], {}).maps.slice(1, 3).map((line) => line.split(' ')[2]);
    expect(offsets('0x3000', '0x4000')).toEqual(['00003000', '00004000']);
    expect(offsets('0x3', '0x1000')).toEqual(['00003000', '01000000']);
  });

  it('mremap takes four words or five', () => {
    expect(run([
      map(1, '0x40000000'),
      'mremap(0x40000000, 4096, 8192, MREMAP_MAYMOVE) = 0x40000000',
      'mremap(0x40000000, 8192, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, 0x50000000) = 0x50000000',
      'mprotect(0x50001000, 4096, PROT_NONE) = 0',
      'mprotect(0x40000000, 4096, PROT_NONE) = -1 ENOMEM (Cannot allocate memory)',
    ], {})).toMatchObject({ compared: 5, matched: 5 });
  });

  it('a machine with 64-bit addresses is compared in all 64', () => {
    const config = { arch: 'sparc64', kernel: '2.5.46' };
    const lines = ['mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xfffff80000000000'];
    expect(run(lines, config, { initialMaps: null }).diverged).toEqual([]);
    const wrong = [lines[0]!.replace('fffff8', 'ffffe8')];
    expect(run(wrong, config, { initialMaps: null }).diverged).toMatchObject([{ predicted: '0xfffff80000000000' }]);
  });
});

describe('the heap', () => {
  const heap = `${I386.split('\n')[1]}\n08049000-0804b000 rwxp 00000000 00:00 0          [heap]\n${I386.split('\n')[2]}`;

  it('begins where the first brk says, when the initial map has none', () => {
    const { diverged, notes } = run(['brk(NULL) = 0x8060123', 'brk(0x8062000) = 0x8062000', 'brk(0x1000) = 0x8062000'], {});
    expect(diverged).toEqual([]);
    expect(notes).toEqual(['the initial map has no heap: line 1 told where it begins']);
  });

  it('ends in its last page where the first brk says, and elsewhere it differs', () => {
    const initialMaps = parseMaps(heap).areas;
    expect(run(['brk(NULL) = 0x804a880', 'brk(0x804a900) = 0x804a900'], {}, { initialMaps }).diverged).toEqual([]);
    expect(run(['brk(NULL) = 0x8050000'], {}, { initialMaps }).diverged).toMatchObject([{ predicted: '0x804b000' }]);
  });

  it('without an initial map begins where the record has it', () => {
    expect(run(['brk(NULL) = 0x804a000'], {}, { initialMaps: null }).diverged).toEqual([]);
    expect(run(['brk(NULL) = 0x8060000'], {}, { initialMaps: null }).diverged).toMatchObject([{ predicted: '0x804a000' }]);
  });
});

describe('calls without a result that could be compared', () => {
  it('are made all the same', () => {
    const { compared, calls, maps } = run([
      `mmap(NULL, 4096, ${ANON}) = ?`,
      `mmap(NULL, 4096, ${ANON}) = 0x40001000`,
    ], {});
    expect([calls, compared]).toEqual([2, 1]);
    expect(maps[1]).toBe('40000000-40002000 rw-p 00000000 00:00 0');
  });
});

describe('what cannot be', () => {
  it.each([
    ['an unknown flag', 'mmap(NULL, 4096, PROT_READ, MAP_NEW, -1, 0) = 0', 'mmap has an argument that cannot be read, "MAP_NEW"'],
    ['too few arguments', 'munmap(0x1000) = 0', 'munmap takes 2 arguments, not 1'],
    ['too many', 'brk(0, 0) = 0', 'brk takes 1 arguments, not 2'],
    ['a descriptor that is none', 'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) = 0', 'mmap has an argument that cannot be read, "fd"'],
  ])('%s', (_what, line, message) => {
    expect(() => run(['brk(NULL) = 0x1', line], {}, { honour: true })).toThrow(StraceLogError);
    expect(() => run(['brk(NULL) = 0x1', line], {}, { honour: true })).toThrow(message);
  });

  it('an initial map of another machine', () => {
    const initialMaps = parseMaps(I386).areas;
    expect(() => run(['brk(NULL) = 0x1'], { arch: 'sparc64' }, { initialMaps })).toThrow(ConfigError);
    const high = parseMaps('7ffff7fc0000-7ffff7fc4000 r--p 00000000 00:00 0').areas;
    expect(() => run(['brk(NULL) = 0x1'], {}, { initialMaps: high })).toThrow('above the addresses of a 32-bit task of i386');
    expect(() => run(['brk(NULL) = 0x1'], {}, { initialMaps: [] })).toThrow('the initial map has no area');
  });
});
