/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets from an earlier output. Two forms: a document of --json, {..., "sockets": [RECORD, ...],
 * "complete": ...}, and the lines of --jsonl, a RECORD each and at last {"end": true, "complete":
 * ...}. An object at the top is known for what it is only at its end, so its members are taken
 * under both meanings.
 */
#include "source/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "model/field.h"
#include "source/snapshot_row.h"

/* What an object at the top may have beside the members of a record. */
enum top_member {
	TOP_NONE,
	TOP_SCHEMA,
	TOP_HOST,
	TOP_SOCKETS,
	TOP_COMPLETE,
	TOP_VIEW,
	TOP_END,
	TOP_BEGIN
};

enum { DEPTH_TOP = 1, DEPTH_ARRAY = 2, DEPTH_ELEMENT = 3 };

struct snapshot {
	struct sock_sink sink;
	struct json_read read;
	struct snapshot_row row;
	struct snapshot_about about;
	char host[256];

	/* Of the object at the top. */
	bool has_sockets, is_end, is_begin, is_view, complete;
	/* Of the whole text. */
	bool any_sockets, any_end, any_begin;

	unsigned int
		row_depth; /* where the members of the record are that is being read; 0: none */
	bool in_sockets, in_owners;
	enum snapshot_member member; /* of the record or its owner: whose value follows */
	enum top_member top;         /* of the object at the top: the same */
};

static int bad(struct snapshot *snapshot, const char *error)
{
	snapshot->about.error = error;
	return -EINVAL;
}

static enum top_member find_top(const struct json_token *key)
{
	static const char *const names[] = {
		[TOP_SCHEMA] = "schema_version", [TOP_HOST] = "host", [TOP_SOCKETS] = "sockets",
		[TOP_COMPLETE] = "complete",     [TOP_VIEW] = "view", [TOP_END] = "end",
		[TOP_BEGIN] = "begin",
	};

	for (size_t i = TOP_SCHEMA; i < sizeof(names) / sizeof(names[0]); i++)
		if (key->len && key->text[0] == names[i][0] && strlen(names[i]) == key->len &&
		    memcmp(names[i], key->text, key->len) == 0)
			return (enum top_member)i;
	return TOP_NONE;
}

static int take_key(struct snapshot *snapshot, const struct json_token *key)
{
	unsigned int depth = snapshot->read.depth;

	if (depth == DEPTH_TOP)
		snapshot->top = find_top(key);
	if (depth == snapshot->row_depth ||
	    (snapshot->in_owners && depth == snapshot->row_depth + 2))
		snapshot->member = snapshot_member_find(key);
	return 0;
}

static int take_host(struct snapshot *snapshot, enum json_kind kind, const struct json_token *value)
{
	size_t n;

	if (kind != JSON_STRING || value->len >= sizeof(snapshot->host))
		return 0;
	n = json_read_decode(snapshot->host, value);
	snapshot->host[n] = '\0';
	snapshot->about.host = snapshot->host;
	return 0;
}

static int take_top(struct snapshot *snapshot, enum json_kind kind, const struct json_token *value)
{
	uint64_t version;

	switch (snapshot->top) {
	case TOP_SCHEMA:
		if (kind != JSON_NUMBER || !json_read_uint(value, UINT32_MAX, &version) ||
		    version != FIELD_SCHEMA_VERSION)
			return bad(snapshot, "a schema_version that is not known here");
		return 0;
	case TOP_HOST:
		return take_host(snapshot, kind, value);
	case TOP_COMPLETE:
		snapshot->complete = kind == JSON_TRUE;
		return 0;
	case TOP_VIEW:
		snapshot->is_view = true;
		return 0;
	case TOP_END:
		snapshot->is_end = kind == JSON_TRUE;
		return 0;
	case TOP_BEGIN:
		snapshot->is_begin = kind == JSON_TRUE;
		return 0;
	case TOP_SOCKETS:
		return kind == JSON_ARRAY ? 0 : bad(snapshot, "\"sockets\" is no array");
	case TOP_NONE:
		break;
	}
	return 0;
}

/* A value that is no object, or the beginning of an array, inside of a record. */
static int take_member(struct snapshot *snapshot, enum json_kind kind,
		       const struct json_token *value, unsigned int depth)
{
	int err = 0;

	if (depth == snapshot->row_depth)
		err = snapshot_row_take(&snapshot->row, snapshot->member, kind, value);
	else if (snapshot->in_owners && depth == snapshot->row_depth + 2)
		err = snapshot_row_take_owner(&snapshot->row, snapshot->member, kind, value);
	return err == -EINVAL ? bad(snapshot, snapshot->row.error) : err;
}

/* depth: that of the object or array which the value is in. */
static int take_value(struct snapshot *snapshot, enum json_kind kind,
		      const struct json_token *value, unsigned int depth)
{
	int err = 0;

	if (depth == 0)
		return bad(snapshot, "an object was expected");
	if (snapshot->in_sockets && depth == DEPTH_ARRAY)
		return bad(snapshot, "\"sockets\" holds something that is no object");
	if (snapshot->in_owners && depth == snapshot->row_depth + 1)
		return bad(snapshot, "\"owners\" holds something that is no object");
	if (depth == DEPTH_TOP)
		err = take_top(snapshot, kind, value);
	/* A line of an earlier output and the records of an array have members in common. */
	if (err == 0 && !(depth == DEPTH_TOP && snapshot->top != TOP_NONE))
		err = take_member(snapshot, kind, value, depth);
	return err;
}

static int open_object(struct snapshot *snapshot)
{
	unsigned int depth = snapshot->read.depth;
	int err;

	if (depth == DEPTH_TOP) {
		snapshot->has_sockets = snapshot->is_end = snapshot->is_begin = false;
		snapshot->is_view = snapshot->complete = false;
		snapshot->row_depth = DEPTH_TOP;
		snapshot_row_clear(&snapshot->row);
	} else if (snapshot->in_sockets && depth == DEPTH_ELEMENT) {
		snapshot->row_depth = DEPTH_ELEMENT;
		snapshot_row_clear(&snapshot->row);
	} else if (snapshot->in_owners && depth == snapshot->row_depth + 2) {
		err = snapshot_row_add_owner(&snapshot->row);
		return err == -EINVAL ? bad(snapshot, snapshot->row.error) : err;
	} else if (depth == snapshot->row_depth + 1 && snapshot->member != SNAPSHOT_MEMBER_COUNT) {
		return bad(snapshot, "a member that should be a value is an object");
	}
	return 0;
}

static int open_array(struct snapshot *snapshot)
{
	unsigned int depth = snapshot->read.depth;

	if (depth == DEPTH_ARRAY && snapshot->top == TOP_SOCKETS) {
		if (snapshot->any_sockets)
			return bad(snapshot, "more than one list of sockets");
		snapshot->in_sockets = snapshot->has_sockets = snapshot->any_sockets = true;
		return 0;
	}
	if (depth == snapshot->row_depth + 1)
		snapshot->in_owners = snapshot->member == SNAPSHOT_OWNERS;
	return take_value(snapshot, JSON_ARRAY, NULL, depth - 1);
}

static int hand_on_row(struct snapshot *snapshot)
{
	struct snapshot_row *row = &snapshot->row;
	struct snapshot_about *about = &snapshot->about;
	int err = snapshot_row_finish(row);

	snapshot->row_depth = 0;
	if (err < 0)
		return err == -EINVAL ? bad(snapshot, row->error) : err;
	if (row->passed_over)
		return 0;
	about->common = about->n_rows ? about->common & row->seen : row->seen;
	about->any |= row->seen;
	if (row->sock.interface)
		about->any |= 1u << SNAPSHOT_INTERFACE;
	about->n_rows++;
	about->many_netns |= row->known >> SNAPSHOT_NETNS & 1u;
	return snapshot->sink.take(snapshot->sink.ctx, &row->sock, 1);
}

/* The end of an object at the top, which now is known for what it is. */
static int close_top(struct snapshot *snapshot)
{
	struct snapshot_about *about = &snapshot->about;

	if (snapshot->is_view)
		return bad(snapshot, "this is no listing of sockets");
	if (snapshot->any_end)
		return bad(snapshot, "there is more behind its end: several rounds or outputs");
	if (snapshot->has_sockets || snapshot->is_end) {
		snapshot->any_end = true;
		about->complete = snapshot->complete;
		return 0;
	}
	if (snapshot->is_begin) {
		if (snapshot->any_begin)
			return bad(snapshot, "there is more than one round");
		snapshot->any_begin = true;
		return 0;
	}
	return hand_on_row(snapshot);
}

static int close_one(struct snapshot *snapshot)
{
	unsigned int depth = snapshot->read.depth; /* of what it was in */

	if (depth == 0)
		return close_top(snapshot);
	if (snapshot->in_sockets && depth == DEPTH_TOP) {
		snapshot->in_sockets = false;
		snapshot->row_depth = 0;
		return 0;
	}
	if (snapshot->in_sockets && depth == DEPTH_ARRAY)
		return hand_on_row(snapshot);
	if (snapshot->in_owners && depth == snapshot->row_depth)
		snapshot->in_owners = false;
	return 0;
}

static int take_piece(struct snapshot *snapshot, enum json_kind kind,
		      const struct json_token *token)
{
	switch (kind) {
	case JSON_KEY:
		return take_key(snapshot, token);
	case JSON_OBJECT:
		return open_object(snapshot);
	case JSON_ARRAY:
		return open_array(snapshot);
	case JSON_CLOSE:
		return close_one(snapshot);
	default:
		return take_value(snapshot, kind, token, snapshot->read.depth);
	}
}

int snapshot_feed(struct snapshot *snapshot, const char *text, size_t len, bool last, size_t *used)
{
	struct json_read *read = &snapshot->read;
	int err = 0;

	read->text = text;
	read->len = len;
	read->last = last;
	read->at = 0;
	while (err == 0) {
		struct json_token token = { NULL, 0 };
		enum json_kind kind = json_read_next(read, &token);

		if (kind == JSON_MORE || kind == JSON_DONE)
			break;
		err = kind == JSON_BAD ? bad(snapshot, read->error)
				       : take_piece(snapshot, kind, &token);
	}
	snapshot->about.line = read->line + 1;
	*used = read->at;
	return err;
}

struct snapshot *snapshot_new(const struct sock_sink *sink)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot)
		snapshot->sink = *sink;
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	snapshot_row_free(&snapshot->row);
	free(snapshot);
}

const struct snapshot_about *snapshot_about(const struct snapshot *snapshot)
{
	return &snapshot->about;
}
