/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --sort: an index is sorted, then the rows are moved once. */
#include "sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct order {
	const struct sock *rows;
	const struct plan_key *keys;
	size_t n_keys;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_bytes(const void *a, size_t n_a, const void *b, size_t n_b)
{
	size_t n = n_a < n_b ? n_a : n_b;
	int order = n ? memcmp(a, b, n) : 0;

	return order ? order : compare_numbers(n_a, n_b);
}

static int compare_values(const struct value *a, const struct value *b)
{
	switch (a->type) {
	case FIELD_WORD:
		return strcmp(a->word, b->word);
	case FIELD_TEXT:
		return compare_bytes(a->text.data, a->text.len, b->text.data, b->text.len);
	case FIELD_UINT:
		return compare_numbers(a->number, b->number);
	case FIELD_BOOL:
		return (int)a->flag - (int)b->flag;
	case FIELD_ADDR:
		if (a->addr.family != b->addr.family)
			return a->addr.family < b->addr.family ? -1 : 1;
		return memcmp(&a->addr.end->addr, &b->addr.end->addr, sizeof(union inet_addr));
	case FIELD_OWNERS:
		break;
	}
	return 0;
}

static int compare_key(const struct plan_key *key, const struct sock *a, const struct sock *b)
{
	struct value value_a, value_b;
	bool has_a = field_get(key->field, a, 0, &value_a);
	bool has_b = field_get(key->field, b, 0, &value_b);
	int order;

	if (!has_a || !has_b)
		return (int)has_b - (int)has_a;
	order = compare_values(&value_a, &value_b);
	return key->descending ? -order : order;
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct order *order = ctx;
	size_t at_a = *(const size_t *)a, at_b = *(const size_t *)b;

	for (size_t i = 0; i < order->n_keys; i++) {
		int result = compare_key(&order->keys[i], &order->rows[at_a], &order->rows[at_b]);

		if (result)
			return result;
	}
	return compare_numbers(at_a, at_b);
}

int sort_rows(struct sock *rows, size_t n, const struct plan_key *keys, size_t n_keys)
{
	struct order order = { rows, keys, n_keys };
	size_t *index;
	struct sock *copy;
	int err = -ENOMEM;

	if (n < 2)
		return 0;
	index = calloc(n, sizeof(*index));
	copy = calloc(n, sizeof(*copy));
	if (!index || !copy)
		goto out;
	for (size_t i = 0; i < n; i++)
		index[i] = i;
	qsort_r(index, n, sizeof(*index), compare_rows, &order);
	for (size_t i = 0; i < n; i++)
		copy[i] = rows[index[i]];
	memcpy(rows, copy, n * sizeof(*rows));
	err = 0;
out:
	free(index);
	free(copy);
	return err;
}
