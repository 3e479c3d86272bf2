/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finished lines of other writers, cut for a terminal. */
#ifndef LSSOCK_OUTPUT_SCREEN_TEXT_H
#define LSSOCK_OUTPUT_SCREEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct obuf;

struct screen_text_style {
	bool plain; /* colours of the line are left out */
	bool utf8;  /* the mark of what is cut may be one character of UTF-8 */
};

/*
 * Appends a line (n bytes, no newline, already escaped, with colours as "ESC [ ... m") without the
 * blanks at its end. What takes more than width columns is cut between two units (characters,
 * escapes), and the last column is the mark of it. Colours that were begun are ended. Control
 * characters other than those of colours are dropped. Returns the columns taken.
 */
size_t screen_text_put(struct obuf *out, const char *line, size_t n, size_t width,
		       const struct screen_text_style *style);

/* A hash of the words of a text: the same however many blanks and newlines stand between them, and
 * whatever time a timer "(12.34/0/0)" has left. */
uint64_t screen_text_hash(const char *text, size_t n);

#endif
