/*
 * Odd calls, compared with what a kernel 6.18 answered a static 32-bit program on x86-64: recorded/odd_calls.c made
 * them, recorded/odd_calls.txt is its output.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const RECORD = new URL('./recorded/odd_calls.txt', import.meta.url);

/** What is otherwise here, and why. */
const UNLIKE_LINUX: Readonly<Record<string, string>> = {
  '265 3 125267968 0 0 0 0 = -14': 'threads have no CPU clock of their own: EINVAL',
};

interface Recorded {
  readonly nr: number;
  readonly args: readonly string[];
  readonly result: number;
}

function parse(line: string): Recorded {
  const [call, result] = line.split(' = ') as [string, string];
  const [nr, ...args] = call.split(' ');
  return { nr: Number(nr), args, result: Number(result) };
}

const lines = readFileSync(RECORD, 'utf8').trim().split('\n').filter((line) => !line.startsWith('#'));

/** The answer of the kernel here, in the recorded program's words: a result, or a negative errno. */
function answer({ nr, args }: Recorded): number | string {
  const rig = new Rig('x86_64 32-bit', { kernel: '6.18' });
  const words = args.map((arg) => (arg.startsWith('@') ? rig.data + BigInt(arg.slice(1)) : BigInt(arg)));
  const outcome = rig.raw(nr, ...words);
  return outcome === 'done' ? Number(BigInt.asIntN(32, rig.get('eax'))) : outcome;
}

describe('answers as Linux 6.18 does', () => {
  it(`all of ${lines.length} calls`, () => {
    const wrong = lines.filter((line) => UNLIKE_LINUX[line] === undefined)
      .map((line) => ({ line, here: answer(parse(line)) }))
      .filter(({ line, here }) => here !== parse(line).result);
    expect(wrong).toEqual([]);
  });
});
