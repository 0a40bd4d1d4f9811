/**
 * Registers of tasks that sleep, kept once a program has signal handlers: an interrupted call that begins again needs
 * the number and the arguments it had. A program without handlers never pays for them.
 */
import type { Registers } from '../arch/index.js';
import { grown } from '../lib/grow.js';

const WORDS = 32;

export class SavedRegisters {
  /** Whether sleeping tasks' registers are kept from now on. */
  isOn = false;
  private words = new Int32Array(0);
  private valid = new Uint8Array(0);

  reset(): void {
    this.isOn = false;
    this.valid.fill(0);
  }

  save(slot: number, regs: Registers): void {
    if (slot >= this.valid.length) {
      const rows = Math.max(16, 4 * slot);
      this.words = grown(this.words, rows * WORDS);
      this.valid = grown(this.valid, rows);
    }
    this.words.set(regs, slot * WORDS);
    this.valid[slot] = 1;
  }

  /** Puts back what was saved. Returns false if nothing was. */
  restore(slot: number, regs: Registers): boolean {
    if (this.valid[slot] !== 1) return false;
    regs.set(this.words.subarray(slot * WORDS, (slot + 1) * WORDS));
    this.valid[slot] = 0;
    return true;
  }
}
