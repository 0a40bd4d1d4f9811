/**
 * sigsetjmp(3) and siglongjmp(3). A JavaScript function cannot be entered again in its middle, so what follows sigsetjmp in
 * C is a function here: it runs with 0, and anew with the value of each siglongjmp that comes while it runs, from it, from
 * what it calls, or from a signal's handler on top of it.
 */
import type { Nptl } from './nptl.js';
import { runBody } from './run_body.js';
import { type SigSet, sigprocmask } from './signal_calls.js';

/** What siglongjmp goes back to. */
export interface JmpBuf {
  readonly row: number;
  readonly mask: SigSet | null;
}

/** On its way to the sigsetjmp of its JmpBuf; a program's catch-all must let it pass. */
export class LongJump extends Error {
  readonly env: JmpBuf;
  readonly value: number;

  constructor(env: JmpBuf, value: number) {
    super('siglongjmp to a sigsetjmp whose function has returned');
    this.env = env;
    this.value = value;
  }
}

export function* sigsetjmp<T>(
  nptl: Nptl, body: (env: JmpBuf, value: number) => unknown, savesMask: boolean,
): Generator<unknown, T, unknown> {
  const mask = savesMask ? sigprocmask(nptl, nptl.target.signals.SIG_BLOCK, null) : null;
  const env: JmpBuf = { row: nptl.self, mask: typeof mask === 'number' ? null : mask };
  for (let value = 0; ; ) {
    try {
      return (yield* runBody(body(env, value))) as T;
    } catch (error) {
      if (!(error instanceof LongJump) || error.env !== env) throw error;
      ({ value } = error);
    }
    if (env.mask !== null) sigprocmask(nptl, nptl.target.signals.SIG_SETMASK, env.mask, false);
  }
}
