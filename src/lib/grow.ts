/** Growing typed-array columns. */

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** A copy of `column` with room for `n` entries; new entries are zero. */
export function grown<T extends Column>(column: T, n: number): T {
  const bigger = new (column.constructor as new (n: number) => T)(n);
  bigger.set(column as never);
  return bigger;
}
