/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON strings. What leaves here is UTF-8 without any control, so that a file of it can be shown on
 * a terminal. Nearly every text is plain ASCII and is copied after one look at each byte.
 */
#include "output/json_text.h"

#include <string.h>

#include "base/obuf.h"
#include "base/utf8.h"

static const char json_digits[] = "0123456789abcdef";

/* How many of n bytes are printable ASCII that JSON takes as it is. */
static size_t json_plain_run(const uint8_t *text, size_t n)
{
	size_t i = 0;

	while (i < n && text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '\\')
		i++;
	return i;
}

static void json_put_unit(struct obuf *out, uint32_t unit)
{
	const char text[6] = {
		'\\',
		'u',
		json_digits[unit >> 12 & 15],
		json_digits[unit >> 8 & 15],
		json_digits[unit >> 4 & 15],
		json_digits[unit & 15],
	};

	obuf_put(out, text, sizeof(text));
}

/* A character by its number; beyond U+FFFF as the two halves that UTF-16 makes of it. */
static void json_put_point(struct obuf *out, uint32_t point)
{
	if (point < 0x10000) {
		json_put_unit(out, point);
		return;
	}
	point -= 0x10000;
	json_put_unit(out, 0xd800 | point >> 10);
	json_put_unit(out, 0xdc00 | (point & 0x3ff));
}

/* A character of valid UTF-8 that is not plain. Returns its bytes. */
static size_t json_put_char(struct obuf *out, const uint8_t *text, size_t n)
{
	uint32_t point = 0;
	size_t len = utf8_decode(text, n, &point);

	if (point == '"' || point == '\\') {
		const char quoted[2] = { '\\', (char)point };

		obuf_put(out, quoted, sizeof(quoted));
	} else if (point < ' ' || point == 0x7f || utf8_is_hidden(point)) {
		json_put_point(out, point);
	} else {
		obuf_put(out, text, len);
	}
	return len;
}

/* The next unit of the escaped form; its backslashes are themselves escaped for JSON. */
static size_t json_put_escaped(struct obuf *out, const uint8_t *text, size_t n)
{
	const char hex[5] = {
		'\\', '\\', 'x', json_digits[text[0] >> 4], json_digits[text[0] & 15],
	};
	uint32_t point = 0;
	size_t len = utf8_decode(text, n, &point);

	if (text[0] == '\\') {
		obuf_put(out, "\\\\\\\\", 4);
		return 1;
	}
	if (text[0] == '"') {
		obuf_put(out, "\\\"", 2);
		return 1;
	}
	if (len > 1 && !utf8_is_hidden(point)) {
		obuf_put(out, text, len);
		return len;
	}
	obuf_put(out, hex, sizeof(hex));
	return 1;
}

bool json_put_string(struct obuf *out, const void *data, size_t n)
{
	const uint8_t *text = data;
	size_t run = json_plain_run(text, n);
	bool valid;

	obuf_put_char(out, '"');
	obuf_put(out, text, run);
	valid = run == n || utf8_is_valid(text + run, n - run);
	for (size_t i = run; i < n; i += run) {
		run = json_plain_run(text + i, n - i);
		if (run > 0)
			obuf_put(out, text + i, run);
		else if (valid)
			run = json_put_char(out, text + i, n - i);
		else
			run = json_put_escaped(out, text + i, n - i);
	}
	obuf_put_char(out, '"');
	return valid;
}

void json_put_hex(struct obuf *out, const void *data, size_t n)
{
	const uint8_t *bytes = data;
	char *at;

	if (n > (SIZE_MAX - 2) / 2 || obuf_reserve(out, 2 * n + 2) < 0)
		return;
	at = out->data + out->len;
	*at++ = '"';
	for (size_t i = 0; i < n; i++) {
		*at++ = json_digits[bytes[i] >> 4];
		*at++ = json_digits[bytes[i] & 15];
	}
	*at++ = '"';
	out->len += 2 * n + 2;
}

/* Digits of value, at least width of them. */
static void json_put_digits(struct obuf *out, uint64_t value, size_t width)
{
	char digits[20];
	size_t n = num_format_u64(digits, value);

	for (; n < width; width--)
		obuf_put_char(out, '0');
	obuf_put(out, digits, n);
}

/*
 * A moment as RFC 3339 has it. The calendar repeats every 400 years of 146097 days; years are
 * counted from March, so that the leap day is the last one.
 */
void json_put_time(struct obuf *out, int64_t time_s, uint32_t time_ns)
{
	enum { DAY = 86400, ERA_DAYS = 146097, EPOCH_DAY = 719468 };
	static const int64_t last = 253402300799; /* of the year 9999 */
	uint64_t days, second, era_day, year, year_day, month;

	if (time_s < 0 || time_s > last) {
		obuf_put_str(out, "null");
		return;
	}
	days = (uint64_t)time_s / DAY + EPOCH_DAY;
	second = (uint64_t)time_s % DAY;
	era_day = days % ERA_DAYS;
	year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
	year_day = era_day - (365 * year + year / 4 - year / 100);
	month = (5 * year_day + 2) / 153;
	year += days / ERA_DAYS * 400 + (month >= 10);
	obuf_put_char(out, '"');
	json_put_digits(out, year, 4);
	obuf_put_char(out, '-');
	json_put_digits(out, month < 10 ? month + 3 : month - 9, 2);
	obuf_put_char(out, '-');
	json_put_digits(out, year_day - (153 * month + 2) / 5 + 1, 2);
	obuf_put_char(out, 'T');
	json_put_digits(out, second / 3600, 2);
	obuf_put_char(out, ':');
	json_put_digits(out, second / 60 % 60, 2);
	obuf_put_char(out, ':');
	json_put_digits(out, second % 60, 2);
	obuf_put_char(out, '.');
	json_put_digits(out, time_ns / 1000000 % 1000, 3);
	obuf_put_str(out, "Z\"");
}
