/* guardpage maps FILE: sums up and draws the text of any /proc/PID/maps, ours or a real kernel's. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { addressSpaceSvg, type MapsArea, MapsTextError, parseMaps, stripMap } from '../report/index.js';
import { RunError, UsageError } from './errors.js';
import { mapsJson } from './maps_json.js';
import {
  checkFile, checkWritable, columnsOf, hasColor, reasonOf, STDERR, STDOUT, TO_STDOUT, writeAll, writeFile, writeJson,
} from './output.js';

/** The flags, as commander hands them over. */
export interface MapsFlags {
  readonly json?: string;
  readonly svg?: string;
  readonly quiet?: boolean;
}

const FROM_STDIN = '-';
const STDIN_NAME = 'standard input';

/** Returns the exit status. */
export async function maps(file: string, flags: MapsFlags): Promise<number> {
  const { json, svg, quiet } = flags;
  checkWritable(json);
  checkFile('--svg', svg);
  const name = file === FROM_STDIN ? STDIN_NAME : file;
  const areas = areasOf(name, file === FROM_STDIN ? await standardInput() : read(file));
  const fd = json === TO_STDOUT ? STDERR : STDOUT;
  if (quiet !== true) writeAll(fd, `${stripMap(areas, { columns: columnsOf(fd), color: hasColor(fd) })}\n`);
  if (json !== undefined) writeJson(json, mapsJson(name, areas));
  if (svg !== undefined) writeFile(svg, addressSpaceSvg(areas, { title: basename(name) }));
  return 0;
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  } catch (error) {
    throw new UsageError(`cannot read ${STDIN_NAME}: ${reasonOf(error)}`);
  }
  return Buffer.concat(chunks).toString();
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

function areasOf(name: string, text: string): MapsArea[] {
  try {
    return parseMaps(text).areas;
  } catch (error) {
    throw error instanceof MapsTextError ? new RunError(`${name}, ${error.message}`) : error;
  }
}
