/**
 * What a program prints, as one number: a sum over its lines, so that their order does not matter and no line is kept.
 */
const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5 | 0;
const NEWLINE = 10;

export class OutputDigest {
  private line = FNV_BASIS;
  private sum = 0;

  reset(): void {
    this.line = FNV_BASIS;
    this.sum = 0;
  }

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== NEWLINE) {
        this.line = Math.imul(this.line ^ byte, FNV_PRIME);
        continue;
      }
      this.sum = (this.sum + mixed(this.line)) | 0;
      this.line = FNV_BASIS;
    }
  }

  get value(): number {
    return (this.sum + mixed(this.line)) | 0;
  }
}

/** Lines whose numbers are near each other are far apart in the sum. */
function mixed(line: number): number {
  const x = Math.imul(line ^ (line >>> 15), 0x2c1b3c6d);
  return x ^ (x >>> 13);
}
