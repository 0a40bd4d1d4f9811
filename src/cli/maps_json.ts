/*
 * The JSON of `guardpage maps`. Addresses and offsets are "0x..." strings, inodes decimal ones, since
 * they take all of 64 bits. Sizes are numbers: whole pages below 2^64 fit a double exactly.
 */
import { kindOf, type MapsArea, summarise } from '../report/index.js';

export function mapsJson(file: string, areas: readonly MapsArea[]): object {
  return { schemaVersion: 1, file, summary: summaryJson(areas), areas: areas.map(areaJson) };
}

function areaJson(area: MapsArea): object {
  const { start, end, perms, offset, device, inode, name } = area;
  return {
    start: hex(start), end: hex(end), bytes: Number(end - start), kind: kindOf(area),
    perms, offset: hex(offset), device, inode: String(inode), name,
  };
}

function summaryJson(areas: readonly MapsArea[]): object {
  const { byKind, bytes, freeBytes, largestHole: hole, highestAddress, ...counts } = summarise(areas);
  const kinds = Object.entries(byKind).map(([kind, total]) => [kind, { ...total, bytes: Number(total.bytes) }]);
  return {
    ...counts,
    bytes: Number(bytes),
    freeBytes: Number(freeBytes),
    largestHole: hole && { start: hex(hole.start), end: hex(hole.end), bytes: Number(hole.bytes) },
    highestAddress: highestAddress === null ? null : hex(highestAddress),
    byKind: Object.fromEntries(kinds),
  };
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
