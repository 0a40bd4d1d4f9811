/**
 * How many schedules a second one core explores of a small program: three threads, main among them, that add to a word
 * under one mutex. Run on the built output, in a process of its own: what else a process has compiled for costs this case
 * most of its speed. `node dist/bench/explore.js [--json]`; the most and the median of ROUNDS, after two that are not counted.
 */
import { parseArgs } from 'node:util';
import { explore } from '../src/explore/explore.js';
import { ProgramRun } from '../src/explore/program_run.js';
import { bug } from '../src/lib/bug.js';
import type { Addr } from '../src/thread/address.js';
import type { Libc } from '../src/thread/libc.js';

const RUNS = 20_000;
const ROUNDS = 7;
const WARM_UP = 2;

function* addLocked({ libc, mutex, word }: { libc: Libc; mutex: Addr; word: Addr }): Generator<unknown, void, unknown> {
  yield* libc.pthread_mutex_lock(mutex);
  libc.store32(word, libc.load32(word) + 1);
  yield* libc.pthread_mutex_unlock(mutex);
}

function* threeThreads(libc: Libc): Generator<unknown, number, unknown> {
  const shared = { libc, mutex: libc.bss(libc.sizeof.pthread_mutex_t), word: libc.bss(4) };
  const [, first] = yield* libc.pthread_create(null, addLocked, shared);
  const [, second] = yield* libc.pthread_create(null, addLocked, shared);
  yield* addLocked(shared);
  yield* libc.pthread_join(first);
  yield* libc.pthread_join(second);
  return libc.load32(shared.word) === 3 ? 0 : 1;
}

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const program = new ProgramRun({ arch: 'i386', kernel: '2.5.46' }, threeThreads);
const rates: number[] = [];
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  const start = performance.now();
  const { explored, found } = explore((schedule) => program.run(schedule), { runs: RUNS });
  if (explored !== RUNS || found !== null) bug('the exploration failed', { explored });
  if (round >= WARM_UP) rates.push((RUNS * 1000) / (performance.now() - start));
}
rates.sort((a, b) => a - b);
const [most, median] = [rates[ROUNDS - 1]!, rates[Math.floor(ROUNDS / 2)]!];
if (values.json) console.log(JSON.stringify({ schemaVersion: 1, node: process.version, runs: RUNS, most, median }));
else console.log(`schedules a second of three threads and one mutex: ${Math.round(most)} (median ${Math.round(median)}) on one core`);
