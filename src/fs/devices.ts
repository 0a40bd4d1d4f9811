/**
 * The devices a program sees: /dev/null, /dev/zero and the terminal behind its standard streams. Linux 2.5.46,
 * drivers/char/mem.c.
 */
import { type Inode, plainInode, S_IFCHR, USER } from './inode.js';

/** Where bytes written to a stream go. */
export type Sink = (bytes: Uint8Array) => void;
/** Where bytes read from standard input come from: up to `count`, none at the end. */
export type Source = (count: number) => Uint8Array;

const ROOT_DEVICE = { major: 3, minor: 1 };
const NOTHING = new Uint8Array(0);
/** Bytes of /dev/zero that one read is given at a time. */
const ZEROES = new Uint8Array(65536);

export const nullDevice: Inode = {
  ...plainInode,
  mode: S_IFCHR | 0o666,
  device: ROOT_DEVICE,
  ino: 1003,
  rdev: { major: 1, minor: 3 },
  seeks: 'stays',
  read: () => NOTHING,
  write: (_at, bytes) => bytes.length,
  discards: true,
};

/** Its private maps are plain memory and its shared ones shared memory: src/mm/mmap.ts. */
export const zeroDevice: Inode = {
  ...nullDevice,
  ino: 1005,
  rdev: { major: 1, minor: 5 },
  read: (_at, count) => ZEROES.subarray(0, Math.min(count, ZEROES.length)),
  mappable: true,
};

/** A terminal: what is written goes to `sink`, where there is one (else EBADF), and reads see the end. */
export function terminal(sink: Sink | null, source: Source | null): Inode {
  return {
    ...nullDevice,
    mode: S_IFCHR | 0o620,
    uid: USER,
    ino: 1000,
    rdev: { major: 5, minor: 0 },
    seeks: 'nowhere',
    discards: false,
    read: (_at, count) => source?.(count) ?? NOTHING,
    write: sink === null ? null : (_at, bytes) => {
      sink(bytes);
      return bytes.length;
    },
  };
}
