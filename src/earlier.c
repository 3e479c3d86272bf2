/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of --diff and --expect. Which of the two forms it has, its first character says that is
 * no blank: '{' begins JSON.
 */
#include "earlier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/report.h"
#include "base/status.h"
#include "cli/request.h"
#include "expr_report.h"
#include "filter/expr.h"
#include "filter/select.h"
#include "source/snapshot.h"

enum {
	WINDOW = 256 * 1024, /* no string and no line is longer */
	STDIN = 0,
};

struct reader {
	const struct earlier_config *config;
	const struct view_earlier_sink *sink;
	char *buf;
	size_t start, end; /* unread bytes are buf[start..end) */
	bool eof;
	uint64_t line; /* lines that are done with */
};

int earlier_open(struct earlier *earlier, const char *name, struct report *report)
{
	struct stat about;

	earlier->name = name;
	/* A descriptor of our own, so that closing it is always right. */
	earlier->fd = strcmp(name, "-") == 0 ? fcntl(STDIN, F_DUPFD_CLOEXEC, 3)
					     : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (earlier->fd >= 0 && fstat(earlier->fd, &about) == 0 && !S_ISDIR(about.st_mode))
		return 0;
	report_add(report, REPORT_NOTE, "%s: %s", name, strerror(earlier->fd < 0 ? errno : EISDIR));
	return -EINVAL;
}

void earlier_close(struct earlier *earlier)
{
	if (earlier->fd >= 0)
		close(earlier->fd);
	earlier->fd = -1;
}

/* What is wrong with the file, in one line. */
static int refuse(const struct reader *reader, uint64_t line, const char *text)
{
	const struct earlier_config *config = reader->config;

	if (line)
		report_add(config->report, REPORT_NOTE, "%s:%llu: %s", config->earlier->name,
			   (unsigned long long)line, text);
	else
		report_add(config->report, REPORT_NOTE, "%s: %s", config->earlier->name, text);
	*config->status = STATUS_USAGE;
	return -EINVAL;
}

static int fail(const struct reader *reader, int err)
{
	const struct earlier_config *config = reader->config;

	*config->status = STATUS_FAILED;
	if (err == -ENOMEM)
		report_add(config->report, REPORT_FAILED, "out of memory");
	else if (err != -EINTR)
		report_add(config->report, REPORT_FAILED, "%s: %s", config->earlier->name,
			   strerror(-err));
	return err;
}

/* Reads on behind what is there. 0, or -EFBIG: the window is full, or -errno. */
static int fill(struct reader *reader)
{
	const struct env *env = reader->config->env;
	ssize_t n;

	memmove(reader->buf, reader->buf + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->start = 0;
	if (reader->end == WINDOW)
		return -EFBIG;
	do {
		if (env->stop_signal(env))
			return -EINTR;
		n = read(reader->config->earlier->fd, reader->buf + reader->end,
			 WINDOW - reader->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	reader->eof = n == 0;
	reader->end += (size_t)n;
	return 0;
}

static bool is_in_tables(const struct plan *plan, const struct sock *row)
{
	for (size_t i = 0; i < plan->n_tables; i++)
		if (plan->tables[i].query.proto == row->proto &&
		    plan->tables[i].query.family == row->family)
			return true;
	return false;
}

/* One socket of an earlier output. */
static int take_row(void *ctx, struct sock *rows, size_t n)
{
	const struct reader *reader = ctx;
	const struct plan *plan = reader->config->plan;

	if (!is_in_tables(plan, rows) || select_rows(plan->mode, rows, n) == 0 ||
	    (plan->by_type && select_types(plan->types, rows, n) == 0))
		return 0;
	if (plan->expr) {
		if (expr_is_undecided(plan->expr, rows, 0))
			expr_report_undecided(reader->config->report, false);
		if (!expr_matches(plan->expr, rows))
			return 0;
	}
	return reader->sink->rows(reader->sink->ctx, rows, 1);
}

/* What expressions may ask of an earlier output: what has a member, and what follows from one. */
static bool is_told(void *ctx, const char *name)
{
	const uint32_t *members = ctx;
	enum snapshot_member member = snapshot_member_of(name);

	if (strcmp(name, "exposure") == 0)
		return true;
	if ((member == SNAPSHOT_PROGRAM || member == SNAPSHOT_PID || member == SNAPSHOT_FD) &&
	    (*members & 1u << SNAPSHOT_OWNERS))
		return true;
	return member < SNAPSHOT_MEMBER_COUNT &&
	       ((*members & 1u << member) || member == SNAPSHOT_PATH);
}

static int check_expression(const struct reader *reader, uint32_t members)
{
	const struct plan *plan = reader->config->plan;
	const char *name = plan->expr ? expr_asks_beyond(plan->expr, is_told, &members) : NULL;
	char text[200];

	if (!name)
		return 0;
	snprintf(text, sizeof(text),
		 "it does not tell '%s' of every socket, which the expression asks for", name);
	return refuse(reader, 0, text);
}

static int check_about(const struct reader *reader, const struct snapshot_about *said,
		       struct view_earlier *about)
{
	const struct env *env = reader->config->env;
	const char *host = said->host;

	if (said->many_netns)
		return refuse(reader, 0, "it is of several network namespaces (--all-netns)");
	if (host && env->host && strcmp(host, env->host) != 0)
		report_add(reader->config->report, REPORT_NOTE, "%s is of another host: %s",
			   reader->config->earlier->name, host);
	about->incomplete = !said->complete;
	if (about->incomplete)
		report_add(reader->config->report, REPORT_PARTIAL,
			   "%s is not complete: what is missing there may have been there all "
			   "the same",
			   reader->config->earlier->name);
	about->tells_owners = said->n_rows == 0 ||
			      (said->common & (1u << SNAPSHOT_OWNERS | 1u << SNAPSHOT_PROGRAM));
	about->tells_units = said->n_rows == 0 || (said->common & 1u << SNAPSHOT_UNIT);
	about->tells_types = said->any & 1u << SNAPSHOT_TYPE;
	about->tells_interfaces = said->any & 1u << SNAPSHOT_INTERFACE;
	if (said->n_rows && reader->config->plan->by_type && !(said->common & 1u << SNAPSHOT_TYPE))
		return refuse(reader, 0,
			      "it does not tell 'type' of every socket, which -A asks for");
	return said->n_rows ? check_expression(reader, said->common) : 0;
}

/* All of an earlier output into the snapshot. */
static int feed(struct reader *reader, struct snapshot *snapshot)
{
	int err;

	for (;;) {
		size_t used;

		err = snapshot_feed(snapshot, reader->buf + reader->start,
				    reader->end - reader->start, reader->eof, &used);
		reader->start += used;
		if (err < 0 || reader->eof)
			return err;
		err = fill(reader);
		if (err < 0)
			return err;
	}
}

static int read_json(struct reader *reader, struct view_earlier *about)
{
	const struct sock_sink sink = { .take = take_row, .ctx = reader };
	struct snapshot *snapshot = snapshot_new(&sink);
	const struct snapshot_about *said;
	int err;

	if (!snapshot)
		return fail(reader, -ENOMEM);
	said = snapshot_about(snapshot);
	err = feed(reader, snapshot);
	if (err == -EINVAL)
		err = refuse(reader, said->line, said->error);
	else if (err == -EFBIG)
		err = refuse(reader, said->line, "something that is too long");
	else if (err < 0)
		err = fail(reader, err);
	else
		err = check_about(reader, said, about);
	snapshot_free(snapshot);
	return err;
}

/* A line, or the rest of the file. 1, 0 at the end, or negative. */
static int next_line(struct reader *reader, const char **line, size_t *len)
{
	for (;;) {
		const char *start = reader->buf + reader->start;
		size_t n = reader->end - reader->start;
		const char *newline = n ? memchr(start, '\n', n) : NULL;
		int err;

		if (newline || reader->eof) {
			*line = start;
			*len = newline ? (size_t)(newline - start) : n;
			reader->start += newline ? *len + 1 : n;
			reader->line++;
			return newline || n > 0;
		}
		err = fill(reader);
		if (err < 0)
			return err;
	}
}

static int read_lines(struct reader *reader)
{
	const struct view_earlier_sink *sink = reader->sink;
	const char *line;
	char error[200];
	size_t len;
	int err;

	if (!sink->line)
		return refuse(reader, 0, "this is no output of lssock --json or --jsonl");
	while ((err = next_line(reader, &line, &len)) > 0) {
		err = sink->line(sink->ctx, line, len, reader->line, error, sizeof(error));
		if (err == -EINVAL)
			return refuse(reader, reader->line, error);
		if (err < 0)
			break;
	}
	if (err == -EFBIG)
		return refuse(reader, reader->line + 1, "this line is too long");
	return err < 0 ? fail(reader, err) : 0;
}

/* Whether the first character that is no blank begins an object. Reads no further than needed. */
static int find_form(struct reader *reader, bool *json)
{
	for (;;) {
		for (size_t i = reader->start; i < reader->end; i++) {
			if (memchr(" \t\r\n", reader->buf[i], 4))
				continue;
			*json = reader->buf[i] == '{';
			return 0;
		}
		if (reader->eof || reader->end - reader->start == WINDOW) {
			*json = false;
			return 0;
		}

		int err = fill(reader);

		if (err < 0)
			return fail(reader, err);
	}
}

int earlier_read(const struct earlier_config *config, const struct view_earlier_sink *sink,
		 struct view_earlier *about)
{
	struct reader reader = { .config = config, .sink = sink, .buf = malloc(WINDOW) };
	int err;

	*about = (struct view_earlier){
		.name = config->earlier->name,
		.tells_types = true,
		.tells_interfaces = true,
	};
	if (!reader.buf)
		return fail(&reader, -ENOMEM);
	err = find_form(&reader, &about->json);
	if (err == 0)
		err = about->json ? read_json(&reader, about) : read_lines(&reader);
	free(reader.buf);
	return err;
}
