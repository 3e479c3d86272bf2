/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment of the running process: the one place that knows where /proc is. */
#include "base/env.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <linux/magic.h>
#include <locale.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mounts.h"
#include "base/num.h"
#include "base/privileges.h"
#include "base/resolver.h"
#include "base/sandbox.h"
#include "enrich/owners_iter.h"
#include "source/diag_events.h"
#include "source/nl_link.h"

/* Read by threads, too. */
static atomic_int stop_number;
static char host_name[256];
/* Of the calling thread. */
static const char own_netns[] = "/proc/thread-self/ns/net";
/* The namespace the program was started in; below it -errno: there is no way back to it. */
enum { HOME_HERE = -1, HOME_LOST = -1000 };
static atomic_int home_netns = HOME_HERE;
/* This thread is at home, whatever the others visit. */
static _Thread_local bool stays_home;
static struct resolver home_resolver;

static void note_stop(int number)
{
	stop_number = number;
}

/*
 * The first signal ends the run on a whole line, if the reader takes it within a second (obuf); the
 * second one ends it at once. What was ignored from the start (nohup) stays ignored.
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

/*
 * Where cgroup2 is mounted: /sys/fs/cgroup, or beside version 1 in /sys/fs/cgroup/unified, or
 * wherever an administrator put it. A mount of the whole is preferred to one of a part.
 */
static int live_cgroup_open(const struct env *env)
{
	char path[4096], found[4096] = "";
	struct file_stream mounts;
	const char *line;
	bool whole = false;
	struct statfs fs;
	size_t len;
	int got, fd;

	got = file_stream_open(&mounts, env->proc_fd, "self/mountinfo");
	if (got < 0)
		return got;
	while (!whole && ((got = file_stream_line(&mounts, &line, &len)) == 1 || got == -EOVERFLOW))
		if (got == 1 &&
		    mounts_parse_line(line, len, "cgroup2", path, sizeof(path), &whole) &&
		    (whole || !found[0]))
			memcpy(found, path, sizeof(found));
	file_stream_close(&mounts);
	if (!found[0])
		return -ENOENT;
	fd = open(found, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Another file system may be mounted upon it. */
	if (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return fd;
	close(fd);
	return -ENOENT;
}

/* ip-netns(8) writes to /var/run, which most systems have as a link to /run. */
static int live_netns_names_open(const struct env *env)
{
	int fd = open("/run/netns", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)env;
	if (fd < 0 && errno == ENOENT)
		fd = open("/var/run/netns", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int live_netns_enter(const struct env *env, int ns_fd)
{
	int home = atomic_load(&home_netns);

	(void)env;
	/* From now on names have a home to be looked up in. */
	if (home == HOME_HERE) {
		home = open(own_netns, O_RDONLY | O_CLOEXEC);
		atomic_store(&home_netns, home < 0 ? HOME_LOST - errno : home);
	}
	return setns(ns_fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

/* Why there is no way back: what this machine lacks, or else that it is not allowed. */
static int no_way_home(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE ? -error : -EACCES;
}

/* Whether the calling thread is where the program was started. */
static bool is_at_home(int home)
{
	struct stat here, there;

	return stat(own_netns, &here) == 0 && fstat(home, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/*
 * Name servers are reached from the namespace the program was started in; another one may have no
 * way to them, or servers of its own that are nobody's business here. The thread goes home for the
 * time of a question. 0 and the way back (negative: it is there), or -errno: nobody is asked.
 */
static int go_home(int *way_back)
{
	int home = atomic_load(&home_netns), back, err;

	*way_back = -1;
	if (home == HOME_HERE || stays_home)
		return 0;
	if (home < 0)
		return no_way_home(HOME_LOST - home);
	if (is_at_home(home))
		return 0;
	back = open(own_netns, O_RDONLY | O_CLOEXEC);
	if (back < 0)
		return no_way_home(errno);
	/* Nothing else is to be in effect while others' code runs, but for the way to it. */
	privileges_rest(false);
	err = setns(home, CLONE_NEWNET) < 0 ? no_way_home(errno) : 0;
	privileges_rest(true);
	if (err < 0)
		close(back);
	else
		*way_back = back;
	return err;
}

static void go_back(int back)
{
	if (back < 0)
		return;
	privileges_rest(false);
	setns(back, CLONE_NEWNET);
	close(back);
}

/* A thread that is there to ask stays at home, and is then nobody. */
static void home_begin_thread(void)
{
	int home = atomic_load(&home_netns);

	privileges_rest(false);
	if (home >= 0)
		stays_home = setns(home, CLONE_NEWNET) == 0 || is_at_home(home);
	privileges_keep(0);
}

static int home_host(int family, const void *addr, char *buf, size_t size)
{
	int back, err = go_home(&back);

	if (err < 0)
		return err;
	err = resolver_libc.host(family, addr, buf, size);
	go_back(back);
	return err;
}

static int home_addresses(const char *name, uint8_t *families, uint8_t (*list)[16], size_t max)
{
	int back, n = go_home(&back);

	if (n < 0)
		return n;
	n = resolver_libc.addresses(name, families, list, max);
	go_back(back);
	return n;
}

static int home_uid(const char *name, uint32_t *uid)
{
	int back, err = go_home(&back);

	if (err < 0)
		return err;
	err = resolver_libc.uid(name, uid);
	go_back(back);
	return err;
}

static int home_user(uint32_t uid, char *buf, size_t size)
{
	int back, err = go_home(&back);

	if (err < 0)
		return err;
	err = resolver_libc.user(uid, buf, size);
	go_back(back);
	return err;
}

static uint32_t live_ifindex(const struct env *env, const char *name)
{
	(void)env;
	return if_nametoindex(name);
}

static void live_wall_time(const struct env *env, int64_t *seconds, uint32_t *ns)
{
	struct timespec now;

	(void)env;
	clock_gettime(CLOCK_REALTIME, &now);
	*seconds = now.tv_sec;
	*ns = (uint32_t)now.tv_nsec;
}

/* A terminal's columns: what COLUMNS says, if it is a number, or else what the terminal says. */
static size_t live_width(const struct env *env)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width;

	if (env->out_fd < 0 || !isatty(env->out_fd))
		return 0;
	if (columns && num_parse_u64(columns, strlen(columns), UINT16_MAX, &width) && width > 0)
		return (size_t)width;
	if (ioctl(env->out_fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* A terminal's lines. LINES is not asked: it stays as it is when the window changes. */
static size_t live_height(const struct env *env)
{
	struct winsize size;

	if (env->out_fd < 0 || !isatty(env->out_fd))
		return 0;
	if (ioctl(env->out_fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return 24;
	return size.ws_row;
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

static int live_keep_privileges(const struct env *env, unsigned int keep)
{
	(void)env;
	return privileges_keep(keep);
}

static void live_rest_privileges(const struct env *env, bool rest)
{
	(void)env;
	privileges_rest(rest);
}

static int live_sandbox(const struct env *env, enum sandbox_part part)
{
	(void)env;
	return sandbox_enter(part);
}

static unsigned int live_cpus(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? (unsigned int)CPU_COUNT(&cpus) : 1;
}

/* "6.9.3-1-amd64" as 0x0609. */
static unsigned int live_kernel(void)
{
	struct utsname name;
	size_t n, m;
	uint64_t major, minor;

	if (uname(&name) < 0)
		return 0;
	n = strspn(name.release, "0123456789");
	m = name.release[n] == '.' ? strspn(name.release + n + 1, "0123456789") : 0;
	if (!num_parse_u64(name.release, n, UINT8_MAX, &major) ||
	    !num_parse_u64(name.release + n + 1, m, UINT8_MAX, &minor))
		return 0;
	return (unsigned int)(major << 8 | minor);
}

void env_live_init(struct env *env)
{
	int in = keep_descriptor(STDIN_FILENO);
	const char *no_color, *term;

	(void)in;
	*env = (struct env){
		.out_fd = keep_descriptor(STDOUT_FILENO),
		.err_fd = keep_descriptor(STDERR_FILENO),
		.proc_is_live = true,
		.netns_names_open = live_netns_names_open,
		.netns_enter = live_netns_enter,
		.diag_open = nl_link_open_kernel,
		.events_open = diag_events_open_kernel,
		.owners_open = owners_iter_open,
		.resolver = &home_resolver,
		.cgroup_open = live_cgroup_open,
		.ifname = live_ifname,
		.ifindex = live_ifindex,
		.wall_time = live_wall_time,
		.width = live_width,
		.height = live_height,
		.now_ns = live_now_ns,
		.sleep_until_ns = live_sleep_until_ns,
		.stop_signal = live_stop_signal,
		.keep_privileges = live_keep_privileges,
		.rest_privileges = live_rest_privileges,
		.sandbox = live_sandbox,
		.euid = geteuid(),
		.cpus = live_cpus(),
		.kernel = live_kernel(),
	};
	home_resolver = resolver_libc;
	home_resolver.begin_thread = home_begin_thread;
	home_resolver.host = home_host;
	home_resolver.addresses = home_addresses;
	home_resolver.uid = home_uid;
	home_resolver.user = home_user;
	catch_stop_signals();
	resolver_libc_init();
	if (gethostname(host_name, sizeof(host_name) - 1) == 0)
		env->host = host_name;
	no_color = getenv("NO_COLOR");
	env->color = (!no_color || !*no_color) && env->out_fd >= 0 && isatty(env->out_fd);
	term = getenv("TERM");
	env->redraws = term && *term && strcmp(term, "dumb") != 0 && env->out_fd >= 0 &&
		       isatty(env->out_fd);
	/* Only the character set: numbers and words stay those of the C locale. */
	if (setlocale(LC_CTYPE, ""))
		env->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	env->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (env->proc_fd < 0)
		env->proc_fd = -errno;
}
