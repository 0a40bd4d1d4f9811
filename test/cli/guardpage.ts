/*
 * Runs the built command line as users do: a process, its streams, its exit status. dist/ is built
 * first where it is older than the sources.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'dist/src/cli/main.js');
const LOCK = join(ROOT, 'node_modules/.guardpage-build-lock');
const LONGEST_BUILD_MS = 60_000;
const SOURCES = ['src', 'examples'];

/** vitest asks for colours, and node warns where that is contradicted. */
const { NO_COLOR: _no, FORCE_COLOR: _force, ...ENV } = process.env;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function newest(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true });
  return Math.max(0, ...entries.map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs;
  }));
}

function isBuilt(): boolean {
  if (!existsSync(MAIN)) return false;
  const built = statSync(MAIN).mtimeMs;
  return SOURCES.every((folder) => newest(join(ROOT, folder)) <= built);
}

/** Test files run side by side; one of them builds, the others wait for it. */
function build(): void {
  while (!isBuilt()) {
    try {
      mkdirSync(LOCK);
    } catch {
      const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      // Left behind by a run that was ended.
      if (Date.now() - since > LONGEST_BUILD_MS) rmSync(LOCK, { recursive: true, force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      continue;
    }
    try {
      execFileSync('npm', ['run', '-s', 'build'], { cwd: ROOT, encoding: 'utf8' });
    } finally {
      rmdirSync(LOCK);
    }
    return;
  }
}

build();

/** Path of a program in test/cli/programs, relative to the folder that guardpage runs in. */
export function program(name: string): string {
  return `test/cli/programs/${name}`;
}

/** A folder for files of one test, removed when the tests are over. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'guardpage-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs `guardpage ARGS` and waits for its end. Never on a terminal. */
export function guardpage(args: readonly string[], cwd = ROOT, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return start(args, cwd, env, () => {});
}

/** The same for a program that makes the file that MARK names; then it gets Ctrl-C. */
export function interrupted(args: readonly string[], mark: string): Promise<Ended> {
  return start(args, ROOT, { MARK: mark }, (child) => {
    const looking = setInterval(() => {
      if (existsSync(mark)) child.kill('SIGINT');
      if (existsSync(mark) || child.exitCode !== null) clearInterval(looking);
    }, 50);
  });
}

function start(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, started: (child: ChildProcess) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd,
      env: { ...ENV, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Runs a line of shell in which `guardpage` is the command. */
export function shell(line: string): Promise<Ended> {
  const script = `guardpage() { "${process.execPath}" "${MAIN}" "$@"; }\n${line}`;
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script], { cwd: ROOT, env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** What a refusal looks like: status 2, nothing on stdout, one sentence of ours on stderr. */
export function refusal(sentence: string): Ended {
  return { status: 2, stdout: '', stderr: `guardpage: ${sentence}\n` };
}
