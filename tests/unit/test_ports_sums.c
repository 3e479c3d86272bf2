/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ephemeral ports: which sockets hold which ports, what is free, and for how long. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "view/ports_sums.h"

static struct ports_sums sums;
static struct ports_settings settings;

static void begin(void)
{
	settings = (struct ports_settings){
		.low = 40000,
		.high = 40009,
		.tw_reuse_delay_ms = 1000,
		.timestamps = true,
	};
	ports_sums_begin(&sums, &settings);
}

static void begin_reuse(uint32_t reuse)
{
	begin();
	settings.tw_reuse = reuse;
	ports_sums_begin(&sums, &settings);
}

static void end(void)
{
	ports_sums_free(&sums);
	memset(&sums, 0, sizeof(sums));
}

TestSuite(ports_sums, .init = begin, .fini = end);

static struct sock tcp(const char *local, uint16_t local_port, const char *remote,
		       uint16_t remote_port, uint8_t state)
{
	struct sock row = {
		.proto = PROTO_TCP,
		.family = strchr(local, ':') ? AF_INET6 : AF_INET,
		.state = state,
		.listening = state == TCP_STATE_LISTEN,
		.local.port = local_port,
		.remote.port = remote_port,
	};

	cr_assert_eq(inet_pton(row.family, local, &row.local.addr), 1);
	cr_assert_eq(inet_pton(row.family, remote, &row.remote.addr), 1);
	return row;
}

static void add(struct sock row)
{
	cr_assert_eq(ports_sums_add(&sums, &row, true), 0);
}

static void connection(uint16_t port)
{
	add(tcp("10.0.0.1", port, "10.0.0.2", 443, TCP_STATE_ESTABLISHED));
}

/* One that went to TIME_WAIT so long ago. */
static struct sock time_wait(const char *local, uint16_t port, const char *remote, uint32_t age_ms)
{
	struct sock row = tcp(local, port, remote, 443, TCP_STATE_TIME_WAIT);

	row.has = SOCK_HAS_TIMER;
	row.timer = TIMER_TIMEWAIT;
	row.timer_ms = 60000 - age_ms;
	return row;
}

static void listener(const char *addr, uint16_t port)
{
	add(tcp(addr, port, strchr(addr, ':') ? "::" : "0.0.0.0", 0, TCP_STATE_LISTEN));
}

/* The only triple to be shown. */
static struct ports_triple finish_one(void)
{
	struct ports_triple triple;
	uint32_t *list;
	size_t n;

	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(ports_sums_top(&sums, 10, &list, &n), 0);
	cr_assert_eq(n, 1);
	triple = sums.triples[list[0]];
	free(list);
	return triple;
}

static const struct ports_source *source_of(const char *addr)
{
	union inet_addr key = { .words = { 0 } };
	int family = strchr(addr, ':') ? AF_INET6 : AF_INET;

	cr_assert_eq(inet_pton(family, addr, &key), 1);
	for (size_t i = 0; i < sums.n_sources; i++) {
		const struct ports_end *found = &sums.ends[sums.sources[i].end];

		if (found->family == family && memcmp(&found->addr, &key, sizeof(key)) == 0)
			return &sums.sources[i];
	}
	cr_assert_fail("no source %s", addr);
	return NULL;
}

Test(ports_sums, an_empty_namespace_has_all_ports)
{
	uint32_t *list;
	size_t n;

	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(sums.range, 10);
	cr_assert_eq(sums.capacity, 10);
	cr_assert_eq(sums.n_sources, 0);
	cr_assert_eq(ports_sums_top(&sums, 10, &list, &n), 0);
	cr_assert_eq(n, 0);
	free(list);
}

Test(ports_sums, states_are_counted_apart_and_all_of_them_hold_a_port)
{
	struct ports_triple triple;

	connection(40000);
	connection(40009);
	add(time_wait("10.0.0.1", 40001, "10.0.0.2", 30000));
	add(tcp("10.0.0.1", 40002, "10.0.0.2", 443, TCP_STATE_SYN_SENT));
	add(tcp("10.0.0.1", 40003, "10.0.0.2", 443, TCP_STATE_CLOSE_WAIT));
	triple = finish_one();
	cr_assert_eq(triple.established, 2);
	cr_assert_eq(triple.time_wait, 1);
	cr_assert_eq(triple.other, 2);
	cr_assert_eq(triple.used, 5);
	cr_assert_eq(triple.reusable, 0);
	cr_assert_eq(source_of("10.0.0.1")->used, 5);
}

Test(ports_sums, ports_outside_the_range_and_other_protocols_are_nothing)
{
	struct sock udp = tcp("10.0.0.1", 40001, "10.0.0.2", 443, TCP_STATE_ESTABLISHED);

	udp.proto = PROTO_UDP;
	add(udp);
	connection(39999);
	connection(40010);
	connection(0);
	connection(65535);
	listener("0.0.0.0", 39999);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(sums.n_wanted, 0);
	cr_assert_eq(sums.capacity, 10);
}

Test(ports_sums, a_range_may_be_one_port_or_all_of_them)
{
	settings.low = settings.high = 65535;
	ports_sums_begin(&sums, &settings);
	connection(65535);
	connection(65534);
	cr_assert_eq(finish_one().used, 1);
	cr_assert_eq(sums.capacity, 1);

	settings.low = 0;
	ports_sums_begin(&sums, &settings);
	connection(65535);
	connection(1);
	cr_assert_eq(finish_one().used, 2);
	cr_assert_eq(sums.capacity, 65536);
}

Test(ports_sums, triples_differ_in_source_destination_and_port)
{
	uint32_t *list;
	size_t n;

	add(tcp("10.0.0.1", 40000, "10.0.0.2", 443, TCP_STATE_ESTABLISHED));
	add(tcp("10.0.0.3", 40000, "10.0.0.2", 443, TCP_STATE_ESTABLISHED));
	add(tcp("10.0.0.1", 40000, "10.0.0.4", 443, TCP_STATE_ESTABLISHED));
	add(tcp("10.0.0.1", 40000, "10.0.0.2", 80, TCP_STATE_ESTABLISHED));
	add(tcp("2001:db8::1", 40000, "2001:db8::2", 443, TCP_STATE_ESTABLISHED));
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(ports_sums_top(&sums, 10, &list, &n), 0);
	cr_assert_eq(n, 5);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(sums.triples[list[i]].used, 1);
	free(list);
	/* One port of that source, three times. */
	cr_assert_eq(source_of("10.0.0.1")->used, 1);
}

Test(ports_sums, v4_mapped_addresses_are_ipv4)
{
	struct ports_triple triple;

	connection(40000);
	add(tcp("::ffff:10.0.0.1", 40001, "::ffff:10.0.0.2", 443, TCP_STATE_ESTABLISHED));
	triple = finish_one();
	cr_assert_eq(triple.used, 2);
	cr_assert_eq(sums.ends[triple.source].family, AF_INET);
	cr_assert_eq(source_of("10.0.0.1")->used, 2);
}

Test(ports_sums, a_bound_device_has_triples_of_its_own)
{
	struct sock row = tcp("10.0.0.1", 40000, "10.0.0.2", 443, TCP_STATE_ESTABLISHED);

	connection(40000);
	row.local.ifindex = 7;
	add(row);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(sums.n_wanted, 2);
	cr_assert_eq(sums.n_sources, 1);
}

static struct ports_triple triple_of_device(uint32_t ifindex)
{
	size_t i = 0;

	while (i < sums.n_triples && sums.ends[sums.triples[i].dest].ifindex != ifindex)
		i++;
	cr_assert_lt(i, sums.n_triples);
	return sums.triples[i];
}

static void on_device(struct sock row, uint32_t ifindex)
{
	row.local.ifindex = ifindex;
	add(row);
}

Test(ports_sums, what_has_no_device_takes_ports_of_all_devices_and_not_the_other_way_round)
{
	connection(40000);
	connection(40001);
	on_device(tcp("10.0.0.1", 40002, "10.0.0.2", 443, TCP_STATE_ESTABLISHED), 7);
	/* Without a device connect() takes what a device has, so that both have one port. */
	on_device(tcp("10.0.0.1", 40001, "10.0.0.2", 443, TCP_STATE_ESTABLISHED), 7);
	on_device(tcp("10.0.0.1", 40005, "10.0.0.2", 443, TCP_STATE_ESTABLISHED), 8);
	/* To another destination. */
	add(tcp("10.0.0.1", 40008, "10.0.0.3", 443, TCP_STATE_ESTABLISHED));
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(triple_of_device(7).used, 3);
	cr_assert_eq(triple_of_device(7).established, 2);
	cr_assert_eq(triple_of_device(8).used, 3);
	cr_assert_eq(triple_of_device(8).established, 1);
	cr_assert_eq(triple_of_device(0).used, 2);
	cr_assert_eq(source_of("10.0.0.1")->used, 5);
	/* Another round counts anew. */
	ports_sums_begin(&sums, &settings);
	on_device(tcp("10.0.0.1", 40002, "10.0.0.2", 443, TCP_STATE_ESTABLISHED), 7);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(triple_of_device(7).used, 1);
}

Test(ports_sums, a_port_on_a_device_is_reusable_when_all_that_is_in_the_way_is)
{
	begin_reuse(1);
	add(time_wait("10.0.0.1", 40000, "10.0.0.2", 5000));
	add(time_wait("10.0.0.1", 40001, "10.0.0.2", 5000));
	on_device(time_wait("10.0.0.1", 40002, "10.0.0.2", 5000), 7);
	on_device(tcp("10.0.0.1", 40001, "10.0.0.2", 443, TCP_STATE_ESTABLISHED), 7);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(triple_of_device(7).used, 3);
	cr_assert_eq(triple_of_device(7).reusable, 2);
	cr_assert_eq(triple_of_device(7).time_wait, 1);
	cr_assert_eq(triple_of_device(0).reusable, 2);
}

Test(ports_sums, a_device_runs_out_by_all_connections_that_take_its_ports)
{
	for (uint16_t port = 40000; port < 40005; port++)
		add(time_wait("10.0.0.1", port, "10.0.0.2", 5000));
	on_device(tcp("10.0.0.1", 40006, "10.0.0.2", 443, TCP_STATE_ESTABLISHED), 7);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	/* 4 of 10 are left, and go at 0.5 a second. */
	cr_assert_eq(triple_of_device(7).exhausted_s, 8);
	cr_assert_eq(triple_of_device(7).recent, 0);
	cr_assert_eq(triple_of_device(0).exhausted_s, 10);
}

Test(ports_sums, reserved_ports_are_neither_capacity_nor_used)
{
	struct ports_triple triple;

	cr_assert_eq(sysctl_parse_ports("8080,40001,40008-50000", 22, &settings.reserved), 0);
	ports_sums_begin(&sums, &settings);
	connection(40000);
	connection(40001);
	triple = finish_one();
	cr_assert_eq(sums.n_reserved, 3);
	cr_assert_eq(sums.capacity, 7);
	cr_assert_eq(sums.bind_capacity, 7);
	cr_assert_eq(triple.used, 1);
	cr_assert_eq(triple.established, 2);
	cr_assert_eq(source_of("10.0.0.1")->used, 1);
}

Test(ports_sums, a_listener_of_any_address_and_family_blocks_its_port_for_all)
{
	listener("10.9.9.9", 40001);
	listener("::1", 40002);
	connection(40000);
	/* The same port, but the listener has another address: outbound, and no port of use. */
	connection(40001);
	cr_assert_eq(finish_one().used, 1);
	cr_assert_eq(sums.capacity, 8);
	cr_assert_eq(sums.n_blocked, 2);
	cr_assert_eq(sums.outbound[40001], 1);
	cr_assert_eq(sums.outbound[40000], 1);
	/* For bind() only the owners of this address count. */
	cr_assert_eq(sums.bind_capacity, 10);
	cr_assert_eq(source_of("10.0.0.1")->used, 2);
}

Test(ports_sums, accepted_connections_are_not_outbound_whichever_row_comes_first)
{
	connection(40001);
	add(tcp("10.0.0.1", 40001, "10.0.0.77", 50000, TCP_STATE_TIME_WAIT));
	add(tcp("::ffff:10.0.0.1", 40002, "::ffff:10.0.0.2", 443, TCP_STATE_ESTABLISHED));
	add(tcp("2001:db8::1", 40003, "2001:db8::2", 443, TCP_STATE_ESTABLISHED));
	listener("10.0.0.1", 40001);
	listener("::", 40002);
	listener("::", 40003);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(sums.n_wanted, 0);
	cr_assert_eq(sums.outbound[40001], 0);
	cr_assert_eq(sums.capacity, 7);
	cr_assert_eq(source_of("10.0.0.1")->used, 3);
}

Test(ports_sums, a_wildcard_of_ipv6_alone_covers_no_ipv4)
{
	struct sock row = tcp("::", 40001, "::", 0, TCP_STATE_LISTEN);

	row.v6only = true;
	add(row);
	connection(40001);
	connection(40002);
	add(tcp("2001:db8::1", 40001, "2001:db8::2", 443, TCP_STATE_ESTABLISHED));
	cr_assert_eq(finish_one().established, 2);
	cr_assert_eq(source_of("10.0.0.1")->used, 2);
	cr_assert_eq(source_of("2001:db8::1")->used, 1);
}

Test(ports_sums, a_socket_that_is_bound_only_blocks_its_port)
{
	struct sock failed = tcp("10.0.0.1", 40005, "10.0.0.2", 443, TCP_STATE_CLOSE);

	add(tcp("10.0.0.1", 40004, "0.0.0.0", 0, TCP_STATE_CLOSE));
	add(tcp("0.0.0.0", 40006, "0.0.0.0", 0, TCP_STATE_CLOSE));
	add(failed);
	connection(40000);
	cr_assert_eq(finish_one().used, 1);
	cr_assert_eq(sums.capacity, 7);
	cr_assert_eq(source_of("10.0.0.1")->used, 4);
}

Test(ports_sums, what_is_not_wanted_is_counted_and_not_shown)
{
	struct sock row = tcp("10.0.0.1", 40001, "10.0.0.2", 443, TCP_STATE_ESTABLISHED);
	uint32_t *list;
	size_t n;

	cr_assert_eq(ports_sums_add(&sums, &row, false), 0);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(ports_sums_top(&sums, 10, &list, &n), 0);
	cr_assert_eq(n, 0);
	free(list);
	cr_assert_not(sums.sources[0].wanted);

	/* One socket that is wanted shows its triple, with all sockets. */
	ports_sums_begin(&sums, &settings);
	cr_assert_eq(ports_sums_add(&sums, &row, false), 0);
	connection(40002);
	cr_assert_eq(finish_one().used, 2);
}

Test(ports_sums, time_wait_may_be_used_again_only_after_the_delay)
{
	begin_reuse(1);
	add(time_wait("10.0.0.1", 40000, "10.0.0.2", 1000));
	add(time_wait("10.0.0.1", 40001, "10.0.0.2", 1001));
	add(time_wait("10.0.0.1", 40002, "10.0.0.2", 59999));
	cr_assert_eq(finish_one().reusable, 2);
}

Test(ports_sums, reuse_may_be_on_loopback_alone_and_needs_timestamps)
{
	struct sock on_lo = time_wait("10.0.0.1", 40003, "10.0.0.2", 30000);
	uint32_t reusable = 0;

	begin_reuse(2);
	add(time_wait("10.0.0.1", 40000, "10.0.0.2", 30000));
	add(time_wait("127.1.2.3", 40000, "127.0.0.1", 30000));
	add(time_wait("::ffff:127.0.0.1", 40001, "::ffff:10.0.0.2", 30000));
	add(time_wait("::1", 40002, "::1", 30000));
	on_lo.local.ifindex = 1;
	add(on_lo);
	cr_assert_eq(ports_sums_finish(&sums), 0);
	for (size_t i = 0; i < sums.n_triples; i++)
		reusable += sums.triples[i].reusable;
	cr_assert_eq(reusable, 4);

	settings.timestamps = false;
	ports_sums_begin(&sums, &settings);
	add(time_wait("127.0.0.1", 40000, "127.0.0.1", 30000));
	cr_assert_eq(finish_one().reusable, 0);
}

Test(ports_sums, fin_wait_2_has_an_age_and_is_not_used_again)
{
	struct sock row = time_wait("10.0.0.1", 40000, "10.0.0.2", 5000);
	struct ports_triple triple;

	begin_reuse(1);
	row.state = TCP_STATE_FIN_WAIT2;
	add(row);
	triple = finish_one();
	cr_assert_eq(triple.other, 1);
	cr_assert_eq(triple.half_closed, 1);
	cr_assert_eq(triple.reusable, 0);
	cr_assert_eq(triple.recent, 1);
}

Test(ports_sums, fin_wait_2_of_a_process_is_not_closed)
{
	struct sock row = tcp("10.0.0.1", 40000, "10.0.0.2", 443, TCP_STATE_FIN_WAIT2);
	struct ports_triple triple;

	row.has |= SOCK_HAS_INODE;
	row.inode = 7;
	add(row);
	triple = finish_one();
	cr_assert_eq(triple.other, 1);
	cr_assert_eq(triple.half_closed, 0);
}

Test(ports_sums, recent_ends_at_ten_seconds)
{
	struct sock no_timer = time_wait("10.0.0.1", 40004, "10.0.0.2", 0);
	struct sock strange = time_wait("10.0.0.1", 40005, "10.0.0.2", 0);

	add(time_wait("10.0.0.1", 40000, "10.0.0.2", 0));
	add(time_wait("10.0.0.1", 40001, "10.0.0.2", 10000));
	add(time_wait("10.0.0.1", 40002, "10.0.0.2", 10001));
	add(time_wait("10.0.0.1", 40003, "10.0.0.2", 60000));
	no_timer.has = 0;
	add(no_timer);
	strange.timer_ms = UINT32_MAX; /* longer than TIME_WAIT lasts */
	add(strange);
	cr_assert_eq(finish_one().recent, 3);
}

/* n connections of one age. */
static void closed(uint16_t first, unsigned int n, uint32_t age_ms)
{
	for (unsigned int i = 0; i < n; i++)
		add(time_wait("10.0.0.1", (uint16_t)(first + i), "10.0.0.2", age_ms));
}

Test(ports_sums, exhaustion_follows_from_the_rate_and_from_what_comes_free)
{
	settings.high = 40099; /* 100 ports */

	/* 20 in 10 s: 2 a second; 80 are free, none comes free before. */
	ports_sums_begin(&sums, &settings);
	closed(40000, 20, 5000);
	cr_assert_eq(finish_one().exhausted_s, 40);

	/* The same with 20 more, which come free after 10 s. */
	ports_sums_begin(&sums, &settings);
	closed(40000, 20, 5000);
	closed(40020, 20, 50000);
	cr_assert_eq(finish_one().exhausted_s, 40);

	/* One in each second of the last minute, and 39 that live: as many come free as are taken.
	 */
	ports_sums_begin(&sums, &settings);
	for (uint16_t second = 0; second < 60; second++)
		closed((uint16_t)(40000 + second), 1, second * 1000u + 500);
	for (uint16_t port = 40060; port < 40099; port++)
		connection(port);
	cr_assert_eq(finish_one().exhausted_s, PORTS_NEVER);

	/* 50 that live, 20 closed just now: 2 a second, 30 are free. */
	ports_sums_begin(&sums, &settings);
	closed(40000, 20, 0);
	for (uint16_t port = 40050; port < 40100; port++)
		connection(port);
	cr_assert_eq(finish_one().exhausted_s, 15);
}

Test(ports_sums, without_new_connections_nothing_is_exhausted_but_what_is)
{
	closed(40000, 9, 30000);
	cr_assert_eq(finish_one().exhausted_s, PORTS_NEVER);

	ports_sums_begin(&sums, &settings);
	closed(40000, 10, 30000);
	cr_assert_eq(finish_one().exhausted_s, 0);

	/* All taken, and all may be taken again. */
	begin_reuse(1);
	closed(40000, 10, 30000);
	cr_assert_eq(finish_one().exhausted_s, PORTS_NEVER);
}

Test(ports_sums, where_every_port_is_blocked_nothing_is_left)
{
	for (uint16_t port = 40000; port <= 40009; port++)
		listener("10.9.9.9", port);
	connection(40000);
	cr_assert_eq(finish_one().exhausted_s, 0);
	cr_assert_eq(sums.capacity, 0);
	cr_assert_eq(ports_pct100(0, 0), 10000);
	cr_assert_eq(ports_free(0, 0), 0);
}

Test(ports_sums, shares_never_overflow)
{
	cr_assert_eq(ports_pct100(65536, 65536), 10000);
	cr_assert_eq(ports_pct100(1, 3), 3333);
	cr_assert_eq(ports_pct100(2, 3), 6667);
	cr_assert_eq(ports_pct100(190, 199), 9548);
	cr_assert_eq(ports_pct100(65535, 65536), 9999, "not all of them");
	cr_assert_eq(ports_pct100(5, 3), 10000);
	cr_assert_eq(ports_free(5, 3), 0);
	cr_assert_eq(ports_free(3, 5), 2);
}

Test(ports_sums, the_fullest_is_the_one_whose_ports_cannot_be_had_again)
{
	uint32_t fullest;

	begin_reuse(1);
	add(time_wait("10.0.0.1", 40001, "10.0.0.2", 30000));
	add(time_wait("10.0.0.1", 40002, "10.0.0.2", 30000));
	add(time_wait("10.0.0.1", 40003, "10.0.0.2", 500));
	add(time_wait("10.0.0.1", 40004, "10.0.0.3", 500));
	add(time_wait("10.0.0.1", 40005, "10.0.0.3", 500));
	cr_assert_eq(ports_sums_finish(&sums), 0);
	fullest = ports_sums_fullest(&sums);
	cr_assert_neq(fullest, PORTS_NONE);
	cr_assert_eq(sums.triples[fullest].used, 2);
	cr_assert_eq(ports_taken(&sums.triples[fullest]), 2);
}

Test(ports_sums, of_equal_ones_the_fullest_is_the_first_in_order)
{
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(ports_sums_fullest(&sums), PORTS_NONE);
	begin();
	add(tcp("10.0.0.1", 40001, "10.0.0.9", 443, TCP_STATE_ESTABLISHED));
	add(tcp("10.0.0.1", 40001, "10.0.0.3", 443, TCP_STATE_ESTABLISHED));
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(sums.ends[sums.triples[ports_sums_fullest(&sums)].dest].addr.bytes[3], 3);
}

/* Triples whose used ports are random, against a plain sort. */
Test(ports_sums, the_top_is_the_top_for_every_length)
{
	enum { N = 60 };
	uint32_t *all, *list;
	size_t n_all, n;

	srand(7);
	for (unsigned int i = 0; i < N; i++) {
		unsigned int ports = 1 + (unsigned int)rand() % 10;

		for (unsigned int port = 0; port < ports; port++) {
			struct sock row = tcp("10.0.0.1", (uint16_t)(40000 + port), "10.1.0.0", 443,
					      TCP_STATE_ESTABLISHED);

			row.remote.addr.bytes[3] = (uint8_t)i;
			add(row);
		}
	}
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(ports_sums_top(&sums, SIZE_MAX, &all, &n_all), 0);
	cr_assert_eq(n_all, N);
	for (size_t i = 1; i < n_all; i++) {
		const struct ports_triple *a = &sums.triples[all[i - 1]];
		const struct ports_triple *b = &sums.triples[all[i]];

		cr_assert(a->used > b->used ||
			  (a->used == b->used &&
			   sums.ends[a->dest].addr.bytes[3] < sums.ends[b->dest].addr.bytes[3]));
	}
	for (size_t max = 0; max <= N + 1; max++) {
		cr_assert_eq(ports_sums_top(&sums, max, &list, &n), 0);
		cr_assert_eq(n, max < N ? max : N);
		cr_assert_eq(memcmp(list, all, n * sizeof(*list)), 0);
		free(list);
	}
	free(all);
}

Test(ports_sums, rounds_do_not_know_of_each_other)
{
	struct port_set owned;

	listener("0.0.0.0", 40001);
	connection(40002);
	add(tcp("10.0.0.1", 40003, "0.0.0.0", 0, TCP_STATE_CLOSE));
	cr_assert_eq(finish_one().used, 1);
	ports_sums_begin(&sums, &settings);
	connection(40005);
	cr_assert_eq(finish_one().used, 1);
	cr_assert_eq(sums.capacity, 10);
	cr_assert_eq(sums.n_sources, 1);
	cr_assert_eq(sums.sources[0].used, 1);
	memset(&owned, 0, sizeof(owned));
	cr_assert_eq(memcmp(&sums.listening, &owned, sizeof(owned)), 0);
	cr_assert_eq(sums.outbound[40002], 0);
}

/* Many more ends than the first hash has room for. */
Test(ports_sums, a_hundred_thousand_triples_stay_apart)
{
	for (uint32_t i = 0; i < 100000; i++) {
		struct sock row = tcp("10.0.0.1", (uint16_t)(40000 + i % 10), "11.0.0.0", 443,
				      TCP_STATE_ESTABLISHED);
		uint32_t host = htonl(i);

		memcpy(row.remote.addr.bytes + 1, (uint8_t *)&host + 1, 3);
		add(row);
	}
	cr_assert_eq(ports_sums_finish(&sums), 0);
	cr_assert_eq(sums.n_wanted, 100000);
	for (size_t i = 0; i < sums.n_triples; i++)
		cr_assert_eq(sums.triples[i].used, 1);
}

static void check_set(const char *in, const char *out)
{
	struct port_set set = { .bits = { 0 } };
	char text[PORTS_LIST_MAX];

	cr_assert_eq(sysctl_parse_ports(in, strlen(in), &set), 0);
	cr_assert(ports_format_set(&set, text, sizeof(text)));
	cr_assert_str_eq(text, out);
}

Test(ports_sums, sets_are_written_as_the_kernel_takes_them)
{
	struct port_set every_other = { .bits = { 0 } };
	char text[PORTS_LIST_MAX], small[8];

	check_set("", "");
	check_set("0", "0");
	check_set("65535", "65535");
	check_set("8080,9000-9010", "8080,9000-9010");
	check_set("9001,9000,9002,80", "80,9000-9002");
	check_set("0-65535", "0-65535");
	for (uint32_t port = 0; port < PORTS_COUNT; port += 2)
		port_set_add(&every_other, (uint16_t)port);
	cr_assert(ports_format_set(&every_other, text, sizeof(text)));
	cr_assert_not(ports_format_set(&every_other, small, sizeof(small)));
}

Test(ports_sums, ports_of_a_set_are_counted_between_any_two)
{
	struct port_set set = { .bits = { 0 } };

	srand(11);
	for (int i = 0; i < 20000; i++)
		port_set_add(&set, (uint16_t)rand());
	for (int i = 0; i < 300; i++) {
		uint16_t low = (uint16_t)rand(), high = (uint16_t)rand();
		uint32_t n = 0;

		for (uint32_t port = low; port <= high; port++)
			n += port_set_has(&set, (uint16_t)port);
		cr_assert_eq(port_set_count(&set, low, high), n);
	}
	cr_assert_eq(port_set_count(&set, 0, 65535) > 1000, true);
}
