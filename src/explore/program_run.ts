/**
 * A program on a machine, run again and again under schedules: the run function of explore().
 */
import { Machine, type MachineConfig, type RunEnd, type RunResult } from '../machine.js';
import type { Main } from '../thread/ts_user_mode.js';
import type { Schedule } from '../task/schedule.js';
import { OutputDigest } from './output_digest.js';
import type { Seen } from './run.js';

export class ProgramRun {
  readonly machine: Machine;
  private readonly main: Main;
  private readonly argv: readonly string[];
  private readonly digest = new OutputDigest();
  private end: RunEnd | null = null;

  /** `config` without streams and schedule: what the program prints is compared, not shown. */
  constructor(config: MachineConfig, main: Main, argv: readonly string[] = []) {
    const sink = (bytes: Uint8Array) => this.digest.add(bytes);
    this.machine = new Machine({ ...config, stdout: sink, stderr: sink });
    this.main = main;
    this.argv = argv;
  }

  run(schedule: Schedule): Seen {
    const { machine, digest } = this;
    digest.reset();
    machine.schedule = schedule;
    machine.load(this.main, this.argv);
    const end = machine.runToEnd();
    this.end = end;
    return { outcome: end.outcome, exit: end.exit, threw: end.threw, output: digest.value };
  }

  /** All there is to say of the last run. */
  describe(): RunResult {
    if (this.end === null) throw new Error('describe() before run()');
    return this.machine.describe(this.end);
  }
}
