/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each option does to the request. */
#include "cli/option_apply.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define SECOND_NS INT64_C(1000000000)

static const int64_t min_interval_ns = SECOND_NS / 1000;
static const int64_t max_interval_ns = 86400 * SECOND_NS;
static const int64_t max_resolve_ns = 3600 * SECOND_NS;
static const int64_t max_timeout_ns = 31536000 * SECOND_NS; /* a year */

/* Most options set one member of the request, which their row names. */
bool option_set_flag(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error)
{
	(void)value, (void)error;
	memcpy((char *)request + row->flag, &(bool){ true }, sizeof(bool));
	return true;
}

static bool bad_value(const struct option_row *row, const char *value, const char *expected,
		      struct options_error *error)
{
	snprintf(error->text, sizeof(error->text), "option '--%s': '%.60s' is not %s", row->name,
		 value, expected);
	return false;
}

bool option_set_numeric(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	(void)value, (void)error;
	if (row->letter || strcmp(row->name, "numeric-hosts") == 0)
		request->numeric_hosts = true;
	if (row->letter || strcmp(row->name, "numeric-ports") == 0)
		request->numeric_ports = true;
	if (row->letter || strcmp(row->name, "numeric-users") == 0)
		request->numeric_users = true;
	return true;
}

bool option_set_context(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->context = true;
	request->programs = true;
	return true;
}

/* The forms of output: the last one wins. */
bool option_set_format(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error)
{
	(void)value, (void)error;
	if (strcmp(row->name, "json") == 0)
		request->format = FORMAT_JSON;
	else if (strcmp(row->name, "jsonl") == 0)
		request->format = FORMAT_JSONL;
	else
		request->format = FORMAT_CSV;
	return true;
}

/* Fields turn netstat's tables into one of columns; data formats stay what they are. */
static void want_columns(struct request *request)
{
	if (request->format == FORMAT_NETSTAT)
		request->format = FORMAT_COLUMNS;
}

bool option_set_columns(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	if (!*value)
		return bad_value(row, value, "a list of columns (see --list-columns)", error);
	request->columns = value;
	want_columns(request);
	return true;
}

bool option_set_netns(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error)
{
	(void)row, (void)error;
	request->netns = value;
	return true;
}

/* --record and --replay. */
bool option_set_capture(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	if (!*value)
		return bad_value(row, value, "the name of a file", error);
	if (strcmp(row->name, "record") == 0)
		request->record = value;
	else
		request->replay = value;
	return true;
}

bool option_set_preset(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error)
{
	(void)value, (void)error;
	if (strcmp(row->name, "info") == 0)
		request->info = true;
	else
		request->memory = true;
	want_columns(request);
	return true;
}

bool option_set_sort(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error)
{
	if (!*value)
		return bad_value(row, value, "a list of columns (see --list-columns)", error);
	request->sort = value;
	return true;
}

bool option_set_top(const struct option_row *row, const char *value, struct request *request,
		    struct options_error *error)
{
	if (!num_parse_u64(value, strlen(value), UINT64_MAX, &request->top) || request->top == 0)
		return bad_value(row, value, "a number above 0", error);
	return true;
}

bool option_set_list_columns(const struct option_row *row, const char *value,
			     struct request *request, struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->action = ACTION_LIST_COLUMNS;
	return true;
}

bool option_set_list_families(const struct option_row *row, const char *value,
			      struct request *request, struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->action = ACTION_LIST_FAMILIES;
	return true;
}

bool option_set_continuous(const struct option_row *row, const char *value, struct request *request,
			   struct options_error *error)
{
	request->continuous = true;
	if (value &&
	    !num_parse_seconds(value, min_interval_ns, max_interval_ns, &request->interval_ns))
		return bad_value(row, value, "a number of seconds from 0.001 to 86400", error);
	return true;
}

bool option_set_count(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error)
{
	uint64_t count;

	if (!num_parse_u64(value, strlen(value), UINT64_MAX, &count) || count == 0)
		return bad_value(row, value, "a number above 0", error);
	request->count = count;
	return true;
}

bool option_set_resolve_timeout(const struct option_row *row, const char *value,
				struct request *request, struct options_error *error)
{
	if (!num_parse_seconds(value, 0, max_resolve_ns, &request->resolve_ns))
		return bad_value(row, value, "a number of seconds from 0 to 3600", error);
	return true;
}

bool option_set_help(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->action = ACTION_HELP;
	return true;
}

bool option_set_version(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->action = ACTION_VERSION;
	return true;
}

bool option_accept_quietly(const struct option_row *row, const char *value, struct request *request,
			   struct options_error *error)
{
	(void)row, (void)value, (void)request, (void)error;
	return true;
}

/* One view at a time; the same one twice is no contradiction. */
static bool choose_view(const struct option_row *row, enum request_view view,
			struct request *request, struct options_error *error)
{
	if (request->view != VIEW_ROWS && request->view != view) {
		snprintf(error->text, sizeof(error->text),
			 "option '--%s': another answer was asked for already", row->name);
		return false;
	}
	request->view = view;
	return true;
}

bool option_set_view(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error)
{
	static const struct {
		const char *name;
		enum request_view view;
	} views[] = {
		{ "summary", VIEW_SUMMARY },     { "ports", VIEW_PORTS },
		{ "time-wait", VIEW_TIME_WAIT }, { "listeners", VIEW_LISTENERS },
		{ "explain", VIEW_EXPLAIN },     { "statistics", VIEW_STATISTICS },
		{ "openmetrics", VIEW_METRICS }, { "baseline", VIEW_BASELINE },
	};

	if (strcmp(row->name, "explain") == 0)
		request->explain_state = value;
	request->textfile = strcmp(row->name, "openmetrics") == 0 && value;
	if (request->textfile && strcmp(value, "textfile") != 0)
		return bad_value(row, value, "textfile, or nothing", error);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (strcmp(views[i].name, row->name) == 0)
			return choose_view(row, views[i].view, request, error);
	return false;
}

bool option_set_count_by(const struct option_row *row, const char *value, struct request *request,
			 struct options_error *error)
{
	if (!*value)
		return bad_value(row, value, "a list of fields (see --list-columns)", error);
	request->count_by = value;
	return choose_view(row, VIEW_COUNT_BY, request, error);
}

/* --diff and --expect. */
bool option_set_file_view(const struct option_row *row, const char *value, struct request *request,
			  struct options_error *error)
{
	if (!*value)
		return bad_value(row, value, "the name of a file, or - for standard input", error);
	request->file = value;
	return choose_view(row, strcmp(row->name, "diff") == 0 ? VIEW_DIFF : VIEW_EXPECT, request,
			   error);
}

/* --warn and --crit. */
bool option_set_limit(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error)
{
	size_t n = strlen(value);
	uint64_t pct;

	if (n > 1 && value[n - 1] == '%')
		n--;
	if (!num_parse_u64(value, n, 100, &pct))
		return bad_value(row, value, "a percentage from 0 to 100", error);
	if (strcmp(row->name, "warn") == 0) {
		request->has_warn = true;
		request->warn_pct = (uint32_t)pct;
	} else {
		request->has_crit = true;
		request->crit_pct = (uint32_t)pct;
	}
	return true;
}

bool option_set_question(const struct option_row *row, const char *value, struct request *request,
			 struct options_error *error)
{
	if (request->question != ASK_NOTHING) {
		snprintf(error->text, sizeof(error->text), "option '--%s': one question at a time",
			 row->name);
		return false;
	}
	request->question = strcmp(row->name, "check") == 0 ? ASK_CHECK : ASK_WAIT;
	request->target = value;
	return true;
}

bool option_set_timeout(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	if (!num_parse_seconds(value, 0, max_timeout_ns, &request->timeout_ns))
		return bad_value(row, value, "a number of seconds from 0 to 31536000", error);
	request->has_timeout = true;
	return true;
}

/* Options of netstat that are about something else: say who does it. */
bool option_refuse(const struct option_row *row, const char *value, struct request *request,
		   struct options_error *error)
{
	(void)value, (void)request;
	if (row->letter && row->name)
		snprintf(error->text, sizeof(error->text), "-%c, --%s: %s", row->letter, row->name,
			 row->hint);
	else if (row->letter)
		snprintf(error->text, sizeof(error->text), "-%c: %s", row->letter, row->hint);
	else
		snprintf(error->text, sizeof(error->text), "--%s: %s", row->name, row->hint);
	error->is_final = true;
	return false;
}
