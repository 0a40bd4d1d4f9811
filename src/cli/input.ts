/* Files that a command reads: by name, or standard input for "-". */
import { readFileSync } from 'node:fs';
import { codeOf, RunError, UsageError } from './errors.js';
import { reasonOf } from './output.js';

const FROM_STDIN = '-';

/** What sentences call it. */
export function inputName(file: string): string {
  return file === FROM_STDIN ? 'standard input' : file;
}

/** Refuses to read standard input twice: nothing would be left of it. */
export function checkInputs(files: readonly string[]): void {
  if (files.filter((file) => file === FROM_STDIN).length > 1) throw new UsageError('standard input, "-", can be read once only');
}

/** Its bytes. */
export async function readInput(file: string): Promise<Buffer> {
  try {
    return file === FROM_STDIN ? await standardInput() : readFileSync(file);
  } catch (error) {
    throw codeOf(error) === undefined ? error : new UsageError(`cannot read ${inputName(file)}: ${reasonOf(error)}`);
  }
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Refuses a text without anything in it; `why` says what commonly leads to one. */
export function checkNotEmpty(file: string, text: string, why: string): void {
  if (text.trim() === '') throw new RunError(`${inputName(file)} is empty: ${why}`);
}

export const NO_MAPS = 'a process that has ended has no maps, nor has a kernel thread';
export const NO_LOG = 'there is no line of strace in it';
