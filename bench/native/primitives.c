/* The host's own side of bench/primitives.ts: lock and unlock, a ping-pong through two futexes, create and join. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int words[2];
static long rounds;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
static void give(int *word) { __atomic_store_n(word, 1, __ATOMIC_SEQ_CST); syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }
static void take(int *word)
{
	while (__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) == 0) syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
static void *pong(void *x) { for (long i = 0; i < rounds; i++) { take(&words[0]); give(&words[1]); } return x; }
static void *nothing(void *x) { return x; }

int main(int argc, char **argv)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_t t;
	double start = now();
	(void)argc;
	for (long i = 0; i < 10000000; i++) { pthread_mutex_lock(&m); pthread_mutex_unlock(&m); }
	printf("lock %.2f ns\n", (now() - start) / 1e7);
	rounds = atol(argv[1]);
	pthread_create(&t, NULL, pong, NULL);
	start = now();
	for (long i = 0; i < rounds; i++) { give(&words[0]); take(&words[1]); }
	printf("pingpong %.2f ns\n", (now() - start) / rounds);
	pthread_join(t, NULL);
	start = now();
	for (long i = 0; i < rounds; i++) { pthread_create(&t, NULL, nothing, NULL); pthread_join(t, NULL); }
	printf("create %.2f ns\n", (now() - start) / rounds);
	return 0;
}
