/**
 * RegularFile: a granted file. Its bytes are wherever its store keeps them (memory, or a file of the host's,
 * see src/cli); pages of it that somebody maps are in its AddressSpace, which read(2) and write(2) show and
 * change too. So a program sees one file, whichever way it looks.
 */
import { AddressSpace } from '../mm/address_space.js';
import type { PhysicalMemory } from '../mm/physical_memory.js';
import { EFBIG, ENOSPC } from '../arch/generic/errno.js';
import { type Device, type Inode, S_IFREG, USER } from './inode.js';

/** Bytes outside the machine. Failures are negative generic errnos. */
export interface FileStore {
  size(): number;
  /** Reads up to `count` bytes at `at`; none at the end. */
  read(at: number, count: number): Uint8Array | number;
  /** Writes all of it, beyond the end too, or nothing. */
  write(at: number, bytes: Uint8Array): number;
  truncate(size: number): number;
  /** Without these it exists. */
  exists?(): boolean;
  create?(): number;
}

/** ext2_max_size() for blocks of 4 KiB. */
export const MAX_BYTES = 2 ** 41 - 4096;

/** A store in memory does not grow beyond this: the host's memory is not the guest's to fill. */
const MOST_IN_MEMORY = 2 ** 28;

/** Files that a program is given lie on the first disk's first partition. */
const DISK: Device = { major: 3, minor: 1 };
const NOTHING = new Uint8Array(0);

export class RegularFile implements Inode {
  readonly mode: number;
  readonly uid = USER;
  readonly device = DISK;
  readonly ino: number;
  readonly rdev = { major: 0, minor: 0 };
  readonly seeks = 'anywhere';
  readonly mapping: AddressSpace;
  readonly mappable = true;
  readonly isRunning = false;
  readonly producesText = false;
  readonly discards = false;
  readonly read: Inode['read'];
  readonly write: Inode['write'];
  readonly truncate: Inode['truncate'];
  private readonly store: FileStore;
  private readonly unmap: (mapping: AddressSpace, first: number) => void;

  constructor(
    store: FileStore, ino: number, access: 'ro' | 'rw', memory: PhysicalMemory,
    unmap: (mapping: AddressSpace, first: number) => void,
  ) {
    this.store = store;
    this.unmap = unmap;
    this.ino = ino;
    this.mode = S_IFREG | (access === 'rw' ? 0o644 : 0o444);
    const { pageSize } = memory;
    this.mapping = new AddressSpace(memory, {
      size: () => store.size(),
      read: (index) => {
        const bytes = store.read(index * pageSize, pageSize);
        return typeof bytes === 'number' ? NOTHING : bytes;
      },
      // A page that the host refuses is lost, as one is that the disk refuses.
      write: access === 'ro' ? null : (index, bytes) => void store.write(index * pageSize, bytes),
    }, false);
    this.read = (at, count) => this.readPages(at, count, pageSize);
    this.write = (at, bytes) => this.writeThrough(at, bytes);
    this.truncate = (size) => this.setSize(size, pageSize);
  }

  size(): number {
    return this.store.size();
  }

  /** Up to the end of the page, from memory where the page is there. */
  private readPages(at: number, count: number, pageSize: number): Uint8Array | number {
    const left = Math.min(count, Math.max(this.size() - at, 0));
    if (left === 0) return NOTHING;
    const page = this.mapping.peek(Math.floor(at / pageSize));
    const offset = at % pageSize;
    const inPage = Math.min(left, pageSize - offset);
    return page === null ? this.store.read(at, inPage) : page.subarray(offset, offset + inPage);
  }

  private writeThrough(at: number, bytes: Uint8Array): number {
    if (at >= MAX_BYTES) return -EFBIG;
    const fits = bytes.subarray(0, MAX_BYTES - at);
    const error = this.store.write(at, fits);
    if (error < 0) return error;
    this.mapping.update(at, fits);
    return fits.length;
  }

  /** vmtruncate(): maps lose what the file loses, private copies too. */
  private setSize(size: number, pageSize: number): number {
    if (size > MAX_BYTES) return -EFBIG;
    const error = this.store.truncate(size);
    if (error < 0) return error;
    this.unmap(this.mapping, Math.ceil(size / pageSize));
    this.mapping.truncate(size);
    return 0;
  }
}

/** A store in memory: what a browser, a test or `files` of MachineConfig gives. `start` itself is left alone. */
export class MemoryStore implements FileStore {
  private bytes: Uint8Array;
  private length: number;

  constructor(start: Uint8Array) {
    this.bytes = start.slice();
    this.length = start.length;
  }

  /** What it holds now. */
  contents(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  size(): number {
    return this.length;
  }

  read(at: number, count: number): Uint8Array {
    return this.bytes.slice(Math.min(at, this.length), Math.min(at + count, this.length));
  }

  write(at: number, bytes: Uint8Array): number {
    const end = at + bytes.length;
    const error = end > this.length ? this.truncate(end) : 0;
    if (error === 0) this.bytes.set(bytes, at);
    return error;
  }

  truncate(size: number): number {
    if (size > MOST_IN_MEMORY) return -ENOSPC;
    if (size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.bytes.length));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    } else if (size < this.length) {
      this.bytes.fill(0, size, this.length);
    }
    this.length = size;
    return 0;
  }
}
