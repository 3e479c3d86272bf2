/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kinds of sockets a kernel has just now (kernel: proto_seq_printf() in net/core/sock.c).
 * What is in a module that is not loaded is not there, and no such socket can be.
 */
#ifndef LSSOCK_SOURCE_PROC_PROTOCOLS_H
#define LSSOCK_SOURCE_PROC_PROTOCOLS_H

#include <stddef.h>
#include <stdint.h>

struct env;

/*
 * One line, without newline: "NAME SIZE SOCKETS ...". name: as the kernel has it. 0 and *sockets,
 * how many there are in this network namespace; -ENOENT when the line is about another one;
 * -EBADMSG. Pure.
 */
int proc_protocols_parse(const char *line, size_t len, const char *name, uint64_t *sockets);

/* Looks for a name in /proc/net/protocols: 0 and *sockets, -ENOENT when it is not there, or another
 * -errno where the file cannot be read. Some families do not count and say 0. */
int proc_protocols_find(const struct env *env, const char *name, uint64_t *sockets);

#endif
