/* The flags of `guardpage bench` and `guardpage demo`. */
import { type Command, Option } from 'commander';
import type { BenchFlags } from './bench.js';
import { needsCommand } from './usage.js';
import { MOST_COUNT, MOST_SEED } from './run_command.js';
import * as value from './values.js';

/** PID_MAX_LIMIT of 64-bit kernels: more threads than this no Linux has. */
const MOST_THREADS = 4 * 1024 * 1024;

const EXAMPLES = `
Examples:
  $ guardpage bench threads --kernel 2.5.45,2.5.46
  $ guardpage bench threads --arch sparc64,ia64 --search first-fit,free-area-cache --threads 1000,2000,4000,8000 --svg out.svg
  $ guardpage bench threads --stack min --native --json -
  $ guardpage bench threads --arch x86_64 --kernel 6.18 --stacks all
`;

export function addBench(program: Command, ended: (status: number) => void): void {
  const bench = program.command('bench').description('measures; so far: threads')
    .addHelpText('after', '\nExample:\n  $ guardpage bench threads --kernel 2.5.45,2.5.46\n');
  bench
    .command('threads')
    .description('how thread creation scales: test_str02 on every combination of what the comma lists name')
    .option('--arch <NAMES>', 'machines; default i386', value.nameList)
    .option('--kernel <RELEASES>', 'kernel releases; default 2.5.46', value.nameList)
    .option('--bits <SIZES>', "word sizes, 32 and 64; default the machine's own", value.wordSizes)
    .option('--search <NAMES>', "searches for holes; default the release's own", value.nameList)
    .option('--nptl <VERSIONS>', "threading libraries; default the release's", value.nameList)
    .addOption(new Option('--threads <COUNTS>', 'threads alive at once').default([1000, 2000, 4000, 8000, 16000], '1000,2000,4000,8000,16000')
      .argParser(value.wholeNumbers('--threads', 1, MOST_THREADS)))
    .option('--layout <default|legacy>', 'address space: as the release lays it out, or bottom-up', value.oneOf('layout', ['default', 'legacy']))
    .option('--aslr <SEED>', 'randomise mmap, stack and heap as the release does; default off', value.wholeNumber('--aslr', 0, MOST_SEED))
    .option('--stack <BYTES|min>', "size of a stack; default 65536, raised to the machine's PTHREAD_STACK_MIN")
    .option('--stacks <NAMES>', 'stack strategies (list stacks), or all that the release has; default nptl', value.nameList)
    .option('--force', 'allow what the release did not have')
    .option('--max-map-count <N>', 'areas that a process may have; default what the run needs',
      value.wholeNumber('--max-map-count', 1, MOST_COUNT))
    .option('--pid-max <N>', 'one more than the highest pid; default what the run needs',
      value.wholeNumber('--pid-max', value.LEAST_PID_MAX, MOST_COUNT))
    .option('--warmup <N>', `threads of two runs before, in the same process, that are not measured; default ${value.DEFAULT_WARMUP}, 0 for none`,
      value.wholeNumber('--warmup', 0, MOST_THREADS))
    .addOption(new Option('--seed <N>', 'seed of everything that chance decides').default(1)
      .argParser(value.wholeNumber('--seed', 0, MOST_SEED)))
    .option('--json <FILE|->', 'write the results as JSON; with - stdout carries nothing else')
    .option('--svg <FILE>', 'draw the results')
    .option('--native', "measure this computer's own threads beside ours")
    .option('--quiet', 'no progress, tables and plot')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: BenchFlags) => {
      const { benchThreads } = await import('./bench.js');
      ended(await benchThreads(flags));
    });
  needsCommand(bench);
}

export function addDemo(program: Command, ended: (status: number) => void): void {
  program
    .command('demo')
    .description('test_str02 on all three machines, before and after the change that made thread creation fast')
    .addOption(new Option('--out <DIR>', 'folder for demo.json and demo.svg').default('out'))
    .option('--quiet', 'no progress, tables and plot')
    .addHelpText('after', '\nExample:\n  $ guardpage demo --out results\n')
    .action(async (flags: { out: string; quiet?: boolean }) => {
      const { demo } = await import('./demo.js');
      ended(await demo(flags.out, flags.quiet === true));
    });
}
