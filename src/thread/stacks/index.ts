/** The stack strategies. Adding one here makes it appear in the CLI, the tests and the tables. */
import { bitmapStacks } from './bitmap.js';
import { madviseStacks } from './madvise.js';
import { noguardStacks } from './noguard.js';
import { nptlStacks } from './nptl.js';
import type { StackStrategy } from './strategy.js';

export const stackStrategies: readonly StackStrategy[] = [nptlStacks, noguardStacks, bitmapStacks, madviseStacks];

export type { StackStrategy } from './strategy.js';
