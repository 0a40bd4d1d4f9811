/* Where in the program something was thrown. */
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where guardpage's own code lies: frames there are not the program's. */
const OURS = fileURLToPath(new URL('..', import.meta.url));

/** The first frame of a stack that is neither ours nor Node's nor jiti's: "file:line", or null. */
export function placeOf(error: unknown, { program, programShown }: { program: string; programShown: string }): string | null {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, path, line] of stack.matchAll(/(?:\(|at |file:\/\/)(\/[^():]+):(\d+):\d+/g)) {
    if (path!.startsWith(OURS) || path!.includes(`${sep}node_modules${sep}jiti${sep}`)) continue;
    return `${path === program ? programShown : path}:${line}`;
  }
  return null;
}
