/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocols whose sockets we list, one const row each, and the names of their states. */
#ifndef LSSOCK_MODEL_PROTO_H
#define LSSOCK_MODEL_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * In the order of the output, which is netstat's: Internet sockets, UNIX sockets, then families
 * that netstat does not know, those with Internet addresses first.
 */
enum sock_proto {
	PROTO_TCP,
	PROTO_SCTP,
	PROTO_UDP,
	PROTO_UDPLITE,
	PROTO_RAW,
	PROTO_UNIX,
	PROTO_MPTCP,
	PROTO_DCCP,
	PROTO_PING, /* ICMP echo without privilege */
	PROTO_SMC,
	PROTO_PACKET,
	PROTO_NETLINK,
	PROTO_VSOCK,
	PROTO_TIPC,
	PROTO_XDP,
	PROTO_BLUETOOTH,
	PROTO_KCM,
	PROTO_KEY,
	PROTO_PHONET,
	PROTO_PPPOE,
	PROTO_CAN,
	PROTO_L2TP,
	PROTO_COUNT,
};

/* Kernels since 5.6; headers of older C libraries lack it. */
enum { PROTO_NUMBER_MPTCP = 262 };

/* What netstat calls Internet connections. */
static inline bool proto_is_inet(unsigned int proto)
{
	return proto < PROTO_UNIX;
}

/* A family that netstat does not know. */
static inline bool proto_is_further(unsigned int proto)
{
	return proto > PROTO_UNIX && proto < PROTO_COUNT;
}

/* Its ends are Internet addresses and ports. */
static inline bool proto_has_addresses(unsigned int proto)
{
	return proto < PROTO_UNIX || (proto > PROTO_UNIX && proto < PROTO_PACKET);
}

struct proto {
	const char *name;     /* "tcp": the word in the Proto column for IPv4, and in messages */
	const char *name6;    /* "tcp6": the word for IPv6; NULL where there is no such family */
	const char *services; /* the protocol's word in the services database, NULL: its ports have
				 no names */
	const char *word;     /* the word in data and expressions; NULL: name */
	uint16_t ipproto;     /* IPPROTO_*, what sock_diag calls sdiag_protocol; 0: none */
	uint8_t family; /* the family of its only table; 0: one for AF_INET, one for AF_INET6 */
	uint8_t type;   /* SOCK_*; 0 where a socket may be of several */
	bool has_timer; /* netstat's -o shows a timer for it */
};

/* The row of a protocol; never NULL for a value below PROTO_COUNT. */
const struct proto *proto_row(enum sock_proto proto);
/* Its word in data and expressions; never NULL. */
const char *proto_word(enum sock_proto proto);
/* The word for a family of addresses in data ("inet6", "packet"), or NULL. */
const char *family_word(unsigned int family);

/* States of a TCP socket as the kernel numbers them (include/net/tcp_states.h). */
enum tcp_state {
	TCP_STATE_ESTABLISHED = 1,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECV,
	TCP_STATE_FIN_WAIT1,
	TCP_STATE_FIN_WAIT2,
	TCP_STATE_TIME_WAIT,
	TCP_STATE_CLOSE,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_LAST_ACK,
	TCP_STATE_LISTEN,
	TCP_STATE_CLOSING,
	/*
	 * Only in what sock_diag is asked for (kernels since 6.8; others know no such bit): sockets
	 * that are bound, neither listening nor connected. They come as CLOSE.
	 */
	TCP_STATE_BOUND_INACTIVE = 13,
};

/* The eleven states as a set of bits: 1 << state. What sock_diag takes in idiag_states; bits 0, 12
 * and 13 stay clear. */
#define TCP_STATES_ALL 0xffeu

/* States of an SCTP association (include/net/sctp/constants.h, enum sctp_state). */
enum sctp_state {
	SCTP_STATE_CLOSED,
	SCTP_STATE_COOKIE_WAIT,
	SCTP_STATE_COOKIE_ECHOED,
	SCTP_STATE_ESTABLISHED,
	SCTP_STATE_SHUTDOWN_PENDING,
	SCTP_STATE_SHUTDOWN_SENT,
	SCTP_STATE_SHUTDOWN_RECEIVED,
	SCTP_STATE_SHUTDOWN_ACK_SENT,
};

/*
 * States of DCCP that are not TCP's (include/linux/dccp.h). The kernel numbers them from the end of
 * TCP's on, which 6.8 moved: there PARTOPEN came to be 14, and 13 to mean TCP's BOUND_INACTIVE.
 * What is kept in a socket are these numbers, whatever the kernel has.
 */
enum dccp_state {
	DCCP_STATE_PARTOPEN = 32,
	DCCP_STATE_PASSIVE_CLOSEREQ,
};

/*
 * States of a UNIX socket as /proc/net/unix numbers them (include/uapi/linux/net.h, socket_state).
 * A state of sock_diag that none of these stands for is kept as UNIX_STATE_OTHER + its number.
 */
enum unix_state {
	UNIX_STATE_FREE,
	UNIX_STATE_UNCONNECTED,
	UNIX_STATE_CONNECTING,
	UNIX_STATE_CONNECTED,
	UNIX_STATE_DISCONNECTING,
	UNIX_STATE_OTHER = 128,
};

/* The name of a TCP state ("TIME_WAIT"), or NULL for a number that has none. */
const char *tcp_state_name(unsigned int state);
/* Whether two words name the same state: letters of either case, '-' and '_' anywhere ("FIN_WAIT1",
 * "fin-wait-1"). */
bool state_words_equal(const char *a, const char *b);
/* The TCP state of a word as netstat, ss or RFC 9293 spell it ("SYN_RECV", "syn-rcv",
 * "SYN-RECEIVED"); 0 for a word that is none. */
unsigned int tcp_state_find(const char *word);
/* The name of an SCTP association's state ("COOKIE_WAIT"), or NULL. */
const char *sctp_state_name(unsigned int state);
/* The state of a DCCP socket of a kernel's number; kernel: its version, 6.9 as 0x0609, 0: not
 * known. What cannot be told apart stays the number that it is. */
uint8_t dccp_state_of(uint8_t number, unsigned int kernel);
/* The name of a state of DCCP: TCP's word for what both have, or NULL. */
const char *dccp_state_name(unsigned int state);
/* The name of a UNIX socket's type ("STREAM"), or NULL. */
const char *unix_type_name(unsigned int type);

#endif
