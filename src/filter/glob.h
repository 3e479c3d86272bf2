/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Glob patterns over any bytes. */
#ifndef LSSOCK_FILTER_GLOB_H
#define LSSOCK_FILTER_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is matched: len bytes, with an '@' in front of them when at is set; with nul_is_blank, a NUL
 * among them matches as a blank does. */
struct glob_subject {
	const uint8_t *data;
	size_t len;
	bool at, nul_is_blank;
};

/*
 * Whether the whole subject matches: '*' any bytes ('/' and leading dots too), '?' one byte, [a-z]
 * and [!a-z] a byte of a set, with the classes [:alpha:] and so on of ASCII; a backslash takes the
 * next byte as it is. A '[' without its ']' is itself. fold: letters of ASCII match in both cases.
 * No recursion, and no pattern for which time explodes. Pure.
 */
bool glob_match(const char *pattern, size_t n, const struct glob_subject *subject, bool fold);

/* Whether the subject is just this text. */
bool glob_is_equal(const char *text, size_t n, const struct glob_subject *subject, bool fold);

#endif
