/* A bar on stderr for work that is counted, once it takes longer than a second. */
import { isatty } from 'node:tty';
import { SingleBar } from 'cli-progress';
import { STDERR } from './output.js';

const PATIENCE_MS = 1000;
/** Between two looks at the clock. */
const STEP = 256;

export class CallProgress {
  private readonly total: number;
  private readonly label: string;
  private readonly isWanted: boolean;
  private readonly begun = performance.now();
  private bar: SingleBar | null = null;

  constructor(total: number, label: string, isWanted: boolean) {
    this.total = total;
    this.label = label;
    this.isWanted = isWanted && isatty(STDERR);
  }

  show(done: number): void {
    if (!this.isWanted || done % STEP !== 0) return;
    if (this.bar === null) {
      if (performance.now() - this.begun < PATIENCE_MS) return;
      this.bar = new SingleBar({
        format: `{bar} {percentage}%  {value} of {total}  ${this.label}`,
        stream: process.stderr, clearOnComplete: true, stopOnComplete: false, hideCursor: false, barsize: 24,
      });
      this.bar.start(this.total, done);
    }
    this.bar.update(done);
  }

  stop(): void {
    this.bar?.stop();
  }
}
