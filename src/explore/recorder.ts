/**
 * Recorder: a schedule that follows another and keeps what it was asked and answered, in arrays that are used again for
 * each run.
 */
import { grown } from '../lib/grow.js';
import type { Choices } from '../task/choices.js';
import { POINT, type Schedule } from '../task/schedule.js';

const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5 | 0;

export class Recorder implements Schedule {
  /** Choices of the run so far. */
  length = 0;
  /** Of each choice: why it was asked for, among how many, and the answer. */
  why = new Uint8Array(256);
  count = new Int32Array(256);
  answer = new Int32Array(256);
  /** Choices after which a run is ended. */
  readonly most: number;
  private leader: Schedule | null = null;
  private hash = 0;
  private sum = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** Whom the next run follows. */
  follow(leader: Schedule): this {
    this.leader = leader;
    return this;
  }

  reset(): void {
    this.length = 0;
    this.hash = FNV_BASIS;
    this.sum = 0;
    this.leader!.reset();
  }

  choose(why: number, ready: Int32Array, count: number): number {
    const step = this.length;
    if (step === this.most) return -1;
    if (step === this.why.length) this.grow();
    const answer = this.leader!.choose(why, ready, count);
    this.why[step] = why;
    this.count[step] = count;
    this.answer[step] = answer;
    this.length = step + 1;
    this.hash = Math.imul(this.hash ^ (answer + 1), FNV_PRIME);
    this.sum = Math.imul(this.sum, 31) + answer + (this.hash >>> 15) | 0;
    return answer;
  }

  /** Stands for the list of answers: 53 bits. */
  get name(): number {
    return (this.hash & 0x1fffff) * 2 ** 32 + (this.sum >>> 0);
  }

  /** Preemptions of the run: points at which the running task could have gone on and did not. */
  get preemptions(): number {
    let n = 0;
    for (let step = 0; step < this.length; step++) if (this.why[step] === POINT && this.answer[step] !== 0) n += 1;
    return n;
  }

  /** The answers as a list that replays them. */
  choices(): Choices {
    const at: number[] = [];
    const choice: number[] = [];
    for (let step = 0; step < this.length; step++) {
      if (this.answer[step] === 0) continue;
      at.push(step);
      choice.push(this.answer[step]!);
    }
    return { at, choice };
  }

  private grow(): void {
    const n = 2 * this.why.length;
    this.why = grown(this.why, n);
    this.count = grown(this.count, n);
    this.answer = grown(this.answer, n);
  }
}
