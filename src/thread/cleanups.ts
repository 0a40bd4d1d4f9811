/** A cleanup handler of pthread_cleanup_push; see pthread_cancel.ts. */
export interface Cleanup {
  readonly routine: (arg: unknown) => unknown;
  readonly arg: unknown;
}

/** Of pthread_atfork: before the fork, and after it in the parent and in the child; see fork.ts. */
export interface AtforkHandlers {
  readonly prepare: (() => unknown) | null;
  readonly parent: (() => unknown) | null;
  readonly child: (() => unknown) | null;
}
