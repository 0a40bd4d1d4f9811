/*
 * The worker thread of `guardpage run`: makes the machine, loads the program, runs it. What the guest
 * writes goes straight to the file descriptors; what became of it goes to the main thread.
 */
import { Console } from 'node:console';
import { constants, openSync, readSync } from 'node:fs';
import { sep } from 'node:path';
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError, Machine, type RunResult } from '../machine.js';
import type { Observer } from '../explore/observe.js';
import { observerOf, wakeupsOf } from '../explore/observe_run.js';
import { Bug } from '../lib/bug.js';
import { codeOf, sentenceOf, UsageError } from './errors.js';
import { grantedFiles } from './host_file.js';
import { loadProgram } from './load_program.js';
import {
  CONTROL_PIPE_CLOSED, CONTROL_STOP, type Ending, type RunRequest, type WorkerMessage,
} from './messages.js';
import { FragmentsTrace } from '../trace/fragments.js';
import { MemoryTrace } from '../trace/memory_trace.js';
import { say, STDERR, writeAll } from './output.js';
import { hintsOf, watchRefusals } from './refusals.js';
import { placeOf } from './place.js';
import { setupOf } from './setup.js';

const request = workerData as RunRequest;
const control = new Int32Array(request.control);
const STDIN = 0;
/** Between two attempts to read an input that has nothing yet and does not wait. */
const RETRY_MS = 5;
/** Between two looks whether the run's time is over. */
const LOOK_MS = 50;
const never = new Int32Array(new SharedArrayBuffer(4));

const fragments = request.wantsFragments ? new FragmentsTrace() : null;

function post(message: WorkerMessage): void {
  parentPort!.postMessage(message);
}

/** Writes, or ends this thread: nobody reads any more, or there is no room. That is not the program's doing. */
function write(fd: number, data: string | Uint8Array, name?: string): void {
  try {
    writeAll(fd, data, name);
  } catch (error) {
    if (codeOf(error) === 'EPIPE') Atomics.store(control, CONTROL_PIPE_CLOSED, 1);
    else post({ kind: 'failed', sentence: sentenceOf(error) });
    process.exit();
  }
}

function streamTo(fd: number): Writable {
  return new Writable({
    decodeStrings: true,
    write(chunk, _encoding, done) {
      write(fd, chunk);
      done();
    },
  });
}

/**
 * Standard input, opened once more so that an input that has nothing yet does not hold this thread, which must hear
 * that its time is over. Where that cannot be (a socket), as it is.
 */
function openStdin(): number {
  try {
    return openSync('/dev/stdin', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return STDIN;
  }
}

/** Lets `ns` pass on this computer too, or less when the run's time is over. */
function waitHost(ns: number): void {
  const end = performance.now() + ns / 1e6;
  for (let left = ns / 1e6; left > 0 && Atomics.load(control, CONTROL_STOP) === 0; left = end - performance.now()) {
    Atomics.wait(never, 0, 0, Math.min(left, LOOK_MS));
  }
}

let stdinFd = -1;
/** The time was over while the program waited for input: the end that it saw was none. */
let cutInput = false;

/** Up to `count` bytes of this process's standard input; none at its end, or when the time is over. */
function readStdin(count: number): Uint8Array {
  if (stdinFd < 0) stdinFd = openStdin();
  const bytes = new Uint8Array(count);
  while (Atomics.load(control, CONTROL_STOP) === 0) {
    try {
      return bytes.subarray(0, readSync(stdinFd, bytes));
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') break;
      Atomics.wait(never, 0, 0, RETRY_MS);
    }
  }
  cutInput = Atomics.load(control, CONTROL_STOP) !== 0;
  return bytes.subarray(0, 0);
}

function makeMachine(): Machine {
  const { config, stdoutFd, straceFd, traceFd, quiet } = request;
  return new Machine({
    ...config,
    cwd: request.cwd,
    files: grantedFiles(request.grants),
    stdin: readStdin,
    stdout: (bytes) => write(stdoutFd, bytes),
    stderr: (bytes) => write(STDERR, bytes),
    strace: straceFd === null ? null : (line) => write(straceFd, `${line}\n`, straceFd === STDERR ? undefined : 'the file of --strace'),
    tracers: [
      ...(traceFd === null ? [] : [new MemoryTrace((call) => write(traceFd, `${JSON.stringify(call)}\n`, 'the file of --trace'))]),
      ...(fragments === null ? [] : [fragments]),
    ],
    notice: (sentence) => {
      if (!quiet) say(sentence);
    },
  });
}

function endingOf(machine: Machine, result: RunResult, observer: Observer | null): Ending {
  const { cause } = result as { cause?: unknown };
  // A mistake of ours is not the program's, and its place in the program says nothing.
  const message = cause instanceof Bug ? `internal error of guardpage: ${sentenceOf(cause)}` : result.message;
  const place = cause instanceof Bug ? null : placeOf(cause, request);
  const { signal, deadlock, stats } = result;
  const [outcome, exit] = cutInput ? ['timeout' as const, 1] : [result.outcome, result.exit];
  return {
    outcome, exit, signal, deadlock, stats,
    message: place === null ? message : `${message} (${place})`,
    maps: request.wantsMaps ? result.maps : [],
    ...(fragments === null ? {} : { fragments: fragments.report(machine.mm) }),
    ...(observer === null ? {} : { wakeups: wakeupsOf(observer, result) }),
  };
}

/** The module threw while it was loaded: nothing has run. */
function threwAtLoad(error: unknown): Ending {
  const kind = error instanceof Error ? `${error.name}: ` : '';
  const place = placeOf(error, request) ?? request.programShown;
  const message = `the program threw while it was loaded: ${kind}${sentenceOf(error)} (${place})`;
  return { outcome: 'exited', exit: 1, signal: null, deadlock: [], message, stats: null, maps: [] };
}

async function main(): Promise<void> {
  const machine = makeMachine();
  post({ kind: 'configured', setup: setupOf(machine, request.config) });
  // What a program prints by console keeps its place among what the guest writes.
  globalThis.console = new Console(streamTo(request.stdoutFd), streamTo(STDERR));
  let program: Awaited<ReturnType<typeof loadProgram>>;
  try {
    program = await loadProgram(request.program, request.programShown);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    post({ kind: 'ended', ending: threwAtLoad(error), hints: [] });
    return;
  }
  const name = request.program.slice(request.program.lastIndexOf(sep) + 1).replace(/\.[a-z]+$/, '');
  // A schedule that --explore found: what it said of the deadlock is said again.
  const observer = request.config.schedule?.startsWith('replay:') === true ? observerOf(machine) : null;
  machine.load(observer === null ? program : observer.around(program), request.argv, name);
  const refusals = watchRefusals(machine);
  post({ kind: 'started' });
  const shouldStop = () => Atomics.load(control, CONTROL_STOP) !== 0;
  const result = machine.run(request.realtime ? { shouldStop, wait: waitHost } : { shouldStop });
  post({ kind: 'ended', ending: endingOf(machine, result, observer), hints: hintsOf(machine, refusals) });
}

main().catch((error: unknown) => {
  if (!(error instanceof ConfigError || error instanceof UsageError)) throw error;
  post({ kind: 'refused', sentence: sentenceOf(error) });
});
