/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unix_diag and /proc/net/unix, joined by inode (kernel: net/unix/diag.c; unix_seq_show() in
 * net/unix/af_unix.c).
 *
 * The two lists are taken one after the other, so sockets come and go between them:
 *
 * - A socket that is only in the file was made meanwhile: left out, as if we had come earlier.
 * - A socket that is only in netlink's list has closed meanwhile, or the file has missed it (it is
 *   read a page at a time and skips one when another of the same hash bucket closes). These look
 *   the same. It is listed, without RefCnt, behind the others: it was there a moment ago, while
 *   leaving it out could hide a living socket.
 * - A line with a known inode and another name belongs to a socket that was bound meanwhile, or is
 * a forgery. The socket is listed as netlink described it, with the RefCnt of that line, but only
 *   when no line with the right name has come by the end of the file. So all that a forgery can
 *   bring about is a wrong RefCnt of a socket that exists.
 * - Connections not yet accepted have no inode, and the name of their listener ends where the
 *   longest name that is known does. A listener's name that holds another listener's name and a
 *   whole line reads like two connections to that one: one is listed, and the doubt is told.
 *
 * A name that netlink does not know (a socket made meanwhile, a listener of another namespace) is
 * taken to end with its line, but may go on: then what looks like lines behind it is still the
 * name. Names have at most 108 bytes, so this doubt ends soon. Within it nothing is listed that
 * netlink does not vouch for.
 */
#include "source/unix_join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/env.h"
#include "base/file.h"
#include "base/report.h"
#include "source/diag_facts.h"
#include "source/diag_unix.h"
#include "source/proc_unix.h"
#include "source/unix_known.h"

enum {
	NAME_MAX_SHOWN = sizeof(((struct sockaddr_un *)NULL)->sun_path),
	LINE_WINDOW = 512, /* more than a head, the longest name and a newline */
};

struct join {
	struct nl_session *session;
	uint32_t needs;
	struct nl_batch batch;

	struct unix_list known;
	struct sock row;         /* just parsed */
	struct sock_facts facts; /* of that row, where they are asked for */
	bool attrs_bad;          /* of that row */
	unsigned long long n_attrs_bad;
	int error; /* -ENOMEM while gathering */

	struct file_stream file;
	uint64_t pos;       /* in the file */
	uint64_t doubt_end; /* up to here the last unknown name may reach */
	unsigned long long n_bad_lines, n_doubtful;
	bool may_lack_pending; /* connections not yet accepted: a name could be taken for more of
				  them than were listed */
};

static enum nl_verdict join_parse(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	struct join *join = ctx;
	enum nl_verdict verdict = diag_unix_parse(payload, len, &join->row, &join->attrs_bad);

	if (verdict == NL_ROW && diag_facts_wanted(join->needs)) {
		join->row.facts = &join->facts;
		if (!diag_facts_parse_unix(payload, len, &join->facts))
			join->attrs_bad = true;
	}
	*cookie = verdict == NL_ROW ? join->row.cookie : 0;
	return verdict;
}

static void join_keep(void *ctx)
{
	struct join *join = ctx;

	join->n_attrs_bad += join->attrs_bad;
	if (!join->error)
		join->error = unix_list_add(&join->known, &join->row);
}

static int join_flush(void *ctx)
{
	struct join *join = ctx;

	return join->error;
}

/* Its name lives as long as the join. */
static void join_list(struct join *join, struct unix_known *known)
{
	unix_known_row(known, &join->batch.rows[join->batch.n]);
	known->seen = UNIX_SEEN_LISTED;
	nl_batch_keep(&join->batch);
}

static void join_consume(struct join *join, size_t n)
{
	join->file.start += n;
	join->pos += n;
}

/* Goes behind the next newline, or to the end. */
static void join_skip_line(struct join *join)
{
	size_t n;

	while ((n = file_stream_fill(&join->file, 1)) > 0) {
		const char *text = join->file.buf + join->file.start;
		const char *newline = memchr(text, '\n', n);

		join_consume(join, newline ? (size_t)(newline - text) + 1 : n);
		if (newline)
			return;
	}
}

/* Leaves a line whose name nobody vouches for. */
static void join_skip_unknown(struct join *join, const struct proc_unix_head *head)
{
	if (head->has_name && join->pos + head->len + NAME_MAX_SHOWN > join->doubt_end)
		join->doubt_end = join->pos + head->len + NAME_MAX_SHOWN;
	join_skip_line(join);
}

/* Consumes a head and n bytes behind it, and the newline. */
static void join_skip_known(struct join *join, const struct proc_unix_head *head, size_t n,
			    size_t avail)
{
	n += head->len;
	join_consume(join, n < avail ? n + 1 : n);
}

/* A socket that has an inode. */
static void join_take_socket(struct join *join, const struct proc_unix_head *head, const char *name,
			     size_t n)
{
	/* sock_diag tells 32 bits of an inode; the file may know more. */
	const char *text = head->has_name ? name : NULL;
	struct unix_known *known = unix_list_find(&join->known, (uint32_t)head->inode, text, n);

	if (!known) {
		join_skip_unknown(join, head);
		return;
	}
	known->refcnt = head->refcnt;
	known->seen = UNIX_SEEN_OTHER_NAME;
	if (!unix_known_has_name(known, text, n)) {
		join_skip_unknown(join, head);
		return;
	}
	known->inode = head->inode;
	join_list(join, known);
	join_skip_known(join, head, unix_known_shown_len(known), head->len + n);
}

/*
 * A connection that nobody has accepted yet. It bears its listener's name; where that is known, it
 * is known where the name ends.
 */
static void join_take_pending(struct join *join, const struct proc_unix_head *head,
			      const char *name, size_t n)
{
	const struct unix_known *listener =
		head->has_name
			? unix_list_find_listener(&join->known, name, n, &join->may_lack_pending)
			: NULL;
	const char *newline = memchr(name, '\n', n);
	size_t len = newline ? (size_t)(newline - name) : n;
	struct sock *row = &join->batch.rows[join->batch.n];

	if (listener)
		len = unix_known_shown_len(listener);
	if (join->pos + head->len <= join->doubt_end) {
		join->n_doubtful++;
	} else if (len > NAME_MAX_SHOWN) {
		join->n_bad_lines++;
	} else {
		proc_unix_row(head, name, len, row);
		row->has &= ~(uint32_t)SOCK_HAS_INODE;
		if (listener) {
			row->name = listener->name;
			row->name_len = listener->name_len;
			row->name_kind = listener->name_kind;
		} else if (len) {
			row->name = arena_copy(&join->known.names, row->name, row->name_len);
			row->name_len = row->name ? row->name_len : 0;
		}
		nl_batch_keep(&join->batch);
	}
	if (listener)
		join_skip_known(join, head, len, head->len + n);
	else
		join_skip_unknown(join, head);
}

static void join_take_line(struct join *join, size_t avail)
{
	const char *line = join->file.buf + join->file.start;
	struct proc_unix_head head;

	if (proc_unix_parse_head(line, avail, &head) < 0) {
		/* The rest of a name, or nothing that we know. */
		join->n_bad_lines += join->pos > join->doubt_end;
		join_skip_line(join);
	} else if (head.inode) {
		join_take_socket(join, &head, line + head.len, avail - head.len);
	} else if (head.state == UNIX_STATE_CONNECTING || head.state == UNIX_STATE_DISCONNECTING) {
		join_take_pending(join, &head, line + head.len, avail - head.len);
	} else {
		join->n_bad_lines += join->pos > join->doubt_end;
		join_skip_unknown(join, &head);
	}
}

/* Reads the file through. 0, or -errno of opening or reading it. */
static int join_read_file(struct join *join)
{
	int rc = file_stream_open(&join->file, env_net_fd(join->session->env), "net/unix");
	size_t avail;

	if (rc < 0)
		return rc;
	if (file_stream_fill(&join->file, 1) == 0 && !join->file.error)
		join->file.error = -ENODATA; /* not even the heading */
	join_skip_line(join);
	while (!join->batch.canceled && (avail = file_stream_fill(&join->file, LINE_WINDOW)) > 0)
		join_take_line(join, avail);
	rc = join->file.error;
	file_stream_close(&join->file);
	return rc;
}

/* Tells what the file withheld. Returns whether it did. */
static bool join_report(const struct join *join, int file_error)
{
	struct report *report = join->session->report;

	if (file_error < 0)
		report_add(report, REPORT_PARTIAL,
			   "unix: /proc/net/unix cannot be read (%s): RefCnt and "
			   "connections not yet accepted are missing",
			   strerror(-file_error));
	if (join->n_bad_lines)
		report_add(report, REPORT_PARTIAL, "unix: %llu line%s of /proc/net/unix %s skipped",
			   join->n_bad_lines, join->n_bad_lines == 1 ? "" : "s",
			   join->n_bad_lines == 1 ? "was" : "were");
	if (join->n_doubtful)
		report_add(report, REPORT_PARTIAL,
			   "unix: %llu connection%s not yet accepted %s left out: another socket's "
			   "name may have made them up",
			   join->n_doubtful, join->n_doubtful == 1 ? "" : "s",
			   join->n_doubtful == 1 ? "was" : "were");
	if (join->may_lack_pending)
		report_add(report, REPORT_PARTIAL,
			   "unix: connections not yet accepted may be missing: the name of a "
			   "listener looks like theirs");
	return file_error < 0 || join->n_bad_lines || join->n_doubtful || join->may_lack_pending;
}

static int join_run(struct join *join)
{
	static const struct nl_dump_ops ops = {
		.parse = join_parse,
		.keep = join_keep,
		.flush = join_flush,
	};
	bool partial;
	size_t i;
	int rc;

	/* All states, whatever was asked: every name is needed to read the file. */
	rc = diag_unix_dump(join->session, UINT32_MAX, join->needs, &ops, join);
	if (join->error)
		return join->error;
	if (rc < 0)
		return rc;
	partial = nl_report_bad_attrs(join->session, "unix", join->n_attrs_bad) || rc > 0;
	rc = unix_list_index(&join->known);
	if (rc < 0)
		return rc;
	rc = join_read_file(join);
	for (i = 0; i < join->known.n && !join->batch.canceled; i++) {
		if (join->known.socks[i].seen != UNIX_SEEN_LISTED)
			join_list(join, &join->known.socks[i]);
	}
	if (nl_batch_flush(&join->batch) < 0)
		return -ECANCELED;
	return join_report(join, rc) || partial;
}

int unix_join_list(struct nl_session *session, const struct sock_query *query,
		   const struct sock_sink *sink)
{
	struct join *join = calloc(1, sizeof(*join));
	int rc;

	if (!join)
		return -ENOMEM;
	join->session = session;
	join->needs = query->needs;
	rc = nl_batch_begin(&join->batch, sink);
	if (rc == 0)
		rc = join_run(join);
	nl_batch_end(&join->batch);
	unix_list_free(&join->known);
	free(join);
	return rc;
}
