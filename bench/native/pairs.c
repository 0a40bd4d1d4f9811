/*
 * pairs N: N times mmap of a stack and mprotect of its lowest page, as a thread library does, all alive at the
 * end. The counterpart of bench/pairs.ts, for the host's own kernel.
 *
 * Prints "refused: WHY" when a call was refused, which ends it early, and "N pairs, M ms".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  long asked = argc > 1 ? atol(argv[1]) : 0;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const char *call = NULL;
  double start, ms;
  long i;

  if (asked < 1) {
    fprintf(stderr, "usage: pairs N\n");
    return 2;
  }
  start = now_ms();
  for (i = 0; i < asked && call == NULL; i++) {
    void *stack = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) call = "mmap";
    else if (mprotect(stack, page, PROT_NONE) != 0) call = "mprotect";
  }
  ms = now_ms() - start;
  if (call != NULL) {
    printf("refused: %s: %s\n", call, strerror(errno));
    i--;
  }
  printf("%ld pairs, %.3f ms\n", i, ms);
  return 0;
}
