/*
 * str02 THREADS [STACK]: a thread creates a thread, which creates a thread, and so on; each joins its
 * own, so that the chain keeps all of them alive at once. The same shape as examples/test_str02.ts, for
 * the host's own pthreads.
 *
 * Prints "N threads, M ms, U us per thread", and before it "failed: WHY" when a creation failed, which
 * ends the chain at N. STACK below PTHREAD_STACK_MIN (0, say) stands for that minimum.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long asked;
static long created;
static int failed;
static pthread_attr_t attr;

static void *next(void *arg) {
  long depth = (long)arg;
  pthread_t child;
  int error;

  /* Written by the deepest thread alone, before it creates the next one. */
  created = depth;
  if (depth >= asked) return NULL;
  error = pthread_create(&child, &attr, next, (void *)(depth + 1));
  if (error == 0) pthread_join(child, NULL);
  else failed = error;
  return NULL;
}

static double now_ms(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  long least = sysconf(_SC_THREAD_STACK_MIN);
  long stack = argc > 2 ? atol(argv[2]) : 65536;
  double start, ms;

  asked = argc > 1 ? atol(argv[1]) : 0;
  if (asked < 1) {
    fprintf(stderr, "usage: str02 THREADS [STACK]\n");
    return 2;
  }
  if (stack < least) stack = least;
  pthread_attr_init(&attr);
  if (pthread_attr_setstacksize(&attr, (size_t)stack) != 0) {
    fprintf(stderr, "str02: a stack of %ld bytes is refused\n", stack);
    return 2;
  }

  start = now_ms();
  next((void *)0);
  ms = now_ms() - start;

  if (failed != 0) printf("failed: pthread_create: %s\n", strerror(failed));
  printf("%ld threads, %.3f ms, %.2f us per thread\n", created, ms, created > 0 ? ms * 1000 / created : 0.0);
  return 0;
}
