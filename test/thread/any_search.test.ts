/* Every search runs threads on every machine, forced where the machine never had it: nothing overlaps, all are joined. */
import { describe, expect, it } from 'vitest';
import testStr02 from '../../examples/test_str02.js';
import { archs } from '../../src/arch/index.js';
import { Machine } from '../../src/machine.js';
import { searches } from '../../src/mm/unmapped_area/index.js';
import { callPresence, findRelease } from '../../src/release/index.js';

/** NPTL runs there. */
const hasThreads = (kernel: string) => callPresence(findRelease(kernel)!.release, 'futex') !== 'not yet';

/** Each machine under its oldest release with threads, a middle and its newest one. */
const machines = archs.flatMap(({ name, bits, releases }) => bits.flatMap((width) => {
  const known = (releases[width] ?? []).filter(hasThreads);
  const chosen = [known[0]!, known[Math.floor(known.length / 2)]!, known.at(-1)!];
  return [...new Set(chosen)].map((kernel) => ({ arch: name, bits: width, kernel }));
}));

describe.each(machines)('$arch $bits-bit, $kernel', (config) => {
  it.each(searches.map(({ search }) => search.name))('%s: 60 threads in a chain', (search) => {
    let printed = '';
    const machine = new Machine({ ...config, search, stdout: (bytes) => { printed += Buffer.from(bytes).toString(); } });
    machine.load(testStr02, ['-n', '60', '-s', 'min']);
    const { outcome, exit, stats } = machine.run();
    machine.mm.check();
    expect([outcome, exit, stats.peakThreads, printed]).toEqual([
      'exited', 0, 61, 'Creating 60 threads\n60 threads created and joined\n',
    ]);
  });
});
