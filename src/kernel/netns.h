/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces other than our own (namespaces(7), network_namespaces(7)): how an operator
 * names one, and how it is looked into. The way in is setns(2). Who may not go in reads the files
 * of a process that is in: /proc/PID/net may be read by everyone who sees the process.
 */
#ifndef LSSOCK_KERNEL_NETNS_H
#define LSSOCK_KERNEL_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/env.h"

enum netns_kind {
	NETNS_NAME, /* of ip-netns(8) */
	NETNS_PID,  /* that of a process */
	NETNS_PATH, /* a file such as /proc/PID/ns/net, or what it is mounted upon */
};

/* What --netns says. */
struct netns_target {
	enum netns_kind kind;
	const char *text; /* as it was written, borrowed */
	uint32_t pid;
};

/* A number is a PID, what has a slash a path, everything else a name. False for what can be
 * neither: nothing at all, ".", "..", and 0 or more than a PID may be. Pure. */
bool netns_parse_target(const char *text, struct netns_target *target);

/*
 * Opens the file of a namespace, after a look whether it is one, so that no FIFO is waited for and
 * no device is touched; dir_fd as for openat(2). Returns a descriptor, and *id: the number the
 * kernel shows in "net:[N]"; or -errno: -EINVAL for any other file.
 */
int netns_open_file(const struct env *env, int dir_fd, const char *path, uint64_t *id);

/*
 * The number of the file "unix" below a /proc/PID (or /proc, for that of the main thread). Two
 * processes are in the same namespace when these are the same, and, other than /proc/PID/ns/net,
 * everyone may ask. 0 when it cannot be had, as for a process that has ended.
 */
uint64_t netns_file_id(int proc_pid_fd);

/* A look into one namespace. */
struct netns_visit {
	struct env env;  /* for everything that is done there */
	int home_fd;     /* the way back, or negative: the thread did not move */
	int proc_pid_fd; /* the files of a process are read instead, or negative */
	int enter_error; /* why they are; 0: the thread is in */
};

/*
 * Begins a visit of the thread that calls to the namespace of ns_fd (negative errno: it could not
 * be opened). Where it may not go in, or could not come back, files are read below proc_pid_fd
 * (negative: there are none), which belongs to the visit then. 0, ended with netns_visit_end(); or
 * -errno, and nothing is left to be ended.
 */
int netns_visit_begin(struct netns_visit *visit, const struct env *env, int ns_fd, int proc_pid_fd);
/* Goes home. 0, or -errno: the thread is still where it was. */
int netns_visit_end(struct netns_visit *visit);

/*
 * The same for the rest of the run, before there are threads: visit->env is what everything is to
 * be done with. 0, and text is empty or says what could not be done; or -errno, and it says why.
 */
int netns_move(struct netns_visit *visit, const struct env *env, const struct netns_target *target,
	       char *text, size_t size);

#endif
