/*
 * Signals at the system-call interface: actions, masks, who gets one, the frame on the stack, and what becomes of the
 * call that it interrupts. Linux 6.1, kernel/signal.c, arch/{x86,sparc,ia64}/kernel/signal.c.
 */

import { describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

interface Machine {
  readonly kernel: string;
  readonly nr: Readonly<Record<string, number>>;
  readonly word: bigint;
  readonly SIGUSR1: number;
  readonly SIGSTOP: number;
  readonly SIGCONT: number;
  readonly SIG_BLOCK: number;
  readonly SIG_SETMASK: number;
  readonly SA_SIGINFO: number;
  readonly SA_RESTART: number;
  readonly SA_ONSTACK: number;
  readonly SA_RESETHAND: number;
  /** Where the mask lies in struct sigaction, and whether the restorer is an argument. */
  readonly maskAt: bigint;
  readonly restorer: boolean;
  readonly fails: (errno: number, sparc?: number) => string;
}

const x86 = {
  SIGUSR1: 10, SIGSTOP: 19, SIGCONT: 18, SIG_BLOCK: 0, SIG_SETMASK: 2,
  SA_SIGINFO: 4, SA_RESTART: 0x10000000, SA_ONSTACK: 0x08000000, SA_RESETHAND: 0x80000000, restorer: false,
};
const machines: Readonly<Record<string, Machine>> = {
  i386: {
    ...x86, kernel: '2.5.46', word: 4n, maskAt: 12n, fails: (n) => `eax=-${n}`,
    nr: { action: 174, mask: 175, pending: 176, wait: 177, queue: 178, suspend: 179, ret: 173, stack: 186, kill: 37, tkill: 238, sleep: 162, futex: 240 },
  },
  sparc64: {
    kernel: '2.5.46', word: 8n, SIGUSR1: 30, SIGSTOP: 17, SIGCONT: 19, SIG_BLOCK: 1, SIG_SETMASK: 4,
    SA_SIGINFO: 0x200, SA_RESTART: 2, SA_ONSTACK: 1, SA_RESETHAND: 4, maskAt: 24n, restorer: true,
    fails: (n, sparc = n) => `carry o0=${sparc}`,
    nr: { action: 102, mask: 103, pending: 104, wait: 105, queue: 106, suspend: 107, ret: 101, stack: 28, kill: 37, tkill: 187, sleep: 249, futex: 142 },
  },
  ia64: {
    ...x86, kernel: '2.5.46', word: 8n, maskAt: 16n, fails: (n) => `r10=-1 r8=${n}`,
    nr: { action: 1177, mask: 1179, pending: 1178, wait: 1183, queue: 1180, suspend: 1182, ret: 1181, stack: 1176, kill: 1053, tkill: 1229, sleep: 1168, futex: 1230 },
  },
};

const x8664: Machine = {
  ...x86, kernel: '2.5.46', word: 8n, maskAt: 24n, fails: (n) => `rax=-${n}`, nr: { action: 13, kill: 62 },
};

const HANDLER = 0x1234560n;

class SignalRig extends Rig {
  readonly m: Machine;

  constructor(name: string, kernel?: string) {
    const m = machines[name] ?? (name === 'x86_64' ? x8664 : machines.i386!);
    super(name, { kernel: kernel ?? m.kernel });
    this.m = m;
  }

  call(name: string, ...args: (number | bigint)[]): string {
    return this.trap(this.m.nr[name]!, ...args);
  }

  /** Sets an action, from a struct at the start of the data page. */
  action(signo: number, handler: bigint, flags: number, mask = 0n): string {
    const { word, maskAt, restorer } = this.m;
    this.pokeLong(this.data, handler);
    this.pokeLong(this.data + word, BigInt(flags));
    if (maskAt === 3n * word) this.pokeLong(this.data + 2n * word, 0n);
    this.pokeMask(this.data + maskAt, mask);
    return restorer ? this.call('action', signo, this.data, 0, 0, 8) : this.call('action', signo, this.data, 0, 8);
  }

  /** A sigset_t: 64 bits, the upper half first on sparc64. */
  pokeMask(at: bigint, mask: bigint): void {
    const [lo, hi] = [Number(BigInt.asIntN(32, mask)), Number(BigInt.asIntN(32, mask >> 32n))];
    const words = this.target.bigEndian ? [hi, lo] : [lo, hi];
    words.forEach((word, i) => {
      this.poke(at + BigInt(4 * i), word);
    });
  }

  block(how: number, mask: bigint): string {
    this.pokeMask(this.data + 64n, mask);
    return this.call('mask', how, this.data + 64n, 0, 8);
  }

  /** The blocked signals, as rt_sigprocmask tells them. */
  blocked(): bigint {
    this.call('mask', 0, 0, this.data + 72n, 8);
    const [first, second] = [this.peek(this.data + 72n), this.peek(this.data + 76n)].map((word) => BigInt(word >>> 0));
    return this.target.bigEndian ? (first! << 32n) | second! : (second! << 32n) | first!;
  }

  /** The handler returns: its frame is undone. */
  back(): string {
    const { returnHi, returnLo } = this.handlers.pop()!;
    this.sp = (BigInt(returnHi >>> 0) << 32n) | BigInt(returnLo >>> 0);
    return this.call('ret');
  }
}

const bit = (signo: number) => 1n << BigInt(signo - 1);

describe.each(Object.keys(machines))('signals on %s', (name) => {
  const rigOf = () => new SignalRig(name);
  const { fails, ...m } = machines[name]!;

  it('rt_sigaction keeps handler, flags and mask, less SIGKILL and SIGSTOP, and gives the old ones back', () => {
    const rig = rigOf();
    expect(rig.action(m.SIGUSR1, HANDLER, m.SA_RESTART, ~0n)).toBe('0x0');
    const size = m.restorer ? [0, 8] : [8];
    expect(rig.call('action', m.SIGUSR1, 0, rig.data + 128n, ...size)).toBe('0x0');
    const word = Number(m.word);
    const low = (at: number) => rig.peek(rig.data + BigInt(128 + at + (name === 'sparc64' ? word - 4 : 0)));
    expect([low(0), low(word) >>> 0]).toEqual([Number(HANDLER), m.SA_RESTART >>> 0]);
    const mask = rig.peek(rig.data + 128n + m.maskAt + (name === 'sparc64' ? 4n : 0n)) >>> 0;
    expect(mask).toBe(Number((~(bit(9) | bit(m.SIGSTOP))) & 0xffffffffn));
  });

  it('SIGKILL and SIGSTOP have no handlers, signal 0 and 65 do not exist, and a mask has 8 bytes', () => {
    const rig = rigOf();
    for (const signo of [9, m.SIGSTOP, 0, 65]) expect(rig.action(signo, HANDLER, 0)).toBe(fails(22));
    const size = m.restorer ? [0, 4] : [4];
    expect(rig.call('action', m.SIGUSR1, rig.data, 0, ...size)).toBe(fails(22));
    expect(rig.call('mask', m.SIG_BLOCK, rig.data, 0, 4)).toBe(fails(22));
  });

  it('rt_sigprocmask adds, and replaces; an unknown how is EINVAL', () => {
    const rig = rigOf();
    rig.block(m.SIG_BLOCK, bit(1) | bit(40));
    rig.block(m.SIG_BLOCK, bit(2) | bit(9));
    expect(rig.blocked()).toBe(bit(1) | bit(2) | bit(40));
    rig.block(m.SIG_SETMASK, bit(64));
    expect(rig.blocked()).toBe(bit(64));
    expect(rig.block(7, 0n)).toBe(fails(22));
  });

  it('a handler runs before its task goes on, with its mask in force, and rt_sigreturn undoes both', () => {
    const rig = rigOf();
    rig.action(m.SIGUSR1, HANDLER, m.SA_SIGINFO, bit(12));
    expect(rig.call('kill', 1000, m.SIGUSR1)).toBe('0x0');
    rig.switchTo(rig.main);
    expect(rig.events).toContain(`signal ${m.SIGUSR1} to ${rig.main}`);
    const handler = rig.handlers[0]!;
    expect(handler.handlerLo).toBe(Number(HANDLER));
    expect(rig.blocked()).toBe(bit(m.SIGUSR1) | bit(12));
    const info = (BigInt(handler.infoHi >>> 0) << 32n) | BigInt(handler.infoLo >>> 0);
    const union = name === 'i386' ? 12n : 16n;
    expect([0n, 8n, union].map((at) => rig.peek(info + at))).toEqual([m.SIGUSR1, 0, 1000]);
    rig.back();
    expect(rig.blocked()).toBe(0n);
  });

  it('a result that was there when the handler came is there again afterwards', () => {
    const rig = rigOf();
    rig.action(m.SIGUSR1, HANDLER, m.SA_SIGINFO);
    const slot = rig.spawn();
    rig.switchTo(slot).raw(m.nr.futex!, rig.data, 0, rig.peek(rig.data));
    rig.switchTo(rig.main).trap(m.nr.futex!, rig.data, 1, 1);
    rig.call('tkill', 1001, m.SIGUSR1);
    rig.switchTo(slot);
    rig.call('kill', 4321, 0);
    expect(rig.back()).toBe('0x0');
  });

  it('SA_RESETHAND: a second signal takes the default action, and the process ends by it', () => {
    const rig = rigOf();
    rig.action(m.SIGUSR1, HANDLER, m.SA_RESETHAND);
    rig.call('kill', 1000, m.SIGUSR1);
    rig.switchTo(rig.main);
    expect(rig.handlers).toHaveLength(1);
    rig.block(m.SIG_SETMASK, 0n);
    rig.call('kill', 1000, m.SIGUSR1);
    expect(rig.kernel.switchTo(rig.main)).toBe(false);
    expect(rig.kernel.processes[0]).toMatchObject({ exited: true, exitSignal: m.SIGUSR1 });
  });

  it('a blocked signal waits; a standard one once, a real-time one each time, lowest number first', () => {
    const rig = rigOf();
    for (const signo of [m.SIGUSR1, 40, 35]) rig.action(signo, HANDLER, m.SA_SIGINFO);
    rig.block(m.SIG_SETMASK, bit(m.SIGUSR1) | bit(35) | bit(40));
    for (const signo of [40, m.SIGUSR1, m.SIGUSR1, 35, 35]) rig.call('kill', 1000, signo);
    rig.switchTo(rig.main);
    expect(rig.handlers).toHaveLength(0);
    rig.call('pending', rig.data + 80n, 8);
    const words = [rig.peek(rig.data + 80n), rig.peek(rig.data + 84n)];
    expect(BigInt((name === 'sparc64' ? words[1]! : words[0]!) >>> 0)).toBe(bit(m.SIGUSR1));
    rig.block(m.SIG_SETMASK, 0n);
    rig.switchTo(rig.main);
    // Later ones run on top of earlier ones; each blocks only itself.
    expect(rig.handlers.map(({ signal }) => signal)).toEqual([m.SIGUSR1, 35, 40]);
    rig.switchTo(rig.main);
    expect(rig.kernel.signals.pending).toBe(1);
  });

  it('an ignored signal is not even sent, and ignoring drops what waits', () => {
    const rig = rigOf();
    rig.action(m.SIGUSR1, 1n, 0);
    rig.call('kill', 1000, m.SIGUSR1);
    expect(rig.kernel.signals.pending).toBe(0);
    rig.action(m.SIGUSR1, HANDLER, 0);
    rig.block(m.SIG_SETMASK, bit(m.SIGUSR1));
    rig.call('kill', 1000, m.SIGUSR1);
    expect(rig.kernel.signals.pending).toBe(1);
    rig.action(m.SIGUSR1, 1n, 0);
    expect(rig.kernel.signals.pending).toBe(0);
  });

  it('a sleep that a handler interrupts fails with EINTR; with SA_RESTART a futex wait begins again', () => {
    for (const [flags, begins] of [[0, false], [m.SA_RESTART, true]] as const) {
      const rig = new SignalRig(name);
      rig.action(m.SIGUSR1, HANDLER, flags | m.SA_SIGINFO);
      const slot = rig.spawn();
      rig.kernel.savedRegs.isOn = true;
      Object.assign(rig.kernel, { futexInterrupted: -512 }); // as from 2.6.22 on
      rig.poke(rig.data, 7);
      rig.switchTo(slot).raw(m.nr.futex!, rig.data, 0, 7);
      rig.switchTo(rig.main).call('tkill', 1001, m.SIGUSR1);
      expect(rig.runnable()).toEqual([slot]);
      rig.switchTo(slot);
      expect(rig.handlers).toHaveLength(1);
      if (begins) {
        expect(rig.back()).toBe('sleeps');
        expect(rig.kernel.switchTo(rig.runnable()[0]!)).toBe(false);
        expect(rig.kernel.futexes.waiters).toBe(1);
      } else expect(rig.back()).toBe(fails(4));
    }
  });

  it('rt_sigsuspend waits with another mask, and puts the old one back', () => {
    const rig = rigOf();
    rig.action(m.SIGUSR1, HANDLER, m.SA_SIGINFO);
    rig.block(m.SIG_SETMASK, bit(m.SIGUSR1));
    rig.call('kill', 1000, m.SIGUSR1);
    rig.pokeMask(rig.data + 64n, 0n);
    expect(rig.call('suspend', rig.data + 64n, 8)).toBe('sleeps');
    rig.switchTo(rig.main);
    expect(rig.handlers).toHaveLength(1);
    expect(rig.back()).toBe(fails(4));
    expect(rig.blocked()).toBe(bit(m.SIGUSR1));
  });

  it('rt_sigtimedwait takes what waits, waits for what comes, and times out with EAGAIN', () => {
    const rig = rigOf();
    rig.block(m.SIG_SETMASK, bit(m.SIGUSR1) | bit(40));
    rig.pokeMask(rig.data + 64n, bit(m.SIGUSR1) | bit(40));
    rig.call('kill', 1000, m.SIGUSR1);
    expect(rig.call('wait', rig.data + 64n, 0, 0, 8)).toBe(`0x${m.SIGUSR1.toString(16)}`);
    const slot = rig.spawn();
    rig.switchTo(slot);
    expect(rig.call('wait', rig.data + 64n, rig.data + 128n, 0, 8)).toBe('sleeps');
    rig.switchTo(rig.main).call('kill', 1000, 40);
    expect(rig.switchTo(rig.runnable()[0]!).result()).toBe('0x28');
    expect(rig.peek(rig.data + 128n)).toBe(40);
    rig.pokeLong(rig.data, 1n);
    rig.pokeLong(rig.data + m.word, 0n);
    expect(rig.call('wait', rig.data + 64n, 0, rig.data, 8)).toBe('sleeps');
    rig.kernel.clock.now += 2e9;
    rig.kernel.fireTimers();
    expect(rig.switchTo(rig.runnable()[0]!).result()).toBe(fails(11));
  });

  it('a process-wide signal goes to a task that does not block it', () => {
    const rig = rigOf();
    rig.action(m.SIGUSR1, HANDLER, 0);
    rig.block(m.SIG_SETMASK, bit(m.SIGUSR1));
    const slot = rig.spawn();
    rig.call('kill', 1000, m.SIGUSR1);
    rig.switchTo(rig.main);
    expect(rig.handlers).toHaveLength(0);
    rig.switchTo(slot);
    expect(rig.events.at(-1)).toBe(`signal ${m.SIGUSR1} to ${slot}`);
  });

  it('a task inherits the mask of the one that made it', () => {
    const rig = rigOf();
    rig.block(m.SIG_SETMASK, bit(5));
    rig.switchTo(rig.spawn());
    expect(rig.blocked()).toBe(0n); // rig.spawn() is not clone
    rig.kernel.signals.inherit(rig.main, rig.kernel.current);
    expect(rig.blocked()).toBe(bit(5));
  });

  it('SIGSTOP parks the tasks of a process until SIGCONT', () => {
    const rig = rigOf();
    const slot = rig.spawn();
    rig.call('kill', 1000, m.SIGSTOP);
    expect(rig.kernel.switchTo(rig.main)).toBe(false);
    expect(rig.kernel.switchTo(slot)).toBe(false);
    rig.kernel.signals.send(rig.kernel.processes[0]!, -1, {
      signo: m.SIGCONT, code: 0, pid: 1, uid: 0, valueHi: 0, valueLo: 0, addrHi: 0, addrLo: 0, kind: 'kill',
    });
    expect(rig.runnable()).toEqual([rig.main, slot]);
    expect(rig.kernel.switchTo(rig.main)).toBe(true);
  });

  it('sigaltstack: SA_ONSTACK puts the frame there, once', () => {
    const rig = rigOf();
    const [top, size] = [rig.data + 4096n, 3500n];
    void top;
    rig.pokeLong(rig.data + 16n, rig.data + 512n);
    rig.pokeLong(rig.data + 16n + m.word, 0n);
    rig.pokeLong(rig.data + 16n + 2n * m.word, size);
    expect(rig.call('stack', rig.data + 16n, 0)).toBe(name === 'i386' ? '0x0' : fails(12));
    rig.kernel.signals.setAltStack(rig.main, {
      spHi: Number((rig.data + 512n) >> 32n) | 0, spLo: Number((rig.data + 512n) & 0xffffffffn) | 0, flags: 0, sizeHi: 0, sizeLo: 3500,
    });
    rig.action(m.SIGUSR1, HANDLER, m.SA_ONSTACK | m.SA_SIGINFO);
    rig.call('kill', 1000, m.SIGUSR1);
    rig.switchTo(rig.main);
    const { spHi, spLo } = rig.handlers[0]!;
    const sp = (BigInt(spHi >>> 0) << 32n) | BigInt(spLo >>> 0);
    expect(sp >= rig.data + 512n && sp < rig.data + 512n + size).toBe(true);
    rig.sp = sp;
    expect(rig.call('stack', 0, rig.data + 128n)).toBe('0x0');
    expect(rig.peek(rig.data + 128n + m.word)).toBe(1); // SS_ONSTACK
    expect(rig.call('stack', rig.data + 16n, 0)).toBe(fails(1));
  });

  it('a frame that does not fit the stack kills with SIGSEGV', () => {
    const rig = rigOf();
    rig.action(m.SIGUSR1, HANDLER, 0);
    rig.sp = rig.data;
    rig.call('kill', 1000, m.SIGUSR1);
    expect(rig.kernel.switchTo(rig.main)).toBe(false);
    expect(rig.kernel.processes[0]!.exitSignal).toBe(11);
  });

  it('tkill of no such task is ESRCH, of 0 or less EINVAL; kill of init EPERM', () => {
    const rig = rigOf();
    expect(rig.call('tkill', 4321, 0)).toBe(fails(3));
    expect(rig.call('tkill', 0, 0)).toBe(fails(22));
    expect(rig.call('kill', 1000, 65)).toBe(fails(22));
    expect(rig.call('kill', 1, 0)).toBe(fails(1));
    expect(rig.call('kill', 1000, 0)).toBe('0x0');
  });
});

describe('frames of i386, as arch/x86/kernel/signal.c lays them out', () => {
  it('with SA_SIGINFO: return address, signal, pointers, siginfo_t at 16, the mask at 252', () => {
    const rig = new SignalRig('i386');
    rig.action(10, HANDLER, 4);
    rig.block(2, bit(3));
    rig.call('kill', 1000, 10);
    rig.switchTo(rig.main);
    const { spLo, infoLo, contextLo } = rig.handlers[0]!;
    expect(spLo % 8).toBe(0);
    expect([infoLo - spLo, contextLo - spLo]).toEqual([16, 144]);
    expect([rig.peek(spLo + 4), rig.peek(spLo + 252)]).toEqual([10, 4]);
    expect(rig.handlers[0]!.sigreturn).toBe('rt_sigreturn');
  });

  // sizeof(struct rt_sigframe) is 892 with its fpstate, 268 without; that of struct sigframe 732.
  it.each(['i386', 'x86_64 32-bit'])('lie at a multiple of 8 up to 2.6.13, and have room for the FPU up to 2.6.18 (%s)', (name) => {
    const below = (kernel: string, flags: number) => {
      const rig = new SignalRig(name, kernel);
      rig.sp -= 100n;
      rig.action(10, HANDLER, flags);
      rig.call('kill', 1000, 10);
      rig.switchTo(rig.main);
      return Number(rig.sp) - rig.handlers[0]!.spLo;
    };
    // The stack pointer is at 12 modulo 16, and so each size leads to a multiple of 16, which is 4 too high from 2.6.18 on.
    const kernels = ['2.4.20', '2.6.13', '2.6.18', '3.6'];
    expect(kernels.map((kernel) => below(kernel, 4))).toEqual([892, 892, 896, 272]);
    expect(kernels.map((kernel) => below(kernel, 0))).toEqual([732, 732, 736, 736]);
  });

  it('without: the sigcontext at 8 and the mask in two places, undone by sigreturn', () => {
    const rig = new SignalRig('i386');
    rig.action(10, HANDLER, 0);
    rig.block(2, bit(3) | bit(40));
    rig.call('kill', 1000, 10);
    rig.switchTo(rig.main);
    const { spLo, infoLo } = rig.handlers[0]!;
    expect([infoLo, rig.peek(spLo + 88), rig.peek(spLo + 720)]).toEqual([0, 4, 128]);
    expect(rig.handlers[0]!.sigreturn).toBe('sigreturn');
  });
});

describe('the alternate stack', () => {
  const NEVER = 'killed by 11';
  /** Where a handler with SA_ONSTACK runs: on the stack, on the alternate one, or nowhere. */
  const handled = (name: string, kernel: string, alt: { at: bigint; size: number } | null, sp?: bigint) => {
    const rig = new SignalRig(name, kernel);
    const at = alt === null ? 0n : alt.at + rig.data;
    if (alt !== null) {
      const [spHi, spLo] = [Number(at >> 32n) | 0, Number(BigInt.asIntN(32, at))];
      rig.kernel.signals.setAltStack(rig.main, { spHi, spLo, flags: 0, sizeHi: 0, sizeLo: alt.size });
    }
    rig.sp = sp === undefined ? rig.data + 4096n : rig.data + sp;
    rig.action(rig.m.SIGUSR1, HANDLER, rig.m.SA_ONSTACK | rig.m.SA_SIGINFO);
    rig.call('kill', 1000, rig.m.SIGUSR1);
    if (!rig.kernel.switchTo(rig.main)) return `killed by ${rig.kernel.processes[0]!.exitSignal}`;
    const frame = (BigInt(rig.handlers[0]!.spHi >>> 0) << 32n) | BigInt(rig.handlers[0]!.spLo >>> 0);
    return alt !== null && frame >= at && frame < at + BigInt(alt.size) ? 'alternate' : 'stack';
  };

  it('is gone to by 32-bit tasks of x86_64 though there is none, up to 2.6.0: SIGSEGV', () => {
    expect(['2.4.20', '2.6.0', '2.6.6'].map((kernel) => handled('x86_64 32-bit', kernel, null))).toEqual([NEVER, NEVER, 'stack']);
    expect(handled('i386', '2.4.20', null)).toBe('stack');
    expect(['2.5.46', '2.5.74'].map((kernel) => handled('ia64', kernel, null))).toEqual([NEVER, 'stack']);
    expect(['2.6.18', '3.6'].map((kernel) => handled('sparc64', kernel, null))).toEqual([NEVER, 'stack']);
  });

  it('is not gone to by 64-bit tasks of x86_64 in 2.4.20, unless they are on it or have none', () => {
    const alt = { at: 512n, size: 2048 };
    const all = (kernel: string) => [handled('x86_64', kernel, alt), handled('x86_64', kernel, alt, 1024n), handled('x86_64', kernel, null)];
    expect(all('2.4.20')).toEqual(['stack', 'alternate', NEVER]);
    expect(all('2.5.45')).toEqual(['alternate', 'stack', 'stack']);
  });

  it('may be overflowed up to 2.6.18, by 32-bit tasks of x86_64 up to 6.1', () => {
    const over = (name: string, kernel: string) => handled(name, kernel, { at: 2048n, size: 1800 }, 2100n);
    expect(['2.6.18', '3.6'].map((kernel) => over('i386', kernel))).toEqual(['stack', NEVER]);
    expect(['2.6.18', '3.6', '6.1', '6.13'].map((kernel) => over('x86_64 32-bit', kernel))).toEqual(['stack', 'stack', 'stack', NEVER]);
  });
});

describe('strace', () => {
  it('shows actions, sets, what came with a signal, and the handler\'s return', () => {
    const rig = new SignalRig('i386');
    const last = () => rig.strace.at(-1);
    rig.action(10, HANDLER, 4 | 0x10000000, bit(12));
    expect(last()).toBe(
      'rt_sigaction(SIGUSR1, {sa_sigaction=0x1234560, sa_mask=[USR2], sa_flags=SA_SIGINFO|SA_RESTART}, NULL, 8) = 0',
    );
    rig.block(0, bit(1) | bit(34));
    expect(last()).toBe('rt_sigprocmask(SIG_BLOCK, [HUP RT_2], NULL, 8) = 0');
    rig.block(2, ~0n);
    expect(last()).toBe('rt_sigprocmask(SIG_SETMASK, ~[], NULL, 8) = 0');
    rig.block(2, 0n);
    rig.call('kill', 1000, 10);
    expect(last()).toBe('kill(1000, SIGUSR1) = 0');
    rig.switchTo(rig.main);
    expect(last()).toBe('--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=1000, si_uid=1000} ---');
    rig.back();
    expect(last()).toBe('rt_sigreturn({mask=[]}) = 0');
    rig.call('kill', 1000, 15);
    rig.switchTo(rig.main);
    expect(rig.strace.slice(-2)).toEqual([
      '--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1000, si_uid=1000} ---',
      '+++ killed by SIGTERM +++',
    ]);
  });
});
