/** A mistake in the command line or in what it names: one sentence on stderr, exit status 2. */
export class UsageError extends Error {}

/** Something outside went wrong while we worked (a child died, a disk is full): exit status 1. */
export class RunError extends Error {}

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** What a shell shows for a program that SIGPIPE ended: the reader of our output is gone. */
export const EXIT_PIPE = 141;

/** 128 + SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** The text of anything that was thrown, on one line. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').trim();
}

/** "ENOENT" and its like, of errors that Node throws. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
