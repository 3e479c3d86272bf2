/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list-columns: the field table as a table. */
#ifndef LSSOCK_OUTPUT_FIELD_LIST_H
#define LSSOCK_OUTPUT_FIELD_LIST_H

struct obuf;

/* Appends a heading and a line for each field: name, type, unit, whether root is needed, meaning.
 */
void field_list_put(struct obuf *out);

#endif
