/**
 * Thread-specific data: pthread_key_create(3), pthread_key_delete(3), pthread_setspecific(3), pthread_getspecific(3), and the
 * destructors at a thread's end. glibc 2.3.3 and 2.36, nptl/pthread_key_create.c, nptl/pthread_create.c:
 * __nptl_deallocate_tsd(). Values are JavaScript values: no memory of the guest's holds them.
 */
import type { Nptl } from './nptl.js';
import { type Destructor, PTHREAD_DESTRUCTOR_ITERATIONS, PTHREAD_KEYS_MAX } from './keys.js';
import { runBody } from './run_body.js';

const isUsable = (nptl: Nptl, key: number) =>
  Number.isInteger(key) && key >= 0 && key < PTHREAD_KEYS_MAX && (nptl.keys.seq[key]! & 1) !== 0;

/** [0, key]; EAGAIN when all are in use. The lowest free one. */
export function keyCreate(nptl: Nptl, destructor: Destructor | null): [error: number, key: number] {
  const { keys } = nptl;
  const key = keys.seq.findIndex((seq) => (seq & 1) === 0);
  if (key < 0) return [nptl.E.EAGAIN, 0];
  keys.seq[key]! += 1;
  keys.destructors[key] = destructor;
  return [0, key];
}

/** EINVAL for a key that is not in use. Values are left to their threads; no destructor runs. */
export function keyDelete(nptl: Nptl, key: number): number {
  if (!isUsable(nptl, key)) return nptl.E.EINVAL;
  nptl.keys.seq[key]! += 1;
  return 0;
}

/** EINVAL for a key that is not in use. */
export function setSpecific(nptl: Nptl, key: number, value: unknown): number {
  if (!isUsable(nptl, key)) return nptl.E.EINVAL;
  const { keys, self } = nptl;
  let mine = keys.values.get(self);
  if (mine === undefined) {
    mine = new Map();
    keys.values.set(self, mine);
  }
  mine.set(key, { seq: keys.seq[key]!, value });
  return 0;
}

/** The value, or null for a key that this thread set nothing for, was deleted, or never was. */
export function getSpecific(nptl: Nptl, key: number): unknown {
  const entry = nptl.keys.values.get(nptl.self)?.get(key);
  return entry !== undefined && entry.seq === nptl.keys.seq[key] ? entry.value : null;
}

const isNull = (value: unknown) => value === null || value === undefined || value === 0;

/** The destructors of thread `row`, which is the running one: in order of keys, up to four rounds. */
export function* deallocateTsd(nptl: Nptl, row: number): Generator<unknown, void, unknown> {
  const { keys } = nptl;
  const mine = keys.values.get(row);
  if (mine === undefined) return;
  for (let round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; round++) {
    let anyRan = false;
    for (const key of [...mine.keys()].sort((a, b) => a - b)) {
      const entry = mine.get(key)!;
      const { seq, value } = entry;
      if (isNull(value)) continue;
      entry.value = null;
      const destructor = keys.destructors[key];
      if (seq !== keys.seq[key] || destructor === null || destructor === undefined) continue;
      anyRan = true;
      yield* runBody(destructor(value as never));
    }
    if (!anyRan) break;
  }
  keys.values.delete(row);
}
