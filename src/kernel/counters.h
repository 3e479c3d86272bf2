/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel counts of a network namespace: /proc/net/snmp, netstat, snmp6, sctp/snmp,
 * sockstat and sockstat6 (kernel: net/ipv4/proc.c, net/ipv6/proc.c, net/sctp/proc.c). Names are the
 * kernel's own and stay as they are: a newer kernel has more of them.
 */
#ifndef LSSOCK_KERNEL_COUNTERS_H
#define LSSOCK_KERNEL_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct env;

struct counter {
	/* "Tcp", "TcpExt", "TCP6"; "" where a file has none (snmp6). The counters of one line, or
	 * pair of lines, share the pointer; the kernel divides long groups (IcmpMsg). */
	const char *group;
	const char *name; /* printable ASCII without blanks */
	uint64_t value;   /* the amount; of a negative one at most INT64_MAX */
	bool negative;    /* the value is below zero (MaxConn is -1 where there is no limit) */
};

/* A zeroed struct is empty. */
struct counters {
	struct counter *rows; /* in the order of the file */
	size_t n, cap;
	size_t n_damaged; /* lines, or pairs of lines, that could not be read: they are left out */
	struct arena names;
};

/* How a file is laid out. */
enum counters_layout {
	COUNTERS_PAIRS,  /* "Tcp: A B" and below it "Tcp: 1 2": snmp, netstat */
	COUNTERS_NAMED,  /* "Name  1": snmp6, sctp/snmp; groups are "" */
	COUNTERS_GROUPS, /* "TCP: inuse 1 tw 2": sockstat, sockstat6 */
};

/*
 * Appends the counters of a text (len bytes, any bytes). 0 or -ENOMEM. Names without a value,
 * values that are no number and pairs that do not fit together are left out and counted as damaged.
 * Pure.
 */
int counters_parse(struct counters *counters, enum counters_layout layout, const char *text,
		   size_t len);

/*
 * Reads a file below /proc ("net/snmp") and appends its counters; of one above 256 KiB, which no
 * kernel has, the whole lines of its beginning. 0 or -errno: -ENOENT where the kernel has none of
 * it.
 */
int counters_read(struct counters *counters, const struct env *env, const char *path,
		  enum counters_layout layout);

/* The counter of that group and name, or NULL. */
const struct counter *counters_find(const struct counters *counters, const char *group,
				    const char *name);

/* Its value into *value: false when there is none, or it is negative. */
bool counters_get(const struct counters *counters, const char *group, const char *name,
		  uint64_t *value);

/* Forgets all rows and keeps memory. */
void counters_clear(struct counters *counters);
void counters_free(struct counters *counters);

#endif
