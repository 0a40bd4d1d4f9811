/*
 * Commander's complaints as one sentence each that lists what is known, with exit status 2.
 */
import { type Command, CommanderError } from 'commander';
import { UsageError } from './errors.js';
import { STDERR, STDOUT, writeAll } from './output.js';

/** Help or the version was asked for and has been printed: exit status 0. */
export class Answered extends Error {}

/** Makes a command and all below it throw UsageError instead of printing and exiting. */
export function refuseInSentences(command: Command): void {
  command.exitOverride((error) => {
    throw sentenceFor(command, error);
  });
  command.configureOutput({
    writeOut: (text) => writeAll(STDOUT, text),
    writeErr: (text) => writeAll(STDERR, text),
    outputError: () => {},
  });
  command.commands.forEach((below) => {
    refuseInSentences(below as Command);
  });
}

/** The action of a command that only holds others. */
export function needsCommand(command: Command): void {
  command.argument('[command]').usage('COMMAND').allowExcessArguments().action((name?: string) => {
    const known = command.commands.map((below) => below.name()).join(', ');
    const where = command.parent === null ? '' : ` of ${nameOf(command)}`;
    if (name === undefined) throw new UsageError(`no command${where} given; there are: ${known}`);
    throw new UsageError(`no command "${name}"${where}; there are: ${known}`);
  });
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

function optionsOf(command: Command): string {
  return [...command.options.map((option) => option.long ?? option.flags), '--help'].join(', ');
}

function sentenceFor(command: Command, error: CommanderError): Error {
  if (!(error instanceof CommanderError)) return error;
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const of = nameOf(command);
  switch (error.code) {
    case 'commander.helpDisplayed':
    case 'commander.help':
    case 'commander.version':
      return new Answered();
    case 'commander.unknownOption':
      return new UsageError(`no option "${quoted}" of ${of}${suggestion(error)}; there are: ${optionsOf(command)}${argumentsHint(command)}`);
    case 'commander.optionMissingArgument':
      return new UsageError(`option ${quoted.replace(/[<>]/g, '')} of ${of} needs a value`);
    case 'commander.missingArgument':
      return new UsageError(`${of} needs ${quoted}: see guardpage ${of} --help`);
    case 'commander.excessArguments':
      return new UsageError(`${of} was given too many arguments${argumentsHint(command) || `: see guardpage ${of} --help`}`);
    default:
      return new UsageError(error.message.replace(/^error: /, '').replace(/\s+/g, ' '));
  }
}

/** Commander's own guess at what was meant. */
function suggestion({ message }: CommanderError): string {
  const meant = /\(Did you mean ([^?]*)\?\)/.exec(message)?.[1];
  return meant === undefined ? '' : ` (${meant}?)`;
}

/** A frequent slip: arguments of the program without `--` before them. */
function argumentsHint(command: Command): string {
  return command.name() === 'run' ? ' (arguments of the program go after --)' : '';
}
