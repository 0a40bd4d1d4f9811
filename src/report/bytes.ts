/* Sizes and addresses of areas as people read them. Both are bigints: ia64 and sparc64 need 64 bits. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const STEP = 1024;
/** Kernels pad to the digits of their long; here 8 are enough, and larger addresses show all theirs. */
const LEAST_DIGITS = 8;

/** "4 KiB", "7.75 MiB", "16 EiB": three significant digits, four from 1,000 to 1,023. */
export function bytesText(bytes: bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (rounded(value) >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return `${rounded(value)} ${UNITS[unit]}`;
}

function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}

export function addressText(address: bigint): string {
  return address.toString(16).padStart(LEAST_DIGITS, '0');
}
