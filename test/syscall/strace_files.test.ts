/* The file calls as strace 6.1 prints them; compared by eye and by test/host with what strace prints of the host. */

import { describe, expect, it } from 'vitest';
import { FilesRig, RDONLY, RDWR, WRONLY } from './files_rig.js';

const FILES = { '/data/a': 'hello, "world"\n' };

/** Lines of strace of what `calls` does. */
function straced(name: string, calls: (rig: FilesRig) => void, kernel?: string): string[] {
  const rig = new FilesRig(name, FILES, kernel === undefined ? {} : { kernel });
  calls(rig);
  return rig.strace;
}

describe('strace', () => {
  it('of open, read, seek and their like on i386', () => {
    const lines = straced('i386', (rig) => {
      rig.open('/data/a', RDWR, 'CREAT LARGEFILE');
      rig.open('/data/x', RDONLY);
      rig.call('openat', -100, '/data/a', WRONLY | rig.target.open.APPEND);
      rig.read(3, 100);
      rig.read(9, 1);
      rig.call('_llseek', 3, 0, 7, rig.data + 0x100n, 0);
      rig.call('lseek', 3, -2, 1);
      rig.call('pread64', 3, rig.buffer, 5, 7, 0);
      rig.call('dup2', 3, 7);
      rig.call('fcntl', 3, 2, 1);
      rig.call('fcntl64', 3, 1);
      rig.call('ftruncate64', 3, 5, 0);
      rig.call('ftruncate', 3, -1);
      rig.call('mmap2', 0, 8192, 1, 2, 3, 1);
      rig.call('close', 3);
      rig.call('getuid32');
    });
    expect(lines).toEqual([
      'open("/data/a", O_RDWR|O_CREAT|O_LARGEFILE, 0644) = 3',
      'open("/data/x", O_RDONLY) = -1 ENOENT (No such file or directory)',
      'openat(AT_FDCWD, "/data/a", O_WRONLY|O_APPEND) = 4',
      'read(3, "hello, \\"world\\"\\n", 100) = 15',
      'read(9, 0x8049000, 1) = -1 EBADF (Bad file descriptor)',
      '_llseek(3, 7, [7], SEEK_SET) = 0',
      'lseek(3, -2, SEEK_CUR) = 5',
      'pread64(3, "\\"worl", 5, 7) = 5',
      'dup2(3, 7) = 7',
      'fcntl(3, F_SETFD, FD_CLOEXEC) = 0',
      'fcntl64(3, F_GETFD) = 1',
      'ftruncate64(3, 5) = 0',
      'ftruncate(3, -1) = -1 EINVAL (Invalid argument)',
      'mmap2(NULL, 8192, PROT_READ, MAP_PRIVATE, 3, 0x1000) = 0x40000000',
      'close(3) = 0',
      'getuid32() = 1000',
    ]);
  });

  it('of stat, readlink, limits and uname, in the layouts and flags of sparc64', () => {
    const lines = straced('sparc64', (rig) => {
      rig.open('/data/a', RDWR, 'CREAT TRUNC CLOEXEC');
      rig.call('fstat64', 3, rig.buffer);
      rig.call('fstat', 1, rig.buffer);
      rig.call('stat64', '/data', rig.buffer);
      rig.call('readlink', '/proc/self/exe', rig.buffer, 100);
      rig.call('access', '/data/a', 6);
      [0n, 0x800000n, -1n].forEach((limit, i) => { rig.pokeLong(rig.buffer + BigInt(8 * i), limit); });
      rig.call('setrlimit', 3, rig.buffer + 8n);
      rig.call('prlimit64', 0, 6, 0, rig.buffer);
      rig.call('uname', rig.buffer);
    }, '2.6.13');
    expect(lines).toEqual([
      'open("/data/a", O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0644) = 3',
      'fstat64(3, {st_mode=S_IFREG|0644, st_size=0, ...}) = 0',
      'fstat(1, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x5, 0), ...}) = 0',
      'stat64("/data", {st_mode=S_IFDIR|0755, st_size=0, ...}) = 0',
      'readlink("/proc/self/exe", "/bin/rig", 100) = 8',
      'access("/data/a", R_OK|W_OK) = 0',
      'setrlimit(RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM_INFINITY}) = 0',
      'prlimit64(0, RLIMIT_NOFILE, NULL, {rlim_cur=1024, rlim_max=1024}) = 0',
      'uname({sysname="Linux", nodename="guardpage", ...}) = 0',
    ]);
  });

  it('of vectors', () => {
    const lines = straced('i386', (rig) => {
      rig.open('/data/a');
      const vector = rig.data + 0x200n;
      [rig.data, 5n, rig.data + 0x100n, 100n].forEach((word, i) => { rig.poke(vector + BigInt(4 * i), Number(word)); });
      rig.call('readv', 3, vector, 2);
      rig.call('writev', 1, vector, 1);
    });
    expect(lines.slice(1)).toEqual([
      'readv(3, [{iov_base="hello", iov_len=5}, {iov_base=", \\"world\\"\\n", iov_len=100}], 2) = 15',
      'writev(1, [{iov_base="hello", iov_len=5}], 1) = 5',
    ]);
  });

  it('of a vector whose length is negative, which is refused', () => {
    const lines = straced('sparc64', (rig) => {
      rig.open('/data/a');
      const vector = rig.data + 0x200n;
      rig.pokeLong(vector, rig.data);
      rig.pokeLong(vector + 8n, -1n);
      rig.call('readv', 3, vector, 1);
    });
    expect(lines.at(-1)).toMatch(/^readv\(3, \[\{iov_base=.*, iov_len=18446744073709551615/);
    expect(lines.at(-1)).toMatch(/= -1 EINVAL/);
  });
});
