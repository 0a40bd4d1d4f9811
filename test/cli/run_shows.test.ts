/* guardpage run --strip, --svg, --trace: what a run shows beside its output. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardpage, program, scratch, shell } from './guardpage.js';

const STR02 = 'examples/test_str02.ts';
const STR02_MAP = `test_str02.ts on i386 32-bit, Linux 2.5.46
9 areas, 24 MiB mapped, 2 holes, the largest 1.98 GiB at 41803000
08048000-0804a000     8 KiB  TTTDDD                                        2 areas: test_str02
                             ... 896 MiB free
40000000-41803000    24 MiB  |AAAAAAAAAAAAAA|AAAAAAAAAAAAAA|AAAAAAAAAAAAA  6 areas
                             ... 1.98 GiB free
bfffe000-c0000000     8 KiB  AAAAAA                                        rwxp
T file text 4 KiB  D file data 4 KiB  A anonymous rw 24 MiB  | guard 12 KiB  . hole
`;

describe.concurrent('--strip', () => {
  it("prints the map on stderr and leaves the program's output alone", async () => {
    const ended = await guardpage(['run', STR02, '--strip', '--', '-n', '3']);
    expect(ended).toEqual({ status: 0, stdout: 'Creating 3 threads\n3 threads created and joined\n', stderr: STR02_MAP });
  });

  it('is not implied by --maps where stderr is no terminal', async () => {
    expect((await guardpage(['run', STR02, '--maps', '--', '-n', '3'])).stderr).toBe('');
  });

  it.skipIf(!existsSync('/usr/bin/script'))('is implied by --maps on a terminal, in colour, unless --quiet', async () => {
    const run = `"${process.execPath}" dist/src/cli/main.js run ${program('memory.ts')} --maps`;
    const { stdout } = await shell(`TERM=xterm script -qec '${run}' /dev/null`);
    expect(stdout).toContain('memory.ts on i386 32-bit, Linux 2.5.46');
    expect(stdout).toContain('\u001b[34m\u2588');
    const quiet = await shell(`TERM=xterm script -qec '${run} --quiet' /dev/null`);
    expect(quiet.stdout).toMatch(/^08048000-(?!.*memory\.ts)/s);
  });

  it('shows nothing of a program that never ran', async () => {
    const { stderr } = await guardpage(['run', program('throws_at_load.ts'), '--strip']);
    expect(stderr.split('\n').length).toBe(2);
  });
});

describe.concurrent('run --svg', () => {
  it('draws the end of the run: program, machine, release', async () => {
    const svg = join(scratch(), 'space.svg');
    const ended = await guardpage(['run', STR02, '--arch', 'sparc64', '--bits', '32', '--svg', svg, '--', '-n', '2']);
    expect(ended.stderr).toBe('');
    expect(readFileSync(svg, 'utf8')).toMatch(/aria-label="test_str02.ts on sparc64 32-bit, Linux 2.5.46"[\s\S]*70000000/);
  });

  it('is the same twice', async () => {
    const folder = scratch();
    const draw = (file: string) => guardpage(['run', STR02, '--svg', join(folder, file), '--', '-n', '9']);
    await Promise.all([draw('a'), draw('b')]);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe(readFileSync(join(folder, 'b'), 'utf8'));
  });

  it('draws nothing where nothing is known, and says so', async () => {
    const svg = join(scratch(), 'space.svg');
    const { status, stderr } = await guardpage(['run', program('throws_at_load.ts'), '--svg', svg]);
    expect(status).toBe(1);
    expect(stderr).toContain(`guardpage: ${svg} was not drawn: nothing is known of the address space\n`);
    expect(existsSync(svg)).toBe(false);
  });
});

/** The lines of --trace, parsed. */
async function traceOf(path: string, args: readonly string[]): Promise<{ text: string; calls: Record<string, unknown>[] }> {
  const file = join(scratch(), 'trace');
  await guardpage(['run', path, '--trace', file, ...args]);
  const text = readFileSync(file, 'utf8');
  return { text, calls: text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe.concurrent('--trace', () => {
  it('has a line of JSON for each memory call: arguments, result, cost, areas after it', async () => {
    const { text } = await traceOf(program('memory.ts'), []);
    expect(text.split('\n')).toEqual([
      '{"n":1,"tid":1000,"call":"brk","args":["0x0"],"result":"0x804a000","probes":0,"splits":0,"merges":0,"vmas":3}',
      '{"n":2,"tid":1000,"call":"brk","args":["0x806b000"],"result":"0x806b000","probes":0,"splits":0,"merges":0,"vmas":4}',
      '{"n":3,"tid":1000,"call":"mmap2","args":["0x0","0x3000","0x3","0x22","0xffffffff","0x0"],"result":"0x40000000","probes":1,"splits":0,"merges":0,"vmas":5}',
      '{"n":4,"tid":1000,"call":"mprotect","args":["0x40001000","0x1000","0x0"],"result":"0x0","probes":0,"splits":2,"merges":0,"vmas":7}',
      '{"n":5,"tid":1000,"call":"munmap","args":["0x40000001","0x1000"],"result":"EINVAL","probes":0,"splits":0,"merges":0,"vmas":7}',
      '{"n":6,"tid":1000,"call":"munmap","args":["0x40000000","0x3000"],"result":"0x0","probes":0,"splits":0,"merges":0,"vmas":4}',
      '',
    ]);
  });

  it('writes 64-bit addresses in full, and the names of errors as C has them on every machine', async () => {
    const { calls } = await traceOf(program('memory.ts'), ['--arch', 'sparc64']);
    expect(calls[2]).toMatchObject({ call: 'mmap', result: '0xfffff80000000000' });
    expect(calls[4]).toMatchObject({ call: 'munmap', args: ['0xfffff80000000001', '0x2000'], result: 'EINVAL' });
  });

  it.each([['i386', 'first-fit'], ['i386', 'free-area-cache'], ['ia64', 'first-fit'], ['sparc64', 'free-area-cache']])(
    'adds up to the counts of the run: %s, %s', async (arch, search) => {
      const file = join(scratch(), 'run.json');
      const { calls } = await traceOf(STR02, ['--arch', arch, '--search', search, '--json', file, '--', '-n', '40']);
      const { stats } = JSON.parse(readFileSync(file, 'utf8')) as { stats: Record<string, number> };
      const total = (key: string) => calls.reduce((sum, call) => sum + (call[key] as number), 0);
      expect(['probes', 'splits', 'merges'].map(total)).toEqual([stats['probes'], stats['splits'], stats['merges']]);
      expect(calls.map((call) => call['n'])).toEqual(calls.map((_, i) => i + 1));
      expect(new Set(calls.map((call) => call['tid'])).size).toBe(40);
    });

  it('and --strace see the same calls', async () => {
    const folder = scratch();
    const [trace, strace] = [join(folder, 'trace'), join(folder, 'strace')];
    const ended = await guardpage(['run', STR02, '--trace', trace, `--strace=${strace}`, '--', '-n', '5']);
    expect(ended.stderr).toBe('');
    const names = [...readFileSync(trace, 'utf8').matchAll(/"call":"(\w+)"/g)].map((match) => match[1]);
    const memory = [...readFileSync(strace, 'utf8').matchAll(/^(?:\[pid +\d+\] )?(mmap2|mprotect|munmap|brk)\(/gm)].map((match) => match[1]);
    // Two for each stack; the fifth is more than the stack cache keeps.
    expect(names.filter((name) => name === 'munmap').length).toBe(1);
    expect(names.length).toBe(11);
    expect(names).toEqual(memory);
  });

  it('of a program without memory calls is empty', async () => {
    const file = join(scratch(), 'trace');
    await guardpage(['run', program('hello.ts'), '--trace', file]);
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});

describe.concurrent('--fragments and --svg-holes', () => {
  it('tell of the holes on stderr and in the JSON, and draw them', async () => {
    const svg = join(scratch(), 'holes.svg');
    const shown = await guardpage(['run', STR02, '--fragments', '--svg-holes', svg, '--', '-n', '3']);
    expect([shown.status, shown.stdout]).toEqual([0, 'Creating 3 threads\n3 threads created and joined\n']);
    expect(shown.stderr).toMatch(/^fragmentation\n {2}searches look at {2,}40000000-c0000000\n {2}holes at the end {2,}1, 1.98 GiB free/);
    expect(readFileSync(svg, 'utf8')).toContain('>Holes of test_str02.ts on i386 32-bit, Linux 2.5.46</text>');
    const { stdout } = await guardpage(['run', STR02, '--fragments', '--json', '-', '--', '-n', '3']);
    expect(JSON.parse(stdout).fragments).toMatchObject({
      calls: 6, holes: 1, fragmentation: 0, highestAddress: '0x41803000', peakVmas: 9,
      probesPerCall: [{ least: 0, most: 0, calls: 0 }, { least: 1, most: 1, calls: 1 }, { least: 2, most: 2, calls: 0 }, { least: 3, most: 4, calls: 2 }],
    });
  });
});
