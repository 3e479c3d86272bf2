/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of `sockets` that have no Internet address. */
/* <linux/vm_sockets.h> of some releases needs it, and does not ask for it. */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/kcm.h>
#include <linux/netlink.h>
#include <linux/pfkeyv2.h>
#include <linux/rtnetlink.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#include "sockets.h"

static int open_unix_bound(int type, const char *name, size_t n)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = open_socket(AF_UNIX, type, 0);

	memcpy(address.sun_path, name, n);
	must(bind(fd, (struct sockaddr *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
	     "bind");
	return fd;
}

/*
 * /tmp/vm-stream listens, has a client that was accepted and one that waits; @vm-dgram and
 * /tmp/vm-seq; a connected pair without names.
 */
void open_unix(void)
{
	static const char stream[] = "/tmp/vm-stream", seq[] = "/tmp/vm-seq",
			  dgram[] = "\0vm-dgram";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener, fds[2];

	unlink(stream);
	unlink(seq);
	listener = open_unix_bound(SOCK_STREAM, stream, sizeof(stream));
	must(listen(listener, 6), "listen");
	memcpy(address.sun_path, stream, sizeof(stream));
	for (int i = 0; i < 2; i++) {
		int fd = open_socket(AF_UNIX, SOCK_STREAM, 0);

		must(connect(fd, (struct sockaddr *)&address, sizeof(address)), "connect");
	}
	must(accept(listener, NULL, NULL), "accept");
	open_unix_bound(SOCK_DGRAM, dgram, sizeof(dgram) - 1);
	must(listen(open_unix_bound(SOCK_SEQPACKET, seq, sizeof(seq)), 3), "listen");
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair");
	send_bytes(fds[0], 12);
}

static int open_packet_bound(int type, uint16_t protocol, const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = interface ? (int)if_nametoindex(interface) : 0,
	};
	int fd = open_socket(AF_PACKET, type, 0);

	must(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	return fd;
}

/*
 * Raw, every protocol, on lo; IPv4 datagrams on every interface; two in a fan-out group 77 by
 * hash; one with a ring of TPACKET_V3; one with a filter that lets nothing through.
 */
void open_packet(void)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &nothing };
	struct tpacket_req3 ring = { .tp_block_size = 4096,
				     .tp_block_nr = 4,
				     .tp_frame_size = 2048,
				     .tp_frame_nr = 8,
				     .tp_retire_blk_tov = 60 };
	int version = TPACKET_V3, fanout = 77 | PACKET_FANOUT_HASH << 16, fd;

	open_packet_bound(SOCK_RAW, ETH_P_ALL, "lo");
	open_packet_bound(SOCK_DGRAM, ETH_P_IP, NULL);
	for (int i = 0; i < 2; i++) {
		fd = open_packet_bound(SOCK_RAW, ETH_P_IPV6, "lo");
		must(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)), "fanout");
	}
	fd = open_packet_bound(SOCK_RAW, ETH_P_ARP, "lo");
	must(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)), "version");
	must(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)), "ring");
	fd = open_packet_bound(SOCK_RAW, ETH_P_LLDP, "lo");
	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), "filter");
}

static int open_netlink_bound(int protocol, uint32_t port, uint32_t groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
				       .nl_pid = port,
				       .nl_groups = groups };
	int fd = open_socket(AF_NETLINK, SOCK_RAW, protocol);

	must(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	return fd;
}

/*
 * rtnetlink port 7001 with groups 1, 5 and 33; uevents port 7002 with group 1; generic netlink
 * port 7003; audit port 7004; connector port 7005.
 */
void open_netlink(void)
{
	int group = RTNLGRP_NEXTHOP + 1;
	int fd = open_netlink_bound(NETLINK_ROUTE, 7001, RTMGRP_LINK | RTMGRP_IPV4_IFADDR);

	must(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)), "group");
	open_netlink_bound(NETLINK_KOBJECT_UEVENT, 7002, 1);
	open_netlink_bound(NETLINK_GENERIC, 7003, 0);
	open_netlink_bound(NETLINK_AUDIT, 7004, 0);
	open_netlink_bound(NETLINK_CONNECTOR, 7005, 0);
}

static struct sockaddr_vm vsock_address(unsigned int port)
{
	return (struct sockaddr_vm){ .svm_family = AF_VSOCK,
				     .svm_port = port,
				     .svm_cid = VMADDR_CID_LOCAL };
}

static void open_vsock_pair(int type, unsigned int server, unsigned int client)
{
	struct sockaddr_vm address = vsock_address(server), any = address, own;
	int listener = open_socket(AF_VSOCK, type, 0), fd;

	any.svm_cid = VMADDR_CID_ANY;
	must(bind(listener, (struct sockaddr *)&any, sizeof(any)), "bind");
	must(listen(listener, 5), "listen");
	for (int i = 0; i < 2; i++) {
		own = vsock_address(client + (unsigned int)i);
		fd = open_socket(AF_VSOCK, type, 0);
		must(bind(fd, (struct sockaddr *)&own, sizeof(own)), "bind");
		must(connect(fd, (struct sockaddr *)&address, sizeof(address)), "connect");
	}
	/* The second client stays in the queue. */
	must(accept(listener, NULL, NULL), "accept");
}

/* Over loopback: *:1234 with clients 1:2001 and 1:2002 (waits); seqpacket 1235, 2003 and 2004. */
void open_vsock(void)
{
	open_vsock_pair(SOCK_STREAM, 1234, 2001);
	open_vsock_pair(SOCK_SEQPACKET, 1235, 2003);
}

static int open_tipc_service(int type, unsigned int service, unsigned int instance)
{
	struct sockaddr_tipc address = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.scope = TIPC_CLUSTER_SCOPE,
		.addr.name.name = { .type = service, .instance = instance },
	};
	int fd = open_socket(AF_TIPC, type, 0);

	must(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	return fd;
}

/* connect() of TIPC waits for accept(), so it is begun, and ended after it. */
static void open_tipc_pair(int type, unsigned int service)
{
	struct sockaddr_tipc address = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name = { .type = service, .instance = 5 },
	};
	int listener = open_tipc_service(type, service, 5);
	int client = open_socket(AF_TIPC, type, 0), accepted;

	must(listen(listener, 0), "listen");
	must(fcntl(client, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0 &&
	    errno != EINPROGRESS)
		must(-1, "connect");
	accepted = must(accept(listener, NULL, NULL), "accept");
	send_bytes(accepted, 100);
}

/* RDM service 18888, instance 17; a pair of stream (18889) and of seqpacket (18890); a datagram. */
void open_tipc(void)
{
	open_tipc_service(SOCK_RDM, 18888, 17);
	open_tipc_pair(SOCK_STREAM, 18889);
	open_tipc_pair(SOCK_SEQPACKET, 18890);
	open_socket(AF_TIPC, SOCK_DGRAM, 0);
}

static void set_ring(int fd, int option)
{
	int entries = 64;

	must(setsockopt(fd, SOL_XDP, option, &entries, sizeof(entries)), "ring");
}

/* One bound to queue 0 of lo, with memory of 64 frames and all rings. */
void open_xdp(void)
{
	enum { FRAMES = 64, FRAME = 4096 };
	void *memory = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xdp_umem_reg area = { .addr = (uintptr_t)memory,
				     .len = FRAMES * FRAME,
				     .chunk_size = FRAME };
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP,
					.sxdp_flags = XDP_COPY,
					.sxdp_ifindex = if_nametoindex("lo") };
	int fd = open_socket(AF_XDP, SOCK_RAW, 0);

	must(memory == MAP_FAILED ? -1 : 0, "mmap");
	must(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area)), "memory");
	set_ring(fd, XDP_UMEM_FILL_RING);
	set_ring(fd, XDP_UMEM_COMPLETION_RING);
	set_ring(fd, XDP_RX_RING);
	set_ring(fd, XDP_TX_RING);
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
}

/* Two without a TCP socket behind them. */
void open_kcm(void)
{
	open_socket(AF_KCM, SOCK_DGRAM, KCMPROTO_CONNECTED);
	open_socket(AF_KCM, SOCK_SEQPACKET, KCMPROTO_CONNECTED);
}

void open_pfkey(void)
{
	open_socket(AF_KEY, SOCK_RAW, PF_KEY_V2);
}

/* Bound to 127.0.0.1:6701. */
void open_rds(void)
{
	struct sockaddr_storage address;
	socklen_t len = place_address((struct place){ "127.0.0.1", 6701 }, &address);
	int fd = open_socket(AF_RDS, SOCK_SEQPACKET, 0);

	must(bind(fd, (struct sockaddr *)&address, len), "bind");
}
