/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program may do beyond an ordinary user (capabilities(7)), named by what it is wanted
 * for, and giving it up. The kernel keeps capabilities for each thread: what is given up here is
 * given up by the calling thread and by those that it starts from then on.
 */
#ifndef LSSOCK_BASE_PRIVILEGES_H
#define LSSOCK_BASE_PRIVILEGES_H

#include <stdbool.h>

enum privilege {
	/* CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH: files of others; CAP_BPF, CAP_PERFMON, where the
	 * program is compiled in: the kernel's own list of them */
	PRIVILEGE_PROCESSES = 1 << 0,
	PRIVILEGE_FACTS = 1 << 1,   /* CAP_NET_ADMIN: marks and the like of sockets */
	PRIVILEGE_CGROUPS = 1 << 2, /* CAP_DAC_READ_SEARCH: closed directories of cgroup2 */
	PRIVILEGE_DESTROY = 1 << 3, /* CAP_NET_ADMIN: closing sockets of others */
	/* CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH: into network namespaces of others */
	PRIVILEGE_NAMESPACES = 1 << 4,
	PRIVILEGE_HOME = 1 << 5, /* CAP_SYS_ADMIN: back into our own, for those who ask for names */
	PRIVILEGE_ALL = (1 << 6) - 1,
};

/*
 * Gives up every capability that is not for one of keep (enum privilege), from all sets, for good:
 * no program that could be started gets one back (no_new_privs, and an empty bounding set where
 * that may be had). What was not held is not got. 0 or -errno.
 */
int privileges_keep(unsigned int keep);

/* Puts what is held out of effect, or back into it. What runs meanwhile is not meant to use it. */
void privileges_rest(bool rest);

#endif
