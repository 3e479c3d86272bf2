/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel answers of Internet sockets: the walk over a datagram, struct inet_diag_msg with
 * all attributes, and whole dumps with everything that can go wrong on the way. And the same of
 * packet, netlink, VSOCK, TIPC, XDP and SMC sockets.
 *
 * Input: a byte of what is done, one of the protocol; then the datagram of a walk, or the pieces of
 * a dump (world.h).
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/facts.h"
#include "source/diag_destroy.h"
#include "source/diag_facts.h"
#include "source/diag_inet.h"
#include "source/diag_special.h"
#include "source/nl_dump.h"
#include "world.h"

enum { DO_WALK, DO_PARSE, DO_DUMP, DO_DESTROY, DO_SPECIAL, DO_SPECIAL_DUMP, DO_COUNT };
enum { ADDRS_MAX = 64, UNKNOWN_ATTR = 0x3000 };

static const enum sock_proto protos[8] = { PROTO_TCP, PROTO_SCTP,  PROTO_UDP,  PROTO_UDPLITE,
					   PROTO_RAW, PROTO_MPTCP, PROTO_DCCP, PROTO_PING };
static const struct special_family *const families[] = {
	&diag_packet_family, &diag_netlink_family, &diag_vsock_family,
	&diag_tipc_family,   &diag_xdp_family,     &diag_smc_family,
};

static struct fuzz_world world;

static void check_addrs(const struct sock *row, const struct endpoint *addrs, size_t n_addrs)
{
	if (row->n_local_addrs)
		FUZZ_CHECK(row->local_addrs >= addrs &&
			   row->local_addrs + row->n_local_addrs <= addrs + n_addrs);
	if (row->n_remote_addrs)
		FUZZ_CHECK(row->remote_addrs >= addrs &&
			   row->remote_addrs + row->n_remote_addrs <= addrs + n_addrs);
}

/* A row is what it is also when a later kernel tells more. */
static void check_unknown_attr(enum sock_proto proto, const uint8_t *payload, size_t len,
			       const struct sock *row)
{
	struct nlattr attr = { .nla_len = sizeof(attr), .nla_type = UNKNOWN_ATTR };
	uint8_t *more = malloc(len + sizeof(attr));
	struct sock again;
	bool bad;

	if (!more)
		abort();
	memcpy(more, payload, len);
	memcpy(more + len, &attr, sizeof(attr));
	FUZZ_CHECK(diag_inet_parse(proto, more, len + sizeof(attr), &again, NULL, 0, &bad) ==
		   NL_ROW);
	FUZZ_CHECK(!bad);
	FUZZ_CHECK(again.has == row->has && again.state == row->state &&
		   again.inode == row->inode && again.retransmits == row->retransmits &&
		   again.cgroup_id == row->cgroup_id && again.sctp_assoc == row->sctp_assoc &&
		   memcmp(&again.local, &row->local, sizeof(row->local)) == 0);
	free(more);
}

static void parse(enum sock_proto proto, const uint8_t *data, size_t len)
{
	uint8_t *payload = fuzz_copy(data, len);
	struct endpoint addrs[ADDRS_MAX];
	struct sock_facts facts;
	struct sock row;
	bool bad = false, good_facts;

	if (diag_inet_parse(proto, payload, len, &row, addrs, ADDRS_MAX, &bad) == NL_ROW) {
		check_addrs(&row, addrs, ADDRS_MAX);
		FUZZ_CHECK(row.proto == proto && len >= 72);
		memset(&facts, 0, sizeof(facts));
		good_facts = diag_facts_parse_inet(proto, payload, len, &facts);
		row.facts = &facts;
		fuzz_check_row(&row);
		if (!bad && len % 4 == 0)
			check_unknown_attr(proto, payload, len, &row);
		/* What the facts stumble over is there all the same for the row. */
		FUZZ_CHECK(good_facts || len > 72);
	} else {
		FUZZ_CHECK(len < 72 || (payload[0] != AF_INET && payload[0] != AF_INET6));
	}
	free(payload);
}

static void walk(enum sock_proto proto, struct fuzz_input *input)
{
	size_t len = fuzz_left(input), seen = 0;
	uint8_t *data = fuzz_copy(input->at, len);
	const struct nlmsghdr *msg;
	struct nl_walk walk;
	int rc;

	nl_walk_begin(&walk, data, len);
	while ((rc = nl_walk_next(&walk, &msg)) > 0) {
		const uint8_t *at = (const uint8_t *)msg;
		int error = nl_message_errno(msg);

		FUZZ_CHECK(at >= data && msg->nlmsg_len >= NLMSG_HDRLEN);
		FUZZ_CHECK(msg->nlmsg_len <= len - (size_t)(at - data));
		FUZZ_CHECK((size_t)(at - data) >= seen);
		seen = (size_t)(at - data) + msg->nlmsg_len;
		FUZZ_CHECK(error <= 0 && error >= -4095);
		parse(proto, at + NLMSG_HDRLEN, msg->nlmsg_len - NLMSG_HDRLEN);
	}
	FUZZ_CHECK(rc == 0 ? len - seen < 4 : rc == -EBADMSG);
	free(data);
}

struct taken {
	size_t n, cancel_at;
};

static int take(void *ctx, struct sock *rows, size_t n)
{
	struct taken *taken = ctx;

	for (size_t i = 0; i < n; i++)
		fuzz_check_row(&rows[i]);
	taken->n += n;
	return taken->cancel_at && taken->n >= taken->cancel_at ? -1 : 0;
}

/* What a list has returned, and what it has told, go together. */
static void check_result(int rc, const struct taken *taken)
{
	bool partial = world.report.level >= REPORT_PARTIAL;

	FUZZ_CHECK(rc <= 1);
	if (rc == 0 || rc == 1)
		FUZZ_CHECK(partial == (rc == 1));
	if (rc < 0 && rc != -ECANCELED)
		FUZZ_CHECK(taken->n == 0);
	FUZZ_CHECK(rc != -ECANCELED || taken->cancel_at);
}

static void parse_special(const struct special_family *family, const uint8_t *data, size_t len)
{
	uint8_t *payload = fuzz_copy(data, len);
	struct sock_special special;
	struct sock_facts facts;
	struct sock row;
	struct special_row all = { &row, &special, &facts };
	bool bad;

	if (diag_special_parse(family, payload, len, &all, &bad) == NL_ROW) {
		FUZZ_CHECK(len >= family->message_size && proto_is_further(row.proto));
		FUZZ_CHECK(row.special == &special);
		row.facts = &facts;
		fuzz_check_row(&row);
	}
	free(payload);
}

static void dump_special(const struct special_family *family, uint8_t bits,
			 struct fuzz_input *input)
{
	struct sock_query query = {
		.proto = PROTO_PACKET,
		.family = AF_PACKET,
		.states = UINT32_MAX,
		.needs = bits & 16 ? NEED_SKMEM | NEED_FACTS : 0,
	};
	struct taken taken = { .cancel_at = bits & 64 ? 1 : 0 };
	struct sock_sink sink = { .take = take, .ctx = &taken };
	struct nl_session session = { .env = &world.env, .report = &world.report };
	struct fuzz_chunk chunk;

	while (fuzz_next_chunk(input, &chunk))
		fuzz_world_play(&world, &chunk);
	check_result(diag_special_list(family, &session, &query, &sink), &taken);
	nl_session_end(&session);
}

static void dump(enum sock_proto proto, uint8_t bits, struct fuzz_input *input)
{
	struct sock_query query = {
		.proto = proto,
		.family = bits & 8 ? AF_INET6 : AF_INET,
		.states = UINT32_MAX,
		.needs = bits & 16 ? NEED_FACTS | NEED_TCP_INFO | NEED_SKMEM : 0,
		.any_will_do = bits & 32,
	};
	struct taken taken = { .cancel_at = bits & 64 ? 1 : 0 };
	struct sock_sink sink = { .take = take, .ctx = &taken };
	struct nl_session session = { .env = &world.env, .report = &world.report };
	struct fuzz_chunk chunk;

	while (fuzz_next_chunk(input, &chunk))
		fuzz_world_play(&world, &chunk);
	check_result(diag_inet_list(&session, &query, &sink), &taken);
	nl_session_end(&session);
}

static void destroy(enum sock_proto proto, struct fuzz_input *input)
{
	struct sock_id id = { .proto = (uint8_t)proto, .family = AF_INET, .cookie = 1 };
	struct diag_destroyer *destroyer = diag_destroyer_new(&world.env, &world.report);
	struct fuzz_chunk chunk;

	while (fuzz_next_chunk(input, &chunk))
		fuzz_world_play(&world, &chunk);
	FUZZ_CHECK(destroyer);
	FUZZ_CHECK(diag_destroy(destroyer, &id) <= 1);
	id.cookie = UINT64_MAX;
	FUZZ_CHECK(diag_destroy(destroyer, &id) == -EINVAL);
	diag_destroyer_free(destroyer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	uint8_t what = fuzz_u8(&input), bits = fuzz_u8(&input);
	enum sock_proto proto = protos[bits & 7];
	const struct special_family *family = families[(bits & 7) % 6];

	fuzz_world_begin(&world);
	world.one_table = true;
	switch (what % DO_COUNT) {
	case DO_WALK:
		walk(proto, &input);
		break;
	case DO_PARSE:
		parse(proto, input.at, fuzz_left(&input));
		break;
	case DO_DUMP:
		dump(proto, bits, &input);
		break;
	case DO_SPECIAL:
		parse_special(family, input.at, fuzz_left(&input));
		break;
	case DO_SPECIAL_DUMP:
		dump_special(family, bits, &input);
		break;
	default:
		destroy(proto, &input);
		break;
	}
	fuzz_world_end(&world);
	return 0;
}
