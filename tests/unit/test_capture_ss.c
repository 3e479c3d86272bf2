/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of ss -D as a kernel that answers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/capture_ss.h"
#include "guard.h"
#include "source/nl_dump.h"
#include "source/nl_link.h"

struct row {
	struct nlmsghdr head;
	struct inet_diag_msg msg;
};

static size_t put_row(uint8_t *to, uint8_t family, uint16_t type, uint32_t inode)
{
	struct row row = {
		.head = { .nlmsg_len = sizeof(row),
			  .nlmsg_type = type,
			  .nlmsg_seq = 123456,
			  .nlmsg_pid = 99 },
		.msg = { .idiag_family = family, .idiag_state = 1, .idiag_inode = inode },
	};

	memcpy(to, &row, sizeof(row));
	return sizeof(row);
}

static size_t put_done(uint8_t *to)
{
	struct nlmsghdr done = { .nlmsg_len = 20, .nlmsg_type = NLMSG_DONE };

	memset(to, 0, 20);
	memcpy(to, &done, sizeof(done));
	return 20;
}

/* Two families with an end behind each; the old type among the new; a UNIX socket. */
static size_t make_dump(uint8_t *to)
{
	size_t n = put_row(to, AF_INET, 20, 1);

	n += put_row(to + n, AF_INET, 18, 2);
	n += put_done(to + n);
	n += put_row(to + n, AF_INET6, 20, 3);
	n += put_row(to + n, AF_UNIX, 20, 4);
	return n + put_done(to + n);
}

/* Asks a link; the inodes of the answer, up to its end. */
static size_t ask(struct nl_link *link, uint8_t family, uint8_t protocol, size_t buf_size,
		  uint32_t *inodes, int *err)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = 20,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			  .nlmsg_seq = 5,
			  .nlmsg_pid = link->portid },
		.req = { .sdiag_family = family, .sdiag_protocol = protocol },
	};
	uint32_t buf[512];
	bool ended = false;
	size_t found = 0;

	*err = link->send(link, &request, sizeof(request));
	while (*err == 0 && !ended) {
		const struct nlmsghdr *msg;
		struct nl_walk walk;
		bool truncated;
		uint32_t from = 1;
		ssize_t n = link->recv(link, buf, buf_size, &truncated, &from);

		cr_assert_gt(n, 0);
		cr_assert_eq(from, 0);
		cr_assert_not(truncated);
		nl_walk_begin(&walk, buf, (size_t)n);
		while (nl_walk_next(&walk, &msg) == 1) {
			struct row row;

			cr_assert_eq(msg->nlmsg_seq, 5);
			cr_assert_eq(msg->nlmsg_pid, link->portid);
			ended = msg->nlmsg_type == NLMSG_DONE;
			if (ended)
				break;
			cr_assert_eq(msg->nlmsg_type, 20);
			memcpy(&row, msg, sizeof(row));
			inodes[found++] = row.msg.idiag_inode;
		}
	}
	return found;
}

Test(ss, every_message_of_each_family)
{
	uint8_t dump[1024];
	size_t n = make_dump(dump), offset;
	uint32_t inodes[8];
	struct capture_ss ss;
	struct nl_link *link;
	int err;

	cr_assert(capture_ss_is_one(dump, n));
	cr_assert_eq(capture_ss_read(&ss, guard_copy(dump, n), n, &offset), 0);
	cr_assert_eq(ss.n_rows, 3);
	cr_assert_eq(ss.n_others, 1);
	link = capture_ss_open(&ss);
	for (size_t size = sizeof(struct row); size <= 2048; size *= 2) {
		cr_assert_eq(ask(link, AF_INET, IPPROTO_TCP, size, inodes, &err), 2);
		cr_assert(inodes[0] == 1 && inodes[1] == 2);
		cr_assert_eq(ask(link, AF_INET6, IPPROTO_TCP, size, inodes, &err), 1);
		cr_assert_eq(inodes[0], 3);
	}
	ask(link, AF_INET, IPPROTO_UDP, 2048, inodes, &err);
	cr_assert_eq(err, -ENODATA);
	ask(link, AF_UNIX, 0, 2048, inodes, &err);
	cr_assert_eq(err, -ENODATA);
	nl_link_close(link);
}

Test(ss, cut_at_every_length)
{
	uint8_t dump[1024];
	size_t n = make_dump(dump);

	for (size_t len = 0; len < n; len++) {
		const uint8_t *data = guard_copy(dump, len);
		struct capture_ss ss;
		size_t offset;
		int err = capture_ss_read(&ss, data, len, &offset);
		bool whole = len == 0 || len == sizeof(struct row) ||
			     len == 2 * sizeof(struct row) || len == 2 * sizeof(struct row) + 20 ||
			     len == 3 * sizeof(struct row) + 20 ||
			     len == 4 * sizeof(struct row) + 20;

		cr_assert_eq(err, whole ? 0 : -EBADMSG, "%zu", len);
		cr_assert_leq(offset, len);
		cr_assert_eq(capture_ss_is_one(data, len), len >= NLMSG_HDRLEN);
	}
}

Test(ss, a_message_that_needs_more_room_is_told)
{
	static uint32_t room[4096];
	uint8_t *dump = (uint8_t *)room;
	struct row row = { .head = { .nlmsg_len = 8192, .nlmsg_type = 20 },
			   .msg = { .idiag_family = AF_INET } };
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} request = { .head = { .nlmsg_len = sizeof(request),
				.nlmsg_type = 20,
				.nlmsg_flags = NLM_F_DUMP },
		      .req = { .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP } };
	uint32_t buf[2048], from;
	struct capture_ss ss;
	struct nl_link *link;
	bool truncated;
	size_t offset;

	memcpy(dump, &row, sizeof(row));
	cr_assert_eq(capture_ss_read(&ss, dump, 8192, &offset), 0);
	link = capture_ss_open(&ss);
	cr_assert_eq(link->send(link, &request, sizeof(request)), 0);
	cr_assert_gt(link->recv(link, buf, 4096, &truncated, &from), 0);
	cr_assert(truncated);
	cr_assert_eq(link->recv(link, buf, 8192, &truncated, &from), 8192);
	cr_assert_not(truncated);
	nl_link_close(link);
	row.head.nlmsg_len = CAPTURE_SS_MESSAGE_MAX + 4;
	memcpy(dump, &row, sizeof(row));
	cr_assert_not(capture_ss_is_one(dump, sizeof(room)));
}

Test(ss, what_else_there_is_is_not_one)
{
	uint8_t text[64] = "root:x:0:0:root:/root:/bin/bash\n";

	cr_assert_not(capture_ss_is_one(text, sizeof(text)));
	memset(text, 0, sizeof(text));
	cr_assert_not(capture_ss_is_one(text, sizeof(text)));
}
