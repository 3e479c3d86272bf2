/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions of a query as inet_diag takes them: exact ports in the request, the rest as bytecode.
 */
#ifndef LSSOCK_SOURCE_DIAG_BYTECODE_H
#define LSSOCK_SOURCE_DIAG_BYTECODE_H

#include <stddef.h>
#include <stdint.h>

#include "model/query.h"

/* An attribute holds 65531 bytes, and so far a jump reaches. */
enum { DIAG_BYTECODE_MAX = 60000 };

struct diag_filter {
	uint16_t sport, dport; /* host order, for the request itself; 0: any */
	/* For an attribute INET_DIAG_REQ_BYTECODE; none when len is 0. Lies at the end of buf. */
	const uint8_t *code;
	size_t len;
	uint8_t *buf; /* malloc()ed, DIAG_BYTECODE_MAX bytes */
};

/*
 * Compiles cond (NULL: everything passes). What a request can say by itself goes there: one exact
 * local and one exact remote port that every match must have. Returns 0, -ENOMEM, or -E2BIG when
 * cond is too long or too deep to be compiled; then nothing but its exact ports is in *out, which
 * lets too many sockets pass and none too few. diag_filter_free() in every case. Pure.
 */
int diag_filter_compile(const struct query_cond *cond, struct diag_filter *out);
void diag_filter_free(struct diag_filter *filter);

#endif
