/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of one socket of an earlier output, which are those of doc/lssock.schema.json; a text
 * that is no UTF-8 comes with all of its bytes in a second member, NAME_hex.
 */
#include "source/snapshot_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

enum shape { SHAPE_TEXT, SHAPE_HEX, SHAPE_UINT, SHAPE_BOOL, SHAPE_LIST };

static const struct member {
	const char *name;
	enum shape shape;
	uint64_t max;
} members[] = {
	[SNAPSHOT_PROTO] = { "proto", SHAPE_TEXT, 0 },
	[SNAPSHOT_FAMILY] = { "family", SHAPE_TEXT, 0 },
	[SNAPSHOT_TYPE] = { "type", SHAPE_TEXT, 0 },
	[SNAPSHOT_STATE] = { "state", SHAPE_TEXT, 0 },
	[SNAPSHOT_LOCAL_ADDRESS] = { "local_address", SHAPE_TEXT, 0 },
	[SNAPSHOT_LOCAL_PORT] = { "local_port", SHAPE_UINT, UINT16_MAX },
	[SNAPSHOT_REMOTE_ADDRESS] = { "remote_address", SHAPE_TEXT, 0 },
	[SNAPSHOT_REMOTE_PORT] = { "remote_port", SHAPE_UINT, UINT16_MAX },
	[SNAPSHOT_INTERFACE] = { "interface", SHAPE_TEXT, 0 },
	[SNAPSHOT_RECV_Q] = { "recv_q", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_SEND_Q] = { "send_q", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_BACKLOG] = { "backlog", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_UID] = { "uid", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_USER] = { "user", SHAPE_TEXT, 0 },
	[SNAPSHOT_INODE] = { "inode", SHAPE_UINT, UINT64_MAX },
	[SNAPSHOT_V6ONLY] = { "v6only", SHAPE_BOOL, 0 },
	[SNAPSHOT_PATH] = { "path", SHAPE_TEXT, 0 },
	[SNAPSHOT_PATH_HEX] = { "path_hex", SHAPE_HEX, 0 },
	[SNAPSHOT_PATH_KIND] = { "path_kind", SHAPE_TEXT, 0 },
	[SNAPSHOT_UNIT] = { "unit", SHAPE_TEXT, 0 },
	[SNAPSHOT_OWNERS] = { "owners", SHAPE_LIST, 0 },
	[SNAPSHOT_PROGRAM] = { "program", SHAPE_TEXT, 0 },
	[SNAPSHOT_PROGRAM_HEX] = { "program_hex", SHAPE_HEX, 0 },
	[SNAPSHOT_PID] = { "pid", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_FD] = { "fd", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_DIRECTION] = { "direction", SHAPE_TEXT, 0 },
	[SNAPSHOT_NETNS] = { "netns", SHAPE_TEXT, 0 },
};

_Static_assert(SNAPSHOT_MEMBER_COUNT <= 32, "a set of members has 32 bits");

void snapshot_row_clear(struct snapshot_row *row)
{
	row->seen = row->known = 0;
	row->n_owners = row->n_bytes = 0;
	row->error = NULL;
}

void snapshot_row_free(struct snapshot_row *row)
{
	free(row->owners);
	free(row->bytes);
	free(row->sock_owners);
	*row = (struct snapshot_row){ 0 };
}

int snapshot_row_bad(struct snapshot_row *row, const char *error)
{
	row->error = error;
	return -EINVAL;
}

enum snapshot_member snapshot_member_of(const char *field)
{
	return snapshot_member_find(&(struct json_token){ field, strlen(field) });
}

enum snapshot_member snapshot_member_find(const struct json_token *key)
{
	enum snapshot_member member = 0;

	for (; member < SNAPSHOT_MEMBER_COUNT; member++) {
		const char *name = members[member].name;

		/* Most names differ in their first letter: every record asks some 25 times. */
		if (key->len && key->text[0] == name[0] && strlen(name) == key->len &&
		    memcmp(name, key->text, key->len) == 0)
			break;
	}
	return member;
}

/* Room for n more bytes and a NUL. */
static char *reserve(struct snapshot_row *row, size_t n)
{
	void *bytes = row->bytes;
	int err = array_grow(&bytes, &row->cap_bytes, row->n_bytes + n + 1, 1);

	row->bytes = bytes;
	return err < 0 ? NULL : row->bytes + row->n_bytes;
}

static int take_text(struct snapshot_row *row, const struct json_token *value,
		     struct snapshot_text *text)
{
	char *dst;

	/* With its NUL, so that n_bytes is never above the bound. */
	if (value->len >= SNAPSHOT_ROW_BYTES - row->n_bytes)
		return snapshot_row_bad(row, "a record with too much text");
	dst = reserve(row, value->len);
	if (!dst)
		return -ENOMEM;
	text->at = row->n_bytes;
	text->len = json_read_decode(dst, value);
	text->known = true;
	dst[text->len] = '\0';
	row->n_bytes += text->len + 1;
	return 0;
}

static int take_hex(struct snapshot_row *row, const struct json_token *value,
		    struct snapshot_text *text)
{
	int err = take_text(row, value, text);
	char *bytes = err < 0 ? NULL : row->bytes + text->at;
	uint64_t byte;

	if (err < 0)
		return err;
	if (text->len % 2)
		return snapshot_row_bad(row, "hexadecimal digits were expected");
	for (size_t i = 0; i < text->len / 2; i++) {
		if (!num_parse_hex(bytes + 2 * i, 2, UINT8_MAX, &byte))
			return snapshot_row_bad(row, "hexadecimal digits were expected");
		bytes[i] = (char)byte;
	}
	text->len /= 2;
	bytes[text->len] = '\0';
	return 0;
}

/* The value, not null, of a member that is SHAPE_TEXT or SHAPE_HEX. */
static int take_string(struct snapshot_row *row, enum snapshot_member member, enum json_kind kind,
		       const struct json_token *value, struct snapshot_text *text)
{
	if (kind != JSON_STRING)
		return snapshot_row_bad(row, "a member that should be a text is none");
	return members[member].shape == SHAPE_HEX ? take_hex(row, value, text)
						  : take_text(row, value, text);
}

/* The same of SHAPE_UINT. */
static int take_uint(struct snapshot_row *row, enum snapshot_member member, enum json_kind kind,
		     const struct json_token *value, uint64_t *number)
{
	if (kind == JSON_NUMBER && json_read_uint(value, members[member].max, number))
		return 0;
	return snapshot_row_bad(row, "a member that should be a number is none, or too large");
}

/* The same of SHAPE_BOOL. */
static int take_bool(struct snapshot_row *row, enum json_kind kind, uint64_t *number)
{
	*number = kind == JSON_TRUE;
	if (kind == JSON_TRUE || kind == JSON_FALSE)
		return 0;
	return snapshot_row_bad(row, "a member that should be true or false is neither");
}

int snapshot_row_take(struct snapshot_row *row, enum snapshot_member member, enum json_kind kind,
		      const struct json_token *value)
{
	if (member == SNAPSHOT_MEMBER_COUNT)
		return 0;
	if (row->seen & SNAPSHOT_BIT(member))
		return snapshot_row_bad(row, "a member comes twice");
	row->seen |= SNAPSHOT_BIT(member);
	if (kind == JSON_NULL)
		return 0;
	row->known |= SNAPSHOT_BIT(member);
	switch (members[member].shape) {
	case SHAPE_TEXT:
	case SHAPE_HEX:
		return take_string(row, member, kind, value, &row->texts[member]);
	case SHAPE_UINT:
		return take_uint(row, member, kind, value, &row->numbers[member]);
	case SHAPE_BOOL:
		return take_bool(row, kind, &row->numbers[member]);
	case SHAPE_LIST:
		break;
	}
	return kind == JSON_ARRAY ? 0 : snapshot_row_bad(row, "\"owners\" is no array");
}

int snapshot_row_add_owner(struct snapshot_row *row)
{
	void *owners = row->owners;
	int err;

	if (row->n_owners == SNAPSHOT_ROW_OWNERS)
		return snapshot_row_bad(row, "a record with too many owners");
	err = array_grow(&owners, &row->cap_owners, row->n_owners + 1, sizeof(*row->owners));
	row->owners = owners;
	if (err == 0)
		row->owners[row->n_owners++] = (struct snapshot_owner){ 0 };
	return err;
}

int snapshot_row_take_owner(struct snapshot_row *row, enum snapshot_member member,
			    enum json_kind kind, const struct json_token *value)
{
	struct snapshot_owner *owner = &row->owners[row->n_owners - 1];
	uint64_t number = 0;
	int err;

	if (kind == JSON_NULL)
		return 0;
	switch (member) {
	case SNAPSHOT_PROGRAM:
	case SNAPSHOT_PROGRAM_HEX:
		return take_string(row, member, kind, value, &owner->program);
	case SNAPSHOT_PID:
		err = take_uint(row, member, kind, value, &number);
		owner->pid = (uint32_t)number;
		return err;
	case SNAPSHOT_FD:
		err = take_uint(row, member, kind, value, &number);
		owner->fd = (uint32_t)number;
		return err;
	default:
		return 0;
	}
}
