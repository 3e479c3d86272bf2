/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one escaper. Program names, UNIX paths, host, service, user and interface names, and what an
 * operator typed: all were chosen by others, and all pass through here before they reach stdout or
 * stderr, terminal or pipe.
 *
 * The form: printable ASCII stays, a backslash becomes \\, every other byte becomes \xHH (two
 * lower-case hex digits). Where UTF-8 is allowed, a valid character stays if it is assigned,
 * printable and not one that hides or reorders text; else each of its bytes is written as \xHH. So
 * no output holds a control byte, and the bytes can be had back: unescape(escape(x)) = x.
 */
#ifndef LSSOCK_BASE_ESCAPE_H
#define LSSOCK_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum escape_flags {
	ESCAPE_UTF8 = 1,  /* the output's character set is UTF-8 (else: ASCII only) */
	ESCAPE_BLANK = 2, /* a blank becomes \x20: for cells of a table, which must stay one word */
	ESCAPE_AT =
		4, /* a leading '@' becomes \x40: a path that would look like an abstract name */
};

/* Bytes that escaping n bytes needs at most, without a final NUL (SIZE_MAX when that overflows). */
size_t escape_bound(size_t n);

/*
 * Escapes the n bytes at src into dst, which has room for size bytes. Stops before a unit (a
 * character or an escape sequence) that does not fit whole, or that would bring the displayed width
 * above max_width (SIZE_MAX: no limit). Writes no NUL. Returns the bytes written; *width (may be
 * NULL) gets the columns they take on a terminal. Pure.
 */
size_t escape_text(char *dst, size_t size, const void *src, size_t n, unsigned int flags,
		   size_t max_width, size_t *width);

/* The reverse, for tests and readers of the form: 0 and *n_out, or -EINVAL for text that
 * escape_text() cannot have made. dst needs n bytes. */
int unescape_text(char *dst, const char *src, size_t n, size_t *n_out);

#endif
