/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens the sockets of one process. Every client is bound to a port of its own before it connects:
 * the kernel need not search for a free one, and the population is the same in every run.
 */
#include "worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LISTENER_PORT = 1024, /* listeners and UDP sockets, upwards */
	QUEUE_PORT = 18900,
	ONE_UDP_PORT = 5353,
	ACCEPTOR_PORT = 19000,
	CLIENT_PORT = 20000, /* clients, upwards */
	CLIENT_PORTS = 40000,
	QUEUE_HOST = 0,
};

/* 127.1.0.0 and fd00:: are the parent's; workers are counted from 1 here. */
socklen_t worker_address(struct sockaddr_storage *to, bool v6, unsigned number, unsigned port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (!v6) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons((uint16_t)port);
		in4->sin_addr.s_addr = htonl(0x7f010000 + number);
		return sizeof(*in4);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	in6->sin6_addr.s6_addr[0] = 0xfd;
	in6->sin6_addr.s6_addr[14] = (uint8_t)(number >> 8);
	in6->sin6_addr.s6_addr[15] = (uint8_t)number;
	return sizeof(*in6);
}

static int bound_socket(int type, const struct sockaddr_storage *address, socklen_t length)
{
	int fd = socket(address->ss_family, type | SOCK_CLOEXEC, 0);
	int on = 1, error;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    !bind(fd, (const struct sockaddr *)address, length))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static int listening_socket(bool v6, unsigned host, unsigned port, int backlog)
{
	struct sockaddr_storage address;
	socklen_t length = worker_address(&address, v6, host, port);
	int fd = bound_socket(SOCK_STREAM, &address, length);

	if (fd >= 0 && listen(fd, backlog)) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

int worker_open_queue(unsigned backlog)
{
	return listening_socket(false, QUEUE_HOST, QUEUE_PORT, (int)backlog);
}

/* Whether the k-th of its kind is an IPv6 socket: the share is spread evenly. */
static bool is_v6(const struct worker *worker, unsigned k)
{
	unsigned long long percent = worker->v6_percent;

	return (k + 1ULL) * percent / 100 != k * percent / 100;
}

/* The listener behind a port of connections, opened where it is not yet; or -errno. */
static int worker_acceptor(struct worker *worker, bool v6, unsigned index)
{
	int *acceptor;

	if (index >= 2 * ACCEPTOR_PORTS)
		return -EADDRNOTAVAIL;
	acceptor = &worker->acceptors[v6][index];
	if (*acceptor == 0) {
		int fd = listening_socket(v6, worker->number + 1, ACCEPTOR_PORT + index, 16);

		if (fd < 0)
			return fd;
		*acceptor = fd;
		worker->tally.listen++;
	}
	return *acceptor;
}

/* A client bound to the k-th port that is connected to a worker's or the parent's listener. */
static int connect_client(const struct worker *worker, bool v6, unsigned k, unsigned host,
			  unsigned port)
{
	struct sockaddr_storage address;
	socklen_t length =
		worker_address(&address, v6, worker->number + 1, CLIENT_PORT + k % CLIENT_PORTS);
	int fd = bound_socket(SOCK_STREAM, &address, length);

	if (fd < 0)
		return fd;
	length = worker_address(&address, v6, host, port);
	if (connect(fd, (struct sockaddr *)&address, length)) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

/* Both ends of the k-th connection through the acceptors from `first` on. */
static int connect_pair(struct worker *worker, unsigned k, unsigned first, int ends[2])
{
	bool v6 = is_v6(worker, k);
	unsigned index = k / CLIENT_PORTS;
	int acceptor;

	if (index >= ACCEPTOR_PORTS)
		return -EADDRNOTAVAIL;
	index += first;
	acceptor = worker_acceptor(worker, v6, index);
	if (acceptor < 0)
		return acceptor;
	ends[0] = connect_client(worker, v6, k, worker->number + 1, ACCEPTOR_PORT + index);
	if (ends[0] < 0)
		return ends[0];
	ends[1] = accept4(acceptor, NULL, NULL, SOCK_CLOEXEC);
	if (ends[1] < 0) {
		int error = errno;

		close(ends[0]);
		return -error;
	}
	return 0;
}

static int open_listener(struct worker *worker, unsigned k)
{
	int fd = listening_socket(is_v6(worker, k), worker->number + 1, LISTENER_PORT + k, 128);

	if (fd < 0)
		return fd;
	worker->tally.listen++;
	return 0;
}

static int open_connection(struct worker *worker, unsigned k)
{
	int ends[2];
	int result = connect_pair(worker, k, 0, ends);

	if (!result)
		worker->tally.established += 2;
	return result;
}

/* The other end stands in the parent's queue, which no process has a descriptor of. */
static int open_queued(struct worker *worker, unsigned k)
{
	int fd = connect_client(worker, false, k, QUEUE_HOST, QUEUE_PORT);

	if (fd < 0)
		return fd;
	worker->tally.established += 2;
	return 0;
}

static int open_udp(struct worker *worker, unsigned k)
{
	struct sockaddr_storage address;
	socklen_t length =
		worker_address(&address, is_v6(worker, k), worker->number + 1, LISTENER_PORT + k);
	int fd = bound_socket(SOCK_DGRAM, &address, length);

	if (fd < 0)
		return fd;
	worker->tally.udp++;
	return 0;
}

/* One port, an address for each socket: 127.2.0.1 upwards. */
static int open_udp_one_port(struct worker *worker, unsigned k)
{
	struct sockaddr_storage address;
	unsigned host = 0x10000 + worker->first[KIND_UDP_ONE_PORT] + k + 1;
	socklen_t length = worker_address(&address, false, host, ONE_UDP_PORT);
	int fd = bound_socket(SOCK_DGRAM, &address, length);

	if (fd < 0)
		return fd;
	worker->tally.udp++;
	return 0;
}

/* Abstract names, so that nothing is left in a directory. */
static int open_unix_named(const struct worker *worker, unsigned k, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "bench/%u/%u",
			      worker->number, k);
	int error;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) &&
	    (type != SOCK_STREAM || !listen(fd, 16)))
		return 0;
	error = errno;
	close(fd);
	return -error;
}

/* Of four: a named listener, a named datagram socket, and a connected pair. */
static int open_unix(struct worker *worker, unsigned k)
{
	int pair[2];
	int result = 0;

	worker->tally.unix_sockets++;
	switch (k % 4) {
	case 0:
		return open_unix_named(worker, k, SOCK_STREAM);
	case 1:
		return open_unix_named(worker, k, SOCK_DGRAM);
	case 2:
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return -errno;
		/* The share of this worker may end within a pair. */
		if (k + 1 == worker->count[KIND_UNIX])
			worker->tally.unix_sockets++;
		break;
	default: /* the other half of that pair */
		break;
	}
	return result;
}

/* The client closes first, so TIME_WAIT is its end; the other end is gone at once. */
static int make_time_wait(struct worker *worker, unsigned k)
{
	int ends[2];
	int result = connect_pair(worker, k, ACCEPTOR_PORTS, ends);

	if (result)
		return result;
	close(ends[0]);
	close(ends[1]);
	worker->tally.time_wait++;
	return 0;
}

static const struct {
	const char *what;
	unsigned fds;
	int (*open)(struct worker *worker, unsigned k);
} kinds[KIND_COUNT] = {
	[KIND_LISTENERS] = { "listener", 1, open_listener },
	[KIND_CONNECTIONS] = { "connection", 2, open_connection },
	[KIND_ACCEPT_QUEUE] = { "queued connection", 1, open_queued },
	[KIND_UDP] = { "UDP socket", 1, open_udp },
	[KIND_UDP_ONE_PORT] = { "UDP socket on one port", 1, open_udp_one_port },
	[KIND_UNIX] = { "UNIX socket", 1, open_unix },
	[KIND_TIME_WAIT] = { "TIME_WAIT socket", 0, make_time_wait },
};

unsigned kind_fds(enum kind kind)
{
	return kinds[kind].fds;
}

static int worker_open_kind(struct worker *worker, enum kind kind)
{
	for (unsigned k = 0; k < worker->count[kind]; k++) {
		int result = kinds[kind].open(worker, k);

		if (result) {
			fprintf(stderr, "population: worker %u, %s %u: %s\n", worker->number,
				kinds[kind].what, k, strerror(-result));
			return result;
		}
	}
	return 0;
}

/* A server listens before it has connections: its listeners have low descriptors. */
static int open_acceptors(struct worker *worker, enum kind kind, unsigned first)
{
	for (unsigned k = 0; k < worker->count[kind]; k += CLIENT_PORTS)
		for (int v6 = worker->v6_percent == 100; v6 <= (worker->v6_percent > 0); v6++) {
			int fd = worker_acceptor(worker, v6, first + k / CLIENT_PORTS);

			if (fd < 0)
				return fd;
		}
	return 0;
}

int worker_open(struct worker *worker)
{
	int err;

	for (unsigned i = 0; i < worker->idle_fds; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			return -errno;
	err = open_acceptors(worker, KIND_CONNECTIONS, 0);
	if (!err)
		err = open_acceptors(worker, KIND_TIME_WAIT, ACCEPTOR_PORTS);
	if (err)
		return err;
	for (int kind = 0; kind < KIND_TIME_WAIT; kind++) {
		int result = worker_open_kind(worker, (enum kind)kind);

		if (result)
			return result;
	}
	return 0;
}

int worker_fill_time_wait(struct worker *worker)
{
	worker->tally.time_wait = 0;
	return worker_open_kind(worker, KIND_TIME_WAIT);
}
