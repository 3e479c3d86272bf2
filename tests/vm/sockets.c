/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens sockets of every family and keeps them open: sockets [NAME]...
 *
 * Each family has a process of its own, named vm-NAME. A line of stdout tells of each whether it
 * has its sockets: "ok NAME PID" or "no NAME WHY"; then "ready". They all end with the first one.
 * Interfaces and modules are the caller's business; 10.9.0.0/24 leads to nobody.
 */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { NOBODY = 65534, PATIENCE = 300 };

static const struct family {
	const char *name;
	void (*open)(void);
	bool of_nobody; /* these belong to an ordinary user */
} families[] = {
	{ .name = "tcp", .open = open_tcp },
	{ .name = "tcp-states", .open = open_tcp_states },
	{ .name = "udp", .open = open_udp },
	{ .name = "udplite", .open = open_udplite, .of_nobody = true },
	{ .name = "raw", .open = open_raw },
	{ .name = "ping", .open = open_ping },
	{ .name = "unix", .open = open_unix },
	{ .name = "sctp", .open = open_sctp },
	{ .name = "sctp-many", .open = open_sctp_many, .of_nobody = true },
	{ .name = "sctp-wait", .open = open_sctp_wait },
	{ .name = "dccp", .open = open_dccp },
	{ .name = "mptcp", .open = open_mptcp },
	{ .name = "smc", .open = open_smc },
	{ .name = "ktls", .open = open_ktls },
	{ .name = "packet", .open = open_packet },
	{ .name = "netlink", .open = open_netlink },
	{ .name = "vsock", .open = open_vsock },
	{ .name = "tipc", .open = open_tipc },
	{ .name = "xdp", .open = open_xdp },
	{ .name = "kcm", .open = open_kcm },
	{ .name = "pfkey", .open = open_pfkey },
	{ .name = "l2tp", .open = open_l2tp },
	{ .name = "rds", .open = open_rds },
};

/* Of this process. */
static const char *own_name = "sockets";
static int report_to = STDOUT_FILENO;

int must(int result, const char *what)
{
	if (result < 0) {
		dprintf(report_to, "no %s %s: %s\n", own_name, what, strerror(errno));
		_exit(1);
	}
	return result;
}

socklen_t place_address(struct place place, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, place.host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(place.port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, place.host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(place.port);
		return sizeof(*v6);
	}
	errno = EINVAL;
	must(-1, place.host);
	return 0;
}

int open_socket(int family, int type, int protocol)
{
	return must(socket(family, type | SOCK_CLOEXEC, protocol), "socket");
}

int open_bound(struct place place, int type, int protocol)
{
	struct sockaddr_storage address;
	socklen_t len = place_address(place, &address);
	int fd = open_socket(address.ss_family, type, protocol);

	must(bind(fd, (struct sockaddr *)&address, len), "bind");
	return fd;
}

int open_listener(struct place place, int type, int protocol, int backlog)
{
	int fd = open_bound(place, type, protocol);

	must(listen(fd, backlog), "listen");
	return fd;
}

void connect_to(int fd, struct place place)
{
	struct sockaddr_storage address;
	socklen_t len = place_address(place, &address);

	must(connect(fd, (struct sockaddr *)&address, len), "connect");
}

void begin_connecting(int fd, struct place place)
{
	struct sockaddr_storage address;
	socklen_t len = place_address(place, &address);

	must(fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	if (connect(fd, (struct sockaddr *)&address, len) == 0)
		errno = EISCONN;
	if (errno != EINPROGRESS)
		must(-1, "connect to nobody");
}

void send_bytes(int fd, size_t n)
{
	static const char bytes[4096];

	must(send(fd, bytes, n, 0) == (ssize_t)n ? 0 : -1, "send");
}

struct pair open_pair(struct place server, struct place client, int type, int protocol)
{
	struct pair pair = { .listener = open_listener(server, type, protocol, 7) };

	if (client.port) {
		pair.client = open_bound(client, type, protocol);
	} else {
		struct sockaddr_storage address;

		place_address(server, &address);
		pair.client = open_socket(address.ss_family, type, protocol);
	}
	connect_to(pair.client, server);
	pair.accepted = must(accept4(pair.listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	return pair;
}

/* What the process of a family does. Does not return. */
static void hold(const struct family *family)
{
	char name[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	own_name = family->name;
	snprintf(name, sizeof(name), "vm-%s", own_name);
	prctl(PR_SET_NAME, name);
	if (family->of_nobody) {
		must(setgid(NOBODY), "setgid");
		must(setuid(NOBODY), "setuid");
		/* Or its descriptors would stay root's. */
		prctl(PR_SET_DUMPABLE, 1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	}
	signal(SIGPIPE, SIG_IGN);
	alarm(PATIENCE);
	family->open();
	alarm(0);
	dprintf(report_to, "ok %s %d\n", own_name, (int)getpid());
	close(report_to);
	for (;;)
		pause();
}

static void start(const struct family *family)
{
	char line[256];
	int ends[2];
	FILE *from;
	pid_t pid;

	must(pipe2(ends, O_CLOEXEC), "pipe");
	pid = must(fork(), "fork");
	if (pid == 0) {
		report_to = ends[1];
		close(ends[0]);
		hold(family);
	}
	close(ends[1]);
	from = fdopen(ends[0], "r");
	if (!from || !fgets(line, sizeof(line), from))
		snprintf(line, sizeof(line), "no %s ended without a word\n", family->name);
	fputs(line, stdout);
	fflush(stdout);
	if (from)
		fclose(from);
}

static bool is_wanted(const char *name, char *const *wanted)
{
	if (!*wanted)
		return true;
	for (; *wanted; wanted++)
		if (strcmp(*wanted, name) == 0)
			return true;
	return false;
}

int main(int argc, char *argv[])
{
	(void)argc;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (is_wanted(families[i].name, argv + 1))
			start(&families[i]);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
