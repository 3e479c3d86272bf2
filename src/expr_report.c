/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling what is wrong with an expression. The report escapes its lines, so the marks are counted
 * in columns of the escaped text.
 */
#include "expr_report.h"

#include <string.h>

#include "base/escape.h"
#include "base/report.h"

/* What is shown of a long expression: so much before the word, and in all. */
enum { CONTEXT_BEFORE = 50, CONTEXT_ALL = 100 };

static size_t columns_of(const char *text, size_t n, bool utf8)
{
	char escaped[4 * CONTEXT_ALL];
	size_t width;

	escape_text(escaped, sizeof(escaped), text, n, utf8 ? ESCAPE_UTF8 : 0, SIZE_MAX, &width);
	return width;
}

void expr_report(struct report *report, const char *text, const struct expr_error *error)
{
	char marks[4 * CONTEXT_ALL + 1];
	size_t len = strlen(text), start = error->start < len ? error->start : len;
	size_t from = start > CONTEXT_BEFORE ? start - CONTEXT_BEFORE : 0;
	size_t shown = len - from < CONTEXT_ALL ? len - from : CONTEXT_ALL;
	size_t word = error->len < from + shown - start ? error->len : from + shown - start;
	size_t blanks = columns_of(text + from, start - from, report->utf8);
	size_t width = columns_of(text + start, word, report->utf8);

	if (width == 0)
		width = 1;
	if (width > CONTEXT_ALL)
		width = CONTEXT_ALL;
	memset(marks, '^', width);
	marks[width] = '\0';
	report_add(report, REPORT_NOTE, "expression: %s", error->message);
	report_add(report, REPORT_NOTE, "  %.*s", (int)shown, text + from);
	report_add(report, REPORT_NOTE, "  %*s%s", (int)blanks, "", marks);
}

void expr_report_undecided(struct report *report, bool left_out)
{
	report_add(report, REPORT_PARTIAL,
		   left_out ? "the expression asks for what could not be seen of every socket: "
			      "those that it hinges on are left alone"
			    : "the expression asks for what could not be seen of every socket: "
			      "what hinges on it was taken for absent");
}
