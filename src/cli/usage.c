/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help and --version, written from the option rows. */
#include "cli/usage.h"

#include <string.h>

#include "base/obuf.h"
#include "cli/options.h"

enum { HELP_COLUMN = 32 };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_SELECT] = "Which sockets (protocols and families add up):",
	[GROUP_SHOW] = "What is shown:",
	[GROUP_DATA] = "Fields and data:",
	[GROUP_ANSWER] = "Answers in place of rows:",
	[GROUP_ASK] = "Questions (the exit status answers):",
	[GROUP_REPEAT] = "Again:",
	[GROUP_CLOSE] = "Closing (as root):",
	[GROUP_OTHER] = "And:",
};

/* "  -A, --protocol=LIST", padded to the column where the help starts. */
static void put_spelling(struct obuf *out, const struct option_row *row)
{
	size_t start = out->len;

	obuf_put_str(out, "  ");
	if (row->letter) {
		obuf_put_char(out, '-');
		obuf_put_char(out, row->letter);
	} else {
		obuf_put_str(out, "  ");
	}
	if (row->letter && row->arg == OPTION_OPTIONAL_ARG) {
		obuf_put_char(out, '[');
		obuf_put_str(out, row->arg_name);
		obuf_put_char(out, ']');
	}
	obuf_put_str(out, row->letter ? ", --" : "  --");
	obuf_put_str(out, row->name);
	if (row->arg != OPTION_NO_ARG) {
		obuf_put_str(out, row->arg == OPTION_ARG ? "=" : "[=");
		obuf_put_str(out, row->arg_name);
		obuf_put_str(out, row->arg == OPTION_ARG ? "" : "]");
	}
	if (out->len - start < HELP_COLUMN)
		obuf_put_blanks(out, HELP_COLUMN - (out->len - start));
	else
		obuf_put_char(out, ' ');
}

static void put_row(struct obuf *out, const struct option_row *row)
{
	put_spelling(out, row);
	for (const char *line = row->help;;) {
		size_t n = strcspn(line, "\n");

		obuf_put(out, line, n);
		obuf_put_char(out, '\n');
		if (!line[n])
			return;
		line += n + 1;
		obuf_put_blanks(out, HELP_COLUMN);
	}
}

void usage_help(struct obuf *out)
{
	size_t n;
	const struct option_row *rows = options_rows(&n);

	obuf_put_str(out,
		     "Usage: lssock [OPTION]... [EXPRESSION]\n"
		     "Lists the sockets of this host, as netstat does. EXPRESSION is ss's filter\n"
		     "language, and any field: state time-wait, sport = :443, recv_q > 0.\n");
	for (int group = 0; group < GROUP_HIDDEN; group++) {
		obuf_put_char(out, '\n');
		obuf_put_str(out, group_titles[group]);
		obuf_put_char(out, '\n');
		for (size_t i = 0; i < n; i++)
			if ((int)rows[i].group == group)
				put_row(out, &rows[i]);
	}
	obuf_put_str(out, "\nStatus: 0 complete, a question: yes; 1 a question: no, or something"
			  " differs;\n2 wrong command line; 3 something is missing; 4 failed."
			  "\nMost used: lssock -tulpn, lssock -antp, lssock -x."
			  " Manual: man 8 lssock.\n");
}

void usage_version(struct obuf *out)
{
	obuf_put_str(out, "lssock " PACKAGE_VERSION "\n");
}
