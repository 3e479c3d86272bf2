/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --openmetrics: ephemeral ports of each (source, destination, port). */
#include <errno.h>
#include <stdlib.h>

#include "view/metrics_sources.h"
#include "view/ports_report.h"

struct triples {
	const struct ports_sums *sums;
	uint32_t *list;
	size_t n, n_own; /* of the list; of these with series of their own */
	struct obuf labels;
};

static void put_labels(struct triples *triples, const struct ports_triple *triple)
{
	const struct ports_end *source = &triples->sums->ends[triple->source];
	const struct ports_end *dest = &triples->sums->ends[triple->dest];
	const struct endpoint from = ports_endpoint(source), to = ports_endpoint(dest);
	struct obuf *labels = &triples->labels;

	labels->len = 0;
	metrics_label_addr(labels, "source", source->family, &from);
	metrics_label_addr(labels, "destination", dest->family, &to);
	metrics_label_uint(labels, "port", dest->port);
	/* Sockets bound to a device are a triple of their own. */
	if (dest->ifindex)
		metrics_label_uint(labels, "interface_index", dest->ifindex);
}

static void put_other_labels(struct triples *triples)
{
	struct obuf *labels = &triples->labels;

	labels->len = 0;
	metrics_label_str(labels, "source", "other");
	metrics_label_str(labels, "destination", "other");
	metrics_label_str(labels, "port", "other");
}

static struct metrics_labels labels_of(const struct triples *triples)
{
	return (struct metrics_labels){ triples->labels.data, triples->labels.len };
}

enum triple_number {
	TRIPLE_USED,
	TRIPLE_FREE,
	TRIPLE_REUSABLE,
	TRIPLE_RECENT,
	TRIPLE_COUNT,
};

/* What was not read is left out, and so is what is made of it. */
static bool capacity_is_known(const struct ports_sums *sums)
{
	return !(sums->set.unread & (PORTS_NO_RANGE | PORTS_NO_RESERVED));
}

static uint64_t number_of(const struct triples *triples, size_t i, enum triple_number which)
{
	const struct ports_triple *triple = &triples->sums->triples[triples->list[i]];

	switch (which) {
	case TRIPLE_USED:
		return triple->used;
	case TRIPLE_FREE:
		return ports_free(triple->used, triples->sums->capacity);
	case TRIPLE_REUSABLE:
		return triple->reusable;
	case TRIPLE_RECENT:
		return triple->recent;
	case TRIPLE_COUNT:
		break;
	}
	return 0;
}

static void put_triples(struct metrics_text *text, struct triples *triples)
{
	static const struct metrics_family families[TRIPLE_COUNT] = {
		[TRIPLE_USED] = { "lssock_ephemeral_ports_used", NULL,
				  "Ephemeral ports in use from source to destination and port.",
				  false },
		[TRIPLE_FREE] = { "lssock_ephemeral_ports_free", NULL,
				  "Ephemeral ports that are left; other: the fewest of them.",
				  false },
		[TRIPLE_REUSABLE] = { "lssock_ephemeral_ports_reusable", NULL,
				      "Ports in TIME_WAIT that connect() may take again.", false },
		[TRIPLE_RECENT] = { "lssock_ephemeral_ports_recent", NULL,
				    "Connections that went to TIME_WAIT in the last 10 seconds.",
				    false },
	};

	for (int which = 0; which < TRIPLE_COUNT; which++) {
		uint64_t rest = which == TRIPLE_FREE ? UINT64_MAX : 0;

		if ((which == TRIPLE_FREE && !capacity_is_known(triples->sums)) ||
		    (which == TRIPLE_REUSABLE && !ports_reuse_is_known(&triples->sums->set)))
			continue;
		metrics_begin(text, &families[which]);
		for (size_t i = 0; i < triples->n; i++) {
			uint64_t value = number_of(triples, i, which);

			if (i < triples->n_own) {
				put_labels(triples, &triples->sums->triples[triples->list[i]]);
				metrics_sample(text, labels_of(triples), value);
			} else if (which != TRIPLE_FREE) {
				rest += value;
			} else if (value < rest) {
				rest = value;
			}
		}
		if (triples->n > triples->n_own) {
			put_other_labels(triples);
			metrics_sample(text, labels_of(triples), rest);
		}
	}
}

static void put_range(struct metrics_text *text, const struct ports_sums *sums)
{
	static const struct metrics_family range = { "lssock_ephemeral_ports_range", NULL,
						     "Ports of ip_local_port_range.", false };
	static const struct metrics_family reserved = {
		"lssock_ephemeral_ports_reserved", NULL,
		"Ports of the range in ip_local_reserved_ports.", false
	};
	static const struct metrics_family blocked = {
		"lssock_ephemeral_ports_blocked", NULL,
		"Ports of the range that a socket was bound to.", false
	};
	static const struct metrics_family capacity = {
		"lssock_ephemeral_ports_capacity", NULL,
		"Ports that each source, destination and port may use.", false
	};

	if (!capacity_is_known(sums))
		return;
	metrics_put(text, &range, sums->range);
	metrics_put(text, &reserved, sums->n_reserved);
	metrics_put(text, &blocked, sums->n_blocked);
	metrics_put(text, &capacity, sums->capacity);
}

/* The largest shares: of one triple, or all where there is no port for any. */
static void put_ratios(struct metrics_text *text, const struct triples *triples)
{
	static const struct metrics_family used = {
		"lssock_ephemeral_ports_max_used_ratio", "ratio",
		"Share of the ports in use where it is largest.", false
	};
	static const struct metrics_family taken = {
		"lssock_ephemeral_ports_max_taken_ratio", "ratio",
		"Share of the ports that connect() cannot get where it is largest.", false
	};
	const struct ports_sums *sums = triples->sums;
	uint32_t fullest = ports_sums_fullest(sums), n_used = 0, n_taken = 0;

	if (!capacity_is_known(sums))
		return;
	if (triples->n > 0)
		n_used = sums->triples[triples->list[0]].used;
	if (fullest != PORTS_NONE)
		n_taken = ports_taken(&sums->triples[fullest]);
	metrics_begin(text, &used);
	metrics_sample_fixed(text, (struct metrics_labels){ 0 },
			     ports_pct100(n_used, sums->capacity), 4);
	if (!ports_reuse_is_known(&sums->set))
		return;
	metrics_begin(text, &taken);
	metrics_sample_fixed(text, (struct metrics_labels){ 0 },
			     ports_pct100(n_taken, sums->capacity), 4);
}

int metrics_put_ports(struct metrics_text *text, const struct ports_sums *sums, size_t top)
{
	static const struct metrics_family count = {
		"lssock_ephemeral_triples", NULL,
		"Combinations of source, destination and port with connections.", false
	};
	struct triples triples = { .sums = sums };
	int err = ports_sums_top(sums, SIZE_MAX, &triples.list, &triples.n);

	if (err == 0)
		err = obuf_init(&triples.labels, -1);
	if (err == 0) {
		triples.n_own = triples.n < top ? triples.n : top;
		put_range(text, sums);
		metrics_put(text, &count, triples.n);
		put_ratios(text, &triples);
		put_triples(text, &triples);
		if (triples.labels.error)
			err = -ENOMEM;
		obuf_free(&triples.labels);
	}
	free(triples.list);
	return err;
}
