/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of `sockets` share: openers of sockets, and the small things they are made of. */
#ifndef LSSOCK_TESTS_VM_SOCKETS_H
#define LSSOCK_TESTS_VM_SOCKETS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Each opens the sockets of one family and leaves them open; what they are stands at its
 * definition, and check.py knows it. They end the process by must() when the kernel refuses.
 */
void open_tcp(void);
void open_tcp_states(void);
void open_udp(void);
void open_udplite(void);
void open_raw(void);
void open_ping(void);
void open_unix(void);
void open_sctp(void);
void open_sctp_many(void);
void open_sctp_wait(void);
void open_dccp(void);
void open_mptcp(void);
void open_smc(void);
void open_ktls(void);
void open_packet(void);
void open_netlink(void);
void open_vsock(void);
void open_tipc(void);
void open_xdp(void);
void open_kcm(void);
void open_pfkey(void);
void open_l2tp(void);
void open_rds(void);

/* Gives result back; when it is negative, writes what failed and why, and ends the process. */
int must(int result, const char *what);

/* A port in front of a host; hosts are text ("127.0.0.3", "::1"). */
struct place {
	const char *host;
	uint16_t port;
};

/* The address of a place, IPv4 or IPv6 as its text is. Returns its length. */
socklen_t place_address(struct place place, struct sockaddr_storage *address);

int open_socket(int family, int type, int protocol);
/* A socket of the family of the place's host, bound to it. */
int open_bound(struct place place, int type, int protocol);
/* The same, and it listens with that backlog. */
int open_listener(struct place place, int type, int protocol, int backlog);
void connect_to(int fd, struct place place);
/* Connects without waiting for an answer. */
void begin_connecting(int fd, struct place place);
/* Sends n bytes that nobody will read. */
void send_bytes(int fd, size_t n);

/* Listener, client and accepted socket of a stream protocol. */
struct pair {
	int listener, client, accepted;
};
/* client.port 0: the client is not bound. */
struct pair open_pair(struct place server, struct place client, int type, int protocol);

#endif
