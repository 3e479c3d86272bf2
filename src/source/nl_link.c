/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live link to NETLINK_SOCK_DIAG. libmnl opens, binds and sends; receiving is done here,
 * because the dump loop must tell a truncated datagram from a lost one and see who sent it, and
 * mnl_socket_recvfrom() turns both into one error.
 */
#include "source/nl_link.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "base/env.h"

/* Room for the answers that wait for us. A dump never needs it, since the kernel makes the next
 * datagram when the last is fetched, but ENOBUFS is the one error that costs a restart. */
enum { RCVBUF_SIZE = 1024 * 1024 };

struct kernel_link {
	struct nl_link link; /* first: the seam hands us its address back */
	struct mnl_socket *socket;
};

static struct kernel_link *kernel_link_of(struct nl_link *link)
{
	return (struct kernel_link *)link;
}

static int kernel_link_send(struct nl_link *link, const void *request, size_t len)
{
	struct mnl_socket *socket = kernel_link_of(link)->socket;
	ssize_t n;

	do
		n = mnl_socket_sendto(socket, request, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

static ssize_t kernel_link_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
				uint32_t *from)
{
	struct sockaddr_nl sender = { 0 };
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_name = &sender,
		.msg_namelen = sizeof(sender),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n = recvmsg(mnl_socket_get_fd(kernel_link_of(link)->socket), &msg, 0);

	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (msg.msg_namelen != sizeof(sender) || sender.nl_family != AF_NETLINK)
		return -EBADMSG;
	*truncated = (msg.msg_flags & MSG_TRUNC) != 0;
	*from = sender.nl_pid;
	return n;
}

static void kernel_link_close(struct nl_link *link)
{
	struct kernel_link *kernel = kernel_link_of(link);

	mnl_socket_close(kernel->socket);
	free(kernel);
}

/* Timeout and buffer size. A kernel that refuses the larger buffer is no reason to give up; without
 * the timeout we could hang. */
static int kernel_link_set_up(struct mnl_socket *socket)
{
	struct timeval timeout = { .tv_sec = NL_LINK_TIMEOUT_S };
	int fd = mnl_socket_get_fd(socket);
	int size = RCVBUF_SIZE;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

int nl_link_open_kernel(const struct env *env, struct nl_link **out)
{
	struct kernel_link *kernel = calloc(1, sizeof(*kernel));
	int rc;

	(void)env;
	if (!kernel)
		return -ENOMEM;
	kernel->socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!kernel->socket) {
		rc = -errno;
		goto out_free;
	}
	rc = kernel_link_set_up(kernel->socket);
	if (rc < 0)
		goto out_close;
	kernel->link = (struct nl_link){
		.portid = mnl_socket_get_portid(kernel->socket),
		.send = kernel_link_send,
		.recv = kernel_link_recv,
		.close = kernel_link_close,
	};
	*out = &kernel->link;
	return 0;

out_close:
	mnl_socket_close(kernel->socket);
out_free:
	free(kernel);
	return rc;
}
