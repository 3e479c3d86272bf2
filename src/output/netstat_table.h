/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netstat's tables, byte for byte as net-tools prints them with -W: "Active Internet connections"
 * and "Active UNIX domain sockets" (the layout is that of netstat(8), net-tools 2.10). Different on
 * purpose: addresses are never cut and keep their scope, every string that others chose is escaped,
 * UNIX names are whole, an unknown state is its number.
 */
#ifndef LSSOCK_OUTPUT_NETSTAT_TABLE_H
#define LSSOCK_OUTPUT_NETSTAT_TABLE_H

#include <stdbool.h>

#include "model/labels.h"
#include "model/query.h"
#include "output/writer.h"

struct obuf;

struct netstat_table_config {
	enum select_mode mode; /* for the title */
	bool no_header;
	bool user_inode; /* -e */
	bool programs;   /* -p */
	bool context;    /* -Z */
	bool timers;     /* -o */
	bool netns;      /* --all-netns: behind the others, but before a UNIX socket's path */
	bool wide;       /* programs in full instead of 19 columns */
	bool utf8;       /* names may be shown in UTF-8 */
	struct labels labels;
};

/* A writer of these tables into out (borrowed). NULL without memory; ended with its free(). */
struct writer *netstat_table_new(const struct netstat_table_config *config, struct obuf *out);

#endif
