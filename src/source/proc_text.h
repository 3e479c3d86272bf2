/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cursor over one line of a /proc/net table: each step takes one piece of the expected shape or
 * fails. Everything here is pure and never looks at or behind `end`. */
#ifndef LSSOCK_SOURCE_PROC_TEXT_H
#define LSSOCK_SOURCE_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

struct proc_text {
	const char *at, *end;
};

/* Whether c parts two fields. */
static inline bool proc_text_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Passes over blanks; there may be none. */
static inline void proc_text_skip(struct proc_text *text)
{
	while (text->at < text->end && proc_text_is_blank(*text->at))
		text->at++;
}

/* Takes exactly this character. */
static inline bool proc_text_char(struct proc_text *text, char c)
{
	if (text->at == text->end || *text->at != c)
		return false;
	text->at++;
	return true;
}

/* Takes one blank or more: the gap in front of a field that is padded on its left. */
static inline bool proc_text_gap(struct proc_text *text)
{
	const char *from = text->at;

	proc_text_skip(text);
	return text->at > from;
}

/* Takes everything up to the next blank; false when that is nothing. */
static inline bool proc_text_word(struct proc_text *text, const char **word, size_t *n)
{
	*word = text->at;
	while (text->at < text->end && !proc_text_is_blank(*text->at))
		text->at++;
	*n = (size_t)(text->at - *word);
	return *n > 0;
}

/* Takes exactly n (at most 16) hexadecimal digits. */
static inline bool proc_text_hex(struct proc_text *text, size_t n, uint64_t *out)
{
	if ((size_t)(text->end - text->at) < n || !num_parse_hex(text->at, n, UINT64_MAX, out))
		return false;
	text->at += n;
	return true;
}

/* Takes a run of decimal digits, at most max in value. */
static inline bool proc_text_decimal(struct proc_text *text, uint64_t max, uint64_t *out)
{
	const char *from = text->at;

	while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
		text->at++;
	return num_parse_u64(from, (size_t)(text->at - from), max, out);
}

/* Whether a field has ended here: at a blank or at the end. */
static inline bool proc_text_at_gap(const struct proc_text *text)
{
	return text->at == text->end || proc_text_is_blank(*text->at);
}

#endif
