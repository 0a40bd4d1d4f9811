/* guardpage run: programs, streams, exit statuses, JSON. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardpage, program, scratch, shell } from './guardpage.js';

const MAPS_OF_I386 = [
  '08048000-08049000 r-xp 00000000 03:01 4711       /bin/hello',
  '08049000-0804a000 rw-p 00001000 03:01 4711       /bin/hello',
  'bfffe000-c0000000 rwxp 00000000 00:00 0',
];

describe.concurrent('the streams of a program', () => {
  it("the guest's fd 1 and 2 are ours, and its status is ours", async () => {
    const ended = await guardpage(['run', program('hello.ts'), '--', 'a', '--maps']);
    expect(ended).toEqual({ status: 2, stdout: 'hello a --maps\nbye\n', stderr: 'to stderr\n' });
  });

  it('with --json - stdout carries JSON alone, and the guest writes to stderr', async () => {
    const ended = await guardpage(['run', program('hello.ts'), '--json', '-', '--maps']);
    expect(JSON.parse(ended.stdout)).toMatchObject({ schemaVersion: 1, outcome: 'exited', exit: 0 });
    expect(ended.stderr).toBe(`hello \nto stderr\nbye\n${MAPS_OF_I386.join('\n')}\n`);
  });

  it("--maps comes after the program's output, as /proc/PID/maps prints it", async () => {
    const { stdout } = await guardpage(['run', program('hello.ts'), '--maps']);
    expect(stdout).toBe(`hello \nbye\n${MAPS_OF_I386.join('\n')}\n`);
  });

  it('--strace goes to stderr between the output, and does not take the next argument', async () => {
    const ended = await guardpage(['run', '--strace', program('hello.ts')]);
    expect(ended.stdout).toBe('hello \nbye\n');
    expect(ended.stderr).toContain('write(1, "hello \\n", 7) = 7\nto stderr\nwrite(2, "to stderr\\n", 10) = 10\n');
  });

  it('--strace=FILE goes to the file', async () => {
    const file = join(scratch(), 'calls');
    const ended = await guardpage(['run', program('hello.ts'), `--strace=${file}`]);
    expect(ended.stderr).toBe('to stderr\n');
    expect(readFileSync(file, 'utf8')).toMatch(/^set_tid_address\(.*exit_group\(0\) = \?\n\+\+\+ exited with 0 \+\+\+\n$/s);
  });

  it('--stats goes to stderr', async () => {
    const { stdout, stderr } = await guardpage(['run', program('hello.ts'), '--stats', '--arch', 'ia64']);
    expect(stdout).toBe('hello \nbye\n');
    expect(stderr).toContain('ia64 64-bit, Linux 2.5.46, first-fit, NPTL 2.3.3, seed 1\n  system calls ');
  });

  it('what a program prints by console keeps its place', async () => {
    const { stdout } = await guardpage(['run', program('console.ts')]);
    expect(stdout).toBe('one\ntwo\nthree\n');
  });

  it('a slow reader gets every line in order', async () => {
    const { stdout } = await shell(`guardpage run ${program('flood.ts')} | (sleep 0.5; cat)`);
    expect(stdout).toBe(Array.from({ length: 20000 }, (_, i) => `line ${i}\n`).join(''));
  });

  it('a reader that goes away ends the run in silence, as SIGPIPE would', async () => {
    const ended = await shell(`guardpage run ${program('flood.ts')} | head -n 1; echo "\${PIPESTATUS[0]}"`);
    expect(ended).toEqual({ status: 0, stdout: 'line 0\n141\n', stderr: '' });
  });

  it('a release between two records is said, unless --quiet', async () => {
    const args = ['run', program('common.cjs'), '--kernel', '2.5.46-rc1'];
    const note = 'guardpage: kernel 2.5.46-rc1 has no record of its own: 2.5.45 is used\n';
    expect(await guardpage(args)).toEqual({ status: 4, stdout: 'common\n', stderr: note });
    expect((await guardpage([...args, '--quiet'])).stderr).toBe('');
  });
});

describe.concurrent('modules', () => {
  it('import guardpage and their neighbours in any folder; generators stay generators', async () => {
    const folder = scratch();
    for (const name of ['values.mjs', 'helper.ts']) copyFileSync(program(name), join(folder, name));
    const ended = await guardpage(['run', 'values.mjs'], folder);
    expect(ended).toEqual({ status: 0, stdout: 'Machine 42 GeneratorFunction\n', stderr: '' });
  });

  it('the example that bench runs', async () => {
    const ended = await guardpage(['run', 'examples/test_str02.ts', '--arch', 'sparc64', '--bits', '32', '--', '-n', '7']);
    expect(ended.stdout).toBe('Creating 7 threads\n7 threads created and joined\n');
  });
});

describe.concurrent('the JSON of a run', () => {
  it('has these keys, the machine as it was made, and the maps', async () => {
    const { stdout } = await guardpage(['run', program('hello.ts'), '--json', '-', '--', 'x']);
    const json = JSON.parse(stdout) as Record<string, unknown>;
    expect(json).toMatchObject({
      schemaVersion: 1, program: program('hello.ts'), argv: ['x'],
      arch: 'i386', bits: 32, kernel: '2.5.46', search: 'free-area-cache', searchForced: false, nptl: '2.3.3', seed: 1,
      outcome: 'exited', exit: 1, signal: null, deadlock: [], message: null,
      stats: { peakThreads: 1, vmas: 3, firstStack: null },
      maps: MAPS_OF_I386,
    });
  });

  it('goes to a file beside the ordinary output', async () => {
    const file = join(scratch(), 'run.json');
    const ended = await guardpage(['run', program('threads.ts'), '--json', file, '--search', 'first-fit', '--seed', '7', '--', '3']);
    expect(ended).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      search: 'first-fit', searchForced: true, seed: 7, stats: { peakThreads: 4, firstStack: '0x40000000' },
    });
  });

  it('is the same twice', async () => {
    const args = ['run', program('deadlock.ts'), '--json', '-', '--arch', 'sparc64'];
    const [one, two] = await Promise.all([guardpage(args), guardpage(args)]);
    expect(one.stdout).toBe(two.stdout);
  });

  it('limits and memory are those of the flags', async () => {
    const args = ['run', program('threads.ts'), '--rlimit', 'stack=64k', '--rlimit', 'as=unlimited', '--overcommit', '1',
      '--ram', '16m', '--max-map-count', '1000', '--pid-max', '2000', '--json', '-', '--', '100'];
    const { stdout } = await guardpage(args);
    const { stats } = JSON.parse(stdout) as { stats: { lastStack: string } };
    // 100 stacks of 68 KiB, an alias page each, one after the other.
    expect(stats.lastStack).toBe(`0x${(0x40000000 + 99 * 0x11000).toString(16)}`);
  });
});
