/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of /proc/net/unix (kernel: net/unix/af_unix.c, unix_seq_show()). A socket's name is
 * printed raw at the end of its line and may hold newlines, so any user can make this file show
 * lines for sockets that do not exist. Read beside netlink, which knows each name's length, that is
 * seen through (unix_join.h); read alone it is not, and the fallback says so.
 */
#ifndef LSSOCK_SOURCE_PROC_UNIX_H
#define LSSOCK_SOURCE_PROC_UNIX_H

#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"

struct env;
struct report;

/* The part of a line before the name. */
struct proc_unix_head {
	uint32_t refcnt, proto, flags;
	uint8_t type, state;
	uint64_t inode;
	size_t len; /* bytes of the head, up to and with the blank before a name; without one: up to
		       the newline or the end */
	bool has_name; /* a blank, and so a name, follows */
};

/*
 * Parses the head of a line at the start of data[0..len): pointer, colon, five hexadecimal fields
 * of their fixed widths, a right-aligned inode number. Returns 0, or -EBADMSG for anything else
 * (also the header line and a head cut short). Pure.
 */
int proc_unix_parse_head(const char *data, size_t len, struct proc_unix_head *out);

/* Turns a head and a name as /proc shows it ('@' for NUL, n bytes) into a row. Pure. */
void proc_unix_row(const struct proc_unix_head *head, const char *name, size_t n, struct sock *out);

/*
 * Lists /proc/net/unix alone, for when netlink is denied: one row a line of strict shape; other
 * lines are taken for the rest of the name before them. A forged line can so add a row, never hide
 * one. Returns as proc_inet_list().
 */
int proc_unix_list(const struct env *env, struct report *report, const struct sock_query *query,
		   const struct sock_sink *sink);

#endif
