/**
 * Kernels that were run: every recording in recorded/ is replayed under the release that it names, and after each call
 * the result, the lines of /proc/PID/maps and the counts are the recorded ones. recorded/README.md has the format.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RecordedTask } from './recorded_task.js';
import { callText, parseRecording, type RecordedProgram, type Recording, type Seen } from './recorded_text.js';

const FOLDER = new URL('recorded/', import.meta.url);
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.txt.gz'));

/** "?" in a recording stands for what is not compared. */
function isSameResult(recorded: string, got: string): boolean {
  return recorded.length === got.length && [...recorded].every((letter, i) => letter === '?' || letter === got[i]);
}

/** What was seen, in lines. */
function shown({ maps, counts }: Seen): string {
  return [...maps, `counts ${counts.join(' ')}`].join('\n');
}

/** Replays a program; null, or what differs first. */
function firstDifference(recording: Recording, { settings, start, steps }: RecordedProgram): string | null {
  const task = new RecordedTask(recording, settings, start);
  if (shown(task.seen()) !== shown(start)) return `at the start\n${shown(start)}\nhere\n${shown(task.seen())}`;
  for (const [i, { call, result, seen }] of steps.entries()) {
    const got = task.make(call);
    task.mm.check();
    const here = task.seen();
    if (isSameResult(result, got) && shown(here) === shown(seen)) continue;
    const calls = steps.slice(0, i + 1).map((step) => `${callText(step.call)} = ${step.result}`).join('\n');
    return `${calls}\nhere ${got}\n${shown(seen)}\nhere\n${shown(here)}`;
  }
  return null;
}

it('there are recordings', () => {
  expect(names.length).toBeGreaterThan(0);
});

describe.each(names)('%s', (name) => {
  const recording = parseRecording(gunzipSync(readFileSync(new URL(name, FOLDER))).toString());

  it('every call does what it did there', () => {
    let calls = 0;
    for (const program of recording.programs) {
      expect(firstDifference(recording, program)).toBeNull();
      calls += program.steps.length;
    }
    expect(calls).toBeGreaterThan(1000);
  });

  it('a result that is changed is found', () => {
    const program = recording.programs.find(({ steps }) => steps.length > 0)!;
    const [first, ...rest] = program.steps as [typeof program.steps[0], ...typeof program.steps];
    const changed = { ...program, steps: [{ ...first, result: `${first.result}1` }, ...rest] };
    expect(firstDifference(recording, changed)).toContain(callText(first.call));
  });
});
