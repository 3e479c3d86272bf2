/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums of --count-by: what makes a group, that no two are mixed up, and their order. */
#include <stdio.h>

#include "data_rows.h"
#include "model/query.h"
#include "output/field_text.h"
#include "view/count_data.h"
#include "view/count_sums.h"

static struct data_fields fields;
static struct count_sums sums;
static uint8_t prefixes[DATA_FIELDS_MAX];

static void begin(const char *names)
{
	fields = data_fields(names);
	memset(prefixes, 0, sizeof(prefixes));
	count_sums_init(&sums, fields.list, prefixes, fields.n);
}

static void add(struct sock sock, size_t times)
{
	for (size_t i = 0; i < times; i++)
		cr_assert_eq(count_sums_add(&sums, &sock, 1), 0);
}

static struct sock remote(const char *addr)
{
	struct sock sock = data_tcp();

	sock.family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	sock.remote = data_end(addr, 443);
	return sock;
}

static struct sock in_state(enum tcp_state state)
{
	struct sock sock = data_tcp();

	sock.state = (uint8_t)state;
	return sock;
}

/* Value number i of a group. */
static struct count_value value_of(size_t group, size_t i)
{
	struct count_value value = { .kind = COUNT_ABSENT };
	size_t at = 0;

	cr_assert_lt(group, sums.n_groups);
	for (size_t k = 0; k <= i; k++)
		value = count_group_next(&sums.groups[group], &at);
	return value;
}

static void expect(size_t group, uint64_t count, const char *text)
{
	struct count_value value = value_of(group, 0);
	char addr[COUNT_ADDR_ROOM + 1];

	cr_assert_eq(sums.groups[group].count, count);
	if (value.kind == COUNT_ADDR) {
		count_value_format_addr(addr, &value);
		cr_assert_str_eq(addr, text);
	} else {
		cr_assert_str_eq((const char *)value.text, text);
	}
}

Test(count_sums, largest_first_then_by_value)
{
	begin("state");
	add(in_state(TCP_STATE_TIME_WAIT), 2);
	add(in_state(TCP_STATE_LISTEN), 1);
	add(in_state(TCP_STATE_ESTABLISHED), 5);
	add(in_state(TCP_STATE_CLOSE_WAIT), 2);
	count_sums_sort(&sums);
	cr_assert_eq(sums.n_groups, 4);
	cr_assert_eq(sums.total, 10);
	expect(0, 5, "ESTABLISHED");
	expect(1, 2, "CLOSE_WAIT");
	expect(2, 2, "TIME_WAIT");
	expect(3, 1, "LISTEN");
	count_sums_free(&sums);
}

Test(count_sums, numbers_by_value_and_absent_last)
{
	static const uint16_t ports[] = { 9, 100, 80 };
	struct sock sock = data_tcp();

	begin("local_port");
	for (size_t i = 0; i < 3; i++) {
		sock.local.port = ports[i];
		add(sock, 1);
	}
	sock.local.port = 0; /* a raw socket, one not yet bound: there is no port */
	add(sock, 1);
	count_sums_sort(&sums);
	cr_assert_eq(value_of(0, 0).number, 9);
	cr_assert_eq(value_of(1, 0).number, 80);
	cr_assert_eq(value_of(2, 0).number, 100);
	cr_assert_eq(value_of(3, 0).kind, COUNT_ABSENT);
	count_sums_free(&sums);
}

Test(count_sums, one_peer_is_one_group_whatever_the_socket)
{
	begin("remote_address");
	add(remote("192.0.2.7"), 2);
	add(remote("::ffff:192.0.2.7"), 3);
	add(remote("2001:db8::7"), 1);
	count_sums_sort(&sums);
	cr_assert_eq(sums.n_groups, 2);
	expect(0, 5, "192.0.2.7");
	expect(1, 1, "2001:db8::7");
	count_sums_free(&sums);
}

Test(count_sums, prefixes_clear_what_lies_behind_them)
{
	static const struct {
		const char *addr, *text;
		uint8_t bits;
	} cases[] = {
		{ "10.1.2.3", "10.1.2.0/24", 24 },
		{ "10.1.2.255", "10.1.2.128/25", 25 },
		{ "10.255.2.3", "10.128.0.0/9", 9 },
		{ "10.1.2.3", "0.0.0.0/1", 1 },
		{ "10.1.2.3", "10.1.2.2/31", 31 },
		{ "10.1.2.3", "10.1.2.3", 32 }, /* whole: no slash */
		{ "10.1.2.3", "10.1.2.3", 64 },
		{ "::ffff:10.1.2.3", "10.1.2.0/24", 24 },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", 64 },
		{ "2001:db8:1:ffff:3:4:5:6", "2001:db8:1:fffe::/63", 63 },
		{ "2001:db8:1:2:3:4:5:6", "2001:d00::/24", 24 },
		{ "2001:db8::6", "2001:db8::6", 128 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin("remote_address");
		prefixes[0] = cases[i].bits;
		add(remote(cases[i].addr), 1);
		expect(0, 1, cases[i].text);
		count_sums_free(&sums);
	}
}

Test(count_sums, a_wildcard_is_of_no_network)
{
	struct sock any = data_tcp(), any6 = any, near = any;

	begin("local_address");
	prefixes[0] = 8;
	any.local = data_end("0.0.0.0", 80);
	any6.local = data_end("::", 80);
	any6.family = AF_INET6;
	near.local = data_end("0.0.0.1", 80);
	add(any, 3);
	add(any6, 2);
	add(near, 1);
	count_sums_sort(&sums);
	expect(0, 3, "0.0.0.0");
	expect(1, 2, "::");
	expect(2, 1, "0.0.0.0/8");
	count_sums_free(&sums);
}

Test(count_sums, link_local_peers_of_two_interfaces_are_two)
{
	struct sock sock = remote("fe80::1");

	begin("remote_address");
	sock.remote.ifindex = sock.local.ifindex = 2;
	sock.interface = "eth0";
	add(sock, 2);
	sock.remote.ifindex = sock.local.ifindex = 3;
	sock.interface = NULL;
	add(sock, 1);
	/* Elsewhere the interface a socket is bound to does not make another address. */
	sock = remote("2001:db8::1");
	add(sock, 3);
	sock.remote.ifindex = sock.local.ifindex = 3;
	add(sock, 1);
	count_sums_sort(&sums);
	cr_assert_eq(sums.n_groups, 3);
	expect(0, 4, "2001:db8::1");
	expect(1, 2, "fe80::1%eth0");
	expect(2, 1, "fe80::1%3");
	count_sums_free(&sums);
}

Test(count_sums, no_owner_hidden_owner_and_owner_are_three_groups)
{
	static const struct owner owners[] = { { .pid = 7, .program = "nginx" },
					       { .pid = 8, .program = "cron" } };
	struct sock none = data_tcp(), hidden = none, known = none, orphan = none;

	begin("program");
	hidden.owners_hidden = true;
	known.owners = owners;
	known.n_owners = 2;
	/* What has no inode no process can hold, seen or not. */
	orphan.has &= ~(uint32_t)SOCK_HAS_INODE;
	orphan.owners_hidden = true;
	add(none, 2);
	add(orphan, 1);
	add(hidden, 2);
	add(known, 4);
	count_sums_sort(&sums);
	cr_assert_eq(sums.n_groups, 3);
	expect(0, 4, "nginx"); /* once, under its first owner */
	cr_assert_eq(sums.groups[1].count, 3);
	cr_assert_eq(value_of(1, 0).kind, COUNT_ABSENT);
	cr_assert_eq(value_of(2, 0).kind, COUNT_HIDDEN);
	cr_assert_eq(sums.total, 9);
	count_sums_free(&sums);
}

Test(count_sums, texts_are_not_run_together)
{
	struct sock sock = data_tcp();
	static const char *const pairs[][2] = {
		{ "ab", "c" }, { "a", "bc" }, { "", "abc" }, { "abc", "" }
	};

	begin("user interface");
	for (size_t i = 0; i < 4; i++) {
		sock.user = pairs[i][0];
		sock.interface = pairs[i][1];
		add(sock, 1);
	}
	sock.user = NULL; /* not known is not empty */
	sock.interface = "abc";
	add(sock, 1);
	count_sums_sort(&sums);
	cr_assert_eq(sums.n_groups, 5);
	cr_assert_eq(value_of(4, 0).kind, COUNT_ABSENT);
	cr_assert_str_eq((const char *)value_of(4, 1).text, "abc");
	count_sums_free(&sums);
}

Test(count_sums, any_bytes_of_a_name)
{
	struct sock abstract = data_unix("a\0b", 3, UNIX_ABSTRACT);
	struct sock other = data_unix("a\0c", 3, UNIX_ABSTRACT);
	struct sock path = data_unix("a\0b", 3, UNIX_PATHNAME);

	begin("path");
	add(abstract, 1);
	add(other, 1);
	add(path, 1);
	add(abstract, 1);
	count_sums_sort(&sums);
	cr_assert_eq(sums.n_groups, 3);
	cr_assert_eq(sums.groups[0].count, 2);
	cr_assert_eq(value_of(0, 0).len, 3);
	cr_assert_eq(memcmp(value_of(0, 0).text, "a\0b", 4), 0);
	cr_assert_eq(value_of(0, 0).name_kind, UNIX_ABSTRACT);
	count_sums_free(&sums);
}

/* Two groups of one hash: the chain behind a place is made by hand. */
Test(count_sums, a_hash_alone_is_not_believed)
{
	begin("state");
	add(in_state(TCP_STATE_LISTEN), 1);
	add(in_state(TCP_STATE_ESTABLISHED), 1);
	for (size_t i = 0; i < sums.hash.n; i++) {
		uint32_t *place = hash64_find(
			&sums.hash, hash_bytes(sums.groups[i].key, sums.groups[i].key_len));

		cr_assert_not_null(place);
		*place = 1; /* both lead to the first, the second is behind it */
	}
	sums.groups[0].next = 2;
	add(in_state(TCP_STATE_ESTABLISHED), 4);
	add(in_state(TCP_STATE_LISTEN), 2);
	cr_assert_eq(sums.n_groups, 2);
	cr_assert_eq(sums.groups[0].count, 3);
	cr_assert_eq(sums.groups[1].count, 5);
	count_sums_free(&sums);
}

Test(count_sums, a_socket_of_a_known_group_costs_no_memory)
{
	struct sock sock = data_tcp();
	size_t used;

	begin(NULL);
	/* All fields but those that are lists. */
	for (size_t i = 0, n = fields.n; i < n; i++)
		if (fields.list[n - 1 - i]->type == FIELD_OWNERS)
			fields.list[n - 1 - i] = fields.list[--fields.n];
	sums.n_fields = fields.n;
	add(sock, 1);
	used = sums.keys.used + sums.cap_groups + sums.cap_key + sums.hash.cap;
	add(sock, 1000);
	cr_assert_eq(sums.keys.used + sums.cap_groups + sums.cap_key + sums.hash.cap, used);
	cr_assert_eq(sums.groups[0].count, 1001);
	count_sums_free(&sums);
}

Test(count_sums, many_groups_and_a_new_round)
{
	struct sock sock = data_tcp();

	begin("remote_address local_port");
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 200000; i++) {
			sock.remote.addr.words[0] = i % 50000;
			sock.local.port = (uint16_t)(1 + i % 2);
			cr_assert_eq(count_sums_add(&sums, &sock, 1), 0);
		}
		count_sums_sort(&sums);
		cr_assert_eq(sums.n_groups, 50000);
		cr_assert_eq(sums.total, 200000);
		for (size_t i = 0; i < sums.n_groups; i++)
			cr_assert_eq(sums.groups[i].count, 4);
		for (size_t i = 1; i < sums.n_groups; i++)
			cr_assert_lt(memcmp(value_of(i - 1, 0).end.addr.bytes,
					    value_of(i, 0).end.addr.bytes, 4),
				     0);
		count_sums_clear(&sums);
	}
	count_sums_free(&sums);
}
