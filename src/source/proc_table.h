/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all tables below /proc/net share: a header, one line a socket, rows handed on in batches,
 * bad lines counted and told once. */
#ifndef LSSOCK_SOURCE_PROC_TABLE_H
#define LSSOCK_SOURCE_PROC_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/file.h"
#include "model/sock.h"

struct env;
struct report;

enum { PROC_TABLE_BATCH = 256 };

/* One reading of a table. All members belong to proc_table.c, but for bad. */
struct proc_table {
	struct file_stream stream;
	const char *name;
	struct report *report;
	const struct sock_sink *sink;
	struct sock *rows; /* PROC_TABLE_BATCH of them */
	size_t n_rows;
	size_t bad; /* lines not understood; callers add theirs */
	bool canceled;
	bool headless; /* not even the header line was there */
	int error;     /* -errno of a read that failed */
};

/* Opens the table name ("net/tcp"; borrowed). Returns 0, or -errno; then there is nothing to close.
 */
int proc_table_open(struct proc_table *table, const struct env *env, struct report *report,
		    const char *name, const struct sock_sink *sink);

/* The next line behind the header, without newline, valid until the next call. False at the end,
 * after a failed read, and once the sink has asked to stop. Lines too long are counted as bad. */
bool proc_table_line(struct proc_table *table, const char **line, size_t *len);

/* Place for the next row, to be filled before proc_table_keep(); there always is one. */
struct sock *proc_table_row(struct proc_table *table);

/* Keeps the row that proc_table_row() gave. True when the batch was handed on, and so whatever the
 * rows borrow from may be used again. */
bool proc_table_keep(struct proc_table *table);

/* Hands on what is kept. */
void proc_table_flush(struct proc_table *table);

/* Hands on the rest, reports what was wrong (REPORT_PARTIAL), closes. Returns 0 (complete), 1
 * (partial) or -ECANCELED. */
int proc_table_close(struct proc_table *table);

#endif
