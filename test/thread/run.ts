/* Runs small programs on a machine and hands back all that can be seen of them. */

import { expect } from 'vitest';
import type { Libc, ThreadBody } from 'guardpage';
import { Machine, type MachineConfig, type RunResult } from '../../src/machine.js';

export interface Ran extends RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly strace: string[];
  readonly notices: string[];
}

export interface Config extends Omit<MachineConfig, 'stdout' | 'stderr' | 'strace' | 'notice'> {
  /** No strace: for runs whose calls nobody could read. */
  readonly quiet?: boolean;
}

export type Program = (libc: Libc, argv: string[]) => unknown;

/** The machines, for describe.each. */
export const machines: readonly { readonly name: string; readonly config: Config }[] = [
  { name: 'i386', config: { arch: 'i386' } },
  { name: 'sparc64', config: { arch: 'sparc64' } },
  { name: 'sparc64 32-bit', config: { arch: 'sparc64', bits: 32 } },
  { name: 'ia64', config: { arch: 'ia64' } },
];

/** The machines under both libraries, and a kernel that has all that the newer one asks for. */
export const libraries: readonly { readonly name: string; readonly config: Config }[] = [
  ...machines.flatMap(({ name, config }) =>
    (['2.3.3', '2.36'] as const).map((nptl) => ({ name: `${name}, NPTL ${nptl}`, config: { ...config, nptl } })),
  ),
  { name: 'i386, Linux 6.1', config: { arch: 'i386', kernel: '6.1' } },
  { name: 'x86_64, Linux 6.1', config: { arch: 'x86_64', kernel: '6.1' } },
];

/** Those on which a relative timeout works: 2.5.46 reads that of a 32-bit task on sparc64 as two 64-bit words. */
export const withTimeouts = libraries.filter(({ config }) => !(config.bits === 32 && config.nptl === '2.3.3'));

export function isModern(config: Config): boolean {
  return config.nptl === '2.36' || config.kernel === '6.1';
}

export function isSparc(config: Config): boolean {
  return config.arch === 'sparc64';
}

export function run(config: Config, main: Program, argv: string[] = []): Ran {
  const decoder = new TextDecoder();
  const ran = { stdout: '', stderr: '', strace: [] as string[], notices: [] as string[] };
  const { quiet, ...machineConfig } = config;
  const machine = new Machine({
    ...machineConfig,
    stdout: (bytes) => {
      ran.stdout += decoder.decode(bytes);
    },
    stderr: (bytes) => {
      ran.stderr += decoder.decode(bytes);
    },
    strace: quiet ? null : (line) => ran.strace.push(line),
    notice: (sentence) => ran.notices.push(sentence),
  });
  machine.load(main, argv);
  const result = machine.run();
  // An expect() that failed inside the program is this test's failure, not the program's.
  const { cause } = result as { cause?: unknown };
  if (cause instanceof Error && cause.name === 'AssertionError') throw cause;
  return { ...result, ...ran };
}

/** Runs `body` as main, which must end well, and returns what it returned. */
export function evaluate<T>(config: Config, body: (libc: Libc) => ThreadBody<T>): T {
  let value: T | undefined;
  const ran = run(config, function* main(libc) {
    value = yield* body(libc);
    return 0;
  });
  expect({ outcome: ran.outcome, message: ran.message }).toEqual({ outcome: 'exited', message: null });
  return value as T;
}

/** evaluate() for a body in which no call can block. */
export function compute<T>(config: Config, body: (libc: Libc) => T): T {
  // biome-ignore lint/correctness/useYield: a thread is a generator
  return evaluate(config, function* (libc) {
    return body(libc);
  });
}

/** futex calls, with the addresses that they name replaced by offsets from `base`, or by "tid". */
export function futexCalls(ran: Ran, base: number): string[] {
  return calls(ran, /^(futex|<\.\.\. futex)/).map((line) =>
    line.replace(/0x([0-9a-f]+)/, (_, digits) => {
      const offset = Number(BigInt(`0x${digits}`) - BigInt(base));
      return offset >= 0 && offset < 256 ? `+${offset}` : 'tid';
    }),
  );
}

/** The system calls among the lines of strace that match, without "[pid 1000] ". */
export function calls(ran: Ran, pattern: RegExp): string[] {
  return ran.strace.map((line) => line.replace(/^\[pid +\d+\] /, '')).filter((line) => pattern.test(line));
}
