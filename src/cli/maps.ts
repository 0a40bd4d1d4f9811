/* guardpage maps FILE: sums up and draws the text of any /proc/PID/maps, ours or a real kernel's. */
import { basename } from 'node:path';
import { addressSpaceSvg, type MapsArea, MapsTextError, parseMaps, stripMap } from '../report/index.js';
import { RunError } from './errors.js';
import { checkNotEmpty, inputName, NO_MAPS, readInput } from './input.js';
import { mapsJson } from './maps_json.js';
import {
  checkFile, checkWritable, columnsOf, hasColor, STDERR, STDOUT, TO_STDOUT, writeAll, writeFile, writeJson,
} from './output.js';

/** The flags, as commander hands them over. */
export interface MapsFlags {
  readonly json?: string;
  readonly svg?: string;
  readonly quiet?: boolean;
}

/** Returns the exit status. */
export async function maps(file: string, flags: MapsFlags): Promise<number> {
  const { json, svg, quiet } = flags;
  checkWritable(json);
  checkFile('--svg', svg);
  const name = inputName(file);
  const text = (await readInput(file)).toString();
  checkNotEmpty(file, text, NO_MAPS);
  const areas = areasOf(name, text);
  const fd = json === TO_STDOUT ? STDERR : STDOUT;
  if (quiet !== true) writeAll(fd, `${stripMap(areas, { columns: columnsOf(fd), color: hasColor(fd) })}\n`);
  if (json !== undefined) writeJson(json, mapsJson(name, areas));
  if (svg !== undefined) writeFile(svg, addressSpaceSvg(areas, { title: basename(name) }));
  return 0;
}

function areasOf(name: string, text: string): MapsArea[] {
  try {
    return parseMaps(text).areas;
  } catch (error) {
    throw error instanceof MapsTextError ? new RunError(`${name}, ${error.message}`) : error;
  }
}
