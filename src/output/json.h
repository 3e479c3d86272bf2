/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --json and --jsonl. doc/lssock.schema.json describes what they write. */
#ifndef LSSOCK_OUTPUT_JSON_H
#define LSSOCK_OUTPUT_JSON_H

#include <stddef.h>

#include "model/field.h"
#include "output/writer.h"

struct data_run;
struct obuf;

/*
 * json_new: one document a round. jsonl_new: one record a line, and a last one that begins with
 * "end". Keys are field names, each once; absent is null. Nothing is kept. Fields
 * (at least one), run (read when a round begins and when it ends) and out are borrowed. NULL
 * without memory; ended with free().
 */
struct writer *json_new(const struct field *const *fields, size_t n_fields,
			const struct data_run *run, struct obuf *out);
struct writer *jsonl_new(const struct field *const *fields, size_t n_fields,
			 const struct data_run *run, struct obuf *out);

#endif
