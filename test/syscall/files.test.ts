/* open, close, read, write, lseek, dup, fcntl, truncate: each in the numbers and flags of its machine. */

import { describe, expect, it } from 'vitest';
import { FilesRig, RDONLY, RDWR, WRONLY } from './files_rig.js';

const machines = ['i386', 'sparc64', 'sparc64 32-bit', 'ia64'] as const;
const FILES = { '/data/a': 'hello, world', '/data/b.ro': 'read me' };

describe.each(machines)('%s', (name) => {
  it('open gives the lowest free descriptor, and read the bytes from the position on', () => {
    const rig = new FilesRig(name, FILES);
    const fd = rig.open('/data/a');
    expect(fd).toBe(3);
    expect([rig.read(3, 5), rig.read(3, 2), rig.read(3, 100), rig.read(3, 100)]).toEqual(['hello', ', ', 'world', '']);
    expect([rig.open('/data/a'), rig.call('close', 3), rig.open('/data/b.ro')]).toEqual([4, 0, 3]);
  });

  it('write changes the file from the position on, and makes it longer', () => {
    const rig = new FilesRig(name, FILES);
    const fd = rig.open('/data/a', RDWR);
    rig.call('lseek', 3, 7, 0);
    expect(rig.write(fd, 'moon and stars')).toBe(14);
    expect(rig.contents('/data/a')).toBe('hello, moon and stars');
  });

  it('O_APPEND writes at the end wherever the position is, O_TRUNC empties, both by this machine\'s bits', () => {
    const rig = new FilesRig(name, FILES);
    rig.write(rig.open('/data/a', WRONLY, 'APPEND'), '!');
    expect(rig.contents('/data/a')).toBe('hello, world!');
    rig.open('/data/a', WRONLY, 'TRUNC CREAT');
    expect(rig.contents('/data/a')).toBe('');
  });

  it('pread64 and pwrite64 take a 64-bit position and leave the file\'s own alone', () => {
    const rig = new FilesRig(name, FILES);
    const { bits, bigEndian } = rig.target;
    const at = (offset: number) => (bits === 64 ? [offset] : bigEndian ? [0, offset] : [offset, 0]);
    rig.open('/data/a', RDWR);
    expect(rig.call('pread64', 3, rig.buffer, 5, ...at(7))).toBe(5);
    expect(rig.text(rig.buffer, 5)).toBe('world');
    rig.put(rig.buffer, 'W');
    expect(rig.call('pwrite64', 3, rig.buffer, 1, ...at(7))).toBe(1);
    expect(rig.contents('/data/a')).toBe('hello, World');
    expect(rig.call('lseek', 3, 0, 1)).toBe(0);
    const minus1 = bits === 64 ? [-1n] : [-1, -1];
    expect(rig.call('pread64', 3, rig.buffer, 5, ...minus1)).toBe('EINVAL');
  });

  it('readv and writev go through the vector, and stop where the file does', () => {
    const rig = new FilesRig(name, FILES);
    const word = BigInt(rig.target.bits / 8);
    const vector = rig.data + 0x200n;
    const iovec = (i: bigint, base: bigint, length: bigint) => {
      [base, length].forEach((value, n) => {
        const at = vector + (2n * i + BigInt(n)) * word;
        if (word === 8n) rig.pokeLong(at, value);
        else rig.poke(at, Number(value));
      });
    };
    iovec(0n, rig.data, 5n);
    iovec(1n, rig.data + 0x100n, 100n);
    rig.open('/data/a', RDWR);
    expect(rig.call('readv', 3, vector, 2)).toBe(12);
    expect([rig.text(rig.data, 5), rig.text(rig.data + 0x100n, 7)]).toEqual(['hello', ', world']);
    iovec(1n, rig.data + 0x100n, 3n);
    expect(rig.call('writev', 3, vector, 2)).toBe(8);
    expect(rig.contents('/data/a')).toBe('hello, worldhello, w');
    expect([rig.call('readv', 3, vector, 0), rig.call('readv', 3, vector, 1025), rig.call('readv', 3, rig.data + 0x1000000n, 1)])
      .toEqual([0, 'EINVAL', 'EFAULT']);
  });

  it('dup and dup2 share the position; F_DUPFD takes the lowest from its argument on', () => {
    const rig = new FilesRig(name, FILES);
    rig.open('/data/a');
    expect([rig.call('dup', 3), rig.call('dup2', 3, 9), rig.call('fcntl', 3, 0, 6)]).toEqual([4, 9, 6]);
    expect([rig.read(4, 3), rig.read(9, 3), rig.read(6, 3)]).toEqual(['hel', 'lo,', ' wo']);
    expect([rig.call('dup', 77), rig.call('dup2', 77, 3), rig.call('dup2', 3, -1), rig.call('dup2', 3, 3)])
      .toEqual(['EBADF', 'EBADF', 'EBADF', 3]);
  });

  it('dup3 refuses equal descriptors; FD_CLOEXEC is one descriptor\'s', () => {
    const rig = new FilesRig(name, FILES);
    rig.open('/data/a', RDONLY, 'CLOEXEC');
    expect([rig.call('dup3', 3, 3, 0), rig.call('dup3', 3, 5, 1)]).toEqual(['EINVAL', 'EINVAL']);
    expect(rig.call('dup3', 3, 5, rig.target.open.CLOEXEC)).toBe(5);
    rig.call('dup', 3);
    expect([3, 4, 5].map((fd) => rig.call('fcntl', fd, 1))).toEqual([1, 0, 1]);
    rig.call('fcntl', 3, 2, 0);
    expect(rig.call('fcntl', 3, 1)).toBe(0);
    rig.kernel.process.files.exec();
    expect([3, 4, 5].map((fd) => rig.call('fcntl', fd, 1))).toEqual([0, 0, 'EBADF']);
  });

  it('F_SETFL changes O_APPEND and not the access mode', () => {
    const rig = new FilesRig(name, FILES);
    const { APPEND, LARGEFILE } = rig.target.open;
    rig.open('/data/a', RDWR);
    rig.call('fcntl', 3, 4, APPEND | 1);
    expect(rig.call('fcntl', 3, 3)).toBe(APPEND | 2 | (rig.target.bits === 64 ? LARGEFILE : 0));
    rig.write(3, '!');
    expect(rig.contents('/data/a')).toBe('hello, world!');
  });

  it('ftruncate shortens and lengthens with zeroes; EINVAL unless the file was opened for writing', () => {
    const rig = new FilesRig(name, FILES);
    rig.open('/data/a', RDWR);
    rig.open('/data/a');
    expect([rig.call('ftruncate', 3, 5), rig.contents('/data/a')]).toEqual([0, 'hello']);
    expect([rig.call('ftruncate', 3, 8), rig.contents('/data/a')]).toEqual([0, 'hello\0\0\0']);
    expect([rig.call('ftruncate', 4, 1), rig.call('ftruncate', 3, -1n), rig.call('ftruncate', 1, 1)])
      .toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
    expect([rig.call('truncate', '/data/a', 2), rig.contents('/data/a')]).toEqual([0, 'he']);
  });
});

describe('lseek', () => {
  it('moves from the start, the position and the end; before the start is EINVAL', () => {
    const rig = new FilesRig('i386', FILES);
    rig.open('/data/a');
    const calls = [[5, 0], [-2, 1], [-1, 2], [10, 2], [-30, 1], [0, 1], [0, 3]] as const;
    expect(calls.map(([offset, whence]) => rig.call('lseek', 3, offset, whence)))
      .toEqual([5, 3, 11, 22, 'EINVAL', 22, 'EINVAL']);
  });

  it('_llseek stores 64 bits, in the order of the machine, where lseek of a 32-bit task is EOVERFLOW', () => {
    for (const [name, words] of [['i386', [0x10, 3]], ['sparc64 32-bit', [3, 0x10]], ['sparc64', [3, 0x10]]] as const) {
      const rig = new FilesRig(name, FILES);
      rig.open('/data/a', RDONLY, 'LARGEFILE');
      expect(rig.call('_llseek', 3, 3, 0x10, rig.data, 0)).toBe(0);
      expect([rig.peek(rig.data), rig.peek(rig.data + 4n)]).toEqual(words);
      expect(rig.call('lseek', 3, 0, 1)).toBe(rig.target.bits === 32 ? 'EOVERFLOW' : 3 * 2 ** 32 + 0x10);
    }
  });

  it('of a terminal is ESPIPE, of /dev/null 0', () => {
    const rig = new FilesRig('i386');
    rig.open('/dev/null');
    expect([rig.call('lseek', 1, 5, 0), rig.call('lseek', 3, 5, 0), rig.call('lseek', 9, 0, 0)]).toEqual(['ESPIPE', 0, 'EBADF']);
  });
});

describe('open refuses', () => {
  const rig = () => new FilesRig('i386', FILES);

  it('what does not exist, and to make what was not granted', () => {
    expect([rig().open('/data/x'), rig().open('/etc/passwd'), rig().open(''), rig().open('/data/x', RDWR, 'CREAT')])
      .toEqual(['ENOENT', 'ENOENT', 'ENOENT', 'EACCES']);
    expect(rig().open('/nowhere/x', RDWR, 'CREAT')).toBe('ENOENT');
  });

  it('writing of a file granted for reading: EACCES, and of the running program: ETXTBSY', () => {
    expect([rig().open('/data/b.ro', RDWR), rig().open('/data/b.ro', RDONLY, 'TRUNC')]).toEqual(['EACCES', 'EACCES']);
    expect([rig().open('/bin/rig', RDWR), rig().open('/bin/rig')]).toEqual(['ETXTBSY', 3]);
  });

  it('directories for writing, and paths through files', () => {
    expect([rig().open('/data', RDWR), rig().open('/data/'), rig().open('/data/a/b'), rig().open('/data/a/')])
      .toEqual(['EISDIR', 3, 'ENOTDIR', 'ENOTDIR']);
    expect([rig().open('/data/a', RDONLY, 'DIRECTORY'), rig().open('/data', RDONLY, 'DIRECTORY')]).toEqual(['ENOTDIR', 3]);
    const opened = rig();
    expect(opened.read(opened.open('/data'), 1)).toBe('EISDIR');
  });

  it('names too long, and O_EXCL of what is there', () => {
    expect([rig().open(`/${'x'.repeat(255)}`), rig().open(`/${'x'.repeat(256)}`)]).toEqual(['ENOENT', 'ENAMETOOLONG']);
    expect(rig().open('/data/a', RDWR, 'CREAT EXCL')).toBe('EEXIST');
  });

  it('an address that cannot be read: EFAULT', () => {
    expect(rig().call('open', 0, 0)).toBe('EFAULT');
  });

  it('more descriptors than RLIMIT_NOFILE: EMFILE, before the name is looked at', () => {
    const full = rig();
    full.kernel.process.files.limit = 4;
    expect([full.open('/data/a'), full.open('/data/a'), full.open('/nowhere')]).toEqual([3, 'EMFILE', 'EMFILE']);
    expect([full.call('dup', 3), full.call('fcntl', 3, 0, 4)]).toEqual(['EMFILE', 'EINVAL']);
  });
});

describe('paths', () => {
  it('begin at the current directory, and openat at a directory', () => {
    const rig = new FilesRig('i386', FILES);
    rig.kernel.fs.cwd = '/data';
    expect([rig.open('a'), rig.open('./../data/./a'), rig.open('data/a')]).toEqual([3, 4, 'ENOENT']);
    expect(rig.open('/data', RDONLY, 'DIRECTORY')).toBe(5);
    expect([rig.call('openat', 5, 'a', 0), rig.call('openat', -100, 'a', 0), rig.call('openat', 3, 'a', 0)])
      .toEqual([6, 7, 'ENOTDIR']);
    expect(rig.call('openat', 77, 'a', 0)).toBe('EBADF');
  });
});

describe('rights of a descriptor', () => {
  it('read needs one opened for reading, write one for writing; access mode 3 has neither', () => {
    const rig = new FilesRig('i386', FILES);
    for (const access of [WRONLY, RDONLY, 3]) rig.open('/data/a', access);
    expect([rig.read(3, 1), rig.write(4, 'x'), rig.read(5, 1), rig.write(5, 'x')]).toEqual(['EBADF', 'EBADF', 'EBADF', 'EBADF']);
    expect([rig.write(0, 'x'), rig.read(0, 10)]).toEqual(['EBADF', '']);
  });

  it('a buffer that cannot be reached is EFAULT, unless some bytes could', () => {
    const rig = new FilesRig('i386', { '/big': 'x'.repeat(5000) });
    rig.open('/big');
    expect(rig.call('read', 3, 0, 10)).toBe('EFAULT');
    const end = rig.data + 4096n;
    expect(rig.call('read', 3, end - 100n, 5000)).toBe(100);
    expect(rig.call('read', 3, rig.data, -1)).toBe('EINVAL');
  });
});

describe('files of more than 2 GiB', () => {
  it('are not written beyond 2^31 - 1 without O_LARGEFILE: EFBIG', () => {
    const rig = new FilesRig('i386', FILES);
    rig.open('/data/a', RDWR);
    rig.call('lseek', 3, 2 ** 31 - 1, 0);
    expect(rig.write(3, 'x')).toBe('EFBIG');
  });
});

describe('devices', () => {
  it('no call transfers more than 2 GiB less a page, however much it is asked for', () => {
    const rig = new FilesRig('sparc64', FILES);
    rig.open('/dev/null', RDWR);
    expect(rig.call('write', 3, rig.buffer, 2 ** 40)).toBe(0x7ffff000);
    expect(rig.call('write', 3, rig.buffer, 0x7fffefff)).toBe(0x7fffefff);
  });

  it('/dev/null takes all and gives nothing; /dev/zero gives zeroes', () => {
    const rig = new FilesRig('i386');
    expect([rig.open('/dev/null', RDWR), rig.open('/dev/zero', RDWR)]).toEqual([3, 4]);
    expect([rig.write(3, 'abc'), rig.read(3, 10), rig.call('write', 3, 0, 123456)]).toEqual([3, '', 123456]);
    rig.put(rig.buffer, 'abcdef');
    expect(rig.read(4, 3)).toBe('\0\0\0');
    expect(rig.text(rig.buffer, 6)).toBe('\0\0\0def');
  });
});

describe.each(machines)('stat on %s', (name) => {
  it('fstat lays out size, mode, inode and owner as this machine does', () => {
    const rig = new FilesRig(name, FILES);
    rig.open('/data/a');
    for (const call of ['fstat', 'fstat64'].filter((one) => rig.target.nr[one] !== undefined)) {
      expect(rig.call(call, 3, rig.buffer)).toBe(0);
      const layout = call === 'fstat' ? rig.target.stat : rig.target.stat64;
      const field = ([at, width]: readonly [number, number]) => {
        const bytes = Array.from({ length: width }, (_, i) => rig.peekByte(rig.buffer + BigInt(at + i)));
        return (rig.target.bigEndian ? bytes : bytes.reverse()).reduce((value, byte) => value * 256 + byte, 0);
      };
      expect([layout.size, layout.mode, layout.ino, layout.uid, layout.nlink, layout.blocks, layout.dev].map(field))
        .toEqual([12, 0o100644, 4712, 1000, 1, 8, 0x301]);
    }
  });

  it('stat by path, lstat of a link, and errors', () => {
    const rig = new FilesRig(name, FILES);
    expect([rig.call('stat', '/data/a', rig.buffer), rig.call('stat', '/data/x', rig.buffer)]).toEqual([0, 'ENOENT']);
    expect([rig.call('stat', '/data/a', rig.data + 0x1000000n), rig.call('fstat', 9, rig.buffer)]).toEqual(['EFAULT', 'EBADF']);
  });
});

describe('small calls', () => {
  it('uname names release and machine; getuid is an ordinary user', () => {
    for (const [name, machine] of [['i386', 'i686'], ['sparc64 32-bit', 'sparc64'], ['ia64', 'ia64']] as const) {
      const rig = new FilesRig(name);
      rig.call('uname', rig.buffer);
      expect([rig.text(rig.buffer, 5), rig.text(rig.buffer + 130n, 6), rig.text(rig.buffer + 260n, machine.length)])
        .toEqual(['Linux', '2.5.46', machine]);
      expect([rig.call('getuid'), rig.call('getegid'), rig.call('umask', 0o77), rig.call('umask', 0)])
        .toEqual([1000, 1000, 0o22, 0o77]);
    }
  });

  it('access asks for rights, getcwd for the directory', () => {
    const rig = new FilesRig('i386', FILES);
    expect([4, 2, 6, 1, 8].map((mode) => rig.call('access', '/data/b.ro', mode))).toEqual([0, 'EACCES', 'EACCES', 'EACCES', 'EINVAL']);
    expect([rig.call('access', '/data', 5), rig.call('access', '/no', 0)]).toEqual([0, 'ENOENT']);
    expect([rig.call('getcwd', rig.buffer, 1), rig.call('getcwd', rig.buffer, 2), rig.text(rig.buffer, 2)]).toEqual(['ERANGE', 2, '/\0']);
  });
});
