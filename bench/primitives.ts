/**
 * What the primitives of a TypeScript program cost, beside the host's own: an uncontended lock and unlock, a ping-pong
 * through two futexes, and create, exit and join with the stack from the cache, which must not depend on how many threads
 * lived before. Run on the built output: `node dist/bench/primitives.js [--native] [--json]`. Least and median of ROUNDS
 * runs of each, every one on the machine of the first, which has warmed the engine up.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bug } from '../src/lib/bug.js';
import { Machine } from '../src/machine.js';
import type { Addr } from '../src/thread/address.js';
import type { Libc } from '../src/thread/libc.js';

const ROUNDS = 9;
const LOCKS = 1_000_000;
const TRIPS = 100_000;
const CYCLES = 100_000;
const NATIVE_TRIPS = 20_000;
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const SOURCE = fileURLToPath(new URL('../../bench/native/primitives.c', import.meta.url));

interface Cost {
  readonly what: string;
  readonly minNs: number;
  readonly medianNs: number;
}

/** Marks of a program's own time: ns between the first and the last, by `count`. */
const marks: number[] = [];
const mark = () => marks.push(performance.now());

function* locks(libc: Libc) {
  const mutex = libc.bss(libc.sizeof.pthread_mutex_t);
  mark();
  for (let i = 0; i < LOCKS; i++) {
    yield* libc.pthread_mutex_lock(mutex);
    yield* libc.pthread_mutex_unlock(mutex);
  }
  mark();
  return 0;
}

function* pingPong(libc: Libc) {
  const [ping, pong] = [libc.bss(4), libc.bss(4)];
  const { futex } = libc.nr;
  function* give(word: Addr) {
    libc.store32(word, 1);
    yield* libc.syscall(futex!, word, FUTEX_WAKE, 1);
  }
  function* take(word: Addr) {
    while (libc.load32(word) === 0) yield* libc.syscall(futex!, word, FUTEX_WAIT, 0, 0);
    libc.store32(word, 0);
  }
  const [, thread] = yield* libc.pthread_create(null, function* other() {
    for (let i = 0; i < TRIPS; i++) {
      yield* take(ping);
      yield* give(pong);
    }
  });
  mark();
  for (let i = 0; i < TRIPS; i++) {
    yield* give(ping);
    yield* take(pong);
  }
  mark();
  yield* libc.pthread_join(thread);
  return 0;
}

function* cycles(libc: Libc) {
  mark();
  for (let i = 0; i < CYCLES; i++) {
    const [error, thread] = yield* libc.pthread_create(null, () => 0);
    if (error !== 0) return 1;
    yield* libc.pthread_join(thread);
  }
  mark();
  return 0;
}

/** Runs `main` ROUNDS times; the program must make `calls(count)` system calls, which shows that it did its work. */
function measure(what: string, main: (libc: Libc) => unknown, count: number, leastCalls: number, mostCalls: number): Cost {
  const machine = new Machine({ arch: 'i386', kernel: '2.5.46' });
  const times: number[] = [];
  for (let i = 0; i <= ROUNDS; i++) {
    marks.length = 0;
    machine.load(main);
    const { outcome, exit, stats } = machine.run();
    if (outcome !== 'exited' || exit !== 0) bug('the program failed', { what });
    if (stats.syscalls < leastCalls || stats.syscalls > mostCalls) bug('not the calls of this program', { what, calls: stats.syscalls });
    if (i > 0) times.push(((marks[1]! - marks[0]!) * 1e6) / count);
  }
  times.sort((a, b) => a - b);
  return { what, minNs: times[0]!, medianNs: times[Math.floor(ROUNDS / 2)]! };
}

/** ns of the host's own lock, ping-pong and create, or why they cannot be measured. */
function measureNative(): number[] | string {
  const folder = mkdtempSync(join(tmpdir(), 'guardpage-primitives-'));
  try {
    const program = join(folder, 'primitives');
    execFileSync(process.env['CC'] || 'cc', ['-O2', '-pthread', '-o', program, SOURCE], { stdio: ['ignore', 'ignore', 'pipe'] });
    const out = execFileSync(program, [String(NATIVE_TRIPS)], { encoding: 'utf8', timeout: 60_000 });
    return [...out.matchAll(/([\d.]+) ns/g)].map(([, ns]) => Number(ns));
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { native: { type: 'boolean' }, json: { type: 'boolean' } } });
const ours = [
  measure('uncontended lock + unlock', locks, LOCKS, 1, 20),
  measure('round trip through two futexes', pingPong, TRIPS, 2 * TRIPS, 5 * TRIPS),
  measure('create, exit and join, stack from the cache', cycles, CYCLES, 2 * CYCLES, 5 * CYCLES),
];
const native = values.native ? measureNative() : null;
if (values.json) console.log(JSON.stringify({ schemaVersion: 1, node: process.version, rounds: ROUNDS, ours, native }));
else {
  console.log('primitives on i386, 2.5.46, NPTL 2.3.3: min / median');
  ours.forEach(({ what, minNs, medianNs }, i) => {
    const host = Array.isArray(native) ? `; this host ${native[i]!.toFixed(1)} ns` : '';
    console.log(`  ${what}: ${minNs.toFixed(1)} / ${medianNs.toFixed(1)} ns${host}`);
  });
  if (typeof native === 'string') console.log(`  this host cannot be measured: ${native}`);
}
