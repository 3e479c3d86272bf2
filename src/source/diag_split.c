/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of a dump side by side. The kernel walks its whole table for each part and leaves out what
 * is not asked for, which costs it a quarter of what a socket costs that it sends.
 *
 * A socket's ports do not change while it lives, so it belongs to one part; what comes and goes
 * during the walk is as in any other dump.
 */
#include "source/diag_split.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/processors.h"
#include "base/report.h"
#include "source/diag_inet.h"
#include "source/diag_request.h"

/* A part larger than this share of the sample, in percent, is not worth another thread. */
enum { SHARE_MAX = 70 };

enum { PORTS = 65536, KERNEL_SIDE_BY_SIDE = 6 << 8 | 9 };

/* What the parts have in common. */
struct split {
	const struct sock_sink *sink;
	pthread_mutex_t lock; /* of the sink */
	bool canceled, handed_on;
};

struct part {
	struct split *split;
	struct nl_session session;
	struct report report;
	struct query_cond range;
	struct sock_query query;
	int rc;
	bool started;
	pthread_t thread;
};

static int compare_ports(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
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

void diag_split_cut(uint16_t *local, uint16_t *remote, size_t n, size_t parts,
		    struct diag_cuts *cuts)
{
	struct diag_cuts by_remote = { .remote = true };
	size_t largest, other;

	*cuts = (struct diag_cuts){ .remote = false };
	qsort(local, n, sizeof(*local), compare_ports);
	qsort(remote, n, sizeof(*remote), compare_ports);
	largest = cut_sorted(local, n, parts, cuts);
	other = cut_sorted(remote, n, parts, &by_remote);
	if (other < largest) {
		*cuts = by_remote;
		largest = other;
	}
	if (n == 0 || largest * 100 > n * SHARE_MAX)
		cuts->n = 1;
}

struct sample {
	size_t n;
	uint16_t local[DIAG_SPLIT_SAMPLE], remote[DIAG_SPLIT_SAMPLE];
};

static enum nl_verdict sample_parse(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	struct sample *sample = ctx;
	struct sock row;
	bool attrs_bad;

	*cookie = 0;
	if (sample->n == DIAG_SPLIT_SAMPLE ||
	    diag_inet_parse(PROTO_TCP, payload, len, &row, NULL, 0, &attrs_bad) != NL_ROW)
		return NL_SKIP;
	sample->local[sample->n] = row.local.port;
	sample->remote[sample->n] = row.remote.port;
	return NL_ROW;
}

static void sample_keep(void *ctx)
{
	((struct sample *)ctx)->n++;
}

/* The dump is broken off when there is enough. */
static int sample_flush(void *ctx)
{
	return ((struct sample *)ctx)->n == DIAG_SPLIT_SAMPLE ? -ECANCELED : 0;
}

/* Looks at the first sockets of the table. A table that ends there is not worth cutting. */
static void find_cuts(const struct env *env, const struct sock_query *query, size_t parts,
		      struct diag_cuts *cuts)
{
	static const struct nl_dump_ops ops = {
		.parse = sample_parse,
		.keep = sample_keep,
		.flush = sample_flush,
	};
	struct sample *sample = calloc(1, sizeof(*sample));
	struct sock_query plain = *query;
	struct nl_session session = { .env = env };
	struct report silent;

	cuts->n = 1;
	if (!sample)
		return;
	report_init(&silent, -1);
	session.report = &silent;
	plain.needs = 0;
	/* Listeners come first, and their ports are not those of the others. */
	plain.states &= ~(1u << TCP_STATE_LISTEN | 1u << TCP_STATE_BOUND_INACTIVE);
	if (diag_request_dump(&session, "tcp", &plain, &ops, sample) == -ECANCELED)
		diag_split_cut(sample->local, sample->remote, sample->n, parts, cuts);
	nl_session_end(&session);
	report_free(&silent);
	free(sample);
}

static int take_in_turn(void *ctx, struct sock *rows, size_t n)
{
	struct split *split = ctx;
	int rc = -ECANCELED;

	pthread_mutex_lock(&split->lock);
	if (!split->canceled) {
		rc = split->sink->take(split->sink->ctx, rows, n);
		split->canceled = rc < 0;
		split->handed_on = true;
	}
	pthread_mutex_unlock(&split->lock);
	return rc;
}

static void *run_part(void *arg)
{
	struct part *part = arg;
	const struct sock_sink sink = { .take = take_in_turn, .ctx = part->split };

	part->rc = diag_inet_list(&part->session, &part->query, &sink);
	return NULL;
}

static void begin_part(struct part *part, struct split *split, const struct env *env,
		       const struct sock_query *query, const struct diag_cuts *cuts, size_t i)
{
	*part = (struct part){
		.split = split,
		.session = { .env = env, .report = &part->report },
		.range = {
			.kind = cuts->remote ? COND_REMOTE_PORT : COND_LOCAL_PORT,
			.low = (uint16_t)cuts->cuts[i],
			.high = (uint16_t)(cuts->cuts[i + 1] - 1),
		},
		.query = *query,
	};
	part->query.cond = &part->range;
	report_init(&part->report, -1);
}

/* What a part had to say, in the report of the run. */
static void tell_part(struct report *report, struct part *part)
{
	const struct report_message *message;
	size_t at = 0;

	while ((message = report_next_message(&part->report, &at)))
		if (message->text)
			report_add(report, message->level, "%s", message->text);
	report_free(&part->report);
}

/* Signals are for the main thread. */
static bool start_part(struct part *part)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&part->thread, NULL, run_part, part);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

/* One answer from those of the parts, which have ended. */
static int join_answers(struct nl_session *session, const struct split *split, struct part *parts,
			size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].rc < 0 && parts[i].rc != -ECANCELED && split->handed_on) {
			report_add(session->report, REPORT_PARTIAL,
				   "tcp: a part of the kernel's answer is missing (%s)",
				   strerror(-parts[i].rc));
			parts[i].rc = 1;
		}
		if (rc >= 0 && parts[i].rc != 0)
			rc = parts[i].rc;
	}
	return split->canceled ? -ECANCELED : rc;
}

static int list_parts(struct nl_session *session, const struct sock_query *query,
		      const struct sock_sink *sink, const struct diag_cuts *cuts)
{
	struct split split = { .sink = sink, .lock = PTHREAD_MUTEX_INITIALIZER };
	struct part *parts = calloc(cuts->n, sizeof(*parts));
	int rc;

	if (!parts)
		return diag_inet_list(session, query, sink);
	for (size_t i = 0; i < cuts->n; i++)
		begin_part(&parts[i], &split, session->env, query, cuts, i);
	for (size_t i = 1; i < cuts->n; i++)
		parts[i].started = start_part(&parts[i]);
	run_part(&parts[0]);
	for (size_t i = 1; i < cuts->n; i++) {
		if (parts[i].started)
			pthread_join(parts[i].thread, NULL);
		else /* there was no thread for it */
			run_part(&parts[i]);
	}
	rc = join_answers(session, &split, parts, cuts->n);
	for (size_t i = 0; i < cuts->n; i++) {
		tell_part(session->report, &parts[i]);
		nl_session_end(&parts[i].session);
	}
	free(parts);
	pthread_mutex_destroy(&split.lock);
	return rc;
}

/*
 * Whether more than one walk may pay. Each part walks over the whole table, so a condition that
 * leaves few rows makes it dearer, and so do the small sockets of TIME_WAIT, which cost hardly more
 * to send than to pass over.
 */
static bool may_pay(const struct env *env, const struct sock_query *query)
{
	return env->cpus > 1 && env->kernel >= KERNEL_SIDE_BY_SIDE && !query->cond &&
	       query->expected >= DIAG_SPLIT_MIN_ROWS &&
	       query->states & ~(1u << TCP_STATE_TIME_WAIT);
}

int diag_split_list(struct nl_session *session, const struct sock_query *query,
		    const struct sock_sink *sink)
{
	const struct env *env = session->env;
	size_t parts = may_pay(env, query) ? processors_free(env) : 1;
	struct diag_cuts cuts = { .n = 1 };

	if (parts > 1)
		find_cuts(env, query, parts < DIAG_SPLIT_MAX ? parts : DIAG_SPLIT_MAX, &cuts);
	if (cuts.n < 2)
		return diag_inet_list(session, query, sink);
	return list_parts(session, query, sink, &cuts);
}
