/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests compared: inet_diag_req_v2 and unix_diag_req of the kernel's uapi headers. */
#include "source/diag_covers.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include "source/nl_dump.h"

struct request {
	struct nlmsghdr head;
	const uint8_t *payload;
	size_t len;
};

static bool take_request(const void *data, size_t len, struct request *request)
{
	if (len < NLMSG_HDRLEN + sizeof(struct sock_diag_req))
		return false;
	memcpy(&request->head, data, sizeof(request->head));
	if (request->head.nlmsg_len < NLMSG_HDRLEN + sizeof(struct sock_diag_req) ||
	    request->head.nlmsg_len > len)
		return false;
	request->payload = (const uint8_t *)data + NLMSG_HDRLEN;
	request->len = request->head.nlmsg_len - NLMSG_HDRLEN;
	return true;
}

static bool is_dump(const struct request *request)
{
	return (request->head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

static bool is_same(const struct request *a, const struct request *b)
{
	return a->len == b->len && is_dump(a) == is_dump(b) &&
	       memcmp(a->payload, b->payload, a->len) == 0;
}

static enum diag_covers all_or_part(bool all)
{
	return all ? DIAG_COVERS_ALL : DIAG_COVERS_PART;
}

static bool no_bit_more(uint32_t asked, uint32_t recorded)
{
	return (asked & ~recorded) == 0;
}

/* What follows the struct of inet_diag. */
struct extras {
	uint32_t protocol; /* one above 255, or that of the struct */
	bool conditions;   /* or anything else that may leave sockets out */
};

static struct extras take_extras(const struct request *request, uint8_t protocol)
{
	struct extras extras = { .protocol = protocol };
	size_t pos = sizeof(struct inet_diag_req_v2);
	struct nl_attr attr;
	int got;

	while ((got = nl_attr_next(request->payload, request->len, &pos, &attr)) == 1) {
		if (attr.type == INET_DIAG_REQ_PROTOCOL && attr.len == sizeof(extras.protocol))
			memcpy(&extras.protocol, attr.data, sizeof(extras.protocol));
		else
			extras.conditions = true;
	}
	extras.conditions |= got < 0;
	return extras;
}

static enum diag_covers inet_covers(const struct request *recorded, const struct request *asked)
{
	struct inet_diag_req_v2 from, to;
	struct extras from_extras, to_extras;
	bool all;

	if (recorded->len < sizeof(from) || asked->len < sizeof(to))
		return DIAG_COVERS_NOT;
	memcpy(&from, recorded->payload, sizeof(from));
	memcpy(&to, asked->payload, sizeof(to));
	from_extras = take_extras(recorded, from.sdiag_protocol);
	to_extras = take_extras(asked, to.sdiag_protocol);
	if (from_extras.protocol != to_extras.protocol)
		return DIAG_COVERS_NOT;
	/* Conditions of what is asked do not matter. */
	all = no_bit_more(to.idiag_states, from.idiag_states) &&
	      no_bit_more(to.idiag_ext, from.idiag_ext) && !from_extras.conditions &&
	      (!from.id.idiag_sport || from.id.idiag_sport == to.id.idiag_sport) &&
	      (!from.id.idiag_dport || from.id.idiag_dport == to.id.idiag_dport);
	return all_or_part(all);
}

static enum diag_covers unix_covers(const struct request *recorded, const struct request *asked)
{
	struct unix_diag_req from, to;

	if (recorded->len < sizeof(from) || asked->len < sizeof(to))
		return DIAG_COVERS_NOT;
	memcpy(&from, recorded->payload, sizeof(from));
	memcpy(&to, asked->payload, sizeof(to));
	return all_or_part(no_bit_more(to.udiag_states, from.udiag_states) &&
			   no_bit_more(to.udiag_show, from.udiag_show) &&
			   recorded->len == sizeof(from));
}

enum diag_covers diag_covers(const void *recorded, size_t recorded_len, const void *asked,
			     size_t asked_len)
{
	struct request from, to;
	uint8_t family;

	if (!take_request(recorded, recorded_len, &from) || !take_request(asked, asked_len, &to) ||
	    from.head.nlmsg_type != to.head.nlmsg_type)
		return DIAG_COVERS_NOT;
	if (is_same(&from, &to))
		return DIAG_COVERS_ALL;
	family = from.payload[0];
	if (family != to.payload[0] || !is_dump(&from) || !is_dump(&to) ||
	    from.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return DIAG_COVERS_NOT;
	if (family == AF_INET || family == AF_INET6)
		return inet_covers(&from, &to);
	if (family == AF_UNIX)
		return unix_covers(&from, &to);
	/* The protocol is the second byte of all of them. */
	return from.payload[1] == to.payload[1] ? DIAG_COVERS_PART : DIAG_COVERS_NOT;
}
