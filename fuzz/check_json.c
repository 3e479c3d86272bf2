/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A strict reader of JSON (RFC 8259), which keeps nothing but the keys of open objects. Made from
 * the grammar, with nothing of src/output. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { DEPTH_MAX = 32, KEYS_MAX = 512 };

struct key {
	const char *at;
	size_t len;
};

struct reader {
	const char *at, *end;
	unsigned int depth;
	size_t n_keys;
	struct key keys[KEYS_MAX]; /* of the open objects */
};

static bool value(struct reader *reader);

static bool take(struct reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static void blanks(struct reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n'))
		reader->at++;
}

static size_t digits(struct reader *reader)
{
	const char *from = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return (size_t)(reader->at - from);
}

static bool number(struct reader *reader)
{
	const char *from;
	size_t n;

	take(reader, '-');
	from = reader->at;
	n = digits(reader);
	if (n == 0 || (n > 1 && *from == '0'))
		return false;
	if (take(reader, '.') && digits(reader) == 0)
		return false;
	if (!take(reader, 'e') && !take(reader, 'E'))
		return true;
	if (!take(reader, '+'))
		take(reader, '-');
	return digits(reader) > 0;
}

/* Four hex digits as a number, or -1. */
static long hex4(const char *at, const char *end)
{
	long unit = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		static const char hex[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = at[i] ? strchr(hex, at[i]) : NULL;

		if (!digit)
			return -1;
		unit = unit << 4 | ((digit - hex) & 15);
	}
	return unit;
}

static size_t put_point(uint32_t point, char *dst)
{
	if (point < 0x80) {
		dst[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		dst[0] = (char)(0xc0 | point >> 6);
		dst[1] = (char)(0x80 | (point & 63));
		return 2;
	}
	if (point < 0x10000) {
		dst[0] = (char)(0xe0 | point >> 12);
		dst[1] = (char)(0x80 | (point >> 6 & 63));
		dst[2] = (char)(0x80 | (point & 63));
		return 3;
	}
	dst[0] = (char)(0xf0 | point >> 18);
	dst[1] = (char)(0x80 | (point >> 12 & 63));
	dst[2] = (char)(0x80 | (point >> 6 & 63));
	dst[3] = (char)(0x80 | (point & 63));
	return 4;
}

/* What follows a backslash; its bytes at dst, *n of them. */
static bool escape(struct reader *reader, char *dst, size_t *n)
{
	static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *found;
	long unit, low;

	if (reader->at == reader->end)
		return false;
	if (*reader->at != 'u') {
		found = *reader->at ? strchr(plain, *reader->at) : NULL;
		if (!found)
			return false;
		dst[0] = means[found - plain];
		*n = 1;
		reader->at++;
		return true;
	}
	unit = hex4(reader->at + 1, reader->end);
	if (unit < 0 || (unit >= 0xdc00 && unit < 0xe000))
		return false;
	reader->at += 5;
	if (unit < 0xd800 || unit > 0xdfff) {
		*n = put_point((uint32_t)unit, dst);
		return true;
	}
	if (!take(reader, '\\') || reader->at == reader->end)
		return false;
	low = *reader->at == 'u' ? hex4(reader->at + 1, reader->end) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return false;
	reader->at += 5;
	*n = put_point((uint32_t)(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)), dst);
	return true;
}

/* A string. dst: NULL, or room for its bytes. */
static bool string(struct reader *reader, char *dst, size_t *len)
{
	*len = 0;
	if (!take(reader, '"'))
		return false;
	while (!take(reader, '"')) {
		char bytes[4];
		size_t n = 1;

		if (reader->at == reader->end || (unsigned char)*reader->at < ' ')
			return false;
		bytes[0] = *reader->at++;
		if (bytes[0] == '\\' && !escape(reader, bytes, &n))
			return false;
		if (dst)
			memcpy(dst + *len, bytes, n);
		*len += n;
	}
	return true;
}

static bool is_new_key(const struct reader *reader, size_t first, const char *at, size_t len)
{
	for (size_t i = first; i < reader->n_keys; i++)
		if (reader->keys[i].len == len && memcmp(reader->keys[i].at, at, len) == 0)
			return false;
	return true;
}

static bool object(struct reader *reader)
{
	size_t first = reader->n_keys, len;

	blanks(reader);
	if (take(reader, '}'))
		return true;
	do {
		const char *key;

		blanks(reader);
		key = reader->at;
		if (!string(reader, NULL, &len))
			return false;
		len = (size_t)(reader->at - key);
		if (reader->n_keys == KEYS_MAX || !is_new_key(reader, first, key, len))
			return false;
		reader->keys[reader->n_keys++] = (struct key){ key, len };
		blanks(reader);
		if (!take(reader, ':') || !value(reader))
			return false;
		blanks(reader);
	} while (take(reader, ','));
	reader->n_keys = first;
	return take(reader, '}');
}

static bool array(struct reader *reader)
{
	blanks(reader);
	if (take(reader, ']'))
		return true;
	do {
		if (!value(reader))
			return false;
		blanks(reader);
	} while (take(reader, ','));
	return take(reader, ']');
}

static bool word(struct reader *reader, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(reader->end - reader->at) < n || memcmp(reader->at, text, n) != 0)
		return false;
	reader->at += n;
	return true;
}

static bool value(struct reader *reader)
{
	bool good;
	size_t len;

	blanks(reader);
	if (reader->at == reader->end || reader->depth == DEPTH_MAX)
		return false;
	reader->depth++;
	if (take(reader, '{'))
		good = object(reader);
	else if (take(reader, '['))
		good = array(reader);
	else if (*reader->at == '"')
		good = string(reader, NULL, &len);
	else
		good = word(reader, "true") || word(reader, "false") || word(reader, "null") ||
		       number(reader);
	reader->depth--;
	return good;
}

bool fuzz_is_json(const char *text, size_t n)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	bool good;

	if (!reader)
		abort();
	reader->at = text;
	reader->end = text + n;
	fuzz_check_text(text, n, true);
	good = value(reader);
	blanks(reader);
	good = good && reader->at == reader->end;
	free(reader);
	return good;
}

long fuzz_json_string(const char *text, size_t n, char *dst)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	size_t len;
	bool good;

	if (!reader)
		abort();
	reader->at = text;
	reader->end = text + n;
	good = string(reader, dst, &len) && reader->at == reader->end;
	free(reader);
	return good ? (long)len : -1;
}
