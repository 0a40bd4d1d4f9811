/** Open files of a process. So far the three standard streams, connected to the machine's sinks. */
import type { OpenFile } from '../mm/mmap.js';

/** Where bytes written to a stream go. */
export type Sink = (bytes: Uint8Array) => void;

export interface File {
  readonly path: string;
  /** Takes bytes, or null when the file cannot be written. */
  readonly write: Sink | null;
  /** What mmap needs, or null for a file that cannot be mapped (ENODEV). */
  readonly mappable: OpenFile | null;
}

export class Files {
  private readonly byFd: (File | null)[];

  constructor(stdout: Sink, stderr: Sink) {
    this.byFd = [
      { path: '/dev/tty', write: null, mappable: null },
      { path: '/dev/tty', write: stdout, mappable: null },
      { path: '/dev/tty', write: stderr, mappable: null },
    ];
  }

  /** The open file `fd`, or null. */
  get(fd: number): File | null {
    return this.byFd[fd] ?? null;
  }
}
