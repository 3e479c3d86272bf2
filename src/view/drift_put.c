/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket that is kept, as text and as JSON. */
#include "view/drift_put.h"

#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "base/obuf.h"
#include "model/field.h"
#include "output/field_text.h"
#include "output/json_doc.h"

const char *drift_proto(const struct drift_key *key)
{
	const struct proto *proto = proto_row(key->proto);

	return key->family == AF_INET6 && proto->name6 ? proto->name6 : proto->name;
}

static void put_escaped(struct obuf *out, const void *text, size_t n, unsigned int flags, bool utf8)
{
	size_t room = escape_bound(n);

	flags |= ESCAPE_BLANK | (utf8 ? ESCAPE_UTF8 : 0);
	if (obuf_reserve(out, room) == 0)
		out->len += escape_text(out->data + out->len, room, text, n, flags, SIZE_MAX, NULL);
}

void drift_put_word(struct obuf *out, const char *text, bool utf8)
{
	size_t n = strlen(text);
	const char *word = field_text_word_of(text, n);

	if (word)
		obuf_put_str(out, word);
	else
		put_escaped(out, text, n, 0, utf8);
}

static void put_end(struct obuf *out, uint8_t family, const union inet_addr *addr, uint16_t port,
		    const char *interface, bool utf8)
{
	char text[ADDR_TEXT_MAX];
	bool v6 = family == AF_INET6;
	size_t n = v6 ? addr_format_v6(text, addr->bytes) : addr_format_v4(text, addr->bytes);

	if (v6)
		obuf_put_char(out, '[');
	obuf_put(out, text, n);
	if (interface) {
		obuf_put_char(out, '%');
		drift_put_word(out, interface, utf8);
	}
	obuf_put_str(out, v6 ? "]:" : ":");
	if (port)
		obuf_put_left(out, port, 0);
	else
		obuf_put_char(out, '*');
}

static void put_name(struct obuf *out, const struct drift_sums *sums, const struct drift_key *key,
		     bool utf8)
{
	const struct word *name = key->name ? words_get(&sums->words, key->name) : NULL;
	bool abstract = key->name_kind == UNIX_ABSTRACT;

	if (!name) {
		obuf_put_str(out, "(unnamed)");
		return;
	}
	if (abstract) {
		obuf_put_char(out, '@');
	} else if (name->text[0] == '#') { /* no comment of a baseline */
		obuf_put_str(out, "\\x23");
		put_escaped(out, name->text + 1, name->len - 1, 0, utf8);
		return;
	}
	put_escaped(out, name->text, name->len, abstract ? 0 : ESCAPE_AT, utf8);
}

void drift_put_local(struct obuf *out, const struct drift_sums *sums, const struct drift_key *key,
		     bool utf8)
{
	if (key->proto == PROTO_UNIX)
		put_name(out, sums, key, utf8);
	else
		put_end(out, key->family, &key->local, key->local_port,
			drift_word(sums, key->interface), utf8);
}

bool drift_has_remote(const struct drift_key *key)
{
	return key->remote_port || !addr_is_any(&key->remote);
}

void drift_put_remote(struct obuf *out, const struct drift_key *key)
{
	put_end(out, key->family, &key->remote, key->remote_port, NULL, false);
}

void drift_put_programs(struct obuf *out, const struct drift_sums *sums, uint32_t program,
			bool utf8)
{
	const char *at = NULL;
	bool any = false;

	if (program == DRIFT_HIDDEN || program == DRIFT_NONE)
		obuf_put_str(out, program == DRIFT_HIDDEN ? "(hidden)" : "-");
	while ((at = drift_next_program(sums, program, at))) {
		if (any)
			obuf_put_char(out, ',');
		drift_put_word(out, at, utf8);
		any = true;
	}
}

const char *drift_state(const struct drift_key *key)
{
	const struct sock sock = {
		.proto = key->proto,
		.state = (uint8_t)key->state,
		.listening = key->state & DRIFT_LISTENING,
		.sctp_assoc = key->state & DRIFT_ASSOC,
	};
	const struct field *field = field_find("state", strlen("state"));
	struct value value;

	return field_get(field, &sock, 0, &value) ? value.word : NULL;
}

static void put_json_field(struct json_doc *doc, const struct sock *sock, const char *name)
{
	const struct field *field = field_find(name, strlen(name));
	struct value value;

	if (!field_get(field, sock, 0, &value)) {
		json_doc_null(doc, name);
		return;
	}
	switch (field->type) {
	case FIELD_WORD:
		json_doc_str(doc, name, value.word);
		break;
	case FIELD_UINT:
		json_doc_uint(doc, name, value.number);
		break;
	case FIELD_ADDR:
		json_doc_addr(doc, name, value.addr.family, value.addr.end);
		break;
	case FIELD_TEXT:
		json_doc_text(doc, name, value.text.data, value.text.len);
		break;
	default:
		json_doc_null(doc, name);
		break;
	}
}

void drift_put_json(struct json_doc *doc, const struct drift_sums *sums,
		    const struct drift_key *key)
{
	static const char *const names[] = {
		"proto",       "family",    "local_address", "local_port", "remote_address",
		"remote_port", "interface", "path",          "path_kind",
	};
	const struct sock sock = drift_sock(sums, key);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put_json_field(doc, &sock, names[i]);
}

void drift_put_json_programs(struct json_doc *doc, const char *name, const struct drift_sums *sums,
			     uint32_t program)
{
	const char *at = NULL;

	if (program == DRIFT_HIDDEN) {
		json_doc_null(doc, name);
		return;
	}
	json_doc_array(doc, name);
	while ((at = drift_next_program(sums, program, at)))
		json_doc_str(doc, NULL, at);
	json_doc_end(doc);
}
