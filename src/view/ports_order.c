/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ephemeral ports: which triples and sources come first, and sets of ports as text. */
#include "view/ports_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare_ends(const struct ports_end *a, const struct ports_end *b)
{
	int order = compare_numbers(a->family, b->family);

	if (order == 0)
		order = memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));
	if (order == 0)
		order = compare_numbers(a->port, b->port);
	return order ? order : compare_numbers(a->ifindex, b->ifindex);
}

/* Negative: a comes before b. */
static int compare_triples(const struct ports_sums *sums, uint32_t a, uint32_t b)
{
	const struct ports_triple *x = &sums->triples[a], *y = &sums->triples[b];
	int order = compare_numbers(y->used, x->used);

	if (order == 0)
		order = compare_ends(&sums->ends[x->source], &sums->ends[y->source]);
	return order ? order : compare_ends(&sums->ends[x->dest], &sums->ends[y->dest]);
}

/* The heap has the last one of its triples at the root: moves down what was put into place at. */
static void sift_down(const struct ports_sums *sums, uint32_t *heap, size_t n, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		uint32_t swap = heap[at];

		if (child + 1 < n && compare_triples(sums, heap[child], heap[child + 1]) < 0)
			child++;
		if (child >= n || compare_triples(sums, heap[at], heap[child]) >= 0)
			return;
		heap[at] = heap[child];
		heap[child] = swap;
		at = child;
	}
}

/* Sorts a heap, the first one first. */
static void sort_heap(const struct ports_sums *sums, uint32_t *heap, size_t n)
{
	while (n > 1) {
		uint32_t last = heap[0];

		heap[0] = heap[--n];
		heap[n] = last;
		sift_down(sums, heap, n, 0);
	}
}

int ports_sums_top(const struct ports_sums *sums, size_t max, uint32_t **list, size_t *n)
{
	size_t room = max < sums->n_wanted ? max : sums->n_wanted, kept = 0;
	uint32_t *heap = malloc((room + 1) * sizeof(*heap));

	*list = heap;
	*n = 0;
	if (!heap)
		return -ENOMEM;
	for (uint32_t i = 0; i < sums->n_triples && room > 0; i++) {
		if (!sums->triples[i].wanted)
			continue;
		if (kept < room) {
			heap[kept++] = i;
			for (size_t at = kept / 2; kept == room && at-- > 0;)
				sift_down(sums, heap, kept, at);
		} else if (compare_triples(sums, i, heap[0]) < 0) {
			heap[0] = i;
			sift_down(sums, heap, kept, 0);
		}
	}
	sort_heap(sums, heap, kept);
	*n = kept;
	return 0;
}

uint32_t ports_sums_fullest(const struct ports_sums *sums)
{
	uint32_t best = PORTS_NONE;

	for (uint32_t i = 0; i < sums->n_triples; i++) {
		uint32_t taken = ports_taken(&sums->triples[i]), most;

		if (!sums->triples[i].wanted)
			continue;
		most = best == PORTS_NONE ? 0 : ports_taken(&sums->triples[best]);
		if (best == PORTS_NONE || taken > most ||
		    (taken == most && compare_triples(sums, i, best) < 0))
			best = i;
	}
	return best;
}

static int compare_sources(const void *a, const void *b, void *ctx)
{
	const struct ports_source *x = a, *y = b;
	const struct ports_sums *sums = ctx;
	int order = compare_numbers(y->wanted, x->wanted);

	if (order == 0)
		order = compare_numbers(y->used, x->used);
	return order ? order : compare_ends(&sums->ends[x->end], &sums->ends[y->end]);
}

void ports_sums_sort_sources(struct ports_sums *sums)
{
	if (sums->n_sources > 1)
		qsort_r(sums->sources, sums->n_sources, sizeof(*sums->sources), compare_sources,
			sums);
}

bool ports_format_set(const struct port_set *set, char *dst, size_t size)
{
	size_t n = 0;

	for (uint32_t port = 0; port < PORTS_COUNT; port++) {
		uint32_t last = port;

		if (!port_set_has(set, (uint16_t)port))
			continue;
		while (last + 1 < PORTS_COUNT && port_set_has(set, (uint16_t)(last + 1)))
			last++;
		if (size - n < sizeof(",65535-65535"))
			return false;
		if (n > 0)
			dst[n++] = ',';
		n += num_format_u64(dst + n, port);
		if (last > port) {
			dst[n++] = '-';
			n += num_format_u64(dst + n, last);
		}
		port = last;
	}
	if (n == size)
		return false;
	dst[n] = '\0';
	return true;
}
