/*
 * The package as npm would hand it over: packed, unpacked in another folder, and used there. Its dependencies
 * are borrowed from this checkout, so that the test needs no network.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const elsewhere = mkdtempSync(join(tmpdir(), 'guardpage-package-'));
const modules = join(elsewhere, 'node_modules');
const installed = join(modules, 'guardpage');

beforeAll(() => {
  const args = ['pack', '--ignore-scripts', '--pack-destination', elsewhere];
  execFileSync('npm', args, { cwd: root, stdio: 'pipe' });
  const tarball = readdirSync(elsewhere).find((name) => name.endsWith('.tgz'))!;
  execFileSync('tar', ['-xzf', tarball], { cwd: elsewhere });
  mkdirSync(modules);
  cpSync(join(elsewhere, 'package'), installed, { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
});

afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

/** The installed command, as a shell in that folder would start it. */
function guardpage(...args: string[]) {
  const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  return spawnSync(process.execPath, [join(installed, bin.guardpage), ...args], { cwd: elsewhere, encoding: 'utf8' });
}

/** The first program of the README. */
function readmeProgram(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][0]![1]!;
}

describe('the package, unpacked in another folder', () => {
  it('has no tests, sources or build scripts in it', () => {
    expect(readdirSync(installed).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'RELEASES.md', 'bench', 'dist', 'examples', 'package.json'],
    );
  });

  it('has a command that says its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(guardpage('--version').stdout.trim()).toBe(version);
  });

  it('runs a TypeScript program of that folder, which needs no build step', () => {
    writeFileSync(join(elsewhere, 'counter.ts'), readmeProgram());
    const { stdout, status } = guardpage('run', 'counter.ts', '--arch', 'sparc64');
    expect([stdout, status]).toEqual(['counted to 2000\n', 0]);
  });

  it('runs its own examples', () => {
    const { stdout, status } = guardpage('run', join(installed, 'examples', 'test_str02.ts'), '--', '-n', '5');
    expect([stdout, status]).toEqual(['Creating 5 threads\n5 threads created and joined\n', 0]);
  });

  it('measures', () => {
    const { stdout } = guardpage('bench', 'threads', '--threads', '10', '--json', '-', '--quiet');
    expect(JSON.parse(stdout).runs[0].threads).toBe(10);
  });

  it('is an importable library with types: a program and a use of Machine type-check', () => {
    writeFileSync(join(elsewhere, 'counter.ts'), readmeProgram());
    writeFileSync(join(elsewhere, 'use.ts'), [
      "import { Machine, type RunResult } from 'guardpage';",
      "import main from './counter.js';",
      "const machine = new Machine({ arch: 'ia64', kernel: '2.5.46' });",
      'machine.load(main);',
      'const result: RunResult = machine.run();',
      'export const areas: number = result.stats.vmas;',
    ].join('\n'));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [tsc, '--strict', '--module', 'nodenext', '--target', 'es2022', '--noEmit', '--types', '', 'use.ts'];
    writeFileSync(join(elsewhere, 'package.json'), '{"type":"module"}');
    const checked = spawnSync(process.execPath, args, { cwd: elsewhere, encoding: 'utf8' });
    expect([checked.stdout, checked.status]).toEqual(['', 0]);
  });

  it('has a matcher for vitest, with types, that a test elsewhere can use', () => {
    writeFileSync(join(elsewhere, 'growth.test.ts'), [
      "import 'guardpage/vitest';",
      "import { expect, it } from 'vitest';",
      'const counts = [2, 4, 8, 16].map((n) => [n, 3 * n] as const);',
      "it('grows', () => expect(counts).toGrowAs('n', { tolerance: 0.01 }));",
    ].join('\n'));
    writeFileSync(join(elsewhere, 'package.json'), '{"type":"module"}');
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--noEmit', '--skipLibCheck'];
    const checked = spawnSync(process.execPath, [tsc, ...flags, 'growth.test.ts'], { cwd: elsewhere, encoding: 'utf8' });
    expect([checked.stdout, checked.status]).toEqual(['', 0]);
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const ran = spawnSync(process.execPath, [vitest, 'run', '--root', elsewhere], { cwd: elsewhere, encoding: 'utf8' });
    expect([ran.status, ran.stdout.includes('1 passed')]).toEqual([0, true]);
  });

  it('can be imported by plain JavaScript', () => {
    const code = "import('guardpage').then((m) => console.log(m.archs.map((a) => a.name).join()))";
    const { stdout } = spawnSync(process.execPath, ['-e', code], { cwd: elsewhere, encoding: 'utf8' });
    expect(stdout).toContain('i386,sparc64,ia64');
  });
});
