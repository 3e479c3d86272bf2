/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list-columns: the field table as a table, and as data. */
#ifndef LSSOCK_OUTPUT_FIELD_LIST_H
#define LSSOCK_OUTPUT_FIELD_LIST_H

#include <stdbool.h>

struct obuf;

/* Appends a heading and a line for each field: name, type, unit, whether root is needed, meaning.
 * Without with_head only the lines. */
void field_list_put(struct obuf *out, bool with_head);

/* The same as one JSON document: {"schema_version":1,"fields":[{"name":...},...]}, with the heading
 * of each and, where there are few, the words that it can be. */
void field_list_put_json(struct obuf *out);

#endif
