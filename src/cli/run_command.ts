/* The flags of `guardpage run`. */
import { type Command, Option } from 'commander';
import { UsageError } from './errors.js';
import { grant } from './host_file.js';
import type { RunFlags } from './run.js';
import * as value from './values.js';

const DEFAULT_TIMEOUT = 60;
export const MOST_COUNT = 2 ** 30;
export const MOST_SEED = 2 ** 32 - 1;

const EXAMPLES = `
Examples:
  $ guardpage run program.ts
  $ guardpage run program.ts --arch ia64 --strace=calls.txt --maps -- -n 100
  $ guardpage run program.ts --strip --svg space.svg
  $ guardpage run program.ts --grant data.bin:rw
  $ guardpage run program.ts --trace calls.jsonl && jq -s 'map(.probes) | add' calls.jsonl
  $ guardpage run program.ts --json - --quiet | jq .stats
  $ guardpage run program.ts --explore 100000 --explore-time 60

Exploring finds deadlocks, crashes, exceptions, and exit statuses or lines of output that differ from the first
schedule's. Threads are preempted before system calls, steps of pthread calls and libc.atomic_* operations: a race
on JavaScript variables, or on plain loads and stores between two such steps, is not seen. N is a budget alone: the
same schedules come first for every N and on every host.
`;

export function addRun(program: Command, guestArgs: readonly string[], ended: (status: number) => void): void {
  program
    .command('run')
    .description('runs a program: a .ts, .js or .mjs module that exports main(libc, argv) by default')
    .usage('[options] PROGRAM [-- ARGS]')
    .argument('<PROGRAM>', 'the module')
    .argument('[ARGS...]', "the program's arguments, after --")
    .option('--arch <NAME>', 'machine (list archs); default i386')
    .option('--kernel <RELEASE>', 'kernel release (list kernels); default 2.5.46')
    .option('--bits <32|64>', "word size of the task; default the machine's own", value.wordSize)
    .option('--search <NAME>', "search for holes (list searches); default the release's own")
    .option('--nptl <2.3.3|2.36>', "threading library; default the release's")
    .option('--stacks <NAME>', 'how thread stacks are obtained (list stacks); default nptl')
    .option('--force', 'allow what the release did not have')
    .addOption(new Option('--seed <N>', 'seed of everything that chance decides').default(1)
      .argParser(value.wholeNumber('--seed', 0, MOST_SEED)))
    .option('--schedule <NAME>', 'who runs when: rr (first in, first out), random, pct, pct:DEPTH or replay:CHOICES; default rr')
    .option('--explore <N>', 'run it under N different schedules and report the first that goes wrong', value.wholeNumber('--explore', 1, MOST_COUNT))
    .option('--explore-time <SECONDS>', 'explore no longer than this', value.seconds('--explore-time'))
    .option('--ram <BYTES>', 'memory of the machine; default 1g', value.bytes('--ram'))
    .option('--overcommit <0|1|2>', 'what /proc/sys/vm/overcommit_memory says', value.wholeNumber('--overcommit', 0, 2))
    .option('--max-map-count <N>', 'areas that a process may have', value.wholeNumber('--max-map-count', 1, MOST_COUNT))
    .option('--pid-max <N>', 'one more than the highest pid', value.wholeNumber('--pid-max', value.LEAST_PID_MAX, MOST_COUNT))
    .option('--layout <default|legacy>', 'address space: as the release lays it out, or bottom-up', value.oneOf('layout', ['default', 'legacy']))
    .option('--aslr <SEED>', 'randomise mmap, stack and heap as the release does; default off', value.wholeNumber('--aslr', 0, MOST_SEED))
    .option('--rlimit <NAME=BYTES|unlimited>', 'soft limit: stack, data, as or memlock; or rtprio=N, the highest real-time priority (repeatable)', value.rlimit)
    .option('--grant <PATH[:ro|rw]>', 'a file of this computer that the program may open, to read unless :rw (repeatable)', grant)
    .option('--strace [FILE]', 'show system calls, on stderr or in a file')
    .option('--trace <FILE>', 'write what each memory call did and cost, a line of JSON each')
    .option('--maps', "show the areas at the end, after the program's output; on a terminal, their map as well")
    .option('--strip', 'show that map on stderr, terminal or not')
    .option('--svg <FILE>', 'draw the address space at the end')
    .option('--fragments', 'show how the address space is fragmented, and what searches cost, at the end')
    .option('--svg-holes <FILE>', 'draw its holes over time')
    .option('--stats', 'show counts at the end')
    .option('--realtime', 'sleeps and timeouts take their time: for people who want to watch')
    .option('--json <FILE|->', 'write what became of it as JSON; with - stdout carries nothing else')
    .option('--quiet', 'no notes and hints, only what went wrong')
    .addOption(new Option('--timeout <SECONDS>', 'end it after this long').default(DEFAULT_TIMEOUT).argParser(value.seconds('--timeout')))
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, args: string[], flags: RunFlags) => {
      if (args.length > guestArgs.length) {
        throw new UsageError(`run takes one program, not also "${args[0]}": arguments of the program go after --`);
      }
      if (flags.explore !== undefined) {
        const { exploreProgram } = await import('./explore.js');
        ended(await exploreProgram(path, guestArgs, flags));
        return;
      }
      if (flags.exploreTime !== undefined) throw new UsageError('--explore-time needs --explore N');
      const { run } = await import('./run.js');
      ended(await run(path, guestArgs, flags));
    });
}
