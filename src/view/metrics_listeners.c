/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --openmetrics: accept queues. Listeners whose labels are the same (SO_REUSEPORT, devices, a path
 * that was bound again) are one series. What was dropped has no series for the others: a sum over
 * listeners that come and go is no counter.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "model/field.h"
#include "output/field_text.h"
#include "view/metrics_sources.h"

/* The listeners of one set of labels. */
struct queue {
	size_t at; /* of its labels in the text of all, until that is complete */
	struct metrics_labels labels;
	uint64_t used, capacity, drops, syn_recv;
	bool has_drops, has_capacity, has_syn_recv;
};

struct queues {
	struct queue *rows;
	size_t n, cap;
	struct obuf labels;
};

static void put_labels(struct obuf *labels, const struct sock *sock)
{
	const struct field *path = field_find("path", 4);
	struct obuf name;

	metrics_label_str(labels, "protocol", proto_row(sock->proto)->name);
	if (sock->family != AF_UNIX) {
		metrics_label_addr(labels, "address", sock->family, &sock->local);
		metrics_label_uint(labels, "port", sock->local.port);
		return;
	}
	if (obuf_init(&name, -1) < 0) {
		labels->error = ENOMEM;
		return;
	}
	field_text_put_data(&name, path, sock);
	metrics_label(labels, "path", name.data, name.len);
	obuf_free(&name);
}

static int add_queue(struct queues *queues, const struct listeners_sums *sums,
		     const struct listener *listener)
{
	const struct listeners_counts *counts = listener_counts(sums, listener);
	struct obuf set;
	struct queue *queue;

	if (array_grow((void **)&queues->rows, &queues->cap, queues->n + 1, sizeof(*queues->rows)) <
		    0 ||
	    obuf_init(&set, -1) < 0)
		return -ENOMEM;
	put_labels(&set, &listener->sock);
	queue = &queues->rows[queues->n++];
	*queue = (struct queue){
		.at = queues->labels.len,
		.labels.len = set.len,
		.used = listener->sock.recv_q,
		.drops = listener->drops,
		.syn_recv = counts ? counts->syn_recv : 0,
		.has_drops = listener->has_drops,
		.has_syn_recv = counts,
	};
	queue->has_capacity = listener_capacity(listener, &queue->capacity);
	obuf_put(&queues->labels, set.data, set.len);
	if (set.error)
		queues->labels.error = set.error;
	obuf_free(&set);
	return queues->labels.error ? -ENOMEM : 0;
}

static int compare_labels(const struct queue *x, const struct queue *y)
{
	const struct metrics_labels *a = &x->labels, *b = &y->labels;
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int by_labels(const void *a, const void *b)
{
	return compare_labels(a, b);
}

static uint64_t fill_of(const struct queue *queue)
{
	return queue->has_capacity ? queue->used * 1000 / queue->capacity : 0;
}

static int by_fill(const void *a, const void *b)
{
	const struct queue *x = a, *y = b;

	if (fill_of(x) != fill_of(y))
		return fill_of(x) > fill_of(y) ? -1 : 1;
	if (x->drops != y->drops)
		return x->drops > y->drops ? -1 : 1;
	return compare_labels(x, y);
}

/* Joins those with the same labels, and puts the fullest first. */
static void join_queues(struct queues *queues)
{
	size_t n = 0;

	for (size_t i = 0; i < queues->n; i++)
		queues->rows[i].labels.text = queues->labels.data + queues->rows[i].at;
	if (queues->n > 0)
		qsort(queues->rows, queues->n, sizeof(*queues->rows), by_labels);
	for (size_t i = 0; i < queues->n; i++) {
		const struct queue *row = &queues->rows[i];
		struct queue *last = n > 0 ? &queues->rows[n - 1] : NULL;

		if (!last || compare_labels(last, row) != 0) {
			queues->rows[n++] = *row;
			continue;
		}
		last->used += row->used;
		last->capacity += row->capacity;
		last->drops += row->drops;
	}
	queues->n = n;
	if (n > 0)
		qsort(queues->rows, n, sizeof(*queues->rows), by_fill);
}

static uint64_t get_used(const struct queue *queue)
{
	return queue->used;
}

static uint64_t get_capacity(const struct queue *queue)
{
	return queue->capacity;
}

/* A gauge of each of the first top ones, and the sum of the others. */
static void put_gauge(struct metrics_text *text, const struct queues *queues, size_t top,
		      const struct metrics_family *family, uint64_t (*get)(const struct queue *))
{
	static const char others[] = "protocol=\"other\",address=\"other\",port=\"other\"";
	const struct metrics_labels other = { others, sizeof(others) - 1 };
	uint64_t rest = 0;

	metrics_begin(text, family);
	for (size_t i = 0; i < queues->n; i++) {
		const struct queue *row = &queues->rows[i];

		if (get == get_capacity && !row->has_capacity)
			continue;
		if (i < top)
			metrics_sample(text, row->labels, get(row));
		else
			rest += get(row);
	}
	if (queues->n > top)
		metrics_sample(text, other, rest);
}

static void put_queues(struct metrics_text *text, const struct queues *queues, size_t top)
{
	static const struct metrics_family waiting = { "lssock_listener_queue", NULL,
						       "Connections that wait for accept().",
						       false };
	static const struct metrics_family capacity = {
		"lssock_listener_queue_capacity", NULL,
		"Connections that the accept queue takes (backlog + 1).", false
	};
	static const struct metrics_family drops = {
		"lssock_listener_drops", NULL,
		"What the kernel dropped at the listener since it listens.", true
	};
	static const struct metrics_family syn_recv = {
		"lssock_listener_syn_recv", NULL,
		"Connections in SYN_RECV at the listener's address and port.", false
	};
	static const struct metrics_family fullest = {
		"lssock_listener_queue_max_fill_ratio", "ratio",
		"How full the fullest accept queue is, of all listeners.", false
	};

	put_gauge(text, queues, top, &waiting, get_used);
	put_gauge(text, queues, top, &capacity, get_capacity);
	metrics_begin(text, &fullest);
	if (queues->n == 0 || queues->rows[0].has_capacity)
		metrics_sample_fixed(text, (struct metrics_labels){ 0 },
				     queues->n > 0 ? fill_of(&queues->rows[0]) : 0, 3);
	for (int round = 0; round < 2; round++) {
		metrics_begin(text, round == 0 ? &drops : &syn_recv);
		for (size_t i = 0; i < queues->n && i < top; i++) {
			const struct queue *row = &queues->rows[i];

			if (round == 0 ? row->has_drops : row->has_syn_recv)
				metrics_sample(text, row->labels,
					       round == 0 ? row->drops : row->syn_recv);
		}
	}
}

static void put_counters(struct metrics_text *text, const struct listeners_kernel *kernel)
{
	static const struct metrics_family families[LISTENERS_N_COUNTERS] = {
		[LISTENERS_PASSIVE_OPENS] = { "lssock_tcp_passive_opens", NULL,
					      "Connections that came through listeners.", true },
		[LISTENERS_OVERFLOWS] = { "lssock_tcp_listen_overflows", NULL,
					  "Times an accept queue was full.", true },
		[LISTENERS_DROPS] = { "lssock_tcp_listen_drops", NULL,
				      "SYNs and connections dropped at listeners.", true },
		[LISTENERS_SYN_DROPS] = { "lssock_tcp_syn_queue_drops", NULL,
					  "SYNs dropped for want of room in SYN_RECV.", true },
		[LISTENERS_SYN_COOKIES] = { "lssock_tcp_syn_queue_cookies", NULL,
					    "SYNs answered with a cookie for want of room.", true },
		[LISTENERS_COOKIES_SENT] = { "lssock_tcp_syncookies_sent", NULL, "Cookies sent.",
					     true },
		[LISTENERS_COOKIES_RECEIVED] = { "lssock_tcp_syncookies_received", NULL,
						 "Cookies that came back.", true },
		[LISTENERS_COOKIES_FAILED] = { "lssock_tcp_syncookies_failed", NULL,
					       "ACKs whose cookie was wrong.", true },
		[LISTENERS_FAST_OPEN_OVERFLOWS] = { "lssock_tcp_fast_open_overflows", NULL,
						    "Fast Open requests above a limit.", true },
		[LISTENERS_DEFER_DROPS] = { "lssock_tcp_defer_accept_drops", NULL,
					    "Bare ACKs passed over by TCP_DEFER_ACCEPT.", true },
	};

	for (size_t i = 0; i < LISTENERS_N_COUNTERS; i++)
		if (kernel->counters[i].known)
			metrics_put(text, &families[i], kernel->counters[i].value);
}

static void put_close_wait(struct metrics_text *text, const struct listeners_sums *sums)
{
	static const struct metrics_family unaccepted = {
		"lssock_tcp_close_wait_unaccepted", NULL,
		"Connections that the peer closed while they waited for accept().", false
	};
	static const struct metrics_family unread = {
		"lssock_tcp_close_wait_unread", NULL,
		"Connections closed by the peer that no program has read to their end.", false
	};
	static const struct metrics_family without_listener = {
		"lssock_tcp_close_wait_without_listener", NULL,
		"Connections in CLOSE_WAIT at a port where nobody listens.", false
	};

	metrics_put(text, &unaccepted, sums->counts.unaccepted);
	metrics_put(text, &unread, sums->counts.unread);
	metrics_put(text, &without_listener, sums->stray.close_wait);
}

int metrics_put_listeners(struct metrics_text *text, const struct listeners_sums *sums,
			  const struct listeners_kernel *kernel, size_t top)
{
	static const struct metrics_family count = { "lssock_listeners", NULL,
						     "Listeners of TCP, SCTP and UNIX.", false };
	struct queues queues = { 0 };
	int err = obuf_init(&queues.labels, -1);

	for (size_t i = 0; err == 0 && i < sums->n_listeners; i++)
		err = add_queue(&queues, sums, &sums->listeners[i]);
	if (err == 0) {
		join_queues(&queues);
		metrics_put(text, &count, sums->n_listeners);
		put_queues(text, &queues, top);
		put_close_wait(text, sums);
		put_counters(text, kernel);
	}
	free(queues.rows);
	obuf_free(&queues.labels);
	return err;
}
