/* Timers of processes, and small calls about the machine: kernel/itimer.c, kernel/sys.c, arch/x86/kernel/tls.c. */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

const nr = {
  alarm: 27, setitimer: 104, getitimer: 105, sysinfo: 116, personality: 136, prctl: 172, rt_sigaction: 174, times: 43, getrusage: 77,
  set_thread_area: 243, get_thread_area: 244, getrandom: 355, membarrier: 375,
};
const EINVAL = 'eax=-22';
const modern = () => new Rig('i386', { kernel: '6.1' });

describe('alarm', () => {
  it('sends SIGALRM when its time has come, and tells what was left of the last one', () => {
    const rig = modern();
    expect(rig.trap(nr.alarm, 5)).toBe('0x0');
    rig.kernel.clock.now += 2e9;
    expect(rig.trap(nr.alarm, 10)).toBe('0x3');
    expect(rig.kernel.nextTimer()).toBe(rig.kernel.clock.now + 10e9);
    rig.kernel.clock.now += 10e9;
    rig.kernel.fireTimers();
    expect(rig.kernel.switchTo(rig.main)).toBe(false);
    expect(rig.kernel.processes[0]!.exitSignal).toBe(14);
  });

  it('of 0 stops it: nobody waits any more', () => {
    const rig = modern();
    rig.trap(nr.alarm, 5);
    rig.trap(nr.alarm, 0);
    expect(rig.kernel.nextTimer()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('setitimer', () => {
  it('fires again and again', () => {
    const rig = modern();
    rig.poke(rig.data, 0x1234560);
    rig.trap(nr.rt_sigaction, 14, rig.data, 0, 8);
    [0, 250_000, 1, 0].forEach((word, i) => {
      rig.poke(rig.data + BigInt(4 * i), word);
    });
    expect(rig.trap(nr.setitimer, 0, rig.data, 0)).toBe('0x0');
    const start = rig.kernel.clock.now;
    for (const at of [1e9, 1.25e9, 1.5e9]) {
      expect(rig.kernel.nextTimer()).toBe(start + at);
      rig.kernel.clock.now = start + at;
      rig.kernel.fireTimers();
    }
    expect(rig.trap(nr.getitimer, 0, rig.data + 32n)).toBe('0x0');
    expect(rig.peek(rig.data + 36n)).toBe(250_000);
    expect(rig.trap(nr.setitimer, 1, rig.data, 0)).toBe(EINVAL);
  });
});

describe('getrandom', () => {
  it('gives the bytes of the seed, the same in every run', () => {
    const bytes = () => {
      const rig = modern();
      expect(rig.trap(nr.getrandom, rig.data, 8, 0)).toBe('0x8');
      return [rig.peek(rig.data), rig.peek(rig.data + 4n)];
    };
    expect(bytes()).toEqual(bytes());
    expect(bytes()).not.toEqual([0, 0]);
    expect(modern().trap(nr.getrandom, modern().data, 8, 6)).toBe(EINVAL);
    expect(modern().trap(nr.getrandom, 0x7777000, 8, 1)).toBe('eax=-14');
  });
});

describe('getrandom of 4.12', () => {
  const rig = () => new Rig('i386', { kernel: '4.12' });

  it('knows no GRND_INSECURE, and gives 512 bytes of /dev/random at most', () => {
    const { data } = rig();
    expect(rig().trap(nr.getrandom, data, 8, 4)).toBe(EINVAL);
    expect([rig().trap(nr.getrandom, data, 600, 2), rig().trap(nr.getrandom, data, 600, 0)]).toEqual(['0x200', '0x258']);
  });

  it('says nothing of the bytes before a fault, where 6.1 tells how many they were', () => {
    const answer = (kernel: string) => {
      const at = new Rig('i386', { kernel });
      return at.trap(nr.getrandom, (at.data & ~4095n) + 4096n - 8n, 5 * 4096, 0);
    };
    expect(answer('4.12')).toBe('eax=-14');
    expect(answer('6.1')).not.toBe('eax=-14');
  });
});

describe('sysinfo', () => {
  it('shows memory at 16, the tasks at 40, the unit at 52', () => {
    const rig = modern();
    expect(rig.trap(nr.sysinfo, rig.data)).toBe('0x0');
    // 4 GiB do not fit 32 bits: they are counted in pages.
    expect([16n, 40n, 52n].map((at) => rig.peek(rig.data + at))).toEqual([2 ** 20, 1, 4096]);
  });

  it('on sparc64 the tasks are the upper half of the word at 80, the unit is at 104', () => {
    const rig = new Rig('sparc64');
    expect(rig.trap(214, rig.data)).toBe('0x0');
    expect([rig.peek(rig.data + 80n), rig.peek(rig.data + 104n)]).toEqual([1 << 16, 1]);
  });
});

describe('prctl', () => {
  it('keeps a name of 15 letters', () => {
    const rig = modern();
    for (let i = 0; i < 5; i++) rig.poke(rig.data + BigInt(4 * i), 0x64636261);
    expect(rig.trap(nr.prctl, 15, rig.data)).toBe('0x0');
    expect(rig.trap(nr.prctl, 16, rig.data + 64n)).toBe('0x0');
    expect([rig.peek(rig.data + 64n), rig.peek(rig.data + 76n)]).toEqual([0x64636261, 0x636261]);
    expect(rig.trap(nr.prctl, 999)).toBe(EINVAL);
  });

  // include/linux/prctl.h of 2.6.6, 2.6.9 and 2.6.11.
  it('names are set from 2.6.9 on, and asked for from 2.6.11 on', () => {
    const answers = (kernel: string) => {
      const rig = new Rig('i386', { kernel });
      return [15, 16].map((option) => rig.trap(nr.prctl, option, rig.data));
    };
    expect(['2.4.20', '2.6.6', '2.6.9', '2.6.11'].map(answers)).toEqual([
      [EINVAL, EINVAL], [EINVAL, EINVAL], ['0x0', EINVAL], ['0x0', '0x0'],
    ]);
  });

  it('a task is called as its program before', () => {
    const rig = modern();
    rig.trap(nr.prctl, 16, rig.data);
    expect(rig.peek(rig.data)).toBe(0x676972); // "rig"
  });
});

describe('set_thread_area', () => {
  it('takes a free entry of three from 6 on, and refuses what is no data segment', () => {
    const rig = modern();
    const area = (entry: number, bits = 0x51) => {
      [entry, 0x8049000, 0xfffff, bits].forEach((word, i) => {
        rig.poke(rig.data + BigInt(4 * i), word);
      });
      return rig.trap(nr.set_thread_area, rig.data);
    };
    expect([area(-1), rig.peek(rig.data)]).toEqual(['0x0', 6]);
    expect([area(-1), area(-1), area(-1)]).toEqual(['0x0', '0x0', 'eax=-3']);
    expect([area(9), area(6, 0x50)]).toEqual([EINVAL, EINVAL]);
    rig.poke(rig.data, 7);
    expect(rig.trap(nr.get_thread_area, rig.data)).toBe('0x0');
    expect(rig.peek(rig.data + 4n)).toBe(0x8049000);
  });
});

describe('the rest', () => {
  it('personality is kept, times count ticks, getrusage faults', () => {
    const rig = modern();
    expect([rig.trap(nr.personality, 0x0040000), rig.trap(nr.personality, -1)]).toEqual(['0x0', '0x40000']);
    rig.kernel.clock.now = 5e9;
    expect(rig.trap(nr.times, 0)).toBe('0x1f4');
    expect(rig.trap(nr.getrusage, 5, rig.data)).toBe(EINVAL);
    expect(rig.trap(nr.getrusage, 0, rig.data)).toBe('0x0');
    expect(rig.peek(rig.data + 32n)).toBeGreaterThan(0);
  });
});

describe('calls that other machines have by other numbers', () => {
  it.each(['2.4.20', '2.6.18', '6.1'])('x86_64 under %s: alarm, who it is, priorities, and the interval of SCHED_RR', (kernel) => {
    const rig = new Rig('x86_64', { kernel });
    expect(rig.trap(37, 5)).toBe('0x0');
    rig.kernel.clock.now += 2e9;
    expect(rig.trap(37, 10)).toBe('0x3');
    const uid = rig.trap(102);
    expect([104, 107, 108].map((call) => rig.trap(call))).toEqual([uid, uid, uid]);
    expect([rig.trap(111), rig.trap(140, 0, 0), rig.trap(141, 0, 0, 5), rig.trap(140, 0, 0)]).toEqual(['0x3e8', '0x14', '0x0', '0xf']);
    for (let i = 0; i < 5; i++) rig.poke(rig.data + BigInt(4 * i), 7);
    expect(rig.trap(148, 0, rig.data)).toBe('0x0');
    expect([0, 1, 2, 3, 4].map((i) => rig.peek(rig.data + BigInt(4 * i)))).toEqual([0, 0, 0, 0, 7]);
    expect(rig.notices).toEqual([]);
  });

  it('32-bit sparc: time stores a word, clock_gettime64 of 6.1 two of 64 bits, the upper half first', () => {
    const rig = new Rig('sparc64 32-bit', { kernel: '6.1' });
    for (let i = 0; i < 6; i++) rig.poke(rig.data + BigInt(4 * i), 7);
    const seconds = rig.trap(231, rig.data);
    expect([rig.peek(rig.data), rig.peek(rig.data + 4n)]).toEqual([Number(seconds), 7]);
    expect(rig.trap(403, 0, rig.data + 8n)).toBe('0x0');
    expect([8n, 12n, 16n].map((at) => rig.peek(rig.data + at))).toEqual([0, Number(seconds), 0]);
  });

  it('32-bit sparc of 4.12 has time, but no clock_gettime64 yet', () => {
    const rig = new Rig('sparc64 32-bit', { kernel: '4.12' });
    expect(Number(rig.trap(231, 0))).toBeGreaterThan(1e9);
    expect(rig.trap(403, 0, rig.data)).toMatch(/\b90\b/); // ENOSYS of sparc
  });
});
