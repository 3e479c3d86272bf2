/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict UTF-8, without locale: for the escaper, and the data formats, which say the same
 * everywhere. */
#ifndef LSSOCK_BASE_UTF8_H
#define LSSOCK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the well-formed character that begins the n (at least 1) bytes at text, and its number;
 * or 0: cut, overlong, a surrogate, out of range.
 */
size_t utf8_decode(const uint8_t *text, size_t n, uint32_t *point);

bool utf8_is_valid(const uint8_t *text, size_t n);

/*
 * Whether a character outside ASCII has no picture of its own but changes what stands around it, or
 * ends a line, or means nothing that two machines agree on.
 */
bool utf8_is_hidden(uint32_t point);

#endif
