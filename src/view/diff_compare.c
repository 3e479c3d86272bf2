/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is new, gone and changed. Records that are alike in everything cancel each other. Of what is
 * left, sockets of the same identity are paired: first those that nothing known tells apart, then
 * those of the same unit, then any.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/diff_answer.h"

/* A record of which one side has more. */
struct left {
	const struct drift_row *row;
	uint32_t n;
	bool now;
};

struct lefts {
	struct left *list;
	size_t n, cap;
};

bool diff_is_other_state(const struct diff_change *change)
{
	return change->before->state != change->now->state;
}

/* Sockets lose their owners and units on the way to their end: that is in their state already. */
static bool is_other_word(const struct diff_change *change, uint32_t before, uint32_t now)
{
	if (before == now || before == DRIFT_HIDDEN || now == DRIFT_HIDDEN)
		return false;
	return (before != DRIFT_NONE && now != DRIFT_NONE) || !diff_is_other_state(change);
}

bool diff_is_other(const struct diff_change *change, enum drift_facet facet)
{
	const struct drift_key *before = change->before, *now = change->now;

	switch (facet) {
	case DRIFT_PROGRAM:
		return is_other_word(change, before->program, now->program);
	case DRIFT_UNIT:
		/* None is also what is not known. */
		return before->unit != now->unit && before->unit && now->unit;
	case DRIFT_RECV_Q:
		return before->recv_q != now->recv_q;
	case DRIFT_SEND_Q:
		return before->send_q != now->send_q;
	case DRIFT_USER:
	case DRIFT_UNIT_SEEN:
		break;
	}
	return false;
}

static bool is_other(const struct diff_change *change)
{
	return diff_is_other_state(change) || diff_is_other(change, DRIFT_PROGRAM) ||
	       diff_is_other(change, DRIFT_UNIT) || diff_is_other(change, DRIFT_RECV_Q) ||
	       diff_is_other(change, DRIFT_SEND_Q);
}

static int add_change(struct diff_answer *answer, const struct drift_key *before,
		      const struct drift_key *now, uint32_t n)
{
	void *changes = answer->changes;
	int err = array_grow(&changes, &answer->cap_changes, answer->n_changes + 1,
			     sizeof(*answer->changes));

	answer->changes = changes;
	if (err < 0)
		return err;
	answer->changes[answer->n_changes++] = (struct diff_change){ before, now, n };
	*(!before ? &answer->n_new : !now ? &answer->n_gone : &answer->n_changed) += n;
	return 0;
}

static bool is_hidden(const struct drift_key *key)
{
	return key->program == DRIFT_HIDDEN;
}

static int gather(struct diff_answer *answer, struct lefts *lefts)
{
	const struct drift_sums *sums = answer->sums;

	for (size_t i = 0; i < sums->rows.n; i++) {
		const struct drift_row *row = drift_row_at(sums, i);
		bool more_now = row->n[DRIFT_NOW] > row->n[DRIFT_BEFORE];
		uint32_t both = row->n[more_now ? DRIFT_BEFORE : DRIFT_NOW];
		void *list = lefts->list;
		int err;

		answer->n_same += both;
		if (is_hidden(&row->key))
			answer->n_hidden += both;
		if (row->n[DRIFT_NOW] == row->n[DRIFT_BEFORE])
			continue;
		err = array_grow(&list, &lefts->cap, lefts->n + 1, sizeof(*lefts->list));
		lefts->list = list;
		if (err < 0)
			return err;
		lefts->list[lefts->n++] =
			(struct left){ row, row->n[more_now ? DRIFT_NOW : DRIFT_BEFORE] - both,
				       more_now };
	}
	return 0;
}

static int compare_numbers(unsigned int a, unsigned int b)
{
	return (a > b) - (a < b);
}

/* By protocol and port, as people look for them; none but the same are equal. */
static int compare_identities(const struct drift_key *a, const struct drift_key *b)
{
	int order = compare_numbers(a->proto, b->proto);

	if (order == 0)
		order = compare_numbers(a->family, b->family);
	if (order == 0)
		order = compare_numbers(a->local_port, b->local_port);
	return order ? order : memcmp(a, b, DRIFT_IDENTITY);
}

static int compare_lefts(const void *a, const void *b)
{
	const struct left *left = a, *right = b;
	int order = compare_identities(&left->row->key, &right->row->key);

	if (order)
		return order;
	if (left->now != right->now)
		return left->now ? 1 : -1;
	return memcmp(&left->row->key, &right->row->key, sizeof(left->row->key));
}

enum pairing { PAIR_ALIKE, PAIR_UNIT, PAIR_ANY, PAIRINGS };

static bool is_pair(const struct diff_change *change, enum pairing pairing)
{
	if (pairing == PAIR_ALIKE)
		return !is_other(change);
	return pairing == PAIR_ANY || change->before->unit == change->now->unit;
}

static int pair_two(struct diff_answer *answer, struct left *before, struct left *now,
		    enum pairing pairing)
{
	const struct diff_change change = { &before->row->key, &now->row->key, 0 };
	uint32_t n = before->n < now->n ? before->n : now->n;

	if (n == 0 || !is_pair(&change, pairing))
		return 0;
	before->n -= n;
	now->n -= n;
	if (is_hidden(change.before) || is_hidden(change.now))
		answer->n_hidden += n;
	if (pairing != PAIR_ALIKE && is_other(&change))
		return add_change(answer, change.before, change.now, n);
	answer->n_same += n;
	return 0;
}

/* Those of one identity: list[0..middle) were before, list[middle..n) are now. */
static int pair_group(struct diff_answer *answer, struct left *list, size_t middle, size_t n)
{
	int err = 0;

	for (int pairing = 0; pairing < PAIRINGS; pairing++) {
		size_t now = middle;

		for (size_t i = 0; i < middle; i++) {
			/* Where any will do, none is looked at twice. */
			if (pairing != PAIR_ANY)
				now = middle;
			for (; err == 0 && now < n && list[i].n;
			     now += list[now].n == 0 || pairing != PAIR_ANY)
				err = pair_two(answer, &list[i], &list[now], (enum pairing)pairing);
		}
	}
	for (size_t i = 0; err == 0 && i < n; i++)
		if (list[i].n)
			err = add_change(answer, i < middle ? &list[i].row->key : NULL,
					 i < middle ? NULL : &list[i].row->key, list[i].n);
	return err;
}

static int pair_all(struct diff_answer *answer, struct lefts *lefts)
{
	int err = 0;

	for (size_t from = 0; err == 0 && from < lefts->n;) {
		const struct drift_key *first = &lefts->list[from].row->key;
		size_t until = from, middle;

		while (until < lefts->n && !lefts->list[until].now &&
		       memcmp(&lefts->list[until].row->key, first, DRIFT_IDENTITY) == 0)
			until++;
		middle = until - from;
		while (until < lefts->n &&
		       memcmp(&lefts->list[until].row->key, first, DRIFT_IDENTITY) == 0)
			until++;
		err = pair_group(answer, lefts->list + from, middle, until - from);
		from = until;
	}
	return err;
}

int diff_compare(struct diff_answer *answer)
{
	struct lefts lefts = { NULL, 0, 0 };
	int err = gather(answer, &lefts);

	if (err == 0 && lefts.n > 1)
		qsort(lefts.list, lefts.n, sizeof(*lefts.list), compare_lefts);
	if (err == 0)
		err = pair_all(answer, &lefts);
	free(lefts.list);
	return err;
}

void diff_answer_free(struct diff_answer *answer)
{
	free(answer->changes);
	answer->changes = NULL;
}
