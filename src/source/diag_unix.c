/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unix_diag: the request, the parser of one message and the dump (kernel: net/unix/diag.c).
 *
 * UDIAG_SHOW_ICONS is never asked for: when the pending connections of one listener do not fit into
 * a datagram, the kernel ends the dump there without a word. The queue length says how many there
 * are. Limit: the receive queue of a datagram socket is the size of its first message.
 */
#include "source/diag_unix.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include "source/diag_facts.h"

/* A path of full length is sent with the NUL that the kernel puts behind it. */
enum { NAME_MAX_LEN = sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1 };

/* unix_diag tells TCP's numbers, the rest of the program knows those of /proc/net/unix. */
static void parse_state(uint8_t state, struct sock *out)
{
	switch (state) {
	case TCP_STATE_ESTABLISHED:
		out->state = UNIX_STATE_CONNECTED;
		break;
	case TCP_STATE_LISTEN:
		out->listening = true;
		out->state = UNIX_STATE_UNCONNECTED;
		break;
	case TCP_STATE_CLOSE:
		out->state = UNIX_STATE_UNCONNECTED;
		break;
	default:
		out->state = (uint8_t)(UNIX_STATE_OTHER + state % UNIX_STATE_OTHER);
	}
}

static bool parse_name(const struct nl_attr *attr, struct sock *out)
{
	const uint8_t *name = attr->data;
	size_t n = attr->len;

	if (n > NAME_MAX_LEN)
		return false;
	if (n == 0)
		return true;
	if (name[0] == '\0') {
		out->name_kind = UNIX_ABSTRACT;
		name++;
		n--;
	} else {
		out->name_kind = UNIX_PATHNAME;
		if (name[n - 1] == '\0')
			n--;
	}
	out->name = name;
	out->name_len = (uint16_t)n;
	return true;
}

static bool parse_queues(const struct nl_attr *attr, struct sock *out)
{
	struct unix_diag_rqlen queues;

	if (attr->len < sizeof(queues))
		return false;
	memcpy(&queues, attr->data, sizeof(queues));
	out->has |= SOCK_HAS_QUEUES;
	out->recv_q = queues.udiag_rqueue;
	if (out->listening) {
		out->has |= SOCK_HAS_BACKLOG;
		out->backlog = queues.udiag_wqueue;
	} else {
		out->send_q = queues.udiag_wqueue;
	}
	return true;
}

static bool parse_u32(const struct nl_attr *attr, struct sock *out, enum sock_fact fact,
		      uint32_t *member)
{
	if (attr->len < sizeof(*member))
		return false;
	out->has |= fact;
	memcpy(member, attr->data, sizeof(*member));
	return true;
}

/* One attribute. False when it is too short, or too long, for what it is. */
static bool parse_attr(const struct nl_attr *attr, struct sock *out)
{
	switch (attr->type) {
	case UNIX_DIAG_NAME:
		return parse_name(attr, out);
	case UNIX_DIAG_PEER:
		return parse_u32(attr, out, SOCK_HAS_PEER, &out->peer_inode);
	case UNIX_DIAG_RQLEN:
		return parse_queues(attr, out);
	case UNIX_DIAG_SHUTDOWN:
		if (attr->len < sizeof(uint8_t))
			return false;
		out->has |= SOCK_HAS_SHUTDOWN;
		out->shutdown = attr->data[0];
		return true;
	case UNIX_DIAG_UID:
		return parse_u32(attr, out, SOCK_HAS_UID, &out->uid);
	default:
		return true;
	}
}

enum nl_verdict diag_unix_parse(const void *payload, size_t len, struct sock *out, bool *attrs_bad)
{
	struct unix_diag_msg msg;
	struct nl_attr attr;
	size_t pos = sizeof(msg);
	int rc;

	if (len < sizeof(msg))
		return NL_DAMAGED;
	memcpy(&msg, payload, sizeof(msg));
	if (msg.udiag_family != AF_UNIX)
		return NL_DAMAGED;
	memset(out, 0, sizeof(*out));
	out->proto = PROTO_UNIX;
	out->family = AF_UNIX;
	out->type = msg.udiag_type;
	out->inode = msg.udiag_ino;
	out->cookie = msg.udiag_cookie[0] | (uint64_t)msg.udiag_cookie[1] << 32;
	if (out->inode)
		out->has |= SOCK_HAS_INODE;
	if (out->cookie)
		out->has |= SOCK_HAS_COOKIE;
	parse_state(msg.udiag_state, out);
	*attrs_bad = false;
	while ((rc = nl_attr_next(payload, len, &pos, &attr)) > 0) {
		if (!parse_attr(&attr, out))
			*attrs_bad = true;
	}
	if (rc < 0)
		*attrs_bad = true;
	return NL_ROW;
}

int diag_unix_dump(struct nl_session *session, uint32_t states, uint32_t needs,
		   const struct nl_dump_ops *ops, void *ctx)
{
	uint32_t buf[(NLMSG_HDRLEN + sizeof(struct unix_diag_req)) / sizeof(uint32_t)];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct unix_diag_req *req = mnl_nlmsg_put_extra_header(request, sizeof(*req));

	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = AF_UNIX;
	req->udiag_states = states;
	req->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID |
			  diag_facts_unix_show(needs);
	return nl_dump(session, "unix", request, ops, ctx);
}

/* A dump on its way. */
struct unix_dump {
	struct nl_batch batch;
	struct sock_facts *facts; /* one for each row of the batch; NULL: not asked for */
	unsigned long long n_attrs_bad;
	bool attrs_bad; /* of the row just parsed */
};

static enum nl_verdict unix_dump_parse(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	struct unix_dump *list = ctx;
	struct sock *row = &list->batch.rows[list->batch.n];
	enum nl_verdict verdict;

	if (list->batch.canceled)
		return NL_SKIP;
	verdict = diag_unix_parse(payload, len, row, &list->attrs_bad);
	if (verdict == NL_ROW && list->facts) {
		row->facts = &list->facts[list->batch.n];
		if (!diag_facts_parse_unix(payload, len, &list->facts[list->batch.n]))
			list->attrs_bad = true;
	}
	*cookie = verdict == NL_ROW ? row->cookie : 0;
	return verdict;
}

static void unix_dump_keep(void *ctx)
{
	struct unix_dump *list = ctx;

	list->n_attrs_bad += list->attrs_bad;
	nl_batch_keep(&list->batch);
}

static int unix_dump_flush(void *ctx)
{
	struct unix_dump *list = ctx;

	return nl_batch_flush(&list->batch);
}

int diag_unix_list(struct nl_session *session, const struct sock_query *query,
		   const struct sock_sink *sink)
{
	static const struct nl_dump_ops ops = {
		.parse = unix_dump_parse,
		.keep = unix_dump_keep,
		.flush = unix_dump_flush,
	};
	struct unix_dump list = { .n_attrs_bad = 0 };
	int rc = nl_batch_begin(&list.batch, sink);

	if (rc < 0)
		return rc;
	if (diag_facts_wanted(query->needs)) {
		list.facts = malloc(NL_BATCH_ROWS * sizeof(*list.facts));
		if (!list.facts) {
			rc = -ENOMEM;
			goto out;
		}
	}
	rc = diag_unix_dump(session, query->states, query->needs, &ops, &list);
	if (nl_report_bad_attrs(session, "unix", list.n_attrs_bad) && rc == 0)
		rc = 1;
out:
	free(list.facts);
	nl_batch_end(&list.batch);
	return rc;
}
