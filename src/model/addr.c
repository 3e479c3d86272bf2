/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How Internet addresses are written. inet_ntop() would give the same text through snprintf(),
 * which is most of the time a table of a million rows takes.
 */
#include "model/addr.h"

#include <string.h>

bool addr_is_v4mapped(const union inet_addr *addr)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(addr->bytes, prefix, sizeof(prefix)) == 0;
}

bool addr_needs_scope(const union inet_addr *addr)
{
	unsigned int scope = addr->bytes[1] & 0x0fu;

	if (addr->bytes[0] == 0xfe)
		return (addr->bytes[1] & 0xc0) == 0x80;
	return addr->bytes[0] == 0xff && (scope == 1 || scope == 2);
}

size_t addr_format_v4(char *dst, const uint8_t bytes[4])
{
	char *at = dst;

	for (int i = 0; i < 4; i++) {
		unsigned int value = bytes[i];

		if (i > 0)
			*at++ = '.';
		if (value >= 100)
			*at++ = (char)('0' + value / 100);
		if (value >= 10)
			*at++ = (char)('0' + value / 10 % 10);
		*at++ = (char)('0' + value % 10);
	}
	return (size_t)(at - dst);
}

/* One group without leading zeros. Returns the place behind it. */
static char *addr_format_group(char *at, unsigned int group)
{
	static const char digits[] = "0123456789abcdef";

	if (group >= 0x1000)
		*at++ = digits[group >> 12];
	if (group >= 0x100)
		*at++ = digits[group >> 8 & 15];
	if (group >= 0x10)
		*at++ = digits[group >> 4 & 15];
	*at++ = digits[group & 15];
	return at;
}

/* The first of the longest runs of two or more zero groups: its start (8: there is none) and
 * length. */
static int addr_longest_zeros(const unsigned int groups[8], int *len)
{
	int best = 8, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int from = i;

		while (i < 8 && groups[i] == 0)
			i++;
		if (i - from > best_len) {
			best = from;
			best_len = i - from;
		}
	}
	*len = best == 8 ? 0 : best_len;
	return best;
}

size_t addr_format_v6(char *dst, const uint8_t bytes[16])
{
	unsigned int groups[8];
	char *at = dst;
	int zeros, zeros_len, end = 8;

	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned int)bytes[2 * i] << 8 | bytes[2 * i + 1];
	zeros = addr_longest_zeros(groups, &zeros_len);
	/* ::a.b.c.d and ::ffff:a.b.c.d keep the quad that they were made from. */
	if (zeros == 0 && (zeros_len == 6 || (zeros_len == 5 && groups[5] == 0xffff)))
		end = 6;
	for (int i = 0; i < end; i++) {
		if (i == zeros) {
			*at++ = ':';
			i += zeros_len - 1;
			continue;
		}
		if (i > 0)
			*at++ = ':';
		at = addr_format_group(at, groups[i]);
	}
	if (end == 6) {
		*at++ = ':';
		at += addr_format_v4(at, bytes + 12);
	} else if (zeros + zeros_len == 8 && zeros_len > 0) {
		*at++ = ':';
	}
	return (size_t)(at - dst);
}
