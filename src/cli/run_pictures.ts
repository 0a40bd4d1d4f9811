/*
 * Pictures of the address space that a run left behind: for a terminal on stderr, as SVG in a file. Imports
 * past report/index.ts, whose plotting would cost every run 20 ms.
 */
import { basename } from 'node:path';
import { isatty } from 'node:tty';
import { addressSpaceSvg } from '../report/address_space_svg.js';
import { holesSvg } from '../report/holes_svg.js';
import { type MapsArea, parseMaps } from '../report/maps_text.js';
import { stripMap } from '../report/strip_map.js';
import type { Finished } from './run_thread.js';
import { columnsOf, hasColor, say, STDERR, writeAll, writeFile } from './output.js';

interface StripFlags {
  readonly strip?: boolean;
  readonly maps?: boolean;
  readonly quiet?: boolean;
}

/** With --maps people on a terminal see the map too; the maps themselves stay as they are. */
export function wantsStrip({ strip, maps, quiet }: StripFlags): boolean {
  return strip === true || (maps === true && quiet !== true && isatty(STDERR));
}

export function stripOfRun(program: string, finished: Finished): void {
  const areas = areasOf(finished);
  if (areas === null) return;
  const options = { columns: columnsOf(STDERR), color: hasColor(STDERR), title: titleOf(program, finished) };
  writeAll(STDERR, `${stripMap(areas, options)}\n`);
}

export function drawRun(path: string, program: string, finished: Finished): void {
  const areas = areasOf(finished);
  if (areas === null) say(`${path} was not drawn: nothing is known of the address space`);
  else writeFile(path, addressSpaceSvg(areas, { title: titleOf(program, finished) }));
}

export function drawHoles(path: string, program: string, finished: Finished): void {
  const { fragments } = finished.ending;
  if (fragments === undefined) say(`${path} was not drawn: nothing is known of the address space`);
  else writeFile(path, holesSvg(fragments, { title: `Holes of ${titleOf(program, finished)}` }));
}

/** Null where the program never ran, or was ended from outside. */
function areasOf({ ending }: Finished): readonly MapsArea[] | null {
  if (ending.stats === null) return null;
  // As later kernels write it; a program's file may be called so.
  const lines = ending.maps.map((line) => line.replaceAll('\n', '\\012'));
  return parseMaps(lines.join('\n')).areas;
}

/** "test_str02.ts on i386 32-bit, Linux 2.5.46". */
function titleOf(program: string, { setup: { arch, bits, kernel } }: Finished): string {
  return `${basename(program)} on ${arch} ${bits}-bit, Linux ${kernel}`;
}
