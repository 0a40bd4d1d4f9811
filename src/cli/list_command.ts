/* The flags of `guardpage list`. */
import type { Command } from 'commander';
import { type ListFlags, TABLES, type TableName } from './list_tables.js';
import { needsCommand } from './usage.js';
import * as value from './values.js';

export function addList(program: Command, ended: (status: number) => void): void {
  const list = program.command('list').description('the tables: archs, kernels, searches, syscalls, stacks')
    .addHelpText('after', '\nExample:\n  $ guardpage list kernels\n');
  for (const [name, about] of Object.entries(TABLES) as [TableName, string][]) {
    const command = list.command(name).description(about)
      .option('--json <FILE|->', 'write the table as JSON; with - stdout carries nothing else');
    let example = `guardpage list ${name}`;
    if (name === 'syscalls') {
      command.option('--arch <NAMES>', 'only these machines', value.nameList);
      command.option('--kernel <RELEASE>', 'kernel release; default 2.5.46');
      example += ' --arch i386,ia64';
    }
    if (name === 'archs') command.option('--kernel <RELEASE>', 'the values under this release; default 2.5.46');
    command.addHelpText('after', `\nExamples:\n  $ ${example}\n  $ guardpage list ${name} --json -\n`);
    command.action(async (flags: ListFlags) => {
      const { list: show } = await import('./list.js');
      ended(show(name, flags));
    });
  }
  needsCommand(list);
}
