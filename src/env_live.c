/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment of the running process: the one place that knows where /proc is. */
#include "base/env.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/resolver.h"
#include "source/nl_link.h"

static volatile sig_atomic_t stop_number;

static void note_stop(int number)
{
	stop_number = number;
}

/*
 * The first signal ends the run on a whole line; the second one, if the reader is stuck, ends it at
 * once. What was ignored from the start (nohup) stays ignored.
 */
static void catch_stop_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = note_stop, .sa_flags = (int)SA_RESETHAND }, old;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

/*
 * Descriptors 0 to 2 must be taken, or a netlink socket would become standard output. Returns fd
 * where it was open, or -EBADF.
 */
static int keep_descriptor(int fd)
{
	if (fcntl(fd, F_GETFD) >= 0)
		return fd;
	/* The lowest free descriptor is this one: 0 comes first. Without /dev any directory will
	 * do. */
	if (open("/dev/null", O_RDWR) < 0)
		(void)!open("/", O_PATH);
	return -EBADF;
}

static int live_ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	(void)env;
	return if_indextoname(ifindex, buf) ? 0 : -errno;
}

static int64_t live_now_ns(const struct env *env)
{
	struct timespec now;

	(void)env;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int live_sleep_until_ns(const struct env *env, int64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ns / 1000000000),
		.tv_nsec = (long)(deadline_ns % 1000000000),
	};

	(void)env;
	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int live_stop_signal(const struct env *env)
{
	(void)env;
	return stop_number;
}

void env_live_init(struct env *env)
{
	int in = keep_descriptor(STDIN_FILENO);

	(void)in;
	*env = (struct env){
		.out_fd = keep_descriptor(STDOUT_FILENO),
		.err_fd = keep_descriptor(STDERR_FILENO),
		.proc_is_live = true,
		.diag_open = nl_link_open_kernel,
		.resolver = &resolver_libc,
		.ifname = live_ifname,
		.now_ns = live_now_ns,
		.sleep_until_ns = live_sleep_until_ns,
		.stop_signal = live_stop_signal,
		.euid = geteuid(),
	};
	catch_stop_signals();
	/* Only the character set: numbers and words stay those of the C locale. */
	if (setlocale(LC_CTYPE, ""))
		env->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	env->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (env->proc_fd < 0)
		env->proc_fd = -errno;
}
