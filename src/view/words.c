/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts kept once. */
#include "view/words.h"

#include <stdlib.h>
#include <string.h>

static uint32_t find(const struct words *words, uint32_t first, const void *text, size_t n)
{
	for (uint32_t i = first; i; i = words->list[i - 1].next)
		if (words->list[i - 1].len == n && memcmp(words->list[i - 1].text, text, n) == 0)
			return i;
	return 0;
}

uint32_t words_add(struct words *words, const void *text, size_t n)
{
	const void *bytes = n ? text : "";
	void *list = words->list;
	uint32_t *first, found;
	char *copy;
	int err;

	if (n >= UINT32_MAX || words->n >= UINT32_MAX - 1)
		return 0;
	first = hash64_add(&words->hash, hash_bytes(bytes, n), NULL);
	if (!first)
		return 0;
	found = find(words, *first, bytes, n);
	if (found)
		return found;
	err = array_grow(&list, &words->cap, words->n + 1, sizeof(*words->list));
	words->list = list;
	copy = err < 0 ? NULL : arena_alloc(&words->arena, n + 1);
	if (!copy)
		return 0;
	memcpy(copy, bytes, n);
	copy[n] = '\0';
	words->list[words->n++] = (struct word){ copy, (uint32_t)n, *first };
	*first = (uint32_t)words->n;
	return *first;
}

const struct word *words_get(const struct words *words, uint32_t number)
{
	return &words->list[number - 1];
}

void words_free(struct words *words)
{
	free(words->list);
	hash64_free(&words->hash);
	arena_free(&words->arena);
	*words = (struct words){ 0 };
}
