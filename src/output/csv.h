/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --csv: comma-separated values as RFC 4180 has them. */
#ifndef LSSOCK_OUTPUT_CSV_H
#define LSSOCK_OUTPUT_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "model/field.h"
#include "output/writer.h"

struct obuf;

/*
 * One header line in a run (field names), one line a socket, each ended by CR LF. A fact that is
 * not known is an empty field; one that is known to be empty (a text without bytes, no owner) is an
 * empty field in quotes. Several values are divided by blanks. See field_text_put_data() for the
 * text. Fields (at least one) and out are borrowed. NULL without memory; ended with its free().
 */
struct writer *csv_new(const struct field *const *fields, size_t n_fields, bool no_header,
		       struct obuf *out);

/* Ends a field whose text was appended since start: puts it in quotes where it needs them. */
void csv_end_field(struct obuf *out, size_t start);

#endif
