/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program never does is forbidden to it, where the kernel can do that: should a fault be
 * found in it, or in a module of the name service, there is less to be done with it. For good, for
 * the calling thread and those that it starts from then on. Needs no_new_privs.
 */
#ifndef LSSOCK_BASE_SANDBOX_H
#define LSSOCK_BASE_SANDBOX_H

enum sandbox_part {
	/*
	 * System calls (seccomp): starting programs, mounting, new namespaces, modules, io_uring
	 * and whatever else changes the system, and sockets other than UNIX, IPv4, IPv6 and
	 * netlink. They fail with EPERM. Sockets are not looked at where the C library makes them
	 * by socketcall(2): on i386, s390x.
	 */
	SANDBOX_CALLS,
	/* Those by which owners are found: bpf(2), open_by_handle_at(2). */
	SANDBOX_OWNERS,
	/*
	 * Files (Landlock): nothing is written, made, renamed, removed or executed, and nobody
	 * outside is sent a signal. Descriptors that are open stay what they are. Links below
	 * /proc/PID/fd of other processes can no longer be read.
	 */
	SANDBOX_FILES,
};

/* Forbids that part. 0 or -errno: -ENOSYS, -EOPNOTSUPP where this kernel or this build has none. */
int sandbox_enter(enum sandbox_part part);

/* How many seccomp filters of this process are our own. */
unsigned int sandbox_filters(void);

#endif
