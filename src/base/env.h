/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the outside world decides goes into the program through one struct: the /proc directory, the
 * way to reach sock_diag, the resolver, the clock and the two output streams. The live environment
 * is made in env_live.c; tests make one from a recorded machine. No environment variable and no
 * hidden option redirects any of it: this program is run as root.
 */
#ifndef LSSOCK_BASE_ENV_H
#define LSSOCK_BASE_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/sandbox.h"

struct diag_events;       /* source/diag_events.h */
struct diag_events_query; /* source/diag_events.h */
struct nl_link;           /* source/nl_link.h */
struct resolver;          /* base/resolver.h */

struct env {
	/*
	 * Directory descriptor that stands for /proc, or -errno of the attempt to open it.
	 * Everything below /proc is opened relative to it; never closed by those who use it.
	 */
	int proc_fd;
	/* Whether proc_fd should be a mounted procfs showing this very process (false in
	 * recordings). */
	bool proc_is_live;
	/*
	 * Directory descriptor below which "net/tcp" and its like are found: /proc/PID of a process
	 * in another network namespace that could not be entered. 0: proc_fd, which has them of the
	 * namespace that the main thread is in. Ask env_net_fd().
	 */
	int net_fd;

	/*
	 * Opens the directory where ip-netns(8) keeps the names of network namespaces (the caller
	 * closes it). Returns the descriptor or -errno: -ENOENT where there is none. NULL: there is
	 * none.
	 */
	int (*netns_names_open)(const struct env *env);
	/*
	 * Moves the calling thread, and those it starts from then on, into the network namespace of
	 * ns_fd. Names are still looked up in the one the program was started in. Returns 0 or
	 * -errno: -EPERM for lack of privilege, -EINVAL when ns_fd is no network namespace. NULL:
	 * there are no others.
	 */
	int (*netns_enter)(const struct env *env, int ns_fd);

	/*
	 * Opens one link to NETLINK_SOCK_DIAG. Returns 0 and *out (the caller ends it with
	 * nl_link_close()), or -errno: -EPERM, -EACCES, -EAFNOSUPPORT, -EPROTONOSUPPORT where the
	 * kernel or a sandbox denies it.
	 */
	int (*diag_open)(const struct env *env, struct nl_link **out);
	void *diag_ctx; /* for diag_open alone */

	/*
	 * Opens the kernel's messages about sockets that cease to be. Returns 0 and *out (the
	 * caller ends it with diag_events_close()), or -errno where there are none. NULL: there are
	 * none.
	 */
	int (*events_open)(const struct env *env, const struct diag_events_query *query,
			   struct diag_events **out);

	/*
	 * Opens the kernel's own list of who holds sockets (enrich/owners_iter.h), which is faster
	 * than /proc. Returns a descriptor to read, which the caller closes, or -errno where it
	 * cannot be had. NULL: there is none.
	 */
	int (*owners_open)(const struct env *env);

	/* Names of hosts, services, users, protocols. A static one: threads that ask may outlive
	 * this struct. */
	const struct resolver *resolver;

	/*
	 * Opens the directory where the cgroup2 file system is mounted (O_PATH; the caller closes
	 * it). Returns the descriptor or -errno: -ENOENT where there is none. NULL: there is none.
	 */
	int (*cgroup_open)(const struct env *env);

	/* Name of interface ifindex into buf (IF_NAMESIZE bytes). Returns 0 or -errno. */
	int (*ifname)(const struct env *env, uint32_t ifindex, char *buf);

	/* The number of the interface of that name, 0 for none. NULL: there is none. */
	uint32_t (*ifindex)(const struct env *env, const char *name);

	/* The name of this host; NULL: not known. */
	const char *host;
	/* Seconds since 1970 and nanoseconds. NULL: not known. */
	void (*wall_time)(const struct env *env, int64_t *seconds, uint32_t *ns);
	/* Columns of the terminal that out_fd is; 0 when it is none. NULL: it is none. */
	size_t (*width)(const struct env *env);
	/* Its lines; the same. */
	size_t (*height)(const struct env *env);
	/* out_fd is a terminal that can place its cursor (TERM is set, and not to "dumb"). */
	bool redraws;
	bool color; /* the terminal may be given colours (NO_COLOR is not set) */

	/* Nanoseconds of CLOCK_MONOTONIC. */
	int64_t (*now_ns)(const struct env *env);
	/* Sleeps until that moment of CLOCK_MONOTONIC. Returns 0, or -EINTR when a signal came. */
	int (*sleep_until_ns)(const struct env *env, int64_t deadline_ns);
	/* Number of the signal that asks the program to end (SIGINT, SIGTERM, ...), or 0. */
	int (*stop_signal)(const struct env *env);

	/*
	 * Gives up all privileges but those of keep (base/privileges.h), for good, and puts those
	 * that are held out of effect for a while and back. 0 or -errno. NULL: there are none.
	 */
	int (*keep_privileges)(const struct env *env, unsigned int keep);
	void (*rest_privileges)(const struct env *env, bool rest);
	/* Forbids a part of what the program never does (base/sandbox.h). 0 or -errno. NULL:
	 * nothing is forbidden. */
	int (*sandbox)(const struct env *env, enum sandbox_part part);

	/*
	 * Everything is read in the plain way, one after the other: whole dumps that can serve
	 * other questions too, and /proc for owners. For runs that are recorded or repeated.
	 */
	bool plain;
	unsigned int cpus; /* processors that this process may use; 0 or 1: no threads for speed */
	unsigned int kernel; /* version of the running kernel, 6.9 as 0x0609; 0: not known */

	int out_fd; /* where rows go; -EBADF when stdout was closed from the start */
	int err_fd; /* where notes go; the same */
	uid_t euid; /* effective user id of this process */
	/* Of the machine that is looked at; 0: ask this one (getpid(2), sysconf(3)). */
	pid_t pid;
	unsigned int page_size, clock_ticks;
	bool utf8; /* the locale's character set is UTF-8: valid UTF-8 may be shown */
};

/* Where to look for "net/tcp": a descriptor or -errno. */
static inline int env_net_fd(const struct env *env)
{
	return env->net_fd ? env->net_fd : env->proc_fd;
}

/*
 * The environment of this machine and process: opens /proc, keeps descriptors 0 to 2 occupied so
 * that no socket of ours can become standard output, installs the handlers behind stop_signal. Call
 * once, before threads.
 */
void env_live_init(struct env *env);

#endif
