/* libc.frame: how deep recursion takes a thread's stack, and how a guard page ends it. */

import { describe, expect, it } from 'vitest';
import type { Addr, Libc, ThreadBody } from 'guardpage';
import { type Config, evaluate, machines, run } from './run.js';

const KIB = 1024;

/** Recursion of `depth` calls with a frame of `bytes` each; returns the deepest level reached. */
function* recurse(libc: Libc, depth: number, bytes: number): ThreadBody<number> {
  if (depth === 0) return 0;
  return (yield* libc.frame(bytes, () => recurse(libc, depth - 1, bytes))) + 1;
}

function attribute(libc: Libc, size: number, guard?: number): Addr {
  const attr = libc.bss(libc.sizeof.pthread_attr_t);
  libc.pthread_attr_init(attr);
  libc.pthread_attr_setstacksize(attr, size);
  if (guard !== undefined) libc.pthread_attr_setguardsize(attr, guard);
  return attr;
}

/** A thread with a stack of `size` that recurses through `kib` KiB of it. */
function deep(config: Config, size: number, kib: number, guard?: number) {
  return run(config, function* main(libc) {
    const [, thread] = yield* libc.pthread_create(attribute(libc, size, guard), () => recurse(libc, kib, KIB));
    const [, value] = yield* libc.pthread_join(thread);
    yield* libc.printf('%d', value as number);
  });
}

describe.each(machines)('$name', ({ config }) => {
  // ia64 gives half of a block to each stack, less half a guard page.
  const room = config.arch === 'ia64' ? 512 : 256;

  it('a recursion that fits comes back with its result', () => {
    const ran = deep(config, room * KIB, 200);
    expect([ran.outcome, ran.message, ran.stdout]).toEqual(['exited', null, '200']);
  });

  it('one that does not meets the guard page: SIGSEGV, and the report says whose', () => {
    const ran = deep(config, room * KIB, 300);
    expect([ran.outcome, ran.signal, ran.exit]).toEqual(['signalled', 'SIGSEGV', 139]);
    expect(ran.message).toContain('guard page of the stack of thread 1001');
  });

  it('frames are given back: the same depth can be reached again and again', () => {
    const levels = evaluate(config, function* (libc) {
      const [, thread] = yield* libc.pthread_create(attribute(libc, room * KIB), function* () {
        const seen: number[] = [];
        for (let i = 0; i < 3; i++) seen.push(yield* recurse(libc, 200, KIB));
        return seen;
      });
      return (yield* libc.pthread_join(thread))[1];
    });
    expect(levels).toEqual([200, 200, 200]);
  });

  it('main\'s stack grows with its frames, up to RLIMIT_STACK', () => {
    const limited = { ...config, rlimits: { stack: 1024 * KIB } };
    expect(evaluate(limited, (libc) => recurse(libc, 900, KIB))).toBe(900);
    const ran = run(limited, (libc) => recurse(libc, 1100, KIB));
    expect([ran.signal, ran.exit]).toEqual(['SIGSEGV', 139]);
  });

  it('a frame that was left by pthread_exit is given back too', () => {
    const value = evaluate(config, function* (libc) {
      const attr = attribute(libc, room * KIB);
      const values: unknown[] = [];
      // The second thread has the first one's stack.
      for (let i = 0; i < 2; i++) {
        const [, thread] = yield* libc.pthread_create(attr, () =>
          libc.frame(150 * KIB, function* () {
            yield* libc.pthread_exit(i);
          }));
        values.push((yield* libc.pthread_join(thread))[1]);
      }
      return values;
    });
    expect(value).toEqual([0, 1]);
  });
});

describe('a stack without a guard', () => {
  it('runs into the neighbour below: no fault, and its memory is not its own any more', () => {
    // Two guardless stacks of 64 KiB (and a page): the second lies above the first and overflows into it.
    const ran = run({}, function* main(libc) {
      const attr = attribute(libc, 64 * KIB, 0);
      const [, below] = yield* libc.pthread_create(attr, function* idle() {
        yield* libc.sched_yield();
      });
      const [, above] = yield* libc.pthread_create(attr, () => recurse(libc, 100, KIB));
      yield* libc.pthread_join(above);
      yield* libc.pthread_join(below);
      return 0;
    });
    expect(ran.signal).toBeNull();
  });
});
