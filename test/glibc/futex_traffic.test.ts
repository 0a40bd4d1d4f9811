/**
 * The futex calls of every primitive, ours beside those recorded from static glibc 2.36 programs (see record.ts): which
 * operations, on which word of the object, with which values, in which order, with which results. i386 and x86_64 were
 * recorded natively, sparc64 under qemu, whose log has no threads: there the order of all calls counts. Nobody can
 * record ia64: what is expected there is derived from x86_64, whose layouts of these objects it shares.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../src/machine.js';
import { type FutexLog, readFutexLog } from './futex_log.js';
import { main, scenarioNames } from './scenarios.js';

interface Recorded {
  readonly provenance: Readonly<Record<string, string | number>>;
  readonly logs: Readonly<Record<string, readonly (FutexLog & { readonly times: number })[]>>;
}

function recorded(machine: string): Recorded {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'logs', `${machine}.json`), 'utf8')) as Recorded;
}

/** What guardpage's program does under the newest record of the machine. */
function ours(arch: string, kernel: string, scenario: string): FutexLog {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  let stdout = '';
  const machine = new Machine({
    arch, kernel, nptl: '2.36',
    strace: (line) => lines.push(line),
    stdout: (bytes) => {
      stdout += decoder.decode(bytes);
    },
  });
  machine.load(main, [scenario]);
  const { outcome, message } = machine.run();
  expect({ outcome, message }).toEqual({ outcome: 'exited', message: null });
  return readFutexLog(`${stdout}${lines.join('\n')}`, scenario.startsWith('join-'));
}

describe.each([['i386', '6.18'], ['x86_64', '6.18']])('on %s, recorded natively,', (arch, kernel) => {
  const { logs } = recorded(arch);

  it.each(scenarioNames)('%s', (scenario) => {
    const { threads, results } = ours(arch, kernel, scenario);
    const known = logs[scenario]!.map((log) => ({ threads: log.threads, results: log.results }));
    // A race on the real machine has several outcomes; ours is one of them.
    const same = known.find((log) => JSON.stringify(log) === JSON.stringify({ threads, results }));
    expect({ threads, results }).toEqual(same ?? known[0]);
  });
});

describe('on ia64, derived from x86_64,', () => {
  const { logs } = recorded('x86_64');

  it.each(scenarioNames)('%s', (scenario) => {
    const { threads, results } = ours('ia64', '6.1', scenario);
    const known = logs[scenario]!.map((log) => ({ threads: log.threads, results: log.results }));
    const same = known.find((log) => JSON.stringify(log) === JSON.stringify({ threads, results }));
    expect({ threads, results }).toEqual(same ?? known[0]);
  });
});

describe('on sparc64, recorded under qemu,', () => {
  const { logs } = recorded('sparc64');
  // qemu hands the words of priority-inheriting locks to its own kernel, in the other byte order.
  const told = scenarioNames.filter((scenario) => logs[scenario]!.length > 0 && !scenario.includes('-pi'));

  it('all can be recorded but those that need robust lists or priorities, which qemu 7.2 lacks', () => {
    expect(scenarioNames.filter((scenario) => !told.includes(scenario))).toEqual(
      ['mutex-owner-died', 'mutex-owner-dies-contended', 'mutex-not-recoverable', 'mutex-pi', 'mutex-pi-timed'],
    );
  });

  it.each(told)('%s', (scenario) => {
    const { order, results } = ours('sparc64', '6.1', scenario);
    const known = logs[scenario]!.map((log) => ({ order: log.order, results: log.results }));
    const same = known.find((log) => JSON.stringify(log) === JSON.stringify({ order, results }));
    expect({ order, results }).toEqual(same ?? known[0]);
  });
});
