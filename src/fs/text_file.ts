/**
 * Files of /proc: text that is produced when it is read. As seq_file does, one read gets at most a page of whole
 * lines, unless it asks for less; the rest waits for the next. Linux 2.6.0, fs/seq_file.c: seq_read(), traverse().
 *
 * Unlike Linux: the text is of one moment, that of the read at its beginning.
 */
import { type Inode, plainInode, type Reader, S_IFREG } from './inode.js';

const PROC_DEVICE = { major: 0, minor: 3 };
const NEWLINE = 10;
const encoder = new TextEncoder();

/** `mode` without S_IFREG. */
export function textFile(ino: number, mode: number, uid: number, pageSize: number, text: () => string): Inode {
  return {
    ...plainInode,
    mode: S_IFREG | mode,
    uid,
    device: PROC_DEVICE,
    ino,
    producesText: true,
    read: (at, count, reader) => readText(at, count, reader, pageSize, text),
  };
}

function readText(at: number, count: number, reader: Reader, pageSize: number, text: () => string): Uint8Array {
  if (reader.pending.length === 0 || reader.pendingAt !== at) reader.pending = encoder.encode(text()).subarray(at);
  const { pending } = reader;
  const whole = pending.length <= pageSize ? pending.length : pending.lastIndexOf(NEWLINE, pageSize - 1) + 1 || pageSize;
  const n = Math.min(whole, count);
  reader.pending = pending.subarray(n);
  reader.pendingAt = at + n;
  return pending.subarray(0, n);
}
