/** FragmentsTrace: holes, probes and samples of a program, against what is known of its address space. */
import { describe, expect, it } from 'vitest';
import testStr02 from '../../examples/test_str02.js';
import { type Libc, Machine, type MachineConfig, type ThreadBody } from '../../src/index.js';
import { fragmentationOf, type FragmentsReport, fragmentsText } from '../../src/report/fragments.js';
import { holesSvg } from '../../src/report/holes_svg.js';
import { FragmentsTrace } from '../../src/trace/fragments.js';

const PAGE = 4096;
const ANON = [3, 0x22] as const;

function watched(main: (libc: Libc, argv: string[]) => ThreadBody<number>, argv: string[], config: MachineConfig): FragmentsReport {
  const trace = new FragmentsTrace();
  const machine = new Machine({ ...config, tracers: [trace] });
  machine.load(main, argv);
  expect(machine.run().exit).toBe(0);
  return trace.report(machine.mm);
}

/** Ten maps of two pages with different rights, every second one unmapped again. */
function* comb(libc: Libc): ThreadBody<number> {
  const maps = [];
  for (let i = 0; i < 10; i++) maps.push(yield* libc.mmap(0, 2 * PAGE, i % 2 === 0 ? 3 : 1, ANON[1]));
  for (let i = 0; i < 10; i += 2) yield* libc.munmap(maps[i]!, 2 * PAGE);
  return 0;
}

describe('the holes of a program', () => {
  it('are counted where searches look, with the largest and all that is free', () => {
    const { end, searched, calls, highestPage, peakVmas } = watched(comb, [], { kernel: '2.5.46' });
    expect(searched).toEqual({ start: 0x40000, end: 0xc0000 });
    expect(calls).toBe(15);
    // Five of two pages, and all from the last map to the stack; exec's stack has two pages.
    const above = 0xbfffe - 0x40014;
    expect(end).toEqual({ call: 15, areas: 8, holes: 6, freePages: above + 10, largestPages: above });
    expect(highestPage).toBe(0x40014);
    expect(peakVmas).toBe(13);
  });

  it('are at their worst where the largest of them has the least of what is free', () => {
    const { worst, end } = watched(comb, [], { kernel: '2.5.46' });
    expect(worst.call).toBe(15);
    expect(fragmentationOf(end)).toBeCloseTo(10 / (0xbfffe - 0x40014 + 10), 12);
  });

  it('are seen from the other side where searches go down', () => {
    const { end, searched, highestPage } = watched(comb, [], { arch: 'x86_64', kernel: '6.18' });
    expect(end.holes).toBe(7);
    expect(highestPage).toBe(searched.end);
  });
});

describe('probes', () => {
  it('have a bucket for each power of two, and all searches are in one', () => {
    const { histogram } = watched(testStr02, ['-n', '100', '-s', '65536'], { kernel: '2.5.45' });
    expect(histogram.map(({ least, most }) => [least, most])).toEqual([
      [0, 0], [1, 1], [2, 2], [3, 4], [5, 8], [9, 16], [17, 32], [33, 64], [65, 128], [129, 256],
    ]);
    expect(histogram.reduce((sum, { calls }) => sum + calls, 0)).toBe(100);
    // The walk of first fit meets two areas more with each thread: 65 to 128 of them 32 times.
    expect(histogram.find(({ least }) => least === 65)!.calls).toBe(32);
  });
});

describe('samples', () => {
  it('are evenly spread and bounded however many calls there are', () => {
    function* many(libc: Libc): ThreadBody<number> {
      for (let i = 0; i < 5000; i++) yield* libc.munmap(yield* libc.mmap(0, PAGE, ...ANON), PAGE);
      return 0;
    }
    const { samples, calls } = watched(many, [], {});
    expect(calls).toBe(10_000);
    expect(samples.length).toBeGreaterThan(256);
    expect(samples.length).toBeLessThanOrEqual(513);
    const steps = new Set(samples.slice(1, -1).map(({ call }, i) => call - samples[i]!.call));
    expect(steps.size).toBe(1);
    expect(samples.at(-1)!.call).toBe(10_000);
  });

  it('name runs of areas, ascending', () => {
    for (const { runs } of watched(comb, [], {}).samples) {
      expect(runs.length % 2).toBe(0);
      expect([...runs].sort((a, b) => a - b)).toEqual(runs);
    }
  });
});

describe('the text', () => {
  it('says what there is', () => {
    expect(fragmentsText(watched(comb, [], { kernel: '2.5.46' }))).toBe(`fragmentation
  searches look at                     40000000-c0000000
  holes at the end                     6, 2 GiB free, the largest 2 GiB: fragmentation 0.002%
  at their worst, after call 15 of 15  6, 2 GiB free, the largest 2 GiB: fragmentation 0.002%
  highest address used                 40014000
  areas at most                        13, 0.02% of the 65,536 allowed
  probes a search, and searches that took so many
  0  0
  1  1  ####
  2  9  ########################################`);
  });

  it('of a program that maps nothing says so', () => {
    // biome-ignore lint/correctness/useYield: a program is a generator.
    const text = fragmentsText(watched(function* nothing() {
      return 0;
    }, [], {}));
    expect(text.split('\n').at(-1)).toBe('  no search was made');
  });
});

describe('the picture', () => {
  const svg = holesSvg(watched(comb, [], { kernel: '2.5.46' }), { title: 'a <comb>' });
  const attributes = (name: string) => [...svg.matchAll(new RegExp(`<rect [^>]*fill="${name}"`, 'g'))].length;

  it('is one document with its title, both ranges that were mapped, and the calls', () => {
    expect(svg.match(/<svg /g)).toHaveLength(1);
    expect(svg).toContain('>a &lt;comb&gt;</text>');
    for (const label of ['40014000', 'c0000000', 'never mapped', 'memory calls']) expect(svg).toContain(label);
  });

  it('draws five holes in orange where maps came free again', () => {
    // One in the legend; the first map's end lies at the edge and is free space.
    expect(attributes('#f29a2e')).toBe(1 + 4);
    expect(attributes('#2f7fb8')).toBeGreaterThan(10);
  });

  it('every colour of the panels is in the legend, that of pixels with maps and holes too', () => {
    // Of every ten pages the first `mapped` are, of 8,000: a pixel has twenty. Then all of them.
    const sample = (call: number, mapped: number) => {
      const runs = Array.from({ length: 800 }, (_, i) => [10 * i, 10 * i + mapped]).flat();
      return { call, areas: 800, holes: 799, freePages: 799 * (10 - mapped), largestPages: 10 - mapped, runs };
    };
    const samples = [1, 4, 6, 9].map((mapped, call) => sample(call, mapped));
    const [end, worst] = [samples[3]!, samples[0]!];
    const fine = holesSvg({
      pageSize: 4096, searched: { start: 0, end: 8000 }, calls: 4, end, worst, highestPage: 8000, peakVmas: 800, maxMapCount: 65530,
      histogram: [], samples,
    });
    const fills = (text: string) => [...new Set([...text.matchAll(/<rect [^>]*fill="(#\w+)"/g)].map((match) => match[1]))].sort();
    const legend = fills(fine.split('\n').find((line) => line.includes('>hole between maps</text>'))!);
    expect(legend).toHaveLength(4);
    // The panel as it is before anything is drawn is free.
    expect(['#f1f4f6', ...fills(fine.slice(fine.indexOf('<g '), fine.indexOf('</g>')))].sort()).toEqual(legend);
  });

  it('has finite coordinates, also of a program that maps nothing', () => {
    // biome-ignore lint/correctness/useYield: a program is a generator.
    const empty = holesSvg(watched(function* nothing() {
      return 0;
    }, [], {}));
    for (const text of [svg, empty]) expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });
});
