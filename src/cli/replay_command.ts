/* The flags of `guardpage replay`. */
import type { Command } from 'commander';
import type { ReplayFlags } from './replay.js';
import { MOST_COUNT } from './run_command.js';
import * as value from './values.js';

const EXAMPLES = `
Examples:
  $ rm -f ls.log; setarch -R strace -f -o ls.log -e inject=brk:signal=STOP:when=1 ls &
  $ until grep -qs 'stopped by SIGSTOP' ls.log; do sleep 0.1; done; read -r pid _ < ls.log    # at its first call
  $ cat /proc/$pid/maps > ls.maps; kill -CONT $pid; wait    # that is its map after exec
  $ guardpage replay ls.log --arch x86_64 --kernel 6.18 --initial-maps ls.maps
  $ guardpage replay server.log.gz --kernel 2.6.9,2.6.11 --initial-maps server.maps --honour
  $ guardpage replay ls.log --arch x86_64 --kernel 6.18 --initial-maps ls.maps --strict --json - | jq .matched
`;

export function addReplay(program: Command, ended: (status: number) => void): void {
  program
    .command('replay')
    .description('runs the memory calls of strace logs through a machine and release, and compares every result')
    .usage('[options] LOG...')
    .argument('<LOG...>', 'what strace wrote, also with -f, -t, -r, -T, -y, and gzipped; - is standard input')
    .option('--arch <NAME>', 'machine (list archs); default i386')
    .option('--kernel <RELEASES>', 'kernel releases (list kernels); default 2.5.46', value.nameList)
    .option('--bits <32|64>', "word size of the task; default the machine's own", value.wordSize)
    .option('--search <NAME>', "search for holes (list searches); default the release's own")
    .option('--layout <default|legacy>', 'address space: as the release lays it out, or bottom-up',
      value.oneOf('layout', ['default', 'legacy']))
    .option('--initial-maps <FILE>', "/proc/PID/maps of where the logs begin; default what exec leaves of a program of ours")
    .option('--honour', 'go on from the recorded address after a miss; without it the first one ends the comparison')
    .option('--strict', 'exit status 1 when any result differs')
    .option('--plain-files', 'files are on a file system that does not align them to huge pages, as overlayfs or nfs')
    .option('--rlimit <NAME=BYTES|unlimited>', 'soft limit: stack, data, as or memlock (repeatable)', value.rlimit)
    .option('--max-map-count <N>', 'areas that a process may have', value.wholeNumber('--max-map-count', 1, MOST_COUNT))
    .option('--overcommit <0|1|2>', 'what /proc/sys/vm/overcommit_memory says; default 1, as no log says how much memory there is',
      value.wholeNumber('--overcommit', 0, 2))
    .option('--ram <BYTES>', 'memory of the machine; default 1g', value.bytes('--ram'))
    .option('--fragments', 'show how the address space became fragmented, and what searches cost')
    .option('--svg-holes <FILE>', 'draw its holes over time (of one log under one release)')
    .option('--json <FILE|->', 'write what became of it as JSON; with - stdout carries nothing else')
    .option('--quiet', 'say nothing')
    .addHelpText('after', EXAMPLES)
    .action(async (logs: string[], flags: ReplayFlags) => {
      const { replayLogs } = await import('./replay.js');
      ended(await replayLogs(logs, flags));
    });
}
