/** Open files of a process. So far the three standard streams, connected to the machine's sinks. */
import type { OpenFile } from '../mm/mmap.js';

/** Where bytes written to a stream go. */
export type Sink = (bytes: Uint8Array) => void;

export interface File {
  readonly path: string;
  /** Takes bytes, or null when the file cannot be written. */
  readonly write: Sink | null;
  /** What mmap needs to know of it. */
  readonly open: OpenFile;
}

export class Files {
  private readonly byFd: (File | null)[];

  constructor(stdout: Sink, stderr: Sink) {
    this.byFd = [terminal(null), terminal(stdout), terminal(stderr)];
  }

  /** The open file `fd`, or null. */
  get(fd: number): File | null {
    return this.byFd[fd] ?? null;
  }

  /** Makes `fd` stand for `file`, or for nothing. */
  install(fd: number, file: File | null): void {
    this.byFd[fd] = file;
  }
}

/** A terminal: readable and writable as opened, and without an mmap operation. */
function terminal(write: Sink | null): File {
  const mapped = { path: '/dev/tty', major: 5, minor: 0, inode: 0 };
  return { path: '/dev/tty', write, open: { mapped, readable: true, writable: true, mappable: false } };
}
