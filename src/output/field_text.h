/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a field is of one socket, as text: cells of a table, fields of CSV, addresses of JSON. */
#ifndef LSSOCK_OUTPUT_FIELD_TEXT_H
#define LSSOCK_OUTPUT_FIELD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"

struct obuf;

/* Most bytes that field_text_format_addr() writes: an address, '%', an interface name or number. */
enum { FIELD_TEXT_ADDR_MAX = 64 };

/*
 * Writes the address of a value of type FIELD_ADDR at dst (no NUL): RFC 5952, with the interface
 * where the address means nothing without it. The interface is named when that name is known and
 * plain, else it is its number. Returns the bytes written.
 */
size_t field_text_format_addr(char *dst, const struct sock *sock, const struct value *value);

/*
 * Appends the cell of a table: one word, escaped by base/escape (utf8: see ESCAPE_UTF8), "-" when
 * absent; an abstract UNIX name with '@' before it. Words stand for some texts, see
 * field_text_word_of(). A hidden owner shows the unit in
 * brackets,
 * "[nginx.service]", "[docker:0123456789ab]", with "user-UID/" before it where that user named it;
 * a program's own '[' at the front is an escape. Text that takes more than max_width
 * columns is cut there. Returns the columns that the cell takes.
 */
size_t field_text_put_cell(struct obuf *out, const struct field *field, const struct sock *sock,
			   bool utf8, size_t max_width);

/*
 * The word that stands in a cell for n bytes of text of others: "" for no bytes; an escape for what
 * would look like a word of ours: "-" (absent), that "", "(hidden)" (this user may not see it),
 * "(other)" (what is summed up). NULL: the text is written as it is, by base/escape.
 */
const char *field_text_word_of(const void *text, size_t n);

/*
 * How much of the n bytes of a finished cell fits into max_width columns, in whole units (escape
 * sequences, characters). Returns bytes; *width gets their columns.
 */
size_t field_text_cut(const char *cell, size_t n, size_t max_width, size_t *width);

/*
 * Appends the field as text for data: the same in every locale, strict UTF-8 without controls.
 * Visible characters stay, a backslash is \\, every other byte \xHH, so that the bytes can be had
 * back; an abstract UNIX name has '@' before it, a path that begins with '@' has \x40. Owners are
 * "pid/program". Several values are divided by a blank, and one inside them is \x20. Returns false
 * and appends nothing where there is no such fact.
 */
bool field_text_put_data(struct obuf *out, const struct field *field, const struct sock *sock);

#endif
