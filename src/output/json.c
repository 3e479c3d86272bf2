/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON (RFC 8259) as a stream. What does not change from row to row, the keys with their quotes and
 * commas, is made once; a row then copies keys and writes digits into the output buffer.
 *
 * Members of owners come from the same field table: those that many listings do not ask for are
 * left out of the objects where they are not known, the others are null.
 */
#include "output/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/obuf.h"
#include "output/data.h"
#include "output/field_text.h"
#include "output/json_doc.h"
#include "output/json_text.h"

struct json_key {
	const struct field *field;
	char *key; /* ,"name": with '{' for ',' in the first one of an object */
	size_t key_len;
	char *hex_key; /* ,"name_hex": */
	size_t hex_len;
	bool if_known; /* no member at all where the value is not known */
};

struct json_keys {
	struct json_key *keys;
	size_t n;
	char *text; /* what the keys point into */
};

struct json {
	struct writer writer;
	const struct data_run *run;
	struct obuf *out;
	struct json_keys members, owner_members;
	bool lines;          /* a record a line */
	bool open;           /* this round's head is written */
	bool any;            /* and a record behind it */
	struct json_doc doc; /* what stands around the records */
};

static const struct json_owner_member {
	const char *name;
	bool if_known;
} json_owner_members[] = {
	{ .name = "pid" },
	{ .name = "program" },
	{ .name = "fd" },
	{ .name = "context", .if_known = true },
	{ .name = "exe", .if_known = true },
	{ .name = "cmdline", .if_known = true },
	{ .name = "start_time", .if_known = true },
};

enum { JSON_OWNER_MEMBERS = sizeof(json_owner_members) / sizeof(json_owner_members[0]) };

static const char json_hex_suffix[] = "_hex";

/* Writes head"name+suffix": at at; returns the place behind it. */
static char *format_key(char *at, char head, const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	*at++ = head;
	*at++ = '"';
	memcpy(at, name, n);
	memcpy(at + n, suffix, m);
	at += n + m;
	*at++ = '"';
	*at++ = ':';
	return at;
}

static bool has_key(const struct json_keys *keys, const struct field *field)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->keys[i].field == field)
			return true;
	return false;
}

/* The keys of an object with these fields, in their order, each once. 0 or -1 without memory. */
static int make_keys(struct json_keys *keys, const struct field *const *fields, size_t n)
{
	size_t room = 0;
	char *at;

	for (size_t i = 0; i < n; i++)
		room += 2 * (strlen(fields[i]->name) + 4) + sizeof(json_hex_suffix);
	keys->keys = calloc(n + 1, sizeof(*keys->keys));
	keys->text = malloc(room + 1);
	if (!keys->keys || !keys->text)
		return -1;
	at = keys->text;
	for (size_t i = 0; i < n; i++) {
		struct json_key *key = &keys->keys[keys->n];

		if (has_key(keys, fields[i]))
			continue;
		key->field = fields[i];
		key->key = at;
		at = format_key(at, keys->n == 0 ? '{' : ',', fields[i]->name, "");
		key->key_len = (size_t)(at - key->key);
		key->hex_key = at;
		at = format_key(at, ',', fields[i]->name, json_hex_suffix);
		key->hex_len = (size_t)(at - key->hex_key);
		keys->n++;
	}
	return 0;
}

static int make_owner_keys(struct json_keys *keys)
{
	const struct field *fields[JSON_OWNER_MEMBERS];
	bool if_known[JSON_OWNER_MEMBERS];
	size_t n = 0;

	for (size_t i = 0; i < JSON_OWNER_MEMBERS; i++) {
		const struct json_owner_member *member = &json_owner_members[i];

		fields[n] = field_find(member->name, strlen(member->name));
		if_known[n] = member->if_known;
		n += fields[n] != NULL;
	}
	if (make_keys(keys, fields, n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		keys->keys[i].if_known = if_known[i];
	return 0;
}

static void free_keys(struct json_keys *keys)
{
	free(keys->keys);
	free(keys->text);
}

static void put_text(struct obuf *out, const struct json_key *key, const struct value *value)
{
	if (json_put_string(out, value->text.data, value->text.len))
		return;
	obuf_put(out, key->hex_key, key->hex_len);
	json_put_hex(out, value->text.data, value->text.len);
}

/* An address needs no escapes: field_text_format_addr() makes none. */
static void put_addr(struct obuf *out, const struct sock *sock, const struct value *value)
{
	if (obuf_reserve(out, FIELD_TEXT_ADDR_MAX + 2) < 0)
		return;
	out->data[out->len++] = '"';
	out->len += field_text_format_addr(out->data + out->len, sock, value);
	out->data[out->len++] = '"';
}

static void put_addrs(struct obuf *out, const struct json_key *key, const struct sock *sock,
		      struct value *value)
{
	obuf_put_char(out, '[');
	put_addr(out, sock, value);
	for (uint32_t i = 1; field_get(key->field, sock, i, value); i++) {
		obuf_put_char(out, ',');
		put_addr(out, sock, value);
	}
	obuf_put_char(out, ']');
}

static void put_numbers(struct obuf *out, const struct json_key *key, const struct sock *sock,
			struct value *value)
{
	obuf_put_char(out, '[');
	obuf_put_left(out, value->number, 0);
	for (uint32_t i = 1; field_get(key->field, sock, i, value); i++) {
		obuf_put_char(out, ',');
		obuf_put_left(out, value->number, 0);
	}
	obuf_put_char(out, ']');
}

/* The member of value number i, which is no list of owners. */
static void put_member(struct obuf *out, const struct json_key *key, const struct sock *sock,
		       uint32_t i)
{
	VALUE_UNCLEARED struct value value;
	bool known = field_get(key->field, sock, i, &value);

	if (!known && key->if_known)
		return;
	obuf_put(out, key->key, key->key_len);
	if (!known) {
		obuf_put(out, "null", 4);
		return;
	}
	switch (key->field->type) {
	case FIELD_UINT:
		if (key->field->list)
			put_numbers(out, key, sock, &value);
		else
			obuf_put_left(out, value.number, 0);
		break;
	case FIELD_WORD:
		json_put_string(out, value.word, strlen(value.word));
		break;
	case FIELD_TEXT:
		put_text(out, key, &value);
		break;
	case FIELD_BOOL:
		obuf_put_str(out, value.flag ? "true" : "false");
		break;
	case FIELD_ADDR:
		if (key->field->many)
			put_addrs(out, key, sock, &value);
		else
			put_addr(out, sock, &value);
		break;
	case FIELD_OWNERS:
		break;
	}
}

static void put_owners(const struct json *json, struct obuf *out, const struct json_key *key,
		       const struct sock *sock)
{
	const struct json_keys *members = &json->owner_members;

	obuf_put(out, key->key, key->key_len);
	if (sock->n_owners == 0 && sock->owners_hidden) {
		obuf_put(out, "null", 4);
		return;
	}
	obuf_put_char(out, '[');
	for (uint32_t i = 0; i < sock->n_owners; i++) {
		if (i > 0)
			obuf_put_char(out, ',');
		for (size_t k = 0; k < members->n; k++)
			put_member(out, &members->keys[k], sock, i);
		obuf_put_char(out, '}');
	}
	obuf_put_char(out, ']');
}

/* A socket, with what parts it from the one before it, and from the one behind it. */
static void put_record(const struct json *json, struct obuf *out, const struct sock *sock)
{
	if (!json->lines)
		obuf_put(out, ",\n", 2);
	for (size_t i = 0; i < json->members.n; i++) {
		const struct json_key *key = &json->members.keys[i];

		if (key->field->type == FIELD_OWNERS)
			put_owners(json, out, key, sock);
		else
			put_member(out, key, sock, 0);
	}
	if (json->lines)
		obuf_put(out, "}\n", 2);
	else
		obuf_put_char(out, '}');
}

/* A line that is no socket: {"begin":true, or {"end":true, and what run it is of. */
static void open_line(struct json *json, const char *which)
{
	json->doc = (struct json_doc){ .out = json->out };
	json_doc_object(&json->doc, NULL);
	json_doc_bool(&json->doc, which, true);
	if (json->run->round)
		json_doc_uint(&json->doc, "round", json->run->round);
	json_doc_run(&json->doc, json->run);
}

static void end_line(struct json *json)
{
	json_doc_end(&json->doc);
	obuf_put_char(json->out, '\n');
}

static void open_round(struct json *json)
{
	if (json->open)
		return;
	json->open = true;
	json->any = false;
	if (json->lines) {
		/* Where rounds follow each other a reader needs to know of each row which it is
		 * of. */
		if (json->run->round) {
			open_line(json, "begin");
			end_line(json);
		}
		return;
	}
	json->doc = (struct json_doc){ .out = json->out };
	json_doc_object(&json->doc, NULL);
	json_doc_run(&json->doc, json->run);
	json_doc_array(&json->doc, "sockets");
}

static int json_begin(struct writer *writer, enum section section)
{
	struct json *json = (struct json *)writer;

	(void)section;
	open_round(json);
	return obuf_end_row(json->out);
}

/* The comma of the first record of a document is one too many. */
static size_t comma_to_drop(struct json *json)
{
	bool first = !json->any && !json->lines;

	json->any = true;
	return first ? 1 : 0;
}

static int json_format(const struct writer *writer, struct obuf *text, const struct sock *rows,
		       size_t n)
{
	const struct json *json = (const struct json *)writer;

	for (size_t i = 0; i < n; i++)
		put_record(json, text, &rows[i]);
	return -text->error;
}

static int json_put(struct writer *writer, struct obuf *text)
{
	struct json *json = (struct json *)writer;

	open_round(json);
	return text->len > 0 ? obuf_move_rows(json->out, text, comma_to_drop(json)) : 0;
}

static int json_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct json *json = (struct json *)writer;
	struct obuf *out = json->out;

	open_round(json);
	for (size_t i = 0; i < n; i++) {
		size_t start = out->len;
		int err;

		put_record(json, out, &rows[i]);
		if (comma_to_drop(json) && out->len > start) {
			memmove(out->data + start, out->data + start + 1, out->len - start - 1);
			out->len--;
		}
		err = obuf_end_row(out);
		if (err < 0)
			return err;
	}
	return 0;
}

static int json_end(struct writer *writer)
{
	struct json *json = (struct json *)writer;
	struct obuf *out = json->out;

	open_round(json);
	if (json->lines) {
		open_line(json, "end");
	} else {
		if (json->any)
			obuf_put_char(out, '\n');
		json_doc_end(&json->doc);
	}
	json_doc_outcome(&json->doc, json->run);
	end_line(json);
	json->open = false;
	return obuf_flush(out);
}

static void json_free(struct writer *writer)
{
	struct json *json = (struct json *)writer;

	free_keys(&json->members);
	free_keys(&json->owner_members);
	free(json);
}

static struct writer *make_writer(const struct field *const *fields, size_t n_fields,
				  const struct data_run *run, struct obuf *out, bool lines)
{
	struct json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->writer = (struct writer){
		.begin = json_begin,
		.rows = json_rows,
		.end = json_end,
		.free = json_free,
		.format = json_format,
		.put = json_put,
	};
	json->run = run;
	json->out = out;
	json->lines = lines;
	if (make_keys(&json->members, fields, n_fields) < 0 ||
	    make_owner_keys(&json->owner_members) < 0) {
		json_free(&json->writer);
		return NULL;
	}
	return &json->writer;
}

struct writer *json_new(const struct field *const *fields, size_t n_fields,
			const struct data_run *run, struct obuf *out)
{
	return make_writer(fields, n_fields, run, out, false);
}

struct writer *jsonl_new(const struct field *const *fields, size_t n_fields,
			 const struct data_run *run, struct obuf *out)
{
	return make_writer(fields, n_fields, run, out, true);
}
