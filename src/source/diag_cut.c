/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts by the larger port of each socket, by the local or by the remote one: whichever parts them
 * best. */
#include "source/diag_cut.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A part larger than this share of the sample, in percent, is not worth another thread. */
enum { SHARE_MAX = 70 };

/* Percent by which the largest part may be above the others before another way is tried. */
enum { UNEVEN_MAX = 8 };

/* So few sockets are no sample. */
enum { FEW = 64 };

enum { PORTS = 65536 };

static int compare_ports(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Clients may stand side by side. */
static bool is_client(const struct diag_sample *sample, size_t i)
{
	return sample->local[i] > sample->remote[i];
}

/* Whether it is one whose port the kernel chose. */
static bool is_chosen(const struct diag_sample *sample, size_t i)
{
	return is_client(sample, i) && sample->low && sample->local[i] >= sample->low &&
	       sample->local[i] <= sample->high;
}

/* Port i of n that are spread over those that the kernel chooses from. */
static uint16_t spread(const struct diag_sample *sample, size_t i, size_t n)
{
	return (uint16_t)(sample->low + (sample->high - sample->low) * (2 * i + 1) / (2 * n));
}

/* Cuts a sorted list; returns the sockets of the largest part, n where it cannot be cut. */
static size_t cut_sorted(const uint16_t *ports, size_t n, size_t parts, struct diag_cuts *cuts)
{
	size_t largest = 0, from = 0;

	cuts->n = 0;
	cuts->cuts[0] = 0;
	for (size_t i = 1; i <= parts; i++) {
		size_t at = i == parts ? n : n * i / parts;

		/* All sockets of one port are in one part. */
		while (at > from && at < n && ports[at] == ports[at - 1])
			at++;
		if (at <= from)
			continue;
		cuts->cuts[++cuts->n] = at == n ? PORTS : ports[at];
		if (at - from > largest)
			largest = at - from;
		from = at;
		if (at == n)
			break;
	}
	return cuts->n > 1 ? largest : n;
}

/* The larger port of each socket, but for clients with ports of their own choice, unless there are
 * hardly others. How many. */
static size_t fill_larger(const struct diag_sample *sample, uint16_t *ports)
{
	size_t n_chosen = 0, n_own = 0, n_spread = 0, n = 0;
	bool own_too;

	for (size_t i = 0; i < sample->n; i++) {
		n_chosen += is_chosen(sample, i);
		n_own += is_client(sample, i) && !is_chosen(sample, i);
	}
	own_too = n_own + FEW > sample->n;
	for (size_t i = 0; i < sample->n; i++) {
		if (is_chosen(sample, i))
			ports[n++] = spread(sample, n_spread++, n_chosen);
		else if (!is_client(sample, i))
			ports[n++] = sample->remote[i];
		else if (own_too)
			ports[n++] = sample->local[i];
	}
	return n;
}

/* Cuts by one port of the sockets; the share of the largest part, in percent. */
static size_t cut_by(const struct diag_sample *sample, enum diag_cut_by by, size_t parts,
		     struct diag_cuts *cuts)
{
	uint16_t ports[DIAG_CUT_SAMPLE];
	size_t n = sample->n;

	*cuts = (struct diag_cuts){ .by = by, .n = 1 };
	if (by == DIAG_CUT_LARGER)
		n = fill_larger(sample, ports);
	else
		memcpy(ports, by == DIAG_CUT_LOCAL ? sample->local : sample->remote,
		       sizeof(sample->local));
	if (n == 0)
		return 100;
	qsort(ports, n, sizeof(*ports), compare_ports);
	return cut_sorted(ports, n, parts, cuts) * 100 / n;
}

void diag_cut_find(const struct diag_sample *sample, size_t parts, struct diag_cuts *cuts)
{
	size_t largest = cut_by(sample, DIAG_CUT_LARGER, parts, cuts);

	/* The first way is the one that is seldom wrong. */
	for (int by = DIAG_CUT_LOCAL; by <= DIAG_CUT_REMOTE; by++) {
		struct diag_cuts other;
		size_t largest_other;

		if (largest <= 100 / parts + UNEVEN_MAX)
			break;
		largest_other = cut_by(sample, (enum diag_cut_by)by, parts, &other);
		if (largest_other < largest) {
			*cuts = other;
			largest = largest_other;
		}
	}
	if (largest > SHARE_MAX)
		cuts->n = 1;
}
