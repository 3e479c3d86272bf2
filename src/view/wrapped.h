/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences in lines that fit. */
#ifndef LSSOCK_VIEW_WRAPPED_H
#define LSSOCK_VIEW_WRAPPED_H

#include <stddef.h>

struct obuf;

/*
 * Appends text as paragraph of lines that are at most width columns (0: 80; at least 40, at most
 * 100), broken at blanks; a word that is too long stays whole. The first line begins after what is
 * already in the line, which is taken to be `column` columns; the others are indented. Ends with a
 * newline. The text is ASCII, or escaped (then a character counts as many columns as it has bytes).
 */
void wrapped_put(struct obuf *out, const char *text, size_t column, size_t indent, size_t width);

/* The same after a label of our own, which is padded to indent columns. */
void wrapped_put_labelled(struct obuf *out, const char *label, const char *text, size_t indent,
			  size_t width);

#endif
