/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 as RFC 3629 has it. Known limit: characters that Unicode has not assigned count as visible,
 * since the data formats must not change with the C library's version.
 */
#include "base/utf8.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct utf8_range {
	uint32_t first, last;
};

/*
 * In rising order: C1 controls, Unicode's Default_Ignorable_Code_Point (bidirectional marks,
 * joiners, fillers, variation selectors, tags), line and paragraph separators, annotation marks,
 * private use, noncharacters below U+10000.
 */
static const struct utf8_range utf8_hidden[] = {
	{ 0x0080, 0x009f },   { 0x00ad, 0x00ad },    { 0x034f, 0x034f },   { 0x061c, 0x061c },
	{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },    { 0x180b, 0x180f },   { 0x200b, 0x200f },
	{ 0x2028, 0x202e },   { 0x2060, 0x206f },    { 0x3164, 0x3164 },   { 0xe000, 0xf8ff },
	{ 0xfdd0, 0xfdef },   { 0xfe00, 0xfe0f },    { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },   { 0xfffe, 0xffff },    { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
};

size_t utf8_decode(const uint8_t *text, size_t n, uint32_t *point)
{
	static const uint32_t smallest[] = { [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
	uint32_t value;
	size_t len;

	if (text[0] < 0x80) {
		*point = text[0];
		return 1;
	}
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	len = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (len > n)
		return 0;
	value = text[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3fu);
	}
	if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*point = value;
	return len;
}

bool utf8_is_valid(const uint8_t *text, size_t n)
{
	uint32_t point;
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		len = utf8_decode(text + i, n - i, &point);
		if (len == 0)
			return false;
	}
	return true;
}

bool utf8_is_hidden(uint32_t point)
{
	for (size_t i = 0; i < COUNT_OF(utf8_hidden) && point >= utf8_hidden[i].first; i++) {
		if (point <= utf8_hidden[i].last)
			return true;
	}
	return (point & 0xfffe) == 0xfffe;
}
