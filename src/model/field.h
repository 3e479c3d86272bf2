/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The field table: every fact about a socket is one const row here, and that row serves the chosen
 * columns, JSON, JSON lines, CSV, the filter language, sort, --list-columns, the completions and
 * the man page. Names and types are a contract: they change only with FIELD_SCHEMA_VERSION.
 */
#ifndef LSSOCK_MODEL_FIELD_H
#define LSSOCK_MODEL_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sock.h"

enum { FIELD_SCHEMA_VERSION = 1 };

enum { FIELD_ROOM = 128 };

enum field_type {
	FIELD_WORD, /* one of a few words of our own: printable ASCII */
	FIELD_TEXT, /* chosen by others: any bytes */
	FIELD_UINT, /* up to 64 bits */
	FIELD_BOOL,
	FIELD_ADDR,   /* an Internet address with its scope */
	FIELD_OWNERS, /* all owners of the socket: an array in data, the first one in a table */
};

enum field_unit {
	UNIT_NONE,
	UNIT_BYTES,
	UNIT_SEGMENTS,
	UNIT_PACKETS,
	UNIT_MS,
	UNIT_US,
	UNIT_SECONDS,
	UNIT_BYTES_PER_S,
	UNIT_COUNT_OF, /* a plain count of something */
};

/*
 * For a struct value on the stack that getters fill in hot loops: compilers that are told to clear
 * all variables (-ftrivial-auto-var-init) take longer for its room than most getters for the value.
 */
#if defined(__has_attribute) && __has_attribute(uninitialized)
#define VALUE_UNCLEARED __attribute__((uninitialized))
#else
#define VALUE_UNCLEARED
#endif

/* What a field is of one socket. Borrowed from the socket; not to be copied. */
struct value {
	enum field_type type;
	union {
		bool flag;
		uint64_t number;
		const char *word;
		struct {
			const uint8_t *data;
			size_t len;
			enum unix_name_kind kind; /* UNIX_UNNAMED for text that is no UNIX name */
		} text;
		struct {
			uint8_t family; /* AF_INET, AF_INET6 */
			const struct endpoint *end;
		} addr;
	};
	/* Where a getter may put text that it has made: such a value lives as long as this struct.
	 */
	char room[FIELD_ROOM];
};

struct field {
	const char *name;  /* lower case, '_' between words; '-' is taken for '_' on input */
	const char *title; /* heading of a table's column */
	const char *help;  /* the meaning, one line, no full stop */
	const char *words; /* FIELD_WORD: all that it can be, with blanks between; NULL: more */
	enum field_type type;
	enum field_unit unit;
	bool right;            /* right-aligned in tables */
	bool root;             /* needs privilege to be known of others' sockets */
	bool diag;             /* only sock_diag tells it of Internet sockets, not /proc/net */
	bool counter;          /* counts from the start of the socket on, and never down */
	bool clock;            /* runs by itself: another value is no news of the socket */
	bool many;             /* a socket may have several (owners): get() takes their index */
	bool list;             /* a number of which all values are shown: an array in data */
	bool stand_in;         /* a table shows the unit where the owner is hidden */
	uint32_t needs;        /* NEED_* of model/query.h */
	uint16_t offset, size; /* for getters that read a struct of the kernel, or a member ... */
	uint32_t special;      /* ... of struct sock_special, which has it with these SPECIAL_* */
	/*
	 * The value number i (0 for fields that have one). false: the socket has no such fact, or
	 * it is not known, or there are not so many. Never 0 or "-" in place of absent.
	 */
	bool (*get)(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value);
};

/* All fields in their order; *n of them. */
const struct field *field_rows(size_t *n);

/* The field of that name (n bytes, '-' for '_', letters in any case) or, failing that, with that
 * title; NULL when there is none. */
const struct field *field_find(const char *name, size_t n);

/* Words for --list-columns and the schema: "uint", "text" ...; "bytes", "ms", "" ... */
const char *field_type_name(enum field_type type);
const char *field_unit_name(enum field_unit unit);

/* The value, by the getter. */
static inline bool field_get(const struct field *field, const struct sock *sock, uint32_t i,
			     struct value *value)
{
	value->type = field->type;
	return field->get(field, sock, i, value);
}

#endif
