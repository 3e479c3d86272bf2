/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words a reader knows from netstat, for the numbers the kernel uses. */
#include <criterion/criterion.h>

#include <limits.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "model/proto.h"

Test(proto, words)
{
	static const char *const v4[PROTO_COUNT] = {
		"tcp",  "sctp", "udp",    "udpl",    "raw",   "unix", "mptcp", "dccp",
		"ping", "smc",  "packet", "netlink", "vsock", "tipc", "xdp",   "bt",
		"kcm",  "key",  "phonet", "pppoe",   "can",   "l2tp",
	};
	static const char *const v6[] = { "tcp6", "sctp", "udp6", "udpl6", "raw6" };
	static const char *const services[] = { "tcp", "sctp", "udp", "udp", "ip" };

	for (int i = 0; i < PROTO_COUNT; i++)
		cr_assert_str_eq(proto_row((enum sock_proto)i)->name, v4[i]);
	for (int i = 0; i < PROTO_UNIX; i++) {
		cr_assert_str_eq(proto_row((enum sock_proto)i)->name6, v6[i]);
		cr_assert_str_eq(proto_row((enum sock_proto)i)->services, services[i]);
	}
	for (int i = 0; i < PROTO_COUNT; i++) {
		cr_assert_eq(proto_row((enum sock_proto)i)->name6 != NULL,
			     proto_has_addresses((unsigned int)i));
		if (i != PROTO_UDPLITE)
			cr_assert_str_eq(proto_word((enum sock_proto)i),
					 i == PROTO_BLUETOOTH ? "bluetooth" : v4[i]);
	}
	cr_assert_str_eq(proto_word(PROTO_UDPLITE), "udplite");
	cr_assert_null(proto_row(PROTO_UNIX)->name6);
	cr_assert_null(proto_row(PROTO_UNIX)->services);
}

Test(proto, numbers)
{
	static const int ipproto[PROTO_COUNT] = { 6, 132, 17, 136, 255, 0, 262, 33 };
	static const int types[PROTO_COUNT] = { SOCK_STREAM,
						0,
						SOCK_DGRAM,
						SOCK_DGRAM,
						SOCK_RAW,
						0,
						SOCK_STREAM,
						SOCK_DCCP,
						SOCK_DGRAM,
						SOCK_STREAM,
						[PROTO_XDP] = SOCK_RAW,
						[PROTO_KEY] = SOCK_RAW,
						[PROTO_PPPOE] = SOCK_STREAM,
						[PROTO_L2TP] = SOCK_STREAM };
	static const int families[PROTO_COUNT] = {
		[PROTO_UNIX] = 1,   [PROTO_SMC] = 43,  [PROTO_PACKET] = 17, [PROTO_NETLINK] = 16,
		[PROTO_VSOCK] = 40, [PROTO_TIPC] = 30, [PROTO_XDP] = 44,    [PROTO_BLUETOOTH] = 31,
		[PROTO_KCM] = 41,   [PROTO_KEY] = 15,  [PROTO_PHONET] = 35, [PROTO_PPPOE] = 24,
		[PROTO_CAN] = 29,   [PROTO_L2TP] = 24,
	};
	static const bool timers[PROTO_COUNT] = {
		true, false, true, true, true, false, true, true
	};

	for (int i = 0; i < PROTO_COUNT; i++) {
		const struct proto *row = proto_row((enum sock_proto)i);

		cr_assert_eq(row->ipproto, ipproto[i], "%s", row->name);
		cr_assert_eq(row->type, types[i], "%s", row->name);
		cr_assert_eq(row->has_timer, timers[i], "%s", row->name);
		cr_assert_eq(row->family, families[i], "%s", row->name);
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
	static const char *const want[] = { NULL,  "STREAM",    "DGRAM", "RAW",
					    "RDM", "SEQPACKET", "DCCP",  [10] = "PACKET" };

	check_names(unix_type_name, want, 11);
}

Test(proto, family_words)
{
	static const char *const want[] = {
		[1] = "unix",       [2] = "inet",    [10] = "inet6", [16] = "netlink",
		[17] = "packet",    [30] = "tipc",   [40] = "vsock", [43] = "smc",
		[44] = "xdp",       [15] = "key",    [24] = "pppox", [29] = "can",
		[31] = "bluetooth", [35] = "phonet", [41] = "kcm",
	};

	check_names(family_word, want, 45);
}

/* 13 was PARTOPEN before TCP got a state of that number in 6.8. */
Test(proto, dccp_states_of_two_numberings)
{
	cr_assert_eq(dccp_state_of(13, 0x0601), DCCP_STATE_PARTOPEN);
	cr_assert_eq(dccp_state_of(14, 0x0601), DCCP_STATE_PASSIVE_CLOSEREQ);
	cr_assert_eq(dccp_state_of(13, 0x060c), 13);
	cr_assert_eq(dccp_state_of(14, 0x0608), DCCP_STATE_PARTOPEN);
	cr_assert_eq(dccp_state_of(15, 0x060c), DCCP_STATE_PASSIVE_CLOSEREQ);
	cr_assert_eq(dccp_state_of(16, 0x060c), 16);
	/* Of a kernel that is not known nothing is guessed. */
	cr_assert_eq(dccp_state_of(14, 0), 14);
	cr_assert_eq(dccp_state_of(TCP_STATE_LISTEN, 0x0601), TCP_STATE_LISTEN);
	cr_assert_str_eq(dccp_state_name(DCCP_STATE_PARTOPEN), "PARTOPEN");
	cr_assert_str_eq(dccp_state_name(DCCP_STATE_PASSIVE_CLOSEREQ), "PASSIVE_CLOSEREQ");
	cr_assert_str_eq(dccp_state_name(TCP_STATE_LISTEN), "LISTEN");
	cr_assert_null(dccp_state_name(13));
	cr_assert_null(dccp_state_name(UINT_MAX));
}

Test(proto, every_spelling_of_a_state)
{
	static const struct {
		const char *word;
		unsigned int state;
	} words[] = {
		{ "estab", TCP_STATE_ESTABLISHED },     { "ESTABLISHED", TCP_STATE_ESTABLISHED },
		{ "SYN-SENT", TCP_STATE_SYN_SENT },     { "syn-recv", TCP_STATE_SYN_RECV },
		{ "SYN-RECEIVED", TCP_STATE_SYN_RECV }, { "syn-rcv", TCP_STATE_SYN_RECV },
		{ "fin-wait-1", TCP_STATE_FIN_WAIT1 },  { "FIN_WAIT1", TCP_STATE_FIN_WAIT1 },
		{ "FIN-WAIT-2", TCP_STATE_FIN_WAIT2 },  { "finwait2", TCP_STATE_FIN_WAIT2 },
		{ "time-wait", TCP_STATE_TIME_WAIT },   { "TIME_WAIT", TCP_STATE_TIME_WAIT },
		{ "CLOSED", TCP_STATE_CLOSE },          { "unconn", TCP_STATE_CLOSE },
		{ "close", TCP_STATE_CLOSE },           { "CLOSE-WAIT", TCP_STATE_CLOSE_WAIT },
		{ "last_ack", TCP_STATE_LAST_ACK },     { "listening", TCP_STATE_LISTEN },
		{ "LISTEN", TCP_STATE_LISTEN },         { "closing", TCP_STATE_CLOSING },
	};
	static const char *const none[] = {
		"", "-", "time", "time-wait-1", "all", "connected", "6"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		cr_assert_eq(tcp_state_find(words[i].word), words[i].state, "%s", words[i].word);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_assert_eq(tcp_state_find(none[i]), 0, "%s", none[i]);
	for (unsigned int state = 1; state < 12; state++)
		cr_assert_eq(tcp_state_find(tcp_state_name(state)), state);
}
