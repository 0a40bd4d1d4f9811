/**
 * test_str02: a thread creates a thread, which creates a thread, and so on; each joins its own, so that the
 * chain keeps all of them alive at once, and it unwinds from the deepest. After the NGPT test of that name
 * (Saurabh Desai, IBM), with which Ingo Molnar showed the change that guardpage grew from.
 *
 * Options: -n N threads (default 100); -l go on until creation fails; -s BYTES|min stack size (default: what
 * the stack limit says). When a creation fails it prints how many threads there are and why, unwinds by
 * joins, and exits 0 with -l and 1 without; the program of 2002 just exited.
 */
import type { Addr, Libc, ThreadBody } from 'guardpage';

interface Options {
  count: number;
  toTheLimit: boolean;
  stack: number | 'min' | 'default';
}

const USAGE = 'usage: test_str02 [-n N] [-l] [-s BYTES|min]';

export default function* main(libc: Libc, argv: string[]): ThreadBody<number> {
  const parsed = parse(argv);
  if (typeof parsed === 'string') {
    yield* libc.eprintf('%s\n%s\n', parsed, USAGE);
    return 2;
  }
  const options: Options = parsed;
  const set = stackAttribute(libc, options);
  if (set === 'too small') {
    const least = libc.PTHREAD_STACK_MIN;
    yield* libc.eprintf('-s %s is less than PTHREAD_STACK_MIN of %s, %d\n', String(options.stack), libc.arch, least);
    return 2;
  }
  const attr: Addr | null = set;
  if (options.toTheLimit) yield* libc.printf('Creating as many threads as possible\n');
  else yield* libc.printf('Creating %d threads\n', options.count);

  let failed = 0;
  let created = 0;

  function* thread(num: number): ThreadBody<void> {
    if (!options.toTheLimit && num >= options.count) return;
    const [error, child] = yield* libc.pthread_create(attr, thread, num + 1);
    if (error !== 0) {
      failed = error;
      return;
    }
    created = num + 1;
    yield* libc.pthread_join(child);
  }

  yield* thread(0);
  if (failed !== 0) {
    yield* libc.printf('%d threads created, then pthread_create failed: %s\n', created, libc.strerrorname(failed));
    return options.toTheLimit ? 0 : 1;
  }
  yield* libc.printf('%d threads created and joined\n', created);
  return 0;
}

function parse(argv: string[]): Options | string {
  const options: Options = { count: 100, toTheLimit: false, stack: 'default' };
  for (let i = 0; i < argv.length; i++) {
    const value = argv[i + 1];
    if (argv[i] === '-l') options.toTheLimit = true;
    else if (argv[i] === '-n' && isCount(value)) options.count = Number(argv[++i]);
    else if (argv[i] === '-s' && value === 'min') options.stack = argv[++i] as 'min';
    else if (argv[i] === '-s' && isCount(value)) options.stack = Number(argv[++i]);
    else return `test_str02: cannot use "${argv.slice(i, i + 2).join(' ')}"`;
  }
  return options;
}

/** A whole number from 1 up. */
function isCount(text: string | undefined): boolean {
  return text !== undefined && /^[1-9][0-9]{0,14}$/.test(text);
}

/** A static pthread_attr_t with the stack size, or null for the default one. */
function stackAttribute(libc: Libc, options: Options): Addr | null | 'too small' {
  if (options.stack === 'default') return null;
  const attr = libc.bss(libc.sizeof.pthread_attr_t);
  libc.pthread_attr_init(attr);
  const bytes = options.stack === 'min' ? libc.PTHREAD_STACK_MIN : options.stack;
  return libc.pthread_attr_setstacksize(attr, bytes) === 0 ? attr : 'too small';
}
