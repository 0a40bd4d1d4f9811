/** One named semaphore; unlinked ones live on until closed as often as opened. */
export interface NamedSem {
  readonly name: string;
  readonly hi: number;
  readonly lo: number;
  opened: number;
}
