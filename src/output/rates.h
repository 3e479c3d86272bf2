/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast counters of sockets grow from round to round, as fields of a table: behind each field
 * that counts (struct field, counter) another one, with the heading "/s".
 */
#ifndef LSSOCK_OUTPUT_RATES_H
#define LSSOCK_OUTPUT_RATES_H

#include <stddef.h>
#include <stdint.h>

#include "model/field.h"

struct rates;

/* The fields are borrowed. NULL without memory. */
struct rates *rates_new(const struct field *const *fields, size_t n_fields);
void rates_free(struct rates *rates);

/* The fields with those of the rates among them, *n of them: borrowed from rates. */
const struct field *const *rates_fields(const struct rates *rates, size_t *n);

/* A round begins, so many nanoseconds after the former one did. */
void rates_begin_round(struct rates *rates, uint64_t elapsed_ns);

/*
 * The socket that the fields of rates are asked of until the next call: row number row of this
 * round (from 0, rising by one), former of the former round (from 1; 0: it is new, and has no
 * rates). 0 or -ENOMEM.
 */
int rates_set_row(struct rates *rates, const struct sock *sock, size_t row, size_t former);

enum { RATES_TEXT_MAX = 24 };

/*
 * n in so many nanoseconds, by the second: "0", "0.2", "9.9", from ten on without decimals; no time
 * is "0". Returns text.
 */
const char *rates_format(char text[RATES_TEXT_MAX], uint64_t n, uint64_t elapsed_ns);

#endif
