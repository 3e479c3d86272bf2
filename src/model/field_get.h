/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the groups of the field table share; only for model/field*.c. Each group is one file: its
 * rows and the getters behind them. */
#ifndef LSSOCK_MODEL_FIELD_GET_H
#define LSSOCK_MODEL_FIELD_GET_H

#include <string.h>

#include "model/facts.h"
#include "model/field.h"
#include "model/query.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The rows of each group; field.c makes one table of them. */
const struct field *field_sock_rows(size_t *n);
const struct field *field_unit_rows(size_t *n);
const struct field *field_reach_rows(size_t *n);
const struct field *field_unix_rows(size_t *n);
const struct field *field_owner_rows(size_t *n);
const struct field *field_tcp_rows(size_t *n);
const struct field *field_cc_rows(size_t *n);
const struct field *field_facts_rows(size_t *n);
const struct field *field_netns_rows(size_t *n);
const struct field *field_memory_rows(size_t *n);
const struct field *field_special_rows(size_t *n);
const struct field *field_mptcp_rows(size_t *n);
const struct field *field_closing_rows(size_t *n);

/* The number of 1, 2, 4 or 8 bytes at offset of a struct of the kernel, in this machine's byte
 * order. False when it does not lie wholly inside. */
static inline bool blob_number(const struct blob *blob, size_t offset, size_t size, uint64_t *out)
{
	uint32_t u32;
	uint16_t u16;

	if (!blob->data || offset + size > blob->len)
		return false;
	switch (size) {
	case sizeof(uint8_t):
		*out = blob->data[offset];
		return true;
	case sizeof(u16):
		memcpy(&u16, blob->data + offset, sizeof(u16));
		*out = u16;
		return true;
	case sizeof(u32):
		memcpy(&u32, blob->data + offset, sizeof(u32));
		*out = u32;
		return true;
	case sizeof(*out):
		memcpy(out, blob->data + offset, sizeof(*out));
		return true;
	default:
		return false;
	}
}

/* A text of another's choosing; NULL: none. */
static inline bool value_text(struct value *value, const void *data, size_t len,
			      enum unix_name_kind kind)
{
	value->text.data = data;
	value->text.len = len;
	value->text.kind = kind;
	return data != NULL;
}

static inline bool value_word(struct value *value, const char *word)
{
	value->word = word;
	return word != NULL;
}

static inline bool value_number(struct value *value, uint64_t number, bool known)
{
	value->number = number;
	return known;
}

#endif
