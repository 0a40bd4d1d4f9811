/*
 * Odd system calls, one a line: the number, six arguments, and what the kernel answered. An argument that begins with
 * @ is an offset in a page of zeros that can be written; UNMAPPED is an address where nothing is. Run as a static
 * 32-bit program; odd_calls.txt is its output. test/syscall/odd_calls.test.ts makes the same calls.
 *
 *   i686-linux-gnu-gcc -O1 -static -o odd_calls odd_calls.c && ./odd_calls > odd_calls.txt
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *page;
#define AT(n) (0x40000000L + (n))
#define UNMAPPED 0x7777000L

static long address(long arg) { return arg >= AT(0) && arg < AT(4096) ? (long)page + (arg - AT(0)) : arg; }

static void text(long arg)
{
	if (arg >= AT(0) && arg < AT(4096)) printf(" @%ld", arg - AT(0));
	else printf(" %ld", arg);
}

static void call(long nr, long a, long b, long c, long d, long e, long f)
{
	long arg[] = {a, b, c, d, e, f};
	memset(page, 0, 4096);
	long result = syscall(nr, address(a), address(b), address(c), address(d), address(e), address(f));
	if (result == -1) result = -errno;
	printf("%ld", nr);
	for (int i = 0; i < 6; i++) text(arg[i]);
	printf(" = %ld\n", result);
}

int main(void)
{
	page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long ops[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 14, 31, 128, 129, 131, 132, 133, 137, 138, 256, 257, 265, 385, -1};
	for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++) {
		call(240, AT(0), ops[i], 5, 0, AT(8), 1);      /* a word that is not 5 */
		call(240, AT(1), ops[i], 5, 0, AT(8), 1);      /* misaligned */
		call(240, UNMAPPED, ops[i], 5, 0, AT(8), 1);   /* unmapped */
		call(240, AT(0), ops[i], 5, 0, AT(8), 0);      /* no bits, or val3 0 */
		call(240, AT(0), ops[i], -1, -1, AT(8), 0);
		call(240, AT(0), ops[i], 1, 1, UNMAPPED, 0);
		call(240, AT(0), ops[i], 5, UNMAPPED, AT(8), 1);
	}
	call(240, AT(0), 5, 1, 1, AT(8), 0x50000000);
	call(240, AT(0), 5, 1, 1, AT(8), 0x09000000);
	long signos[] = {0, 9, 10, 19, 32, 64, 65, -1};
	for (unsigned i = 0; i < sizeof signos / sizeof *signos; i++) {
		call(174, signos[i], 0, AT(0), 8, 0, 0);
		call(174, signos[i], 0, AT(0), 4, 0, 0);
		call(174, signos[i], UNMAPPED, 0, 8, 0, 0);
		call(238, 0, signos[i], 0, 0, 0, 0);
		call(238, 99999999, signos[i], 0, 0, 0, 0);
		call(270, 0, 1, signos[i], 0, 0, 0);
		call(270, 99999999, 99999999, signos[i], 0, 0, 0);
		call(37, 99999999, signos[i], 0, 0, 0, 0);
	}
	for (long how = -1; how < 4; how++) {
		call(175, how, 0, AT(0), 8, 0, 0);
		call(175, how, AT(0), 0, 8, 0, 0);
		call(175, how, UNMAPPED, 0, 8, 0, 0);
		call(175, how, AT(0), UNMAPPED, 8, 0, 0);
		call(175, how, AT(0), 0, 16, 0, 0);
	}
	call(176, AT(0), 8, 0, 0, 0, 0);
	call(176, AT(0), 9, 0, 0, 0, 0);
	call(176, UNMAPPED, 8, 0, 0, 0, 0);
	call(177, AT(0), 0, AT(8), 8, 0, 0);
	call(177, AT(0), 0, AT(8), 4, 0, 0);
	call(177, UNMAPPED, 0, AT(8), 8, 0, 0);
	call(177, AT(0), 0, UNMAPPED, 8, 0, 0);
	call(179, UNMAPPED, 8, 0, 0, 0, 0);
	call(179, AT(0), 4, 0, 0, 0, 0);
	call(186, 0, AT(0), 0, 0, 0, 0);
	call(186, UNMAPPED, 0, 0, 0, 0, 0);
	call(186, 0, UNMAPPED, 0, 0, 0, 0);
	for (long options = 0; options < 10; options++) {
		call(114, -1, 0, options, 0, 0, 0);
		call(114, 99999, UNMAPPED, options, 0, 0, 0);
		call(284, 0, 0, 0, options, 0, 0);
		call(284, 1, 99999, 0, options, 0, 0);
		call(284, 1, 0, 0, options, 0, 0);
		call(284, 7, 1, 0, options, 0, 0);
	}
	call(114, -1, 0, 0x40000000, 0, 0, 0);
	call(114, -1, 0, 0x01000000, 0, 0, 0);
	for (long clock = -1; clock < 13; clock++) {
		call(265, clock, UNMAPPED, 0, 0, 0, 0);
		if (clock != 3 && clock != 8 && clock != 9 && clock != 10) {
			call(265, clock, AT(0), 0, 0, 0, 0);
			call(266, clock, 0, 0, 0, 0, 0);
			call(266, clock, UNMAPPED, 0, 0, 0, 0);
		}
	}
	call(267, 1, 1, AT(0), 0, 0, 0);
	call(267, 4, 1, AT(0), 0, 0, 0);
	call(267, 5, 0, AT(0), 0, 0, 0);
	call(267, 1, 0, UNMAPPED, 0, 0, 0);
	call(267, 77, 0, AT(0), 0, 0, 0);
	call(162, UNMAPPED, 0, 0, 0, 0, 0);
	call(120, 0x00010000, 0, 0, 0, 0, 0);
	call(120, 0x00000800, 0, 0, 0, 0, 0);
	call(120, 0x00020200, 0, 0, 0, 0, 0);
	call(435, AT(0), 0, 0, 0, 0, 0);
	call(435, AT(0), 63, 0, 0, 0, 0);
	call(435, AT(0), 4097, 0, 0, 0, 0);
	call(435, UNMAPPED, 88, 0, 0, 0, 0);
	call(311, AT(0), 11, 0, 0, 0, 0);
	call(311, AT(0), 24, 0, 0, 0, 0);
	call(312, 99999999, AT(0), AT(8), 0, 0, 0);
	call(312, 0, AT(0), UNMAPPED, 0, 0, 0);
	for (long policy = -1; policy < 8; policy++) {
		call(159, policy, 0, 0, 0, 0, 0);
		call(160, policy, 0, 0, 0, 0, 0);
	}
	call(156, 0, -1, AT(0), 0, 0, 0);
	call(156, 0, 4, AT(0), 0, 0, 0);
	call(156, 0, 1, AT(0), 0, 0, 0);
	call(156, 0, 0, 0, 0, 0, 0);
	call(156, 0, 0, UNMAPPED, 0, 0, 0);
	call(156, 99999999, 0, AT(0), 0, 0, 0);
	call(154, -1, AT(0), 0, 0, 0, 0);
	call(155, 99999999, AT(0), 0, 0, 0, 0);
	call(155, 0, 0, 0, 0, 0, 0);
	call(155, 0, UNMAPPED, 0, 0, 0, 0);
	call(157, -1, 0, 0, 0, 0, 0);
	call(157, 99999999, 0, 0, 0, 0, 0);
	call(242, 99999999, 128, AT(0), 0, 0, 0);
	call(242, 0, 0, AT(0), 0, 0, 0);
	call(242, 0, 3, AT(0), 0, 0, 0);
	call(241, 0, 4, AT(0), 0, 0, 0);
	call(241, 0, 4, UNMAPPED, 0, 0, 0);
	call(96, 3, 0, 0, 0, 0, 0);
	call(96, 0, 99999999, 0, 0, 0, 0);
	call(97, -1, 0, 0, 0, 0, 0);
	call(57, 99999999, 0, 0, 0, 0, 0);
	call(57, 0, -1, 0, 0, 0, 0);
	call(132, 99999999, 0, 0, 0, 0, 0);
	call(147, 99999999, 0, 0, 0, 0, 0);
	call(355, AT(0), 8, 8, 0, 0, 0);
	call(355, AT(0), 8, 6, 0, 0, 0);
	call(355, UNMAPPED, 8, 0, 0, 0, 0);
	call(172, 999, 0, 0, 0, 0, 0);
	call(172, 15, UNMAPPED, 0, 0, 0, 0);
	call(172, 16, UNMAPPED, 0, 0, 0, 0);
	call(172, 1, 65, 0, 0, 0, 0);
	call(375, 0, 1, 0, 0, 0, 0);
	call(375, 1024, 0, 0, 0, 0, 0);
	call(104, 3, 0, 0, 0, 0, 0);
	call(104, 0, UNMAPPED, 0, 0, 0, 0);
	call(105, 3, AT(0), 0, 0, 0, 0);
	call(105, 0, UNMAPPED, 0, 0, 0, 0);
	call(77, 5, AT(0), 0, 0, 0, 0);
	call(77, 0, UNMAPPED, 0, 0, 0, 0);
	call(43, UNMAPPED, 0, 0, 0, 0, 0);
	call(116, UNMAPPED, 0, 0, 0, 0, 0);
	call(78, UNMAPPED, 0, 0, 0, 0, 0);
	call(78, 0, UNMAPPED, 0, 0, 0, 0);
	call(243, UNMAPPED, 0, 0, 0, 0, 0);
	call(244, AT(0), 0, 0, 0, 0, 0);
	return 0;
}
