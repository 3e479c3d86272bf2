/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict numbers: the whole text or nothing, no blanks, no sign, no locale, no overflow. And the
 * fast way back to digits. */
#ifndef LSSOCK_BASE_NUM_H
#define LSSOCK_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal text of n bytes, 0 to max. Returns true and *out, or false (empty, another character,
 * above max). */
bool num_parse_u64(const char *text, size_t n, uint64_t max, uint64_t *out);

/* Hexadecimal text of n bytes without prefix, at most max. The same returns. */
bool num_parse_hex(const char *text, size_t n, uint64_t max, uint64_t *out);

/*
 * Seconds such as "5", "0.25", ".5" into nanoseconds: decimal digits with at most one point and
 * nine decimals. The value must lie in [min_ns, max_ns]. Returns true and *out_ns, or false ("",
 * "nan", "1e400", "-1", too many digits).
 */
bool num_parse_seconds(const char *text, int64_t min_ns, int64_t max_ns, int64_t *out_ns);

/* Writes value in decimal at dst (room for 20 bytes, no NUL). Returns the number of bytes. */
size_t num_format_u64(char *dst, uint64_t value);

#endif
