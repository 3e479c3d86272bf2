/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: one line each, in one write, once, escaped and cut; and the status they add up to. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/report.h"

static struct report report;
static int reader;

/* A datagram socket stands for stderr: one write is one datagram. */
static void setup(void)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	report_init(&report, ends[0]);
	reader = ends[1];
}

static void teardown(void)
{
	report_free(&report);
	close(report.fd);
	close(reader);
}

/* The next write, or "" when there was none. */
static const char *next_line(void)
{
	static char line[8192];
	ssize_t n = recv(reader, line, sizeof(line) - 1, 0);

	line[n < 0 ? 0 : n] = '\0';
	return line;
}

TestSuite(report, .init = setup, .fini = teardown);

Test(report, a_line_is_one_write)
{
	report_add(&report, REPORT_NOTE, "cannot read %s: %d of %d", "net/tcp", 3, 4);
	cr_assert_str_eq(next_line(), "lssock: cannot read net/tcp: 3 of 4\n");
	cr_assert_str_eq(next_line(), "");
}

Test(report, told_once)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			char want[64];

			report_add(&report, REPORT_NOTE, "message m%d", i);
			snprintf(want, sizeof(want), "lssock: message m%d\n", i);
			cr_assert_str_eq(next_line(), round == 0 ? want : "");
		}
	}
}

/* Under -c a message whose count changes would else come again in every round. */
Test(report, another_count_is_the_same_message)
{
	report_add(&report, REPORT_NOTE, "tcp6: %d lines were skipped", 12);
	report_add(&report, REPORT_NOTE, "tcp6: %d lines were skipped", 7);
	report_add(&report, REPORT_NOTE, "tcp: %d lines were skipped", 7);
	cr_assert_str_eq(next_line(), "lssock: tcp6: 12 lines were skipped\n");
	cr_assert_str_eq(next_line(), "lssock: tcp: 7 lines were skipped\n");
	cr_assert_str_eq(next_line(), "");
}

Test(report, the_same_text_still_raises_the_level)
{
	report_add(&report, REPORT_NOTE, "x");
	cr_assert_eq(report_status(&report), 0);
	report_add(&report, REPORT_PARTIAL, "x");
	cr_assert_eq(report_status(&report), 3);
	cr_assert_str_eq(next_line(), "lssock: x\n");
	cr_assert_str_eq(next_line(), "");
}

Test(report, status_is_the_worst)
{
	cr_assert_eq(report_status(&report), 0);
	report_raise(&report, REPORT_NOTE);
	cr_assert_eq(report_status(&report), 0);
	report_add(&report, REPORT_PARTIAL, "a");
	cr_assert_eq(report_status(&report), 3);
	report_raise(&report, REPORT_FAILED);
	cr_assert_eq(report_status(&report), 4);
	report_add(&report, REPORT_PARTIAL, "b");
	report_add(&report, REPORT_NOTE, "c");
	cr_assert_eq(report_status(&report), 4);
}

Test(report, hostile_text_stays_on_its_line)
{
	report_add(&report, REPORT_NOTE, "name %s", "a\nlssock: forged\r\033[2J\\\x9b\x7f b");
	cr_assert_str_eq(next_line(),
			 "lssock: name a\\x0alssock: forged\\x0d\\x1b[2J\\\\\\x9b\\x7f b\n");
}

Test(report, utf8_only_where_it_is_allowed)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	report_add(&report, REPORT_NOTE, "caf\xc3\xa9 1");
	cr_assert_str_eq(next_line(), "lssock: caf\\xc3\\xa9 1\n");
	report.utf8 = true;
	report_add(&report, REPORT_NOTE, "caf\xc3\xa9 2 \xe2\x80\xae");
	cr_assert_str_eq(next_line(), "lssock: caf\xc3\xa9 2 \\xe2\\x80\\xae\n");
}

Test(report, cut_at_a_thousand_bytes)
{
	char text[5000];

	for (size_t n = 990; n < 1040; n++) {
		size_t want = n < 1000 ? n : 1000;

		memset(text, 'a', n);
		text[n] = '\0';
		text[n - 1] = 'z';
		report_init(&report, report.fd);
		report_add(&report, REPORT_NOTE, "%s", text);
		const char *line = next_line();

		cr_assert_eq(strlen(line), 8 + want + 1, "%zu gives %zu", n, strlen(line));
		cr_assert_eq(line[8 + want], '\n');
		cr_assert_eq(line[8 + want - 1], n <= 1000 ? 'z' : 'a');
		report_free(&report);
	}
}

Test(report, cut_on_whole_units)
{
	char text[5000];
	const char *line;

	setlocale(LC_CTYPE, "C.UTF-8");
	memset(text, 0x01, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "ab", 2);
	report_add(&report, REPORT_NOTE, "%s", text);
	line = next_line();
	cr_assert_eq(strlen(line), 8 + 998 + 1); /* "ab" and 249 times \x01 */
	cr_assert_str_eq(line + strlen(line) - 5, "\\x01\n");

	report.utf8 = true;
	for (size_t i = 1; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 2] = '\0';
	text[0] = 'a';
	report_add(&report, REPORT_NOTE, "%s", text);
	line = next_line();
	cr_assert_eq(strlen(line), 8 + 999 + 1);
	cr_assert_str_eq(line + strlen(line) - 3, "\xc3\xa9\n");
}

Test(report, without_a_descriptor_levels_still_count)
{
	struct report mute;

	report_init(&mute, -1);
	report_add(&mute, REPORT_FAILED, "nobody hears this");
	cr_assert_eq(report_status(&mute), 4);
	report_free(&mute);
	report_free(&mute);
}

/* The messages of the round, divided by '|', each with its level. */
static const char *kept(void)
{
	static char text[8192];
	const struct report_message *message;
	size_t at = 0, n = 0;

	text[0] = '\0';
	while ((message = report_next_message(&report, &at)))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d:%.20s|", (int)message->level,
				      message->text);
	return text;
}

Test(report, messages_are_kept)
{
	report_add(&report, REPORT_NOTE, "a\n%c", 0xff);
	report_add(&report, REPORT_PARTIAL, "b");
	report_add(&report, REPORT_NOTE, "b");
	report_add(&report, REPORT_FAILED, "a\n%c", 0xff);
	cr_assert_str_eq(kept(), "2:a\n\xff|1:b|");
	cr_assert_eq(report_round_level(&report), REPORT_FAILED);
	cr_assert(!report_has_left_out(&report));
}

Test(report, notes_that_are_held)
{
	report_hold_notes(&report, true);
	report_add(&report, REPORT_NOTE, "one");
	report_add(&report, REPORT_NOTE, "two");
	report_add(&report, REPORT_NOTE, "one");
	cr_assert_str_eq(next_line(), "");
	report_hold_notes(&report, false);
	report_add(&report, REPORT_NOTE, "at once");
	cr_assert_str_eq(next_line(), "lssock: at once\n");
	report_hold_notes(&report, true);
	cr_assert_str_eq(kept(), "0:one|0:two|0:at once|");
	report_add(&report, REPORT_PARTIAL, "three");
	cr_assert_str_eq(next_line(), "lssock: three\n");
	report_add(&report, REPORT_PARTIAL, "two");
	cr_assert_str_eq(next_line(), "lssock: two\n");
	report_end_hold(&report, true);
	cr_assert_str_eq(next_line(), "lssock: one\n");
	cr_assert_str_eq(next_line(), "");
	report_add(&report, REPORT_NOTE, "one");
	cr_assert_str_eq(next_line(), "");
	report_add(&report, REPORT_NOTE, "four");
	cr_assert_str_eq(next_line(), "lssock: four\n");
	report_end_hold(&report, true);
	cr_assert_str_eq(next_line(), "");
}

Test(report, notes_that_are_not_told)
{
	report_hold_notes(&report, true);
	report_add(&report, REPORT_NOTE, "one");
	report_end_hold(&report, false);
	report_add(&report, REPORT_NOTE, "one");
	report_end_hold(&report, true);
	cr_assert_str_eq(next_line(), "");
	cr_assert_str_eq(kept(), "0:one|");
	cr_assert_eq(report_status(&report), 0);
}

/* Those that are not kept cannot be held. */
Test(report, too_many_notes_to_hold)
{
	size_t n = 0;

	report_hold_notes(&report, true);
	for (int i = 0; i < REPORT_KEPT_MAX + 3; i++)
		report_add(&report, REPORT_NOTE, "x%d", i);
	while (*next_line())
		n++;
	cr_assert_eq(n, 3);
}

/* What a round tells holds for it alone; what came before the first one holds for all. */
Test(report, rounds)
{
	report_add(&report, REPORT_NOTE, "start");
	report_begin_round(&report);
	report_add(&report, REPORT_PARTIAL, "one");
	report_add(&report, REPORT_NOTE, "both");
	cr_assert_str_eq(kept(), "0:start|1:one|0:both|");
	cr_assert_eq(report_round_level(&report), REPORT_PARTIAL);
	report_begin_round(&report);
	cr_assert_str_eq(kept(), "0:start|");
	cr_assert_eq(report_round_level(&report), REPORT_NOTE);
	report_add(&report, REPORT_NOTE, "both");
	report_add(&report, REPORT_NOTE, "one");
	cr_assert_str_eq(kept(), "0:start|0:one|0:both|");
	cr_assert_eq(report_round_level(&report), REPORT_NOTE);
	report_begin_round(&report);
	report_raise(&report, REPORT_PARTIAL);
	cr_assert_eq(report_round_level(&report), REPORT_PARTIAL);
	cr_assert_eq(report_status(&report), 3);
}

Test(report, what_came_before_the_rounds_is_never_whole_again)
{
	report_add(&report, REPORT_PARTIAL, "start");
	report_begin_round(&report);
	report_begin_round(&report);
	cr_assert_eq(report_round_level(&report), REPORT_PARTIAL);
	cr_assert_str_eq(kept(), "1:start|");
}

Test(report, kept_messages_are_bounded)
{
	size_t at = 0, n = 0;

	report_begin_round(&report);
	for (int i = 0; i < REPORT_KEPT_MAX; i++) {
		report_add(&report, REPORT_NOTE, "message m%d", i);
		next_line(); /* or the socket is full, and waited for */
	}
	cr_assert(!report_has_left_out(&report));
	report_add(&report, REPORT_NOTE, "one more");
	cr_assert(report_has_left_out(&report));
	while (report_next_message(&report, &at))
		n++;
	cr_assert_eq(n, REPORT_KEPT_MAX);
	report_begin_round(&report);
	cr_assert(!report_has_left_out(&report));
	cr_assert_str_eq(kept(), "");
	report_add(&report, REPORT_NOTE, "message m99");
	cr_assert(!report_has_left_out(&report));
	cr_assert_str_eq(kept(), "0:message m99|");
	while (*next_line())
		;
	report_add(&report, REPORT_NOTE,
		   "one more"); /* printed before: now there is room to keep it */
	cr_assert_str_eq(next_line(), "");
	cr_assert(!report_has_left_out(&report));
	cr_assert_str_eq(kept(), "0:message m99|0:one more|");
}

/* With -c for days, and a message with another name in it each time. */
Test(report, rounds_without_end)
{
	char text[32];

	report_add(&report, REPORT_NOTE, "start");
	for (int i = 0; i < 3 * REPORT_KEPT_MAX; i++) {
		report_begin_round(&report);
		snprintf(text, sizeof(text), "message m%d", i);
		report_add(&report, REPORT_NOTE, "%s", text);
		report_add(&report, REPORT_PARTIAL, "in each round");
		cr_assert(!report_has_left_out(&report), "round %d", i);
		snprintf(text, sizeof(text), "0:message m%d|", i);
		cr_assert(strstr(kept(), text) && strstr(kept(), "0:start|") &&
				  strstr(kept(), "1:in each round|"),
			  "round %d: %s", i, kept());
		while (*next_line())
			;
	}
	report_begin_round(&report);
	report_add(&report, REPORT_NOTE, "message m0");
	cr_assert_str_eq(next_line(), "", "it was printed in the first round");
	cr_assert_str_eq(kept(), "0:start|0:message m0|");
}

/* What comes in each round keeps its place, whatever else comes and goes. */
Test(report, steady_ones_stay)
{
	char text[32];

	for (int i = 0; i < 2 * REPORT_KEPT_MAX + REPORT_REMEMBERED; i++) {
		report_begin_round(&report);
		report_add(&report, REPORT_NOTE, "steady");
		cr_assert_eq(*next_line() != '\0', i == 0, "round %d", i);
		snprintf(text, sizeof(text), "message m%d", i);
		report_add(&report, REPORT_NOTE, "%s", text);
		cr_assert(*next_line());
	}
}

/* Nor does what must be remembered grow: a line may come again after many others. */
Test(report, many_lines_in_one_round)
{
	report_begin_round(&report);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < REPORT_KEPT_MAX + REPORT_REMEMBERED; i++) {
			report_add(&report, REPORT_NOTE, "message m%d", i);
			cr_assert_eq(*next_line() != '\0', round == 0, "%d", i);
		}
	}
}

Test(report, errno_survives)
{
	struct report closed;

	errno = ENOTTY;
	report_add(&report, REPORT_NOTE, "x");
	cr_assert_eq(errno, ENOTTY);
	report_init(&closed, 1000000);
	errno = ENOTTY;
	report_add(&closed, REPORT_NOTE, "y");
	cr_assert_eq(errno, ENOTTY);
	report_free(&closed);
}

static void pass_by(int number)
{
	(void)number;
}

/* The same when a signal comes while the pipe is waited for, which is in blocking mode here. */
Test(report, a_full_pipe_and_a_signal, .timeout = 600)
{
	const struct sigaction action = { .sa_handler = pass_by };
	const struct itimerval soon = { .it_value.tv_usec = 100000 };
	int ends[2];
	char page[4096] = "";
	struct report stuck;

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], page, sizeof(page)) > 0)
		;
	cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
	cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	cr_assert_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
	report_init(&stuck, ends[1]);
	report_add(&stuck, REPORT_PARTIAL, "lost");
	cr_assert_eq(report_status(&stuck), 3);
	report_free(&stuck);
}

/* A pipe that nobody empties: the line is given up after a while, and nothing hangs. */
Test(report, a_full_pipe_does_not_hold_up_the_run, .timeout = 600)
{
	int ends[2];
	char page[4096] = "";
	struct report stuck;

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], page, sizeof(page)) > 0)
		;
	report_init(&stuck, ends[1]);
	report_add(&stuck, REPORT_PARTIAL, "lost");
	cr_assert_eq(report_status(&stuck), 3);
	report_free(&stuck);
}
