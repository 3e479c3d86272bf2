/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States as expressions name them, and tables. UNIX sockets and SCTP associations take part under
 * the name that says the same of TCP; what is SCTP's alone has bits of its own.
 */
#include <string.h>
#include <sys/socket.h>

#include "filter/node.h"
#include "model/proto.h"

#define BIT(state) (1u << (state))
#define SCTP_BIT(state) (1u << (16 + (state)))
#define DCCP_BIT(state) (1u << (24 + (state)-DCCP_STATE_PARTOPEN))

enum { STATE_BOUND_INACTIVE = 13 };

#define LISTEN BIT(TCP_STATE_LISTEN)
#define CLOSED BIT(TCP_STATE_CLOSE)
#define SYN_SENT BIT(TCP_STATE_SYN_SENT)
#define SCTP_OPENING (SCTP_BIT(SCTP_STATE_COOKIE_WAIT) | SCTP_BIT(SCTP_STATE_COOKIE_ECHOED))
#define BUCKET (BIT(TCP_STATE_SYN_RECV) | BIT(TCP_STATE_TIME_WAIT))
#define NOT_CONNECTED (LISTEN | CLOSED | BIT(STATE_BOUND_INACTIVE) | STATE_OTHER)

struct state_word {
	const char *word; /* how it is printed */
	uint32_t mask;
};

/* The first word of a mask is the one that is printed. */
static const struct state_word state_words[] = {
	{ "established", BIT(TCP_STATE_ESTABLISHED) },
	{ "estab", BIT(TCP_STATE_ESTABLISHED) },
	{ "syn-sent", SYN_SENT },
	{ "connecting", SYN_SENT },
	{ "syn-recv", BIT(TCP_STATE_SYN_RECV) },
	{ "syn-rcv", BIT(TCP_STATE_SYN_RECV) },
	{ "fin-wait-1", BIT(TCP_STATE_FIN_WAIT1) },
	{ "fin-wait-2", BIT(TCP_STATE_FIN_WAIT2) },
	{ "time-wait", BIT(TCP_STATE_TIME_WAIT) },
	{ "closed", CLOSED },
	{ "close", CLOSED },
	{ "unconnected", CLOSED },
	{ "unconn", CLOSED },
	{ "free", CLOSED },
	{ "close-wait", BIT(TCP_STATE_CLOSE_WAIT) },
	{ "last-ack", BIT(TCP_STATE_LAST_ACK) },
	{ "listening", LISTEN },
	{ "listen", LISTEN },
	{ "closing", BIT(TCP_STATE_CLOSING) },
	{ "disconnecting", BIT(TCP_STATE_CLOSING) },
	{ "bound-inactive", BIT(STATE_BOUND_INACTIVE) },
	{ "cookie-wait", SCTP_BIT(SCTP_STATE_COOKIE_WAIT) },
	{ "cookie-echoed", SCTP_BIT(SCTP_STATE_COOKIE_ECHOED) },
	{ "shutdown-pending", SCTP_BIT(SCTP_STATE_SHUTDOWN_PENDING) },
	{ "shutdown-sent", SCTP_BIT(SCTP_STATE_SHUTDOWN_SENT) },
	{ "shutdown-received", SCTP_BIT(SCTP_STATE_SHUTDOWN_RECEIVED) },
	{ "shutdown-ack-sent", SCTP_BIT(SCTP_STATE_SHUTDOWN_ACK_SENT) },
	{ "partopen", DCCP_BIT(DCCP_STATE_PARTOPEN) },
	{ "passive-closereq", DCCP_BIT(DCCP_STATE_PASSIVE_CLOSEREQ) },
	{ "all", STATES_ALL },
	{ "connected", STATES_ALL & ~NOT_CONNECTED },
	{ "synchronized", STATES_ALL & ~(NOT_CONNECTED | SYN_SENT | SCTP_OPENING) },
	{ "bucket", BUCKET },
	{ "big", STATES_ALL & ~BUCKET },
	{ "unknown", STATE_OTHER },
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

uint32_t state_find(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(state_words); i++)
		if (state_words_equal(word, state_words[i].word))
			return state_words[i].mask;
	return 0;
}

const char *state_name(uint32_t mask)
{
	for (size_t i = 0; i < COUNT_OF(state_words); i++)
		if (state_words[i].mask == mask)
			return state_words[i].word;
	return NULL;
}

static uint32_t unix_state_bit(const struct sock *sock)
{
	if (sock->listening)
		return LISTEN;
	switch (sock->state) {
	case UNIX_STATE_FREE:
	case UNIX_STATE_UNCONNECTED:
		return CLOSED;
	case UNIX_STATE_CONNECTING:
		return SYN_SENT;
	case UNIX_STATE_CONNECTED:
		return BIT(TCP_STATE_ESTABLISHED);
	case UNIX_STATE_DISCONNECTING:
		return BIT(TCP_STATE_CLOSING);
	default:
		return STATE_OTHER;
	}
}

static uint32_t association_bit(unsigned int state)
{
	if (state == SCTP_STATE_ESTABLISHED)
		return BIT(TCP_STATE_ESTABLISHED);
	if (state == SCTP_STATE_CLOSED)
		return CLOSED;
	return sctp_state_name(state) ? SCTP_BIT(state) : STATE_OTHER;
}

uint32_t state_bit(const struct sock *sock)
{
	if (sock->proto == PROTO_UNIX)
		return unix_state_bit(sock);
	if (sock->sctp_assoc)
		return association_bit(sock->state);
	if (sock->proto == PROTO_DCCP && sock->state >= DCCP_STATE_PARTOPEN)
		return dccp_state_name(sock->state) ? DCCP_BIT(sock->state) : STATE_OTHER;
	/* Of TCP no other sockets are listed that are closed. */
	if (sock->proto == PROTO_TCP && sock->state == TCP_STATE_CLOSE)
		return BIT(STATE_BOUND_INACTIVE);
	if (tcp_state_name(sock->state) ||
	    (sock->proto == PROTO_TCP && sock->state == STATE_BOUND_INACTIVE))
		return BIT(sock->state);
	return STATE_OTHER;
}

uint64_t table_bit(unsigned int proto, unsigned int family)
{
	const uint64_t first = UINT64_C(1) << 2 * proto;
	unsigned int only;

	if (proto >= PROTO_COUNT)
		return 0;
	only = proto_row((enum sock_proto)proto)->family;
	if (only && family == only)
		return proto_has_addresses(proto) ? first | first << 1 : first;
	if (!proto_has_addresses(proto) || (family != AF_INET && family != AF_INET6))
		return 0;
	return family == AF_INET ? first : first << 1;
}

uint64_t table_family(unsigned int family)
{
	uint64_t tables = 0;

	for (unsigned int proto = 0; proto < PROTO_COUNT; proto++)
		tables |= table_bit(proto, family);
	return tables;
}

uint64_t table_inet(void)
{
	return table_family(AF_INET) | table_family(AF_INET6);
}

uint64_t table_all(void)
{
	uint64_t tables = table_inet();

	for (unsigned int proto = 0; proto < PROTO_COUNT; proto++)
		tables |= table_bit(proto, proto_row((enum sock_proto)proto)->family);
	return tables;
}

struct sock table_sock(unsigned int number)
{
	struct sock sock = { .proto = (uint8_t)(number / 2) };

	if (proto_has_addresses(sock.proto))
		sock.family = number % 2 ? AF_INET6 : AF_INET;
	else
		sock.family = proto_row((enum sock_proto)sock.proto)->family;
	return sock;
}
