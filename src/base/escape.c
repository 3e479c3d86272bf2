/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The escaper. UTF-8 is decoded strictly by base/utf8, because mbrtowc() depends on the locale and
 * on state; only the question whether a character is assigned and how wide it is goes to
 * wcwidth(3), which knows as much of Unicode as the C library does. Known limit: two different
 * names can still look alike (Latin a, Cyrillic a); that is what -n and the numbers are for.
 */
#include "base/escape.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct escape_range {
	uint32_t first, last;
};

/* Blanks of other scripts: where a cell must stay one word, many readers would split it there. */
static const struct escape_range escape_blanks[] = {
	{ 0x00a0, 0x00a0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x202f, 0x202f },
	{ 0x205f, 0x205f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },
};

static bool escape_in_ranges(uint32_t point, const struct escape_range *ranges, size_t n)
{
	for (size_t i = 0; i < n && point >= ranges[i].first; i++) {
		if (point <= ranges[i].last)
			return true;
	}
	return false;
}

/* What one unit of the output takes, and how it is written. */
struct escape_unit {
	size_t used;   /* bytes of the source */
	size_t len;    /* bytes of the output */
	size_t width;  /* columns */
	bool as_it_is; /* the source's bytes, not an escape sequence */
};

/*
 * A character outside ASCII. A combining one needs a shown character to stand on: at the start or
 * behind an escape sequence it would be drawn over what is not its own.
 */
static struct escape_unit escape_classify_utf8(const unsigned char *text, size_t n,
					       unsigned int flags, bool has_base)
{
	struct escape_unit hex = { .used = 1, .len = 4, .width = 4 };
	uint32_t point;
	size_t len = utf8_decode(text, n, &point);
	int width;

	if (len == 0 || utf8_is_hidden(point))
		return hex;
	if ((flags & ESCAPE_BLANK) &&
	    escape_in_ranges(point, escape_blanks, COUNT_OF(escape_blanks)))
		return hex;
	width = wcwidth((wchar_t)point);
	if (width < 0 || (width == 0 && !has_base))
		return hex;
	return (struct escape_unit){
		.used = len, .len = len, .width = (size_t)width, .as_it_is = true
	};
}

/* The unit at text, which is not one of escape_plain_run(). */
static struct escape_unit escape_classify(const unsigned char *text, size_t n, unsigned int flags,
					  bool at_start, bool has_base)
{
	if (text[0] == '\\')
		return (struct escape_unit){ .used = 1, .len = 2, .width = 2 };
	if ((text[0] == ' ' && !(flags & ESCAPE_BLANK)) ||
	    (text[0] == '@' && !(at_start && (flags & ESCAPE_AT))))
		return (struct escape_unit){ .used = 1, .len = 1, .width = 1, .as_it_is = true };
	if (text[0] >= 0x80 && (flags & ESCAPE_UTF8))
		return escape_classify_utf8(text, n, flags, has_base);
	return (struct escape_unit){ .used = 1, .len = 4, .width = 4 };
}

/* How many of n bytes stay as they are whatever the flags: printable ASCII but blank, '@', '\'. */
static size_t escape_plain_run(const unsigned char *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] > ' ' && text[i] < 0x7f && text[i] != '\\' && text[i] != '@')
		i++;
	return i;
}

/* Writes the escape sequence of one byte. */
static void escape_put(char *dst, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	dst[0] = '\\';
	if (byte == '\\') {
		dst[1] = '\\';
		return;
	}
	dst[1] = 'x';
	dst[2] = digits[byte >> 4];
	dst[3] = digits[byte & 15];
}

size_t escape_bound(size_t n)
{
	return n > SIZE_MAX / 4 ? SIZE_MAX : n * 4;
}

static size_t escape_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t escape_text(char *dst, size_t size, const void *src, size_t n, unsigned int flags,
		   size_t max_width, size_t *width)
{
	const unsigned char *text = src;
	size_t in = 0, out = 0, columns = 0;
	bool has_base = false; /* the last thing written is a shown character */

	while (in < n) {
		size_t room = escape_min(size - out, max_width - columns);
		size_t run = escape_plain_run(text + in, escape_min(n - in, room));

		if (run > 0) {
			memcpy(dst + out, text + in, run);
			in += run;
			out += run;
			columns += run;
			has_base = true;
			continue;
		}
		struct escape_unit unit =
			escape_classify(text + in, n - in, flags, in == 0, has_base);

		if (unit.len > size - out || unit.width > max_width - columns)
			break;
		if (unit.as_it_is)
			memcpy(dst + out, text + in, unit.len);
		else
			escape_put(dst + out, text[in]);
		in += unit.used;
		out += unit.len;
		columns += unit.width;
		has_base = unit.as_it_is;
	}
	if (width)
		*width = columns;
	return out;
}

/* The value of a lower-case hexadecimal digit, or 16. */
static unsigned int escape_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 16;
}

/* Undoes the sequence at src. Returns its length and *byte, or 0 when escape_put() never wrote it.
 */
static size_t unescape_sequence(const char *src, size_t n, bool at_start, unsigned char *byte)
{
	if (n >= 2 && src[1] == '\\') {
		*byte = '\\';
		return 2;
	}
	if (n < 4 || src[1] != 'x')
		return 0;
	unsigned int high = escape_digit(src[2]), low = escape_digit(src[3]);

	if (high > 15 || low > 15)
		return 0;
	*byte = (unsigned char)(high << 4 | low);
	if (escape_plain_run(byte, 1) || *byte == '\\' || (*byte == '@' && !at_start))
		return 0;
	return 4;
}

int unescape_text(char *dst, const char *src, size_t n, size_t *n_out)
{
	size_t in = 0, out = 0;

	while (in < n) {
		unsigned char byte = (unsigned char)src[in];
		size_t used = 1;
		uint32_t point;

		if (byte == '\\') {
			used = unescape_sequence(src + in, n - in, in == 0, &byte);
			if (used == 0)
				return -EINVAL;
			dst[out++] = (char)byte;
			in += used;
			continue;
		}
		if (byte < ' ' || byte == 0x7f)
			return -EINVAL;
		if (byte >= 0x80) {
			used = utf8_decode((const uint8_t *)src + in, n - in, &point);
			if (used == 0 || utf8_is_hidden(point))
				return -EINVAL;
		}
		memcpy(dst + out, src + in, used);
		in += used;
		out += used;
	}
	*n_out = out;
	return 0;
}
