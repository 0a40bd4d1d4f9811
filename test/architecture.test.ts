/*
 * The architecture, read from the import lines of src/: imports point down and never sideways or in a
 * circle, type imports included. See the picture in the design: lib, release, arch, mm, then task and
 * fs, syscall, thread, machine.ts, and the command line on top.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');

interface Source {
  /** Path below src, with forward slashes: "mm/mmap.ts". */
  readonly path: string;
  /** Code without comments and the contents of strings. */
  readonly code: string;
  /** What it imports, types included: paths below src ("../examples/..." beside it), or names of packages. */
  readonly imports: readonly string[];
  /** What of it is loaded when it runs. */
  readonly loads: readonly string[];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
}

/** Comments become nothing; strings too, except where an import names its file. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!);
  return [...new Set(specifiers)].map((name) => {
    if (!name.startsWith('.')) return name;
    return normalize(join(dirname(path), name)).replaceAll('\\', '/').replace(/\.js$/, '.ts');
  });
}

function read(file: string): Source {
  const path = relative(SRC, file).replaceAll('\\', '/');
  const text = withoutComments(readFileSync(file, 'utf8'));
  const code = text.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
  const values = text.replace(/\b(?:import|export)\s+type\b[^;]*;/g, '');
  return { path, code, imports: importsOf(path, text), loads: importsOf(path, values) };
}

const sources = filesBelow(SRC).map(read);

/** What each folder or file of src may import, besides itself and packages. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  release: ['lib'],
  arch: ['lib', 'release'],
  mm: ['lib', 'release', 'arch'],
  task: ['lib', 'release', 'arch', 'mm'],
  fs: ['lib', 'release', 'arch', 'mm'],
  syscall: ['lib', 'release', 'arch', 'mm', 'task', 'fs'],
  thread: ['lib', 'release', 'arch', 'mm', 'task', 'fs', 'syscall'],
  'machine_config.ts': ['lib', 'release', 'arch', 'mm', 'task', 'fs', 'syscall', 'thread'],
  'machine.ts': ['machine_config.ts', 'lib', 'release', 'arch', 'mm', 'task', 'fs', 'syscall', 'thread'],
  explore: ['machine.ts', 'lib', 'release', 'arch', 'mm', 'task', 'fs', 'syscall', 'thread'],
  report: ['lib'],
  trace: ['machine.ts', 'lib', 'release', 'arch', 'mm', 'task', 'fs', 'syscall', 'thread'],
  'index.ts': ['machine.ts', 'explore', 'report', 'trace', 'lib', 'release', 'arch', 'mm', 'task', 'fs', 'syscall', 'thread'],
  vitest: ['report', 'lib'],
  // The benchmark's own program is an example.
  cli: ['..', 'index.ts', 'machine.ts', 'report', 'trace', 'explore', 'lib', 'release', 'arch', 'mm', 'task', 'fs', 'syscall', 'thread'],
};

/** The row of MAY_IMPORT that a path belongs to. */
function part(path: string): string {
  return path.split('/')[0]!;
}

const isOurs = (name: string) => name.endsWith('.ts');

/** Arrows "a -> b" for which `isWrong` holds. */
function arrows(isWrong: (from: Source, to: string) => boolean): string[] {
  return sources.flatMap((source) => source.imports.filter((to) => isWrong(source, to)).map((to) => `${source.path} -> ${to}`));
}

describe('imports', () => {
  it('were found: every file of src has a place in the picture, and every import leads somewhere', () => {
    expect(sources.length).toBeGreaterThan(80);
    expect(sources.filter(({ path }) => !(part(path) in MAY_IMPORT)).map(({ path }) => path)).toEqual([]);
    expect(arrows((_from, to) => isOurs(to) && !existsSync(join(SRC, to)))).toEqual([]);
  });

  it('point down, never up and never sideways', () => {
    const wrong = arrows(({ path }, to) => isOurs(to) && part(to) !== part(path) && !MAY_IMPORT[part(path)]!.includes(part(to)));
    expect(wrong).toEqual([]);
  });

  it('of one search generation in another there are none', () => {
    const shared = ['walk.ts', 'walk_down.ts', 'next_fit.ts', 'hole_size_up.ts', 'vm_unmapped_area.ts'].map((name) => `mm/unmapped_area/${name}`);
    const wrong = arrows(({ path }, to) =>
      path.startsWith('mm/unmapped_area/') && !path.endsWith('index.ts') && to.startsWith('mm/unmapped_area/') && !shared.includes(to));
    expect(wrong).toEqual([]);
  });

  it('of Node are made in src/cli alone', () => {
    const isNode = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
    expect(arrows(({ path }, to) => part(path) !== 'cli' && isNode(to))).toEqual([]);
  });
});

/** Groups of files that can all reach each other, each group sorted (Tarjan's strong components). */
function circles(edges: 'imports' | 'loads'): string[][] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string) => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const to of byPath.get(path)![edges]) {
      if (!byPath.has(to)) continue;
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(path, Math.min(low.get(path)!, low.get(to)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    if (group.length > 1) found.push(group.sort());
  };
  for (const { path } of sources) if (!index.has(path)) visit(path);
  return found;
}

describe('circles of files', () => {
  it('there are none, type imports included', () => {
    expect(circles('imports')).toEqual([]);
  });

  it('nor of what is loaded at run time', () => {
    expect(circles('loads')).toEqual([]);
  });
});

describe('the one door to the kernel', () => {
  const thread = sources.filter(({ path }) => part(path) === 'thread');

  it('src/thread maps memory only by system calls: it imports nothing of mm that maps, unmaps or searches', () => {
    const forbidden = /^mm\/(mmap|munmap|mprotect|mremap|brk|vma_set|vma_merge|unmapped_area)/;
    expect(arrows(({ path }, to) => part(path) === 'thread' && forbidden.test(to))).toEqual([]);
  });

  it('src/thread calls the kernel in one file, as a processor does: traps, faults, interrupts, and what they leave to do', () => {
    const callsOf = ({ path, code }: Source) =>
      [...code.matchAll(/\bkernel\.(?:\w+\.)*\w+(?=\()/g)].map((match) => `${path}: ${match[0]}`);
    expect(thread.flatMap(callsOf)).toEqual([
      'thread/sys.ts: kernel.trap', 'thread/sys.ts: kernel.queue.point', 'thread/sys.ts: kernel.takeSignals',
      'thread/sys.ts: kernel.has', 'thread/sys.ts: kernel.raiseFault',
    ]);
  });

  it('no handler of src/syscall is imported by src/thread', () => {
    const wrong = arrows(({ path }, to) => part(path) === 'thread' && /^syscall\/(?!kernel\.ts|process\.ts)/.test(to));
    expect(wrong).toEqual([]);
  });
});

describe('what differs from machine to machine', () => {
  it('is never asked by name above src/arch: no machine is named in the code of mm, task, fs, syscall and thread', () => {
    const names = /\barch\s*===|\barch\s*!==|\.arch\.name\b/;
    const asking = sources.filter(({ path, code }) => ['mm', 'task', 'fs', 'syscall', 'thread'].includes(part(path)) && names.test(code));
    expect(asking.map(({ path }) => path)).toEqual([]);
  });

  it('nor is a version: only src/release, src/arch and machine_config.ts compare releases', () => {
    const asking = sources.filter(({ path, code }) =>
      ['mm', 'task', 'fs', 'syscall', 'thread'].includes(part(path)) && /\b(versionNumber|since)\(/.test(code));
    expect(asking.map(({ path }) => path)).toEqual([]);
  });
});

describe('time and chance', () => {
  /** Files that give programs their own time and chance, or name the epoch by a pure function. */
  const VIRTUALISED = ['thread/host_globals.ts', 'task/clock.ts'];

  it('of the host are used in src/cli alone, and where they are replaced', () => {
    const host = /\bDate\b|\bperformance\b|\bMath\.random\b|\bsetTimeout\b|\bsetInterval\b|\bprocess\.(?:hrtime|env|argv|std)/;
    const using = sources.filter(({ path, code }) => part(path) !== 'cli' && !VIRTUALISED.includes(path) && host.test(code));
    expect(using.map(({ path }) => path)).toEqual([]);
  });
});
