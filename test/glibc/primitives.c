/*
 * Small scenarios of every pthread primitive, one by name, for recording which futex calls glibc makes. The order of
 * events is forced by sleeps. The first line of output names the addresses of the objects, so that a log can be read
 * without symbols. test/glibc/scenarios.ts has the same programs for guardpage.
 *
 *   cc -O1 -static -pthread primitives.c -o primitives && strace -f -e trace=futex,write,clone,clone3 ./primitives NAME
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct { pthread_mutex_t o; char pad[64]; } m;
static struct { pthread_cond_t o; char pad[64]; } c;
static struct { pthread_rwlock_t o; char pad[64]; } rw;
static struct { pthread_barrier_t o; char pad[64]; } b;
static struct { sem_t o; char pad[64]; } s;
static struct { pthread_once_t o; char pad[64]; } once = { PTHREAD_ONCE_INIT, "" };
static int ready, results[8];

static void nap(int ms) { struct timespec t = { 0, ms * 1000000L }; nanosleep(&t, NULL); }
static struct timespec in(int ms)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000L;
	if (t.tv_nsec >= 1000000000L) { t.tv_sec++; t.tv_nsec -= 1000000000L; }
	return t;
}
static pthread_t start(void *(*f)(void *), long arg) { pthread_t t; pthread_create(&t, NULL, f, (void *)arg); return t; }
static void mutex(int type, int protocol, int robust)
{
	pthread_mutexattr_t a;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	if (protocol) pthread_mutexattr_setprotocol(&a, protocol);
	if (robust) pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&m.o, &a);
}

/* ---- mutexes ---- */
static void *lock_unlock(void *x)
{
	results[(long)x] = pthread_mutex_lock(&m.o);
	pthread_mutex_unlock(&m.o);
	return NULL;
}
static void *timedlock(void *x)
{
	struct timespec t = in(40);
	results[(long)x] = pthread_mutex_timedlock(&m.o, &t);
	return NULL;
}
static void *lock_and_die(void *x) { pthread_mutex_lock(&m.o); (void)x; return NULL; }
static void *lock_die_slowly(void *x) { pthread_mutex_lock(&m.o); nap(80); (void)x; return NULL; }
static void *lock_recover(void *x)
{
	results[(long)x] = pthread_mutex_lock(&m.o);
	if (results[(long)x] == EOWNERDEAD) pthread_mutex_consistent(&m.o);
	pthread_mutex_unlock(&m.o);
	return NULL;
}

static void uncontended(int type)
{
	mutex(type, 0, 0);
	for (int i = 0; i < 3; i++) { results[0] |= pthread_mutex_lock(&m.o); results[1] |= pthread_mutex_unlock(&m.o); }
	results[2] = pthread_mutex_trylock(&m.o);
	pthread_mutex_unlock(&m.o);
}
static void contended(int type, int protocol, int robust, int threads)
{
	pthread_t t[4];
	mutex(type, protocol, robust);
	pthread_mutex_lock(&m.o);
	for (int i = 0; i < threads; i++) { t[i] = start(lock_unlock, i); nap(20); }
	pthread_mutex_unlock(&m.o);
	for (int i = 0; i < threads; i++) pthread_join(t[i], NULL);
}
static void timed(int protocol)
{
	mutex(PTHREAD_MUTEX_NORMAL, protocol, 0);
	pthread_mutex_lock(&m.o);
	pthread_t t = start(timedlock, 0);
	nap(100);
	pthread_mutex_unlock(&m.o);
	pthread_join(t, NULL);
}
static void owner_dies(void *(*first)(void *))
{
	mutex(PTHREAD_MUTEX_NORMAL, 0, 1);
	pthread_t t = start(first, 0);
	nap(30);
	pthread_t u = start(lock_recover, 1);
	pthread_join(u, NULL);
	pthread_join(t, NULL);
}
static void not_recoverable(void)
{
	mutex(PTHREAD_MUTEX_NORMAL, 0, 1);
	pthread_join(start(lock_and_die, 0), NULL);
	results[0] = pthread_mutex_lock(&m.o);
	pthread_mutex_unlock(&m.o);
	results[1] = pthread_mutex_lock(&m.o);
}

/* ---- condition variables ---- */
static void *cond_waiter(void *x)
{
	pthread_mutex_lock(&m.o);
	while (!ready) results[(long)x] = pthread_cond_wait(&c.o, &m.o);
	pthread_mutex_unlock(&m.o);
	return NULL;
}
static void *cond_timed(void *x)
{
	struct timespec t = in(40);
	pthread_mutex_lock(&m.o);
	results[(long)x] = pthread_cond_timedwait(&c.o, &m.o, &t);
	pthread_mutex_unlock(&m.o);
	return NULL;
}
static void cond(int waiters, int broadcast, int inside)
{
	pthread_t t[4];
	for (int i = 0; i < waiters; i++) { t[i] = start(cond_waiter, i); nap(20); }
	pthread_mutex_lock(&m.o);
	ready = 1;
	if (!inside) pthread_mutex_unlock(&m.o);
	if (broadcast) pthread_cond_broadcast(&c.o);
	else for (int i = 0; i < waiters; i++) { pthread_cond_signal(&c.o); if (!inside) nap(20); }
	if (inside) pthread_mutex_unlock(&m.o);
	for (int i = 0; i < waiters; i++) pthread_join(t[i], NULL);
}
static void cond_timeout(void) { pthread_join(start(cond_timed, 0), NULL); pthread_cond_signal(&c.o); }
static void cond_cancel(void)
{
	pthread_t t = start(cond_waiter, 0);
	nap(30);
	pthread_cancel(t);
	pthread_join(t, NULL);
	results[1] = pthread_mutex_trylock(&m.o);
}
static void cond_nobody(void) { pthread_cond_signal(&c.o); pthread_cond_broadcast(&c.o); }

/* ---- read-write locks ---- */
static void *reader(void *x) { results[(long)x] = pthread_rwlock_rdlock(&rw.o); pthread_rwlock_unlock(&rw.o); return NULL; }
static void *writer(void *x) { results[(long)x] = pthread_rwlock_wrlock(&rw.o); pthread_rwlock_unlock(&rw.o); return NULL; }
static void *timed_reader(void *x) { struct timespec t = in(40); results[(long)x] = pthread_rwlock_timedrdlock(&rw.o, &t); return NULL; }
static void *timed_writer(void *x) { struct timespec t = in(40); results[(long)x] = pthread_rwlock_timedwrlock(&rw.o, &t); return NULL; }
static void rwlock(int held_for_writing, void *(*f)(void *), int threads)
{
	pthread_t t[4];
	if (held_for_writing) pthread_rwlock_wrlock(&rw.o); else pthread_rwlock_rdlock(&rw.o);
	for (int i = 0; i < threads; i++) { t[i] = start(f, i); nap(20); }
	nap(80);
	pthread_rwlock_unlock(&rw.o);
	for (int i = 0; i < threads; i++) pthread_join(t[i], NULL);
}
static void rwlock_plain(void)
{
	pthread_rwlock_rdlock(&rw.o); pthread_rwlock_rdlock(&rw.o); pthread_rwlock_unlock(&rw.o); pthread_rwlock_unlock(&rw.o);
	pthread_rwlock_wrlock(&rw.o); results[0] = pthread_rwlock_tryrdlock(&rw.o); pthread_rwlock_unlock(&rw.o);
}

/* ---- barriers, semaphores, once, join ---- */
static void *waits(void *x) { results[(long)x] = pthread_barrier_wait(&b.o); return NULL; }
static void barrier(int n)
{
	pthread_t t[4];
	pthread_barrier_init(&b.o, NULL, n);
	for (int i = 1; i < n; i++) { t[i] = start(waits, i); nap(20); }
	waits((void *)0);
	for (int i = 1; i < n; i++) pthread_join(t[i], NULL);
}
static void *sem_waiter(void *x) { results[(long)x] = sem_wait(&s.o); return NULL; }
static void *sem_timed(void *x) { struct timespec t = in(40); results[(long)x] = sem_timedwait(&s.o, &t) < 0 ? errno : 0; return NULL; }
static void semaphore(int threads)
{
	pthread_t t[4];
	sem_init(&s.o, 0, 0);
	for (int i = 0; i < threads; i++) { t[i] = start(sem_waiter, i); nap(20); }
	for (int i = 0; i < threads; i++) { sem_post(&s.o); nap(20); }
	for (int i = 0; i < threads; i++) pthread_join(t[i], NULL);
}
static void sem_plain(void) { sem_init(&s.o, 0, 2); sem_wait(&s.o); sem_wait(&s.o); sem_post(&s.o); }
static void sem_timeout(void) { sem_init(&s.o, 0, 0); pthread_join(start(sem_timed, 0), NULL); }
static void sem_cancel(void)
{
	sem_init(&s.o, 0, 0);
	pthread_t t = start(sem_waiter, 0);
	nap(30);
	pthread_cancel(t);
	pthread_join(t, NULL);
}
static void slow_init(void) { nap(60); }
static void *once_caller(void *x) { results[(long)x] = pthread_once(&once.o, slow_init); return NULL; }
static void once_contended(void)
{
	pthread_t t = start(once_caller, 0);
	nap(20);
	pthread_t u = start(once_caller, 1);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
	pthread_once(&once.o, slow_init);
}
static void *naps(void *x) { nap(50); return x; }
static void *returns(void *x) { return x; }
static void join_live(void) { pthread_join(start(naps, 1), NULL); }
static void join_dead(void) { pthread_t t = start(returns, 1); nap(40); pthread_join(t, NULL); }
static void join_timed(void)
{
	pthread_t t = start(naps, 1);
	struct timespec d = in(20);
	results[0] = pthread_timedjoin_np(t, NULL, &d);
	results[1] = pthread_tryjoin_np(t, NULL);
	pthread_join(t, NULL);
}

static void run(const char *n)
{
#define IS(x) (strcmp(n, x) == 0)
	if (IS("mutex-normal")) uncontended(PTHREAD_MUTEX_NORMAL);
	else if (IS("mutex-recursive")) uncontended(PTHREAD_MUTEX_RECURSIVE);
	else if (IS("mutex-errorcheck")) uncontended(PTHREAD_MUTEX_ERRORCHECK);
	else if (IS("mutex-adaptive")) uncontended(PTHREAD_MUTEX_ADAPTIVE_NP);
	else if (IS("mutex-contended")) contended(PTHREAD_MUTEX_NORMAL, 0, 0, 1);
	else if (IS("mutex-contended-by-two")) contended(PTHREAD_MUTEX_NORMAL, 0, 0, 2);
	else if (IS("mutex-recursive-contended")) contended(PTHREAD_MUTEX_RECURSIVE, 0, 0, 1);
	else if (IS("mutex-errorcheck-contended")) contended(PTHREAD_MUTEX_ERRORCHECK, 0, 0, 1);
	else if (IS("mutex-timed")) timed(0);
	else if (IS("mutex-robust")) contended(PTHREAD_MUTEX_NORMAL, 0, 1, 1);
	else if (IS("mutex-owner-died")) owner_dies(lock_and_die);
	else if (IS("mutex-owner-dies-contended")) owner_dies(lock_die_slowly);
	else if (IS("mutex-not-recoverable")) not_recoverable();
	else if (IS("mutex-pi")) contended(PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT, 0, 1);
	else if (IS("mutex-pi-timed")) timed(PTHREAD_PRIO_INHERIT);
	else if (IS("cond-signal")) cond(1, 0, 0);
	else if (IS("cond-signal-inside")) cond(1, 0, 1);
	else if (IS("cond-signal-two")) cond(2, 0, 0);
	else if (IS("cond-broadcast")) cond(3, 1, 0);
	else if (IS("cond-broadcast-inside")) cond(3, 1, 1);
	else if (IS("cond-timeout")) cond_timeout();
	else if (IS("cond-cancel")) cond_cancel();
	else if (IS("cond-nobody")) cond_nobody();
	else if (IS("rwlock-plain")) rwlock_plain();
	else if (IS("rwlock-reader-waits")) rwlock(1, reader, 1);
	else if (IS("rwlock-two-readers-wait")) rwlock(1, reader, 2);
	else if (IS("rwlock-writer-waits")) rwlock(0, writer, 1);
	else if (IS("rwlock-writer-waits-for-writer")) rwlock(1, writer, 1);
	else if (IS("rwlock-reader-timeout")) rwlock(1, timed_reader, 1);
	else if (IS("rwlock-writer-timeout")) rwlock(0, timed_writer, 1);
	else if (IS("barrier-two")) barrier(2);
	else if (IS("barrier-three")) barrier(3);
	else if (IS("sem-plain")) sem_plain();
	else if (IS("sem-waits")) semaphore(1);
	else if (IS("sem-two-wait")) semaphore(2);
	else if (IS("sem-timeout")) sem_timeout();
	else if (IS("sem-cancel")) sem_cancel();
	else if (IS("once")) once_contended();
	else if (IS("join-live")) join_live();
	else if (IS("join-dead")) join_dead();
	else if (IS("join-timed")) join_timed();
	else { fprintf(stderr, "no scenario %s\n", n); _exit(2); }
}

int main(int argc, char **argv)
{
	char text[512];
	int n = snprintf(text, sizeof text, "m=%p c=%p rw=%p b=%p s=%p once=%p\n", (void *)&m, (void *)&c, (void *)&rw, (void *)&b, (void *)&s, (void *)&once);
	if (argc < 2) return 2;
	write(1, text, n);
	run(argv[1]);
	n = snprintf(text, sizeof text, "results %d %d %d %d\n", results[0], results[1], results[2], results[3]);
	write(1, text, n);
	return 0;
}
