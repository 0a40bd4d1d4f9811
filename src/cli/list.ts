/*
 * guardpage list: the records as tables and as JSON. Everything is read from the records, so that a
 * machine, release or search that is added there appears here.
 */
import { type Arch, archs, findArch, isKnown, type Target } from '../arch/index.js';
import { hexDigits, hiOfVpn, loOfVpn } from '../lib/u64.js';
import { searches } from '../mm/unmapped_area/index.js';
import { callPresence, findRelease, type Release, releases } from '../release/index.js';
import { machineName } from '../report/series.js';
import { grouped } from '../report/numbers.js';
import { handlers } from '../syscall/handlers.js';
import { UsageError } from './errors.js';
import type { ListFlags, TableName } from './list_tables.js';
import { checkWritable, say, STDERR, STDOUT, TO_STDOUT, writeAll, writeJson } from './output.js';
import { stackStrategies } from '../thread/stacks/index.js';
import { type Column, tableText } from './table.js';

const DEFAULT_KERNEL = '2.5.46';

/** A table in both forms. */
interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  readonly records: readonly object[];
}

export function list(name: TableName, flags: ListFlags): number {
  checkWritable(flags.json);
  const { columns, rows, records } = listings[name](flags);
  if (flags.json !== undefined) writeJson(flags.json, { schemaVersion: 1, [name]: records });
  const fd = flags.json === TO_STDOUT ? STDERR : STDOUT;
  if (fd === STDOUT) writeAll(fd, `${tableText(columns, rows, fd)}\n`);
  return 0;
}

const listings: Readonly<Record<TableName, (flags: ListFlags) => Listing>> = {
  archs: listArchs,
  kernels: listKernels,
  searches: listSearches,
  syscalls: listSyscalls,
  stacks: listStacks,
};

/** These machines, or all. */
function archsNamed(only: readonly string[] = archs.map((arch) => arch.name)): Arch[] {
  return only.map((name) => {
    const arch = findArch(name);
    if (arch === undefined) throw new UsageError(`no machine "${name}"; there are: ${archs.map((a) => a.name).join(', ')}`);
    return arch;
  });
}

/** Every machine that is known under one release, with every word size of its tasks. */
function targets(release: Release, only?: readonly string[]): Target[] {
  return archsNamed(only).flatMap((arch) =>
    arch.bits.filter((bits) => isKnown(arch, bits, release)).map((bits) => arch.at(release, bits)));
}

/** Every machine once, under the default release. */
function typicalTargets(only?: readonly string[]): Target[] {
  const { release } = findRelease(DEFAULT_KERNEL)!;
  return archsNamed(only).flatMap((arch) => arch.bits.map((bits) => arch.at(release, bits)));
}

/** Where the first mmap looks: TASK_UNMAPPED_BASE, or below mmap_base of an 8 MiB stack. */
function mmapFrom(target: Target): string {
  const base = target.topDownBase?.(8 * 1024 * 1024) ?? target.taskUnmappedBase(target.newTask);
  return addressText(base, target);
}

function nameOf(target: Target): string {
  return machineName({ arch: target.arch, bits: target.bits });
}

function addressText(vpn: number, target: Target): string {
  return `0x${hexDigits(hiOfVpn(vpn, target.pageShift), loOfVpn(vpn, target.pageShift))}`;
}

function listArchs({ kernel }: ListFlags): Listing {
  const shown = kernel === undefined ? typicalTargets() : targets(releaseNamed(kernel));
  const records = shown.map((target) => {
    const nptl = target.nptl('2.36');
    return {
      arch: target.arch,
      kernel: target.release.name,
      bits: target.bits,
      pageSize: target.pageSize,
      bigEndian: target.bigEndian,
      unmappedBase: mmapFrom(target),
      releases: findArch(target.arch)!.releases[target.bits],
      stackTop: addressText(target.stackTop, target),
      pthreadStackMin: nptl.PTHREAD_STACK_MIN,
      trap: target.trap.instruction,
      about: findArch(target.arch)!.about,
    };
  });
  const rows = records.map((r) => [
    r.arch, r.kernel, String(r.bits), grouped(r.pageSize), r.bigEndian ? 'big' : 'little', r.unmappedBase, r.stackTop,
    grouped(r.pthreadStackMin), r.trap,
  ]);
  const columns: Column[] = [
    { head: 'machine' }, { head: 'release' }, { head: 'bits', align: 'right' }, { head: 'page', align: 'right' }, { head: 'endian' },
    { head: 'mmap from', align: 'right' }, { head: 'stack top', align: 'right' }, { head: 'stack min', align: 'right' },
    { head: 'system call' },
  ];
  return { columns, rows, records };
}

function listKernels(): Listing {
  const records = releases.map((release) => ({
    kernel: release.name,
    date: release.date,
    searches: targets(release).map(({ arch, bits, search }) => ({ arch, bits, search })),
    maxMapCount: release.maxMapCount,
    pidMax: release.pidMax,
    about: release.about,
  }));
  const rows = records.map((r) => [r.kernel, r.date, searchesText(r.searches), r.about]);
  const columns: Column[] = [
    { head: 'release' }, { head: 'date' }, { head: 'searches', width: 54 }, { head: 'what changed', width: 36 },
  ];
  return { columns, rows, records };
}

type MachineSearch = Pick<Target, 'arch' | 'bits' | 'search'>;
type Machine = Pick<Target, 'arch' | 'bits'>;

/** "cursor: i386, x86_64; first-fit: sparc64": machines by search, word sizes where they differ or one is not known. */
function searchesText(known: readonly MachineSearch[]): string {
  return [...new Set(known.map(({ search }) => search))].map((search) => {
    const users = known.filter((machine) => machine.search === search);
    return `${search}: ${[...new Set(users.map((machine) => shortName(machine, users)))].join(', ')}`;
  }).join('; ');
}

/** The machine's name, with its word size unless all of its word sizes are there. */
function shortName({ arch, bits }: Machine, among: readonly Machine[]): string {
  const isWhole = findArch(arch)!.bits.every((size) => among.some((other) => other.arch === arch && other.bits === size));
  return isWhole ? arch : `${arch} ${bits}-bit`;
}

function listSearches(): Listing {
  const records = searches.map(({ since, search }) => ({
    search: search.name,
    since,
    direction: search.direction,
    cost: search.cost,
    about: search.about,
    usedBy: releases.flatMap((release) =>
      targets(release).filter((target) => target.search === search.name).map(({ arch, bits }) => ({ kernel: release.name, arch, bits })),
    ),
  }));
  const rows = records.map((r) => [
    r.search, r.since, r.direction === 'layout' ? 'up or down' : r.direction, r.about, r.cost, usersText(r.usedBy),
  ]);
  const columns: Column[] = [
    { head: 'search' }, { head: 'since' }, { head: 'goes' }, { head: 'how', width: 23 }, { head: 'cost of n areas', width: 17 },
    { head: 'own search of', width: 26 },
  ];
  return { columns, rows, records };
}

interface User {
  readonly kernel: string;
  readonly arch: string;
  readonly bits: 32 | 64;
}

/** "i386: 2.5.45; sparc64, ia64: 2.5.45 to 2.5.74": machines by the releases whose own search it is. */
function usersText(usedBy: readonly User[]): string {
  const machines = usedBy.filter(({ arch, bits }, i) => usedBy.findIndex((u) => u.arch === arch && u.bits === bits) === i);
  const periodOf = new Map(machines.map((machine) => [
    machine, periodsText(usedBy.filter(({ arch, bits }) => arch === machine.arch && bits === machine.bits)),
  ]));
  return [...new Set(periodOf.values())].map((period) => {
    const users = machines.filter((machine) => periodOf.get(machine) === period);
    return `${[...new Set(users.map((machine) => shortName(machine, users)))].join(', ')}: ${period}`;
  }).join('; ');
}

/** "2.5.45 to 2.5.74, 2.6.9": releases that follow each other are one period. */
function periodsText(users: readonly User[]): string {
  const indices = users.map(({ kernel }) => releases.findIndex(({ name }) => name === kernel));
  const periods: [number, number][] = [];
  for (const i of indices) {
    const last = periods.at(-1);
    if (last !== undefined && last[1] === i - 1) last[1] = i;
    else periods.push([i, i]);
  }
  const name = (i: number) => releases[i]!.name;
  return periods.map(([from, to]) => (from === to ? name(from) : `${name(from)} to ${name(to)}`)).join(', ');
}

type CallState = 'implemented' | 'backported' | 'ENOSYS';

/** What a machine does at a call, or null where it has no such call. */
function stateOf(name: string, target: Target): CallState | null {
  if (target.nr[name] === undefined) return null;
  const presence = callPresence(target.release, name, false, target.lateCalls);
  if (presence === 'not yet' || handlers[target.entry[name] ?? name] === undefined) return 'ENOSYS';
  return presence === 'backported' ? 'backported' : 'implemented';
}

/** The record that --kernel names; a lower one is named on stderr. */
function releaseNamed(kernel: string): Release {
  const choice = findRelease(kernel);
  if (choice === undefined) {
    throw new UsageError(`no kernel release "${kernel}"; there are: ${releases.map((r) => r.name).join(', ')}`);
  }
  if (!choice.exact) say(`kernel ${kernel} has no record of its own: ${choice.release.name} is used`);
  return choice.release;
}

function listSyscalls(flags: ListFlags): Listing {
  const { kernel } = flags;
  const machines = kernel === undefined ? typicalTargets(flags.arch) : targets(releaseNamed(kernel), flags.arch);
  const names = [...new Set(machines.flatMap((target) => Object.keys(target.nr)))].sort();
  const records = names.map((name) => ({
    name,
    machines: machines
      .filter((target) => target.nr[name] !== undefined)
      .map((target) => ({ arch: target.arch, bits: target.bits, nr: target.nr[name]!, state: stateOf(name, target)! })),
  }));
  const rows = names.map((name) => [
    name,
    ...machines.map((target) => String(target.nr[name] ?? '-')),
    stateText(name, machines),
  ]);
  const columns: Column[] = [
    { head: 'call' }, ...machines.map((target): Column => ({ head: nameOf(target), align: 'right' })), { head: 'state' },
  ];
  return { columns, rows, records };
}

/** "implemented", or where the machines differ "implemented on i386; ENOSYS on ia64". */
function stateText(name: string, machines: readonly Target[]): string {
  const known = machines.filter((target) => target.nr[name] !== undefined);
  const states = [...new Set(known.map((target) => stateOf(name, target)!))];
  if (states.length === 1) return states[0]!;
  return states
    .map((state) => `${state} on ${known.filter((target) => stateOf(name, target) === state).map(nameOf).join(', ')}`)
    .join('; ');
}

function listStacks(): Listing {
  const records = stackStrategies.map(({ name, about, advice }) => ({
    name, about, releases: releases.filter((release) => advice === 0 || release.rules.advice[advice] !== undefined).map((r) => r.name),
  }));
  const rows = records.map(({ name, about, releases: known }) => [
    name, known.length === releases.length ? 'all' : known.join(', '), about,
  ]);
  return { columns: [{ head: 'stacks' }, { head: 'releases' }, { head: 'how', width: 80 }], rows, records };
}
