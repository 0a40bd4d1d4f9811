/*
 * What the two threads of `guardpage run` say to each other. The program runs in a worker, so that
 * the main thread can end it whatever it does.
 */
import type { ObservedRun } from '../explore/observe_run.js';
import type { MachineConfig, RunResult } from '../machine.js';
import type { FragmentsReport } from '../report/fragments.js';
import type { Grant } from './host_file.js';

/** What may be asked of a machine, without the functions, which cannot be sent. */
export type GuestConfig = Omit<MachineConfig, 'stdin' | 'stdout' | 'stderr' | 'files' | 'strace' | 'tracers' | 'notice'>;

export interface RunRequest {
  /** Absolute. */
  readonly program: string;
  /** As the user wrote it. */
  readonly programShown: string;
  readonly argv: readonly string[];
  readonly config: GuestConfig;
  readonly grants: readonly Grant[];
  /** Where relative paths of the program begin. */
  readonly cwd: string;
  /** Where the guest's fd 1 goes. */
  readonly stdoutFd: number;
  /** Where strace's lines go, and the memory calls as JSON; null for nowhere. */
  readonly straceFd: number | null;
  readonly traceFd: number | null;
  readonly quiet: boolean;
  /** False: the list of areas is not sent. */
  readonly wantsMaps: boolean;
  /** The holes are watched. */
  readonly wantsFragments: boolean;
  /** Sleeps take their time on this computer too. */
  readonly realtime: boolean;
  /** Int32Array, at the indices below. */
  readonly control: SharedArrayBuffer;
}

/** control: non-zero asks the worker to stop the machine. */
export const CONTROL_STOP = 0;
/** control: non-zero says that the reader of our output is gone. */
export const CONTROL_PIPE_CLOSED = 1;
export const CONTROL_WORDS = 2;

/** The machine as it was made. */
export interface Setup {
  readonly arch: string;
  readonly bits: 32 | 64;
  readonly kernel: string;
  readonly search: string;
  readonly searchForced: boolean;
  readonly nptl: string;
  readonly nptlForced: boolean;
  readonly stacks: string;
  readonly stacksForced: boolean;
  readonly seed: number;
}

/** What became of the program; null where it was ended before it could be asked. */
export interface Ending extends Omit<RunResult, 'stats' | 'wallMs'> {
  readonly stats: RunResult['stats'] | null;
  /** Where it was asked for. */
  readonly fragments?: FragmentsReport;
  /** What a replay showed of its wake-ups. */
  readonly wakeups?: Pick<ObservedRun, 'lostWakeups' | 'oneWoken'>;
}

export type WorkerMessage =
  | { readonly kind: 'configured'; readonly setup: Setup }
  | { readonly kind: 'started' }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** Something of the host's failed, a full disk for example: the program has no part in it. */
  | { readonly kind: 'failed'; readonly sentence: string }
  | { readonly kind: 'ended'; readonly ending: Ending; readonly hints: readonly string[] };
