/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --listeners as tables for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "base/report.h"
#include "output/text_table.h"
#include "view/listeners_answer.h"
#include "view/wrapped.h"

enum { INDENT = 2 };

static const struct text_column queue_columns[] = {
	{ "Proto", false },   { "Listener", false },  { "Waiting", true },
	{ "Of", true },       { "Fill", true },       { "Drops", true },
	{ "SYN_RECV", true }, { "CLOSE_WAIT", true }, { "PID/Program", false },
};

static const struct text_column wait_columns[] = {
	{ "PID/Program", false },
	{ "Sockets", true },
	{ "Unread", true },
	{ "Listener", false },
};

static const struct text_column number_columns[] = {
	{ NULL, false },
	{ NULL, true },
	{ NULL, true },
	{ NULL, false },
};

/* What a narrow terminal does without, the least needed first: SYN_RECV, CLOSE_WAIT, Proto. */
static const uint8_t queue_fit[] = { 6, 7, 0 };
/* What a number means. */
static const uint8_t number_fit[] = { 3 };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void put_known(struct text_table *table, bool known, uint64_t value)
{
	if (known)
		text_table_uint(table, value);
	else
		text_table_str(table, NULL);
}

static void put_end(struct text_table *table, const struct sock *sock)
{
	char end[LISTENERS_LABEL_MAX];

	listeners_format_end(end, sizeof(end), sock);
	text_table_str(table, end);
}

/* "812/nginx", and how many other processes have it. */
static void put_owner(struct text_table *table, uint32_t pid, const char *program, uint32_t others)
{
	char text[256], more[16] = "", name[32];
	int n;

	if (others > 0)
		snprintf(more, sizeof(more), ",+%" PRIu32, others);
	if (!program[0] || strcmp(program, "\"\"") == 0) {
		listeners_format_program(name, sizeof(name), program);
		text_table_format(table, "%" PRIu32 "/%s%s", pid, name, more);
		return;
	}
	n = snprintf(text, sizeof(text), "%" PRIu32 "/%s%s", pid, program, more);
	text_table_escaped(table, text,
			   n < 0                      ? 0
			   : (size_t)n < sizeof(text) ? (size_t)n
						      : sizeof(text) - 1);
}

static void put_listener(struct text_table *table, const struct listeners_sums *sums,
			 const struct listener *listener)
{
	const struct listeners_counts *counts = listener_counts(sums, listener);
	const struct sock *sock = &listener->sock;
	uint64_t percent, capacity;
	bool limited = listener_capacity(listener, &capacity);

	text_table_str(table, sock->family == AF_INET6 ? proto_row(sock->proto)->name6
						       : proto_row(sock->proto)->name);
	put_end(table, sock);
	put_known(table, sock->has & SOCK_HAS_QUEUES, sock->recv_q);
	put_known(table, limited, capacity);
	if (listener_fill_percent(listener, &percent))
		text_table_format(table, "%" PRIu64 "%%", percent);
	else
		text_table_str(table, NULL);
	put_known(table, listener->has_drops, listener->drops);
	put_known(table, counts, counts ? counts->syn_recv : 0);
	put_known(table, counts, counts ? counts->close_wait : 0);
	if (sock->n_owners > 0)
		put_owner(table, sock->owners[0].pid, sock->owners[0].program, sock->n_owners - 1);
	else
		text_table_str(table, sock->owners_hidden ? "?" : NULL);
}

static bool all_seen(const struct listeners_answer *answer)
{
	return report_round_level(answer->config->report) == REPORT_NOTE;
}

static int put_queues(const struct listeners_answer *answer, struct obuf *out)
{
	const struct listeners_sums *sums = &answer->sums;
	struct text_table table;
	int err;

	if (sums->n_listeners == 0) {
		obuf_put_str(out, answer->config->filtered ? "No listener matches\n"
				  : all_seen(answer)       ? "Nobody listens\n"
							   : "No listener was seen\n");
		return 0;
	}
	obuf_put_str(out, "Accept queues, the fullest first\n");
	text_table_begin(&table, queue_columns, COUNT_OF(queue_columns), answer->config->utf8);
	for (size_t i = 0; i < answer->n_shown; i++)
		put_listener(&table, sums, &sums->listeners[i]);
	text_table_fit(&table, view_width(answer->config), queue_fit, sizeof(queue_fit));
	err = text_table_end(&table, out, INDENT, true);
	if (answer->n_shown < sums->n_listeners) {
		obuf_put_str(out, "  and ");
		obuf_put_left(out, sums->n_listeners - answer->n_shown, 0);
		obuf_put_str(out, " more\n");
	}
	return err;
}

static void put_holder(struct text_table *table, const struct close_wait_group *group)
{
	switch (group->holder) {
	case CLOSE_WAIT_OWNED:
		put_owner(table, group->pid, group->program, 0);
		return;
	case CLOSE_WAIT_HIDDEN:
		text_table_str(table, "?");
		return;
	case CLOSE_WAIT_NOT_SEEN:
		text_table_str(table, NULL);
		return;
	case CLOSE_WAIT_UNACCEPTED:
		text_table_str(table, "(not yet accepted)");
		return;
	}
}

static int put_close_waits(const struct listeners_answer *answer, struct obuf *out)
{
	const struct close_waits *waits = &answer->waits;
	struct text_table table;
	size_t n = waits->n < LISTENERS_GROUPS_SHOWN ? waits->n : LISTENERS_GROUPS_SHOWN;
	uint64_t held = answer->sums.counts.close_wait - answer->sums.counts.unaccepted;
	int err;

	obuf_put_str(out, "\nCLOSE_WAIT, closed by the peer and not by the program: ");
	obuf_put_left(out, answer->sums.counts.close_wait, 0);
	obuf_put_str(out, !all_seen(answer)          ? " seen\n"
			  : answer->config->filtered ? " that match\n"
						     : "\n");
	if (n == 0)
		return 0;
	text_table_begin(&table, wait_columns, COUNT_OF(wait_columns), answer->config->utf8);
	for (size_t i = 0; i < n; i++) {
		const struct close_wait_group *group = &waits->groups[i];
		const struct listener *listener = listeners_at(answer, group->server);

		put_holder(&table, group);
		text_table_uint(&table, group->sockets);
		text_table_uint(&table, group->unread);
		if (listener)
			put_end(&table, &listener->sock);
		else
			text_table_str(&table, NULL);
	}
	err = text_table_end(&table, out, INDENT, true);
	if (held > answer->sums.n_waiters) {
		obuf_put_str(out, "  of the ");
		obuf_put_left(out, answer->sums.n_waiters, 0);
		obuf_put_str(out, " that were looked up\n");
	}
	if (n < waits->n) {
		obuf_put_str(out, "  and ");
		obuf_put_left(out, waits->n - n, 0);
		obuf_put_str(out, " more\n");
	}
	return err;
}

static void put_number(struct text_table *table, const char *name,
		       const struct listeners_number *number, const char *help)
{
	text_table_str(table, name);
	text_table_uint(table, number->value);
	if (number->has_rate)
		text_table_format(table, "+%" PRIu64 ".%" PRIu64 "/s", number->per_1000_s / 1000,
				  number->per_1000_s / 100 % 10);
	else
		text_table_str(table, "");
	text_table_str(table, help);
}

static bool any_known(const struct listeners_number *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (numbers[i].known)
			return true;
	return false;
}

static int put_counters(const struct listeners_answer *answer, struct obuf *out)
{
	struct text_table table;

	if (!any_known(answer->kernel.counters, LISTENERS_N_COUNTERS))
		return 0;
	obuf_put_str(out, "\nCounters of this network namespace, since it began\n");
	text_table_begin(&table, number_columns, COUNT_OF(number_columns), answer->config->utf8);
	for (size_t i = 0; i < LISTENERS_N_COUNTERS; i++)
		if (answer->kernel.counters[i].known)
			put_number(&table, listeners_counter_rows[i].name,
				   &answer->kernel.counters[i], listeners_counter_rows[i].help);
	text_table_fit(&table, view_width(answer->config), number_fit, sizeof(number_fit));
	return text_table_end(&table, out, INDENT, false);
}

static int put_settings(const struct listeners_answer *answer, struct obuf *out)
{
	struct text_table table;

	if (!any_known(answer->kernel.settings, LISTENERS_N_SETTINGS))
		return 0;
	obuf_put_str(out, "\nSettings\n");
	text_table_begin(&table, number_columns, COUNT_OF(number_columns), answer->config->utf8);
	for (size_t i = 0; i < LISTENERS_N_SETTINGS; i++)
		if (answer->kernel.settings[i].known)
			put_number(&table, listeners_setting_rows[i].name,
				   &answer->kernel.settings[i], listeners_setting_rows[i].help);
	text_table_fit(&table, view_width(answer->config), number_fit, sizeof(number_fit));
	return text_table_end(&table, out, INDENT, false);
}

struct findings {
	struct obuf *out;
	size_t width; /* of the terminal; 0: there is none, and each is one line */
	bool any;
};

static void put_finding(void *arg, const char *kind, const char *text)
{
	struct findings *findings = arg;

	(void)kind;
	if (!findings->any)
		obuf_put_str(findings->out, "To be looked at\n");
	findings->any = true;
	obuf_put_blanks(findings->out, INDENT);
	if (findings->width) {
		wrapped_put(findings->out, text, INDENT, 2 * INDENT, findings->width);
		return;
	}
	obuf_put_str(findings->out, text);
	obuf_put_char(findings->out, '\n');
}

int listeners_put_text(const struct listeners_answer *answer, struct obuf *out)
{
	struct findings findings = { .out = out, .width = view_width(answer->config) };
	int err;

	listeners_find(answer, put_finding, &findings);
	if (findings.any)
		obuf_put_char(out, '\n');
	err = put_queues(answer, out);
	if (err == 0 && answer->tcp)
		err = put_close_waits(answer, out);
	if (err == 0)
		err = put_counters(answer, out);
	if (err == 0)
		err = put_settings(answer, out);
	if (err < 0)
		return err;
	if (answer->config->continuous)
		obuf_put_char(out, '\n');
	return 0;
}
