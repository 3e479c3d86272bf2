/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --openmetrics: accept queues. Listeners whose labels are the same (SO_REUSEPORT, a path that was
 * bound again) are one series: lengths are added up, and the fill is that of the fullest, for the
 * kernel never moves a connection to another queue. What was dropped is told where one listener has
 * the series, not of the others: a sum over listeners that come and go is no counter.
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
	uint64_t max_fill; /* of the fullest of them, in thousandths */
	uint32_t place;    /* whose syn_recv was added last */
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
		/* What is bound to a device has connections of its own. */
		if (sock->local.ifindex)
			metrics_label_uint(labels, "interface_index", sock->local.ifindex);
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
		.place = listener->place,
		.has_drops = listener->has_drops,
		.has_syn_recv = counts,
	};
	queue->has_capacity = listener_capacity(listener, &queue->capacity);
	if (queue->has_capacity)
		queue->max_fill = queue->used * 1000 / queue->capacity;
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

/* Those of one place together, too. */
static int by_labels(const void *a, const void *b)
{
	const struct queue *x = a, *y = b;
	int order = compare_labels(x, y);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_fill(const void *a, const void *b)
{
	const struct queue *x = a, *y = b;

	if (x->max_fill != y->max_fill)
		return x->max_fill > y->max_fill ? -1 : 1;
	if (x->drops != y->drops)
		return x->drops > y->drops ? -1 : 1;
	return compare_labels(x, y);
}

/* Adds a listener with the same labels. SYN_RECV is of the place, and may have been added. */
static void join_queue(struct queue *into, const struct queue *row)
{
	into->used += row->used;
	into->capacity += row->capacity;
	into->has_capacity |= row->has_capacity;
	if (row->max_fill > into->max_fill)
		into->max_fill = row->max_fill;
	if (row->place != into->place)
		into->syn_recv += row->syn_recv;
	into->place = row->place;
	into->has_syn_recv |= row->has_syn_recv;
	into->drops = 0;
	into->has_drops = false;
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
		join_queue(last, row);
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

static const char other_text[] = "protocol=\"other\",address=\"other\",port=\"other\"";
static const struct metrics_labels other_labels = { other_text, sizeof(other_text) - 1 };

/* A gauge of each of the first top ones, and the sum of the others. */
static void put_gauge(struct metrics_text *text, const struct queues *queues, size_t top,
		      const struct metrics_family *family, uint64_t (*get)(const struct queue *))
{
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
		metrics_sample(text, other_labels, rest);
}

/* How full the fullest queue of each of the first top ones is, of the others, and of all. */
static void put_fill(struct metrics_text *text, const struct queues *queues, size_t top)
{
	static const struct metrics_family fill = {
		"lssock_listener_queue_fill_ratio", "ratio",
		"How full the accept queue is; the fullest where several listeners share the labels.",
		false
	};
	static const struct metrics_family fullest = {
		"lssock_listener_queue_max_fill_ratio", "ratio",
		"How full the fullest accept queue is, of all listeners.", false
	};
	size_t n = 0;

	metrics_begin(text, &fill);
	/* The fullest comes first, and those of no known capacity are not full. */
	for (; n < queues->n && n < top; n++)
		if (queues->rows[n].has_capacity)
			metrics_sample_fixed(text, queues->rows[n].labels, queues->rows[n].max_fill,
					     3);
	if (n < queues->n && queues->rows[n].has_capacity)
		metrics_sample_fixed(text, other_labels, queues->rows[n].max_fill, 3);
	metrics_begin(text, &fullest);
	if (queues->n == 0 || queues->rows[0].has_capacity)
		metrics_sample_fixed(text, (struct metrics_labels){ 0 },
				     queues->n > 0 ? queues->rows[0].max_fill : 0, 3);
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
		"What the kernel dropped at the listener since it listens, where it is alone.", true
	};
	static const struct metrics_family syn_recv = {
		"lssock_listener_syn_recv", NULL,
		"Connections in SYN_RECV at the listener's address and port.", false
	};

	put_gauge(text, queues, top, &waiting, get_used);
	put_gauge(text, queues, top, &capacity, get_capacity);
	put_fill(text, queues, top);
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
