/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multicast groups of NETLINK_SOCK_DIAG (linux/sock_diag.h, SKNLGRP_*_DESTROY; since
 * Linux 4.1).
 *
 * On a busy host thousands of sockets cease to be every second. A packet filter on the netlink
 * socket lets the kernel drop all messages but those of our port before they are queued. What gets
 * through is not looked at.
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

struct kernel_events {
	struct diag_events events; /* first: the seam hands us its address back */
	struct mnl_socket *socket;
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

static int kernel_events_wait(struct diag_events *events, int64_t for_ns)
{
	struct pollfd poll_fd = {
		.fd = mnl_socket_get_fd(socket_of(events)),
		.events = POLLIN,
	};
	struct timespec time = {
		.tv_sec = (time_t)(for_ns > 0 ? for_ns / 1000000000 : 0),
		.tv_nsec = (long)(for_ns > 0 ? for_ns % 1000000000 : 0),
	};
	int n = ppoll(&poll_fd, 1, &time, NULL);

	if (n <= 0)
		return n < 0 && errno == EINTR ? -EINTR : 0;
	drain(poll_fd.fd);
	return 1;
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
	} groups[] = {
		{ SKNLGRP_INET_TCP_DESTROY, false },
		{ SKNLGRP_INET6_TCP_DESTROY, false },
		{ SKNLGRP_INET_UDP_DESTROY, true },
		{ SKNLGRP_INET6_UDP_DESTROY, true },
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i].group;

		if (!(groups[i].udp ? query->udp : query->tcp))
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
	filter_ports(mnl_socket_get_fd(kernel->socket), query);
	rc = join_groups(mnl_socket_get_fd(kernel->socket), query);
	if (rc < 0)
		goto out;
	kernel->events = (struct diag_events){
		.wait = kernel_events_wait,
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
