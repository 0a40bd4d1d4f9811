/* The flags of `guardpage maps`. */
import type { Command } from 'commander';
import type { MapsFlags } from './maps.js';

const EXAMPLES = `
Examples:
  $ guardpage maps /proc/self/maps
  $ ssh host cat /proc/4711/maps | guardpage maps -
  $ guardpage maps saved.txt --svg space.svg --json - | jq .summary.fragmentation
`;

export function addMaps(program: Command, ended: (status: number) => void): void {
  program
    .command('maps')
    .description('reads any /proc/PID/maps text: sums it up and draws it')
    .usage('[options] FILE')
    .argument('<FILE>', 'the text; - is standard input')
    .option('--json <FILE|->', 'write areas and summary as JSON; with - stdout carries nothing else')
    .option('--svg <FILE>', 'draw it')
    .option('--quiet', 'no summary and map')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: MapsFlags) => {
      const { maps } = await import('./maps.js');
      ended(await maps(file, flags));
    });
}
