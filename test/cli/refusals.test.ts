/* Bad input: one sentence that lists what is known, status 2, nothing else. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardpage, program, refusal, scratch } from './guardpage.js';

const HELLO = program('hello.ts');

async function refused(args: readonly string[], sentence: string): Promise<void> {
  expect(await guardpage(args)).toEqual(refusal(sentence));
}

describe.concurrent('commands and options', () => {
  it.each([
    [[], 'no command given; there are: run, bench, demo, reproduce, replay, maps, list'],
    [['explode'], 'no command "explode"; there are: run, bench, demo, reproduce, replay, maps, list'],
    [['bench'], 'no command of bench given; there are: threads'],
    [['bench', 'memory'], 'no command "memory" of bench; there are: threads'],
    [['list', 'machines'], 'no command "machines" of list; there are: archs, kernels, searches, syscalls, stacks'],
    [['list', 'archs', '--svg', 'x'], 'no option "--svg" of list archs; there are: --json, --kernel, --help'],
    [['run'], 'run needs PROGRAM: see guardpage run --help'],
    [['run', HELLO, 'x'], 'run takes one program, not also "x": arguments of the program go after --'],
    [['maps'], 'maps needs FILE: see guardpage maps --help'],
    [['maps', 'a', 'b'], 'maps was given too many arguments: see guardpage maps --help'],
    [['list', 'kernels', '--jsno', '-'], 'no option "--jsno" of list kernels (--json?); there are: --json, --help'],
    [['demo', '--out', '/dev/null'], '--out /dev/null is not a folder'],
    [['maps', 'a', '--strip'], 'no option "--strip" of maps; there are: --json, --svg, --quiet, --help'],
    [['run', HELLO, '--arch'], 'option --arch NAME of run needs a value'],
  ])('%j', (args, sentence) => refused(args, sentence));

  it("an unknown option of run lists the known ones, and tells where the program's go", async () => {
    const { status, stderr } = await guardpage(['run', HELLO, '-n', '5']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^guardpage: no option "-n" of run; there are: --arch, .*--help \(arguments of the program go after --\)\n$/);
  });
});

describe.concurrent('values of run', () => {
  it.each([
    [['--arch', 'vax'], 'no machine "vax"; there are: i386, sparc64, ia64, x86_64'],
    [['--kernel', '9.9'], /^no kernel release "9.9"; there are: 2.4.20, 2.5.45/],
    [['--kernel', 'new'], /^no kernel release "new"; there are: /],
    [['--search', 'best-fit'], /^no search "best-fit"; there are: first-fit, free-area-cache/],
    [['--nptl', '2.2'], 'no NPTL "2.2"; there are: 2.3.3, 2.36'],
    [['--bits', '48'], 'no word size "48"; there are: 32, 64'],
    [['--bits', '64'], 'i386 has no 64-bit tasks; it has: 32'],
    [['--seed', '-1'], '--seed "-1" is not a whole number from 0 to 4294967295'],
    [['--ram', '0'], '--ram 0 is less than 1 MiB'],
    [['--ram', 'lots'], '--ram "lots" is not a number of bytes (digits, and k, m or g for powers of 1024)'],
    [['--overcommit', '3'], '--overcommit "3" is not a whole number from 0 to 2'],
    [['--max-map-count', '0'], '--max-map-count "0" is not a whole number from 1 to 1073741824'],
    [['--pid-max', '5'], '--pid-max "5" is not a whole number from 1001 to 1073741824'],
    [['--rlimit', 'nofile=5'], 'no limit "nofile"; there are: stack, data, as, memlock, rtprio'],
    [['--rlimit', 'rtprio=100'], '--rlimit rtprio "100" is not a whole number from 0 to 99'],
    [['--rlimit', 'stack'], '--rlimit "stack" is not NAME=BYTES or NAME=unlimited; names are: stack, data, as, memlock, rtprio'],
    [['--rlimit', 'stack=-1'], '--rlimit stack "-1" is not a number of bytes (digits, and k, m or g for powers of 1024)'],
    [['--timeout', '0'], '--timeout "0" is not a number of seconds above 0 and up to 1000000'],
    [['--explore', '10', '--explore-time', '0'], '--explore-time "0" is not a number of seconds above 0 and up to 1000000'],
    [['--timeout', 'soon'], '--timeout "soon" is not a number of seconds above 0 and up to 1000000'],
    [['--json', 'no/such/folder/x'], 'cannot write no/such/folder/x: no such file or directory'],
    [['--svg', 'no/such/folder/x'], 'cannot write no/such/folder/x: no such file or directory'],
    [['--svg', '-'], '--svg takes the name of a file, not "-"'],
    [['--trace', 'no/such/folder/x'], 'cannot write no/such/folder/x: no such file or directory'],
    [['--trace', '-'], '--trace takes the name of a file, not "-"'],
    [['--strace=no/such/folder/x'], 'cannot write no/such/folder/x: no such file or directory'],
  ])('%j', async (args, sentence) => {
    const ended = await guardpage(['run', HELLO, ...args]);
    if (typeof sentence === 'string') expect(ended).toEqual(refusal(sentence));
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr.replace(/^guardpage: /, '')).toMatch(sentence);
    expect(ended.stderr.split('\n').length).toBe(2);
  });
});

describe.concurrent('what is no program', () => {
  it.each([
    ['no_such_file.ts', 'cannot read the program no_such_file.ts: no such file or directory'],
    ['test', 'program test is a directory'],
    [program('exports_nothing.ts'),
      `${program('exports_nothing.ts')} exports nothing by default, not a function: write "export default function* main(libc, argv)"`],
    [program('exports_number.ts'),
      `${program('exports_number.ts')} exports a value of type number by default, not a function: write "export default function* main(libc, argv)"`],
    [program('imports_missing.ts'), `${program('imports_missing.ts')}: Cannot find module './no_such_file.js'`],
  ])('%s', async (path, sentence) => {
    await refused(['run', path], sentence);
  });

  it('a module that does not parse: file and line', async () => {
    const folder = scratch();
    writeFileSync(join(folder, 'wrong.ts'), 'export default function* main() {\n  const x = ;\n}\n');
    expect(await guardpage(['run', 'wrong.ts'], folder)).toEqual(refusal('wrong.ts:2:12 does not parse: Unexpected token'));
  });

  it('a binary is not supported yet', async () => {
    const folder = scratch();
    writeFileSync(join(folder, 'true'), '\x7fELF\x01\x01\x01');
    expect(await guardpage(['run', 'true'], folder)).toEqual(
      refusal('true is an ELF file: binaries are not supported yet, only .ts, .js and .mjs programs'),
    );
  });

  it('a file of another kind', async () => {
    await refused(['run', 'tsconfig.json'],
      'tsconfig.json is not a program that guardpage knows by its name; known are: .ts, .js, .mjs');
  });
});

describe.concurrent('values of bench threads', () => {
  it.each([
    [['--threads', '0'], '--threads "0" is not a whole number from 1 to 4194304'],
    [['--threads', '10,-1'], '--threads "-1" is not a whole number from 1 to 4194304'],
    [['--threads', '10,'], '--threads "" is not a whole number from 1 to 4194304'],
    [['--threads', '999999999999'], '--threads "999999999999" is not a whole number from 1 to 4194304'],
    [['--stack', '4096'], '--stack 4096 is less than PTHREAD_STACK_MIN of i386 (32-bit tasks), 16384'],
    [['--stack', '65536', '--arch', 'i386,ia64'], '--stack 65536 is less than PTHREAD_STACK_MIN of ia64 (64-bit tasks), 196608'],
    [['--stack', 'small'], '--stack "small" is not a number of bytes (digits, and k, m or g for powers of 1024)'],
    [['--stack', '99999999999'], '--stack 99999999999 is more than i386 (32-bit tasks) can hold: at most 2147483648'],
    [['--stacks', 'heap'], 'no stack strategy "heap"; there are: nptl, noguard, bitmap, madvise'],
    [['--arch', 'i386,vax'], 'no machine "vax"; there are: i386, sparc64, ia64, x86_64'],
    [['--arch', 'ia64', '--bits', '32'], 'ia64 has no 32-bit tasks; it has: 64'],
    [['--bits', '16'], 'no word size "16"; there are: 32, 64'],
    [['--nptl', '2.3.3,3'], 'no NPTL "3"; there are: 2.3.3, 2.36'],
    [['--pid-max', '0'], '--pid-max "0" is not a whole number from 1001 to 1073741824'],
    [['--svg', 'test'], 'cannot write test: it is a directory'],
  ])('%j', (args, sentence) => refused(['bench', 'threads', ...args], sentence));

  it('unknown searches and releases list the known ones', async () => {
    for (const [flag, sentence] of [['--search', /no search "x"; there are: first-fit/], ['--kernel', /no kernel release "x"; there are: /]] as const) {
      const ended = await guardpage(['bench', 'threads', flag, 'x']);
      expect(ended).toMatchObject({ status: 2, stdout: '' });
      expect(ended.stderr).toMatch(sentence);
    }
  });
});

describe.concurrent('values of list and demo', () => {
  it('an unknown machine or release', async () => {
    await refused(['list', 'syscalls', '--arch', 'vax'], 'no machine "vax"; there are: i386, sparc64, ia64, x86_64');
    const { status, stderr } = await guardpage(['list', 'syscalls', '--kernel', '9']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^guardpage: no kernel release "9"; there are: /);
  });

  it('a folder that cannot be made', async () => {
    await refused(['demo', '--out', 'package.json/x'], 'cannot make the folder package.json/x: a part of the path is not a directory');
  });
});
