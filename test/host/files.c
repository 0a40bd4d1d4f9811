/*
 * What the host's kernel does with a file that is opened, read, mapped and truncated: one line a step, as
 * "name result", for files.test.ts to do the same on an emulated machine. Takes the path of a file, which it makes.
 *
 *   gcc -static -o files files.c && ./files /tmp/f > fixtures/files_6.18.txt
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
static sigjmp_buf back;
static char text[64];

static void show(const char *name, long result)
{
	if (result == -1)
		printf("%s %s\n", name, strerrorname_np(errno));
	else
		printf("%s %ld\n", name, result);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	snprintf(text, sizeof text, "%s", sig == SIGBUS ? "SIGBUS" : info->si_code == SEGV_MAPERR ? "SEGV_MAPERR" : "SEGV_ACCERR");
	siglongjmp(back, 1);
}

/* The byte at p, or the fault. */
static void look(const char *name, volatile unsigned char *p)
{
	if (sigsetjmp(back, 1))
		printf("%s %s\n", name, text);
	else
		printf("%s %d\n", name, *p);
}

static void poke(const char *name, volatile unsigned char *p, int byte)
{
	if (sigsetjmp(back, 1)) {
		printf("%s %s\n", name, text);
		return;
	}
	*p = byte;
	printf("%s 0\n", name);
}

/* The fault, errno or success of a map; the map itself. */
static unsigned char *map(const char *name, size_t length, int prot, int flags, int fd, off_t offset)
{
	void *p = mmap(0, length, prot, flags, fd, offset);
	show(name, p == MAP_FAILED ? -1 : 0);
	return p;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	const char *path = argc > 1 ? argv[1] : "/tmp/f";
	char buffer[64];
	int fd, ro, wo, zero, null;
	unsigned char *shared, *own, *p;
	struct stat st;
	struct iovec iov[2] = { { buffer, 3 }, { buffer + 10, 20 } };

	sigaction(SIGSEGV, &action, 0);
	sigaction(SIGBUS, &action, 0);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	show("write", write(fd, "hello, world", 12));
	show("seek-set", lseek(fd, 7, SEEK_SET));
	show("seek-before", lseek(fd, -8, SEEK_CUR));
	show("seek-whence", lseek(fd, 0, 9));
	show("seek-end", lseek(fd, 5, SEEK_END));
	show("read-at-end", read(fd, buffer, 5));
	show("seek-cur", lseek(fd, 0, SEEK_CUR));
	show("pread", pread(fd, buffer, 5, 7));
	printf("pread-text %.5s\n", buffer);
	show("pread-negative", pread(fd, buffer, 5, -1));
	show("pread-beyond", pread(fd, buffer, 5, 100));
	lseek(fd, 0, SEEK_SET);
	show("dup", dup(fd));
	show("read-dup", read(4, buffer, 3));
	show("position-shared", lseek(fd, 0, SEEK_CUR));
	show("dup2-same", dup2(fd, fd));
	show("dup2-bad", dup2(99, 5));
	show("dup3-same", dup3(fd, fd, 0));
	show("close", close(4));
	show("close-again", close(4));
	show("read-closed", read(4, buffer, 1));
	ro = open(path, O_RDONLY);
	show("lowest", ro);
	wo = open(path, O_WRONLY | O_APPEND);
	show("write-readonly", write(ro, "x", 1));
	show("read-writeonly", read(wo, buffer, 1));
	show("append", write(wo, "!", 1));
	show("append-position", lseek(wo, 0, SEEK_CUR));
	show("pwrite-append", pwrite(wo, "?", 1, 0));
	fstat(fd, &st);
	show("size", st.st_size);
	show("truncate-readonly", ftruncate(ro, 1));
	show("truncate-negative", ftruncate(fd, -1));
	show("read-fault", read(ro, (void *)16, 5));
	show("read-zero-fault", read(ro, (void *)16, 0));
	lseek(ro, 0, SEEK_SET);
	show("readv", readv(ro, iov, 2));
	show("readv-none", readv(ro, iov, 0));
	show("readv-many", readv(ro, iov, 1025));
	show("open-dir-write", open("/tmp", O_RDWR));
	show("open-through-file", open("/dev/null/x", O_RDONLY));
	show("open-nowhere", open("/nowhere/x", O_RDONLY));
	show("open-exclusive", open(path, O_RDWR | O_CREAT | O_EXCL, 0644));
	show("open-directory", open(path, O_RDONLY | O_DIRECTORY));
	show("open-empty", open("", O_RDONLY));

	ftruncate(fd, 2 * PAGE + 100);
	shared = map("map-shared", 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	own = map("map-private", 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0);
	map("map-shared-readonly", PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0);
	map("map-writeonly", PAGE, PROT_READ, MAP_PRIVATE, wo, 0);
	map("map-writeonly-shared", PAGE, PROT_WRITE, MAP_SHARED, wo, 0);
	p = map("map-shared-read", PAGE, PROT_READ, MAP_SHARED, ro, 0);
	show("protect-readonly", mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	poke("poke-read", p, 1);
	map("map-neither", PAGE, PROT_READ, 0, fd, 0);
	map("map-unaligned", PAGE, PROT_READ, MAP_SHARED, fd, 100);
	map("map-empty", 0, PROT_READ, MAP_SHARED, fd, 0);
	map("map-growsdown", PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0);
	map("map-bad-fd", PAGE, PROT_READ, MAP_PRIVATE, 99, 0);
	look("look-first", shared);
	look("look-tail", shared + 2 * PAGE + 200);
	look("look-beyond", shared + 3 * PAGE);
	poke("poke-beyond", own + 3 * PAGE, 1);
	poke("poke-shared", shared, 'J');
	look("private-sees", own);
	poke("poke-private", own, 'P');
	look("shared-keeps", shared);
	pread(fd, buffer, 1, 0);
	show("read-sees", buffer[0]);
	pwrite(fd, "W", 1, 0);
	look("map-sees-write", shared);
	look("private-keeps", own);
	poke("poke-tail", shared + 2 * PAGE + 200, 7);
	fstat(fd, &st);
	show("size-kept", st.st_size);
	show("msync", msync(shared, 4 * PAGE, MS_SYNC));
	show("msync-both", msync(shared, PAGE, MS_SYNC | MS_ASYNC));
	poke("poke-page-1", shared + PAGE, 'A');
	poke("poke-private-1", own + PAGE, 'B');
	show("shrink", ftruncate(fd, 100));
	look("shrunk-shared", shared + PAGE);
	look("shrunk-private", own + PAGE);
	look("shrunk-private-0", own);
	look("shrunk-tail", shared + 200);
	show("grow", ftruncate(fd, 2 * PAGE));
	look("grown-shared", shared + PAGE);
	look("grown-private", own + PAGE);
	look("grown-beyond", shared + 2 * PAGE);
	show("close-mapped", close(fd));
	poke("poke-closed", shared, 'Z');
	show("unmap", munmap(shared, 4 * PAGE));
	look("unmapped", shared);
	pread(ro, buffer, 1, 0);
	show("read-after-unmap", buffer[0]);

	zero = open("/dev/zero", O_RDWR);
	null = open("/dev/null", O_RDWR);
	show("zero-read", read(zero, buffer, 8));
	show("zero-byte", buffer[3]);
	show("zero-seek", lseek(zero, 5, SEEK_SET));
	show("null-read", read(null, buffer, 8));
	show("null-write", write(null, buffer, 8));
	map("map-null", PAGE, PROT_READ, MAP_PRIVATE, null, 0);
	p = map("map-zero", PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
	poke("poke-zero", p, 5);
	p = map("map-zero-shared", PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
	look("look-zero", p);
	show("truncate-device", ftruncate(null, 0));
	return 0;
}
