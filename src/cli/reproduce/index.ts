/* The experiments, oldest last. */
import type { Experiment } from './experiment.js';
import { madviseGuard } from './madvise_guard.js';
import { nptl2002 } from './nptl2002.js';
import { seed2002 } from './seed2002.js';
import { wander2005 } from './wander2005.js';

export const experiments: readonly Experiment[] = [seed2002, nptl2002, wander2005, madviseGuard];
