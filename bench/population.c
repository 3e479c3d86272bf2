/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a population of sockets in a network namespace of its own and keeps it until stdin ends.
 *
 *   population [--listeners N] [--connections N] [--accept-queue N] [--udp N] [--udp-one-port N]
 *              [--unix N] [--time-wait N] [--processes N] [--servers N] [--idle-fds N]
 *              [--v6-share PERCENT]
 *
 * Counts are of the whole population and are spread over worker processes, or over --servers of
 * them, and then the others have no socket; --idle-fds is of each worker. Without --processes there
 * are as many as the limit of open files asks for. When all
 * stands, one line "ready pid=P processes=W listen=N established=N time_wait=N udp=N unix=N" is
 * written, with what there is (connections also need listeners). A line "refill" on stdin makes the
 * TIME_WAIT sockets anew, which last 60 seconds, and is answered by the same line.
 *
 * Only settings of the new namespace are changed. Needs CAP_SYS_ADMIN (or root in a user
 * namespace).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker.h"

enum {
	OPTION_PROCESSES = KIND_COUNT,
	OPTION_SERVERS,
	OPTION_IDLE_FDS,
	OPTION_V6_SHARE,
	OPTION_COUNT,

	FEWEST_WORKERS = 4, /* by itself */
	MOST_WORKERS = 4000,
	FDS_SPARE = 200, /* acceptors, pipes, the standard streams */
	FDS_AT_EASE = 15000,
};

static const struct option options[] = {
	{ "listeners", required_argument, NULL, KIND_LISTENERS },
	{ "connections", required_argument, NULL, KIND_CONNECTIONS },
	{ "accept-queue", required_argument, NULL, KIND_ACCEPT_QUEUE },
	{ "udp", required_argument, NULL, KIND_UDP },
	{ "udp-one-port", required_argument, NULL, KIND_UDP_ONE_PORT },
	{ "unix", required_argument, NULL, KIND_UNIX },
	{ "time-wait", required_argument, NULL, KIND_TIME_WAIT },
	{ "processes", required_argument, NULL, OPTION_PROCESSES },
	{ "servers", required_argument, NULL, OPTION_SERVERS },
	{ "idle-fds", required_argument, NULL, OPTION_IDLE_FDS },
	{ "v6-share", required_argument, NULL, OPTION_V6_SHARE },
	{ NULL, 0, NULL, 0 },
};

/* A worker as the parent sees it. */
struct child {
	pid_t pid;
	int orders; /* a byte: fill TIME_WAIT */
	int tallies;
};

struct population {
	unsigned number[OPTION_COUNT];
	unsigned workers;
	unsigned servers; /* the first of the workers, which have sockets */
	struct child *child;
	int queue; /* the listener with the long accept queue, or -1 */
};

__attribute__((noreturn)) static void die(const char *what, int error)
{
	fprintf(stderr, "population: %s: %s\n", what, strerror(error));
	exit(1);
}

static void parse_options(struct population *all, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		char *end;
		unsigned long number;

		if (option == '?')
			exit(2);
		errno = 0;
		number = strtoul(optarg, &end, 10);
		if (errno || end == optarg || *end || *optarg == '-' || number > 10000000)
			die(optarg, EINVAL);
		all->number[option] = (unsigned)number;
	}
	if (optind != argc)
		die(argv[optind], EINVAL);
	if (all->number[OPTION_V6_SHARE] > 100)
		die("--v6-share", EINVAL);
}

/* How many workers are needed for what they may hold. */
static void choose_workers(struct population *all)
{
	struct rlimit limit;
	unsigned long room, fds = 0;
	unsigned idle = all->number[OPTION_IDLE_FDS] + FDS_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("RLIMIT_NOFILE", errno);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("RLIMIT_NOFILE", errno);
	room = limit.rlim_cur < FDS_AT_EASE ? limit.rlim_cur : FDS_AT_EASE;
	if (room <= idle)
		die("--idle-fds", EMFILE);
	room -= idle;
	for (int kind = 0; kind < KIND_COUNT; kind++)
		fds += (unsigned long)all->number[kind] * kind_fds((enum kind)kind);
	all->workers = all->number[OPTION_PROCESSES];
	if (!all->workers)
		all->workers = (unsigned)((fds + room - 1) / room);
	if (all->workers < FEWEST_WORKERS && !all->number[OPTION_PROCESSES])
		all->workers = FEWEST_WORKERS;
	all->servers = all->number[OPTION_SERVERS];
	if (!all->servers)
		all->servers = all->workers;
	if (all->servers > all->workers)
		die("--servers: more than processes", EINVAL);
	/* A share is rounded up, once for each kind. */
	if (!all->workers || fds / all->servers + 2 * KIND_COUNT > limit.rlim_cur - idle)
		die("--processes: too few for so many file descriptors", EMFILE);
	if (all->workers > MOST_WORKERS)
		die("--processes", E2BIG);
}

static void write_setting(const char *path, unsigned value)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u\n", value);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, (size_t)length) != length)
		die(path, errno);
	close(fd);
}

static void bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("loopback", errno);
	close(fd);
}

/* struct in6_ifreq of the kernel, whose header does not go together with the C library's. */
struct address_request {
	struct in6_addr address;
	uint32_t prefix_length;
	int interface;
};

/* The kernel makes a new address usable a moment later, from a work queue. */
static void await_address(const struct sockaddr_storage *address)
{
	for (int tries = 0; tries < 10000; tries++) {
		int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		int result;

		if (fd < 0)
			die("IPv6", errno);
		result = bind(fd, (const struct sockaddr *)address, sizeof(struct sockaddr_in6));
		close(fd);
		if (!result)
			return;
		usleep(1000);
	}
	die("IPv6 address", EADDRNOTAVAIL);
}

/* 127.0.0.0/8 is there by itself; of IPv6 each worker's address is added. */
static void add_v6_addresses(unsigned workers)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("IPv6", errno);
	for (unsigned number = 1; number <= workers; number++) {
		struct sockaddr_storage address;
		struct address_request request = { .prefix_length = 128,
						   .interface = (int)if_nametoindex("lo") };

		worker_address(&address, true, number, 0);
		request.address = ((struct sockaddr_in6 *)&address)->sin6_addr;
		if (ioctl(fd, SIOCSIFADDR, &request))
			die("IPv6 address", errno);
		await_address(&address);
	}
	close(fd);
}

static void set_up_namespace(const struct population *all)
{
	if (unshare(CLONE_NEWNET))
		die("a network namespace of its own", errno);
	bring_up_loopback();
	if (all->number[KIND_ACCEPT_QUEUE])
		write_setting("/proc/sys/net/core/somaxconn", all->number[KIND_ACCEPT_QUEUE] + 16);
	if (all->number[KIND_TIME_WAIT])
		write_setting("/proc/sys/net/ipv4/tcp_max_tw_buckets",
			      all->number[KIND_TIME_WAIT] * 2 + 1000);
	if (all->number[OPTION_V6_SHARE])
		add_v6_addresses(all->workers);
}

static void share_out(const struct population *all, unsigned number, struct worker *worker)
{
	worker->number = number;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		unsigned count = all->number[kind], share = count / all->servers;
		unsigned left = count % all->servers;

		if (number >= all->servers)
			continue;
		worker->first[kind] = number * share + (number < left ? number : left);
		worker->count[kind] = share + (number < left);
	}
	worker->idle_fds = all->number[OPTION_IDLE_FDS];
	worker->v6_percent = all->number[OPTION_V6_SHARE];
}

/* The life of a worker: open, then an answer for each order. */
__attribute__((noreturn)) static void work(const struct population *all, unsigned number,
					   int orders, int tallies)
{
	struct worker worker = { 0 };
	int result;
	char order;

	share_out(all, number, &worker);
	result = worker_open(&worker);
	if (result)
		die("opening sockets", -result);
	while (read(orders, &order, 1) == 1) {
		if (worker_fill_time_wait(&worker) ||
		    write(tallies, &worker.tally, sizeof(worker.tally)) !=
			    (ssize_t)sizeof(worker.tally))
			_exit(1);
	}
	_exit(0);
}

static void start_worker(struct population *all, unsigned number)
{
	struct child *child = &all->child[number];
	int orders[2], tallies[2];
	pid_t parent = getpid();

	if (pipe2(orders, O_CLOEXEC) || pipe2(tallies, O_CLOEXEC))
		die("pipe", errno);
	child->pid = fork();
	if (child->pid < 0)
		die("fork", errno);
	if (child->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		for (unsigned i = 0; i < number; i++) {
			close(all->child[i].orders);
			close(all->child[i].tallies);
		}
		close(orders[1]);
		close(tallies[0]);
		if (all->queue >= 0)
			close(all->queue);
		work(all, number, orders[0], tallies[1]);
	}
	close(orders[0]);
	close(tallies[1]);
	child->orders = orders[1];
	child->tallies = tallies[0];
}

/* TIME_WAIT made by all workers side by side; then the line that says what stands. */
static void fill_and_tell(const struct population *all)
{
	struct tally sum = { .listen = all->queue >= 0 };

	for (unsigned i = 0; i < all->workers; i++)
		if (write(all->child[i].orders, "f", 1) != 1)
			die("worker", errno);
	for (unsigned i = 0; i < all->workers; i++) {
		struct tally one;

		if (read(all->child[i].tallies, &one, sizeof(one)) != (ssize_t)sizeof(one))
			die("a worker failed", ECHILD);
		sum.listen += one.listen;
		sum.established += one.established;
		sum.time_wait += one.time_wait;
		sum.udp += one.udp;
		sum.unix_sockets += one.unix_sockets;
	}
	printf("ready pid=%d processes=%u listen=%u established=%u time_wait=%u udp=%u unix=%u\n",
	       (int)getpid(), all->workers, sum.listen, sum.established, sum.time_wait, sum.udp,
	       sum.unix_sockets);
	fflush(stdout);
}

static void end_workers(const struct population *all)
{
	for (unsigned i = 0; i < all->workers; i++)
		kill(all->child[i].pid, SIGKILL);
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	struct population all = { .queue = -1 };
	char line[64];

	parse_options(&all, argc, argv);
	choose_workers(&all);
	signal(SIGPIPE, SIG_IGN);
	set_up_namespace(&all);
	if (all.number[KIND_ACCEPT_QUEUE]) {
		all.queue = worker_open_queue(all.number[KIND_ACCEPT_QUEUE] + 16);
		if (all.queue < 0)
			die("listener", -all.queue);
	}
	all.child = calloc(all.workers, sizeof(*all.child));
	if (!all.child)
		die("workers", ENOMEM);
	for (unsigned i = 0; i < all.workers; i++)
		start_worker(&all, i);
	fill_and_tell(&all);
	while (fgets(line, sizeof(line), stdin))
		if (!strcmp(line, "refill\n"))
			fill_and_tell(&all);
	end_workers(&all);
	free(all.child);
	return 0;
}
