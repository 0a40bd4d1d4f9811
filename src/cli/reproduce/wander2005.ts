/*
 * Wolfgang Wander's comparison of 2005, the only published one of three searches by speed and by compactness: the
 * patch mail on 2.6.12-rc4 that became cached_hole_size in 2.6.13. A 32-bit task of an x86_64 kernel: searches from
 * 0x55555000 up to 0xffffe000.
 *
 * The leak test keeps 540 of 600 slots mapped. In round i slot (i + 60) mod 600 is unmapped if it is mapped, then slot
 * i mod 600 is mapped: 9,500,000 bytes where the slot's number is a multiple of 8, else (number mod 8) MiB.
 */
import type { MachineConfig } from '../../machine.js';
import { type MapsArea, parseMaps } from '../../report/maps_text.js';
import type { PlotPoint } from '../../report/plot_terminal.js';
import { CallProcess } from '../../trace/call_process.js';
import { type Word, ZERO } from '../../trace/strace_words.js';
import type { Experiment, Figures, Findings, Row, Step } from './experiment.js';
import { rounded, runThreads, warmUp } from './thread_runs.js';

const THREADS = 20_000;
const STACK_BYTES = 128 * 1024;
const SLOTS = 600;
const AHEAD = 60;
const ROUNDS = 1_000_000;
const MIB = 2 ** 20;
const LARGE = 9_500_000;

/** A kernel and, where it was patched, the search it was given. */
interface Kernel {
  readonly kernel: string;
  readonly search?: string;
}

interface Searched {
  readonly label: string;
  readonly kernel: Kernel;
  readonly threads: Figures;
  readonly leak: Figures;
}

/** The mail is on 2.6.12-rc4, whose search that of 2.6.12-rc1 is; its own patch came, changed, with 2.6.13. */
const SEARCHES: readonly Searched[] = [
  {
    label: 'always from the base', kernel: { kernel: '2.6.12-rc1', search: 'first-fit' }, threads: { systemSeconds: '30+' },
    leak: { completed: true, areas: 11 },
  },
  {
    label: 'free_area_cache as of 2.6.11', kernel: { kernel: '2.6.12-rc1' }, threads: { systemSeconds: 0.7 },
    leak: { completed: false, rounds: '50,000+', areas: 96 },
  },
  {
    label: 'with cached_hole_size', kernel: { kernel: '2.6.13' }, threads: { systemSeconds: 0.71 },
    leak: { completed: true, areas: 7 },
  },
];

/** The program and its stack. */
const PROGRAM = [
  '08048000-08049000 r-xp 00000000 03:01 4711                               /bin/leakme',
  'fffe9000-ffffe000 rw-p 00000000 00:00 0                                  [stack]',
];
/** As a program of that time found them: not published, and they decide in which round the cursor's search fails. */
const LIBRARIES = [
  '55555000-5556a000 r-xp 00000000 03:01 101                                /lib/ld-2.3.4.so',
  '5556a000-5556c000 rw-p 00015000 03:01 101                                /lib/ld-2.3.4.so',
  '5556c000-55691000 r-xp 00000000 03:01 102                                /lib/tls/libc-2.3.4.so',
];

function configOf({ kernel, search }: Kernel): MachineConfig {
  return { arch: 'x86_64', bits: 32, kernel, search, overcommit: 1 };
}

interface Leak {
  readonly rounds: number;
  readonly areas: number;
  readonly curve: readonly PlotPoint[];
}

function sizeOf(slot: number): Word {
  return { hi: 0, lo: slot % 8 === 0 ? LARGE : (slot % 8) * MIB };
}

/** Anonymous, private, and nowhere in particular. */
const REST: readonly Word[] = [{ hi: 0, lo: 3 }, { hi: 0, lo: 0x22 }, { hi: -1, lo: -1 }, ZERO];

/** Until a map fails, or all rounds are done. */
export function leakTest(kernel: Kernel, areas: readonly MapsArea[]): Leak {
  const process = new CallProcess(configOf(kernel), areas);
  const { mm } = process;
  const slots: (Word | null)[] = Array.from({ length: SLOTS }, () => null);
  const curve: PlotPoint[] = [];
  let round = 0;
  for (; round < ROUNDS; round++) {
    const old = (round + AHEAD) % SLOTS;
    if (slots[old] !== null) process.trap('munmap', [slots[old]!, sizeOf(old)]);
    slots[old] = null;
    const slot = round % SLOTS;
    const mapped = process.trap('mmap2', [ZERO, sizeOf(slot), ...REST]);
    if ('error' in mapped) break;
    slots[slot] = mapped.word;
    if (isSampled(round + 1)) curve.push({ threads: round + 1, value: mm.vmas.size });
  }
  return { rounds: round, areas: mm.vmas.size, curve };
}

/** Four times between one power of two and the next. */
function isSampled(round: number): boolean {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(round)) - 2);
  return round % step === 0;
}

function leakRow(what: string, published: Figures | null, { rounds, areas }: Leak): Row {
  return { what, published, ours: { completed: rounds === ROUNDS, rounds, areas } };
}

function run(step: Step): Findings {
  const rows: Row[] = [];
  warmUp(configOf({ kernel: '2.6.13' }), STACK_BYTES);
  SEARCHES.forEach(({ label, kernel, threads }, i) => {
    step(`test_str02, ${label}`, i / 12);
    const { probes, seconds } = runThreads(configOf(kernel), THREADS, STACK_BYTES);
    const ours = { seconds: rounded(seconds), probes, probesPerThread: rounded(probes / THREADS) };
    rows.push({ what: `test_str02, 20,000 threads, ${label}`, published: threads, ours });
  });
  const bare = parseMaps(PROGRAM.join('\n')).areas;
  const withLibraries = parseMaps([PROGRAM[0], ...LIBRARIES, PROGRAM[1]].join('\n')).areas;
  const curves = SEARCHES.map(({ label, kernel, leak }, i) => {
    step(`leak test, ${label}`, (3 + 3 * i) / 12);
    const alone = leakTest(kernel, bare);
    rows.push(leakRow(`leak test, ${label}, nothing else mapped`, null, alone));
    const among = leakTest(kernel, withLibraries);
    rows.push(leakRow(`leak test, ${label}, libraries mapped`, leak, among));
    return { label, points: among.curve };
  });
  return {
    rows,
    initialMaps: [PROGRAM[0]!, ...LIBRARIES, PROGRAM[1]!],
    series: curves,
    plot: { title: 'Areas in the leak test, libraries mapped', xLabel: 'rounds', yLabel: 'areas' },
    sentence:
      'The order of the three, the two that complete, and the 11 areas of the search from the base agree; the cursor dies ' +
      'in the tens of thousands of rounds, when exactly depends on the libraries, which were not published; 2.6.13 as ' +
      'merged ends with 11 areas where the mailed patch had 7, as munmap leaves the cache elsewhere in it (Ken Chen); ' +
      'seconds of an emulated call are not those of a machine of 2005, probes are exact.',
  };
}

export const wander2005: Experiment = {
  name: 'wander2005',
  about: 'three searches: 20,000 threads, and a program that leaks address space',
  source: 'Wolfgang Wander, patch mail on 2.6.12-rc4, 2005-05-11; merged as commit 1363c3cd in 2.6.13',
  expectedMs: 12_000,
  run,
};
