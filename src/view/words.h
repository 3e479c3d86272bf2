/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts kept once and known by a number: for records that are many and have few of them. */
#ifndef LSSOCK_VIEW_WORDS_H
#define LSSOCK_VIEW_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct word {
	const char *text; /* len bytes, and a NUL behind them */
	uint32_t len;
	uint32_t next; /* of those whose hash is the same; 0: none */
};

/* A zeroed struct has no words. */
struct words {
	struct word *list; /* number i is list[i - 1] */
	size_t n, cap;
	struct hash64 hash;
	struct arena arena;
};

/* The number of n bytes, above 0; the same for the same bytes. 0 without memory. */
uint32_t words_add(struct words *words, const void *text, size_t n);
/* The text of a number that words_add() gave. */
const struct word *words_get(const struct words *words, uint32_t number);
void words_free(struct words *words);

#endif
