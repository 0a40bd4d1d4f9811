/*
 * A file of the host's that was granted with --grant. Opened once, read and written where the program does; what
 * goes wrong becomes the errno that the guest sees.
 */
import {
  closeSync, constants, existsSync, fstatSync, ftruncateSync, openSync, readSync, statSync, writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { EACCES, EFBIG, EIO, ENOSPC, EROFS } from '../arch/generic/errno.js';
import type { GrantedFile } from '../fs/file_system.js';
import type { FileStore } from '../fs/regular_file.js';
import { codeOf, UsageError } from './errors.js';
import { reasonOf } from './output.js';

/** One `--grant`. */
export interface Grant {
  /** Absolute. */
  readonly path: string;
  readonly access: 'ro' | 'rw';
}

/** One `--grant PATH[:ro|rw]`, added to those before it. */
export function grant(text: string, before: readonly Grant[] = []): readonly Grant[] {
  const [, path, access] = /^(.+?)(?::(ro|rw))?$/s.exec(text) ?? [];
  if (path === undefined) throw new UsageError('--grant needs the path of a file: PATH, PATH:ro or PATH:rw');
  const wrong = /:([a-z]*)$/.exec(path)?.[1];
  if (access === undefined && wrong !== undefined && !existsSync(path)) {
    throw new UsageError(`--grant "${text}": no access "${wrong}"; there are: ro, rw`);
  }
  return [...before.filter((one) => one.path !== resolve(path)), { path: resolve(path), access: (access ?? 'ro') as 'ro' | 'rw' }];
}

/** Refuses what cannot be granted, before anything runs. A file for writing may not exist yet. */
export function checkGrants(grants: readonly Grant[]): void {
  for (const { path, access } of grants) {
    if (!existsSync(path)) {
      if (access === 'rw' && existsSync(resolve(path, '..'))) continue;
      throw new UsageError(`cannot grant ${path}: no such file or directory`);
    }
    if (!statSync(path).isFile()) throw new UsageError(`cannot grant ${path}: it is no regular file`);
    closeSync(opened(path, access, 0));
  }
}

function opened(path: string, access: 'ro' | 'rw', more: number): number {
  try {
    return openSync(path, (access === 'rw' ? constants.O_RDWR : constants.O_RDONLY) | more);
  } catch (error) {
    throw new UsageError(`cannot grant ${path}: ${reasonOf(error)}`);
  }
}

/** For MachineConfig.files. */
export function grantedFiles(grants: readonly Grant[]): Record<string, GrantedFile> {
  return Object.fromEntries(grants.map(({ path, access }) => [path, { access, store: new HostFile(path, access) }]));
}

const ERRNOS: Readonly<Record<string, number>> = { EACCES, EPERM: EACCES, ENOSPC, EDQUOT: ENOSPC, EFBIG, EROFS };

/** The generic errno for what the host said. */
function errnoOf(error: unknown): number {
  return ERRNOS[codeOf(error) ?? ''] ?? EIO;
}

class HostFile implements FileStore {
  private readonly path: string;
  private readonly access: 'ro' | 'rw';
  /** Negative: not opened yet. */
  private fd = -1;

  constructor(path: string, access: 'ro' | 'rw') {
    this.path = path;
    this.access = access;
    if (existsSync(path)) this.fd = opened(path, access, 0);
  }

  exists(): boolean {
    return this.fd >= 0;
  }

  create(): number {
    return this.attempt(() => {
      this.fd = opened(this.path, this.access, constants.O_CREAT);
      return 0;
    });
  }

  size(): number {
    return this.fd < 0 ? 0 : fstatSync(this.fd).size;
  }

  read(at: number, count: number): Uint8Array | number {
    const bytes = new Uint8Array(count);
    const got = this.attempt(() => readSync(this.fd, bytes, 0, count, at));
    return got < 0 ? got : bytes.subarray(0, got);
  }

  write(at: number, bytes: Uint8Array): number {
    return this.attempt(() => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.fd, bytes, done, bytes.length - done, at + done);
      return 0;
    });
  }

  truncate(size: number): number {
    return this.attempt(() => {
      ftruncateSync(this.fd, size);
      return 0;
    });
  }

  private attempt(action: () => number): number {
    try {
      return action();
    } catch (error) {
      return -errnoOf(error);
    }
  }
}
