/* guardpage replay: logs in, comparison out; --json, --strict, several logs and releases, gzip, and refusals. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardpage, refusal, ROOT, scratch, shell } from './guardpage.js';

const LS = 'test/trace/fixtures/ls.log.gz';
const ON_HOST = ['--arch', 'x86_64', '--kernel', '6.18', '--initial-maps', 'test/trace/fixtures/ls.maps'];
const ANON = 'PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0';

interface ReplayJson {
  readonly schemaVersion: number;
  readonly diverged: readonly object[];
  readonly replays?: readonly ReplayJson[];
  readonly [key: string]: unknown;
}

/** A log of a map that lands at `address`. */
function logOf(name: string, ...addresses: string[]): string {
  const path = join(scratch(), name);
  writeFileSync(path, addresses.map((address) => `mmap(NULL, 4096, ${ANON}) = ${address}\n`).join(''));
  return path;
}

function json(text: string): ReplayJson {
  return JSON.parse(text) as ReplayJson;
}

describe.concurrent('guardpage replay', () => {
  it('reads a gzipped log and says that all of it matched', async () => {
    const { status, stdout, stderr } = await guardpage(['replay', LS, ...ON_HOST, '--strict']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^test\/trace\/fixtures\/ls.log.gz on x86_64, Linux 6.18, maple: 26 of 26 matched\n26 memory calls, 32 other lines skipped; /);
  });

  it('writes the JSON of the contract', async () => {
    const { status, stdout } = await guardpage(['replay', LS, ...ON_HOST, '--json', '-', '--quiet']);
    const { maps, notes, ...rest } = json(stdout);
    expect(status).toBe(0);
    expect(rest).toEqual({
      schemaVersion: 1, log: LS, arch: 'x86_64', bits: 64, kernel: '6.18', record: '6.18', search: 'maple', calls: 26,
      skipped: 32, compared: 26, matched: 26, diverged: [], vmas: 35, peakVmas: 35, probes: 6, largestHole: 46912358514688,
    });
    // The areas, and the page at the top that is none.
    expect(maps).toHaveLength(35 + 1);
    expect(notes).toEqual(['the initial map has no heap: line 2 told where it begins']);
  });

  it('shows the first difference, the map around it and the holes of the search', async () => {
    const { status, stdout, stderr } = await guardpage(['replay', logOf('a.log', '0x40000000', '0x40002000', '0x40001000')]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.replace(/^\S+/, 'a.log')).toBe(`a.log on i386, Linux 2.5.46, free-area-cache: 1 of 2 matched
3 memory calls (1 not compared), 0 other lines skipped; 4 areas at the end, 4 at most, 3 probes, largest hole 2 GiB

line 2 differs: mmap(NULL, 4096, ${ANON})
  recorded   0x40002000
  predicted  0x40001000
the address space before it:
  08048000-08049000 r-xp 00000000 03:01 4711       /bin/program
  08049000-0804a000 rw-p 00001000 03:01 4711       /bin/program
  40000000-40001000 rw-p 00000000 00:00 0
  bfffe000-c0000000 rwxp 00000000 00:00 0
the search for 4,096 bytes goes up from TASK_UNMAPPED_BASE, 0x40000000:
┌───────────────────────┬───────────────┬──────────────┬─────────────────────┐
│ hole                  │         bytes │              │ answer              │
├───────────────────────┼───────────────┼──────────────┼─────────────────────┤
│ 0x40001000-0xbfffe000 │ 2,147,471,360 │ large enough │ recorded, predicted │
└───────────────────────┴───────────────┴──────────────┴─────────────────────┘
`);
  });

  it('--strict makes a difference an exit status, --honour goes on after it', async () => {
    const log = logOf('a.log', '0x40000000', '0x40002000', '0x40001000');
    const strict = await guardpage(['replay', log, '--strict', '--json', '-', '--quiet']);
    expect(strict.status).toBe(1);
    expect(json(strict.stdout)).toMatchObject({ calls: 3, compared: 2, matched: 1 });
    const honoured = await guardpage(['replay', log, '--honour', '--json', '-', '--quiet']);
    expect(honoured.status).toBe(0);
    expect(json(honoured.stdout)).toMatchObject({ compared: 3, matched: 2, diverged: [{ line: 2 }] });
  });

  it('several logs and releases make a table, and a list in the JSON', async () => {
    const logs = [logOf('a.log', '0x40000000'), logOf('b.log', '0x40001000')];
    const text = await guardpage(['replay', ...logs, '--kernel', '2.5.45,2.5.46']);
    expect(text.stdout.match(/^│ .*\.log/gm)).toHaveLength(4);
    expect(text.stdout).toContain('line 1: 0x40001000, predicted 0x40000000');
    const { stdout } = await guardpage(['replay', ...logs, '--kernel', '2.5.45,2.5.50', '--json', '-', '--quiet']);
    expect(json(stdout).replays).toMatchObject([
      { log: logs[0], kernel: '2.5.45', record: '2.5.45', matched: 1 },
      { log: logs[0], kernel: '2.5.50', record: '2.5.46', matched: 1 },
      { log: logs[1], kernel: '2.5.45', matched: 0 },
      { log: logs[1], kernel: '2.5.50', matched: 0 },
    ]);
    expect(Object.keys(json(stdout))).toEqual(['schemaVersion', 'replays']);
  });

  it('takes the machine, its search and its limits', async () => {
    const log = logOf('a.log', '0x70000000', '-1 ENOMEM (Cannot allocate memory)');
    const flags = ['--arch', 'sparc64', '--bits', '32', '--search', 'first-fit', '--rlimit', 'as=40k'];
    const { stdout } = await guardpage(['replay', log, ...flags, '--json', '-', '--quiet']);
    expect(json(stdout)).toMatchObject({ arch: 'sparc64', bits: 32, search: 'first-fit', compared: 2, matched: 2 });
  });

  it('--fragments tells of the holes, --svg-holes draws them', async () => {
    const svg = join(scratch(), 'holes.svg');
    const { status, stdout } = await guardpage(['replay', LS, ...ON_HOST, '--fragments', '--svg-holes', svg, '--json', '-']);
    expect(status).toBe(0);
    expect(json(stdout)['fragments']).toMatchObject({ calls: 26, holes: 3, peakVmas: 35, highestAddress: '0x7ffff7fff000' });
    expect(readFileSync(svg, 'utf8')).toContain('>Holes of ls.log.gz</text>');
    const text = await guardpage(['replay', LS, ...ON_HOST, '--fragments']);
    expect(text.stdout).toContain('\nfragmentation\n  searches look at ');
    expect((await guardpage(['replay', LS, LS, ...ON_HOST, '--svg-holes', svg])).stderr).toBe('guardpage: --svg-holes draws one log under one release\n');
  });

  it('--layout legacy and an unlimited stack search upwards where the release went down', async () => {
    const matched = async (address: string, ...flags: string[]) => {
      const { stdout } = await guardpage(['replay', logOf('a.log', address), '--kernel', '2.6.9', ...flags, '--json', '-', '--quiet']);
      return json(stdout)['matched'];
    };
    expect(await matched('0xb7fff000')).toBe(1);
    expect(await matched('0x40000000', '--layout', 'legacy')).toBe(1);
    expect(await matched('0x40000000', '--rlimit', 'stack=unlimited')).toBe(1);
  });

  it('mistakes in a log or map are told with file and line', async () => {
    const bad = logOf('bad.log', '0x40000000', 'x');
    expect(await guardpage(['replay', bad])).toEqual({
      status: 1, stdout: '', stderr: `guardpage: ${bad}:2: mmap has no result that can be read: "x"\n`,
    });
    const none = join(scratch(), 'none.log');
    writeFileSync(none, 'hello\n');
    expect((await guardpage(['replay', none])).stderr).toBe(`guardpage: ${none}:1: no line is a system call as strace writes it\n`);
    const cut = join(scratch(), 'cut.gz');
    writeFileSync(cut, gzipSync('brk(NULL) = 0').subarray(0, 20));
    expect((await guardpage(['replay', cut])).stderr).toMatch(/^guardpage: \S+ is not whole as gzip: .*\n$/);
    expect((await guardpage(['replay', LS, '--initial-maps', LS])).stderr)
      .toMatch(/^guardpage: \S+ls.log.gz, line 1: .* is not a line of \/proc\/PID\/maps; .*\n$/);
  });

  it('a log of another machine is told by its addresses, and that no map was given', async () => {
    const { status, stdout } = await guardpage(['replay', LS]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      '\nnote: line 2 has 0x55555557a000, which no 32-bit task of i386 has: --arch x86_64 with --kernel and its release?\n' +
      'note: no --initial-maps: the process is taken to begin as a program of guardpage does\n',
    );
    const bare = await guardpage(['replay', LS, '--arch', 'x86_64', '--kernel', '6.18', '--json', '-', '--quiet']);
    expect(json(bare.stdout)['notes']).toEqual([]);
    const ia64 = await guardpage(['replay', logOf('a.log', '0x2000000000000000'), '--kernel', '2.5.46']);
    expect(ia64.stdout).toContain('note: line 1 has 0x2000000000000000, which no 32-bit task of i386 has: --arch ia64?\n');
    const word = await guardpage(['replay', LS, '--arch', 'x86_64', '--bits', '32', '--kernel', '6.18']);
    expect(word.stdout).toContain('note: line 2 has 0x55555557a000, which no 32-bit task of x86_64 has: --bits 64?\n');
  });

  it('the map of another process is told by the name of the program, and by where the heap is', async () => {
    const own = gunzipSync(readFileSync(join(ROOT, LS))).toString().replace('execve("", [""]', 'execve("/usr/bin/ls", ["ls"]');
    const log = join(scratch(), 'ls.log');
    writeFileSync(log, own);
    const notes = async (maps: string) => {
      const flags = ['--arch', 'x86_64', '--kernel', '6.18', '--initial-maps', maps, '--json', '-', '--quiet'];
      return json((await guardpage(['replay', log, ...flags])).stdout)['notes'];
    };
    expect(await notes('test/trace/fixtures/bash.maps')).toContain(
      'line 1 runs /usr/bin/ls, but the initial map is of /usr/bin/bash: is it of another process?',
    );
    expect(await notes('test/cli/fixtures/host_x86_64.txt')).toEqual(expect.arrayContaining([
      'the heap of line 2 is not where the initial map has it: is it of another process, or of another moment?',
    ]));
    expect(await notes('test/trace/fixtures/ls.maps')).toEqual(['the initial map has no heap: line 2 told where it begins']);
  });

  it('a protection of what is not mapped is told to be of another process, too', async () => {
    const log = join(scratch(), 'a.log');
    writeFileSync(log, 'mprotect(0x7ffff7000000, 4096, PROT_READ) = 0\n');
    expect((await guardpage(['replay', log, ...ON_HOST])).stdout).toContain(
      'note: line 1 is about memory that neither the log nor the initial map has mapped: is it of another process, or of another moment?\n',
    );
  });

  it('a log cut in the middle of a line is replayed up to there', async () => {
    const text = gunzipSync(readFileSync(join(ROOT, LS))).toString();
    const log = join(scratch(), 'cut.log');
    writeFileSync(log, text.slice(0, text.indexOf('openat(') + 12));
    const cut = await guardpage(['replay', log, ...ON_HOST]);
    expect([cut.status, cut.stderr]).toEqual([0, '']);
    expect(cut.stdout).toContain(': 2 of 2 matched\n');
    expect(cut.stdout).toContain('note: the log is cut off in line 5, which is not replayed\n');
    writeFileSync(log, text.slice(0, text.indexOf(' = 0x7ffff7fc0000') + 8));
    expect((await guardpage(['replay', log, ...ON_HOST])).stdout)
      .toContain('note: line 3, the last, has no end: its result may be cut off, too\n');
  });

  it('reads standard input, gzipped or not, once', async () => {
    const flags = ON_HOST.join(' ');
    const { stdout } = await shell(`guardpage replay - ${flags} < ${LS}; gunzip -c ${LS} | guardpage replay - ${flags}`);
    expect(stdout.match(/^standard input on x86_64, Linux 6.18, maple: 26 of 26 matched$/gm)).toHaveLength(2);
    const maps = await shell(`guardpage replay ${LS} ${flags.replace(/\S+$/, '-')} < test/trace/fixtures/ls.maps`);
    expect(maps.stdout).toContain('26 of 26 matched');
    expect(await guardpage(['replay', '-', '-'])).toEqual(refusal('standard input, "-", can be read once only'));
  });

  it('an empty log and an empty map are told by name', async () => {
    const empty = join(scratch(), 'empty');
    writeFileSync(empty, '\n');
    const said = (sentence: string) => ({ status: 1, stdout: '', stderr: `guardpage: ${sentence}\n` });
    expect(await guardpage(['replay', empty])).toEqual(said(`${empty} is empty: there is no line of strace in it`));
    expect(await guardpage(['replay', LS, '--initial-maps', empty]))
      .toEqual(said(`${empty} is empty: a process that has ended has no maps, nor has a kernel thread`));
    expect(await guardpage(['replay', '-'])).toEqual(said('standard input is empty: there is no line of strace in it'));
  });

  it('refuses what is not there', async () => {
    expect(await guardpage(['replay'])).toEqual(refusal('replay needs LOG: see guardpage replay --help'));
    expect(await guardpage(['replay', '/none'])).toEqual(refusal('cannot read /none: no such file or directory'));
    expect((await guardpage(['replay', LS, '--kernel', '9.9'])).stderr).toMatch(/^guardpage: no kernel release "9.9"; there are: 2\./);
    const sparc = await guardpage(['replay', LS, '--arch', 'sparc64', '--initial-maps', ON_HOST.at(-1)!]);
    expect([sparc.status, sparc.stderr]).toEqual([2, expect.stringMatching(/no multiple of the 8192-byte pages of sparc64\n$/)]);
  });

  it('reads what run --strace wrote: a program replayed under its own release matches', async () => {
    const log = join(scratch(), 'own.log');
    const run = await guardpage(['run', 'examples/test_str02.ts', `--strace=${log}`, '--quiet', '--', '-n', '50']);
    expect(run.status).toBe(0);
    const { stdout } = await guardpage(['replay', log, '--json', '-', '--quiet', '--strict']);
    // Stacks in the cache and those that left it: 50 maps, their guards, and 46 unmaps.
    expect(json(stdout)).toMatchObject({ compared: 146, matched: 146 });
  });

  it('shows that the fixture is a log of strace', () => {
    expect(gunzipSync(readFileSync(join(ROOT, LS))).toString()).toMatch(/^\d+ +execve\(/);
  });
});
