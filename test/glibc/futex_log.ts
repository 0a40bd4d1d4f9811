/**
 * Futex calls in the output of `strace -f` (glibc's or ours) or `qemu -strace`, in a form that can be compared: for each
 * thread, in order of creation, what it asked of which object. Addresses become names ("c+40"), times "T", tids in lock
 * words "t0" for main's, "t1" for the first thread's. Joins are left out unless they are asked for, because on a real
 * machine a thread may have ended before it is joined.
 */

export interface FutexLog {
  /** The calls of each thread, main first, with their results. */
  readonly threads: string[][];
  /** All calls as they began, without their results: what qemu's log can tell, which does not name threads. */
  readonly order: string[];
  /** What the program said of its own results. */
  readonly results: string;
}

interface Names {
  readonly objects: ReadonlyMap<string, bigint>;
  readonly tids: ReadonlyMap<string, string>;
}

const OBJECT_BYTES = 64n;

/** Reads a whole log, of `strace -f -o FILE`, of `qemu -strace`, or of guardpage's --strace. */
export function readFutexLog(text: string, withJoins = false): FutexLog {
  const calls = wholeCalls(text);
  const objects = new Map<string, bigint>();
  let results = '';
  for (const [, name, address] of (/^.*?\bm=0x.*$/m.exec(text)?.[0] ?? '').matchAll(/(\w+)=(0x[0-9a-f]+)/g)) {
    objects.set(name!, BigInt(address!));
  }
  for (const [, said] of text.matchAll(/results ((?:-?\d+ ?)+)/g)) results = said!.trim();
  const children: string[] = [];
  for (const { call } of calls) {
    const child = /^clone[23]?\(.* = (\d+)$/.exec(call)?.[1];
    if (child === undefined) continue;
    children.push(child);
    const word = /(?:child_tid|child_tidptr)=(0x[0-9a-f]+)/.exec(call)?.[1];
    if (withJoins && word !== undefined) objects.set(`tid${children.length}`, BigInt(word));
  }
  const main = calls.find(({ pid }) => pid !== '' && !children.includes(pid))?.pid ?? '';
  const names: Names = { objects, tids: new Map([[main, 't0'], ...children.map((tid, i) => [tid, `t${i + 1}`] as const)]) };
  const lines = calls.flatMap(({ pid, call }) => {
    const line = call.startsWith('futex(') ? futexLine(names, call) : null;
    return line === null ? [] : [{ thread: children.indexOf(pid) + 1, ...line }];
  });
  return {
    threads: [0, ...children.keys()].map((_, i) => lines.filter(({ thread }) => thread === i).map(({ asked, result }) => `${asked} = ${result}`)),
    order: lines.map(({ asked }) => asked),
    results,
  };
}

/** Each call once, where it began, with its result. */
function wholeCalls(text: string): { pid: string; call: string }[] {
  const found: { pid: string; call: string }[] = [];
  const pending = new Map<string, { call: string }>();
  for (const line of text.split('\n')) {
    const [, inBrackets, plain, rest = ''] = /^(?:\[pid +(\d+)\] |(\d+) +)?(.*)$/.exec(line) ?? [];
    const pid = inBrackets ?? plain ?? '';
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (resumed !== null) {
      pending.get(pid)!.call += resumed[1]!;
    } else if (/^\w+\(/.test(rest)) {
      const entry = { pid, call: rest.replace(/ <unfinished \.\.\.>$/, '') };
      if (entry.call !== rest) pending.set(pid, entry);
      found.push(entry);
    }
  }
  return found;
}

function futexLine(names: Names, call: string): { asked: string; result: string } | null {
  const match = /^futex\((0x[0-9a-f]+), ?(.*?)\) *= (.*)$/.exec(call);
  if (match === null) return null;
  const [, address, args, result] = match;
  const where = nameOf(names.objects, BigInt(address!));
  if (where === null) return null;
  const [op, value, ...rest] = args!.replace(/\{tv_sec ?=[^}]*\}/g, 'T').split(/, ?/);
  const isTimed = rest.includes('T');
  const asked = [`${where} ${opOf(op!)}`];
  if (!op!.includes('_PI')) asked.push(lockWord(names, value!));
  if (isTimed || value === 'T') asked.push('T');
  if (/REQUEUE|WAKE_OP/.test(op!)) asked.push(...rest.map((text) => (text.startsWith('0x') ? (nameOf(names.objects, BigInt(text)) ?? text) : text)));
  return { asked: asked.join(', '), result: result!.replace(/ \(.*\)$/, '').replace(/^(-1) .*errno=(\d+).*/, '$1 $2') };
}

/** "WAIT_PRIVATE" of strace's FUTEX_WAIT_PRIVATE and of qemu's FUTEX_PRIVATE_FLAG|FUTEX_WAIT. */
function opOf(text: string): string {
  const words = text.replace(/FUTEX_/g, '').split('|');
  const command = words.find((word) => word !== 'PRIVATE_FLAG' && word !== 'CLOCK_REALTIME')!;
  const clock = words.includes('CLOCK_REALTIME') ? '|CLOCK_REALTIME' : '';
  return `${command}${words.includes('PRIVATE_FLAG') ? '_PRIVATE' : ''}${clock}`;
}

const FUTEX_TID_MASK = 0x3fffffff;

/** A value that holds a tid beside the flags of a robust or priority-inheriting lock, in words. */
function lockWord({ tids }: Names, text: string): string {
  const value = Number(text) >>> 0; // qemu shows it signed
  const tid = tids.get(String(value & FUTEX_TID_MASK));
  if (tid === undefined || value === 0) return text;
  return [...(value >= 2 ** 31 ? ['WAITERS'] : []), ...((value & 0x40000000) !== 0 ? ['OWNER_DIED'] : []), tid].join('|');
}

/** "m+0", or null for an address in none of the objects. */
function nameOf(objects: ReadonlyMap<string, bigint>, address: bigint): string | null {
  for (const [name, start] of objects) {
    if (address >= start && address < start + (name.startsWith('tid') ? 4n : OBJECT_BYTES)) return `${name}+${address - start}`;
  }
  return null;
}
