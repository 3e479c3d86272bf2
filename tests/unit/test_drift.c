/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is new, gone and changed between two sets of sockets, whatever order they come in. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/unit.h"
#include "view/diff_answer.h"
#include "view/words.h"

static struct drift_sums sums;

static void start(unsigned int facets)
{
	drift_sums_init(&sums, facets);
}

/* A TCP socket of 10.0.0.1 with one owner; NULL: hidden. */
static void add(enum drift_side side, uint16_t port, uint8_t state, const char *program,
		const char *unit_name)
{
	struct unit unit = { .name = unit_name, .name_len = unit_name ? strlen(unit_name) : 0 };
	struct owner owner = { .pid = (uint32_t)rand(), .program = program };
	struct sock sock = {
		.has = SOCK_HAS_INODE,
		.proto = PROTO_TCP,
		.family = AF_INET,
		.state = state,
		.listening = state == TCP_STATE_LISTEN,
		.local.port = port,
		.inode = (uint64_t)rand(),
		.owners = program ? &owner : NULL,
		.n_owners = program ? 1 : 0,
		.owners_hidden = !program,
		.unit = unit_name ? &unit : NULL,
	};

	inet_pton(AF_INET, "10.0.0.1", &sock.local.addr);
	cr_assert_eq(drift_sums_add(&sums, side, &sock, 1), 0);
}

static struct diff_answer compared(void)
{
	struct diff_answer answer = { .sums = &sums };

	cr_assert_eq(diff_compare(&answer), 0);
	return answer;
}

static void check(uint64_t n_new, uint64_t n_gone, uint64_t n_changed, uint64_t n_same)
{
	struct diff_answer answer = compared();

	cr_assert_eq(answer.n_new, n_new);
	cr_assert_eq(answer.n_gone, n_gone);
	cr_assert_eq(answer.n_changed, n_changed);
	cr_assert_eq(answer.n_same, n_same);
	diff_answer_free(&answer);
	drift_sums_free(&sums);
}

enum { LISTEN = TCP_STATE_LISTEN, OPEN = TCP_STATE_ESTABLISHED, WAIT = TCP_STATE_CLOSE_WAIT };

Test(drift, new_gone_changed_same)
{
	start(DRIFT_PROGRAM | DRIFT_UNIT);
	add(DRIFT_BEFORE, 1, LISTEN, "a", "a.service");
	add(DRIFT_NOW, 1, LISTEN, "a", "a.service");
	add(DRIFT_BEFORE, 2, LISTEN, "a", NULL);
	add(DRIFT_NOW, 3, LISTEN, "a", NULL);
	add(DRIFT_BEFORE, 4, OPEN, "a", NULL);
	add(DRIFT_NOW, 4, WAIT, "a", NULL);
	add(DRIFT_BEFORE, 5, OPEN, "a", "a.service");
	add(DRIFT_NOW, 5, OPEN, "b", "b.service");
	check(1, 1, 2, 1);
}

Test(drift, only_what_is_asked_for)
{
	start(0);
	add(DRIFT_BEFORE, 1, LISTEN, "a", "a.service");
	add(DRIFT_NOW, 1, LISTEN, "b", "b.service");
	check(0, 0, 0, 1);
}

Test(drift, several_of_one_identity_are_counted)
{
	start(DRIFT_PROGRAM);
	for (int i = 0; i < 5; i++)
		add(DRIFT_BEFORE, 1, OPEN, "a", NULL);
	for (int i = 0; i < 3; i++)
		add(DRIFT_NOW, 1, OPEN, "a", NULL);
	add(DRIFT_NOW, 1, WAIT, "a", NULL);
	check(0, 1, 1, 3);
}

Test(drift, those_of_one_unit_belong_together)
{
	struct diff_answer answer;

	start(DRIFT_PROGRAM | DRIFT_UNIT);
	add(DRIFT_BEFORE, 1, OPEN, "x", "a.service");
	add(DRIFT_BEFORE, 1, OPEN, "x", "b.service");
	add(DRIFT_NOW, 1, WAIT, "x", "b.service");
	answer = compared();
	cr_assert_eq(answer.n_changes, 2);
	for (size_t i = 0; i < answer.n_changes; i++) {
		const struct diff_change *change = &answer.changes[i];

		if (change->now)
			cr_assert_eq(change->before->unit, change->now->unit);
		else
			cr_assert_str_eq(drift_word(&sums, change->before->unit), "a.service");
	}
	diff_answer_free(&answer);
	drift_sums_free(&sums);
}

Test(drift, hidden_is_neither_the_same_nor_another)
{
	struct diff_answer answer;

	start(DRIFT_PROGRAM);
	add(DRIFT_BEFORE, 1, OPEN, "a", NULL);
	add(DRIFT_NOW, 1, OPEN, NULL, NULL);
	add(DRIFT_BEFORE, 2, OPEN, NULL, NULL);
	add(DRIFT_NOW, 2, OPEN, NULL, NULL);
	answer = compared();
	cr_assert_eq(answer.n_changes, 0);
	cr_assert_eq(answer.n_same, 2);
	cr_assert_eq(answer.n_hidden, 2);
	diff_answer_free(&answer);
	drift_sums_free(&sums);
}

Test(drift, names_of_owners_are_a_set)
{
	struct owner owners[] = { { .pid = 1, .program = "b" },
				  { .pid = 2, .program = "a" },
				  { .pid = 3, .program = "b" } };
	struct sock sock = { .proto = PROTO_TCP,
			     .family = AF_INET,
			     .has = SOCK_HAS_INODE,
			     .owners = owners,
			     .n_owners = 3 };
	const struct drift_row *row;
	const char *at;

	start(DRIFT_PROGRAM);
	cr_assert_eq(drift_sums_add(&sums, DRIFT_BEFORE, &sock, 1), 0);
	owners[0].program = "a";
	owners[1].program = "b";
	sock.n_owners = 2;
	cr_assert_eq(drift_sums_add(&sums, DRIFT_NOW, &sock, 1), 0);
	cr_assert_eq(sums.rows.n, 1);
	row = drift_row_at(&sums, 0);
	at = drift_next_program(&sums, row->key.program, NULL);
	cr_assert_str_eq(at, "a");
	at = drift_next_program(&sums, row->key.program, at);
	cr_assert_str_eq(at, "b");
	cr_assert_null(drift_next_program(&sums, row->key.program, at));
	drift_sums_free(&sums);
}

/* Sums of random sockets balance: each one is new, gone or paired. */
Test(drift, everybody_is_counted_once)
{
	static const char *const names[] = { "a", "b", NULL };
	static const uint8_t states[] = { OPEN, WAIT, LISTEN };

	srand(7);
	for (int round = 0; round < 300; round++) {
		struct diff_answer answer;
		uint64_t n[2] = { 0, 0 };

		start(DRIFT_PROGRAM | DRIFT_UNIT);
		for (int i = rand() % 40; i > 0; i--) {
			int side = rand() % 2;

			n[side]++;
			add((enum drift_side)side, (uint16_t)(1 + rand() % 4), states[rand() % 3],
			    names[rand() % 3], names[rand() % 3]);
		}
		answer = compared();
		cr_assert_eq(answer.n_new + answer.n_changed + answer.n_same, n[DRIFT_NOW]);
		cr_assert_eq(answer.n_gone + answer.n_changed + answer.n_same, n[DRIFT_BEFORE]);
		for (size_t i = 0; i < answer.n_changes; i++)
			cr_assert(answer.changes[i].before || answer.changes[i].now);
		diff_answer_free(&answer);
		drift_sums_free(&sums);
	}
}

/* A listener in a group of that unit (NULL: of none), or in one that is not known. */
static uint32_t unit_of(unsigned int facets, bool known, const char *name)
{
	struct unit unit = { .name = name, .name_len = name ? strlen(name) : 0 };
	struct sock sock = { .proto = PROTO_TCP, .unit = known ? &unit : NULL };
	uint32_t number;

	start(facets);
	cr_assert_eq(drift_sums_add(&sums, DRIFT_NOW, &sock, 1), 0);
	number = drift_row_at(&sums, 0)->key.unit;
	cr_assert((drift_word(&sums, number) != NULL) == (name != NULL));
	drift_sums_free(&sums);
	return number;
}

Test(drift, no_unit_and_a_hidden_one)
{
	const unsigned int seen = DRIFT_UNIT | DRIFT_UNIT_SEEN;

	cr_assert_eq(unit_of(seen, true, NULL), DRIFT_NONE);
	cr_assert_eq(unit_of(seen, false, NULL), DRIFT_HIDDEN);
	cr_assert_eq(unit_of(DRIFT_UNIT, true, NULL), DRIFT_NONE);
	cr_assert_eq(unit_of(DRIFT_UNIT, false, NULL), DRIFT_NONE);
	cr_assert_neq(unit_of(seen, true, "a.service"), DRIFT_NONE);
	cr_assert_neq(unit_of(seen, true, "a.service"), DRIFT_HIDDEN);
}

Test(drift, words)
{
	struct words words = { 0 };
	uint32_t a = words_add(&words, "a\0b", 3), b = words_add(&words, "a", 1);

	cr_assert_neq(a, b);
	cr_assert_eq(words_add(&words, "a\0b", 3), a);
	cr_assert_eq(words_get(&words, a)->len, 3);
	cr_assert_neq(words_add(&words, NULL, 0), 0);
	for (int i = 0; i < 10000; i++)
		cr_assert_neq(words_add(&words, &i, sizeof(i)), 0);
	cr_assert_eq(words_add(&words, "a", 1), b);
	words_free(&words);
}
