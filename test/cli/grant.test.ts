/* --grant: the files of this computer that a program may open, and no others. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardpage, program, scratch, shell } from './guardpage.js';

const FOLDER = scratch();
const FILE = join(FOLDER, 'data.txt');
const PROGRAM = program('files.ts');

describe('--grant', () => {
  it('PATH:rw lets a program map a file and change it; others do not exist for it', async () => {
    writeFileSync(FILE, 'before: nothing was read');
    const { status, stdout } = await shell(`printf 'from input' | guardpage run ${PROGRAM} --grant ${FILE}:rw -- ${FILE}`);
    expect(stdout).toBe(`${FILE}: 3 0\n/etc/passwd: -1 No such file or directory\n10 bytes read\n`);
    expect([status, readFileSync(FILE, 'utf8')]).toEqual([0, 'from inputthing was read']);
  });

  it('without :rw it cannot be opened for writing, and without --grant not at all', async () => {
    writeFileSync(FILE, 'kept');
    const [reading, none] = await Promise.all([
      guardpage(['run', PROGRAM, '--grant', FILE, '--', FILE]), guardpage(['run', PROGRAM, '--', FILE]),
    ]);
    expect([reading.stdout.split('\n')[0], none.stdout.split('\n')[0]]).toEqual([`${FILE}: -1 13`, `${FILE}: -1 2`]);
    expect(readFileSync(FILE, 'utf8')).toBe('kept');
  });

  it('refuses what is not there, directories and unknown accesses in a sentence', async () => {
    const ask = async (text: string) => {
      const { status, stderr } = await guardpage(['run', PROGRAM, '--grant', text]);
      return `${status} ${stderr.trim()}`;
    };
    expect(await Promise.all([ask(join(FOLDER, 'none')), ask(FOLDER), ask(`${FILE}:wo`)])).toEqual([
      `2 guardpage: cannot grant ${join(FOLDER, 'none')}: no such file or directory`,
      `2 guardpage: cannot grant ${FOLDER}: it is no regular file`,
      `2 guardpage: --grant "${FILE}:wo": no access "wo"; there are: ro, rw`,
    ]);
  });

  it('an input that never comes does not outlive --timeout', async () => {
    const fifo = join(FOLDER, 'fifo');
    const { status, stderr } = await shell(
      `mkfifo ${fifo}; exec 9<>${fifo}; guardpage run ${PROGRAM} --timeout 0.5 --grant ${FILE}:rw -- ${FILE} <${fifo}`,
    );
    expect([status, stderr]).toEqual([1, expect.stringContaining('0.5 s')]);
  }, 20_000);
});
