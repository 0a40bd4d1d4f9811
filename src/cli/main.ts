#!/usr/bin/env node
/*
 * The command line. Flags and help are here and in the *_command.ts files; what a command does stands in
 * files of its own, loaded when it is called for.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import pc from 'picocolors';
import { addBench, addDemo } from './bench_command.js';
import { codeOf, EXIT_FAILED, EXIT_PIPE, EXIT_USAGE, RunError, sentenceOf, UsageError } from './errors.js';
import { addList } from './list_command.js';
import { addMaps } from './maps_command.js';
import { say } from './output.js';
import { addReplay } from './replay_command.js';
import { addReproduce } from './reproduce_command.js';
import { addRun } from './run_command.js';
import { Answered, needsCommand, refuseInSentences } from './usage.js';

/** Shows the stack of our own mistakes. */
const DEBUG = 'GUARDPAGE_DEBUG';

function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function commandLine(guestArgs: readonly string[], ended: (status: number) => void): Command {
  const program = new Command('guardpage');
  program
    .description('Runs pthread programs on an emulated Linux virtual-memory system, on machines and kernels you choose.')
    .version(version(), '--version', 'print the version')
    .configureHelp({
      styleTitle: pc.createColors(true).bold,
      optionTerm: (option) => option.flags.replace(' [', '[=').replace(/[<>]/g, ''),
      subcommandTerm: (command) => command.name(),
    })
    .addHelpText('after', '\nExample:\n  $ guardpage run program.ts --arch sparc64 --maps -- arguments of the program\n');
  addRun(program, guestArgs, ended);
  addBench(program, ended);
  addDemo(program, ended);
  addReproduce(program, ended);
  addReplay(program, ended);
  addMaps(program, ended);
  addList(program, ended);
  needsCommand(program);
  program.helpCommand('help [command]', 'display help for command');
  refuseInSentences(program);
  return program;
}

/** Returns the exit status. */
async function main(argv: readonly string[]): Promise<number> {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  // An optional value is taken only after "=": without one it is empty, not the next argument.
  const ours = argv.slice(0, end).map((arg) => (arg === '--strace' ? '--strace=' : arg));
  const guestArgs = argv.slice(end + 1);
  let status = 0;
  const program = commandLine(guestArgs, (result) => {
    status = result;
  });
  try {
    await program.parseAsync([...ours, ...argv.slice(end)], { from: 'user' });
    return status;
  } catch (error) {
    return statusOf(error);
  }
}

/** Says what went wrong, never more than a sentence. */
function statusOf(error: unknown): number {
  if (error instanceof Answered) return 0;
  if (codeOf(error) === 'EPIPE') return EXIT_PIPE;
  if (error instanceof UsageError || error instanceof RunError) {
    say(sentenceOf(error));
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
  say(`internal error: ${sentenceOf(error)} (${DEBUG}=1 shows where)`);
  if (process.env[DEBUG] && error instanceof Error) say(error.stack ?? '');
  return EXIT_FAILED;
}

process.exit(await main(process.argv.slice(2)));
