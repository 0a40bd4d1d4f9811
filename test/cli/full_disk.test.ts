/* Output that finds no room is a sentence of guardpage's, status 1, and never the program's mistake. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOT } from './guardpage.js';

/** Status and stderr of a command line whose standard output has no room when `full` is. */
function onFullDisk(args: string, full: boolean): { status: number | null; stderr: string } {
  const line = `"${process.execPath}" dist/src/cli/main.js ${args} ${full ? '> /dev/full' : '> /dev/null'}`;
  const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: ROOT, encoding: 'utf8' });
  return { status, stderr };
}

describe.skipIf(!existsSync('/dev/full'))('no space left', () => {
  it.each(['list kernels', '--help', 'run --help', 'run examples/test_str02.ts --json - -- -n 1', 'maps /proc/self/maps'])(
    '%s says so of standard output', (args) => {
      const { status, stderr } = onFullDisk(args, true);
      expect(status).toBe(1);
      expect(stderr.trimEnd().split('\n').at(-1)).toBe('guardpage: cannot write standard output: no space left');
    });

  it.each(['--trace /dev/full', '--strace=/dev/full'])('run %s names the flag', (flag) => {
    expect(onFullDisk(`run examples/test_str02.ts ${flag} -- -n 1`, false)).toEqual({
      status: 1, stderr: `guardpage: cannot write the file of ${flag.split(/[ =]/)[0]}: no space left\n`,
    });
  });
});
