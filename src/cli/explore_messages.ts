/* What the main thread of `guardpage run --explore` and its workers say to each other. */
import type { ExploreOptions, Part } from '../explore/explore.js';
import type { ObservedRun } from '../explore/observe_run.js';
import type { GuestConfig, Setup } from './messages.js';

export interface ExploreSetup {
  /** Absolute, and as the user wrote it. */
  readonly program: string;
  readonly programShown: string;
  readonly argv: readonly string[];
  readonly config: GuestConfig;
  /** Int32Array, at the indices below. */
  readonly control: SharedArrayBuffer;
}

/** control: non-zero asks all to stop. */
export const STOP = 0;
/** control: the turn of the first schedule that found something, of those known. */
export const LOWEST = 1;
export const NOTHING_FOUND = 2 ** 31 - 1;
/** control: schedules explored, by all. */
export const EXPLORED = 2;
export const CONTROL_WORDS = 3;

export interface ShownRun extends ObservedRun {
  /** All that the program printed, on either stream. */
  readonly output: string;
}

export type ExploreJob =
  /** A lane goes on until it has run `runs` schedules; with other options than before it begins again. */
  | { readonly kind: 'explore'; readonly options: Omit<ExploreOptions, 'shouldStop'>; readonly runs: number }
  | { readonly kind: 'observe'; readonly schedule: string };

export type ExploreAnswer =
  | { readonly kind: 'ready'; readonly setup: Setup }
  | { readonly kind: 'explored'; readonly part: Part }
  | { readonly kind: 'observed'; readonly run: ShownRun }
  | { readonly kind: 'refused'; readonly sentence: string; readonly isUsage: boolean };
