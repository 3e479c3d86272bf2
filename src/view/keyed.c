/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records found by a key of several bytes. */
#include "view/keyed.h"

#include <stdlib.h>
#include <string.h>

static char *row_at(const struct keyed *keyed, size_t i)
{
	return (char *)keyed->rows + i * keyed->size;
}

/* The record with that key among those of a hash, which begin at first (plus 1). */
static void *find_in_chain(const struct keyed *keyed, uint32_t first, const void *key)
{
	for (uint32_t i = first; i; i = keyed->next[i - 1])
		if (memcmp(row_at(keyed, i - 1), key, keyed->key_size) == 0)
			return row_at(keyed, i - 1);
	return NULL;
}

void *keyed_find(const struct keyed *keyed, const void *key)
{
	const uint32_t *first = hash64_find(&keyed->hash, hash_bytes(key, keyed->key_size));

	return first ? find_in_chain(keyed, *first, key) : NULL;
}

void *keyed_add(struct keyed *keyed, const void *key)
{
	uint32_t *first;
	void *row;

	if (keyed->n >= UINT32_MAX - 1 ||
	    array_grow(&keyed->rows, &keyed->cap, keyed->n + 1, keyed->size) < 0 ||
	    array_grow((void **)&keyed->next, &keyed->cap_next, keyed->n + 1,
		       sizeof(*keyed->next)) < 0)
		return NULL;
	first = hash64_add(&keyed->hash, hash_bytes(key, keyed->key_size), NULL);
	if (!first)
		return NULL;
	row = find_in_chain(keyed, *first, key);
	if (row)
		return row;
	row = row_at(keyed, keyed->n);
	memset(row, 0, keyed->size);
	memcpy(row, key, keyed->key_size);
	keyed->next[keyed->n++] = *first;
	*first = (uint32_t)keyed->n;
	return row;
}

void keyed_sort(struct keyed *keyed, int (*compare)(const void *a, const void *b))
{
	if (keyed->n > 1)
		qsort(keyed->rows, keyed->n, keyed->size, compare);
}

void keyed_clear(struct keyed *keyed)
{
	hash64_clear(&keyed->hash);
	keyed->n = 0;
}

void keyed_free(struct keyed *keyed)
{
	hash64_free(&keyed->hash);
	free(keyed->rows);
	free(keyed->next);
	*keyed = (struct keyed){ .key_size = keyed->key_size, .size = keyed->size };
}
