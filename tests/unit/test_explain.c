/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --explain: sockets by state and program, and that every state has its whole story. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

#include "view/explain_sums.h"
#include "view/state_facts.h"
#include "view/state_stories.h"

static struct explain_sums sums;

static void set_up(void)
{
	explain_sums_init(&sums);
	sums.wanted = TCP_STATE_CLOSE_WAIT;
}

static void tear_down(void)
{
	explain_sums_free(&sums);
}

TestSuite(explain, .init = set_up, .fini = tear_down);

static struct sock row(unsigned int state, const struct owner *owners, uint32_t n)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = AF_INET,
		.state = (uint8_t)state,
		.has = SOCK_HAS_INODE,
		.inode = 1,
		.owners = owners,
		.n_owners = n,
	};
}

static void add(struct sock sock)
{
	cr_assert_eq(explain_sums_add(&sums, &sock), 0);
}

Test(explain, states_are_counted)
{
	struct sock other = row(TCP_STATE_LISTEN, NULL, 0);

	for (unsigned int state = 1; state < EXPLAIN_STATES; state++)
		for (unsigned int i = 0; i < state; i++)
			add(row(state, NULL, 0));
	other.proto = PROTO_SCTP;
	add(other);
	add(row(0, NULL, 0));
	add(row(13, NULL, 0));
	add(row(255, NULL, 0));
	for (unsigned int state = 1; state < EXPLAIN_STATES; state++)
		cr_assert_eq(sums.counts[state], state);
}

Test(explain, programs_and_their_busiest_process)
{
	static const struct owner app[] = { { .pid = 10, .program = "app" } };
	static const struct owner other_app[] = { { .pid = 11, .program = "app" } };
	static const struct owner twice[] = { { .pid = 10, .program = "app", .fd = 3 },
					      { .pid = 10, .program = "app", .fd = 4 } };
	static const struct owner mixed[] = { { .pid = 10, .program = "app" },
					      { .pid = 12, .program = "app" },
					      { .pid = 20, .program = "web" } };
	const struct explain_program *program;

	add(row(TCP_STATE_CLOSE_WAIT, app, 1));
	add(row(TCP_STATE_CLOSE_WAIT, other_app, 1));
	add(row(TCP_STATE_CLOSE_WAIT, twice, 2));
	add(row(TCP_STATE_CLOSE_WAIT, mixed, 3));
	add(row(TCP_STATE_ESTABLISHED, mixed, 3));
	explain_sums_finish(&sums);
	cr_assert_eq(sums.programs.n, 2);
	program = explain_program(&sums, 0);
	cr_assert_str_eq(program->name, "app");
	cr_assert_eq(program->sockets, 4);
	cr_assert_eq(program->n_processes, 3);
	cr_assert_eq(program->busiest_pid, 10);
	cr_assert_eq(program->busiest_sockets, 3);
	program = explain_program(&sums, 1);
	cr_assert_str_eq(program->name, "web");
	cr_assert_eq(program->sockets, 1);
}

Test(explain, without_owner_is_not_hidden_is_not_unheld)
{
	struct sock sock = row(TCP_STATE_CLOSE_WAIT, NULL, 0);

	add(sock);
	sock.owners_hidden = true;
	add(sock);
	add(sock);
	sock.has = SOCK_HAS_TIMER;
	sock.timer = TIMER_OFF;
	add(sock);
	add(sock);
	sock.timer = TIMER_TIMEWAIT;
	add(sock);
	cr_assert_eq(sums.n_unheld, 1);
	cr_assert_eq(sums.n_hidden, 2);
	cr_assert_eq(sums.n_orphans, 2);
	cr_assert_eq(sums.n_small, 1);
	explain_sums_clear(&sums);
	cr_assert_eq(sums.n_orphans, 0);
	cr_assert_eq(sums.wanted, TCP_STATE_CLOSE_WAIT);
}

Test(explain, equal_programs_by_name_and_rounds_start_anew)
{
	static const struct owner b[] = { { .pid = 2, .program = "b" } };
	static const struct owner a[] = { { .pid = 3, .program = "a" } };

	for (int round = 0; round < 2; round++) {
		add(row(TCP_STATE_CLOSE_WAIT, b, 1));
		add(row(TCP_STATE_CLOSE_WAIT, a, 1));
		explain_sums_finish(&sums);
		cr_assert_eq(sums.programs.n, 2);
		cr_assert_str_eq(explain_program(&sums, 0)->name, "a");
		cr_assert_eq(explain_program(&sums, 1)->busiest_pid, 2);
		explain_sums_clear(&sums);
	}
}

Test(explain, every_state_has_its_whole_story)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < STATE_COUNT; i++) {
		const struct state_story *story = state_story_at(i);
		const char *const parts[] = { story->brief,          story->meaning,
					      story->enters,         story->leaves,
					      story->many_mean,      story->look_next,
					      story->without_process };

		seen |= 1u << story->state;
		cr_assert_eq(state_story_find(story->state), story);
		cr_assert_eq(tcp_state_find(story->rfc), story->state, "%s", story->rfc);
		cr_assert_eq(tcp_state_find(story->ss), story->state, "%s", story->ss);
		cr_assert(strlen(story->brief) <= 60, "%s", story->brief);
		for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
			cr_assert_not_null(parts[k]);
			for (const char *at = parts[k]; *at; at++)
				cr_assert(*at >= ' ' && *at <= '~' && strncmp(at, "  ", 2) != 0);
		}
		for (size_t k = 0; k < STATE_FACTS_MAX && story->facts[k].name; k++)
			cr_assert_not_null(story->facts[k].meaning);
	}
	cr_assert_eq(seen, TCP_STATES_ALL);
	cr_assert_null(state_story_find(0));
	cr_assert_null(state_story_find(12));
}

Test(explain, seconds_until_the_kernel_gives_up)
{
	cr_assert_eq(state_retry_seconds(0, 0), 1);
	cr_assert_eq(state_retry_seconds(5, 0), 63);
	cr_assert_eq(state_retry_seconds(6, 0), 127);
	cr_assert_eq(state_retry_seconds(6, 4), 131);
	cr_assert_eq(state_retry_seconds(7, 0), 127 + 120);
	cr_assert_eq(state_retry_seconds(UINT64_MAX, UINT64_MAX), 127 + 249 * 120 + 255);
}
