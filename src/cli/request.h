/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator asked for, as the command line says it and nothing more. plan.c turns it into
 * work. */
#ifndef LSSOCK_CLI_REQUEST_H
#define LSSOCK_CLI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/query.h"

enum request_action {
	ACTION_LIST,
	ACTION_LIST_COLUMNS,
	ACTION_LIST_FAMILIES,
	ACTION_HELP,
	ACTION_VERSION,
};

/* What is computed of the sockets in place of listing them. */
enum request_view {
	VIEW_ROWS,       /* nothing: they are listed */
	VIEW_COUNT_BY,   /* --count-by */
	VIEW_SUMMARY,    /* --summary */
	VIEW_PORTS,      /* --ports */
	VIEW_TIME_WAIT,  /* --time-wait */
	VIEW_LISTENERS,  /* --listeners */
	VIEW_EXPLAIN,    /* --explain */
	VIEW_STATISTICS, /* -s */
	VIEW_METRICS,    /* --openmetrics */
	VIEW_DIFF,       /* --diff */
	VIEW_EXPECT,     /* --expect */
	VIEW_BASELINE,   /* --baseline */
	VIEW_KILL,       /* --kill --yes; no option of its own sets it */
};

/* What is asked; the exit status answers. */
enum request_question {
	ASK_NOTHING,
	ASK_CHECK, /* --check */
	ASK_WAIT,  /* --wait */
};

enum request_format {
	FORMAT_NETSTAT, /* netstat's two tables */
	FORMAT_COLUMNS, /* one table of chosen fields */
	FORMAT_JSON,
	FORMAT_JSONL,
	FORMAT_CSV,
};

struct request {
	enum request_action action;

	/* Selecting. */
	bool all, listening; /* -a, -l; -a wins */
	uint32_t protos;     /* 1 << enum sock_proto of those named; 0: none was */
	bool inet4, inet6;   /* families named */
	bool every_family;   /* -A all; protos are then those that were named beside it */
	/* Of a protocol in protos only these types: bits SELECT_TYPE(), 0 for all. */
	uint16_t types[PROTO_COUNT];
	bool bound_inactive; /* -B */

	const char *netns; /* the network namespace as it was written, or NULL: our own */
	bool all_netns;

	const char **words; /* of the expression, n_words of them, borrowed from argv */
	size_t n_words;

	/* Showing. */
	enum request_format format;
	const char *columns; /* --columns as it was written, or NULL */
	const char *sort;    /* --sort as it was written, or NULL */
	uint64_t top;        /* at most so many rows; 0: all */
	bool info, memory;   /* presets of columns */
	bool quiet;          /* -q: the exit status is the answer */
	bool explain_filter;
	bool numeric_hosts, numeric_ports, numeric_users;
	bool extend, programs, timers, context;
	bool wide, no_header, verbose;
	bool no_sandbox; /* what is never done is not forbidden either */

	/* Answers. */
	enum request_view view;
	const char *count_by;      /* the list of fields as it was written */
	bool textfile;             /* --openmetrics=textfile */
	const char *file;          /* of --diff and --expect, as it was written */
	const char *explain_state; /* the state as it was written, or NULL: all of them */
	bool has_warn, has_crit;   /* --warn, --crit were given */
	uint32_t warn_pct, crit_pct;
	enum request_question question;
	const char *target; /* of the question, as it was written */
	bool has_timeout;
	int64_t timeout_ns; /* of --wait and --events */

	/* Closing. */
	bool kill, yes; /* --kill, --yes */

	/* Sockets as they are closed, in place of those that are there. */
	bool events;

	/* Again and again. */
	bool continuous;     /* -c or, without --events, --count */
	int64_t interval_ns; /* between the starts of two rounds */
	uint64_t count;      /* rounds; with --events: of those; 0: no end */

	const char *record, *replay; /* files, or NULL */

	int64_t resolve_ns; /* budget for all name look-ups of a round */
};

#endif
