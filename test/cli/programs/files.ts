/* Copies standard input to a granted file through a shared map; shows what open says of others. */
import type { Libc, ThreadBody } from 'guardpage';

function* openFile(libc: Libc, path: string, flags: number): Generator<unknown, number> {
  const buffer = yield* libc.malloc(path.length + 1);
  for (let i = 0; i < path.length; i++) libc.store8(libc.add(buffer, i), path.charCodeAt(i));
  const fd = yield* libc.syscall(libc.nr.open!, buffer, flags, 0o644);
  return Number(fd);
}

export default function* main(libc: Libc, argv: string[]): ThreadBody<number> {
  const [path = ''] = argv;
  const fd = yield* openFile(libc, path, 2);
  yield* libc.printf('%s: %d %d\n', path, fd, libc.errno);
  const secret = yield* openFile(libc, '/etc/passwd', 0);
  yield* libc.printf('/etc/passwd: %d %s\n', secret, libc.strerror(libc.errno));
  if (fd < 0) return 1;
  const map = yield* libc.mmap(0, 4096, libc.PROT_READ | libc.PROT_WRITE, libc.MAP.SHARED, fd);
  const got = Number(yield* libc.syscall(libc.nr.read!, 0, map, 100));
  yield* libc.printf('%d bytes read\n', got);
  return 0;
}
