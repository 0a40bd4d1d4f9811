/* Grows and shrinks heap, maps and mremaps, fixed and hinted, and asks for what is refused. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
static unsigned s = 7;
static unsigned rnd(unsigned n) { s = s * 1103515245u + 12345u; return (s >> 8) % n; }
int main(int argc, char **argv) {
  char *p[64] = {0}; size_t n[64] = {0};
  int fd = open(argv[0], O_RDONLY), w = open("/dev/null", O_WRONLY), path = open("/", O_PATH);
  mmap(0, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
  mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  mmap(0, 8192, PROT_READ, MAP_SHARED, w, 0);
  mmap(0, 8192, PROT_READ, MAP_SHARED, path, 0);
  mmap(0, 8192, PROT_READ, MAP_SHARED, 99, 0);
  close(fd);
  mmap(0, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
  for (int i = 0; i < 1500; i++) {
    int k = rnd(64);
    size_t len = (1 + rnd(rnd(4) ? 40 : 1500)) * 4096UL;
    switch (rnd(9)) {
      case 0: case 1: case 2:
        if (p[k]) munmap(p[k], n[k]);
        p[k] = mmap(0, len, PROT_READ | (rnd(2) ? PROT_WRITE : 0), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); n[k] = len; break;
      case 3: if (p[k]) { munmap(p[k], n[k]); p[k] = 0; } break;
      case 4: if (p[k]) { char *q = mremap(p[k], n[k], len, rnd(3) ? MREMAP_MAYMOVE : 0); if (q != MAP_FAILED) { p[k] = q; n[k] = len; } } break;
      case 5: if (p[k] && n[k] > 8192) mprotect(p[k] + 4096, n[k] / 2 / 4096 * 4096, rnd(8)); break;
      case 6: sbrk((int)rnd(200000) - 80000); break;
      case 7: if (p[k]) { char *q = mmap(p[k] + n[k], len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | (rnd(2) ? 0x100000 : 0), -1, 0); if (q != MAP_FAILED) munmap(q, len); } break;
      case 8: if (p[k] && n[k] > 16384) munmap(p[k] + 8192, 4096); break;
    }
  }
  mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap((void *)123, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  mmap((void *)0x4000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap((void *)123, 4096); munmap(p[0], 0); mprotect((void *)4096, 4096, 3);
  mremap((void *)0x1000000, 4096, 8192, 1); mmap(0, 1UL << 47, 3, 0x22, -1, 0);
  return 0;
}
