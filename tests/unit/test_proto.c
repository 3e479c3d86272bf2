/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words a reader knows from netstat, for the numbers the kernel uses. */
#include <criterion/criterion.h>

#include <limits.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "model/proto.h"

Test(proto, words)
{
	static const char *const v4[PROTO_COUNT] = { "tcp", "sctp", "udp", "udpl", "raw", "unix" };
	static const char *const v6[] = { "tcp6", "sctp", "udp6", "udpl6", "raw6" };
	static const char *const services[] = { "tcp", "sctp", "udp", "udp", "ip" };

	for (int i = 0; i < PROTO_COUNT; i++)
		cr_assert_str_eq(proto_row((enum sock_proto)i)->name, v4[i]);
	for (int i = 0; i < PROTO_UNIX; i++) {
		cr_assert_str_eq(proto_row((enum sock_proto)i)->name6, v6[i]);
		cr_assert_str_eq(proto_row((enum sock_proto)i)->services, services[i]);
	}
	cr_assert_null(proto_row(PROTO_UNIX)->name6);
	cr_assert_null(proto_row(PROTO_UNIX)->services);
}

Test(proto, numbers)
{
	static const int ipproto[PROTO_COUNT] = { 6, 132, 17, 136, 255, 0 };
	static const int types[PROTO_COUNT] = {
		SOCK_STREAM, 0, SOCK_DGRAM, SOCK_DGRAM, SOCK_RAW, 0
	};
	static const bool timers[PROTO_COUNT] = { true, false, true, true, true, false };

	for (int i = 0; i < PROTO_COUNT; i++) {
		const struct proto *row = proto_row((enum sock_proto)i);

		cr_assert_eq(row->ipproto, ipproto[i], "%s", row->name);
		cr_assert_eq(row->type, types[i], "%s", row->name);
		cr_assert_eq(row->has_timer, timers[i], "%s", row->name);
	}
}

/* Every number but those of the table has no name, out to the largest. */
static void check_names(const char *(*name)(unsigned int), const char *const *want, unsigned int n)
{
	for (unsigned int i = 0; i < 300; i++) {
		if (i < n && want[i])
			cr_assert_str_eq(name(i), want[i]);
		else
			cr_assert_null(name(i), "%u has a name", i);
	}
	cr_assert_null(name(UINT_MAX));
	cr_assert_null(name(1u << 31));
}

Test(proto, tcp_states)
{
	static const char *const want[] = {
		NULL,        "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
		"TIME_WAIT", "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN",    "CLOSING",
	};
	unsigned int set = 0;

	check_names(tcp_state_name, want, 12);
	for (unsigned int i = 0; i < 32; i++) {
		if (tcp_state_name(i))
			set |= 1u << i;
	}
	cr_assert_eq(set, TCP_STATES_ALL);
}

Test(proto, sctp_states)
{
	static const char *const want[] = {
		"CLOSED",           "COOKIE_WAIT",   "COOKIE_ECHOED",     "ESTABLISHED",
		"SHUTDOWN_PENDING", "SHUTDOWN_SENT", "SHUTDOWN_RECEIVED", "SHUTDOWN_ACK_SENT",
	};

	check_names(sctp_state_name, want, 8);
}

Test(proto, unix_types)
{
	static const char *const want[] = { NULL, "STREAM", "DGRAM", "RAW", "RDM", "SEQPACKET" };

	check_names(unix_type_name, want, 6);
}
