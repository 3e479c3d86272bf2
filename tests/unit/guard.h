/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that end exactly at an unmapped page: reading one byte too many crashes, without any
 * sanitizer. */
#ifndef LSSOCK_TESTS_GUARD_H
#define LSSOCK_TESTS_GUARD_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A copy of n bytes flush against an unmapped page. Never freed: a test's process is short. */
static inline void *guard_copy(const void *data, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = (n + page - 1) / page * page + page;
	unsigned char *map =
		mmap(NULL, body + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + body, page, PROT_NONE) < 0)
		abort();
	if (n)
		memcpy(map + body - n, data, n);
	return map + body - n;
}

#endif
