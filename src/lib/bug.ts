/**
 * Our own mistakes. Guest-visible failures are negative errno values and never come through here.
 */
export class Bug extends Error {}

/** Throws a Bug whose text carries the values that led to it. */
export function bug(what: string, values: Record<string, unknown> = {}): never {
  const shown = Object.entries(values).map(([name, value]) => `${name}=${String(value)}`);
  throw new Bug(shown.length > 0 ? `${what} (${shown.join(', ')})` : what);
}
