/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view/listeners_sums: which listener a connection belongs to, how full a queue is, what is kept of
 * a batch; and the kernel's counters, from one reading to the next. */
#include "data_rows.h"
#include "guard.h"
#include "proc_dir.h"

#include "view/listeners_kernel.h"
#include "view/listeners_sums.h"

static struct sock listener_at(const char *addr, uint16_t port, uint32_t waiting, uint32_t backlog)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = strchr(addr, ':') ? AF_INET6 : AF_INET,
		.type = SOCK_STREAM,
		.state = TCP_STATE_LISTEN,
		.listening = true,
		.local = data_end(addr, port),
		.recv_q = waiting,
		.backlog = backlog,
		.inode = 77,
		.has = SOCK_HAS_QUEUES | SOCK_HAS_BACKLOG | SOCK_HAS_INODE | SOCK_HAS_V6ONLY,
	};
}

static struct sock connection_at(const char *addr, uint16_t port, uint8_t state)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = strchr(addr, ':') ? AF_INET6 : AF_INET,
		.state = state,
		.local = data_end(addr, port),
		.remote = data_end(strchr(addr, ':') ? "2001:db8::9" : "192.0.2.9", 40000),
		.has = SOCK_HAS_QUEUES,
	};
}

static void add(struct listeners_sums *sums, struct sock sock)
{
	cr_assert_eq(listeners_sums_add(sums, &sock, 1), 0);
}

/* SYN_RECV at the listener of that address and port. */
static uint64_t syn_recv_of(const struct listeners_sums *sums, const char *addr, uint16_t port)
{
	struct endpoint end = data_end(addr, port);

	for (size_t i = 0; i < sums->n_listeners; i++) {
		const struct listener *listener = &sums->listeners[i];

		if (memcmp(&listener->sock.local.addr, &end.addr, sizeof(end.addr)) == 0 &&
		    listener->sock.local.port == port)
			return listener_counts(sums, listener)->syn_recv;
	}
	cr_assert_fail("no listener at %s:%u", addr, port);
	return 0;
}

Test(listeners, the_queue_takes_one_more_than_the_backlog)
{
	struct listener listener = { .sock = listener_at("0.0.0.0", 80, 5, 5) };
	uint64_t percent;

	cr_assert(listener_fill_percent(&listener, &percent));
	cr_assert_eq(percent, 83);
	listener.sock.recv_q = 6;
	cr_assert(listener_fill_percent(&listener, &percent));
	cr_assert_eq(percent, 100);
	listener.sock.backlog = 0;
	listener.sock.recv_q = 1;
	cr_assert(listener_fill_percent(&listener, &percent));
	cr_assert_eq(percent, 100);
	listener.sock.backlog = listener.sock.recv_q = UINT32_MAX;
	cr_assert(listener_fill_percent(&listener, &percent));
	cr_assert_eq(percent, 99);
	listener.sock.has &= ~(uint32_t)SOCK_HAS_BACKLOG;
	cr_assert_not(listener_fill_percent(&listener, &percent));
}

Test(listeners, the_most_exact_address_serves)
{
	struct listeners_sums sums = { 0 };

	/* Connections come before the listeners that serve them. */
	add(&sums, connection_at("10.0.0.1", 80, TCP_STATE_SYN_RECV));
	add(&sums, connection_at("10.0.0.2", 80, TCP_STATE_SYN_RECV));
	add(&sums, connection_at("10.0.0.2", 80, TCP_STATE_SYN_RECV));
	add(&sums, connection_at("10.0.0.1", 81, TCP_STATE_SYN_RECV));
	add(&sums, listener_at("10.0.0.1", 80, 0, 10));
	add(&sums, listener_at("0.0.0.0", 80, 0, 10));
	add(&sums, listener_at("2001:db8::1", 81, 0, 10));
	listeners_sums_finish(&sums);
	cr_assert_eq(syn_recv_of(&sums, "10.0.0.1", 80), 1);
	cr_assert_eq(syn_recv_of(&sums, "0.0.0.0", 80), 2);
	cr_assert_eq(syn_recv_of(&sums, "2001:db8::1", 81), 0);
	cr_assert_eq(sums.stray.syn_recv, 1);
	cr_assert_eq(sums.counts.syn_recv, 4);
	listeners_sums_free(&sums);
}

Test(listeners, an_ipv6_wildcard_takes_ipv4_unless_it_is_v6only)
{
	struct listeners_sums sums = { 0 };
	struct sock v6only = listener_at("::", 81, 0, 1);

	v6only.v6only = true;
	add(&sums, listener_at("::", 80, 0, 1));
	add(&sums, v6only);
	add(&sums, connection_at("10.0.0.1", 80, TCP_STATE_SYN_RECV));
	add(&sums, connection_at("::ffff:10.0.0.1", 80, TCP_STATE_SYN_RECV));
	add(&sums, connection_at("2001:db8::1", 80, TCP_STATE_SYN_RECV));
	add(&sums, connection_at("10.0.0.1", 81, TCP_STATE_SYN_RECV));
	add(&sums, connection_at("2001:db8::1", 81, TCP_STATE_SYN_RECV));
	listeners_sums_finish(&sums);
	cr_assert_eq(sums.n_listeners, 2);
	cr_assert_eq(syn_recv_of(&sums, "::", 80), 3);
	cr_assert_eq(syn_recv_of(&sums, "::", 81), 1);
	cr_assert_eq(sums.stray.syn_recv, 1);
	listeners_sums_free(&sums);
}

Test(listeners, ipv4_prefers_its_own_wildcard_and_its_own_device)
{
	struct listeners_sums sums = { 0 };
	struct sock on_device = listener_at("0.0.0.0", 80, 0, 1), at_device;

	on_device.local.ifindex = 3;
	at_device = connection_at("10.0.0.1", 80, TCP_STATE_SYN_RECV);
	at_device.local.ifindex = 3;
	add(&sums, listener_at("::", 80, 0, 2));
	add(&sums, on_device);
	add(&sums, at_device);
	add(&sums, connection_at("10.0.0.1", 80, TCP_STATE_SYN_RECV));
	listeners_sums_finish(&sums);
	cr_assert_eq(syn_recv_of(&sums, "0.0.0.0", 80), 1);
	cr_assert_eq(syn_recv_of(&sums, "::", 80), 1);
	listeners_sums_free(&sums);
}

Test(listeners, those_that_share_an_address_share_what_waits)
{
	struct listeners_sums sums = { 0 };

	add(&sums, listener_at("0.0.0.0", 80, 2, 1));
	add(&sums, listener_at("0.0.0.0", 80, 0, 1));
	add(&sums, connection_at("10.0.0.1", 80, TCP_STATE_SYN_RECV));
	listeners_sums_finish(&sums);
	cr_assert_eq(sums.n_listeners, 2);
	cr_assert_eq(sums.listeners[0].place, sums.listeners[1].place);
	cr_assert_eq(sums.places[sums.listeners[0].place].n_listeners, 2);
	cr_assert_eq(listener_counts(&sums, &sums.listeners[1])->syn_recv, 1);
	cr_assert_eq(sums.listeners[0].sock.recv_q, 2, "the fullest is first");
	listeners_sums_free(&sums);
}

Test(listeners, close_wait_is_counted_by_what_its_program_knows)
{
	struct listeners_sums sums = { 0 };
	struct sock known = connection_at("10.0.0.1", 80, TCP_STATE_CLOSE_WAIT);
	struct sock unread = known, unaccepted = known;

	known.has |= SOCK_HAS_INODE;
	known.inode = 5;
	unread.has |= SOCK_HAS_INODE;
	unread.inode = 6;
	unread.recv_q = 1;
	unaccepted.recv_q = 9;
	add(&sums, known);
	add(&sums, unread);
	add(&sums, unaccepted);
	add(&sums, connection_at("10.0.0.1", 80, TCP_STATE_ESTABLISHED));
	listeners_sums_finish(&sums);
	cr_assert_eq(sums.counts.close_wait, 3);
	cr_assert_eq(sums.counts.unread, 2);
	cr_assert_eq(sums.counts.unaccepted, 1);
	cr_assert_eq(sums.counts.unaccepted_unread, 1);
	cr_assert_eq(sums.stray.close_wait, 3);
	cr_assert_eq(sums.n_waiters, 2);
	cr_assert_eq(sums.waiters[0].inode, 5);
	cr_assert_not(sums.waiters[0].unread);
	cr_assert(sums.waiters[1].unread);
	listeners_sums_free(&sums);
}

Test(listeners, of_many_in_close_wait_a_bounded_number_is_remembered)
{
	struct listeners_sums sums = { 0 };
	struct sock sock = connection_at("10.0.0.1", 80, TCP_STATE_CLOSE_WAIT);

	sock.has |= SOCK_HAS_INODE;
	for (uint64_t i = 1; i <= LISTENERS_WAITERS_MAX + 10; i++) {
		sock.inode = i;
		add(&sums, sock);
	}
	cr_assert_eq(sums.n_waiters, LISTENERS_WAITERS_MAX);
	cr_assert_eq(sums.counts.close_wait, LISTENERS_WAITERS_MAX + 10);
	listeners_sums_free(&sums);
}

Test(listeners, drops_are_read_only_where_the_kernel_gave_them)
{
	struct listeners_sums sums = { 0 };
	const uint32_t skmem[9] = { [8] = 41 };
	struct sock row = listener_at("0.0.0.0", 80, 0, 1);
	struct sock_facts facts = { 0 };

	row.facts = &facts;
	add(&sums, row);
	facts.skmem = (struct blob){ guard_copy(skmem, 8 * 4), 8 * 4 };
	row.local.port++;
	add(&sums, row);
	facts.skmem = (struct blob){ guard_copy(skmem, sizeof(skmem)), sizeof(skmem) };
	row.local.port++;
	add(&sums, row);
	listeners_sums_finish(&sums);
	cr_assert_eq(sums.listeners[0].sock.local.port, 82, "the most drops come first");
	cr_assert(sums.listeners[0].has_drops);
	cr_assert_eq(sums.listeners[0].drops, 41);
	cr_assert_not(sums.listeners[1].has_drops);
	cr_assert_not(sums.listeners[2].has_drops);
	cr_assert_null(sums.listeners[0].sock.facts);
	listeners_sums_free(&sums);
}

Test(listeners, names_outlive_the_batch_and_a_round_leaves_nothing)
{
	struct listeners_sums sums = { 0 };
	char name[] = "/run/a socket";
	struct sock row = {
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.type = SOCK_STREAM,
		.listening = true,
		.name_kind = UNIX_PATHNAME,
		.name = (uint8_t *)name,
		.name_len = sizeof(name) - 1,
	};

	add(&sums, row);
	add(&sums, connection_at("10.0.0.1", 80, TCP_STATE_SYN_RECV));
	memset(name, 'x', sizeof(name) - 1);
	listeners_sums_finish(&sums);
	cr_assert_eq(sums.n_listeners, 1);
	cr_assert_eq(memcmp(sums.listeners[0].sock.name, "/run/a socket", 13), 0);
	cr_assert_null(listener_counts(&sums, &sums.listeners[0]));
	listeners_sums_clear(&sums);
	add(&sums, listener_at("0.0.0.0", 80, 0, 1));
	listeners_sums_finish(&sums);
	cr_assert_eq(sums.n_listeners, 1);
	cr_assert_eq(sums.stray.syn_recv, 0);
	cr_assert_eq(syn_recv_of(&sums, "0.0.0.0", 80), 0);
	listeners_sums_free(&sums);
}

static int64_t now_ns;

static int64_t clock_ns(const struct env *env)
{
	(void)env;
	return now_ns;
}

Test(listeners_kernel, a_second_reading_tells_the_rate, .init = proc_dir_begin,
     .fini = proc_dir_end)
{
	struct listeners_kernel kernel = { 0 };

	proc_dir_env.now_ns = clock_ns;
	now_ns = INT64_C(5000000000);
	proc_dir_put_text("net/snmp", "Tcp: PassiveOpens\nTcp: 7\n");
	proc_dir_put_text("net/netstat", "TcpExt: ListenOverflows ListenDrops\nTcpExt: 10 20\n");
	proc_dir_put_text("sys/net/core/somaxconn", "4096\n");
	listeners_kernel_read(&kernel, &proc_dir_env, &proc_dir_report, true);
	cr_assert(kernel.counters[LISTENERS_OVERFLOWS].known);
	cr_assert_eq(kernel.counters[LISTENERS_OVERFLOWS].value, 10);
	cr_assert_not(kernel.counters[LISTENERS_OVERFLOWS].has_rate);
	cr_assert_not(kernel.counters[LISTENERS_COOKIES_SENT].known);
	cr_assert_eq(kernel.settings[LISTENERS_SOMAXCONN].value, 4096);
	cr_assert_not(kernel.settings[LISTENERS_SYNCOOKIES].known);

	now_ns += INT64_C(2500000000);
	proc_dir_put_text("net/netstat", "TcpExt: ListenOverflows ListenDrops\nTcpExt: 15 3\n");
	listeners_kernel_read(&kernel, &proc_dir_env, &proc_dir_report, true);
	cr_assert(kernel.counters[LISTENERS_OVERFLOWS].has_rate);
	cr_assert_eq(kernel.counters[LISTENERS_OVERFLOWS].per_1000_s, 2000);
	cr_assert_not(kernel.counters[LISTENERS_DROPS].has_rate, "a counter never falls");
	cr_assert_eq(report_status(&proc_dir_report), 0);
}

Test(listeners_kernel, counters_that_cannot_be_read_are_missed, .init = proc_dir_begin,
     .fini = proc_dir_end)
{
	struct listeners_kernel kernel = { 0 };

	proc_dir_env.now_ns = clock_ns;
	proc_dir_put_text("net/snmp", "Tcp: PassiveOpens\nTcp: 7\n");
	proc_dir_put_text("sys/net/core/somaxconn", "4096\n");
	listeners_kernel_read(&kernel, &proc_dir_env, &proc_dir_report, true);
	cr_assert_eq(report_status(&proc_dir_report), 3);
	cr_assert_not_null(strstr(proc_dir_heard(), "net/netstat"));
	cr_assert(kernel.counters[LISTENERS_PASSIVE_OPENS].known);
	cr_assert_not(kernel.counters[LISTENERS_OVERFLOWS].known);
}

Test(listeners_kernel, settings_that_cannot_be_read_are_missed, .init = proc_dir_begin,
     .fini = proc_dir_end)
{
	struct listeners_kernel kernel = { 0 };

	proc_dir_env.now_ns = clock_ns;
	proc_dir_put_text("net/snmp", "Tcp: PassiveOpens\nTcp: 7\n");
	proc_dir_put_text("net/netstat", "TcpExt: ListenDrops\nTcpExt: 20\n");
	listeners_kernel_read(&kernel, &proc_dir_env, &proc_dir_report, true);
	cr_assert_eq(report_status(&proc_dir_report), 3);
	cr_assert_not_null(strstr(proc_dir_heard(), "net.core.somaxconn cannot be read"));
	cr_assert_not(kernel.settings[LISTENERS_SOMAXCONN].known);
}

Test(listeners_kernel, without_tcp_only_what_others_have_is_read, .init = proc_dir_begin,
     .fini = proc_dir_end)
{
	struct listeners_kernel kernel = { 0 };

	proc_dir_env.now_ns = clock_ns;
	proc_dir_put_text("sys/net/core/somaxconn", "4096\n");
	proc_dir_put_text("sys/net/ipv4/tcp_syncookies", "1\n");
	listeners_kernel_read(&kernel, &proc_dir_env, &proc_dir_report, false);
	cr_assert_eq(report_status(&proc_dir_report), 0, "no counters are missed");
	cr_assert_eq(kernel.settings[LISTENERS_SOMAXCONN].value, 4096);
	cr_assert_not(kernel.settings[LISTENERS_SYNCOOKIES].known);
}
