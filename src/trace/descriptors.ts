/**
 * What a log tells of the process's descriptors: which are open, and for what. open(), openat() and creat()
 * say it themselves. Of one that the log did not open (inherited, or from a call that is not read) the first
 * mmap of it tells whether it is open at all; the access is then taken to be what that call needed.
 */
import { ENODEV, EBADF, errnoName } from '../arch/generic/errno.js';
import { nullDevice, zeroDevice } from '../fs/devices.js';
import { File, READ_ONLY } from '../fs/file.js';
import type { Inode } from '../fs/inode.js';
import type { MappedFile, OpenFile } from '../mm/requests.js';
import type { LoggedCall } from './strace_log.js';
import { descriptorOf, type Recorded } from './strace_words.js';

/** Null: known to be closed. Undefined: the log has not told yet. */
type Known = File | null | undefined;

/** asm-generic/fcntl.h; a log with raw numbers (-X raw) is taken to be of a machine that has these. */
const O_WRONLY = 1;
const O_RDWR = 2;
const O_ACCMODE = 3;
const O_DIRECTORY = 0x10000;
const O_PATH = 0x200000;
const FLAGS = { O_WRONLY, O_RDWR, O_DIRECTORY, O_PATH };

interface Access {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly mappable: boolean;
}

/** Devices whose maps are not a file's. */
const DEVICES: Readonly<Record<string, Inode>> = { '/dev/null': nullDevice, '/dev/zero': zeroDevice };

/** A file of which only the log tells: it is mapped, and nothing is read from it. */
class LoggedFile extends File {
  override readonly open: OpenFile;

  constructor(path: string, mapped: MappedFile, access: Access) {
    super(path, nullDevice, READ_ONLY);
    this.open = { mapped, ...access };
  }
}

export class Descriptors {
  private readonly byFd = new Map<number, File | null>();
  private readonly filesByPath: Map<string, MappedFile>;

  private readonly alignsHuge: boolean;

  /**
   * `files`: those of the initial map, which an open by the same path names again. `alignsHuge`: they lie on
   * a file system that aligns them to huge pages, which the log does not tell.
   */
  constructor(files: ReadonlyMap<string, MappedFile>, alignsHuge: boolean) {
    this.filesByPath = new Map(files);
    this.alignsHuge = alignsHuge;
  }

  /** Takes note of an open or a close that succeeded. */
  note(call: Extract<LoggedCall, { kind: 'descriptor' }>): void {
    const { name, args, recorded } = call;
    if (recorded === null || 'error' in recorded) return;
    if (name === 'close') {
      const closed = descriptorOf(args[0] ?? '');
      if (closed !== null) this.byFd.set(closed.fd, null);
      return;
    }
    const path = name === 'openat' ? args[1] : args[0];
    const access = accessOf(call);
    this.byFd.set(recorded.word.lo, access && this.opened(path ?? '', access));
  }

  /** The file behind `fd` of an mmap, or null. `path` is what -y adds; `recorded` teaches what is not known. */
  fileOf(fd: number, path: string | null, recorded: Recorded): File | null {
    const known: Known = this.byFd.get(fd);
    if (known !== undefined) return known;
    const error = recorded !== null && 'error' in recorded ? recorded.error : null;
    const isOpen = fd >= 0 && error !== errnoName(EBADF);
    const mappable = error !== errnoName(ENODEV);
    const file = isOpen ? this.opened(path ?? `fd:${fd}`, { readable: true, writable: true, mappable }) : null;
    this.byFd.set(fd, file);
    return file;
  }

  private opened(text: string, access: Access): File {
    const path = text.replace(/^"|"(\.\.\.)?$/g, '');
    const device = DEVICES[path];
    if (device !== undefined) return new File(path, device, { ...READ_ONLY, ...access });
    let mapped = this.filesByPath.get(path);
    if (mapped === undefined) {
      mapped = { path, major: 0, minor: 0, inode: this.filesByPath.size + 1, alignsHuge: this.alignsHuge };
      this.filesByPath.set(path, mapped);
    }
    return new LoggedFile(path, mapped, access);
  }
}

/** Null for O_PATH: a descriptor that mmap does not take for one. */
function accessOf({ name, args }: { readonly name: string; readonly args: readonly string[] }): Access | null {
  if (name === 'creat') return { readable: false, writable: true, mappable: true };
  const text = (name === 'openat' ? args[2] : args[1]) ?? '';
  const raw = /^(0x[0-9a-f]+|\d+)$/.test(text) ? Number(text) : wordsOf(text);
  if ((raw & O_PATH) !== 0) return null;
  const mode = raw & O_ACCMODE;
  return { readable: mode !== O_WRONLY, writable: mode !== 0, mappable: (raw & O_DIRECTORY) === 0 };
}

/** The words that matter, as asm-generic numbers. */
function wordsOf(text: string): number {
  let flags = 0;
  for (const [name, bit] of Object.entries(FLAGS)) if (new RegExp(`\\b${name}\\b`).test(text)) flags |= bit;
  return flags;
}
