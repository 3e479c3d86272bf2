/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a table of /proc/net (kernel: fs/seq_file.c) line by line in constant memory. Known limit:
 * such a file is no snapshot; sockets that come and go between two reads may be missed or seen
 * twice, and nothing in it tells.
 */
#include "source/proc_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/report.h"

/* The next line, good or bad. Returns as file_stream_line(), but 0 also after a failed read. */
static int proc_table_read(struct proc_table *table, const char **line, size_t *len)
{
	int got = file_stream_line(&table->stream, line, len);

	if (got >= 0 || got == -EOVERFLOW)
		return got;
	table->error = got;
	return 0;
}

int proc_table_open(struct proc_table *table, const struct env *env, struct report *report,
		    const char *name, const struct sock_sink *sink)
{
	const char *line;
	size_t len;
	int err;

	*table = (struct proc_table){ .name = name, .report = report, .sink = sink };
	err = file_stream_open(&table->stream, env_net_fd(env), name);
	if (err < 0)
		return err == -ECANCELED ? -EIO : err; /* that one is our own word */
	table->rows = malloc(PROC_TABLE_BATCH * sizeof(*table->rows));
	if (!table->rows) {
		file_stream_close(&table->stream);
		return -ENOMEM;
	}
	/* A kernel always prints the header. Some emulations have the file, but empty: that is no
	 * empty list of sockets. */
	table->headless = proc_table_read(table, &line, &len) == 0 && table->error == 0;
	return 0;
}

bool proc_table_line(struct proc_table *table, const char **line, size_t *len)
{
	int got;

	while (!table->canceled && table->error == 0) {
		got = proc_table_read(table, line, len);
		if (got >= 0)
			return got > 0;
		table->bad++;
	}
	return false;
}

struct sock *proc_table_row(struct proc_table *table)
{
	return &table->rows[table->n_rows];
}

void proc_table_flush(struct proc_table *table)
{
	if (table->n_rows == 0 || table->canceled)
		return;
	if (table->sink->take(table->sink->ctx, table->rows, table->n_rows) < 0)
		table->canceled = true;
	table->n_rows = 0;
}

bool proc_table_keep(struct proc_table *table)
{
	if (++table->n_rows < PROC_TABLE_BATCH)
		return false;
	/* Also when the sink has asked to stop: there must be room for a next row. */
	proc_table_flush(table);
	table->n_rows = 0;
	return true;
}

int proc_table_close(struct proc_table *table)
{
	bool partial = table->headless || table->bad > 0 || table->error != 0;

	proc_table_flush(table);
	file_stream_close(&table->stream);
	free(table->rows);
	table->rows = NULL;
	if (table->canceled)
		return -ECANCELED;
	if (table->headless)
		report_add(table->report, REPORT_PARTIAL,
			   "%s is empty, without even its header: its sockets cannot be seen",
			   table->name);
	if (table->bad > 0)
		report_add(table->report, REPORT_PARTIAL,
			   "%s: %zu %s could not be understood and %s skipped", table->name,
			   table->bad, table->bad == 1 ? "line" : "lines",
			   table->bad == 1 ? "was" : "were");
	if (table->error != 0)
		report_add(table->report, REPORT_PARTIAL, "%s could not be read to its end: %s",
			   table->name, strerror(-table->error));
	return partial ? 1 : 0;
}
