/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multicast groups of NETLINK_SOCK_DIAG (linux/sock_diag.h, SKNLGRP_*_DESTROY; since
 * Linux 4.1).
 *
 * On a busy host thousands of sockets cease to be every second. Where only some ports are of
 * interest, a packet filter on the netlink socket lets the kernel drop all messages but those
 * before they are queued; what gets through is then not looked at.
 *
 * Where all are to be read, the queue is made large. A message takes 1,280 bytes of it (seen on
 * Linux 6.18), whatever it holds. The kernel counts those that did not fit (sk_drops, which
 * SO_MEMINFO tells since 4.12): from the first that does not until the queue is empty, all of them
 * are dropped.
 */
#include "source/diag_events.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <libmnl/libmnl.h>

#include "base/env.h"

/* Where the local port stands: behind the header and idiag_family, idiag_state, idiag_timer and
 * idiag_retrans (struct inet_diag_msg; a part of the kernel's interface). */
enum { PORT_OFFSET = sizeof(struct nlmsghdr) + 4 };

/* Messages taken off the queue at once; with more it is time to look. */
enum { DRAIN_MAX = 1000 };

/* Since 4.12; of what it tells, the number of messages dropped (SK_MEMINFO_DROPS). */
enum { OPT_MEMINFO = 55, MEMINFO_DROPS = 8, MEMINFO_MAX = 32 };

/* The queue where messages are read: room for some 50,000. Without CAP_NET_ADMIN it may not be
 * larger than net.core.rmem_max. */
enum { QUEUE_BYTES = 64 << 20 };

struct kernel_events {
	struct diag_events events; /* first: the seam hands us its address back */
	struct mnl_socket *socket;
	uint32_t n_dropped; /* as the kernel counted when it was last asked */
};

static struct mnl_socket *socket_of(struct diag_events *events)
{
	return ((struct kernel_events *)events)->socket;
}

/* Empties the queue. A full one (ENOBUFS) is a message like any other. */
static void drain(int fd)
{
	char byte;

	for (int i = 0; i < DRAIN_MAX; i++)
		if (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0 && errno != ENOBUFS)
			return;
}

static int kernel_events_poll(struct diag_events *events, int64_t for_ns, int reader_fd)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(socket_of(events)), .events = POLLIN },
		{ .fd = reader_fd }, /* POLLERR comes unasked; a negative one is passed over */
	};
	struct timespec time = {
		.tv_sec = (time_t)(for_ns > 0 ? for_ns / 1000000000 : 0),
		.tv_nsec = (long)(for_ns > 0 ? for_ns % 1000000000 : 0),
	};
	int n = ppoll(fds, sizeof(fds) / sizeof(fds[0]), &time, NULL);

	if (n < 0)
		return errno == EINTR ? -EINTR : 0;
	if (fds[1].revents & POLLERR)
		return -EPIPE;
	return fds[0].revents != 0;
}

static int kernel_events_wait(struct diag_events *events, int64_t for_ns)
{
	int rc = kernel_events_poll(events, for_ns, -1);

	if (rc == 1)
		drain(mnl_socket_get_fd(socket_of(events)));
	return rc;
}

static ssize_t kernel_events_read(struct diag_events *events, void *buf, size_t size)
{
	struct sockaddr_nl sender = { 0 };
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_name = &sender,
		.msg_namelen = sizeof(sender),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do
		n = recvmsg(mnl_socket_get_fd(socket_of(events)), &msg, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (msg.msg_namelen != sizeof(sender) || sender.nl_family != AF_NETLINK || sender.nl_pid ||
	    (msg.msg_flags & MSG_TRUNC))
		return -EBADMSG;
	return n;
}

static bool kernel_events_lost(struct diag_events *events, uint64_t *n)
{
	struct kernel_events *kernel = (struct kernel_events *)events;
	uint32_t meminfo[MEMINFO_MAX];
	socklen_t len = sizeof(meminfo);

	if (getsockopt(mnl_socket_get_fd(kernel->socket), SOL_SOCKET, OPT_MEMINFO, meminfo, &len) <
		    0 ||
	    len < (MEMINFO_DROPS + 1) * sizeof(meminfo[0]))
		return false;
	*n = (uint32_t)(meminfo[MEMINFO_DROPS] - kernel->n_dropped); /* it may wrap around */
	kernel->n_dropped = meminfo[MEMINFO_DROPS];
	return true;
}

/* SO_RCVBUF doubles what it is given, and cuts it without privilege. */
static void enlarge_queue(int fd)
{
	int size = QUEUE_BYTES / 2;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static void kernel_events_close(struct diag_events *events)
{
	mnl_socket_close(socket_of(events));
	free(events);
}

/* Messages of other ports are of no interest. A kernel that refuses the filter sends them all,
 * which costs more and changes nothing. */
static void filter_ports(int fd, const struct diag_events_query *query)
{
	uint16_t second = query->ports[1] ? query->ports[1] : query->ports[0];
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, PORT_OFFSET),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, query->ports[0], 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int join_groups(int fd, const struct diag_events_query *query)
{
	static const struct {
		int group;
		bool udp;
		uint8_t family;
	} groups[] = {
		{ SKNLGRP_INET_TCP_DESTROY, false, AF_INET },
		{ SKNLGRP_INET6_TCP_DESTROY, false, AF_INET6 },
		{ SKNLGRP_INET_UDP_DESTROY, true, AF_INET },
		{ SKNLGRP_INET6_UDP_DESTROY, true, AF_INET6 },
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i].group;

		if (!(groups[i].udp ? query->udp : query->tcp))
			continue;
		if (query->family && query->family != groups[i].family)
			continue;
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
			return -errno;
	}
	return 0;
}

int diag_events_open_kernel(const struct env *env, const struct diag_events_query *query,
			    struct diag_events **out)
{
	struct kernel_events *kernel = calloc(1, sizeof(*kernel));
	int rc = -ENOMEM;

	(void)env;
	if (!kernel)
		return rc;
	kernel->socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!kernel->socket || mnl_socket_bind(kernel->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = -errno;
		goto out;
	}
	if (query->all_ports)
		enlarge_queue(mnl_socket_get_fd(kernel->socket));
	else
		filter_ports(mnl_socket_get_fd(kernel->socket), query);
	rc = join_groups(mnl_socket_get_fd(kernel->socket), query);
	if (rc < 0)
		goto out;
	kernel->events = (struct diag_events){
		.wait = kernel_events_wait,
		.poll = kernel_events_poll,
		.read = kernel_events_read,
		.lost = kernel_events_lost,
		.close = kernel_events_close,
	};
	*out = &kernel->events;
	return 0;

out:
	if (kernel->socket)
		mnl_socket_close(kernel->socket);
	free(kernel);
	return rc;
}
