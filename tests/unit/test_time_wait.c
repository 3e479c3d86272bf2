/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums of --time-wait: directions, services, peers, ages; and what is advised because of them.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "view/ports_sums.h"
#include "view/time_wait_advice.h"
#include "view/time_wait_ports.h"
#include "view/time_wait_sums.h"

static struct time_wait_sums sums;
static struct ports_sums ports;
static bool finished;
static struct time_wait_facts facts;
static struct time_wait_advice advice;

static void set_up(void)
{
	const struct ports_settings settings = {
		.low = 32768,
		.high = 60999,
		.tw_reuse = 2,
		.tw_reuse_delay_ms = 1000,
		.timestamps = true,
	};

	ports_sums_begin(&ports, &settings);
	time_wait_sums_init(&sums);
	sums.low = 32768;
	sums.high = 60999;
	sums.listeners_known = true;
	facts = (struct time_wait_facts){
		.low = 32768,
		.high = 60999,
		.range_known = true,
		.reserved_known = true,
		.tw_reuse = { true, 2 },
		.timestamps = { true, 1 },
		.max_buckets = { true, 100000 },
		.fin_timeout_s = { true, 60 },
		.overflows = { true, 0 },
	};
}

static void tear_down(void)
{
	time_wait_sums_free(&sums);
	ports_sums_free(&ports);
}

TestSuite(time_wait, .init = set_up, .fini = tear_down);

static struct endpoint end(const char *text, uint16_t port)
{
	struct endpoint end = { .port = port };
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	cr_assert_eq(inet_pton(family, text, end.addr.bytes), 1);
	return end;
}

static struct sock row(unsigned int state, const char *local, uint16_t local_port,
		       const char *remote, uint16_t remote_port)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = strchr(local, ':') ? AF_INET6 : AF_INET,
		.state = (uint8_t)state,
		.listening = state == TCP_STATE_LISTEN,
		.local = end(local, local_port),
		.remote = end(remote, remote_port),
	};
}

static void add(struct sock sock)
{
	cr_assert_eq(ports_sums_add(&ports, &sock, true), 0);
	cr_assert_eq(time_wait_sums_add(&sums, &sock), 0);
}

static void add_listener(const char *local, uint16_t port, bool v6only, uint64_t inode)
{
	struct sock sock =
		row(TCP_STATE_LISTEN, local, port, strchr(local, ':') ? "::" : "0.0.0.0", 0);

	sock.has = SOCK_HAS_INODE | SOCK_HAS_V6ONLY;
	sock.inode = inode;
	sock.v6only = v6only;
	add(sock);
}

static void add_time_wait(const char *local, uint16_t local_port, const char *remote,
			  uint16_t remote_port, uint32_t left_ms)
{
	struct sock sock = row(TCP_STATE_TIME_WAIT, local, local_port, remote, remote_port);

	sock.has = SOCK_HAS_TIMER;
	sock.timer = TIMER_TIMEWAIT;
	sock.timer_ms = left_ms;
	add(sock);
}

static void add_live(const char *local, uint16_t local_port, const char *remote,
		     uint16_t remote_port, uint64_t inode)
{
	struct sock sock = row(TCP_STATE_ESTABLISHED, local, local_port, remote, remote_port);

	sock.has = inode ? SOCK_HAS_INODE : 0;
	sock.inode = inode;
	add(sock);
}

/* Closed here and not by the other end. */
static void add_half_closed(const char *local, uint16_t local_port, const char *remote,
			    uint16_t remote_port)
{
	struct sock sock = row(TCP_STATE_FIN_WAIT2, local, local_port, remote, remote_port);

	sock.has = SOCK_HAS_TIMER;
	sock.timer = TIMER_TIMEWAIT;
	sock.timer_ms = 30000;
	add(sock);
}

/* Once: what is sorted cannot be found any more. */
static void finish(void)
{
	if (finished)
		return;
	finished = true;
	cr_assert_eq(ports_sums_finish(&ports), 0);
	cr_assert_eq(time_wait_sums_settle(&sums), 0);
	time_wait_take_ports(&sums, &ports);
	cr_assert_eq(time_wait_sums_finish(&sums), 0);
}

static void sides(uint64_t out, uint64_t in, uint64_t unclear)
{
	cr_assert_eq(sums.of_side[TIME_WAIT_OUTBOUND], out);
	cr_assert_eq(sums.of_side[TIME_WAIT_INBOUND], in);
	cr_assert_eq(sums.of_side[TIME_WAIT_UNCLEAR], unclear);
}

Test(time_wait, listeners_tell_the_side)
{
	add_listener("0.0.0.0", 40000, false, 1);
	add_listener("10.0.0.1", 443, false, 2);
	add_time_wait("10.0.0.1", 443, "10.9.9.9", 50000, 1000);
	add_time_wait("10.0.0.1", 40000, "10.9.9.9", 443, 1000);
	sides(0, 2, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_INBOUND], 0);
	/* Another address of this host, where nobody listens: the range tells. */
	add_time_wait("10.0.0.2", 443, "10.9.9.9", 50000, 1000);
	sides(0, 3, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_INBOUND], 1);
}

Test(time_wait, wildcards_and_v6only)
{
	add_listener("::", 40001, false, 1);
	add_listener("::", 40002, true, 2);
	add_time_wait("10.0.0.1", 40001, "10.9.9.9", 999, 1000);
	add_time_wait("::ffff:10.0.0.1", 40001, "::ffff:10.9.9.9", 999, 1000);
	add_time_wait("2001:db8::1", 40002, "2001:db8::9", 999, 1000);
	sides(0, 3, 0);
	add_time_wait("10.0.0.1", 40002, "10.9.9.9", 999, 1000);
	sides(1, 3, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_OUTBOUND], 1);
}

Test(time_wait, v4_wildcard_takes_no_v6)
{
	add_listener("0.0.0.0", 40001, false, 1);
	add_time_wait("2001:db8::1", 40001, "2001:db8::9", 999, 1000);
	sides(1, 0, 0);
}

Test(time_wait, range_tells_where_listeners_do_not)
{
	add_time_wait("10.0.0.1", 40000, "10.9.9.9", 443, 1000);
	add_time_wait("10.0.0.1", 443, "10.9.9.9", 40000, 1000);
	add_time_wait("10.0.0.1", 800, "10.9.9.9", 2049, 1000);
	sides(1, 1, 1);
	/* Both in the range: nobody listens here, so this end is the one that connected. */
	add_time_wait("10.0.0.1", 40001, "10.9.9.9", 50051, 1000);
	sides(2, 1, 1);
	sums.listeners_known = false;
	add_time_wait("10.0.0.1", 40002, "10.9.9.9", 50051, 1000);
	sides(2, 1, 2);
}

Test(time_wait, loopback_client_of_a_listener_here)
{
	add_listener("127.0.0.1", 50051, false, 1);
	add_time_wait("127.0.0.1", 40000, "127.0.0.1", 50051, 1000);
	sides(1, 0, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_OUTBOUND], 0);
}

Test(time_wait, listener_on_another_address_of_this_host)
{
	add_listener("10.9.0.2", 8081, false, 1);
	add_listener("10.9.0.2", 40200, false, 2);
	add_time_wait("10.9.0.1", 40000, "10.9.0.2", 8081, 1000);
	add_time_wait("10.9.0.1", 30010, "10.9.0.2", 40200, 1000);
	sides(2, 0, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_OUTBOUND], 0);
	/* Another host's listener on the same port says nothing. */
	add_time_wait("10.9.0.1", 40001, "10.9.0.7", 8081, 1000);
	finish();
	sides(3, 0, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_OUTBOUND], 1);
}

Test(time_wait, address_of_this_host_that_shows_late)
{
	add_listener("::", 8081, false, 1);
	add_listener("0.0.0.0", 40200, false, 2);
	add_time_wait("10.9.0.1", 40000, "10.9.0.2", 8081, 1000);
	add_time_wait("10.9.0.1", 30010, "10.9.0.2", 40200, 1000);
	add_time_wait("10.9.0.1", 30011, "10.9.0.2", 8081, 1000);
	add_time_wait("10.9.0.1", 30010, "10.9.0.7", 40200, 1000);
	sides(1, 0, 0);
	add_live("10.9.0.2", 22, "10.5.5.5", 5555, 3);
	finish();
	sides(3, 1, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_OUTBOUND], 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_INBOUND], 1);
}

Test(time_wait, link_local_addresses_are_not_only_this_hosts)
{
	add_listener("::", 40200, true, 1);
	add_live("fe80::2", 22, "fe80::9", 5555, 3);
	add_time_wait("fe80::1", 30010, "fe80::2", 40200, 1000);
	finish();
	sides(0, 1, 0);
	cr_assert_eq(sums.by_range[TIME_WAIT_INBOUND], 1);
}

Test(time_wait, v4_mapped_is_the_same_service)
{
	const struct time_wait_service *service;

	add_time_wait("10.0.0.1", 40000, "10.9.9.9", 443, 1000);
	add_time_wait("::ffff:10.0.0.1", 40001, "::ffff:10.9.9.9", 443, 1000);
	add_live("::ffff:10.0.0.1", 40002, "::ffff:10.9.9.9", 443, 7);
	finish();
	cr_assert_eq(sums.services.n, 1);
	cr_assert_eq(sums.peers.n, 1);
	service = time_wait_service(&sums, 0);
	cr_assert_eq(service->count, 2);
	cr_assert_eq(service->live, 1);
	cr_assert_eq(time_wait_triple(&ports, service)->used, 3);
	cr_assert_eq(service->n_inodes, 1);
	cr_assert_eq(service->inodes[0], 7);
	cr_assert_eq(service->key.family, AF_INET);
}

Test(time_wait, ports_are_counted_by_source_address)
{
	const struct time_wait_service *service;

	for (uint16_t i = 0; i < 10; i++)
		add_time_wait(i < 7 ? "10.0.0.2" : "10.0.0.1", (uint16_t)(40000 + i), "10.9.9.9",
			      443, i < 3 ? 55000 : 1000);
	finish();
	service = time_wait_service(&sums, 0);
	cr_assert_eq(service->count, 10);
	cr_assert_eq(service->recent, 3);
	cr_assert_eq(time_wait_triple(&ports, service)->used, 7);
	cr_assert_eq(time_wait_triple(&ports, service)->recent, 3);
	cr_assert_eq(time_wait_source(&ports, service).bytes[3], 2);
}

Test(time_wait, ages)
{
	static const uint32_t left[] = { 60000, 61000, 55001, 55000, 50000, 50001, 1, 0 };

	for (size_t i = 0; i < 8; i++)
		add_time_wait("10.0.0.1", (uint16_t)(40000 + i), "10.9.9.9", 443, left[i]);
	cr_assert_eq(sums.ages[0], 3);
	cr_assert_eq(sums.ages[1], 2);
	cr_assert_eq(sums.ages[2], 1);
	cr_assert_eq(sums.ages[TIME_WAIT_AGES - 1], 2);
	cr_assert_eq(sums.recent, 5);
	add(row(TCP_STATE_TIME_WAIT, "10.0.0.1", 41000, "10.9.9.9", 443));
	cr_assert_eq(sums.n_without_age, 1);
	cr_assert_eq(sums.count, 9);
}

Test(time_wait, fin_wait2_is_not_time_wait)
{
	struct sock sock = row(TCP_STATE_FIN_WAIT2, "10.0.0.1", 40000, "10.9.9.9", 443);

	sock.has = SOCK_HAS_TIMER;
	sock.timer = TIMER_TIMEWAIT;
	add(sock);
	sock.timer = TIMER_OFF; /* one that a process still holds */
	sock.local.port = 40001;
	add(sock);
	cr_assert_eq(sums.fin_wait2, 1);
	cr_assert_eq(sums.count, 0);
	finish();
	cr_assert_eq(time_wait_service(&sums, 0)->live, 1);
	cr_assert_eq(time_wait_triple(&ports, time_wait_service(&sums, 0))->used, 2);
}

Test(time_wait, most_come_first_and_equals_by_address)
{
	add_time_wait("10.0.0.1", 40000, "10.0.0.30", 443, 1000);
	add_time_wait("10.0.0.1", 40000, "10.0.0.4", 443, 1000);
	add_time_wait("10.0.0.1", 40000, "10.0.0.20", 443, 1000);
	add_time_wait("10.0.0.1", 40001, "10.0.0.20", 443, 1000);
	finish();
	cr_assert_eq(time_wait_peer(&sums, 0)->key.addr.bytes[3], 20);
	cr_assert_eq(time_wait_peer(&sums, 1)->key.addr.bytes[3], 4);
	cr_assert_eq(time_wait_peer(&sums, 2)->key.addr.bytes[3], 30);
	cr_assert_eq(time_wait_service(&sums, 0)->count, 2);
	cr_assert_eq(time_wait_service(&sums, 1)->key.addr.bytes[3], 4);
}

Test(time_wait, rounds_start_anew)
{
	for (int round = 0; round < 3; round++) {
		add_listener("0.0.0.0", 80, false, 1);
		add_time_wait("10.0.0.1", 80, "10.9.9.9", 40000, 1000);
		cr_assert_eq(time_wait_sums_finish(&sums), 0);
		cr_assert_eq(sums.count, 1);
		cr_assert_eq(sums.services.n, 1);
		cr_assert_eq(time_wait_service(&sums, 0)->n_inodes, 1);
		time_wait_sums_clear(&sums);
		cr_assert_eq(sums.count, 0);
		cr_assert_eq(sums.low, 32768);
	}
}

Test(time_wait, many_services_stay_apart)
{
	for (unsigned int i = 0; i < 30000; i++) {
		char remote[32];

		snprintf(remote, sizeof(remote), "10.1.%u.%u", i / 3 / 256, i / 3 % 256);
		add_time_wait("10.0.0.1", (uint16_t)(40000 + i % 3), remote, 443, 1000);
	}
	finish();
	cr_assert_eq(sums.services.n, 10000);
	for (size_t i = 0; i < 10000; i++) {
		cr_assert_eq(time_wait_service(&sums, i)->count, 3);
		cr_assert_eq(time_wait_peer(&sums, i)->count, 3);
	}
}

/* n connections to one service are in TIME_WAIT. */
static void outbound(const char *local, const char *remote, unsigned int n, uint32_t left_ms)
{
	for (unsigned int i = 0; i < n; i++)
		add_time_wait(local, (uint16_t)(32768 + i), remote, 443, left_ms);
}

static void advise(const char *client, const char *server)
{
	finish();
	time_wait_advise(&advice, &sums, &ports, &facts, client, server, false);
}

static bool helps(const char *part)
{
	for (size_t i = 0; i < advice.n_helps; i++)
		if (strstr(advice.helps[i], part))
			return true;
	return false;
}

Test(time_wait, nothing_to_do)
{
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_FINE);
	cr_assert_str_eq(advice.verdict, "No problem here: there is no TIME_WAIT.");
}

Test(time_wait, few_ports_are_taken)
{
	outbound("10.0.0.1", "10.9.9.9", 100, 1000);
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_FINE);
	cr_assert_not_null(strstr(advice.verdict, "10.9.9.9:443, takes 100 of the 28232"));
	cr_assert_eq(advice.n_helps, 0);
}

Test(time_wait, servers_have_no_problem)
{
	add_listener("0.0.0.0", 80, false, 1);
	for (unsigned int i = 0; i < 28000; i++)
		add_time_wait("10.0.0.1", 80, "10.9.9.9", (uint16_t)(32768 + i), 59000);
	advise(NULL, "1/nginx");
	cr_assert_eq(advice.level, TIME_WAIT_FINE);
	cr_assert_not_null(strstr(advice.verdict, "costs no ports"));
	cr_assert_eq(advice.n_helps, 0);
}

Test(time_wait, ports_running_out)
{
	outbound("10.0.0.1", "10.9.9.9", 27000, 30000);
	advise("812/app", NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "27000 of the 28232"));
	cr_assert(helps("likely 812/app"));
	cr_assert(helps("tcp_tw_reuse=1"));
	facts.tw_reuse.value = ports.set.tw_reuse = 1;
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_WATCH);
	cr_assert(!helps("tcp_tw_reuse=1"));
	cr_assert(!helps("likely"));
	cr_assert(helps("ip_local_port_range"));
	facts.timestamps.value = ports.set.timestamps = 0; /* then tcp_tw_reuse does nothing */
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert(!helps("tcp_tw_reuse=1"));
	ports.range = 64512;
	advise(NULL, NULL);
	cr_assert(helps("More source addresses"));
}

Test(time_wait, live_connections_hold_the_ports)
{
	for (unsigned int i = 0; i < 27000; i++)
		add_live("10.0.0.1", (uint16_t)(32768 + i), "10.9.9.9", 443, 0);
	for (unsigned int i = 27000; i < 28000; i++)
		add_time_wait("10.0.0.1", (uint16_t)(32768 + i), "10.9.9.9", 443, 30000);
	advise("812/app", NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "27000 of them by connections that are still"));
	cr_assert(helps("in what is likely 812/app: 27000 live ones"));
	cr_assert(!helps("tcp_tw_reuse"));
	cr_assert(!helps("Keep connections"));
	facts.tw_reuse.value = ports.set.tw_reuse = 1;
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_null(strstr(advice.verdict, "takes the edge off"));
}

Test(time_wait, half_closed_connections_hold_the_ports)
{
	for (unsigned int i = 0; i < 27000; i++)
		add_half_closed("10.0.0.1", (uint16_t)(32768 + i), "10.9.9.9", 443);
	facts.tw_reuse.value = ports.set.tw_reuse = 1;
	advise("812/app", NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "27000 of them by closed connections that wait"));
	cr_assert_null(strstr(advice.verdict, "still there"));
	cr_assert_null(strstr(advice.verdict, "takes the edge off"));
	cr_assert(helps("tcp_fin_timeout (now 60 s)"));
	cr_assert(!helps("tcp_tw_reuse=1"));
	cr_assert(!helps("812/app"));
	cr_assert_str_eq(advice.folk[0], "tcp_tw_reuse");
}

Test(time_wait, half_closed_beside_time_wait_and_live)
{
	for (unsigned int i = 0; i < 10000; i++)
		add_half_closed("10.0.0.1", (uint16_t)(32768 + i), "10.9.9.9", 443);
	for (unsigned int i = 10000; i < 26000; i++)
		add_time_wait("10.0.0.1", (uint16_t)(32768 + i), "10.9.9.9", 443, 30000);
	for (unsigned int i = 26000; i < 28000; i++)
		add_live("10.0.0.1", (uint16_t)(32768 + i), "10.9.9.9", 443, 0);
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "10000 of them by closed connections"));
	cr_assert_not_null(strstr(advice.verdict, "and 16000 by TIME_WAIT"));
	cr_assert(helps("tcp_tw_reuse=1"));
	/* Those in FIN_WAIT2 stay, and there is room without the others. */
	facts.tw_reuse.value = ports.set.tw_reuse = 1;
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_WATCH);
}

Test(time_wait, the_destination_that_is_used_up_is_told)
{
	facts.tw_reuse.value = ports.set.tw_reuse = 1;
	outbound("10.0.0.1", "10.9.9.9", 28000, 30000);
	for (unsigned int i = 0; i < 27000; i++)
		add_half_closed("10.0.0.1", (uint16_t)(32768 + i), "10.8.8.8", 443);
	advise("812/app", NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "connections to 10.8.8.8:443"));
	cr_assert(helps("10.8.8.8:443"));
	cr_assert(!helps("812/app"));
}

Test(time_wait, no_port_at_all_without_time_wait)
{
	for (unsigned int port = 32768; port <= 60999; port++)
		port_set_add(&ports.set.reserved, (uint16_t)port);
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert(helps("ip_local_reserved_ports (now 28232)"));
}

Test(time_wait, ports_that_listeners_block_are_not_there)
{
	for (unsigned int i = 0; i < 20000; i++)
		add_listener("127.0.0.1", (uint16_t)(32768 + i), false, 1);
	for (unsigned int i = 20000; i < 28232; i++)
		add_time_wait("10.0.0.1", (uint16_t)(32768 + i), "10.9.9.9", 443, 30000);
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "8232 of the 8232 local ports"));
}

Test(time_wait, no_port_at_all)
{
	add_time_wait("10.0.0.1", 33000, "10.9.9.9", 443, 30000);
	for (uint16_t port = 32768; port <= 60999; port++)
		port_set_add(&ports.set.reserved, port);
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "none of the 28232 local ports"));
}

Test(time_wait, reuse_on_loopback_alone)
{
	outbound("127.0.0.1", "127.0.0.1", 27000, 30000);
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_WATCH);
	cr_assert_not_null(strstr(advice.verdict, "tcp_tw_reuse takes the edge off"));
}

Test(time_wait, rate_alone_is_worth_a_warning)
{
	outbound("10.0.0.1", "10.9.9.9", 5000, 59000);
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_WATCH);
	cr_assert_not_null(strstr(advice.verdict, "would take 30000"));
	cr_assert(helps("500.0 closes a second"));
}

Test(time_wait, buckets)
{
	add_listener("0.0.0.0", 80, false, 1);
	for (unsigned int i = 0; i < 950; i++)
		add_time_wait("10.0.0.1", 80, "10.9.9.9", (uint16_t)(32768 + i), 30000);
	facts.max_buckets.value = 1000;
	facts.overflows.value = 17;
	advise(NULL, "1/nginx");
	cr_assert_eq(advice.level, TIME_WAIT_PROBLEM);
	cr_assert_not_null(strstr(advice.verdict, "950 of 1000 TIME_WAIT buckets"));
	cr_assert_not_null(strstr(advice.verdict, "17 connections went without"));
	cr_assert(helps("tcp_max_tw_buckets=2000"));
	cr_assert(helps("port 80, in what is likely 1/nginx"));
	/* What the kernel counts is the truth, an expression may have chosen fewer rows. */
	facts.buckets.known = true;
	facts.buckets.value = 600;
	advise(NULL, NULL);
	cr_assert_eq(advice.level, TIME_WAIT_WATCH);
}

Test(time_wait, what_does_not_help_is_told)
{
	advise(NULL, NULL);
	cr_assert_eq(advice.n_folk, TIME_WAIT_FOLK_MAX);
	cr_assert_not_null(strstr(advice.folk_why[0], "(60 s here)"));
	facts.fin_timeout_s.known = false;
	advise(NULL, NULL);
	cr_assert_null(strstr(advice.folk_why[0], "here"));
}

Test(time_wait, names_of_services)
{
	struct time_wait_key key = { .family = AF_INET6, .port = 443, .side = TIME_WAIT_OUTBOUND };
	char name[TIME_WAIT_NAME_MAX];

	inet_pton(AF_INET6, "fe80::1", key.addr.bytes);
	key.ifindex = 3;
	time_wait_format_service(name, &key);
	cr_assert_str_eq(name, "[fe80::1%3]:443");
	key = (struct time_wait_key){ .side = TIME_WAIT_INBOUND, .port = 80 };
	time_wait_format_service(name, &key);
	cr_assert_str_eq(name, "port 80");
}
