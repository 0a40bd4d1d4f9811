/* guardpage run: the ends that are not ordinary ones. */
import { describe, expect, it } from 'vitest';
import { guardpage, program } from './guardpage.js';

/** The run's JSON, and what was said on stderr after the guest's own line. */
async function jsonOf(name: string, ...args: string[]): Promise<{ status: number | null; json: Record<string, unknown>; said: string }> {
  const { status, stdout, stderr } = await guardpage(['run', program(name), '--json', '-', ...args]);
  return { status, json: JSON.parse(stdout) as Record<string, unknown>, said: stderr.replace(/^before\n/, '') };
}

describe.concurrent('a program that never ends', () => {
  it('is ended from outside when it never gives up the processor; its output is there', async () => {
    const ended = await guardpage(['run', program('endless.ts'), '--timeout', '0.5']);
    expect(ended).toEqual({
      status: 1,
      stdout: 'before\n',
      stderr: 'guardpage: timeout: the program did not end within 0.5 s and was stopped (--timeout gives it longer)\n',
    });
  });

  it('has outcome "timeout" in the JSON, without counts', async () => {
    const { status, json } = await jsonOf('endless.ts', '--timeout', '0.5');
    expect(status).toBe(1);
    expect(json).toMatchObject({ arch: 'i386', outcome: 'timeout', exit: 1, signal: null, stats: null, maps: [] });
  });

  it('is stopped with its counts when it enters the kernel', async () => {
    const { status, json } = await jsonOf('yielding.ts', '--timeout', '0.5');
    expect(status).toBe(1);
    expect(json).toMatchObject({ outcome: 'timeout', exit: 1, stats: { peakThreads: 1 } });
    expect((json['maps'] as string[]).length).toBe(3);
  });
});

describe.concurrent('a program that sleeps', () => {
  it('finishes at once, and with --realtime only when its time is over', async () => {
    expect(await guardpage(['run', program('sleeps.ts')])).toEqual({ status: 0, stdout: 'awake\n', stderr: '' });
    expect((await guardpage(['run', program('sleeps.ts'), '--realtime', '--timeout', '1'])).stderr).toMatch(/did not end within 1 s/);
  });
});

describe.concurrent('a deadlock', () => {
  it('is reported with a line for each waiter: who, on what, owned by whom', async () => {
    const { status, stdout, stderr } = await guardpage(['run', program('deadlock.ts'), '--quiet']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'dinner\n' });
    expect(stderr.replace(/0x[0-9a-f]+/g, 'ADDR').split('\n')).toEqual([
      'guardpage: deadlock: no thread can run, and nothing will ever wake the 3 that wait',
      '  thread 1000 (main) waits on pthread_join of thread 1001, owned by thread 1001',
      '  thread 1001 (philosopher) waits on mutex ADDR, owned by thread 1002',
      '  thread 1002 (philosopher) waits on mutex ADDR, owned by thread 1001',
      '  in a circle: thread 1001 waits for thread 1002 waits for thread 1001',
      '',
    ]);
  });

  it('is in the JSON', async () => {
    const { json } = await jsonOf('deadlock.ts', '--arch', 'ia64');
    expect(json).toMatchObject({ outcome: 'deadlock', exit: 1 });
    expect(json['deadlock']).toMatchObject([
      { tid: 1000, name: 'main', waitsOn: 'pthread_join of thread 1001', ownedBy: 1001 },
      { tid: 1001, name: 'philosopher', ownedBy: 1002 },
      { tid: 1002, name: 'philosopher', ownedBy: 1001 },
    ]);
  });
});

describe.concurrent('a program that fails', () => {
  it('a fault: 128 + the number of SIGSEGV', async () => {
    const { status, json, said } = await jsonOf('segfault.ts');
    expect(status).toBe(139);
    expect(json).toMatchObject({ outcome: 'signalled', exit: 139, signal: 'SIGSEGV' });
    expect(said).toMatch(/^guardpage: thread 1000 \(main\): SIGSEGV at 0x10/);
  });

  it('an exception: status 1, and where in the program', async () => {
    const { status, json, said } = await jsonOf('throws.ts');
    expect(status).toBe(1);
    expect(json).toMatchObject({ outcome: 'exited', exit: 1, signal: null });
    const place = 'test/cli/programs/throws.ts:10';
    expect(said).toBe(
      `guardpage: the program threw in thread 1000 (main): TypeError: Cannot read properties of null (reading 'here') (${place})\n`,
    );
  });

  it('an exception while it is loaded', async () => {
    const { status, json, said } = await jsonOf('throws_at_load.ts');
    expect(status).toBe(1);
    expect(json).toMatchObject({ outcome: 'exited', exit: 1, stats: null });
    const place = 'test/cli/programs/throws_at_load.ts:3';
    expect(said).toBe(`guardpage: the program threw while it was loaded: RangeError: no module (${place})\n`);
  });

  it("process.exit() ends the host's thread, which is no exit of the guest", async () => {
    const { status, stderr } = await guardpage(['run', program('leaves.ts')]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^guardpage: the program ended its host thread with status 9 .*libc\.exit\(\).*\n$/);
  });

  it('a heap that is full: outcome "oom"', async () => {
    const args = ['run', program('hoards.ts'), '--json', '-'];
    const { status, stdout, stderr } = await guardpage(args, undefined, { NODE_OPTIONS: '--max-old-space-size=60' });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'oom', exit: 1 });
    expect(stderr).toMatch(/^guardpage: out of memory: .*--max-old-space-size.*\n$/);
  });
});

describe.concurrent('a limit that was met is named with the flag that lifts it', () => {
  it.each([
    ['address space', ['--', '300'], 'ENOMEM after 255', /no hole of 8,392,704 bytes left.*--rlimit stack=BYTES/],
    ['areas', ['--rlimit', 'stack=64k', '--max-map-count', '100', '--', '99'], 'ENOMEM after 48', /100 areas; --max-map-count/],
    ['pids', ['--rlimit', 'stack=64k', '--pid-max', '1001', '--', '999'], 'EAGAIN after 700', /701 pids; --pid-max/],
    ['memory', ['--overcommit', '2', '--ram', '16m', '--', '9'], 'ENOMEM after 0', /memory accounting.*--overcommit 1/],
    ['RLIMIT_AS', ['--rlimit', 'as=100m', '--', '99'], 'ENOMEM after 12', /RLIMIT_AS of 104,857,600 bytes; --rlimit as=BYTES/],
  ])('%s', async (_limit, args, output, hint) => {
    const ended = await guardpage(['run', program('threads.ts'), ...args]);
    expect(ended).toMatchObject({ status: 1, stdout: `${output}\n` });
    expect(ended.stderr).toMatch(hint);
    expect(ended.stderr.split('\n').length).toBe(2);
  });

  it('but not with --quiet', async () => {
    expect((await guardpage(['run', program('threads.ts'), '--quiet', '--', '300'])).stderr).toBe('');
  });
});
