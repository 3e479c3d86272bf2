/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol rows and the names of states, as include/net/tcp_states.h, include/net/sctp/
 * constants.h and <sys/socket.h> number them. Known limit: the kernel's TCP states 12
 * (NEW_SYN_RECV) and above never leave it and have no name here.
 */
#include "model/proto.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct proto proto_rows[PROTO_COUNT] = {
	[PROTO_TCP] = {
		.name = "tcp",
		.name6 = "tcp6",
		.services = "tcp",
		.ipproto = IPPROTO_TCP,
		.type = SOCK_STREAM,
		.has_timer = true,
	},
	[PROTO_SCTP] = {
		.name = "sctp",
		.name6 = "sctp",
		.services = "sctp",
		.ipproto = IPPROTO_SCTP,
	},
	[PROTO_UDP] = {
		.name = "udp",
		.name6 = "udp6",
		.services = "udp",
		.ipproto = IPPROTO_UDP,
		.type = SOCK_DGRAM,
		.has_timer = true,
	},
	[PROTO_UDPLITE] = {
		.name = "udpl",
		.name6 = "udpl6",
		.word = "udplite",
		.services = "udp",
		.ipproto = IPPROTO_UDPLITE,
		.type = SOCK_DGRAM,
		.has_timer = true,
	},
	[PROTO_RAW] = {
		.name = "raw",
		.name6 = "raw6",
		.services = "ip",
		.ipproto = IPPROTO_RAW,
		.type = SOCK_RAW,
		.has_timer = true,
	},
	[PROTO_UNIX] = {
		.name = "unix",
		.family = AF_UNIX,
	},
	[PROTO_MPTCP] = {
		.name = "mptcp",
		.name6 = "mptcp6",
		.services = "tcp",
		.ipproto = PROTO_NUMBER_MPTCP,
		.type = SOCK_STREAM,
		.has_timer = true,
	},
	[PROTO_DCCP] = {
		.name = "dccp",
		.name6 = "dccp6",
		.services = "dccp",
		.ipproto = IPPROTO_DCCP,
		.type = SOCK_DCCP,
		.has_timer = true,
	},
	[PROTO_PING] = {
		.name = "ping",
		.name6 = "ping6",
		.type = SOCK_DGRAM,
	},
	[PROTO_SMC] = {
		.name = "smc",
		.name6 = "smc6",
		.services = "tcp",
		.type = SOCK_STREAM,
		.family = AF_SMC,
	},
	[PROTO_PACKET] = {
		.name = "packet",
		.family = AF_PACKET,
	},
	[PROTO_NETLINK] = {
		.name = "netlink",
		.family = AF_NETLINK,
	},
	[PROTO_VSOCK] = {
		.name = "vsock",
		.family = AF_VSOCK,
	},
	[PROTO_TIPC] = {
		.name = "tipc",
		.family = AF_TIPC,
	},
	[PROTO_XDP] = {
		.name = "xdp",
		.type = SOCK_RAW,
		.family = AF_XDP,
	},
	[PROTO_BLUETOOTH] = {
		.name = "bt",
		.word = "bluetooth",
		.family = AF_BLUETOOTH,
	},
	[PROTO_KCM] = {
		.name = "kcm",
		.family = AF_KCM,
	},
	[PROTO_KEY] = {
		.name = "key",
		.type = SOCK_RAW,
		.family = AF_KEY,
	},
	[PROTO_PHONET] = {
		.name = "phonet",
		.family = AF_PHONET,
	},
	[PROTO_PPPOE] = {
		.name = "pppoe",
		.type = SOCK_STREAM,
		.family = AF_PPPOX,
	},
	[PROTO_CAN] = {
		.name = "can",
		.family = AF_CAN,
	},
	[PROTO_L2TP] = {
		.name = "l2tp",
		.type = SOCK_STREAM,
		.family = AF_PPPOX,
	},
};

static const char *const tcp_state_names[] = {
	[TCP_STATE_ESTABLISHED] = "ESTABLISHED",
	[TCP_STATE_SYN_SENT] = "SYN_SENT",
	[TCP_STATE_SYN_RECV] = "SYN_RECV",
	[TCP_STATE_FIN_WAIT1] = "FIN_WAIT1",
	[TCP_STATE_FIN_WAIT2] = "FIN_WAIT2",
	[TCP_STATE_TIME_WAIT] = "TIME_WAIT",
	[TCP_STATE_CLOSE] = "CLOSE",
	[TCP_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_STATE_LAST_ACK] = "LAST_ACK",
	[TCP_STATE_LISTEN] = "LISTEN",
	[TCP_STATE_CLOSING] = "CLOSING",
};

/* Other words for them: ss's, and those of RFC 9293, 3.3.2. */
static const struct {
	const char *word;
	unsigned int state;
} tcp_state_words[] = {
	{ "estab", TCP_STATE_ESTABLISHED },     { "syn-rcv", TCP_STATE_SYN_RECV },
	{ "syn-received", TCP_STATE_SYN_RECV }, { "closed", TCP_STATE_CLOSE },
	{ "unconn", TCP_STATE_CLOSE },          { "unconnected", TCP_STATE_CLOSE },
	{ "listening", TCP_STATE_LISTEN },
};

static const char *const sctp_state_names[] = {
	[SCTP_STATE_CLOSED] = "CLOSED",
	[SCTP_STATE_COOKIE_WAIT] = "COOKIE_WAIT",
	[SCTP_STATE_COOKIE_ECHOED] = "COOKIE_ECHOED",
	[SCTP_STATE_ESTABLISHED] = "ESTABLISHED",
	[SCTP_STATE_SHUTDOWN_PENDING] = "SHUTDOWN_PENDING",
	[SCTP_STATE_SHUTDOWN_SENT] = "SHUTDOWN_SENT",
	[SCTP_STATE_SHUTDOWN_RECEIVED] = "SHUTDOWN_RECEIVED",
	[SCTP_STATE_SHUTDOWN_ACK_SENT] = "SHUTDOWN_ACK_SENT",
};

static const char *const unix_type_names[] = {
	[SOCK_STREAM] = "STREAM", [SOCK_DGRAM] = "DGRAM",         [SOCK_RAW] = "RAW",
	[SOCK_RDM] = "RDM",       [SOCK_SEQPACKET] = "SEQPACKET", [SOCK_DCCP] = "DCCP",
	[SOCK_PACKET] = "PACKET",
};

const struct proto *proto_row(enum sock_proto proto)
{
	return &proto_rows[proto];
}

const char *proto_word(enum sock_proto proto)
{
	const struct proto *row = proto_row(proto);

	return row->word ? row->word : row->name;
}

const char *family_word(unsigned int family)
{
	if (family == AF_INET)
		return "inet";
	if (family == AF_INET6)
		return "inet6";
	if (family == AF_PPPOX) /* of two protocols */
		return "pppox";
	for (size_t i = 0; i < PROTO_COUNT; i++)
		if (proto_rows[i].family == family)
			return family ? proto_word((enum sock_proto)i) : NULL;
	return NULL;
}

const char *tcp_state_name(unsigned int state)
{
	return state < COUNT_OF(tcp_state_names) ? tcp_state_names[state] : NULL;
}

/* The next letter or digit of a word, lower case; 0 at its end. */
static char next_letter(const char **word)
{
	char c = *(*word);

	while (c == '-' || c == '_')
		c = *++*word;
	if (c)
		++*word;
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool state_words_equal(const char *a, const char *b)
{
	char c;

	do {
		c = next_letter(&a);
		if (c != next_letter(&b))
			return false;
	} while (c);
	return true;
}

unsigned int tcp_state_find(const char *word)
{
	for (unsigned int state = 1; state < COUNT_OF(tcp_state_names); state++)
		if (state_words_equal(word, tcp_state_names[state]))
			return state;
	for (size_t i = 0; i < COUNT_OF(tcp_state_words); i++)
		if (state_words_equal(word, tcp_state_words[i].word))
			return tcp_state_words[i].state;
	return 0;
}

const char *sctp_state_name(unsigned int state)
{
	return state < COUNT_OF(sctp_state_names) ? sctp_state_names[state] : NULL;
}

uint8_t dccp_state_of(uint8_t number, unsigned int kernel)
{
	/* Where TCP's states end; the first two numbers behind it are DCCP's. */
	const uint8_t end = kernel < (6 << 8 | 8) ? 13 : 14;

	if (number < 13 || kernel == 0)
		return number;
	if (number == end)
		return DCCP_STATE_PARTOPEN;
	return number == end + 1 ? DCCP_STATE_PASSIVE_CLOSEREQ : number;
}

const char *dccp_state_name(unsigned int state)
{
	switch (state) {
	case DCCP_STATE_PARTOPEN:
		return "PARTOPEN";
	case DCCP_STATE_PASSIVE_CLOSEREQ:
		return "PASSIVE_CLOSEREQ";
	default:
		return tcp_state_name(state);
	}
}

const char *unix_type_name(unsigned int type)
{
	return type < COUNT_OF(unix_type_names) ? unix_type_names[type] : NULL;
}
