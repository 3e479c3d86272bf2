/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --sort: by what people mean, absent last, equal rows in their order. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

#include "sort.h"

static struct plan_key key(const char *name, bool descending)
{
	const struct field *field = field_find(name, strlen(name));

	cr_assert_not_null(field);
	return (struct plan_key){ field, descending };
}

static struct sock row(uint32_t recv_q, uint16_t port, uint64_t inode)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = AF_INET,
		.state = TCP_STATE_ESTABLISHED,
		.has = SOCK_HAS_QUEUES | (inode ? SOCK_HAS_INODE : 0u),
		.recv_q = recv_q,
		.local.port = port,
		.inode = inode,
	};
}

Test(sort, numbers_both_ways_and_ties)
{
	struct sock rows[] = { row(5, 1, 1), row(700, 2, 2), row(5, 3, 3), row(0, 4, 4) };
	struct plan_key keys[] = { key("recv_q", true), key("local_port", true) };
	static const uint16_t by_queue[] = { 2, 1, 3, 4 }, by_both[] = { 2, 3, 1, 4 };

	cr_assert_eq(sort_rows(rows, 4, keys, 1), 0);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(rows[i].local.port, by_queue[i]);
	cr_assert_eq(sort_rows(rows, 4, keys, 2), 0);
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(rows[i].local.port, by_both[i]);
}

Test(sort, absent_is_last_in_both_directions)
{
	for (int descending = 0; descending < 2; descending++) {
		struct sock rows[] = { row(1, 1, 0), row(1, 2, 9), row(1, 3, 0), row(1, 4, 7) };
		struct plan_key by_inode = key("inode", descending);

		cr_assert_eq(sort_rows(rows, 4, &by_inode, 1), 0);
		cr_assert_eq(rows[0].inode, descending ? 9 : 7);
		cr_assert_eq(rows[2].local.port, 1);
		cr_assert_eq(rows[3].local.port, 3);
	}
}

Test(sort, addresses_by_number_not_by_text)
{
	struct sock rows[] = { row(1, 1, 1), row(1, 2, 2), row(1, 3, 3) };
	struct plan_key by_address = key("local_address", false);

	memcpy(rows[0].local.addr.bytes, (uint8_t[]){ 10, 0, 0, 1 }, 4);
	memcpy(rows[1].local.addr.bytes, (uint8_t[]){ 9, 0, 0, 1 }, 4);
	memcpy(rows[2].local.addr.bytes, (uint8_t[]){ 9, 0, 0, 1 }, 4);
	rows[1].family = AF_INET6;
	cr_assert_eq(sort_rows(rows, 3, &by_address, 1), 0);
	cr_assert_eq(rows[0].local.port, 3);
	cr_assert_eq(rows[1].local.port, 1);
	cr_assert_eq(rows[2].local.port, 2);
}

Test(sort, words_texts_and_bools)
{
	static const uint8_t by_state[] = { 2, 3, 1 }, by_user[] = { 3, 2, 1 };
	struct sock rows[] = { row(1, 1, 1), row(1, 2, 2), row(1, 3, 3) };
	struct plan_key state = key("state", false), user = key("user", false),
			v6only = key("v6only", false);

	rows[0].state = TCP_STATE_SYN_SENT;
	rows[2].state = TCP_STATE_LISTEN;
	rows[0].user = "web2";
	rows[1].user = "web";
	rows[2].user = "a";
	for (int i = 0; i < 3; i++)
		rows[i].has |= SOCK_HAS_V6ONLY;
	rows[1].v6only = true;
	cr_assert_eq(sort_rows(rows, 3, &state, 1), 0);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(rows[i].local.port, by_state[i]);
	cr_assert_eq(sort_rows(rows, 3, &user, 1), 0);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(rows[i].local.port, by_user[i]);
	/* no before yes, and equal ones in their order */
	cr_assert_eq(sort_rows(rows, 3, &v6only, 1), 0);
	cr_assert_eq(rows[0].local.port, 3);
	cr_assert_eq(rows[1].local.port, 1);
	cr_assert_eq(rows[2].local.port, 2);
	v6only.descending = true;
	cr_assert_eq(sort_rows(rows, 3, &v6only, 1), 0);
	cr_assert_eq(rows[0].local.port, 2);
}

Test(sort, few_rows)
{
	struct sock one = row(1, 1, 1);
	struct plan_key by_queue = key("recv_q", false);

	cr_assert_eq(sort_rows(NULL, 0, &by_queue, 1), 0);
	cr_assert_eq(sort_rows(&one, 1, &by_queue, 1), 0);
	cr_assert_eq(one.local.port, 1);
}
