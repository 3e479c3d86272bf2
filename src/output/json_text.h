/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings of JSON (RFC 8259) out of any bytes. */
#ifndef LSSOCK_OUTPUT_JSON_TEXT_H
#define LSSOCK_OUTPUT_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct obuf;

/*
 * Appends n bytes as a JSON string with its quotes. Valid UTF-8 stays that text; controls, and
 * characters that hide or reorder others, are written as \uXXXX. Other bytes become the form of
 * base/escape (\\ and \xHH; valid characters stay), and false is returned: the caller may add the
 * bytes by json_put_hex().
 */
bool json_put_string(struct obuf *out, const void *text, size_t n);

/* Appends two hex digits a byte, with quotes. */
void json_put_hex(struct obuf *out, const void *data, size_t n);

/*
 * Appends a moment (seconds since 1970, UTC, and nanoseconds) as a string of RFC 3339 with
 * milliseconds; null where its year has not four digits.
 */
void json_put_time(struct obuf *out, int64_t time_s, uint32_t time_ns);

#endif
