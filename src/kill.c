/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Closing what a listing has found.
 *
 * The kernel finds a socket by its addresses and ports and then compares the cookie. Of several
 * that share them (SO_REUSEPORT) it finds one, and says of the others that there are none; so its
 * word alone is not believed, the tables are read again, and what is still there is tried again as
 * long as that changes anything.
 */
#include "kill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/obuf.h"
#include "base/privileges.h"
#include "base/report.h"
#include "confine.h"
#include "model/proto.h"
#include "output/data.h"
#include "output/writer.h"
#include "source/diag_destroy.h"
#include "source/source.h"
#include "view/kill_answer.h"

enum { PASSES_MAX = 64 };

struct kill {
	struct writer writer; /* first: the pipeline hands us its address back */
	struct kill_config config;
	struct obuf *out;
	struct sock_id *list;
	size_t n, cap;
	struct hash64 by_cookie; /* place in list */
	uint64_t n_nameless;     /* rows without a cookie */
	int error;               /* the first one that has no word of its own */
};

static int kill_begin(struct writer *writer, enum section section)
{
	(void)writer, (void)section;
	return 0;
}

static int out_of_memory(struct kill *kill)
{
	report_add(kill->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

static int kill_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct kill *kill = (struct kill *)writer;
	void *data = kill->list;
	int err = array_grow(&data, &kill->cap, kill->n + n, sizeof(*kill->list));

	kill->list = data;
	if (err < 0)
		return out_of_memory(kill);
	for (size_t i = 0; i < n; i++) {
		const struct sock *row = &rows[i];
		uint32_t *at;
		bool added;

		if (!(row->has & SOCK_HAS_COOKIE)) {
			kill->n_nameless++;
			continue;
		}
		at = hash64_add(&kill->by_cookie, row->cookie, &added);
		if (!at)
			return out_of_memory(kill);
		if (!added) /* the kernel may tell one twice */
			continue;
		*at = (uint32_t)kill->n;
		kill->list[kill->n++] = (struct sock_id){
			.local = row->local,
			.remote = row->remote,
			.cookie = row->cookie,
			.proto = row->proto,
			.family = row->family,
			.state = row->state,
			.outcome = KILL_PENDING,
		};
	}
	return 0;
}

static enum kill_outcome outcome_of(struct kill *kill, int answer)
{
	switch (answer) {
	case 0:
		return KILL_CLOSED;
	case -ENOENT:
	case -ESTALE:
		return KILL_GONE;
	case -EPERM:
	case -EACCES:
		return KILL_REFUSED;
	case -EOPNOTSUPP:
		return KILL_UNSUPPORTED;
	default:
		if (!kill->error)
			kill->error = -answer;
		return KILL_FAILED;
	}
}

/* Asks for all that are pending. */
static void close_pending(struct kill *kill, struct diag_destroyer *destroyer)
{
	const struct env *env = kill->config.env;

	for (size_t i = 0; i < kill->n; i++) {
		struct sock_id *id = &kill->list[i];

		if (env->stop_signal(env))
			return;
		if (id->outcome == KILL_PENDING)
			id->outcome = (uint8_t)outcome_of(kill, diag_destroy(destroyer, id));
	}
}

/* One that is still there is not closed, whatever was said, and not gone. Of UDP the kernel's word
 * has to do: one that was bound stays where it is. */
static int see_again(void *ctx, struct sock *rows, size_t n)
{
	struct kill *kill = ctx;

	for (size_t i = 0; i < n; i++) {
		const uint32_t *at = rows[i].has & SOCK_HAS_COOKIE
					     ? hash64_find(&kill->by_cookie, rows[i].cookie)
					     : NULL;
		struct sock_id *id = at ? &kill->list[*at] : NULL;

		if (id && (id->outcome == KILL_GONE ||
			   (id->outcome == KILL_CLOSED && id->proto == PROTO_TCP)))
			id->outcome = KILL_PENDING;
	}
	return 0;
}

/* Reads the tables that the sockets were in. What hinders that is told. 0 or -errno. */
static int look_again(struct kill *kill)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	static const enum sock_proto protos[] = { PROTO_TCP, PROTO_UDP };
	struct sock_sink sink = { .take = see_again, .ctx = kill };
	struct source_run *run = source_run_new(kill->config.env, kill->config.report, false);
	bool wanted[2][2] = { { false } };

	if (!run)
		return -ENOMEM;
	for (size_t i = 0; i < kill->n; i++) {
		const struct sock_id *id = &kill->list[i];

		wanted[id->proto == PROTO_UDP][id->family == AF_INET6] = true;
	}
	for (int i = 0; i < 4; i++) {
		const struct sock_query query = {
			.proto = protos[i / 2],
			.family = families[i % 2],
			.states = TCP_STATES_ALL,
		};

		if (wanted[i / 2][i % 2])
			source_list(run, &query, false, &sink);
	}
	source_run_free(run);
	return 0;
}

/* Until all are closed or gone, or trying again changes nothing. 0 or -ENOMEM. */
static int close_all(struct kill *kill)
{
	struct diag_destroyer *destroyer =
		diag_destroyer_new(kill->config.env, kill->config.report);
	uint64_t left = kill->n, before;
	int err = destroyer ? 0 : -ENOMEM;

	for (int pass = 0; err == 0 && pass < PASSES_MAX; pass++) {
		struct kill_sums sums;

		before = left;
		close_pending(kill, destroyer);
		sums = kill_sums_of(kill->list, kill->n);
		if (sums.n[KILL_CLOSED] + sums.n[KILL_GONE] > 0)
			err = look_again(kill);
		left = kill_sums_of(kill->list, kill->n).n[KILL_PENDING];
		if (left == 0 || left == before || kill->config.env->stop_signal(kill->config.env))
			break;
	}
	diag_destroyer_free(destroyer);
	return err;
}

/* Why some are neither closed nor gone. */
static void report_failures(const struct kill *kill, const struct kill_sums *sums)
{
	const uint64_t *n = sums->n;
	bool none = n[KILL_CLOSED] + n[KILL_GONE] == 0;
	enum report_level level = none ? REPORT_FAILED : REPORT_PARTIAL;
	struct report *report = kill->config.report;

	if (n[KILL_REFUSED])
		report_add(report, level,
			   "not permitted: closing sockets of others takes CAP_NET_ADMIN in this "
			   "network namespace");
	if (n[KILL_UNSUPPORTED])
		report_add(report, level,
			   "this kernel cannot close sockets of others: it was built without "
			   "CONFIG_INET_DIAG_DESTROY");
	if (n[KILL_PENDING] && kill->config.env->stop_signal(kill->config.env))
		report_add(report, level, "interrupted: not all of them are closed");
	else if (n[KILL_PENDING])
		report_add(
			report, level,
			"some sockets are still there: of those that share an address and a port "
			"the kernel finds only one, and some it does not close");
	if (kill->error)
		report_add(report, level, "some sockets are not known to be closed: %s",
			   strerror(kill->error));
	if (kill->n_nameless)
		report_add(report, level,
			   "sockets that were read from /proc/net are left alone: nothing tells "
			   "them from others that may have taken their place");
}

static int kill_end(struct writer *writer)
{
	struct kill *kill = (struct kill *)writer;
	struct kill_sums sums;

	/* Half of the sockets are not what was asked for. Why, has been said. */
	if (kill->config.run->cut_short)
		return 0;
	if (close_all(kill) < 0)
		return out_of_memory(kill);
	confine_done(kill->config.confine, PRIVILEGE_DESTROY);
	sums = kill_sums_of(kill->list, kill->n);
	sums.n[KILL_FAILED] += kill->n_nameless;
	report_failures(kill, &sums);
	if (kill->config.json)
		kill_put_json(kill->out, kill->config.run, &sums, kill->list, kill->n);
	else
		kill_put_text(kill->out, &sums);
	return obuf_flush(kill->out);
}

static void kill_free(struct writer *writer)
{
	struct kill *kill = (struct kill *)writer;

	hash64_free(&kill->by_cookie);
	free(kill->list);
	free(kill);
}

struct writer *kill_new(const struct kill_config *config, struct obuf *out)
{
	struct kill *kill = calloc(1, sizeof(*kill));

	if (!kill)
		return NULL;
	kill->writer = (struct writer){
		.begin = kill_begin,
		.rows = kill_rows,
		.end = kill_end,
		.free = kill_free,
	};
	kill->config = *config;
	kill->out = out;
	return &kill->writer;
}
