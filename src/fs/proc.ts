/**
 * /proc, as far as programs look: maps and status of processes, where their program is, and a few numbers of
 * /proc/sys. Linux 2.5.46 and 2.6.18, fs/proc/base.c, kernel/sysctl.c.
 */
import type { Mm } from '../mm/mm.js';
import { mapsLines } from '../mm/maps.js';
import { fileRules } from '../release/file_rules.js';
import { type Inode, plainInode, S_IFDIR, USER } from './inode.js';
import type { ProcSource, ProcTask } from './proc_task.js';
import { statusText } from './proc_status.js';
import { textFile } from './text_file.js';

/** Inode numbers of /proc/PID/*: the pid above 16 bits, the file's below. */
const INO_STATUS = 5;
const INO_MAPS = 14;

/** What `path`, below /proc, stands for: an inode, the target of a link, or null. */
export function procLookup(source: ProcSource, path: string): Inode | string | null {
  const current = source.current();
  if (current === null) return null;
  const [first, ...rest] = path.split('/') as [string, ...string[]];
  if (first === 'self') return rest.length === 0 ? String(current.tgid) : null;
  if (first === 'sys') return sysctl(source, current.mm, rest);
  if (!/^[1-9][0-9]*$/.test(first)) return null;
  const task = source.find(Number(first));
  return task === null ? null : ofTask(task, rest);
}

function directory(ino: number, uid: number): Inode {
  return { ...plainInode, mode: S_IFDIR | 0o555, uid, device: { major: 0, minor: 3 }, ino };
}

function ofTask(task: ProcTask, rest: readonly string[]): Inode | string | null {
  const ino = (n: number) => task.tgid * 65536 + n;
  const { pageSize } = task.mm.target;
  if (rest.length === 0) return directory(ino(2), USER);
  if (rest.length > 1) return null;
  switch (rest[0]) {
    case 'maps':
      return textFile(ino(INO_MAPS), 0o444, USER, pageSize, () => mapsText(task));
    case 'status':
      return textFile(ino(INO_STATUS), 0o444, USER, pageSize, () => statusText(task));
    case 'exe':
      return task.mm.files[1]?.path ?? null;
    default:
      return null;
  }
}

function mapsText(task: ProcTask): string {
  return mapsLines(task.mm, task.stacks()).map((line) => `${line}\n`).join('');
}

/** /proc/sys/vm and /proc/sys/kernel: read by everybody, written by root. */
function sysctl({ pidMax }: ProcSource, mm: Mm, rest: readonly string[]): Inode | null {
  const { vm, target, maxMapCount } = mm;
  const rules = fileRules(target.release);
  const numbers: Readonly<Record<string, number | null>> = {
    'kernel/pid_max': rules.hasPidMax ? pidMax : null,
    'vm/max_map_count': rules.hasMaxMapCount ? maxMapCount : null,
    'vm/mmap_min_addr': rules.hasMmapMinAddr ? mm.rules.mmapMinAddr : null,
    'vm/overcommit_memory': vm.overcommit,
    'vm/overcommit_ratio': rules.hasOvercommitRatio ? vm.overcommitRatio : null,
  };
  const path = rest.join('/');
  if (path === '' || path === 'vm' || path === 'kernel') return directory(16 + path.length, 0);
  const ino = Object.keys(numbers).indexOf(path);
  const value = numbers[path];
  if (value === undefined || value === null) return null;
  return textFile(32 + ino, 0o644, 0, target.pageSize, () => `${value}\n`);
}
