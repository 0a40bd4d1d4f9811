/**
 * Machine: the public face. Configure one, load a program, run it, look at what it did, reset.
 *
 *   const machine = new Machine({ arch: 'sparc64', kernel: '2.5.46' });
 *   machine.load(main, ['-n', '100']);
 *   const result = machine.run();
 */
import type { NptlParameters, Target } from './arch/index.js';
import { SIGRTMIN } from './arch/generic/signal.js';
import type { FaultReason } from './mm/page_table.js';
import { hexDigits } from './lib/u64.js';
import { Rng } from './lib/rng.js';
import { mapsLines } from './mm/maps.js';
import { initRlimits, type Rlimits, type Mm } from './mm/mm.js';
import { makeMm } from './mm/make_mm.js';
import { PhysicalMemory } from './mm/physical_memory.js';
import { Vm } from './mm/vm.js';
import { Files, type Sink } from './fs/files.js';
import { findRelease, type SearchName } from './release/index.js';
import { handlers } from './syscall/handlers.js';
import { Kernel } from './syscall/kernel.js';
import { newProcess } from './syscall/process.js';
import { RLIMIT_RTPRIO, setRlimit } from './syscall/rlimits.js';
import { tracerOf } from './syscall/tracers.js';
import type { Schedule } from './task/schedule.js';
import { ReplaySchedule } from './task/schedules.js';
import { isRunnable, TASK_RUNNING } from './task/task_table.js';
import type { Addr } from './thread/address.js';
import { hiOf, loOf } from './thread/address.js';
import { withGuestGlobals } from './thread/host_globals.js';
import { type Libc, makeLibc } from './thread/libc.js';
import { switchRuntime } from './thread/libc/core.js';
import { GuestFault, Nptl } from './thread/nptl.js';
import { Runtime } from './thread/runtime.js';
import { type StackStrategy, stackStrategies } from './thread/stacks/index.js';
import { ProgramError } from './thread/sys.js';
import { type Main, TsUserMode } from './thread/ts_user_mode.js';
import {
  ConfigError, FIRST_PID, grantedFiles, type MachineConfig, refuseUnknownKeys, resolveCount, resolveNptl,
  resolveOvercommit, resolveRam, resolveRlimits, resolveSchedule, resolveSearch, resolveSeed, resolveStacks, resolveTarget,
  stacksLack, tracersFor, withGuardAdvice,
} from './machine_config.js';

export { ConfigError, type MachineConfig, type MachineRlimits, stacksLack, threadsLack } from './machine_config.js';

/** One task of a deadlock: who waits on what, and who could end the wait. */
export interface Waiter {
  readonly tid: number;
  readonly name: string;
  readonly waitsOn: string;
  readonly ownedBy: number | null;
}

export type Outcome = 'exited' | 'signalled' | 'deadlock' | 'oom' | 'timeout';

/** Exact counts of a run; the same on every host. */
export interface RunStats {
  readonly syscalls: number;
  readonly syscallsByName: Readonly<Record<string, number>>;
  readonly switches: number;
  readonly searches: number;
  readonly probes: number;
  readonly findVmaVisits: number;
  readonly splits: number;
  readonly merges: number;
  readonly vmas: number;
  readonly peakVmas: number;
  /** Areas at the moment when most threads were alive. */
  readonly vmasAtPeakThreads: number;
  readonly peakThreads: number;
  /** Pages ever written, at most at once, and how many of them became frames. */
  readonly peakPages: number;
  readonly frames: number;
  readonly virtualNs: number;
  /** Results of mmap for the first and the latest thread stack. */
  readonly firstStack: string | null;
  readonly lastStack: string | null;
}

export interface RunResult {
  readonly outcome: Outcome;
  /** Exit status: the program's, 128 + signal, or 1. */
  readonly exit: number;
  readonly signal: string | null;
  readonly deadlock: readonly Waiter[];
  /** One sentence when there is something to say: an exception, a fault. */
  readonly message: string | null;
  /** From main's first instruction to the end, by RunOptions.now; null without it. */
  readonly wallMs: number | null;
  readonly stats: RunStats;
  readonly maps: readonly string[];
}

/** How a run ended, in short. */
export interface RunEnd {
  readonly outcome: Outcome;
  /** Exit status: the program's, 128 + signal, or 1. */
  readonly exit: number;
  /** It ended by an exception, and which. */
  readonly threw: boolean;
  readonly error: unknown;
}

export interface RunOptions {
  /** Asked now and then; true ends the run with outcome "timeout". */
  readonly shouldStop?: () => boolean;
  /**
   * Waits that many ns of the host's time: called when nobody can run before then, instead of the virtual clock's
   * jump alone (`--realtime`).
   */
  readonly wait?: (ns: number) => void;
  /** A host clock in ms; with it the result says how long the program ran. */
  readonly now?: () => number;
}

/** Task switches between two looks at shouldStop. */
const STOP_INTERVAL = 1024;

export class Machine {
  readonly target: Target;
  readonly searchName: SearchName;
  /** True when the search is not the one this machine has in this release. */
  readonly searchForced: boolean;
  readonly nptlVersion: '2.3.3' | '2.36';
  /** True when the kernel had to be given futex and what else NPTL needs. */
  readonly nptlForced: boolean;
  readonly stacks: StackStrategy;
  /** True when the kernel had to be given a call for them that it did not have. */
  readonly stacksForced: boolean;
  readonly mm: Mm;
  readonly kernel: Kernel;

  private readonly config: MachineConfig;
  private readonly vm: Vm;
  /** Limits that a program begins with. */
  private readonly rlimits: Rlimits;
  private readonly rtprio: number;
  private readonly memory: PhysicalMemory;
  private nptl: Nptl | null = null;
  /** Made at the first load and kept, for they are the same for every program. */
  private readonly nptlParameters: NptlParameters;
  private libc: Libc | null = null;
  /** The last program's, whose tables the next one's gets. */
  private spare: Nptl | null = null;
  private mounted = '';
  /** The fault that ended the first process, if one did. */
  private deathOf: { readonly reason: FaultReason; readonly message: string; readonly cause: GuestFault } | null = null;
  /** How long the last run took, if its caller gave a clock. */
  private wallMs: number | null = null;

  constructor(config: MachineConfig = {}) {
    refuseUnknownKeys(config);
    this.config = config;
    const named = resolveTarget(config);
    this.stacks = resolveStacks(config, named);
    this.stacksForced = stacksLack(this.stacks, named) !== null;
    this.target = this.stacksForced ? withGuardAdvice(named) : named;
    this.searchName = resolveSearch(config, this.target);
    this.searchForced = this.searchName !== this.target.search;
    this.nptlVersion = resolveNptl(config, this.target);
    this.nptlForced = this.target.release.servesNptl && findRelease(this.target.release.name)?.release.servesNptl === false;
    this.nptlParameters = this.target.nptl(this.nptlVersion);
    const { pageSize } = this.target;
    const ram = resolveRam(config);
    this.vm = new Vm(Math.floor(ram / pageSize));
    this.vm.follow(this.target.release.rules, this.target.pageSize);
    this.vm.overcommit = resolveOvercommit(config);
    this.memory = new PhysicalMemory(pageSize, this.target.bigEndian, ram);
    this.kernel = new Kernel(this.target, this.vm, this.memory, {
      handlers,
      pidMax: resolveCount(config.pidMax, 'pid-max', this.target.release.pidMax, FIRST_PID + 1),
      tracer: tracerOf(tracersFor(config)),
      modernNptl: this.nptlVersion === '2.36',
      seed: resolveSeed(config),
      onUnknownCall: (name) => config.notice?.(`system call ${name} is not implemented: ENOSYS`),
    });
    this.rtprio = config.rlimits?.rtprio ?? 0;
    this.rlimits = resolveRlimits(config, initRlimits(this.target.release.memlock(this.target.pageSize)));
    this.mm = makeMm(this.target, this.vm, this.memory, { ...this.rlimits }, {
      search: this.searchName,
      maxMapCount: resolveCount(config.maxMapCount, 'max-map-count', this.target.release.maxMapCount, 1),
    });
    this.schedule = resolveSchedule(config);
  }

  /** Who chooses among the tasks that can run; null: first in, first out, and no preemption. Holds from the next load(). */
  get schedule(): Schedule | null {
    return this.kernel.queue.schedule;
  }

  set schedule(schedule: Schedule | null) {
    this.kernel.queue.schedule = schedule;
  }

  /** Back to a machine without a program. */
  reset(): void {
    this.kernel.reset();
    this.mm.clear();
    this.memory.reset();
    this.vm.reset();
    // A program may have set them.
    Object.assign(this.mm.rlimits, this.rlimits);
    this.nptl = null;
    this.deathOf = null;
  }

  /** exec: the initial image, and one task with pid 1000 about to enter `main`. */
  load(main: Main, argv: readonly string[] = [], name = 'program'): void {
    if (typeof main !== 'function') throw new ConfigError(`main is ${String(main)}, not a generator function`);
    this.reset();
    const { kernel, target, config } = this;
    this.mount(name);
    this.mm.exec(target.newTask, { path: `/bin/${name}`, major: 3, minor: 1, inode: 4711 });
    const nptl = new Nptl(kernel, this.mm, this.nptlParameters, this.spare);
    nptl.strategy = stackStrategies.indexOf(this.stacks);
    const runtime = new Runtime(nptl);
    if (this.libc === null) this.libc = makeLibc(runtime);
    else switchRuntime(this.libc, runtime);
    const ignore: Sink = () => {};
    const files = new Files(config.stdout ?? ignore, config.stderr ?? ignore, config.stdin ?? null);
    const user = new TsUserMode(runtime, this.libc, main, [...argv]);
    const process = newProcess(FIRST_PID, this.mm, files, user);
    if (this.rtprio > 0) setRlimit(process, RLIMIT_RTPRIO, { soft: this.rtprio, hard: this.rtprio });
    kernel.processes.push(process);
    kernel.pids.take(FIRST_PID);
    const slot = kernel.addTask(0, FIRST_PID);
    nptl.bindTask(slot, 0);
    kernel.queue.push(slot);
    this.nptl = nptl;
    this.spare = nptl;
  }

  /** The file system as each load begins with: made anew where files were granted, for a run may have changed them. */
  private mount(name: string): void {
    const { kernel, target, config } = this;
    if (this.mounted === name && config.files === undefined) return;
    this.mounted = name;
    kernel.mount(grantedFiles(config));
    kernel.fs.cwd = config.cwd ?? '/';
    kernel.fs.addProgram(`/bin/${name}`, 2 * target.pageSize);
  }

  /** Runs the loaded program to its end. */
  run(options: RunOptions = {}): RunResult {
    return this.describe(this.runToEnd(options));
  }

  /** run() without counts and text, for those who run thousands: describe() gives them, until the next load(). */
  runToEnd(options: RunOptions = {}): RunEnd {
    if (this.nptl === null) throw new Error('run() before load(main): the machine has no program');
    const rng = new Rng(this.config.seed ?? 1);
    const started = options.now?.() ?? 0;
    const lap = () => {
      this.wallMs = options.now ? options.now() - started : null;
    };
    try {
      const outcome = withGuestGlobals(rng, this.kernel.clock, () => this.turns(options));
      lap();
      return this.endOf(outcome);
    } catch (error) {
      lap();
      return { outcome: 'exited', exit: 1, threw: true, error };
    }
  }

  private endOf(outcome: 'exited' | 'deadlock' | 'timeout'): RunEnd {
    const { exitCode, exitSignal } = this.kernel.processes[0]!;
    if (outcome !== 'exited') return { outcome, exit: 1, threw: false, error: null };
    if (exitSignal === 0) return { outcome, exit: exitCode, threw: false, error: null };
    if (this.deathOf?.reason === 'OOM') return { outcome: 'oom', exit: 1, threw: false, error: null };
    return { outcome: 'signalled', exit: 128 + exitSignal, threw: false, error: null };
  }

  /** All there is to say of the run that has just ended. */
  describe(end: RunEnd): RunResult {
    this.checkReplay();
    return end.threw ? this.failed(end.error) : this.ended(end);
  }

  /** The scheduler's loop: until every process has exited, or nobody will ever run again. */
  private turns(options: RunOptions): 'exited' | 'deadlock' | 'timeout' {
    const { kernel } = this;
    const { tasks, queue, clock } = kernel;
    let turns = 0;
    while (tasks.live > 0) {
      if (clock.peek() !== undefined) kernel.fireTimers();
      const slot = queue.pick();
      if (queue.stopped) return 'timeout';
      if (slot < 0) {
        const deadline = kernel.nextTimer();
        if (deadline === Number.POSITIVE_INFINITY) return 'deadlock';
        if (options.wait !== undefined && deadline > clock.now) options.wait(deadline - clock.now);
        clock.now = Math.max(clock.now, deadline);
        if (options.shouldStop?.()) return 'timeout';
        continue;
      }
      if (kernel.switchTo(slot)) {
        this.runTask(slot);
        // One that was woken meanwhile is in the queue already.
        if (tasks.state[slot] === TASK_RUNNING && kernel.current === slot) queue.push(slot);
      }
      turns += 1;
      if (turns % STOP_INTERVAL === 0 && options.shouldStop?.()) return 'timeout';
    }
    return 'exited';
  }

  /** One turn of a task. A fault that no handler took ends its process. */
  private runTask(slot: number): void {
    const { process } = this.kernel;
    try {
      process.user.run(slot);
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      this.faulted(error, slot);
    }
  }

  private ended({ outcome, exit }: RunEnd): RunResult {
    const deadlock = outcome === 'deadlock' ? this.waiters() : [];
    if (outcome !== 'signalled' && outcome !== 'oom') return this.result(outcome, exit, null, deadlock, null);
    const name = this.signalName(this.kernel.processes[0]!.exitSignal);
    return this.result(outcome, exit, name, [], this.deathOf?.message ?? `killed by ${name}`, this.deathOf?.cause);
  }

  private signalName(signo: number): string {
    const found = Object.entries(this.target.signals.numbers).find(([, n]) => n === signo);
    return found?.[0] ?? `SIGRT_${signo - SIGRTMIN}`;
  }

  /** A list of choices that did not fit reproduces nothing: that is said. */
  private checkReplay(): void {
    const { schedule } = this;
    if (!(schedule instanceof ReplaySchedule) || schedule.misfits + schedule.left === 0) return;
    const what = `choices of the schedule that could not be made: ${schedule.misfits + schedule.left}`;
    this.config.notice?.(`${what}; it was found with another program, machine, release or seed`);
  }

  /** A program's own exception becomes a sentence, a fault a signal; our own mistakes go on. */
  private failed(error: unknown): RunResult {
    const task = this.kernel.current;
    const tid = this.kernel.tasks.tid[task] ?? 0;
    const name = this.kernel.processes[0]?.user.nameOf(task) ?? '?';
    const who = `thread ${tid} (${name})`;
    const text = explained(error);
    const kind = error instanceof ProgramError || !(error instanceof Error) ? '' : `${error.name}: `;
    return this.result('exited', 1, null, [], `the program threw in ${who}: ${kind}${text}`, error);
  }

  /** A fault without a handler ends its process: SIGSEGV, SIGBUS, or the OOM killer's doing. */
  private faulted(fault: GuestFault, slot: number): void {
    const { kernel } = this;
    const { process } = kernel;
    const { numbers } = this.target.signals;
    const who = `thread ${kernel.tasks.tid[slot]} (${process.user.nameOf(slot)})`;
    const at = `0x${hexDigits(fault.hi, fault.lo)}`;
    const name = fault.reason === 'OOM' ? 'SIGKILL' : fault.reason === 'SIGBUS' ? 'SIGBUS' : 'SIGSEGV';
    const guard = process === kernel.processes[0] ? (this.nptl?.guardAt(fault.hi, fault.lo) ?? '') : '';
    const where = [name === 'SIGBUS' ? '' : fault.reason, guard].filter((text) => text !== '').join(', ');
    const message = fault.reason === 'OOM'
      ? `${who}: out of memory at ${at}: killed`
      : `${who}: ${name} at ${at}${where === '' ? '' : ` (${where})`}${guard === '' ? '' : this.mapAround(fault)}`;
    if (process === kernel.processes[0]) this.deathOf = { reason: fault.reason, message, cause: fault };
    kernel.endGroup(process, numbers[name]!);
  }

  /** The areas about an address, as maps shows them. */
  private mapAround({ hi, lo }: GuestFault): string {
    const at = BigInt.asUintN(64, (BigInt(hi) << 32n) + BigInt(lo >>> 0));
    const lines = mapsLines(this.mm);
    const i = lines.findIndex((line) => {
      const [start, end] = line.split(' ', 1)[0]!.split('-').map((digits) => BigInt(`0x${digits}`));
      return start! <= at && at < end!;
    });
    const shown = lines.slice(Math.max(i - 1, 0), i + 2).map((line) => line.split(' ', 2).join(' '));
    return `; the map around it: ${shown.join(', ')}`;
  }

  private result(
    outcome: Outcome, exit: number, signal: string | null, deadlock: readonly Waiter[], message: string | null,
    cause?: unknown,
  ): RunResult {
    const { wallMs } = this;
    this.kernel.fs.sync();
    const result = { outcome, exit, signal, deadlock, message, wallMs, stats: this.stats(), maps: mapsLines(this.mm) };
    // The exception itself, for debuggers; not part of the JSON.
    if (cause !== undefined) Object.defineProperty(result, 'cause', { value: cause, enumerable: false });
    return result;
  }

  /** Who waits on what, in order of tid. */
  private waiters(): Waiter[] {
    const { kernel } = this;
    const { tasks, processes } = kernel;
    const list: Waiter[] = [];
    tasks.forEach((slot) => {
      const { user, stopped } = processes[tasks.process[slot]!]!;
      if (isRunnable(tasks.state[slot]!)) {
        const waitsOn = `SIGCONT (stopped by ${this.signalName(stopped)})`;
        if (stopped !== 0) list.push({ tid: tasks.tid[slot]!, name: user.nameOf(slot), waitsOn, ownedBy: null });
        return;
      }
      const sleep = kernel.asleep.get(slot);
      const isOfKernel = sleep !== undefined && sleep.why !== 'futex';
      const inKernel = { waitsOn: sleep?.why ?? 'futex', ownedBy: sleep?.ownedBy ?? null };
      const wait = isOfKernel ? inKernel : (user.waitOf(slot) ?? inKernel);
      list.push({ tid: tasks.tid[slot]!, name: user.nameOf(slot), ...wait });
    });
    return list.sort((a, b) => a.tid - b.tid);
  }

  stats(): RunStats {
    const { kernel, mm, memory, nptl } = this;
    const text = (addr: Addr | null) => (addr === null ? null : `0x${hexDigits(hiOf(addr), loOf(addr))}`);
    const byName: Record<string, number> = {};
    kernel.callsByNr.forEach((count, nr) => {
      if (count > 0) byName[kernel.nameOf(nr)] = count;
    });
    return {
      syscalls: kernel.calls,
      syscallsByName: byName,
      switches: kernel.queue.switches,
      searches: mm.stats.searches,
      probes: mm.stats.probes,
      findVmaVisits: mm.vmas.visits,
      splits: mm.stats.splits,
      merges: mm.stats.merges,
      vmas: mm.vmas.size,
      peakVmas: mm.stats.peakVmas,
      vmasAtPeakThreads: kernel.vmasAtPeak,
      peakThreads: kernel.tasks.peak,
      peakPages: memory.peakPages,
      frames: memory.frames,
      virtualNs: kernel.clock.now,
      firstStack: text(nptl?.stackAt('first') ?? null),
      lastStack: text(nptl?.stackAt('last') ?? null),
    };
  }
}

/** What a program's mistake most likely was, where JavaScript's own words name neither the call nor the reason. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [text = ''] = error.message.split('\n');
  if (!(error instanceof TypeError)) return text;
  if (/is not iterable/.test(text)) {
    return 'yield* was given something that is not a call that may block: a function that returns at once is used without it, ' +
      'and one that libc does not have gives nothing';
  }
  if (/of undefined \(reading '[A-Z][A-Z0-9_]*'\)/.test(text)) {
    return `${text}: constants of C are libc.PROT_READ, libc.MAP.PRIVATE, libc.MREMAP.MAYMOVE, libc.MADV.FREE, libc.E.EINVAL, libc.SIG.SIGUSR1`;
  }
  return /reading '(high|low)'/.test(text) ? 'an address is undefined' : text;
}
