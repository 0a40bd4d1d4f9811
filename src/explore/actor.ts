/** Who does something, and where. */
export interface Actor {
  readonly tid: number;
  /** Name of the thread's function, "main" for the first thread. */
  readonly thread: string;
  /** The line of the program that makes the call, as the JavaScript engine names it; may be empty. */
  readonly site: string;
}
