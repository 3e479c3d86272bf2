/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of `sockets` that have an Internet address. */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "sockets.h"

/* Newer than the C library's headers, or in none of them. */
enum {
	PROTO_MPTCP = 262,
	PROTO_L2TP = 115,
	PROTO_SMC = 0,
	PROTO_SMC6 = 1,
	FAMILY_SMC = 43,
	UDPLITE_CSCOV = 10,
	SOL_UDP_LITE = 136,
	DCCP_SERVICE = 2,
	SCTP_BINDX_ADD = 100,
};

/* Address that routes lead to and nobody has. */
static const struct place nobody = { "10.9.0.2", 4444 };

/*
 * 127.0.0.1:6001 with a client from 127.0.0.3:6002 and 10 bytes unread, a connection not yet
 * accepted from 127.0.0.3:6003; the same in IPv6 on [::1]:6011, client 6012; a socket of both
 * families that listens on [::]:6020 and has a client over IPv4.
 */
void open_tcp(void)
{
	struct pair pair = open_pair((struct place){ "127.0.0.1", 6001 },
				     (struct place){ "127.0.0.3", 6002 }, SOCK_STREAM, IPPROTO_TCP);
	int waiting = open_bound((struct place){ "127.0.0.3", 6003 }, SOCK_STREAM, IPPROTO_TCP);

	send_bytes(pair.client, 10);
	connect_to(waiting, (struct place){ "127.0.0.1", 6001 });
	pair = open_pair((struct place){ "::1", 6011 }, (struct place){ "::1", 6012 }, SOCK_STREAM,
			 IPPROTO_TCP);
	send_bytes(pair.accepted, 20);
	open_listener((struct place){ "::", 6020 }, SOCK_STREAM, IPPROTO_TCP, 5);
	connect_to(open_bound((struct place){ "127.0.0.3", 6021 }, SOCK_STREAM, IPPROTO_TCP),
		   (struct place){ "127.0.0.1", 6020 });
}

/*
 * On 127.0.0.1:6030: FIN_WAIT2 (6031) with its CLOSE_WAIT, TIME_WAIT (6032); SYN_SENT from port
 * 6033; 6034 is bound and no more.
 */
void open_tcp_states(void)
{
	struct place server = { "127.0.0.1", 6030 };
	int listener = open_listener(server, SOCK_STREAM, IPPROTO_TCP, 7);
	int fd, accepted;

	fd = open_bound((struct place){ "127.0.0.1", 6031 }, SOCK_STREAM, IPPROTO_TCP);
	connect_to(fd, server);
	must(accept(listener, NULL, NULL), "accept");
	must(shutdown(fd, SHUT_WR), "shutdown");
	fd = open_bound((struct place){ "127.0.0.1", 6032 }, SOCK_STREAM, IPPROTO_TCP);
	connect_to(fd, server);
	accepted = must(accept(listener, NULL, NULL), "accept");
	must(close(fd), "close");
	must(close(accepted), "close");
	fd = open_bound((struct place){ "0.0.0.0", 6033 }, SOCK_STREAM, IPPROTO_TCP);
	begin_connecting(fd, nobody);
	open_bound((struct place){ "127.0.0.1", 6034 }, SOCK_STREAM, IPPROTO_TCP);
}

/* Bound to *:6101 and [::1]:6102; 127.0.0.1:6103 has 3 bytes unread of the connected 6104. */
void open_udp(void)
{
	struct place server = { "127.0.0.1", 6103 };
	int client;

	open_bound((struct place){ "0.0.0.0", 6101 }, SOCK_DGRAM, IPPROTO_UDP);
	open_bound((struct place){ "::1", 6102 }, SOCK_DGRAM, IPPROTO_UDP);
	open_bound(server, SOCK_DGRAM, IPPROTO_UDP);
	client = open_bound((struct place){ "127.0.0.1", 6104 }, SOCK_DGRAM, IPPROTO_UDP);
	connect_to(client, server);
	send_bytes(client, 3);
}

/* The same for UDP-Lite, on 6201 to 6204. */
void open_udplite(void)
{
	struct place server = { "127.0.0.1", 6203 };
	int client, coverage = 8;

	open_bound((struct place){ "0.0.0.0", 6201 }, SOCK_DGRAM, IPPROTO_UDPLITE);
	open_bound((struct place){ "::1", 6202 }, SOCK_DGRAM, IPPROTO_UDPLITE);
	open_bound(server, SOCK_DGRAM, IPPROTO_UDPLITE);
	client = open_bound((struct place){ "127.0.0.1", 6204 }, SOCK_DGRAM, IPPROTO_UDPLITE);
	must(setsockopt(client, SOL_UDP_LITE, UDPLITE_CSCOV, &coverage, sizeof(coverage)),
	     "UDPLITE_SEND_CSCOV");
	connect_to(client, server);
	send_bytes(client, 3);
}

/* ICMP, ICMPv6, IPPROTO_RAW (255), and OSPF (89) from 127.0.0.1 to 127.0.0.9. */
void open_raw(void)
{
	int fd;

	open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	open_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	open_socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	fd = open_bound((struct place){ "127.0.0.1", 0 }, SOCK_RAW, 89);
	connect_to(fd, (struct place){ "127.0.0.9", 0 });
}

/* Identifier 6301 on 127.0.0.1, 6302 on ::1. */
void open_ping(void)
{
	open_bound((struct place){ "127.0.0.1", 6301 }, SOCK_DGRAM, IPPROTO_ICMP);
	open_bound((struct place){ "::1", 6302 }, SOCK_DGRAM, IPPROTO_ICMPV6);
}

/* Adds a second local address to an SCTP socket. */
static void bind_also(int fd, struct place place)
{
	struct sockaddr_storage address;
	socklen_t len = place_address(place, &address);

	must(setsockopt(fd, IPPROTO_SCTP, SCTP_BINDX_ADD, &address, len), "bindx");
}

/*
 * One to one. Listener on 127.0.0.1 and .2, port 5001; client on 127.0.0.3 and .4, port 5002, with
 * 10 bytes that the server has not read. An endpoint that does nothing on 127.0.0.1:5008. One pair
 * in IPv6, 5011 and 5012.
 */
void open_sctp(void)
{
	struct place server = { "127.0.0.1", 5001 };
	int listener = open_bound(server, SOCK_STREAM, IPPROTO_SCTP);
	int client = open_bound((struct place){ "127.0.0.3", 5002 }, SOCK_STREAM, IPPROTO_SCTP);

	bind_also(listener, (struct place){ "127.0.0.2", 5001 });
	bind_also(client, (struct place){ "127.0.0.4", 5002 });
	must(listen(listener, 7), "listen");
	connect_to(client, server);
	must(accept(listener, NULL, NULL), "accept");
	send_bytes(client, 10);
	open_bound((struct place){ "127.0.0.1", 5008 }, SOCK_STREAM, IPPROTO_SCTP);
	open_pair((struct place){ "::1", 5011 }, (struct place){ "::1", 5012 }, SOCK_STREAM,
		  IPPROTO_SCTP);
}

/* One to many: 127.0.0.1:5021 with associations to 5022 and 5023; [::]:5031 with one to 5032. */
void open_sctp_many(void)
{
	struct place server = { "127.0.0.1", 5021 };
	int fd;

	open_listener(server, SOCK_SEQPACKET, IPPROTO_SCTP, 5);
	for (uint16_t port = 5022; port <= 5023; port++) {
		fd = open_bound((struct place){ "127.0.0.1", port }, SOCK_SEQPACKET, IPPROTO_SCTP);
		connect_to(fd, server);
	}
	open_listener((struct place){ "::", 5031 }, SOCK_SEQPACKET, IPPROTO_SCTP, 5);
	fd = open_bound((struct place){ "::1", 5032 }, SOCK_SEQPACKET, IPPROTO_SCTP);
	connect_to(fd, (struct place){ "::1", 5031 });
}

/* COOKIE_WAIT from port 5041 to nobody. */
void open_sctp_wait(void)
{
	int fd = open_bound((struct place){ "10.9.0.1", 5041 }, SOCK_STREAM, IPPROTO_SCTP);

	begin_connecting(fd, nobody);
}

/* Listener 127.0.0.1:5101 with service code 42, client 5102; [::1]:5103 listens. */
void open_dccp(void)
{
	struct place server = { "127.0.0.1", 5101 };
	uint32_t service = htonl(42);
	int listener = open_bound(server, SOCK_DCCP, IPPROTO_DCCP);
	int client = open_bound((struct place){ "127.0.0.1", 5102 }, SOCK_DCCP, IPPROTO_DCCP);

	must(setsockopt(listener, SOL_DCCP, DCCP_SERVICE, &service, sizeof(service)), "service");
	must(setsockopt(client, SOL_DCCP, DCCP_SERVICE, &service, sizeof(service)), "service");
	must(listen(listener, 5), "listen");
	connect_to(client, server);
	must(accept(listener, NULL, NULL), "accept");
	open_listener((struct place){ "::1", 5103 }, SOCK_DCCP, IPPROTO_DCCP, 5);
}

/* 127.0.0.1:6401 with client 6402 and 10 bytes unread; the same on [::1], 6411 and 6412. */
void open_mptcp(void)
{
	struct pair pair = open_pair((struct place){ "127.0.0.1", 6401 },
				     (struct place){ "127.0.0.1", 6402 }, SOCK_STREAM, PROTO_MPTCP);

	send_bytes(pair.client, 10);
	open_pair((struct place){ "::1", 6411 }, (struct place){ "::1", 6412 }, SOCK_STREAM,
		  PROTO_MPTCP);
}

static int open_smc_bound(struct place place, int protocol)
{
	struct sockaddr_storage address;
	socklen_t len = place_address(place, &address);
	int fd = open_socket(FAMILY_SMC, SOCK_STREAM, protocol);

	must(bind(fd, (struct sockaddr *)&address, len), "bind");
	return fd;
}

/* 127.0.0.1:6501 with client 6502, fallen back to TCP; [::1]:6511 listens. */
void open_smc(void)
{
	struct place server = { "127.0.0.1", 6501 };
	int listener = open_smc_bound(server, PROTO_SMC);
	int client = open_smc_bound((struct place){ "127.0.0.1", 6502 }, PROTO_SMC);

	must(listen(listener, 5), "listen");
	connect_to(client, server);
	must(accept(listener, NULL, NULL), "accept");
	must(listen(open_smc_bound((struct place){ "::1", 6511 }, PROTO_SMC6), 5), "listen");
}

static void set_tls_key(int fd, int direction)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { .version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};

	must(setsockopt(fd, SOL_TLS, direction, &info, sizeof(info)), "TLS key");
}

/* 127.0.0.1:6601 with client 6602: TLS 1.3 both ways there, the accepted end without keys. */
void open_ktls(void)
{
	struct pair pair = open_pair((struct place){ "127.0.0.1", 6601 },
				     (struct place){ "127.0.0.1", 6602 }, SOCK_STREAM, IPPROTO_TCP);

	must(setsockopt(pair.client, IPPROTO_TCP, TCP_ULP, "tls", 3), "TCP_ULP tls");
	must(setsockopt(pair.accepted, IPPROTO_TCP, TCP_ULP, "tls", 3), "TCP_ULP tls");
	set_tls_key(pair.client, TLS_TX);
	set_tls_key(pair.client, TLS_RX);
}

/* L2TP over IP, connection id 7 on 127.0.0.1. */
void open_l2tp(void)
{
	int fd = open_socket(AF_INET, SOCK_DGRAM, PROTO_L2TP);
	uint8_t bytes[16] = { 0 };
	uint32_t connection = 7;
	uint16_t family = AF_INET;

	memcpy(bytes, &family, sizeof(family));
	memcpy(bytes + 4, &(uint32_t){ htonl(INADDR_LOOPBACK) }, 4);
	memcpy(bytes + 8, &connection, sizeof(connection));
	must(bind(fd, (struct sockaddr *)bytes, sizeof(bytes)), "bind");
}
