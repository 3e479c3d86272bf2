/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocols and address families by name: an option for each, and the words of -A. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/option_apply.h"

/* All sockets of a protocol, whatever types were named. */
static void add_proto(struct request *request, enum sock_proto proto)
{
	request->protos |= 1u << proto;
	request->types[proto] = 0;
}

/* Sockets of some types of a protocol. */
static void add_types(struct request *request, enum sock_proto proto, uint16_t types)
{
	bool all = (request->protos & 1u << proto) && !request->types[proto];

	request->protos |= 1u << proto;
	if (!all)
		request->types[proto] |= types;
}

/* What a word of -A adds. */
struct family {
	const char *name;
	bool inet4, inet6, every;
	uint32_t protos;
	uint16_t types; /* bits SELECT_TYPE() of the only protocol; 0: all */
};

#define BIT(proto) (1u << (proto))

/* include/net/bluetooth/bluetooth.h */
enum { BTPROTO_L2CAP = 0, BTPROTO_RFCOMM = 3 };

/* netstat's words, then ss's, whose "inet" means IPv4 here. */
static const struct family families[] = {
	{ "inet", .inet4 = true },
	{ "ip", .inet4 = true },
	{ "tcpip", .inet4 = true },
	{ "inet6", .inet6 = true },
	{ "ip6", .inet6 = true },
	{ "unix", .protos = BIT(PROTO_UNIX) },
	{ "all", .every = true },
	{ "tcp", .protos = BIT(PROTO_TCP) },
	{ "udp", .protos = BIT(PROTO_UDP) },
	{ "udplite", .protos = BIT(PROTO_UDPLITE) },
	{ "sctp", .protos = BIT(PROTO_SCTP) },
	{ "raw", .protos = BIT(PROTO_RAW) },
	{ "mptcp", .protos = BIT(PROTO_MPTCP) },
	{ "dccp", .protos = BIT(PROTO_DCCP) },
	{ "ping", .protos = BIT(PROTO_PING) },
	{ "icmp", .protos = BIT(PROTO_PING) },
	{ "smc", .protos = BIT(PROTO_SMC) },
	{ "unix_stream", .protos = BIT(PROTO_UNIX), .types = SELECT_TYPE(SOCK_STREAM) },
	{ "u_str", .protos = BIT(PROTO_UNIX), .types = SELECT_TYPE(SOCK_STREAM) },
	{ "unix_dgram", .protos = BIT(PROTO_UNIX), .types = SELECT_TYPE(SOCK_DGRAM) },
	{ "u_dgr", .protos = BIT(PROTO_UNIX), .types = SELECT_TYPE(SOCK_DGRAM) },
	{ "unix_seqpacket", .protos = BIT(PROTO_UNIX), .types = SELECT_TYPE(SOCK_SEQPACKET) },
	{ "u_seq", .protos = BIT(PROTO_UNIX), .types = SELECT_TYPE(SOCK_SEQPACKET) },
	{ "packet", .protos = BIT(PROTO_PACKET) },
	{ "link", .protos = BIT(PROTO_PACKET) },
	{ "packet_raw", .protos = BIT(PROTO_PACKET), .types = SELECT_TYPE(SOCK_RAW) },
	{ "p_raw", .protos = BIT(PROTO_PACKET), .types = SELECT_TYPE(SOCK_RAW) },
	{ "packet_dgram", .protos = BIT(PROTO_PACKET), .types = SELECT_TYPE(SOCK_DGRAM) },
	{ "p_dgr", .protos = BIT(PROTO_PACKET), .types = SELECT_TYPE(SOCK_DGRAM) },
	{ "netlink", .protos = BIT(PROTO_NETLINK) },
	{ "vsock", .protos = BIT(PROTO_VSOCK) },
	{ "vsock_stream", .protos = BIT(PROTO_VSOCK), .types = SELECT_TYPE(SOCK_STREAM) },
	{ "v_str", .protos = BIT(PROTO_VSOCK), .types = SELECT_TYPE(SOCK_STREAM) },
	{ "vsock_dgram", .protos = BIT(PROTO_VSOCK), .types = SELECT_TYPE(SOCK_DGRAM) },
	{ "v_dgr", .protos = BIT(PROTO_VSOCK), .types = SELECT_TYPE(SOCK_DGRAM) },
	{ "vsock_seqpacket", .protos = BIT(PROTO_VSOCK), .types = SELECT_TYPE(SOCK_SEQPACKET) },
	{ "v_seq", .protos = BIT(PROTO_VSOCK), .types = SELECT_TYPE(SOCK_SEQPACKET) },
	{ "tipc", .protos = BIT(PROTO_TIPC) },
	{ "xdp", .protos = BIT(PROTO_XDP) },
	{ "bluetooth", .protos = BIT(PROTO_BLUETOOTH) },
	{ "bt", .protos = BIT(PROTO_BLUETOOTH) },
	{ "l2cap", .protos = BIT(PROTO_BLUETOOTH), .types = SELECT_TYPE(BTPROTO_L2CAP) },
	{ "rfcomm", .protos = BIT(PROTO_BLUETOOTH), .types = SELECT_TYPE(BTPROTO_RFCOMM) },
	{ "kcm", .protos = BIT(PROTO_KCM) },
	{ "key", .protos = BIT(PROTO_KEY) },
	{ "phonet", .protos = BIT(PROTO_PHONET) },
	{ "pppoe", .protos = BIT(PROTO_PPPOE) },
	{ "can", .protos = BIT(PROTO_CAN) },
	{ "l2tp", .protos = BIT(PROTO_L2TP) },
};

static void apply_family(const struct family *family, struct request *request)
{
	request->inet4 |= family->inet4;
	request->inet6 |= family->inet6;
	request->every_family |= family->every;
	for (int proto = 0; proto < PROTO_COUNT; proto++) {
		if (!(family->protos & BIT(proto)))
			continue;
		if (family->types)
			add_types(request, (enum sock_proto)proto, family->types);
		else
			add_proto(request, (enum sock_proto)proto);
	}
}

static bool add_family(const char *name, size_t n, struct request *request)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strlen(families[i].name) != n || memcmp(families[i].name, name, n) != 0)
			continue;
		apply_family(&families[i], request);
		return true;
	}
	return false;
}

bool option_add_family(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error)
{
	(void)value, (void)error;
	return add_family(row->name, strlen(row->name), request);
}

bool option_add_families(const struct option_row *row, const char *value, struct request *request,
			 struct options_error *error)
{
	for (const char *at = value;; at++) {
		size_t n = strcspn(at, ",");

		if (!add_family(at, n, request)) {
			snprintf(
				error->text, sizeof(error->text),
				"option '--%s': '%.*s' is not an address family or protocol that is "
				"listed (all, inet, inet6, tcp, unix, packet, netlink, vsock, ...)",
				row->name, (int)(n < 60 ? n : 60), at);
			return false;
		}
		at += n;
		if (!*at)
			return true;
	}
}
