/**
 * Thread stacks as NPTL maps them, a million at once: mmap, and mprotect of a guard page, which leaves two areas
 * each. How long a pair takes, how many bytes of the host an area takes, and with --native the same calls on the
 * host's kernel beside it. Run on the built output: `node dist/bench/pairs.js [--pairs N] [--native] [--json]`.
 *
 * Time is the least and the median of ROUNDS fillings of one address space, by the clock and, as a busy host makes
 * that longer, in time of the processor; memory is what the process grew by during the first.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findArch } from '../src/arch/index.js';
import { bug } from '../src/lib/bug.js';
import { makeMm } from '../src/mm/make_mm.js';
import { initRlimits, type Mm } from '../src/mm/mm.js';
import { doMmap, newMmapArgs } from '../src/mm/mmap.js';
import { doMprotect } from '../src/mm/mprotect.js';
import { PhysicalMemory } from '../src/mm/physical_memory.js';
import { Vm } from '../src/mm/vm.js';
import { findRelease } from '../src/release/index.js';

const ROUNDS = 9;
const STACK_PAGES = 4;
const WARM_UP = 20_000;
/** Pairs that the host is asked for: it refuses a little before them, at vm.max_map_count. */
const NATIVE_PAIRS = 33_000;
const SOURCE = fileURLToPath(new URL('../../bench/native/pairs.c', import.meta.url));

interface Pairs {
  readonly pairs: number;
  readonly minUs: number;
  readonly medianUs: number;
}

interface Ours extends Pairs {
  readonly minCpuUs: number;
  readonly areas: number;
  readonly bytesPerArea: number;
}

interface Native extends Pairs {
  /** What the refused call said, if one was. */
  readonly refusal: string | null;
}

function sparc64(): Mm {
  const target = findArch('sparc64')!.at(findRelease('2.5.46')!.release, 64);
  const memory = new PhysicalMemory(target.pageSize, target.bigEndian, 2 ** 30);
  const options = { search: 'free-area-cache', maxMapCount: 2 ** 30 } as const;
  return makeMm(target, new Vm(2 ** 40), memory, initRlimits(), options);
}

/** Fills a new address space; returns the time in ms. */
function fill(mm: Mm, pairs: number): number {
  mm.clear();
  mm.exec(mm.target.newTask, { path: '/bin/bench', major: 3, minor: 1, inode: 1 });
  const args = newMmapArgs();
  const flags = mm.target.map.PRIVATE | mm.target.map.ANONYMOUS;
  const image = mm.vmas.size;
  const start = performance.now();
  for (let i = 0; i < pairs; i++) {
    args.vpn = 0;
    args.lenPages = STACK_PAGES;
    args.prot = 3;
    args.flags = flags;
    const vpn = doMmap(mm, args);
    if (vpn < 0 || doMprotect(mm, vpn, 0, 1, 0, 0) < 0) bug('no room for a stack');
  }
  const ms = performance.now() - start;
  if (mm.vmas.size !== image + 2 * pairs) bug('a pair is not two areas', { areas: mm.vmas.size });
  return ms;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function summary(pairs: number, times: readonly number[]): Pairs {
  const us = times.map((ms) => (ms * 1000) / pairs);
  return { pairs, minUs: Math.min(...us), medianUs: median(us) };
}

function measureOurs(pairs: number): Ours {
  for (let i = 0; i < 5; i++) fill(sparc64(), WARM_UP);
  const mm = sparc64();
  const before = process.memoryUsage.rss();
  fill(mm, pairs);
  const grown = process.memoryUsage.rss() - before;
  const cpu: number[] = [];
  const times = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    const ms = fill(mm, pairs);
    const { user, system } = process.cpuUsage(start);
    cpu.push((user + system) / pairs);
    return ms;
  });
  mm.check();
  return { ...summary(pairs, times), minCpuUs: Math.min(...cpu), areas: mm.vmas.size, bytesPerArea: grown / mm.vmas.size };
}

/** The host's kernel, by a C program; or why it cannot be measured. */
function measureNative(): Native | string {
  const folder = mkdtempSync(join(tmpdir(), 'guardpage-pairs-'));
  try {
    const program = join(folder, 'pairs');
    execFileSync(process.env['CC'] || 'cc', ['-O2', '-o', program, SOURCE], { stdio: ['ignore', 'ignore', 'pipe'] });
    const times: number[] = [];
    let pairs = 0;
    let refusal: string | null = null;
    for (let i = 0; i < ROUNDS; i++) {
      const { stdout } = spawnSync(program, [String(NATIVE_PAIRS)], { encoding: 'utf8', timeout: 60_000 });
      const [, count, ms] = /^(\d+) pairs, ([\d.]+) ms/m.exec(stdout ?? '') ?? [];
      if (count === undefined || ms === undefined) return 'the program did not end well';
      pairs = Number(count);
      refusal = /^refused: (.*)$/m.exec(stdout)?.[1] ?? null;
      times.push(Number(ms));
    }
    return { ...summary(pairs, times), refusal };
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function line(who: string, { pairs, minUs, medianUs }: Pairs, more: string): string {
  return `${who}: ${pairs} pairs alive, ${minUs.toFixed(2)} / ${medianUs.toFixed(2)} us a pair (min / median by the clock), ${more}`;
}

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '1000000' }, native: { type: 'boolean' }, json: { type: 'boolean' } },
});
const asked = Number(values.pairs);
if (!Number.isSafeInteger(asked) || asked < 1) {
  console.error(`--pairs ${values.pairs} is not a whole number from 1 on`);
  process.exit(2);
}

const ours = measureOurs(asked);
const native = values.native ? measureNative() : null;
if (values.json) {
  const host = { cpu: cpus()[0]?.model ?? '?', kernel: release(), node: process.version };
  console.log(JSON.stringify({ schemaVersion: 1, host, rounds: ROUNDS, ours, native }));
} else {
  console.log('mmap + mprotect of a guard page, two areas a pair');
  const cost = `${ours.minCpuUs.toFixed(2)} us of processor time, ${ours.areas} areas, ${ours.bytesPerArea.toFixed(0)} bytes an area`;
  console.log(line('  sparc64, 2.5.46, free-area-cache', ours, cost));
  if (typeof native === 'string') console.log(`  this host: left out: ${native}`);
  else if (native !== null) {
    const end = native.refusal === null ? 'none refused' : `refused after ${2 * native.pairs} areas: ${native.refusal}`;
    console.log(line(`  this host, Linux ${release()}`, native, end));
  }
}
