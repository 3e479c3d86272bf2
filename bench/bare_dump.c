/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that a program can do to get sockets from sock_diag: ask, receive into one buffer of
 * 32 KiB, count the messages, forget them. What a tool takes beyond this is its own.
 *
 *   bare_dump [--tcp | --udp | --unix] [--states MASK] [--sport PORT] [--legacy] [--split N]
 *
 * IPv4 and IPv6 one after the other. --states is a number, bit 1 << state; --sport has the kernel
 * compare the local port. --legacy asks for TCP by the old message that walks over the table once
 * for both families. --split divides the ports among N threads by bytecode, to see what that would
 * bring. Prints "messages=N bytes=N seconds=S".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	RECEIVE_SIZE = 32768,
	MOST_THREADS = 64,
	ALL_STATES = 0xfff, /* what a listing of everything asks for */
};

static const struct option options[] = {
	{ "tcp", no_argument, NULL, 't' },         { "udp", no_argument, NULL, 'u' },
	{ "unix", no_argument, NULL, 'x' },        { "states", required_argument, NULL, 's' },
	{ "sport", required_argument, NULL, 'p' }, { "legacy", no_argument, NULL, 'l' },
	{ "split", required_argument, NULL, 'n' }, { NULL, 0, NULL, 0 },
};

/* What is asked for; a job is one thread's part of it. */
struct job {
	int family; /* AF_INET: both Internet families; AF_UNIX */
	uint8_t protocol;
	uint32_t states;
	uint16_t sport; /* 0: any */
	bool legacy;
	bool split;
	uint16_t low, high; /* ports, when split */
	unsigned long long messages, bytes;
};

/* A comparison of a port takes two operations, the second with the number. */
struct port_range {
	struct nlattr attribute;
	struct inet_diag_bc_op code[4];
};

/* Large enough for each request; the port range follows the body. */
struct request {
	struct nlmsghdr header;
	union {
		struct inet_diag_req_v2 inet;
		struct inet_diag_req legacy;
		struct unix_diag_req unix_domain;
		char room[sizeof(struct inet_diag_req_v2) + sizeof(struct port_range)];
	};
};

__attribute__((noreturn)) static void die(const char *what, int error)
{
	fprintf(stderr, "bare_dump: %s: %s\n", what, strerror(error));
	exit(1);
}

static uint32_t with_header(struct request *request, uint16_t type, size_t body)
{
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
	return request->header.nlmsg_len;
}

/* low <= local port <= high */
static void add_port_range(struct request *request, const struct job *job)
{
	static const size_t op = sizeof(struct inet_diag_bc_op);
	struct port_range range = { 0 };

	range.code[0].code = INET_DIAG_BC_S_GE;
	range.code[1].no = job->low;
	range.code[2].code = INET_DIAG_BC_S_LE;
	range.code[3].no = job->high;
	for (int i = 0; i < 4; i += 2) {
		size_t rest = (size_t)(4 - i) * op;

		range.code[i].yes = (unsigned char)(2 * op);
		range.code[i].no = (unsigned short)(rest + op); /* beyond the end: no */
	}
	range.attribute.nla_type = INET_DIAG_REQ_BYTECODE;
	range.attribute.nla_len = sizeof(range);
	/* Behind the body, whose size is a multiple of four. */
	memcpy((char *)request + request->header.nlmsg_len, &range, sizeof(range));
	request->header.nlmsg_len += (uint32_t)sizeof(range);
}

static uint32_t make_inet(struct request *request, const struct job *job, uint8_t family)
{
	if (job->legacy) {
		request->legacy.idiag_family = family;
		request->legacy.idiag_states = job->states;
		request->legacy.id.idiag_sport = htons(job->sport);
		with_header(request, TCPDIAG_GETSOCK, sizeof(request->legacy));
		if (job->split)
			add_port_range(request, job);
		return request->header.nlmsg_len;
	}
	request->inet.sdiag_family = family;
	request->inet.sdiag_protocol = job->protocol;
	request->inet.idiag_states = job->states;
	request->inet.id.idiag_sport = htons(job->sport);
	with_header(request, SOCK_DIAG_BY_FAMILY, sizeof(request->inet));
	if (job->split)
		add_port_range(request, job);
	return request->header.nlmsg_len;
}

static uint32_t make_unix(struct request *request, const struct job *job)
{
	request->unix_domain.sdiag_family = AF_UNIX;
	request->unix_domain.udiag_states = job->states;
	request->unix_domain.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN;
	return with_header(request, SOCK_DIAG_BY_FAMILY, sizeof(request->unix_domain));
}

/* Counts the messages of one datagram. Returns whether the dump is over. */
static bool count_messages(struct job *job, char *data, ssize_t length)
{
	struct nlmsghdr *message = (struct nlmsghdr *)data;
	unsigned left = (unsigned)length;

	job->bytes += (unsigned long long)length;
	for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
			int error = 0;

			if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
				memcpy(&error, NLMSG_DATA(message), sizeof(error));
			if (error)
				die("the kernel answered", -error);
			return true;
		}
		job->messages++;
	}
	return false;
}

static void dump(struct job *job, int fd, struct request *request, uint32_t length)
{
	char buffer[RECEIVE_SIZE] __attribute__((aligned(8)));
	ssize_t got;

	if (send(fd, request, length, 0) != (ssize_t)length)
		die("send", errno);
	do {
		got = recv(fd, buffer, sizeof(buffer), 0);
		if (got <= 0)
			die("recv", got ? errno : EPROTO);
	} while (!count_messages(job, buffer, got));
}

static void *run_job(void *argument)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct job *job = argument;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		die("netlink", errno);
	if (job->family == AF_UNIX) {
		struct request request = { 0 };

		dump(job, fd, &request, make_unix(&request, job));
	} else if (job->legacy) {
		struct request request = { 0 };

		dump(job, fd, &request, make_inet(&request, job, AF_UNSPEC));
	} else {
		for (int i = 0; i < 2; i++) {
			struct request request = { 0 };

			dump(job, fd, &request, make_inet(&request, job, families[i]));
		}
	}
	close(fd);
	return NULL;
}

static void run_split(const struct job *all, unsigned threads, struct job *sum)
{
	struct job jobs[MOST_THREADS];
	pthread_t thread[MOST_THREADS];
	unsigned step = 65536 / threads;

	for (unsigned i = 0; i < threads; i++) {
		jobs[i] = *all;
		jobs[i].split = true;
		jobs[i].low = (uint16_t)(i * step);
		jobs[i].high = (uint16_t)(i + 1 == threads ? 65535 : (i + 1) * step - 1);
		if (pthread_create(&thread[i], NULL, run_job, &jobs[i]))
			die("thread", EAGAIN);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		sum->messages += jobs[i].messages;
		sum->bytes += jobs[i].bytes;
	}
}

static unsigned number(const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (end == text || *end || *text == '-' || value > most)
		die(text, EINVAL);
	return (unsigned)value;
}

static unsigned parse_options(struct job *job, int argc, char **argv)
{
	unsigned threads = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 't':
			job->protocol = IPPROTO_TCP;
			break;
		case 'u':
			job->protocol = IPPROTO_UDP;
			break;
		case 'x':
			job->family = AF_UNIX;
			break;
		case 's':
			job->states = number(optarg, UINT32_MAX);
			break;
		case 'p':
			job->sport = (uint16_t)number(optarg, 65535);
			break;
		case 'l':
			job->legacy = true;
			break;
		case 'n':
			threads = number(optarg, MOST_THREADS);
			break;
		default:
			exit(2);
		}
	}
	return threads;
}

int main(int argc, char **argv)
{
	struct job job = { .family = AF_INET, .protocol = IPPROTO_TCP, .states = ALL_STATES };
	unsigned threads = parse_options(&job, argc, argv);
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	if (threads) {
		struct job sum = { 0 };

		run_split(&job, threads, &sum);
		job = sum;
	} else {
		run_job(&job);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("messages=%llu bytes=%llu seconds=%.6f\n", job.messages, job.bytes,
	       (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	return 0;
}
