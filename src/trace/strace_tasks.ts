/**
 * Whose line is it? Under -f a log has lines of several tasks. Threads, and what vfork made, share the memory of
 * the process until they exec; what fork made has memory of its own from the start.
 *
 * The process has no pid in its lines before there is a second task (unless the log is in a file, -o), so
 * the first pid that no clone explains is its own. A child may show lines before the clone that made it returns.
 */
import { nameOfCall } from './strace_line.js';

const CLONE_CALLS = ['clone', 'clone2', 'clone3', 'fork', 'vfork'];
const EXEC_CALLS = ['execve', 'execveat'];

export function isClone(name: string | null): boolean {
  return name !== null && CLONE_CALLS.includes(name);
}

export function isExec(name: string): boolean {
  return EXEC_CALLS.includes(name);
}

/** Whether the child of this clone uses its parent's memory. */
function sharesMemory(clone: string): boolean {
  return nameOfCall(clone) === 'vfork' || /\bCLONE_VM\b/.test(clone);
}

export class StraceTasks {
  /** Every task seen, by whether it shares the process's memory. */
  private readonly shares = new Map<number, boolean>();
  private readonly children = new Set<number>();
  private hasProcess = false;

  /** Whether a line of `pid` is about the process's memory. `clone` is one that has not returned yet, if any. */
  isOurs(pid: number | null, clone: string | null): boolean {
    if (pid === null) return true;
    const known = this.shares.get(pid);
    if (known !== undefined) return known;
    if (clone !== null) {
      this.made(pid, clone);
    } else {
      this.shares.set(pid, !this.hasProcess);
      this.hasProcess = true;
    }
    return this.shares.get(pid)!;
  }

  /** `clone` made the task `pid`. */
  made(pid: number, clone: string): void {
    this.children.add(pid);
    this.shares.set(pid, sharesMemory(clone));
  }

  isChild(pid: number | null): boolean {
    return pid !== null && this.children.has(pid);
  }

  /** The task goes on with memory of its own. */
  leaves(pid: number | null): void {
    if (pid !== null) this.shares.set(pid, false);
  }
}
