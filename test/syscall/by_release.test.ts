/* Small calls about signals, processors and limits that releases answer differently; each read in its kernel/*.c. */

import { describe, expect, it } from 'vitest';
import { FilesRig, RDWR } from './files_rig.js';

const MACHINES = ['i386', 'x86_64', 'sparc64', 'sparc64 32-bit'];
const rigOf = (kernel: string, name = 'i386') => new FilesRig(name, {}, { kernel });

describe('rt_sigqueueinfo', () => {
  const SI_USER = 0;
  const SI_TKILL = -6;

  /** To oneself, then to another process. */
  function queued(kernel: string, code: number): (number | string)[] {
    const rig = rigOf(kernel);
    const child = rig.call('fork');
    rig.poke(rig.data + 8n, code);
    return [1000, child as number].map((pid) => rig.call('rt_sigqueueinfo', pid, 0, rig.data));
  }

  it.each([
    ['2.6.18', ['EPERM', 'EPERM'], [0, 0]],
    ['3.8', ['EPERM', 'EPERM'], ['EPERM', 'EPERM']],
    ['4.12', [0, 'EPERM'], [0, 'EPERM']],
  ])('%s: with the code of kill %s, with that of tkill %s', (kernel, kill, tkill) => {
    expect([queued(kernel, SI_USER), queued(kernel, SI_TKILL)]).toEqual([kill, tkill]);
  });
});

describe('SS_AUTODISARM', () => {
  const AUTODISARM = 1 << 31;
  const [SIGUSR1, SA_ONSTACK, SA_SIGINFO] = [10, 0x08000000, 4];

  function armed(kernel: string): { rig: FilesRig; result: number | string } {
    const rig = rigOf(kernel);
    [Number(rig.data) + 512, AUTODISARM, 3000].forEach((word, i) => {
      rig.poke(rig.data + BigInt(4 * i), word);
    });
    return { rig, result: rig.call('sigaltstack', rig.data, 0) };
  }

  it('is a flag that 3.8 does not know', () => {
    expect(armed('3.8').result).toBe('EINVAL');
  });

  it('4.12: takes the stack away while a handler runs', () => {
    const { rig, result } = armed('4.12');
    expect(result).toBe(0);
    const stack = () => {
      rig.call('sigaltstack', 0, rig.data + 16n);
      return [0n, 4n, 8n].map((at) => rig.peek(rig.data + 16n + at));
    };
    const whole = [Number(rig.data) + 512, AUTODISARM, 3000];
    expect(stack()).toEqual(whole);
    [0x1234560, SA_ONSTACK | SA_SIGINFO, 0, 0, 0].forEach((word, i) => {
      rig.poke(rig.data + BigInt(4 * i), word);
    });
    rig.call('rt_sigaction', SIGUSR1, rig.data, 0, 8);
    rig.call('kill', 1000, SIGUSR1);
    rig.switchTo(rig.main);
    const { spLo, returnLo } = rig.handlers[0]!;
    expect(spLo >>> 0).toBeGreaterThan(Number(rig.data) + 512);
    rig.sp = BigInt(spLo >>> 0);
    expect(stack()).toEqual([0, 2, 0]);
    rig.sp = BigInt(returnLo >>> 0);
    rig.call('rt_sigreturn');
    rig.sp = rig.data + 4096n;
    expect(stack()).toEqual(whole);
  });
});

describe.each(MACHINES)('rt_sigpending on %s', (name) => {
  it('stores as many bytes of the set as there is room for', () => {
    const rig = rigOf('4.12', name);
    const { bigEndian, signals } = rig.target;
    const mask = { hi: 0x01020304, lo: 0x07001c00 };
    rig.kernel.signals.setBlocked(rig.main, mask.hi, mask.lo);
    for (let signo = 9; signo <= 64; signo++) {
      if (((signo > 32 ? mask.hi >>> (signo - 33) : mask.lo >>> (signo - 1)) & 1) !== 0) rig.call('kill', 1000, signo);
    }
    const bytes = (size: number) => {
      for (let at = 0n; at < 8n; at += 4n) rig.poke(rig.data + at, 0);
      expect(rig.call('rt_sigpending', rig.data, size)).toBe(0);
      return Array.from({ length: 8 }, (_, i) => rig.peekByte(rig.data + BigInt(i)));
    };
    const word = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
    const whole = (signals.maskHighFirst ? [mask.hi, mask.lo] : [mask.lo, mask.hi])
      .flatMap((value) => (bigEndian ? word(value) : word(value).reverse()));
    expect(bytes(8)).toEqual(whole);
    for (const size of [0, 1, 3, 6]) expect(bytes(size)).toEqual(whole.map((byte, i) => (i < size ? byte : 0)));
    expect(rig.call('rt_sigpending', rig.data, 9)).toBe('EINVAL');
  });
});

describe('processors', () => {
  it.each([
    ['2.6.18', 'i386', ['EINVAL', 4, 4, 4]],
    ['4.12', 'i386', ['EINVAL', 4, 'EINVAL', 4]],
    ['4.12', 'x86_64', ['EINVAL', 'EINVAL', 'EINVAL', 8]],
    ['4.12', 'sparc64', ['EINVAL', 'EINVAL', 'EINVAL', 8]],
    ['4.12', 'sparc64 32-bit', ['EINVAL', 4, 'EINVAL', 8]],
    ['2.6.18', 'sparc64 32-bit', ['EINVAL', 4, 4, 4]],
  ])('%s, %s: sched_getaffinity of 3, 4, 6 and 16 bytes: %s', (kernel, name, results) => {
    const rig = rigOf(kernel, name);
    expect([3, 4, 6, 16].map((length) => rig.call('sched_getaffinity', 0, length, rig.data))).toEqual(results);
    const lowest = rig.target.bigEndian ? rig.target.bits / 8 - 1 : 0;
    expect(rig.peekByte(rig.data + BigInt(lowest))).toBe(1);
  });

  it.each([
    ['2.6.6', 'i386', ['EINVAL', 'EINVAL', 0]],
    ['2.6.9', 'i386', ['EINVAL', 0, 0]],
    ['4.12', 'x86_64', ['EINVAL', 0, 0]],
    ['4.12', 'sparc64', ['EINVAL', 'EINVAL', 0]],
    ['4.12', 'sparc64 32-bit', ['EINVAL', 0, 0]],
  ])('%s, %s: sched_setaffinity of 0, 1 and 8 bytes: %s', (kernel, name, results) => {
    const rig = rigOf(kernel, name);
    rig.call('sched_getaffinity', 0, 8, rig.data);
    expect([0, 1, 8].map((length) => rig.call('sched_setaffinity', 0, length, rig.data))).toEqual(results);
  });
});

it.each([['2.6.18', 0], ['3.6', 1], ['4.12', 1], ['6.1', 0]])('%s: RLIMIT_CPU of 0 is kept as %i', (kernel, soft) => {
  const rig = rigOf(kernel);
  rig.poke(rig.data, 0);
  rig.poke(rig.data + 4n, 5);
  expect(rig.call('setrlimit', 0, rig.data)).toBe(0);
  rig.call('ugetrlimit', 0, rig.data);
  expect([rig.peek(rig.data), rig.peek(rig.data + 4n)]).toEqual([soft, 5]);
});

it.each([['i386', 0x7fffffff], ['x86_64 32-bit', 0xffffffff]])('%s, 4.12: the longest alarm is %i seconds', (name, longest) => {
  const rig = rigOf('4.12', name);
  rig.call('alarm', 0xffffffffn);
  expect(rig.kernel.nextTimer() - rig.kernel.clock.now).toBeCloseTo(longest * 1e9, -9);
});

describe('membarrier', () => {
  it.each([
    ['4.12', 'i386', 1],
    ['6.1', 'i386', 0x7f],
    ['6.1', 'sparc64', 0x1f],
    ['6.1', 'ia64', 0x1f],
    ['6.13', 'x86_64', 0x27f],
    ['6.13', 'sparc64', 0x21f],
  ])('%s, %s: has the commands %i, and refuses all others', (kernel, name, known) => {
    const rig = rigOf(kernel, name);
    const answers = Array.from({ length: 12 }, (_, i) => rig.call('membarrier', 1 << i, 0));
    expect(rig.call('membarrier', 0, 0)).toBe(known);
    expect(answers.map((answer, i) => (answer === 'EINVAL' ? 0 : 1 << i)).reduce((all, bit) => all | bit)).toBe(known);
    expect([rig.call('membarrier', 3, 0), rig.call('membarrier', 0, 1)]).toEqual(['EINVAL', 'EINVAL']);
  });

  it('6.13: barriers of the process want a registration, which a child inherits', () => {
    const rig = rigOf('6.13', 'x86_64');
    const [PRIVATE, REGISTER, SYNC_CORE, REGISTER_SYNC_CORE, REGISTRATIONS] = [8, 16, 32, 64, 512];
    const call = (command: number) => rig.call('membarrier', command, 0);
    expect([PRIVATE, SYNC_CORE, REGISTRATIONS].map(call)).toEqual(['EPERM', 'EPERM', 0]);
    expect([REGISTER_SYNC_CORE, SYNC_CORE, PRIVATE, REGISTRATIONS].map(call)).toEqual([0, 0, 'EPERM', 80]);
    expect([REGISTER, PRIVATE, REGISTRATIONS].map(call)).toEqual([0, 0, 80]);
    rig.call('fork');
    rig.switchTo(rig.kernel.tasks.slotOf(1001));
    expect([SYNC_CORE, PRIVATE].map(call)).toEqual([0, 0]);
  });
});

describe('files', () => {
  const withFile = (kernel: string, name = 'x86_64') => {
    const rig = new FilesRig(name, { '/data/a': 'hello, world' }, { kernel });
    rig.open('/data/a', RDWR);
    return rig;
  };

  it.each([
    ['2.6.18', ['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL']],
    ['4.12', [5, 12, 'ENXIO', 'ENXIO', 'EINVAL', 12, 'EINVAL']],
    ['6.1', [5, 12, 'ENXIO', 'ENXIO', 'ENXIO', 'ENXIO', 'EINVAL']],
  ])('%s: lseek by SEEK_DATA and SEEK_HOLE: %s', (kernel, results) => {
    const [DATA, HOLE] = [3, 4];
    const rig = withFile(kernel);
    const calls = [[5, DATA], [5, HOLE], [12, DATA], [12, HOLE], [-1, DATA], [-1, HOLE], [0, 5]] as const;
    expect(calls.map(([offset, whence]) => rig.call('lseek', 3, BigInt.asUintN(64, BigInt(offset)), whence))).toEqual(results);
  });

  it('4.12: a text of /proc knows neither, and a device is where it was', () => {
    const rig = withFile('4.12');
    const [maps, nothing] = [rig.open('/proc/self/maps'), rig.open('/dev/null')];
    expect([rig.call('lseek', maps, 0, 3), rig.call('lseek', nothing, 9, 3)]).toEqual(['EINVAL', 0]);
  });

  it.each([['2.6.18', 'EINVAL'], ['4.12', 12]])('%s: readv of more than fits a long: %s', (kernel, result) => {
    const rig = withFile(kernel, 'i386');
    [Number(rig.data), 0x7fffffff, Number(rig.data), 0x7fffffff].forEach((word, i) => {
      rig.poke(rig.data + 512n + BigInt(4 * i), word);
    });
    expect(rig.call('readv', 3, rig.data + 512n, 2)).toBe(result);
  });

  it.each([['3.8', 'EINVAL'], ['4.12', 0]])('%s: fstatat with AT_STATX_DONT_SYNC: %s', (kernel, result) => {
    const rig = withFile(kernel);
    expect(rig.call('newfstatat', -100, '/data/a', rig.data, 0x4000)).toBe(result);
  });
});
