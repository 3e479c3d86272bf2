/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: option rows, of which parsing, --help and (by a test) the man page and the
 * completions are made.
 *
 * Own parsing instead of getopt_long(3) for three reasons: what is unambiguous among netstat's long
 * options must keep netstat's meaning when ours make it ambiguous; "-c2" takes seconds while "-ctn"
 * is three letters; and tests and fuzzers call it many times in one process.
 */
#ifndef LSSOCK_CLI_OPTIONS_H
#define LSSOCK_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/request.h"

enum option_arg {
	OPTION_NO_ARG,
	OPTION_OPTIONAL_ARG, /* long: only with '='; short: only as a number in the same word */
	OPTION_ARG,
};

enum option_group {
	GROUP_SELECT,
	GROUP_SHOW,
	GROUP_DATA,
	GROUP_ANSWER,
	GROUP_ASK,
	GROUP_REPEAT,
	GROUP_CLOSE,
	GROUP_OTHER,
	GROUP_HIDDEN, /* works, or is refused with a hint, and is not in --help */
	GROUP_COUNT,
};

struct options_error {
	char text[240]; /* one line, not escaped, no newline */
	bool is_final;  /* it says what to do instead: --help has no more to tell */
};

struct option_row {
	char letter;      /* 0: none */
	const char *name; /* without "--"; NULL: none */
	enum option_arg arg;
	const char *arg_name; /* "SECONDS" */
	const char *help;     /* one line or two, joined by '\n' */
	enum option_group group;
	bool netstat; /* netstat has the long option: its abbreviations come first */
	bool family;  /* among address families netstat's abbreviations mean the first that fits */
	/* Puts the option into request. value: NULL when there is none. false: refused, *error says
	 * why. */
	bool (*apply)(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error);
	size_t flag;      /* for those that set a bool of the request: its offset */
	const char *hint; /* for rows that are refused: the tool that does it */
};

/* All rows, in the order of --help; *n of them. */
const struct option_row *options_rows(size_t *n);

/*
 * Parses argv[1..argc). Returns true and *request, or false and *error: the command line is wrong
 * (status 2). Later options win over earlier ones where they contradict. Words that are not options
 * are the expression: they are put into words (room for argc of them), which the request borrows.
 * Pure.
 */
bool options_parse(int argc, char *const argv[], const char **words, struct request *request,
		   struct options_error *error);

/* Whether one of the words asks for the limits of a monitoring check (--warn, --crit), however
 * wrong the others are. Pure. */
bool options_name_limits(int argc, char *const argv[]);

#endif
