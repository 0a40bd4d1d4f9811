import type { Libc } from 'guardpage';

interface Nothing {
  readonly here: number;
}

export default function* main(libc: Libc) {
  yield* libc.puts('before');
  const nothing = null as unknown as Nothing;
  return nothing.here; // line 10
}
