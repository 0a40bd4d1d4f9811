/* Three rounds of 40 threads, each of which allocates and frees: stacks, guards, arenas and the stack cache. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *arg) {
  char *p = malloc(300000);
  memset(p, 1, 300000);
  free(p);
  return arg;
}

int main(void) {
  pthread_t threads[40];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 40; i++) pthread_create(&threads[i], 0, work, 0);
    for (int i = 0; i < 40; i++) pthread_join(threads[i], 0);
  }
  return 0;
}
