/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sock_diag dump from request to NLMSG_DONE: the receive loop and the one retry policy for
 * everything that can go wrong on the way (kernel: net/netlink/af_netlink.c). Knows nothing of what
 * the messages mean.
 *
 * Rows are handed on while the dump runs and cannot be taken back. So when a dump has to be started
 * again (a lost or truncated datagram, NLM_F_DUMP_INTR, a damaged message), the second one is
 * followed silently up to the place where the first broke off: a dump walks the kernel's tables in
 * a fixed order, so the place is found by the cookies of the last datagrams that were handed on.
 * Memory stays constant, no socket that lived through it is doubled or lost; when the place is not
 * found again, the result is partial.
 */
#ifndef LSSOCK_SOURCE_NL_DUMP_H
#define LSSOCK_SOURCE_NL_DUMP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/sock.h"

struct env;
struct report;
struct nl_link;
struct nlmsghdr;

/* What the parser of one message says of it. */
enum nl_verdict {
	NL_ROW,     /* a row with a cookie */
	NL_SKIP,    /* nothing for us (another type of message) */
	NL_DAMAGED, /* too short or contradicting itself: dropped and counted */
};

/* One walk over a datagram. Made by nl_walk_begin(), fed by nl_walk_next(). */
struct nl_walk {
	const uint8_t *data;
	size_t len, pos;
};

/* Starts at the first message of a datagram of len bytes. */
static inline void nl_walk_begin(struct nl_walk *walk, const void *data, size_t len)
{
	walk->data = data;
	walk->len = len;
	walk->pos = 0;
}

/*
 * The next message, wholly inside the datagram and at least NLMSG_HDRLEN long. Returns 1 and *msg;
 * 0 at the end; -EBADMSG when nlmsg_len points outside or is too small, or bytes are left over: the
 * datagram cannot be read further. data need not be aligned beyond 4 bytes. Pure.
 */
int nl_walk_next(struct nl_walk *walk, const struct nlmsghdr **msg);

/* The errno a NLMSG_ERROR or NLMSG_DONE message carries: 0 or negative; -EBADMSG for an NLMSG_ERROR
 * too short to carry one. DONE without payload is 0. Pure. */
int nl_message_errno(const struct nlmsghdr *msg);

/* One attribute: its type without the flag bits, and its payload. */
struct nl_attr {
	const uint8_t *data;
	size_t len;
	uint16_t type;
};

/*
 * The next attribute of data[0..len), from *pos (which starts at 0). Returns 1 and *attr; 0 at the
 * end; -EBADMSG when its length is below 4 or reaches outside, or when fewer than 4 bytes are left:
 * nothing behind it can be read. Inline, because it runs several times for each socket. Pure.
 */
static inline int nl_attr_next(const void *data, size_t len, size_t *pos, struct nl_attr *attr)
{
	const uint8_t *at = (const uint8_t *)data + *pos;
	size_t left = len - *pos, step;
	uint16_t head[2]; /* length with these four bytes, type */

	if (!left)
		return 0;
	if (left < sizeof(head))
		return -EBADMSG;
	memcpy(head, at, sizeof(head));
	if (head[0] < sizeof(head) || head[0] > left)
		return -EBADMSG;
	step = (head[0] + 3u) & ~(size_t)3;
	*pos += step < left ? step : left;
	attr->data = at + sizeof(head);
	attr->len = head[0] - sizeof(head);
	attr->type = head[1] & 0x3fff; /* NLA_TYPE_MASK */
	return 1;
}

/* How a dump hands on what it finds. */
struct nl_dump_ops {
	/*
	 * Parses one message of type SOCK_DIAG_BY_FAMILY into place; *cookie identifies the socket
	 * (0: it has none, never taken for a duplicate). Pure but for ctx. The payload is borrowed
	 * until flush() returns.
	 */
	enum nl_verdict (*parse)(void *ctx, const void *payload, size_t len, uint64_t *cookie);
	/* Keeps the row just parsed (called after NL_ROW, unless it is a duplicate). */
	void (*keep)(void *ctx);
	/* The datagram is at its end: hands the rows on. 0, or negative to cancel. */
	int (*flush)(void *ctx);
};

/* Rows on their way from a dump to the sink: a full batch leaves at once, so its size is fixed
 * however many messages a datagram holds. */
struct nl_batch {
	const struct sock_sink *sink;
	struct sock *rows; /* NL_BATCH_ROWS; the next row is made at rows[n] */
	size_t n;
	bool canceled; /* the sink asked to stop: nothing more is handed on */
};

enum { NL_BATCH_ROWS = 128 };

static inline int nl_batch_begin(struct nl_batch *batch, const struct sock_sink *sink)
{
	*batch = (struct nl_batch){ .sink = sink };
	batch->rows = malloc(NL_BATCH_ROWS * sizeof(*batch->rows));
	return batch->rows ? 0 : -ENOMEM;
}

static inline void nl_batch_end(struct nl_batch *batch)
{
	free(batch->rows);
}

/* Hands on what is there. 0, or -ECANCELED now and ever after when the sink asked to stop. */
static inline int nl_batch_flush(struct nl_batch *batch)
{
	if (batch->n && !batch->canceled)
		batch->canceled = batch->sink->take(batch->sink->ctx, batch->rows, batch->n) < 0;
	batch->n = 0;
	return batch->canceled ? -ECANCELED : 0;
}

/* Keeps the row made at rows[n]. */
static inline void nl_batch_keep(struct nl_batch *batch)
{
	if (++batch->n == NL_BATCH_ROWS)
		nl_batch_flush(batch);
}

/* The state that dumps of one run share: one link, reused; opened at first use. A zeroed struct
 * with env and report set is ready. */
/* What came damaged from the kernel. */
struct nl_damage {
	unsigned long long messages; /* that were skipped */
	unsigned long long attrs;    /* messages with a damaged attribute */
};

struct nl_session {
	const struct env *env;
	struct report *report;
	struct nl_damage *damage; /* added up here, for one who has several sessions; NULL: told */
	struct nl_link *link;
	int open_error;   /* -errno of a link that was denied (open, bind or first send), remembered
			     for the run: asking again would be denied again */
	bool link_failed; /* the last dump failed at opening or sending: no word from the kernel */
	uint32_t seq;     /* of the last request; each request gets its own */
	uint8_t *buf;     /* receive buffer, 32 KiB, grown to at most 1 MiB when a datagram was
			     truncated */
	size_t buf_size;
};

void nl_session_end(struct nl_session *session);

/*
 * Sends request (a whole netlink message whose nlmsg_seq, nlmsg_pid and nlmsg_flags are set here)
 * and feeds the answer to ops. what: the name of the table for messages ("tcp6").
 *
 * Returns 0 (complete), 1 (partial: told through report, REPORT_PARTIAL), -ECANCELED (flush asked
 * to stop), or another -errno when nothing was handed on and a fallback may run: -ENOENT where the
 * kernel has no such table, the errno of the open where netlink is denied, the kernel's errno,
 * -ETIMEDOUT, -EBADMSG.
 */
int nl_dump(struct nl_session *session, const char *what, struct nlmsghdr *request,
	    const struct nl_dump_ops *ops, void *ctx);

/* The same for a request that is no dump: the kernel answers with one message or an error, or,
 * where NLM_F_ACK is set already, with an acknowledgement. */
int nl_ask(struct nl_session *session, const char *what, struct nlmsghdr *request,
	   const struct nl_dump_ops *ops, void *ctx);

/* Tells (REPORT_PARTIAL) that n rows lack what came behind a damaged attribute. Returns whether
 * there was anything to tell. */
bool nl_report_bad_attrs(const struct nl_session *session, const char *what, unsigned long long n);

/* Tells what was added up of several sessions. */
void nl_report_damage(const struct nl_session *session, const char *what,
		      const struct nl_damage *damage);

#endif
