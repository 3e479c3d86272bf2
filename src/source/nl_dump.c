/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The receive loop of every sock_diag dump (kernel: net/netlink/af_netlink.c, netlink_dump()).
 *
 * libmnl's mnl_cb_run() is not used: it takes the errno inside NLMSG_DONE for success, which is how
 * the kernel says that it has no such table, and turns NLM_F_DUMP_INTR into EINTR.
 *
 * Limit: a dump is no snapshot and the kernel does not tell when sockets moved behind its back; a
 * socket that comes, goes or changes its table while we read may be missing or be listed as both
 * things it was.
 */
#include "source/nl_dump.h"

#include <linux/netlink.h>

#include "base/env.h"
#include "base/report.h"
#include "source/nl_link.h"
#include "source/nl_place.h"

enum {
	/* The kernel makes no larger datagrams of more than one message. */
	BUF_SIZE_START = 32 * 1024,
	BUF_SIZE_MAX = 1024 * 1024,
	BUF_SIZE_GROWTH = 4, /* reaches the maximum within RESTARTS_MAX */
	RESTARTS_MAX = NL_PLACE_RESTARTS,
	/* Datagrams without a new row in a row: a kernel that sends so many is not going to end. */
	IDLE_MAX = 4096,
};

enum step {
	STEP_MORE,
	STEP_DONE,
	STEP_RESTART, /* for the reason in dump->error */
	STEP_FAILED,  /* the same */
};

struct dump {
	struct nl_session *session;
	const char *what;
	struct nlmsghdr *request;
	const struct nl_dump_ops *ops;
	void *ctx;

	bool single; /* no dump: one message is the whole answer */
	int error;
	unsigned int restarts;
	bool ended;       /* the kernel has ended the dump: the link can carry another */
	bool canceled;    /* flush() asked to stop */
	bool handed_on;   /* rows have left: there is no starting over */
	bool was_damaged; /* a restart was spent on a damaged datagram */
	bool interrupted; /* NLM_F_DUMP_INTR came once too often and was accepted */
	unsigned long long n_damaged;
	size_t n_kept; /* of this datagram */
	size_t n_datagrams, n_idle, idle_max;
	struct nl_place place;
};

int nl_walk_next(struct nl_walk *walk, const struct nlmsghdr **msg)
{
	size_t left = walk->len - walk->pos, step;
	const uint8_t *at = walk->data + walk->pos;
	uint32_t len; /* the first member of struct nlmsghdr */

	if (!left)
		return 0;
	if (left < NLMSG_HDRLEN)
		return -EBADMSG;
	memcpy(&len, at, sizeof(len));
	if (len < NLMSG_HDRLEN || len > left)
		return -EBADMSG;
	step = NLMSG_ALIGN((size_t)len);
	walk->pos += step < left ? step : left;
	*msg = (const void *)at;
	return 1;
}

int nl_message_errno(const struct nlmsghdr *msg)
{
	int error;

	if (msg->nlmsg_len < NLMSG_HDRLEN + sizeof(error))
		return msg->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&error, (const uint8_t *)msg + NLMSG_HDRLEN, sizeof(error));
	if (error >= 0)
		return 0;
	return error >= -4095 ? error : -EBADMSG; /* the kernel's MAX_ERRNO */
}

/* Errors of open, bind and the first send that mean "not for you" rather than "not now". */
static bool is_denial(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
	case -EAFNOSUPPORT:
	case -EPROTONOSUPPORT:
	case -ENOSYS:
	case -ECONNREFUSED: /* send: nobody listens to this netlink protocol */
		return true;
	default:
		return false;
	}
}

static void session_close_link(struct nl_session *session)
{
	nl_link_close(session->link);
	session->link = NULL;
}

void nl_session_end(struct nl_session *session)
{
	session_close_link(session);
	free(session->buf);
	session->buf = NULL;
	session->buf_size = 0;
}

static int session_set_buffer(struct nl_session *session, size_t size)
{
	uint8_t *buf = malloc(size);

	if (!buf)
		return -ENOMEM;
	free(session->buf);
	session->buf = buf;
	session->buf_size = size;
	return 0;
}

static int session_open_link(struct nl_session *session)
{
	int rc;

	if (session->open_error < 0)
		return session->open_error;
	if (session->link)
		return 0;
	rc = session->env->diag_open(session->env, &session->link);
	if (rc < 0)
		session->link = NULL;
	if (rc < 0 && is_denial(rc))
		session->open_error = rc;
	return rc;
}

static void dump_take_row(struct dump *dump, const struct nlmsghdr *msg)
{
	const uint8_t *payload = (const uint8_t *)msg + NLMSG_HDRLEN;
	uint64_t cookie = 0;

	switch (dump->ops->parse(dump->ctx, payload, msg->nlmsg_len - NLMSG_HDRLEN, &cookie)) {
	case NL_SKIP:
		return;
	case NL_DAMAGED:
		/* What is followed silently was counted when it was first met. */
		dump->n_damaged += !dump->place.following;
		return;
	case NL_ROW:
		break;
	}
	if (!nl_place_is_new(&dump->place, cookie))
		return;
	dump->ops->keep(dump->ctx);
	dump->n_kept++;
}

static enum step dump_take_message(struct dump *dump, const struct nlmsghdr *msg)
{
	/* Late replies to an earlier request are legal. */
	if (msg->nlmsg_seq != dump->request->nlmsg_seq ||
	    msg->nlmsg_pid != dump->session->link->portid)
		return STEP_MORE;
	if (msg->nlmsg_flags & NLM_F_DUMP_INTR) {
		dump->error = -EINTR;
		if (dump->restarts < RESTARTS_MAX)
			return STEP_RESTART;
		dump->interrupted = true;
	}
	if (msg->nlmsg_type == dump->request->nlmsg_type) {
		dump_take_row(dump, msg);
		dump->ended = dump->single;
		return dump->single ? STEP_DONE : STEP_MORE;
	}
	if (msg->nlmsg_type != NLMSG_DONE && msg->nlmsg_type != NLMSG_ERROR)
		return STEP_MORE;
	dump->ended = dump->single || msg->nlmsg_type == NLMSG_DONE;
	dump->error = nl_message_errno(msg);
	if (dump->error < 0)
		return STEP_FAILED;
	return dump->ended ? STEP_DONE : STEP_MORE; /* an error of 0 is an acknowledgement */
}

static enum step dump_take_datagram(struct dump *dump, size_t len)
{
	const struct nlmsghdr *msg;
	enum step step = STEP_MORE;
	struct nl_walk walk;
	int rc = 0;

	dump->n_kept = 0;
	nl_walk_begin(&walk, dump->session->buf, len);
	while (step == STEP_MORE && (rc = nl_walk_next(&walk, &msg)) > 0)
		step = dump_take_message(dump, msg);
	if (step == STEP_MORE && rc < 0) {
		dump->error = rc;
		step = STEP_RESTART;
	}
	dump->n_datagrams++;
	dump->n_idle = dump->n_kept ? 0 : dump->n_idle + 1;
	if (dump->n_kept) {
		dump->handed_on = true;
		dump->canceled = dump->ops->flush(dump->ctx) < 0;
	}
	nl_place_turn_page(&dump->place);
	return dump->canceled ? STEP_FAILED : step;
}

static enum step dump_receive(struct dump *dump)
{
	struct nl_session *session = dump->session;
	enum step step = STEP_MORE;

	while (step == STEP_MORE) {
		struct nl_link *link = session->link;
		bool truncated = false;
		uint32_t from = 0;
		ssize_t n;

		n = link->recv(link, session->buf, session->buf_size, &truncated, &from);
		if (n == -EINTR)
			continue;
		if (n < 0) {
			dump->error = n == -EAGAIN ? -ETIMEDOUT : (int)n;
			return n == -ENOBUFS ? STEP_RESTART : STEP_FAILED;
		}
		if (from == 0 && truncated) {
			dump->error = -EMSGSIZE;
			return STEP_RESTART;
		}
		step = dump_take_datagram(dump, from == 0 ? (size_t)n : 0);
		if (step == STEP_MORE && dump->n_idle > dump->idle_max) {
			dump->error = -ETIMEDOUT;
			return STEP_FAILED;
		}
	}
	return step;
}

static enum step dump_run_once(struct dump *dump)
{
	struct nl_session *session = dump->session;
	struct nlmsghdr *request = dump->request;

	dump->ended = false;
	session->link_failed = true;
	dump->error = session_open_link(session);
	if (dump->error < 0)
		return STEP_FAILED;
	request->nlmsg_seq = ++session->seq;
	request->nlmsg_pid = session->link->portid;
	request->nlmsg_flags &= NLM_F_ACK;
	request->nlmsg_flags |= dump->single ? NLM_F_REQUEST : NLM_F_REQUEST | NLM_F_DUMP;
	dump->error = session->link->send(session->link, request, request->nlmsg_len);
	if (dump->error < 0) {
		if (is_denial(dump->error))
			session->open_error = dump->error;
		return STEP_FAILED;
	}
	session->link_failed = false;
	return dump_receive(dump);
}

/* The one retry policy. Whether another try is worth it; everything is then ready for it. */
static bool dump_may_restart(struct dump *dump)
{
	struct nl_session *session = dump->session;
	size_t size = session->buf_size * BUF_SIZE_GROWTH;

	if (dump->restarts == RESTARTS_MAX)
		return false;
	if (dump->error == -EBADMSG) {
		if (dump->was_damaged)
			return false;
		dump->was_damaged = true;
	}
	if (dump->error == -EMSGSIZE) {
		if (session->buf_size >= BUF_SIZE_MAX)
			return false;
		if (session_set_buffer(session, size < BUF_SIZE_MAX ? size : BUF_SIZE_MAX) < 0)
			return false;
	}
	/* The kernel runs one dump a socket (a second is EBUSY), and this one has not ended. */
	session_close_link(session);
	dump->restarts++;
	if (dump->handed_on)
		nl_place_restart(&dump->place);
	else
		dump->n_damaged = 0;
	dump->n_idle = 0;
	dump->idle_max = IDLE_MAX + 2 * dump->n_datagrams;
	return true;
}

static void report_skipped(const struct nl_session *session, const char *what, unsigned long long n)
{
	if (session->damage)
		session->damage->messages += n;
	else if (n)
		report_add(session->report, REPORT_PARTIAL,
			   "%s: %llu damaged message%s from the kernel %s skipped", what, n,
			   n == 1 ? "" : "s", n == 1 ? "was" : "were");
}

/* Tells what went wrong with a dump that handed rows on. Returns whether anything did. */
static bool dump_report(const struct dump *dump, enum step step)
{
	struct report *report = dump->session->report;
	unsigned long long n = dump->n_damaged;

	if (step != STEP_DONE)
		report_add(report, REPORT_PARTIAL,
			   "%s: the kernel's answer broke off (%s): some sockets are missing",
			   dump->what, strerror(-dump->error));
	else if (dump->place.following)
		report_add(report, REPORT_PARTIAL,
			   "%s: the kernel's answer broke off and could not be resumed: "
			   "some sockets are missing",
			   dump->what);
	if (dump->interrupted)
		report_add(report, REPORT_PARTIAL,
			   "%s: the kernel's answer was interrupted again and again: "
			   "sockets may be missing",
			   dump->what);
	report_skipped(dump->session, dump->what, n);
	return step != STEP_DONE || dump->place.following || dump->interrupted || n;
}

static int dump_result(const struct dump *dump, enum step step)
{
	if (dump->canceled)
		return -ECANCELED;
	/* -ECANCELED is our own word for a sink that asked to stop. */
	if (!dump->handed_on && step != STEP_DONE)
		return dump->error == -ECANCELED ? -EIO : dump->error;
	/* Not one message could be read: another way may tell more. */
	if (!dump->handed_on && dump->n_damaged)
		return -EBADMSG;
	return dump_report(dump, step) ? 1 : 0;
}

bool nl_report_bad_attrs(const struct nl_session *session, const char *what, unsigned long long n)
{
	if (session->damage)
		session->damage->attrs += n;
	else if (n)
		report_add(session->report, REPORT_PARTIAL,
			   "%s: %llu message%s from the kernel had a damaged attribute", what, n,
			   n == 1 ? "" : "s");
	return n != 0;
}

void nl_report_damage(const struct nl_session *session, const char *what,
		      const struct nl_damage *damage)
{
	report_skipped(session, what, damage->messages);
	nl_report_bad_attrs(session, what, damage->attrs);
}

static int exchange(struct nl_session *session, const char *what, struct nlmsghdr *request,
		    const struct nl_dump_ops *ops, void *ctx, bool single)
{
	struct dump *dump;
	enum step step;
	int rc;

	if (!session->buf && session_set_buffer(session, BUF_SIZE_START) < 0)
		return -ENOMEM;
	dump = calloc(1, sizeof(*dump));
	if (!dump)
		return -ENOMEM;
	dump->session = session;
	dump->what = what;
	dump->single = single;
	dump->request = request;
	dump->ops = ops;
	dump->ctx = ctx;
	nl_place_begin(&dump->place);
	dump->idle_max = IDLE_MAX;
	do
		step = dump_run_once(dump);
	while (step == STEP_RESTART && dump_may_restart(dump));
	if (!dump->ended)
		session_close_link(session);
	rc = dump_result(dump, step);
	free(dump);
	return rc;
}

int nl_dump(struct nl_session *session, const char *what, struct nlmsghdr *request,
	    const struct nl_dump_ops *ops, void *ctx)
{
	return exchange(session, what, request, ops, ctx, false);
}

int nl_ask(struct nl_session *session, const char *what, struct nlmsghdr *request,
	   const struct nl_dump_ops *ops, void *ctx)
{
	return exchange(session, what, request, ops, ctx, true);
}
