/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --explain: stories about states, and this host's numbers beside them. */
#include "view/explain_states.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/obuf.h"
#include "base/report.h"
#include "kernel/counters.h"
#include "model/proto.h"
#include "output/data.h"
#include "output/text_table.h"
#include "view/explain_answer.h"
#include "view/state_facts.h"
#include "view/wrapped.h"

enum { INDENT = 2, LABEL_WIDTH = 13 };

struct explain_writer {
	struct writer base;
	struct explain_answer answer; /* of this round */
	struct obuf *out;
	bool failed; /* no memory: there is no answer in this round */
};

static struct explain_writer *self_of(struct writer *writer)
{
	return (struct explain_writer *)writer;
}

static int explain_begin(struct writer *writer, enum section section)
{
	(void)writer, (void)section;
	return 0;
}

static int explain_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct explain_writer *self = self_of(writer);

	for (size_t i = 0; !self->failed && i < n; i++)
		self->failed = explain_sums_add(&self->answer.sums, &rows[i]) < 0;
	return self->failed ? -ENOMEM : 0;
}

static const char *where(const struct explain_writer *self)
{
	return self->answer.config.filtered ? "of the chosen sockets" : "here";
}

static int put_all_text(struct explain_writer *self)
{
	static const struct text_column columns[] = { { "STATE", false },
						      { "SOCKETS", true },
						      { "WHAT IT MEANS", false } };
	struct text_table table;
	int err;

	text_table_begin(&table, columns, 3, self->answer.config.utf8);
	for (size_t i = 0; i < STATE_COUNT; i++) {
		const struct state_story *story = state_story_at(i);

		text_table_str(&table, tcp_state_name(story->state));
		if (explain_is_countable(&self->answer, story))
			text_table_uint(&table, explain_count(&self->answer, story));
		else
			text_table_str(&table, NULL);
		text_table_str(&table, story->brief);
	}
	err = text_table_end(&table, self->out, 0, !self->answer.config.no_header);
	if (!self->answer.config.no_header)
		obuf_put_str(self->out, "\n--explain=STATE tells more of one of them, and who has "
					"its sockets here.\n");
	return err;
}

static void put_title(struct explain_writer *self, const struct state_story *story)
{
	uint64_t count = explain_count(&self->answer, story);
	char text[160], number[24] = "an unknown number";

	if (explain_is_countable(&self->answer, story))
		snprintf(number, sizeof(number), "%" PRIu64, count);
	snprintf(text, sizeof(text), "%s (RFC 9293: %s, ss: %s): %s %s\n\n",
		 tcp_state_name(story->state), story->rfc, story->ss, number, where(self));
	obuf_put_str(self->out, text);
}

static void put_story(struct explain_writer *self, const struct state_story *story)
{
	const struct {
		const char *label, *text;
	} parts[] = {
		{ "It means", story->meaning },    { "It begins", story->enters },
		{ "It ends", story->leaves },      { "Many mean", story->many_mean },
		{ "Look next", story->look_next },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		wrapped_put_labelled(self->out, parts[i].label, parts[i].text, LABEL_WIDTH,
				     self->answer.config.width);
}

static int put_programs(struct explain_writer *self)
{
	static const struct text_column columns[] = {
		{ "PROGRAM", false },    { "SOCKETS", true }, { "PROCESSES", true },
		{ "MOST_IN_PID", true }, { "THERE", true },
	};
	size_t shown = explain_shown_programs(&self->answer), n = self->answer.sums.programs.n;
	struct text_table table;
	char text[80];
	int err;

	text_table_begin(&table, columns, 5, self->answer.config.utf8);
	for (size_t i = 0; i < shown; i++) {
		const struct explain_program *program = explain_program(&self->answer.sums, i);

		text_table_escaped(&table, program->name, strlen(program->name));
		text_table_uint(&table, program->sockets);
		text_table_uint(&table, program->n_processes);
		text_table_uint(&table, program->busiest_pid);
		text_table_uint(&table, program->busiest_sockets);
	}
	err = text_table_end(&table, self->out, INDENT, shown > 0);
	snprintf(text, sizeof(text), "  (%zu more programs; --top=N shows N)\n", n - shown);
	if (n > shown)
		obuf_put_str(self->out, text);
	return err;
}

/* "3 are orphans: ...", where there are some. */
static void put_others(struct explain_writer *self, uint64_t n, const char *what)
{
	char text[300];

	if (n == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %s", n, what);
	wrapped_put_labelled(self->out, " ", text, INDENT, self->answer.config.width);
}

static int put_owners(struct explain_writer *self, const struct state_story *story)
{
	const struct explain_sums *sums = &self->answer.sums;
	int err;

	obuf_put_str(self->out, "\nWho has them\n");
	if (story->never_owned) {
		wrapped_put_labelled(self->out, " ", story->without_process, INDENT,
				     self->answer.config.width);
		return 0;
	}
	if (explain_count(&self->answer, story) == 0) {
		obuf_put_str(self->out, "  nobody: there are none\n");
		return 0;
	}
	err = put_programs(self);
	put_others(self, sums->n_orphans, story->without_process);
	put_others(self, sums->n_small,
		   "stubs, as small as TIME_WAIT: all that the kernel keeps of sockets that their "
		   "programs have closed; they are no orphans for tcp_max_orphans");
	put_others(self, sums->n_hidden, "whose processes could not be looked into");
	put_others(self, sums->n_unheld,
		   "that no process holds: the kernel itself, or they were "
		   "just closed");
	return err;
}

static int put_facts(struct explain_writer *self, const struct state_story *story)
{
	static const struct text_column columns[] = { { NULL, false },
						      { NULL, true },
						      { NULL, false } };
	struct text_table table;

	if (!story->facts[0].name)
		return 0;
	obuf_put_str(self->out, "\nOn this host (counters: since the network namespace began)\n");
	text_table_begin(&table, columns, 3, self->answer.config.utf8);
	for (size_t i = 0; i < STATE_FACTS_MAX && story->facts[i].name; i++) {
		uint64_t value;

		text_table_str(&table, story->facts[i].name);
		if (state_fact_value(&story->facts[i], self->answer.config.env,
				     &self->answer.netstat, &value))
			text_table_uint(&table, value);
		else
			text_table_str(&table, NULL);
		text_table_str(&table, story->facts[i].meaning);
	}
	return text_table_end(&table, self->out, INDENT, false);
}

static int put_one_text(struct explain_writer *self)
{
	int err;

	put_title(self, self->answer.story);
	put_story(self, self->answer.story);
	err = put_owners(self, self->answer.story);
	return err < 0 ? err : put_facts(self, self->answer.story);
}

static int put_text(struct explain_writer *self)
{
	int err = self->answer.story ? put_one_text(self) : put_all_text(self);

	if (self->answer.config.continuous)
		obuf_put_char(self->out, '\n');
	return err;
}

static bool has_counters(const struct state_story *story)
{
	for (size_t i = 0; i < STATE_FACTS_MAX && story->facts[i].name; i++)
		if (story->facts[i].kind == STATE_COUNTER)
			return true;
	return false;
}

/* Reads what stands beside the states that are told with all their facts: the one that was asked
 * for, or in data all of them. What cannot be read is shown as not known, and reported. 0 or
 * -ENOMEM. */
static int read_facts(struct explain_writer *self)
{
	const struct view_config *config = &self->answer.config;
	bool counters = false;
	int err;

	if (!self->answer.story && config->format == VIEW_TEXT)
		return 0;
	for (size_t i = 0; i < STATE_COUNT; i++) {
		const struct state_story *story = state_story_at(i);

		if (self->answer.story && self->answer.story != story)
			continue;
		counters |= has_counters(story);
		if (!state_facts_are_readable(story, config->env))
			report_add(config->report, REPORT_PARTIAL,
				   "the settings below net.ipv4 that matter for %s cannot be read",
				   tcp_state_name(story->state));
	}
	err = counters ? counters_read(&self->answer.netstat, config->env, "net/netstat",
				       COUNTERS_PAIRS)
		       : 0;
	if (err == 0 || err == -ENOMEM)
		return err;
	report_add(config->report, REPORT_PARTIAL,
		   "cannot read /proc/net/netstat: %s; its "
		   "counters are missing",
		   strerror(-err));
	return 0;
}

static int put_answer(struct explain_writer *self)
{
	bool text = self->answer.config.format == VIEW_TEXT;
	int err = self->failed ? -ENOMEM : 0;

	/* Half of the sockets are no answer; data says that it is not complete. */
	if (err == 0 && text && self->answer.config.run->cut_short)
		return 0;
	if (err == 0)
		err = read_facts(self);
	if (err == 0) {
		explain_sums_finish(&self->answer.sums);
		err = text ? put_text(self) : explain_put_json(&self->answer, self->out);
	}
	return err < 0 ? err : obuf_flush(self->out);
}

static int explain_end(struct writer *writer)
{
	struct explain_writer *self = self_of(writer);
	int err = put_answer(self);

	if (err == -ENOMEM)
		report_add(self->answer.config.report, REPORT_FAILED, "out of memory");
	counters_clear(&self->answer.netstat);
	explain_sums_clear(&self->answer.sums);
	self->failed = false;
	return err;
}

static void explain_free(struct writer *writer)
{
	struct explain_writer *self = self_of(writer);

	explain_sums_free(&self->answer.sums);
	counters_free(&self->answer.netstat);
	free(self);
}

struct writer *explain_states_new(const struct view_config *config, struct obuf *out)
{
	struct explain_writer *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->base = (struct writer){ .begin = explain_begin,
				      .rows = explain_rows,
				      .end = explain_end,
				      .free = explain_free };
	self->answer.config = *config;
	self->out = out;
	explain_sums_init(&self->answer.sums);
	if (config->explain_state)
		self->answer.story = state_story_find(tcp_state_find(config->explain_state));
	if (self->answer.story && !self->answer.story->never_owned)
		self->answer.sums.wanted = self->answer.story->state;
	return &self->base;
}
