/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading JSON. Grammar: RFC 8259; text that is no UTF-8 and halves of surrogate pairs are refused,
 * as RFC 7493 wants it. */
#include "base/json_read.h"

#include <string.h>

#include "base/num.h"
#include "base/utf8.h"

/* What may follow. */
enum {
	WANT_VALUE,
	WANT_FIRST_VALUE, /* of an array, or its end */
	WANT_FIRST_KEY,   /* of an object, or its end */
	WANT_KEY,
	WANT_COLON,
	WANT_COMMA, /* or the end of what is open */
};

static enum json_kind bad(struct json_read *read, const char *error)
{
	read->error = error;
	return JSON_BAD;
}

/* The text ended where there should be more. */
static enum json_kind cut(struct json_read *read)
{
	return read->last ? bad(read, "it ends too early") : JSON_MORE;
}

static void skip_blanks(struct json_read *read)
{
	for (; read->at < read->len; read->at++) {
		char c = read->text[read->at];

		if (c == '\n')
			read->line++;
		else if (c != ' ' && c != '\t' && c != '\r')
			return;
	}
}

/* Four hexadecimal digits. */
static bool hex_unit(const char *text, size_t n, uint32_t *unit)
{
	uint64_t value;

	if (n < 4 || !num_parse_hex(text, 4, 0xffff, &value))
		return false;
	*unit = (uint32_t)value;
	return true;
}

/* The escape at the n bytes of text, behind the backslash: its length, 0 for none, and its
 * character. */
static size_t parse_escape(const char *text, size_t n, uint32_t *point)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *name;
	uint32_t low;

	if (n == 0)
		return 0;
	name = memchr(names, text[0], sizeof(names) - 1);
	if (name) {
		*point = (unsigned char)meanings[name - names];
		return 1;
	}
	if (text[0] != 'u' || !hex_unit(text + 1, n - 1, point))
		return 0;
	if (*point < 0xd800 || *point > 0xdfff)
		return 5;
	if (*point > 0xdbff || n < 11 || text[5] != '\\' || text[6] != 'u' ||
	    !hex_unit(text + 7, n - 7, &low) || low < 0xdc00 || low > 0xdfff)
		return 0;
	*point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
	return 11;
}

/* The character in UTF-8; returns its bytes, which are fewer than its escape has. */
static size_t put_point(char *dst, uint32_t point)
{
	static const uint8_t marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	if (n == 1) {
		dst[0] = (char)point;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--) {
		dst[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	dst[0] = (char)(marks[n] | point);
	return n;
}

/* The closing quote of the string whose first byte is text[0], or NULL: it is not there yet. */
static const char *find_quote(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			return text + i;
		if (text[i] == '\\')
			i++;
	}
	return NULL;
}

static bool is_valid_string(const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t point;
		size_t len = 1;

		if (text[i] == '\\')
			len += parse_escape(text + i + 1, n - i - 1, &point);
		else if ((unsigned char)text[i] < ' ')
			return false;
		if (text[i] == '\\' && len == 1)
			return false;
		i += len;
	}
	return utf8_is_valid((const uint8_t *)text, n);
}

/* A string whose opening quote is next. */
static enum json_kind read_string(struct json_read *read, struct json_token *token,
				  enum json_kind kind)
{
	const char *start = read->text + read->at + 1;
	const char *end = find_quote(start, read->len - read->at - 1);

	if (!end)
		return cut(read);
	token->text = start;
	token->len = (size_t)(end - start);
	if (!is_valid_string(token->text, token->len))
		return bad(read, "a string that is not valid");
	read->at += token->len + 2;
	read->want = kind == JSON_KEY ? WANT_COLON : read->depth ? WANT_COMMA : WANT_VALUE;
	return kind;
}

static size_t count_digits(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] >= '0' && text[i] <= '9')
		i++;
	return i;
}

/* Whether the whole text is a number: -?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_number(const char *text, size_t n)
{
	size_t at = n > 0 && text[0] == '-', digits = count_digits(text + at, n - at);

	if (digits == 0 || (digits > 1 && text[at] == '0'))
		return false;
	at += digits;
	if (at < n && text[at] == '.') {
		digits = count_digits(text + at + 1, n - at - 1);
		if (digits == 0)
			return false;
		at += digits + 1;
	}
	if (at < n && (text[at] == 'e' || text[at] == 'E')) {
		at++;
		if (at < n && (text[at] == '+' || text[at] == '-'))
			at++;
		digits = count_digits(text + at, n - at);
		if (digits == 0)
			return false;
		at += digits;
	}
	return at == n;
}

/* A number or one of the three words: everything up to what cannot be part of one. */
static enum json_kind read_word(struct json_read *read, struct json_token *token)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = { { "true", JSON_TRUE }, { "false", JSON_FALSE }, { "null", JSON_NULL } };
	const char *text = read->text + read->at;
	size_t n = 0, left = read->len - read->at;
	enum json_kind kind = JSON_BAD;

	while (n < left && !memchr(" \t\r\n,:]}[{\"", text[n], 11))
		n++;
	if (n == left && !read->last)
		return JSON_MORE;
	if (is_number(text, n))
		kind = JSON_NUMBER;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (n == strlen(words[i].word) && memcmp(text, words[i].word, n) == 0)
			kind = words[i].kind;
	if (kind == JSON_BAD)
		return bad(read, "this is no value");
	*token = (struct json_token){ text, n };
	read->at += n;
	read->want = read->depth ? WANT_COMMA : WANT_VALUE;
	return kind;
}

static enum json_kind open_one(struct json_read *read, bool object)
{
	if (read->depth == JSON_READ_DEPTH)
		return bad(read, "it is nested too deep");
	read->at++;
	if (object)
		read->objects |= 1u << read->depth;
	else
		read->objects &= ~(1u << read->depth);
	read->depth++;
	read->want = object ? WANT_FIRST_KEY : WANT_FIRST_VALUE;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static bool in_object(const struct json_read *read)
{
	return read->depth && (read->objects >> (read->depth - 1) & 1u);
}

static enum json_kind close_one(struct json_read *read)
{
	read->at++;
	read->depth--;
	read->want = read->depth ? WANT_COMMA : WANT_VALUE;
	return JSON_CLOSE;
}

static enum json_kind read_value(struct json_read *read, struct json_token *token)
{
	switch (read->text[read->at]) {
	case '{':
		return open_one(read, true);
	case '[':
		return open_one(read, false);
	case '"':
		return read_string(read, token, JSON_STRING);
	default:
		return read_word(read, token);
	}
}

/* Passes over the ':' or ',' that must come next. False: something else does. */
static bool pass_mark(struct json_read *read, char mark)
{
	if (read->text[read->at] != mark)
		return false;
	read->at++;
	read->want = mark == ',' && in_object(read) ? WANT_KEY : WANT_VALUE;
	return true;
}

enum json_kind json_read_next(struct json_read *read, struct json_token *token)
{
	for (;;) {
		char close = in_object(read) ? '}' : ']';

		skip_blanks(read);
		if (read->at == read->len) {
			if (read->last && read->depth == 0)
				return JSON_DONE;
			return cut(read);
		}
		switch (read->want) {
		case WANT_COLON:
			if (!pass_mark(read, ':'))
				return bad(read, "a ':' was expected");
			continue;
		case WANT_COMMA:
			if (read->text[read->at] == close)
				return close_one(read);
			if (!pass_mark(read, ','))
				return bad(read, "a ',' was expected");
			continue;
		case WANT_FIRST_KEY:
			if (read->text[read->at] == close)
				return close_one(read);
			__attribute__((fallthrough));
		case WANT_KEY:
			if (read->text[read->at] != '"')
				return bad(read, "a member's name was expected");
			return read_string(read, token, JSON_KEY);
		case WANT_FIRST_VALUE:
			if (read->text[read->at] == close)
				return close_one(read);
			break;
		default:
			break;
		}
		return read_value(read, token);
	}
}

size_t json_read_decode(char *dst, const struct json_token *token)
{
	size_t n = 0;

	for (size_t i = 0; i < token->len;) {
		size_t escape = 0;
		uint32_t point;

		if (token->text[i] == '\\')
			escape = parse_escape(token->text + i + 1, token->len - i - 1, &point);
		if (escape) {
			i += 1 + escape;
			n += put_point(dst + n, point);
		} else {
			/* A backslash is never among these: tokens have valid escapes. */
			dst[n++] = token->text[i++];
		}
	}
	return n;
}

bool json_read_uint(const struct json_token *token, uint64_t max, uint64_t *out)
{
	return num_parse_u64(token->text, token->len, max, out);
}
