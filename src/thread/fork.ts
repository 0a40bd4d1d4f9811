/**
 * fork(2) and pthread_atfork(3). glibc 2.3.3, nptl/sysdeps/unix/sysv/linux/fork.c; glibc 2.36, posix/fork.c and
 * sysdeps/nptl/_Fork.c: one clone with the tid word of the thread that forks, which is the child's only thread.
 *
 * Unlike C: a JavaScript function cannot go on twice, so the child runs a function of its own. Guest memory is copied,
 * JavaScript variables are not.
 */
import { CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID } from '../arch/generic/sched.js';
import { reclaimStacks } from './allocate_stack.js';
import type { Steps } from './futex.js';
import type { Nptl } from './nptl.js';
import { preemptionPoint } from './preempt.js';
import { registerRobustList } from './robust_list.js';
import { runBody } from './run_body.js';

/** The child's pid, or a negated errno. `body` is what the child runs; its result is the child's exit status. */
export function* fork(nptl: Nptl, body: () => unknown): Steps<number> {
  for (const { prepare } of [...nptl.atfork].reverse()) if (prepare !== null) yield* runBody(prepare());
  if (nptl.sys.preempts) yield* preemptionPoint(nptl);
  nptl.forking = body;
  const error = cloneProcess(nptl);
  const pid = nptl.sys.resultLo;
  nptl.forking = null;
  for (const { parent } of nptl.atfork) if (parent !== null) yield* runBody(parent());
  return error < 0 ? error : pid;
}

/** clone(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, 0, &pd->tid) in this machine's order. */
function cloneProcess(nptl: Nptl): number {
  const { sys, target, threads } = nptl;
  const isClone2 = target.cloneOrder === 'stack-size';
  const tidAt = { 'tls-fourth': 4, 'tls-fifth': 3, 'stack-size': 4 }[target.cloneOrder];
  sys.number(0, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | target.signals.numbers.SIGCHLD!);
  for (let i = 1; i < 6; i++) sys.number(i, 0);
  sys.word(tidAt, threads.pdHi[nptl.self]!, nptl.tidLo(nptl.self));
  return sys.trap(target.nr[isClone2 ? 'clone2' : 'clone']!);
}

/** What the child does first: its robust list, the stacks of threads it does not have, and the handlers of pthread_atfork. */
export function* inChild(nptl: Nptl, body: () => unknown): Generator<unknown, unknown, unknown> {
  if (nptl.isModern) registerRobustList(nptl, nptl.mainRow);
  reclaimStacks(nptl, nptl.mainRow);
  for (const { child } of nptl.atfork) if (child !== null) yield* runBody(child());
  return yield* runBody(body());
}
