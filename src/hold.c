/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows kept for a while. */
#include "hold.h"

#include <errno.h>
#include <stdlib.h>

#include "model/facts.h"
#include "model/special.h"

void hold_mark(struct hold *hold, enum section section)
{
	if (hold->n_marks < HOLD_MAX_MARKS)
		hold->marks[hold->n_marks++] = (struct hold_mark){ section, hold->n };
}

static int own_addrs(struct hold *hold, const struct endpoint **addrs, size_t n)
{
	if (n == 0)
		return 0;
	*addrs = arena_copy(&hold->arena, *addrs, n * sizeof(**addrs));
	return *addrs ? 0 : -ENOMEM;
}

static int own_blob(struct hold *hold, struct blob *blob)
{
	if (blob->len == 0) {
		blob->data = NULL;
		return 0;
	}
	blob->data = arena_copy(&hold->arena, blob->data, blob->len);
	return blob->data ? 0 : -ENOMEM;
}

static int own_facts(struct hold *hold, struct sock *row)
{
	struct sock_facts *facts;

	if (!row->facts)
		return 0;
	facts = arena_copy(&hold->arena, row->facts, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	row->facts = facts;
	if (own_blob(hold, &facts->tcp_info) < 0 || own_blob(hold, &facts->mptcp_info) < 0 ||
	    own_blob(hold, &facts->skmem) < 0 || own_blob(hold, &facts->congestion) < 0 ||
	    own_blob(hold, &facts->ulp) < 0 || own_blob(hold, &facts->vegas) < 0 ||
	    own_blob(hold, &facts->dctcp) < 0)
		return -ENOMEM;
	return own_blob(hold, &facts->bbr);
}

static int own_special(struct hold *hold, struct sock *row)
{
	struct sock_special *special;

	if (!row->special)
		return 0;
	special = arena_copy(&hold->arena, row->special, sizeof(*special));
	if (!special)
		return -ENOMEM;
	row->special = special;
	if (own_blob(hold, &special->groups) < 0)
		return -ENOMEM;
	return own_blob(hold, &special->xdp_stats);
}

/* Makes a row's pointers point into the arena. */
static int own_row(struct hold *hold, struct sock *row)
{
	if (row->name_len) {
		row->name = arena_copy(&hold->arena, row->name, row->name_len);
		if (!row->name)
			return -ENOMEM;
	}
	if (own_facts(hold, row) < 0 || own_special(hold, row) < 0 ||
	    own_addrs(hold, &row->local_addrs, row->n_local_addrs) < 0)
		return -ENOMEM;
	return own_addrs(hold, &row->remote_addrs, row->n_remote_addrs);
}

int hold_add(struct hold *hold, const struct sock *rows, size_t n)
{
	void *data = hold->rows;
	int err = array_grow(&data, &hold->cap, hold->n + n, sizeof(*rows));

	hold->rows = data;
	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		hold->rows[hold->n] = rows[i];
		err = own_row(hold, &hold->rows[hold->n]);
		if (err < 0)
			return err;
		hold->n++;
	}
	return 0;
}

bool hold_is_full(const struct hold *hold)
{
	return hold->n >= HOLD_MAX_ROWS;
}

void hold_clear(struct hold *hold)
{
	hold->n = 0;
	hold->n_marks = 0;
	arena_reset(&hold->arena);
}

void hold_free(struct hold *hold)
{
	free(hold->rows);
	arena_free(&hold->arena);
	*hold = (struct hold){ 0 };
}
