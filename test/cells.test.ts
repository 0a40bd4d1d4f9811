/*
 * Every cell of release, machine and word size: a program runs there, or the machine is refused with a sentence that
 * names what there is. test_str02 with a few threads is the program; where the kernel has no futex, it needs --force.
 */
import { describe, expect, it } from 'vitest';
import main from '../examples/test_str02.js';
import { PROT_READ, PROT_WRITE } from '../src/arch/generic/mman.js';
import { archs, isKnown } from '../src/arch/index.js';
import { ConfigError, Machine, type MachineConfig } from '../src/machine.js';
import type { Libc, ThreadBody } from '../src/index.js';
import { callPresence, releases } from '../src/release/index.js';

const cells = releases.flatMap((release) => archs.flatMap((arch) => arch.bits.map((bits) => ({
  name: `${arch.name} ${bits}-bit under ${release.name}`,
  config: { arch: arch.name, bits, kernel: release.name },
  known: isKnown(arch, bits, release),
  hasThreads: callPresence(release, 'futex') !== 'not yet',
}))));

const PRIVATE_ANONYMOUS = 0x22;

/** What a program does that needs nobody but itself: memory, standard output, locks that are free, a child. */
function* alone(libc: Libc): ThreadBody<number> {
  const block = yield* libc.mmap(0, 3 * libc.pageSize, PROT_READ | PROT_WRITE, PRIVATE_ANONYMOUS);
  libc.store32(block, 7);
  const mutex = yield* libc.malloc(libc.sizeof.pthread_mutex_t);
  libc.pthread_mutex_init(mutex, null);
  yield* libc.pthread_mutex_lock(mutex);
  yield* libc.pthread_mutex_unlock(mutex);
  const pid = yield* libc.fork(() => libc.load32(block) - 4);
  const [waited, status] = yield* libc.waitpid(pid);
  yield* libc.printf('%d %d\n', libc.load32(block), libc.WEXITSTATUS(status));
  return waited === pid ? 0 : 1;
}

function runs(config: MachineConfig): { said: string; outcome: string; message: string | null } {
  let said = '';
  const machine = new Machine({ ...config, stdout: (bytes) => { said += new TextDecoder().decode(bytes); } });
  machine.load(alone);
  const { outcome, message } = machine.run();
  machine.mm.check();
  return { said, outcome, message };
}

describe.each(cells.filter(({ known }) => known))('$name', ({ config }) => {
  it('runs a program of one thread', () => {
    expect(runs(config)).toEqual({ said: '7 3\n', outcome: 'exited', message: null });
  });
});

describe.each(cells.filter(({ known, hasThreads }) => known && !hasThreads))('$name', ({ config }) => {
  it('ends a program that makes a thread with the call that is missing, and who has it', () => {
    const machine = new Machine(config);
    machine.load(main, ['-n', '1']);
    expect(machine.run().message).toBe(
      'the program threw in thread 1000 (main): pthread_create needs futex, which Linux 2.4.20 does not have ' +
        '(2.5.7 is the first, and of those here 2.5.45); --force gives it what NPTL needs',
    );
  });
});

describe.each(cells.filter(({ known }) => known))('$name', ({ config, hasThreads }) => {
  it(`runs test_str02${hasThreads ? '' : ' by --force'}`, () => {
    let out = '';
    const machine = new Machine({ ...config, force: !hasThreads, stdout: (bytes) => { out += new TextDecoder().decode(bytes); } });
    machine.load(main, ['-n', '20']);
    const result = machine.run();
    expect({ outcome: result.outcome, exit: result.exit, message: result.message }).toEqual({ outcome: 'exited', exit: 0, message: null });
    expect(result.stats.peakThreads).toBe(21);
    expect(out).not.toBe('');
    machine.mm.check();
  });
});

describe.each(cells.filter(({ known }) => !known))('$name', ({ config }) => {
  it('is refused, and the known releases are named', () => {
    expect(() => new Machine(config)).toThrow(ConfigError);
    expect(() => new Machine(config)).toThrow(/(not known: nobody has read it from source yet|was removed in [\d.]+); known: \d/);
  });
});

describe('without --kernel', () => {
  it.each(archs.flatMap((arch) => arch.bits.map((bits) => ({ arch: arch.name, bits }))))('$arch, $bits-bit, runs under 2.5.46', (config) => {
    const notes: string[] = [];
    expect(new Machine({ ...config, notice: (sentence) => notes.push(sentence) }).target.release.name).toBe('2.5.46');
    expect(notes).toEqual([]);
  });

  it('a version between two records takes the lower one, and says so', () => {
    const notes: string[] = [];
    const machine = new Machine({ kernel: '2.6.10', notice: (sentence) => notes.push(sentence) });
    expect(machine.target.release.name).toBe('2.6.9');
    expect(notes).toEqual(['kernel 2.6.10 has no record of its own: 2.6.9 is used']);
  });

  it('ia64 is gone from the newest releases', () => {
    expect(() => new Machine({ arch: 'ia64', kernel: '6.18' })).toThrow('Linux 6.18 does not run on ia64: it was removed in 6.7');
  });
});
