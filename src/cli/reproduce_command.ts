/* The flags of `guardpage reproduce`. */
import type { Command } from 'commander';
import type { ReproduceFlags } from './reproduce.js';

const EXAMPLES = `
Experiments: seed2002, nptl2002, wander2005, madvise-guard

Examples:
  $ guardpage reproduce
  $ guardpage reproduce wander2005 --json - --quiet | jq '.experiments[0].rows'
`;

export function addReproduce(program: Command, ended: (status: number) => void): void {
  program
    .command('reproduce')
    .description('makes published experiments again and prints their figures beside ours')
    .usage('[options] [NAME...]')
    .argument('[NAME...]', 'experiments; default all')
    .option('--json <FILE|->', 'write the figures as JSON; with - stdout carries nothing else')
    .option('--quiet', 'no progress, tables and plots')
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], flags: ReproduceFlags) => {
      const { reproduce } = await import('./reproduce.js');
      ended(await reproduce(names, flags));
    });
}
