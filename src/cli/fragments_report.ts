/* The JSON of --fragments. Addresses are "0x..." strings, sizes bytes. */
import { type FragmentsReport, fragmentationOf, type SpaceShape } from '../report/fragments.js';

export function fragmentsJson(report: FragmentsReport): object {
  const { pageSize, searched, end, worst, highestPage, peakVmas, maxMapCount, histogram, calls, samples } = report;
  const address = (page: number) => `0x${(BigInt(page) * BigInt(pageSize)).toString(16)}`;
  const shape = (space: SpaceShape) => ({
    call: space.call,
    areas: space.areas,
    holes: space.holes,
    freeBytes: space.freePages * pageSize,
    largestHole: space.largestPages * pageSize,
    fragmentation: fragmentationOf(space),
  });
  return {
    calls,
    searched: { start: address(searched.start), end: address(searched.end) },
    ...shape(end),
    worst: shape(worst),
    highestAddress: highestPage === null ? null : address(highestPage),
    peakVmas,
    maxMapCount,
    probesPerCall: histogram,
    timeline: samples.map(shape),
  };
}
