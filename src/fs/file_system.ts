/**
 * FileSystem: what names stand for. There is little: a few devices, /proc, the running program, and the files
 * that were granted, under the directories that their paths name. Nothing else of the host exists in here.
 * Source of the order of checks: Linux 2.5.46, fs/namei.c: open_namei(), may_open().
 */
import {
  EACCES, EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ETXTBSY,
} from '../arch/generic/errno.js';
import type { AddressSpace } from '../mm/address_space.js';
import type { PhysicalMemory } from '../mm/physical_memory.js';
import { nullDevice, zeroDevice } from './devices.js';
import { type Inode, MAY_READ, MAY_WRITE, mayAccess, plainInode, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, USER } from './inode.js';
import { type FileStore, RegularFile } from './regular_file.js';

export interface GrantedFile {
  readonly access: 'ro' | 'rw';
  readonly store: FileStore;
}

/** What one open asks for, without the machine's numbering. */
export interface OpenRequest {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly directory: boolean;
  readonly noFollow: boolean;
}

/** Looks up what is below /proc, by its path without that: "self/maps". Null: nothing. */
export type ProcLookup = (path: string) => Inode | string | null;

/** What it asks of the kernel. */
export interface FileSystemHelp {
  readonly proc: ProcLookup;
  /** unmap_mapping_range(): no address space shows the pages of `mapping` from `first` on any more. */
  readonly unmap: (mapping: AddressSpace, first: number) => void;
}

const NO_HELP: FileSystemHelp = { proc: () => null, unmap: () => {} };

const PATH_MAX = 4096;
const NAME_MAX = 255;
const MOST_LINKS = 40;
/** Inode numbers of granted files begin above the program's. */
const FIRST_INO = 4712;
const PROGRAM_INO = 4711;
const ROOT_INO = 2;

export class FileSystem {
  /** The directory that relative paths begin in. */
  cwd = '/';
  private readonly names = new Map<string, Inode>();
  private readonly granted: RegularFile[] = [];
  /** Files that were granted and do not exist yet. */
  private readonly absent = new Map<string, { inode: RegularFile; store: FileStore }>();
  private readonly help: FileSystemHelp;

  constructor(files: Readonly<Record<string, GrantedFile>>, memory: PhysicalMemory, help: FileSystemHelp = NO_HELP) {
    this.help = help;
    for (const path of ['/dev', '/proc', '/tmp']) this.makeDirectories(`${path}/x`);
    this.names.set('/dev/null', nullDevice);
    this.names.set('/dev/zero', zeroDevice);
    Object.entries(files).forEach(([path, { store, access }], i) => {
      const inode = new RegularFile(store, FIRST_INO + i, access, memory, help.unmap);
      this.granted.push(inode);
      this.makeDirectories(path);
      if (store.exists?.() ?? true) this.names.set(path, inode);
      else this.absent.set(path, { inode, store });
    });
  }

  /** The program that runs. What it holds nobody has given: zeroes. */
  addProgram(path: string, bytes: number): void {
    this.makeDirectories(path);
    this.names.set(path, {
      ...plainInode,
      mode: S_IFREG | 0o755,
      uid: USER,
      device: { major: 3, minor: 1 },
      ino: PROGRAM_INO,
      size: () => bytes,
      read: (at, count) => new Uint8Array(Math.min(count, Math.max(bytes - at, 0), 65536)),
      mappable: true,
      isRunning: true,
    });
  }

  /** Everything that was changed through maps goes to the files. */
  sync(): void {
    for (const file of this.granted) file.mapping.writeBack();
  }

  /** A path as the root sees it, without "." and "..", for names of areas and the like. */
  absolute(path: string): string {
    const parts: string[] = [];
    for (const part of (path.startsWith('/') ? path : `${this.cwd}/${path}`).split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }

  /** path_lookup(): what `path` names, links followed (the last one only if asked), or a negative errno. */
  lookup(path: string, follows = true): Found | number {
    if (path === '') return -ENOENT;
    if (path.length >= PATH_MAX) return -ENAMETOOLONG;
    if (path.split('/').some((part) => part.length > NAME_MAX)) return -ENAMETOOLONG;
    let at = this.absolute(path);
    for (let links = 0; links < MOST_LINKS; links++) {
      const found = this.step(at);
      if (typeof found === 'number') return found;
      const isLast = found.rest === '';
      if (found.link === null || (isLast && !follows)) {
        const isDirectory = (found.inode.mode & S_IFMT) === S_IFDIR;
        if (!isLast) return isDirectory ? -ENOENT : -ENOTDIR;
        return path.endsWith('/') && !isDirectory ? -ENOTDIR : found;
      }
      at = this.absolute(`${found.link.startsWith('/') ? '' : `${found.path}/../`}${found.link}${found.rest}`);
    }
    return -ELOOP;
  }

  /** The longest beginning of `path` that stands for something. */
  private step(path: string): Found | number {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const prefix = path.slice(0, end);
      const inode = this.inodeAt(prefix);
      if (typeof inode === 'string') return { path: prefix, inode: linkInode, link: inode, rest: path.slice(end) };
      if (inode !== null) return { path: prefix, inode, link: null, rest: path.slice(end) };
    }
    const root = this.names.get('/')!;
    return { path: '/', inode: root, link: null, rest: path === '/' ? '' : path };
  }

  /** An inode, the target of a link, or null. */
  private inodeAt(path: string): Inode | string | null {
    const known = this.names.get(path);
    if (known !== undefined) return known;
    return path.startsWith('/proc/') ? this.help.proc(path.slice('/proc/'.length)) : null;
  }

  /** open_namei(): what is to be opened, truncated if so asked, or a negative errno. */
  open(path: string, request: OpenRequest): Found | number {
    const found = this.lookup(path, !request.noFollow);
    if (typeof found === 'number') {
      return found === -ENOENT && request.create ? this.create(path) : found;
    }
    const { inode } = found;
    const isDirectory = (inode.mode & S_IFMT) === S_IFDIR;
    if (request.create && request.exclusive) return -EEXIST;
    if (found.link !== null) return -ELOOP;
    if (isDirectory && (request.writable || request.create)) return -EISDIR;
    if (request.directory && !isDirectory) return -ENOTDIR;
    const wanted = (request.readable ? MAY_READ : 0) | (request.writable || request.truncate ? MAY_WRITE : 0);
    if (!mayAccess(inode, wanted)) return -EACCES;
    if (inode.isRunning && (wanted & MAY_WRITE) !== 0) return -ETXTBSY;
    const error = request.truncate ? (inode.truncate?.(0) ?? 0) : 0;
    return error < 0 ? error : found;
  }

  /** vfs_create(): of a file that was granted. Directories here are not the program's to make others in. */
  private create(path: string): Found | number {
    const name = this.absolute(path);
    const granted = this.absent.get(name);
    if (granted === undefined) return typeof this.lookup(`${name}/..`) === 'number' ? -ENOENT : -EACCES;
    const error = granted.store.create?.() ?? 0;
    if (error < 0) return error;
    this.absent.delete(name);
    this.names.set(name, granted.inode);
    return { path: name, inode: granted.inode, link: null, rest: '' };
  }

  private makeDirectories(path: string): void {
    for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      const name = end === 0 ? '/' : path.slice(0, end);
      if (this.names.has(name)) continue;
      this.names.set(name, { ...plainInode, mode: S_IFDIR | 0o755, read: () => -EISDIR, device: { major: 3, minor: 1 }, ino: ROOT_INO + this.names.size });
    }
  }
}

/** What a path was found to be. */
export interface Found {
  /** As the root sees it. */
  readonly path: string;
  readonly inode: Inode;
  /** Where a symbolic link leads; null for what is none. */
  readonly link: string | null;
  /** What of the path is beyond it: empty when it was found. */
  readonly rest: string;
}

const linkInode: Inode = { ...plainInode, mode: S_IFLNK | 0o777, device: { major: 0, minor: 3 }, ino: 1 };
