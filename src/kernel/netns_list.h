/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every network namespace that can be seen, once: those that ip-netns(8) has a name for and those
 * that processes are in. One that is kept alive by nothing but an open file or a mount elsewhere is
 * not found, nor is one that only a thread has moved to.
 */
#ifndef LSSOCK_KERNEL_NETNS_LIST_H
#define LSSOCK_KERNEL_NETNS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "kernel/netns.h"

enum {
	NETNS_MAX = 65536, /* namespaces */
	NETNS_PIDS = 4,    /* processes that are remembered as ways in: the lowest numbers */
};

struct netns {
	/*
	 * What it is called, any bytes: the first of its ip-netns(8) names; "init" for that of
	 * process 1; its container, as netns_container_name() has it; "PID/program" of the lowest
	 * PID that is in it.
	 */
	const char *label;
	uint64_t id;      /* of "net:[N]"; 0: not told to this user */
	uint64_t file_id; /* as netns_file_id(); 0: no process is known to be in it */
	const char *name; /* of ip-netns(8), or NULL */
	uint32_t pids[NETNS_PIDS];
	uint32_t n_pids;
	bool is_own; /* the one we are in */
};

/* A zeroed struct is an empty list. */
struct netns_list {
	struct netns *list;
	size_t n, cap;
	bool cut;              /* there are more than NETNS_MAX */
	struct hash64 by_id;   /* to a place in list, plus one */
	struct hash64 by_file; /* the same, by file_id */
	struct arena text;
};

/*
 * Finds the namespaces: that of process 1 first, then those with names in the order of the names,
 * then the others by their lowest PID. What was in the list before is gone. 0, or -errno when
 * neither names nor processes can be seen, or without memory.
 */
int netns_list_read(struct netns_list *list, const struct env *env);
void netns_list_free(struct netns_list *list);

/* The namespace of that number, or the one whose files are in env->net_fd; NULL: not in the list.
 */
const struct netns *netns_list_own(const struct netns_list *list, const struct env *env);

/* Begins a visit as netns_visit_begin() does, by any way there is. -ENOENT: the namespace is gone.
 */
int netns_list_visit(const struct netns *netns, const struct env *env, struct netns_visit *visit);

enum { NETNS_CONTAINER_MAX = 64 };

/*
 * The container that a process is in, from the text of its /proc/PID/cgroup: "docker-0123456789ab",
 * "podman-...", "crio-...", "containerd-..." with the first 12 digits of the id, "lxc-NAME",
 * "machine-NAME", "container-..." where only an id is seen. To name (NETNS_CONTAINER_MAX bytes,
 * NUL-terminated). False when it is in none that is known. Pure.
 */
bool netns_container_name(const char *text, size_t len, char *name);

#endif
