/** A cleanup handler of pthread_cleanup_push; see pthread_cancel.ts. */
export interface Cleanup {
  readonly routine: (arg: unknown) => unknown;
  readonly arg: unknown;
}
