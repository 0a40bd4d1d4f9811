/* guardpage run --explore: what is said, JSON, exit statuses, and the flag that makes it happen again. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guardpage, interrupted, program, refusal, ROOT, scratch } from './guardpage.js';

const bug = (name: string) => join(ROOT, 'examples/bugs', `${name}.ts`);

describe.concurrent('run --explore', () => {
  it('names the deadlock, the circle of locks with their lines, and the flag; status 1', async () => {
    const { status, stdout, stderr } = await guardpage(['run', bug('abba_deadlock'), '--explore', '1000']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp([
      '^guardpage: deadlock in schedule \\d+, which has 1 preemption: 3 threads wait for ever',
      '  thread 1000 \\(main\\) waits on pthread_join of thread 1001, owned by thread 1001',
      '  thread 1001 \\(transfer\\) waits on mutex 0x80494\\d0, owned by thread 1002',
      '  thread 1002 \\(transfer\\) waits on mutex 0x80494\\d0, owned by thread 1001',
      '  in a circle: thread 1001 waits for thread 1002 waits for thread 1001',
      'guardpage: these threads take 2 locks in a circle, which can deadlock:',
      '  thread 1001 \\(transfer\\) holds 0x80494\\d0 since transfer \\(.*abba_deadlock.ts:\\d+:\\d+\\)',
      '    and takes 0x80494\\d0 at transfer \\(.*abba_deadlock.ts:\\d+:\\d+\\)',
      '  thread 1002 \\(transfer\\) holds .*',
      '    and takes .*',
      'guardpage: --schedule replay:[0-9a-zA-Z]+ makes it happen again',
      'guardpage: explored \\d+ schedules\\n$',
    ].join('\\n')));
    const [, schedule] = /--schedule (\S+) /.exec(stderr)!;
    const again = await guardpage(['run', bug('abba_deadlock'), '--schedule', schedule!]);
    expect([again.status, again.stderr.split('\n')[0]]).toEqual([
      1, 'guardpage: deadlock: no thread can run, and nothing will ever wake the 3 that wait',
    ]);
  });

  it('names a lost wake-up with both threads and their lines', async () => {
    const { stderr } = await guardpage(['run', bug('lost_wakeup'), '--explore', '100']);
    expect(stderr).toMatch(
      /lost wake-up: thread 1000 \(main\) called pthread_cond_signal on 0x80494\d0 at .*lost_wakeup.ts:\d+:\d+\)?, when nobody waited;\n {4}thread 1001 \(waiter\) has waited since, at .*lost_wakeup.ts:\d+:\d+/,
    );
  });

  it('says that a small program was exhausted; status 0', async () => {
    const ended = await guardpage(['run', bug('lost_update'), '--explore', '1000000', '--', 'fixed']);
    expect(ended).toEqual({ status: 0, stdout: '', stderr: expect.stringMatching(/^guardpage: explored \d+ schedules, all there are: nothing found\n.*\n$/) });
    expect(ended.stderr).toContain('\nguardpage: races on JavaScript variables, or on plain loads and stores between two preemption points, are not seen (run --help)\n');
  });

  it('a program of many shards is exhausted where all its schedules fit, however unevenly they lie', async () => {
    const ended = await guardpage(['run', bug('check_then_act'), '--explore', '40000', '--json', '-', '--quiet', '--', 'fixed']);
    expect([ended.status, JSON.parse(ended.stdout)]).toMatchObject([0, { exhausted: true, found: null, cut: 0 }]);
    const other = await guardpage(['run', bug('check_then_act'), '--explore', '30000', '--json', '-', '--quiet', '--', 'fixed']);
    expect(JSON.parse(other.stdout).explored).toBe(JSON.parse(ended.stdout).explored);
  });

  it('with --json - writes what was found', async () => {
    const ended = await guardpage(['run', bug('lost_update'), '--explore', '1000', '--json', '-', '--arch', 'sparc64']);
    expect([ended.status, JSON.parse(ended.stdout)]).toMatchObject([1, {
      schemaVersion: 1, arch: 'sparc64', exhausted: false,
      found: { finding: 'exit status', outcome: 'exited', exit: 1, schedule: expect.stringMatching(/^replay:\w+$/), preemptions: 1 },
    }]);
  });

  it('gives the same with many shards as once before, on however many cores', async () => {
    const args = ['run', bug('aba'), '--explore', '20000', '--json', '-', '--quiet'];
    const [a, b] = await Promise.all([guardpage(args), guardpage(args)]);
    expect(JSON.parse(a!.stdout).found).toEqual(JSON.parse(b!.stdout).found);
    expect(JSON.parse(a!.stdout).found.finding).toBe('exception');
  });

  it('counts up to what was found and no further, and N is a budget alone', async () => {
    const ends = await Promise.all(['1000', '3000', '20000'].map((n) => guardpage(['run', bug('aba'), '--explore', n, '--json', '-', '--quiet'])));
    const [a, ...others] = ends.map(({ stdout }) => JSON.parse(stdout));
    expect(a.explored).toBe(a.found.number);
    for (const other of others) expect([other.explored, other.found, other.complete]).toEqual([a.explored, a.found, a.complete]);
  });

  it.each(['random', 'pct', 'pct:4'])('with --schedule %s explores those alone', async (schedule) => {
    const { status, stderr } = await guardpage(['run', bug('lost_update'), '--explore', '500', '--schedule', schedule]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^guardpage: another exit status in schedule \d+, which has \d+ preemptions?: 1, and 0 in the first schedule\n/)]);
  });

  it('shows the lines that differ', async () => {
    const { status, stderr } = await guardpage(['run', program('prints_what_it_sees.ts'), '--explore', '100']);
    expect([status, stderr]).toEqual([1, expect.stringMatching(new RegExp([
      '^guardpage: other output in schedule \\d+, which has 1 preemption: not the lines that the first schedule prints',
      '  printed here alone: "main saw 1"',
      '  printed by the first alone: "main saw 0"',
      'guardpage: --schedule replay:\\w+ makes it happen again',
      '',
    ].join('\n')))]);
  });

  it('says where an exception was thrown, as the replay of it does', async () => {
    const { stderr } = await guardpage(['run', 'examples/bugs/double_join.ts', '--explore', '100']);
    const [, sentence] = /: (the program threw .* \(examples\/bugs\/double_join\.ts:\d+\))\n/.exec(stderr)!;
    const [, schedule] = /--schedule (\S+) /.exec(stderr)!;
    const again = await guardpage(['run', 'examples/bugs/double_join.ts', '--schedule', schedule!]);
    expect(again.stderr).toBe(`guardpage: ${sentence}\n`);
  });

  it.each(['lost_wakeup', 'signal_for_broadcast'])('%s: the replay of a deadlock says of wake-ups what was said first', async (name) => {
    const { stderr } = await guardpage(['run', bug(name), '--explore', '100']);
    const [, waits] = /( {2}thread 1000 [\s\S]*)guardpage: --schedule/.exec(stderr)!;
    expect(waits).toMatch(name === 'lost_wakeup'
      ? /^ {2}lost wake-up: /m
      : /^ {2}one was woken: the last pthread_cond_signal on 0x\w+, of thread 1000 \(main\) at .*, woke thread 1001 \(pass\);\n {4}thread 1002 \(pass\) waited then and still does, at /m);
    const [, schedule] = /--schedule (\S+) /.exec(stderr)!;
    const again = await guardpage(['run', bug(name), '--schedule', schedule!]);
    expect(again.stderr).toBe(`guardpage: deadlock: no thread can run, and nothing will ever wake the 2 that wait\n${waits}`);
  });

  it('Ctrl-C ends it with what it has so far; status 130', async () => {
    const mark = join(scratch(), 'mark');
    const ended = await interrupted(['run', program('marks.ts'), '--explore', '100000000'], mark);
    expect(ended).toEqual({ status: 130, stdout: '', stderr: expect.stringMatching(/^guardpage: explored [\d,]+ schedules? so far, nothing found\n$/) });
  });

  it('ends when its time is over', async () => {
    const { status, stderr } = await guardpage(['run', bug('dining_philosophers'), '--explore', '1000000000', '--explore-time', '1', '--', 'fixed']);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^guardpage: explored [\d,]+ schedules?.*: nothing found \(--explore-time is over\)\n.*\n$/)]);
  });

  it('a thread that never gives up the processor ends it in a sentence', async () => {
    const { status, stderr } = await guardpage(['run', program('endless.ts'), '--explore', '10', '--timeout', '1']);
    expect([status, stderr]).toEqual([1, 'guardpage: a schedule did not end within 1 s: a thread that never gives up the processor (--timeout gives it longer)\n']);
  });
});

describe.concurrent('refusals of --explore', () => {
  it.each([
    [['--explore', '0'], '--explore "0" is not a whole number from 1 to 1073741824'],
    [['--explore-time', '5'], '--explore-time needs --explore N'],
    [['--explore', '5', '--maps'], '--maps shows one run: it cannot go with --explore (use it with --schedule replay:...)'],
    [['--explore', '5', '--schedule', 'replay:3A'],
      '--schedule replay:3A cannot be explored; with --explore there are: rr (systematic, then pct), random, pct, pct:DEPTH'],
  ])('%j', async (args, sentence) => {
    expect(await guardpage(['run', bug('aba'), ...args])).toEqual(refusal(sentence));
  });
});
