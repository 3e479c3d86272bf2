/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers to text and back. No libc conversion is used: strtoul() and its kin take blanks, signs
 * and the locale's grouping, and printf() costs more than the rest of a row together.
 */
#include "base/num.h"

#include <string.h>

bool num_parse_u64(const char *text, size_t n, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned int digit = (unsigned char)text[i] - (unsigned int)'0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

/* The value of a hexadecimal digit, or 16. */
static unsigned int num_hex_digit(unsigned char c)
{
	unsigned int digit = c - (unsigned int)'0';
	unsigned int letter = (c | 0x20u) - (unsigned int)'a';

	if (digit <= 9)
		return digit;
	return letter <= 5 ? letter + 10 : 16;
}

bool num_parse_hex(const char *text, size_t n, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned int digit = num_hex_digit((unsigned char)text[i]);

		if (digit > 15 || value >> 60)
			return false;
		value = value << 4 | digit;
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

bool num_parse_seconds(const char *text, int64_t min_ns, int64_t max_ns, int64_t *out_ns)
{
	const uint64_t second = 1000000000;
	size_t whole_len = strspn(text, "0123456789");
	const char *point = text + whole_len;
	uint64_t whole = 0, part = 0;
	size_t part_len;

	if (whole_len > 0 && !num_parse_u64(text, whole_len, INT64_MAX / second - 1, &whole))
		return false;
	if (*point == '.') {
		part_len = strlen(point + 1);
		if (part_len > 9 || !num_parse_u64(point + 1, part_len, second - 1, &part))
			return false;
		for (; part_len < 9; part_len++)
			part *= 10;
	} else if (*point != '\0' || whole_len == 0) {
		return false;
	}
	/* Fits: whole was limited so that one more second does not overflow. */
	int64_t ns = (int64_t)(whole * second + part);

	if (ns < min_ns || ns > max_ns)
		return false;
	*out_ns = ns;
	return true;
}

static const char num_pairs[] = "00010203040506070809"
				"10111213141516171819"
				"20212223242526272829"
				"30313233343536373839"
				"40414243444546474849"
				"50515253545556575859"
				"60616263646566676869"
				"70717273747576777879"
				"80818283848586878889"
				"90919293949596979899";

/* Writes value backwards, ending before end. Returns where the text starts. */
static char *num_format_back(char *end, uint32_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, num_pairs + (size_t)2 * (value % 100), 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, num_pairs + (size_t)2 * value, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

/* Writes exactly eight digits, ending before end. */
static char *num_format_eight(char *end, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		end -= 2;
		memcpy(end, num_pairs + (size_t)2 * (value % 100), 2);
		value /= 100;
	}
	return end;
}

/* Writes a value below 100000, as most are, forwards. Returns the number of bytes. */
static size_t num_format_short(char *dst, uint32_t value)
{
	char *at = dst;

	if (value >= 10000)
		*at++ = (char)('0' + value / 10000);
	if (value >= 1000)
		*at++ = (char)('0' + value / 1000 % 10);
	if (value >= 100)
		*at++ = (char)('0' + value / 100 % 10);
	if (value >= 10)
		*at++ = (char)('0' + value / 10 % 10);
	*at++ = (char)('0' + value % 10);
	return (size_t)(at - dst);
}

size_t num_format_u64(char *dst, uint64_t value)
{
	char digits[20];
	char *end = digits + sizeof(digits);
	char *start = end;
	size_t n;

	if (value < 100000)
		return num_format_short(dst, (uint32_t)value);
	/* Eight digits at a time: 64-bit division is slow, and a library call on 32-bit machines.
	 */
	while (value > UINT32_MAX) {
		start = num_format_eight(start, (uint32_t)(value % 100000000));
		value /= 100000000;
	}
	start = num_format_back(start, (uint32_t)value);
	n = (size_t)(end - start);
	memcpy(dst, start, n);
	return n;
}
