/* Refuses what cannot be a program, before anything is started for it. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { UsageError } from './errors.js';
import { reasonOf } from './output.js';

const EXTENSIONS = ['.ts', '.js', '.mjs', '.mts', '.cjs', '.cts'];
const ELF_MAGIC = '\x7fELF';

export function checkProgram(path: string): void {
  if (firstBytes(path) === ELF_MAGIC) {
    throw new UsageError(`${path} is an ELF file: binaries are not supported yet, only .ts, .js and .mjs programs`);
  }
  if (!EXTENSIONS.includes(extname(path))) {
    throw new UsageError(`${path} is not a program that guardpage knows by its name; known are: .ts, .js, .mjs`);
  }
}

function firstBytes(path: string): string {
  try {
    if (statSync(path).isDirectory()) throw new UsageError(`program ${path} is a directory`);
    const fd = openSync(path, 'r');
    const bytes = Buffer.alloc(ELF_MAGIC.length);
    const got = readSync(fd, bytes);
    closeSync(fd);
    return bytes.toString('latin1', 0, got);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read the program ${path}: ${reasonOf(error)}`);
  }
}
