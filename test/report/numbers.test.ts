/* Numbers as people read them, and the ticks of logarithmic axes. */

import { expect, it } from 'vitest';
import { axisText, countTicks, decadeTicks, fineTicks, grouped } from '../../src/report/numbers.js';

it('thousands are grouped by a comma, never the fraction', () => {
  expect([0, 999, 1000, 1234567].map((n) => grouped(n))).toEqual([
    '0',
    '999',
    '1,000',
    '1,234,567',
  ]);
  expect(grouped(1234.56789, 4)).toBe('1,234.5679');
});

/** The texts of an axis with these ticks. */
function axis(...ticks: number[]): string[] {
  return ticks.map(axisText(ticks));
}

it('axis numbers are short', () => {
  expect(axis(0.1, 1, 500, 1000, 64000, 1_500_000, 1e9)).toEqual(['0.1', '1', '500', '1k', '64k', '1.5M', '1G']);
});

it('powers of two from 1,024 on are shown as such, and multiples of 1,024', () => {
  expect(axis(512, 1024, 65536, 2 ** 20)).toEqual(['512', '1Ki', '64Ki', '1Mi']);
  expect(axis(0.5, 6144, 1_024_000)).toEqual(['0.5', '6Ki', '1,000Ki']);
});

it('one axis has one kind of units', () => {
  expect(axis(256, 1280, 6144, 28672)).toEqual(['256', '1.28k', '6.14k', '28.7k']);
  expect(axis(1000, 1024)).toEqual(['1k', '1.02k']);
  expect(axis(64_000, 128_000)).toEqual(['64k', '128k']);
});

it('count ticks are the counts, thinned where they would not fit', () => {
  expect(countTicks([4, 1, 2, 2], 3)).toEqual([1, 2, 4]);
  expect(countTicks([1, 2, 4, 8, 16], 3)).toEqual([1, 4, 16]);
});

it('decade ticks go around the range, even where it is one value', () => {
  expect(decadeTicks(0.2, 30)).toEqual([0.1, 1, 10, 100]);
  expect(decadeTicks(1, 1)).toEqual([1, 10]);
});

it('fine ticks go by 1, 2 and 5 around the range, even where it is one value', () => {
  expect(fineTicks(2.2, 20)).toEqual([2, 5, 10, 20]);
  expect(fineTicks(0.3, 0.4)).toEqual([0.2, 0.5]);
  expect(fineTicks(10, 10)).toEqual([10, 20]);
});
