/** Typed, so that the types must be stripped here too. */
export const twice = (n: number): number => 2 * n;
