/* guardpage maps: any /proc/PID/maps text, ours or a real kernel's. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardpage, program, refusal, scratch, shell } from './guardpage.js';

/** A process as a kernel 6.x lists it. */
const HOST = 'test/cli/fixtures/host_x86_64.txt';
const HOST_MAP = `16 areas, 74.2 MiB mapped, 7 holes, the largest 127 TiB at 01c60000
                00400000-00482000   520 KiB  DTTTTTTTTTTTD              3 areas: a name with  spaces
                                             ... 23.7 MiB free
                01c3f000-01c60000   132 KiB  HHHHHHHHH                  rw-p [heap]
                                             ... 127 TiB free
        7f3a10000000-7f3a14000000    64 MiB  AAAAAAAAAAAAA::::::::::::  2 areas
                                             ... 128 MiB free
        7f3a1bfff000-7f3a1cb70000  9.43 MiB  |AAAAAAAAAAAA.TTDD.M
                                             6 areas: libc.so.6, libc.so.6 (deleted), me…
                                             ... 779 GiB free
        7ffce5231000-7ffce5252000   132 KiB  SSSSSSSSS                  rw-p [stack]
                                             ... 1.51 MiB free
        7ffce53d4000-7ffce53da000    24 KiB  OOOOO                      2 areas: [vvar], [vdso]
                                             ... 16 EiB beyond user space
ffffffffff600000-ffffffffff601000     4 KiB  OO                         --xp [vsyscall]
T file text 1.83 MiB  D file data 36 KiB  H heap 132 KiB  A anonymous rw 8.13 MiB  S stack 132 KiB
| guard 4 KiB  : reserved 63.9 MiB  M shared 64 KiB  O other 28 KiB  . hole
`;
const EXAMPLE = '"08048000-08049000 r-xp 00000000 03:01 4711 /bin/cat"';

interface MapsJson {
  readonly schemaVersion: number;
  readonly file: string;
  readonly summary: Record<string, unknown>;
  readonly areas: Record<string, unknown>[];
}

describe.concurrent('guardpage maps', () => {
  it('prints the summary and the map of a process, without colour where there is no terminal', async () => {
    expect(await guardpage(['maps', HOST])).toEqual({ status: 0, stdout: HOST_MAP, stderr: '' });
  });

  it('reads standard input', async () => {
    expect(await shell(`cat ${HOST} | guardpage maps -`)).toEqual({ status: 0, stdout: HOST_MAP, stderr: '' });
  });

  it('reads what run --maps prints', async () => {
    const ended = await shell(`guardpage run ${program('memory.ts')} --maps | guardpage maps - | head -n 1`);
    expect(ended.stdout).toBe('4 areas, 148 KiB mapped, 1 hole, the largest 2.87 GiB at 0806b000\n');
  });

  it.skipIf(!existsSync('/proc/self/maps'))('reads /proc', async () => {
    expect((await guardpage(['maps', '/proc/self/maps'])).stdout).toMatch(/^\d+ areas, .* mapped, \d+ holes/);
  });

  it('an empty text is refused by its name: of a process that has ended, or of a kernel thread', async () => {
    const sentence = 'is empty: a process that has ended has no maps, nor has a kernel thread\n';
    expect(await guardpage(['maps', '-'])).toEqual({ status: 1, stdout: '', stderr: `guardpage: standard input ${sentence}` });
    expect(await guardpage(['maps', '/dev/null', '--json', '-'])).toEqual({ status: 1, stdout: '', stderr: `guardpage: /dev/null ${sentence}` });
  });

  it('--svg draws it under the name of the file, --quiet prints nothing', async () => {
    const svg = join(scratch(), 'space.svg');
    expect(await guardpage(['maps', HOST, '--svg', svg, '--quiet'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg [^>]* aria-label="host_x86_64.txt"[\s\S]*\[vsyscall\][\s\S]*<\/svg>$/);
  });
});

describe.concurrent('the JSON of maps', () => {
  it('with - is alone on stdout, and the map goes to stderr', async () => {
    const { stdout, stderr } = await guardpage(['maps', HOST, '--json', '-']);
    expect(stderr).toBe(HOST_MAP);
    expect(Object.keys(JSON.parse(stdout) as MapsJson)).toEqual(['schemaVersion', 'file', 'summary', 'areas']);
  });

  it('has every area, with what takes 64 bits as text', async () => {
    const file = join(scratch(), 'maps.json');
    expect(await guardpage(['maps', HOST, '--json', file, '--quiet'])).toEqual({ status: 0, stdout: '', stderr: '' });
    const json = JSON.parse(readFileSync(file, 'utf8')) as MapsJson;
    expect(json).toMatchObject({ schemaVersion: 1, file: HOST });
    expect(json.areas.length).toBe(16);
    expect(json.areas[1]).toEqual({
      start: '0x401000', end: '0x480000', bytes: 0x7f000, kind: 'file text', perms: 'r-xp', offset: '0x1000',
      device: 'fe:00', inode: '18446744073709551000', name: '/usr/bin/a name with  spaces',
    });
    expect(json.areas[11]).toMatchObject({ kind: 'shared', name: '/memfd:ring\nbuffer (deleted)' });
  });

  it('sums up', async () => {
    const { stdout } = await guardpage(['maps', HOST, '--json', '-']);
    const { summary } = JSON.parse(stdout) as MapsJson;
    const { byKind, ...others } = summary;
    expect(others).toEqual({
      areas: 16, holes: 7, pageSize: 4096, guardPages: 1, mergeable: 0, fragmentation: expect.closeTo(0.00594603, 7),
      bytes: 77824000, freeBytes: 0x7ffce53da000 - 0x400000 - (77824000 - 4096), // but for the vsyscall page
      largestHole: { start: '0x1c60000', end: '0x7f3a10000000', bytes: 0x7f3a10000000 - 0x1c60000 },
      highestAddress: '0xffffffffff601000',
    });
    expect(byKind).toMatchObject({ heap: { areas: 1, bytes: 0x21000 }, guard: { areas: 1, bytes: 4096 }, reserved: { areas: 1, bytes: 66973696 } });
  });

  it('of one area has no hole', async () => {
    const { stdout } = await shell("echo '1000-2000 r-xp 0 03:01 1 /a' | guardpage maps - --json - --quiet");
    expect(JSON.parse(stdout)).toMatchObject({ file: 'standard input', summary: { areas: 1, largestHole: null, highestAddress: '0x2000' } });
  });
});

describe.concurrent('what is no maps text', () => {
  const said = (sentence: string) => ({ status: 1, stdout: '', stderr: `guardpage: ${sentence}\n` });

  it.each([
    ['another line', 'Name:\tcat', `line 2: "Name:\\011cat" is not a line of /proc/PID/maps; one looks like ${EXAMPLE}`],
    ['smaps', 'Rss:     4 kB',
      `line 2: "Rss: 4 kB" is not a line of /proc/PID/maps; one looks like ${EXAMPLE}; this looks like smaps: give the maps file instead`],
    ['areas that do not ascend', '00001000-00002000 r-xp 00000000 00:00 0',
      'line 2: the area begins at 00001000, below the end of the one before it, 0804a000; areas must ascend'],
    ['an empty area', '10000000-10000000 r-xp 00000000 00:00 0', 'line 2: the end 10000000 is not above the start 10000000'],
  ])('%s: the number of the line, status 1, nothing written', async (_what, line, sentence) => {
    const folder = scratch();
    writeFileSync(join(folder, 'saved'), `08048000-0804a000 r-xp 00000000 03:01 4711       /bin/hello\n${line}\n`);
    const ended = await guardpage(['maps', 'saved', '--svg', 'x.svg', '--json', 'x.json'], folder);
    expect(ended).toEqual(said(`saved, ${sentence}`));
    expect([existsSync(join(folder, 'x.svg')), existsSync(join(folder, 'x.json'))]).toEqual([false, false]);
  });

  it('a binary', async () => {
    const { status, stdout, stderr } = await guardpage(['maps', process.execPath]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^guardpage: \S+, line 1: "\\177ELF[^\n]*\n$/);
  });

  it.each([
    [['no_such_file'], 'cannot read no_such_file: no such file or directory'],
    [['test'], 'cannot read test: it is a directory'],
    [[HOST, '--svg', '-'], '--svg takes the name of a file, not "-"'],
    [[HOST, '--json', 'test'], 'cannot write test: it is a directory'],
  ])('%j: a usage error', async (args, sentence) => {
    expect(await guardpage(['maps', ...args])).toEqual(refusal(sentence));
  });
});
