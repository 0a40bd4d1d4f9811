/*
 * The main thread's side of `guardpage run`: starts the worker, ends it when its time is over. First
 * the machine is asked to stop, which leaves its counts to be shown; a second later the thread is ended.
 */
import { Worker } from 'node:worker_threads';
import { codeOf, EXIT_PIPE, RunError, sentenceOf, UsageError } from './errors.js';
import {
  CONTROL_PIPE_CLOSED, CONTROL_STOP, CONTROL_WORDS, type Ending, type RunRequest, type Setup, type WorkerMessage,
} from './messages.js';
import { STDERR, writeAll } from './output.js';

/** From the request to stop until the thread is ended. */
const GRACE_MS = 3000;

export interface Finished {
  readonly setup: Setup;
  readonly ending: Ending;
  readonly hints: readonly string[];
}

/** A program that was ended from outside, of which nothing more is known. */
function cut(outcome: 'timeout' | 'oom' | 'exited', message: string | null): Ending {
  return { outcome, exit: 1, signal: null, deadlock: [], message, stats: null, maps: [] };
}

/** Runs a program to its end, or to the end of its time. UsageError when it cannot be run at all. */
export async function runInThread(asked: Omit<RunRequest, 'control'>, timeoutMs: number): Promise<Finished> {
  const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
  const workerData: RunRequest = { ...asked, control: control.buffer as SharedArrayBuffer };
  const worker = new Worker(new URL('./run_worker.js', import.meta.url), { workerData, stdout: true, stderr: true });
  // Programs that go around libc and console: late, but not lost and not in the way of JSON.
  worker.stdout.on('data', (bytes: Uint8Array) => writeAll(asked.stdoutFd, bytes));
  worker.stderr.on('data', (bytes: Uint8Array) => writeAll(STDERR, bytes));
  try {
    return await watch(worker, control, timeoutMs);
  } finally {
    await worker.terminate();
  }
}

function watch(worker: Worker, control: Int32Array, timeoutMs: number): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let setup: Setup | null = null;
    const timers: NodeJS.Timeout[] = [];
    const finish = (ending: Ending, hints: readonly string[] = []) => {
      timers.forEach(clearTimeout);
      if (setup !== null) resolve({ setup, ending, hints });
      else reject(new RunError(ending.message ?? 'the thread of the program did not start in time'));
    };
    const startClock = () => {
      timers.splice(0).forEach(clearTimeout);
      timers.push(setTimeout(() => Atomics.store(control, CONTROL_STOP, 1), timeoutMs));
      timers.push(setTimeout(() => finish(cut('timeout', null)), timeoutMs + GRACE_MS));
    };
    startClock();
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'configured') setup = message.setup;
      // Loading has had the same time to itself.
      else if (message.kind === 'started') startClock();
      else if (message.kind === 'ended') finish(message.ending, message.hints);
      else {
        timers.forEach(clearTimeout);
        reject(message.kind === 'failed' ? new RunError(message.sentence) : new UsageError(message.sentence));
      }
    });
    worker.on('error', (error) => finish(failed(error)));
    worker.on('exit', (code) => {
      if (Atomics.load(control, CONTROL_PIPE_CLOSED) !== 0) process.exit(EXIT_PIPE);
      finish(cut('exited', leftBehind(code)));
    });
  });
}

function failed(error: unknown): Ending {
  if (codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY') {
    return cut('oom', 'out of memory: the JavaScript heap of this process is full (NODE_OPTIONS=--max-old-space-size=MIB lifts it)');
  }
  const kind = error instanceof Error ? `${error.name}: ` : '';
  return cut('exited', `the program threw outside of its threads: ${kind}${sentenceOf(error)}`);
}

/** The worker is gone without a word. */
function leftBehind(code: number): string {
  return `the program ended its host thread with status ${code} before main returned: ` +
    'a module that never finishes loading, or process.exit() where libc.exit() was meant';
}
