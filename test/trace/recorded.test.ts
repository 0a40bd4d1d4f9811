/**
 * Logs of real programs on Linux 6.18 (fixtures/README.md): every recorded result is the predicted one, and a log
 * with one result changed is found out at that line.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseMaps } from '../../src/report/maps_text.js';
import { replay, type ReplayResult } from '../../src/trace/replay.js';
import { readStraceLog } from '../../src/trace/strace_log.js';

/** Memory calls of each log, counted with grep. */
const LOGS: readonly { name: string; bits: 32 | 64; calls: number }[] = [
  { name: 'bash', bits: 64, calls: 122 },
  { name: 'heap', bits: 64, calls: 1701 },
  { name: 'heap_i386', bits: 32, calls: 1696 },
  { name: 'ls', bits: 64, calls: 26 },
  { name: 'node', bits: 64, calls: 1192 },
  { name: 'python3', bits: 64, calls: 108 },
  { name: 'threads_i386', bits: 32, calls: 338 },
  { name: 'threads_terminal', bits: 64, calls: 347 },
];

function fixture(name: string): Buffer {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

function logText(name: string): string {
  return gunzipSync(fixture(`${name}.log.gz`)).toString();
}

function replayText(name: string, text: string, bits: 32 | 64, kernel = '6.18', honour = false): ReplayResult {
  const initialMaps = parseMaps(fixture(`${name}.maps`).toString()).areas;
  return replay(readStraceLog(text), { config: { arch: 'x86_64', bits, kernel, overcommit: 1 }, initialMaps, honour });
}

describe.each(LOGS)('$name', ({ name, bits, calls }) => {
  it('gave what 6.18 is predicted to give, call by call', () => {
    const { diverged, compared, matched } = replayText(name, logText(name), bits);
    expect(diverged).toEqual([]);
    expect([compared, matched]).toEqual([calls, calls]);
  });

  it('with one address changed differs at that line, and nowhere before', () => {
    const lines = logText(name).split('\n');
    const at = lines.findLastIndex((line) => /\bmmap2?\(NULL.*= 0x/.test(line));
    lines[at] = lines[at]!.replace(/= 0x\w+/, '= 0x12345000');
    const { diverged, compared, matched, before } = replayText(name, lines.join('\n'), bits);
    expect(diverged).toMatchObject([{ line: at + 1, recorded: '0x12345000' }]);
    expect(compared - matched).toBe(1);
    expect(before!.walk!.direction).toBe('down');
    expect(before!.walk!.holes.some(({ answers }) => answers.includes('predicted'))).toBe(true);
  });
});

describe('a recorded log under another release', () => {
  it('differs where 6.1 does not align whole huge pages of anonymous memory', () => {
    // The heap of `node` and the arenas of 64 MiB that threads of glibc map.
    const { diverged } = replayText('node', logText('node'), 64, '6.1');
    expect(diverged).toHaveLength(1);
    expect(diverged[0]!.call).toMatch(/^mmap\(NULL, \d+, /);
  });

  it('goes on to the end when it honours what the log has', () => {
    const { compared, matched, diverged } = replayText('node', logText('node'), 64, '6.1', true);
    expect(compared).toBe(1192);
    expect(matched).toBeGreaterThan(1100);
    expect(diverged.length).toBe(compared - matched);
  });
});
