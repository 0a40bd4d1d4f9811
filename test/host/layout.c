/*
 * Makes the calls that it reads from standard input, and prints its /proc/self/maps as it was at the start,
 * a line "--", and one result a line. It allocates nothing by itself. A call is six 64-bit words:
 * what (0 mmap anywhere, 1 munmap, 2 mprotect, 3 mremap, 4 mmap at an address), which earlier result its address is
 * based on, an offset to that, and three more arguments.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 4096 };

/* Nothing lies there: the address of a map that was refused. */
static const long NOWHERE = 0x10000000000L;

static unsigned long calls[MOST][6];
static long results[MOST];
static char text[65536];

static int copy_maps(void) {
  int fd = open("/proc/self/maps", O_RDONLY);
  ssize_t n;
  if (fd < 0) return -1;
  while ((n = read(fd, text, sizeof text)) > 0) {
    if (write(1, text, n) != n) return -1;
  }
  close(fd);
  return n < 0 || write(1, "--\n", 3) != 3 ? -1 : 0;
}

static long make(const unsigned long *c) {
  long base = c[0] == 0 ? 0 : results[c[1]];
  unsigned long addr = (base < 0 ? NOWHERE : base) + c[2];
  long result = -1;
  switch (c[0]) {
    case 0: result = syscall(SYS_mmap, 0L, c[3], c[4], c[5], -1L, 0L); break;
    case 1: result = syscall(SYS_munmap, addr, c[3]); break;
    case 2: result = syscall(SYS_mprotect, addr, c[3], c[4]); break;
    case 3: result = syscall(SYS_mremap, addr, c[3], c[4], c[5], 0L); break;
    case 4: result = syscall(SYS_mmap, addr, c[3], c[4], c[5], -1L, 0L); break;
  }
  return result == -1 ? -(long)errno : result;
}

int main(void) {
  size_t have = 0;
  ssize_t n;
  int count, used = 0;
  while (have < sizeof calls && (n = read(0, (char *)calls + have, sizeof calls - have)) > 0) have += n;
  count = have / sizeof calls[0];
  if (copy_maps() < 0) return 1;
  for (int i = 0; i < count; i++) results[i] = make(calls[i]);
  for (int i = 0; i < count; i++) {
    used += sprintf(text + used, "%ld\n", results[i]);
    if (used > (int)sizeof text - 32 || i == count - 1) {
      if (write(1, text, used) != used) return 1;
      used = 0;
    }
  }
  return 0;
}
