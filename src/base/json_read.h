/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading JSON (RFC 8259) piece by piece: a strict pull parser over a window of bytes. It allocates
 * nothing, does not recurse, and reads nothing beyond the window. Values may follow each other, as
 * in JSON lines.
 */
#ifndef LSSOCK_BASE_JSON_READ_H
#define LSSOCK_BASE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind {
	JSON_MORE,   /* the window ends inside of something: hand in one that has more */
	JSON_BAD,    /* no JSON: json_read.error says why. There is nothing further to be had */
	JSON_DONE,   /* the text has ended, and nothing is open */
	JSON_OBJECT, /* begins */
	JSON_ARRAY,  /* begins */
	JSON_CLOSE,  /* the innermost object or array ends */
	JSON_KEY,    /* of the value that follows */
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

/* Deeper than this nothing is opened. */
enum { JSON_READ_DEPTH = 32 };

/* Keys and strings: what stands between the quotes, valid but with its escapes; numbers: their
 * digits. Points into the window. */
struct json_token {
	const char *text;
	size_t len;
};

/* Zeroed at the start; the caller sets the first three members and sees at, depth, line, error. */
struct json_read {
	const char *text; /* the window */
	size_t len;
	bool last; /* behind the window there is nothing */
	size_t at; /* bytes of the window that are done with */
	unsigned int depth;
	uint64_t line; /* newlines so far */
	const char *error;
	uint32_t objects; /* bit depth - 1: an object is open there, else an array */
	uint8_t want;     /* what may follow */
};

/*
 * The next piece. After JSON_MORE the caller goes on with a window that begins at text + at (which
 * it sets back to 0) and is longer; that is also when it decides that something is too long.
 */
enum json_kind json_read_next(struct json_read *read, struct json_token *token);

/*
 * The bytes that a token of JSON_KEY or JSON_STRING stands for, in UTF-8, into dst, which has room
 * for len bytes. Returns how many there are; NULs may be among them.
 */
size_t json_read_decode(char *dst, const struct json_token *token);

/* A token of JSON_NUMBER that is a whole number from 0 to max, without exponent. */
bool json_read_uint(const struct json_token *token, uint64_t max, uint64_t *out);

#endif
