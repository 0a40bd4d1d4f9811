/* Texts of /proc/PID/maps for the tests of src/report. */

/** test_str02 with three threads on i386, Linux 2.5.46: no space after an inode without a name. */
export const I386 = `08048000-08049000 r-xp 00000000 03:01 4711       /bin/test_str02
08049000-0804a000 rw-p 00001000 03:01 4711       /bin/test_str02
40000000-40001000 ---p 00000000 00:00 0
40001000-40801000 rwxp 00001000 00:00 0
40801000-40802000 ---p 00801000 00:00 0
40802000-41002000 rwxp 00802000 00:00 0
41002000-41003000 ---p 01002000 00:00 0
41003000-41803000 rwxp 01003000 00:00 0
bfffe000-c0000000 rwxp 00000000 00:00 0
`;

/** The same on ia64: 16 digits, 16 KiB pages, regions 2 EiB apart. */
export const IA64 = `0000000000000000-0000000000004000 r--p 0000000000000000 00:00 0
2000000000000000-20000000001fc000 rw-p 0000000000000000 00:00 0
20000000001fc000-2000000000200000 ---p 00000000001fc000 00:00 0
2000000000200000-20000000005fc000 rw-p 0000000000200000 00:00 0
4000000000000000-4000000000004000 r-xp 0000000000000000 03:01 4711       /bin/test_str02
6000000000000000-6000000000004000 rw-p 0000000000004000 03:01 4711       /bin/test_str02
60000fffffff4000-60000fffffffc000 rw-p 0000000000000000 00:00 0
`;

/** A process of x86-64, Linux 6.x: no padding, names, the vsyscall page on top. */
export const X86_64 = `55f7ba3f7000-55f7ba3f9000 r--p 00000000 fe:00 260131                     /usr/bin/cat
55f7ba3f9000-55f7ba3fe000 r-xp 00002000 fe:00 260131                     /usr/bin/cat
55f7f2fbb000-55f7f2fdc000 rw-p 00000000 00:00 0                          [heap]
7fa974114000-7fa974136000 rw-p 00000000 00:00 0 
7fa97437c000-7fa974383000 r--s 00000000 fe:00 338846                     /usr/lib/gconv/gconv-modules.cache
7fa974386000-7fa97438a000 r--p 00000000 00:00 0                          [vvar]
7fa97438c000-7fa97438e000 r-xp 00000000 00:00 0                          [vdso]
7ffd7eed0000-7ffd7eef1000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

/** `threads` times a guard page and a stack of 8 MiB, with a program below. */
export function stacks(threads: number): string {
  const lines = ['00100000-00102000 r-xp 00000000 03:01 4711       /bin/test_str02'];
  const range = (start: number, size: number) =>
    `${start.toString(16).padStart(16, '0')}-${(start + size).toString(16).padStart(16, '0')}`;
  for (let i = 0; i < threads; i++) {
    const start = 0x2000000000 + i * 0x800000;
    lines.push(`${range(start, 0x2000)} ---p 00000000 00:00 0`);
    lines.push(`${range(start + 0x2000, 0x7fe000)} rw-p 00000000 00:00 0`);
  }
  return lines.join('\n');
}

/** Areas of which no two neighbours are alike in any pattern; from a fixed seed. */
export function disorder(areas: number): string {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const perms = ['rw-p', 'r-xp', '---p', 'r--p', 'rwxs'];
  const files = ['00:00 0', '08:01 77       /usr/lib/lib<a&b>.so'];
  let start = 0x10000;
  return Array.from({ length: areas }, () => {
    start += random(2) * (1 + random(500)) * 4096;
    const end = start + (1 + random(3000)) * 4096;
    const line = `${start.toString(16)}-${end.toString(16)} ${perms[random(5)]} 00000000 ${files[random(2)]}`;
    start = end;
    return line;
  }).join('\n');
}
