/*
 * Everything that leaves guardpage passes here, and leaves at once: writes are synchronous, so that
 * the guest's output and ours keep their order, from whichever thread they come.
 */
import { accessSync, constants, existsSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isatty } from 'node:tty';
import pc from 'picocolors';
import { codeOf, RunError, UsageError } from './errors.js';

export const STDOUT = 1;
export const STDERR = 2;
/** `--json -`. */
export const TO_STDOUT = '-';

/** Letters to a line where there is no terminal. */
const PAGE_COLUMNS = 100;
/** Between two attempts to write to a pipe that is full. */
const RETRY_MS = 1;
const never = new Int32Array(new SharedArrayBuffer(4));

const STREAMS: Readonly<Record<number, string>> = { [STDOUT]: 'standard output', [STDERR]: 'standard error' };

/**
 * Writes all of it. A pipe that is full and not blocking is waited for; one that nobody reads is EPIPE, anything else a
 * RunError that calls the file `name`.
 */
export function writeAll(fd: number, data: string | Uint8Array, name = STREAMS[fd] ?? 'a file'): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (codeOf(error) === 'EPIPE') throw error;
      if (codeOf(error) !== 'EAGAIN') throw new RunError(`cannot write ${name}: ${reasonOf(error)}`);
      Atomics.wait(never, 0, 0, RETRY_MS);
    }
  }
}

/** A sentence of guardpage's own. */
export function say(sentence: string): void {
  writeAll(STDERR, `guardpage: ${sentence}\n`);
}

/** On a terminal alone, and not where NO_COLOR (no-color.org) is set to anything. */
export function hasColor(fd: number): boolean {
  return isatty(fd) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

export function colors(fd: number): ReturnType<typeof pc.createColors> {
  return pc.createColors(hasColor(fd));
}

/** Letters to a line: a terminal's own, else a page's. */
export function columnsOf(fd: number): number {
  const stream = fd === STDERR ? process.stderr : process.stdout;
  return (isatty(fd) && stream.columns) || PAGE_COLUMNS;
}

/** Refuses a file that cannot be written, before the work that would be lost. Makes no file. */
export function checkWritable(path: string | undefined): void {
  if (path === undefined || path === TO_STDOUT) return;
  try {
    if (!existsSync(path)) accessSync(dirname(path), constants.W_OK);
    else if (statSync(path).isDirectory()) throw new UsageError(`cannot write ${path}: it is a directory`);
    else accessSync(path, constants.W_OK);
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** The same for a flag that takes a file only: "-" would be one of that name. */
export function checkFile(flag: string, path: string | undefined): void {
  if (path === TO_STDOUT) throw new UsageError(`${flag} takes the name of a file, not "-"`);
  checkWritable(path);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a directory',
  ENOSPC: 'no space left',
};

export function reasonOf(error: unknown): string {
  const code = codeOf(error) ?? '';
  return REASONS[code] ?? (code || String(error));
}

export function writeFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new RunError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** A file to be written bit by bit, empty. */
export function openToWrite(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** Where `--json` says. */
export function writeJson(path: string, value: object): void {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (path === TO_STDOUT) writeAll(STDOUT, text);
  else writeFile(path, text);
}
