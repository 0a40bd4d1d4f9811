/*
 * A rig with files in memory, for the tests of the file calls: paths, flags by name, and short results.
 */
import type { GrantedFile } from '../../src/fs/file_system.js';
import { MemoryStore } from '../../src/fs/regular_file.js';
import { errnoName } from '../../src/arch/generic/errno.js';
import type { OpenFlags } from '../../src/arch/generic/fcntl.js';
import { Rig, type RigOptions, type Word } from './rig.js';

export const RDONLY = 0;
export const WRONLY = 1;
export const RDWR = 2;

export class FilesRig extends Rig {
  /** Where strings and buffers of a test lie, far apart. */
  readonly buffer: bigint;
  readonly stores: Record<string, MemoryStore> = {};
  private readonly string: bigint;

  constructor(name: string, files: Readonly<Record<string, string>> = {}, options: RigOptions = {}) {
    super(name, { modernNptl: true, ...options });
    const granted: Record<string, GrantedFile> = {};
    for (const [path, text] of Object.entries(files)) {
      this.stores[path] = new MemoryStore(new TextEncoder().encode(text));
      granted[path] = { access: path.endsWith('.ro') ? 'ro' : 'rw', store: this.stores[path] };
    }
    this.kernel.mount(granted);
    this.kernel.fs.addProgram('/bin/rig', 2 * this.target.pageSize);
    this.string = this.data + 0x800n;
    this.buffer = this.data;
  }

  /** By name; a result as a number, or the generic name of the errno. */
  call(name: string, ...args: (Word | string)[]): number | string {
    const nr = this.target.nr[name];
    if (nr === undefined) throw new Error(`${this.target.arch} has no ${name}`);
    const words = args.map((arg) => (typeof arg === 'string' ? this.put(this.string, `${arg}\0`) : arg));
    const outcome = this.raw(nr, ...words);
    if (outcome !== 'done') return outcome;
    const { trap, errno } = this.target;
    const error = trap.errorOf(this.kernel.regs);
    if (error !== 0) {
      for (let generic = 1; generic < 134; generic++) if (errno(generic) === error) return errnoName(generic);
    }
    const [lo, hi] = [this.kernel.regs[2 * trap.result]!, this.kernel.regs[2 * trap.result + 1]!];
    return this.target.bits === 32 ? lo >>> 0 : (hi >>> 0) * 2 ** 32 + (lo >>> 0);
  }

  /** open(2): flags as "RDWR" plus names of OpenFlags. */
  open(path: string, access = RDONLY, flags = ''): number | string {
    const names = flags.split(' ').filter((name) => name !== '');
    const word = names.reduce((all, name) => all | this.target.open[name as keyof OpenFlags], access);
    return this.call('open', path, word, 0o644);
  }

  /** Stores text at `address`, and returns the address. */
  put(address: bigint, text: string): bigint {
    const bytes = new TextEncoder().encode(text);
    for (let i = 0; i < bytes.length; i++) this.pokeByte(address + BigInt(i), bytes[i]!);
    return address;
  }

  /** `count` bytes at `address` as text. */
  text(address: bigint, count: number): string {
    return String.fromCharCode(...Array.from({ length: count }, (_, i) => this.peekByte(address + BigInt(i))));
  }

  private pokeByte(address: bigint, byte: number): void {
    const at = this.shift(address);
    const word = this.peek(address & ~3n);
    this.poke(address & ~3n, (word & ~(0xff << at)) | (byte << at));
  }

  peekByte(address: bigint): number {
    return (this.peek(address & ~3n) >>> this.shift(address)) & 0xff;
  }

  private shift(address: bigint): number {
    const byte = Number(address & 3n);
    return 8 * (this.target.bigEndian ? 3 - byte : byte);
  }

  /** read(2) into the buffer: the text, or the errno. */
  read(fd: number | string, count: number): string {
    const got = this.call('read', Number(fd), this.buffer, count);
    return typeof got === 'number' ? this.text(this.buffer, got) : got;
  }

  write(fd: number | string, text: string): number | string {
    return this.call('write', Number(fd), this.put(this.buffer, text), new TextEncoder().encode(text).length);
  }

  /** What the file holds, outside the machine. */
  contents(path: string): string {
    return new TextDecoder().decode(this.stores[path]!.contents());
  }
}
