/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets made of an input: any facts, any bytes in every text, as no kernel has them together. */
#ifndef LSSOCK_FUZZ_ROWS_H
#define LSSOCK_FUZZ_ROWS_H

#include "fuzz.h"
#include "model/facts.h"
#include "model/sock.h"
#include "model/special.h"
#include "model/unit.h"

enum { FUZZ_ROWS_MAX = 6, FUZZ_OWNERS_MAX = 3, FUZZ_OWNED_MAX = 256 };

struct fuzz_rows {
	struct sock rows[FUZZ_ROWS_MAX];
	size_t n;
	struct sock_facts facts[FUZZ_ROWS_MAX];
	struct owner owners[FUZZ_ROWS_MAX][FUZZ_OWNERS_MAX];
	struct endpoint ends[FUZZ_ROWS_MAX][4];
	struct unit units[FUZZ_ROWS_MAX];
	struct sock_netns netns[FUZZ_ROWS_MAX];
	struct sock_special specials[FUZZ_ROWS_MAX];
	void *owned[FUZZ_OWNED_MAX];
	size_t n_owned;
};

/* Makes as many rows as the input is good for, at least one. */
void fuzz_rows_make(struct fuzz_rows *rows, struct fuzz_input *input);
void fuzz_rows_free(struct fuzz_rows *rows);

#endif
