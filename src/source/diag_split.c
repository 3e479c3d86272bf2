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
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/processors.h"
#include "base/report.h"
#include "base/thread.h"
#include "source/diag_cut.h"
#include "source/diag_inet.h"
#include "source/diag_request.h"

enum { KERNEL_SIDE_BY_SIDE = 6 << 8 | 9 };

/* What the parts have in common. */
struct split {
	const struct sock_sink *sink;
	pthread_mutex_t lock; /* of the sink, where it has no branches */
	bool canceled;
};

enum { PART_CONDS = 7 };

struct part {
	struct split *split;
	struct sock_sink branch; /* of the sink, where it has some */
	bool canceled, handed_on;
	struct nl_session session;
	struct report report;
	struct nl_damage damage;
	enum diag_cut_by by;
	uint16_t low, high; /* the ports of this part */
	struct query_cond conds[PART_CONDS];
	struct sock_query query;
	int rc;
	bool started;
	pthread_t thread;
};

static enum nl_verdict sample_parse(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	struct diag_sample *sample = ctx;
	struct sock row;
	bool attrs_bad;

	*cookie = 0;
	if (sample->n == DIAG_CUT_SAMPLE ||
	    diag_inet_parse(PROTO_TCP, payload, len, &row, NULL, 0, &attrs_bad) != NL_ROW)
		return NL_SKIP;
	sample->local[sample->n] = row.local.port;
	sample->remote[sample->n] = row.remote.port;
	return NL_ROW;
}

static void sample_keep(void *ctx)
{
	((struct diag_sample *)ctx)->n++;
}

/* The dump is broken off when there is enough. */
static int sample_flush(void *ctx)
{
	return ((struct diag_sample *)ctx)->n == DIAG_CUT_SAMPLE ? -ECANCELED : 0;
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
	struct diag_sample *sample = calloc(1, sizeof(*sample));
	struct sock_query plain = *query;
	struct nl_session session = { .env = env };
	struct report silent;

	cuts->n = 1;
	if (!sample)
		return;
	report_init(&silent, -1);
	session.report = &silent;
	sample->low = query->chosen_low;
	sample->high = query->chosen_high;
	plain.needs = 0;
	/* Listeners come first, and their ports are not those of the others. */
	plain.states &= ~(1u << TCP_STATE_LISTEN | 1u << TCP_STATE_BOUND_INACTIVE);
	if (diag_request_dump(&session, "tcp", &plain, &ops, sample) == -ECANCELED)
		diag_cut_find(sample, parts, cuts);
	nl_session_end(&session);
	report_free(&silent);
	free(sample);
}

static int take_in_turn(struct split *split, struct sock *rows, size_t n)
{
	int rc = -ECANCELED;

	pthread_mutex_lock(&split->lock);
	if (!split->canceled) {
		rc = split->sink->take(split->sink->ctx, rows, n);
		split->canceled = rc < 0;
	}
	pthread_mutex_unlock(&split->lock);
	return rc;
}

/* The port by which a socket is in a part. */
static uint16_t deciding_port(const struct sock *row, enum diag_cut_by by)
{
	uint16_t local = row->local.port, remote = row->remote.port;

	if (by == DIAG_CUT_LARGER)
		return local > remote ? local : remote;
	return by == DIAG_CUT_LOCAL ? local : remote;
}

/* Keeps the rows of this part at the front: whatever the kernel makes of the filter, each row is in
 * one part. How many. */
static size_t keep_own(const struct part *part, struct sock *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t port = deciding_port(&rows[i], part->by);

		if (port < part->low || port > part->high)
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}

static int take(void *ctx, struct sock *rows, size_t n)
{
	struct part *part = ctx;
	int rc;

	n = keep_own(part, rows, n);
	if (n == 0)
		return 0;
	if (part->branch.take)
		rc = part->branch.take(part->branch.ctx, rows, n);
	else
		rc = take_in_turn(part->split, rows, n);
	part->handed_on = true;
	part->canceled = rc < 0;
	return rc;
}

static void *run_part(void *arg)
{
	struct part *part = arg;
	const struct sock_sink sink = { .take = take, .ctx = part };

	part->rc = diag_inet_list(&part->session, &part->query, &sink);
	return NULL;
}

/* The larger port is from low to high: neither is above, and one of them not below. conds has room
 * for PART_CONDS; the first one is all of it. */
static void put_larger(struct query_cond *conds, uint16_t low, uint16_t high)
{
	static const enum query_cond_kind kinds[PART_CONDS] = {
		COND_AND,         COND_AND,        COND_OR,          COND_LOCAL_PORT,
		COND_REMOTE_PORT, COND_LOCAL_PORT, COND_REMOTE_PORT,
	};

	for (size_t i = 0; i < PART_CONDS; i++)
		conds[i] = (struct query_cond){ .kind = kinds[i], .high = UINT16_MAX };
	for (size_t i = 0; i < PART_CONDS / 2; i++) {
		conds[i].left = &conds[2 * i + 1];
		conds[i].right = &conds[2 * i + 2];
	}
	conds[3].high = conds[4].high = high;
	conds[5].low = conds[6].low = low;
}

static void begin_part(struct part *part, struct split *split, const struct env *env,
		       const struct sock_query *query, const struct diag_cuts *cuts, size_t i)
{
	uint16_t low = (uint16_t)cuts->cuts[i], high = (uint16_t)(cuts->cuts[i + 1] - 1);

	*part = (struct part){
		.split = split,
		.session = { .env = env, .report = &part->report },
		.by = cuts->by,
		.low = low,
		.high = high,
		.query = *query,
	};
	if (cuts->by == DIAG_CUT_LARGER)
		put_larger(part->conds, low, high);
	else
		part->conds[0] = (struct query_cond){
			.kind = cuts->by == DIAG_CUT_REMOTE ? COND_REMOTE_PORT : COND_LOCAL_PORT,
			.low = low,
			.high = high,
		};
	part->query.cond = part->conds;
	part->session.damage = &part->damage;
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
	/* What there was no memory to keep counts as well. */
	report_raise(report, part->report.level);
	report_free(&part->report);
}

/* One answer from those of the parts, which have ended. */
static int join_answers(struct nl_session *session, struct part *parts, size_t n)
{
	bool canceled = false, handed_on = false;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		canceled |= parts[i].canceled;
		handed_on |= parts[i].handed_on;
	}
	for (size_t i = 0; i < n; i++) {
		if (parts[i].rc < 0 && parts[i].rc != -ECANCELED && handed_on) {
			report_add(session->report, REPORT_PARTIAL,
				   "tcp: a part of the kernel's answer is missing (%s)",
				   strerror(-parts[i].rc));
			parts[i].rc = 1;
		}
		if (rc >= 0 && parts[i].rc != 0)
			rc = parts[i].rc;
	}
	return canceled ? -ECANCELED : rc;
}

static void close_branches(const struct sock_sink *sink, struct part *parts, size_t n, bool forget)
{
	for (size_t i = 0; i < n; i++) {
		if (parts[i].branch.take && sink->branching->close(&parts[i].branch, forget) < 0)
			parts[i].canceled = true;
	}
}

/* A branch for each part where the sink has some. Whether it has them, or needs none. */
static bool open_branches(const struct sock_sink *sink, struct part *parts, size_t n)
{
	for (size_t i = 0; sink->branching && i < n; i++) {
		if (sink->branching->open(sink->ctx, false, &parts[i].branch) == 0)
			continue;
		close_branches(sink, parts, i, true);
		return false;
	}
	return true;
}

/* What a part lacked, such as a descriptor, may be there now that the others have ended. */
static void run_again(struct part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		nl_session_end(&parts[i].session);
	for (size_t i = 0; i < n; i++)
		if (parts[i].rc < 0 && parts[i].rc != -ECANCELED && !parts[i].handed_on)
			run_part(&parts[i]);
}

static void run_parts(struct part *parts, size_t n)
{
	for (size_t i = 1; i < n; i++)
		parts[i].started =
			thread_start(&parts[i].thread, THREAD_WRITES, 0, run_part, &parts[i]) == 0;
	run_part(&parts[0]);
	for (size_t i = 1; i < n; i++) {
		if (parts[i].started)
			pthread_join(parts[i].thread, NULL);
		else /* there was no thread for it */
			run_part(&parts[i]);
	}
	run_again(parts, n);
}

static int list_parts(struct nl_session *session, const struct sock_query *query,
		      const struct sock_sink *sink, const struct diag_cuts *cuts)
{
	struct split split = { .sink = sink, .lock = PTHREAD_MUTEX_INITIALIZER };
	struct part *parts = calloc(cuts->n, sizeof(*parts));
	struct nl_damage damage = { 0 };
	bool ready;
	int rc = 0;

	if (!parts)
		return diag_inet_list(session, query, sink);
	for (size_t i = 0; i < cuts->n; i++)
		begin_part(&parts[i], &split, session->env, query, cuts, i);
	ready = open_branches(sink, parts, cuts->n);
	if (ready) {
		run_parts(parts, cuts->n);
		close_branches(sink, parts, cuts->n, false);
		rc = join_answers(session, parts, cuts->n);
	}
	for (size_t i = 0; i < cuts->n; i++) {
		tell_part(session->report, &parts[i]);
		damage.messages += parts[i].damage.messages;
		damage.attrs += parts[i].damage.attrs;
		nl_session_end(&parts[i].session);
	}
	nl_report_damage(session, "tcp", &damage);
	free(parts);
	pthread_mutex_destroy(&split.lock);
	return ready ? rc : diag_inet_list(session, query, sink);
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
		find_cuts(env, query, parts < DIAG_CUT_PARTS ? parts : DIAG_CUT_PARTS, &cuts);
	if (cuts.n < 2)
		return diag_inet_list(session, query, sink);
	return list_parts(session, query, sink, &cuts);
}
