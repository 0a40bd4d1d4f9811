/** What /proc asks of the kernel. */
import type { Mm } from '../mm/mm.js';
import type { Files } from './files.js';

export interface ProcTask {
  readonly tgid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** comm: up to 15 letters. */
  readonly name: string;
  /** "R (running)". */
  readonly state: string;
  /** Live tasks of the process. */
  readonly threads: number;
  readonly mm: Mm;
  readonly files: Files;
  /** Sets of 16 hexadecimal digits; null where nobody keeps any. */
  readonly signals: { readonly blocked: string; readonly ignored: string; readonly caught: string } | null;
}

export interface ProcSource {
  /** The calling task, and the one with `pid`; null for none. */
  current(): ProcTask | null;
  find(pid: number): ProcTask | null;
  readonly pidMax: number;
}
