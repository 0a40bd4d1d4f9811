/* Why a replay differs from its first call on: the log is of another machine, or the map is of another process. */
import type { MapsArea } from '../report/maps_text.js';
import type { ReplayResult } from '../trace/replay.js';
import type { StraceLog } from '../trace/strace_log.js';

/** Above it no user space of x86_64 ends before its five-level tables. */
const X86_64_END = 0x8000_0000_0000n;
/** sparc64 has user addresses above its VA hole. */
const SPARC64_HIGH = 0xffff_f800_0000_0000n;

/**
 * Sentences, none where nothing differs. `areas`: the initial map, or null where none was given. `isDefaultKernel`: nobody
 * chose the release.
 */
export function hintsOf(log: StraceLog, result: ReplayResult, areas: readonly MapsArea[] | null, isDefaultKernel: boolean): string[] {
  if (result.diverged.length === 0) return [];
  const machine = machineHint(log, result, isDefaultKernel);
  if (areas === null) {
    const hasProgram = machine !== null || log.program !== null;
    const noMaps = hasProgram ? ['no --initial-maps: the process is taken to begin as a program of guardpage does'] : [];
    return [...(machine === null ? [] : [machine]), ...noMaps];
  }
  return [machine, programHint(log, areas), placeHint(result)].filter((hint) => hint !== null);
}

function machineHint(log: StraceLog, { arch, bits }: ReplayResult, isDefaultKernel: boolean): string | null {
  if (bits !== 32) return null;
  for (const { kind, recorded, line } of log.calls) {
    if (kind !== 'memory' || recorded === null || 'error' in recorded || recorded.word.hi === 0) continue;
    const { hi, lo } = recorded.word;
    const address = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    const machine = machineOf(address);
    const flags = machine === arch ? '--bits 64' : `--arch ${machine}`;
    const kernel = isDefaultKernel ? ' with --kernel and its release' : '';
    return `line ${line} has 0x${address.toString(16)}, which no 32-bit task of ${arch} has: ${flags}${kernel}?`;
  }
  return null;
}

/** The machine whose user space has it. */
function machineOf(address: bigint): string {
  if (address >= SPARC64_HIGH) return 'sparc64';
  return address >= X86_64_END ? 'ia64' : 'x86_64';
}

/** A link or an interpreter may stand between the two names, so this is said only where something differs. */
function programHint({ program }: StraceLog, areas: readonly MapsArea[]): string | null {
  const mapped = areas.find(({ perms, name }) => perms[2] === 'x' && name.startsWith('/'));
  if (program === null || mapped === undefined) return null;
  const [ran, found] = [baseName(program.path), baseName(mapped.name)];
  // /usr/bin/python3 is a link to python3.11.
  if (found.startsWith(ran)) return null;
  return `line ${program.line} runs ${program.path}, but the initial map is of ${mapped.name}: is it of another process?`;
}

/** The first difference is that of a process that lies elsewhere. */
function placeHint({ diverged }: ReplayResult): string | null {
  const { line, call, recorded, predicted } = diverged[0]!;
  const isOther = ': is it of another process, or of another moment?';
  if (/^brk\((NULL|0|0x0)\)$/.test(call)) return `the heap of line ${line} is not where the initial map has it${isOther}`;
  if (!call.startsWith('mprotect(') || recorded !== '0' || predicted !== 'ENOMEM') return null;
  return `line ${line} is about memory that neither the log nor the initial map has mapped${isOther}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
