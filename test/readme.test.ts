/*
 * The README is the front door: every command in it, and in RELEASES.md, is run, and what it is shown to print is what
 * it prints.
 * A line "..." stands for the rest of the output. `make demo` takes half a minute, so of it make's own plan is
 * checked here and the command behind it in test/cli.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { releases } from '../src/release/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const releasesPage = readFileSync(join(root, 'RELEASES.md'), 'utf8');

interface Session {
  readonly command: string;
  readonly shown: string[];
}

/** The `$ command` lines of console blocks, each with the lines printed under it. */
function sessions(text: string): Session[] {
  const found: Session[] = [];
  for (const [, block] of text.matchAll(/```console\n([\s\S]*?)```/g)) {
    for (const line of block!.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) found.push({ command: line.slice(2), shown: [] });
      else found.at(-1)!.shown.push(line);
    }
  }
  return found;
}

/** Runs a command of the README with both streams in one pipe, as a terminal would show them. */
function run(command: string): string[] {
  const main = `"${process.execPath}" dist/src/cli/main.js`;
  const line = `${command.replace(/^guardpage\b/, main)} 2>&1`;
  const { stdout } = spawnSync('sh', ['-c', line], { cwd: root, encoding: 'utf8' });
  return stdout.trimEnd().split('\n');
}

describe('the README', () => {
  const guests = sessions(readme).filter(({ command }) => command.startsWith('guardpage '));

  it('shows at least four commands with their output', () => {
    expect(guests.filter(({ shown }) => shown.length > 0).length).toBeGreaterThanOrEqual(4);
  });

  it.each([...guests, ...sessions(releasesPage)])('$command prints what is shown', ({ command, shown }) => {
    const printed = run(command);
    const rest = shown.at(-1) === '...';
    const expected = rest ? shown.slice(0, -1) : shown;
    expect(rest ? printed.slice(0, expected.length) : printed).toEqual(expected);
  });

  it.each(['all', 'check', 'test', 'test-slow', 'bench', 'demo'])('make %s is a target', (target) => {
    expect(() => execFileSync('make', ['-n', target], { cwd: root, stdio: 'pipe' })).not.toThrow();
  });

  it('RELEASES.md has a section for every release, in order', () => {
    const named = [...releasesPage.matchAll(/^## (.*) \(/gm)].flatMap(([, names]) => names!.split(' and '));
    expect(named).toEqual(releases.map(({ name }) => name));
  });

  it('names only flags that a command knows', () => {
    const help = ['run', 'maps', 'bench threads', 'demo', 'list', 'replay', 'reproduce'].map((name) => run(`guardpage ${name} --help`).join('\n'));
    const known = new Set(help.join('\n').match(/--[a-z][a-z-]*/g));
    const flags = [...`${readme}${releasesPage}`.matchAll(/(?<![-\w])--[a-z][a-z-]*/g)].map(([flag]) => flag);
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  });
});
