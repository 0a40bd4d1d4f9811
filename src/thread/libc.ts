/**
 * Libc: what a TypeScript program is given. Calls return what POSIX says: pthread functions an error
 * number in the machine's own numbering, wrappers of system calls -1 with `errno` set. A call that could
 * enter the kernel is used with `yield*`; where C has an out-parameter, the result is a pair.
 *
 * The calls come in families, a class each in libc/, which know nothing of each other; a new family is a
 * line in each of the two lists below. Every call is a line there and lives in a file of its own in this folder.
 */
import { AtomicWords } from './libc/atomics.js';
import { Attributes } from './libc/attributes.js';
import { Barriers } from './libc/barriers.js';
import { Cancellation } from './libc/cancellation.js';
import { Conditions } from './libc/conditions.js';
import { LibcCore } from './libc/core.js';
import { ThreadKeys } from './libc/keys.js';
import { FileCalls } from './libc/files.js';
import { Memory } from './libc/memory.js';
import { Mman } from './libc/mman.js';
import { Mutexes } from './libc/mutexes.js';
import { Output } from './libc/output.js';
import { Processes } from './libc/processes.js';
import { Rwlocks } from './libc/rwlocks.js';
import { Semaphores } from './libc/semaphores.js';
import { SignalCalls } from './libc/signals.js';
import { SystemCalls } from './libc/system_calls.js';
import { Threads } from './libc/threads.js';
import { TimeCalls } from './libc/time.js';
import type { Runtime } from './runtime.js';

export interface Libc
  extends AtomicWords,
    Attributes,
    Barriers,
    Cancellation,
    Conditions,
    FileCalls,
    Memory,
    Mman,
    Mutexes,
    Output,
    Processes,
    Rwlocks,
    Semaphores,
    SignalCalls,
    SystemCalls,
    ThreadKeys,
    Threads,
    TimeCalls {}

const families = [
  AtomicWords, Attributes, Barriers, Cancellation, Conditions, FileCalls, Memory, Mman, Mutexes, Output, Processes, Rwlocks,
  Semaphores, SignalCalls, SystemCalls, ThreadKeys, Threads, TimeCalls,
];

class Composed extends LibcCore {}

for (const family of families) {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(family.prototype);
  for (const name of Object.keys(methods)) {
    if (name in Composed.prototype) throw new Error(`two families of libc have a method ${name}`);
  }
  Object.defineProperties(Composed.prototype, methods);
}

/** The libc of a program whose first process is `runtime`'s. */
export function makeLibc(runtime: Runtime): Libc {
  return new Composed(runtime) as LibcCore as Libc;
}
