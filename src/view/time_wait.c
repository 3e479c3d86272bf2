/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --time-wait: from the rows of a round to its answer. What the kernel does not tell: which process
 * closed (it is inferred and called likely), and connections that overflowing buckets or connect()
 * took away before their 60 seconds were over (the rates are at least so high).
 */
#include "view/time_wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/obuf.h"
#include "base/report.h"
#include "output/data.h"
#include "output/field_text.h"
#include "view/ports_report.h"
#include "view/time_wait_answer.h"

enum { TOP_DEFAULT = 10 };

struct time_wait_writer {
	struct writer base;
	struct time_wait_answer answer;
	struct obuf *out;
	bool ready;  /* the facts of this round have been read */
	bool failed; /* no memory: there is no answer in this round */
};

static struct time_wait_writer *self_of(struct writer *writer)
{
	return (struct time_wait_writer *)writer;
}

/* Settings first: the range of ports says which way a connection went. */
static int read_facts(struct time_wait_writer *self)
{
	struct time_wait_answer *answer = &self->answer;
	const struct view_config *config = &answer->config;
	struct ports_settings settings;
	int err = time_wait_facts_read(&answer->facts, config->env);

	ports_read_settings(config, &settings);
	ports_sums_begin(&answer->ports, &settings);
	if (err == 0)
		time_wait_facts_report(&answer->facts, config->report);
	answer->sums.low = settings.low;
	answer->sums.high = settings.high;
	answer->sums.listeners_known = true;
	self->ready = true;
	return err;
}

static int time_wait_begin(struct writer *writer, enum section section)
{
	struct time_wait_writer *self = self_of(writer);

	(void)section;
	return self->ready ? 0 : read_facts(self);
}

/* Every socket may hold a port, listen, and show an address of this host. */
static int add_row(struct time_wait_answer *answer, const struct sock *row)
{
	bool chosen = view_has_chosen(&answer->config, row);
	int err = ports_sums_add(&answer->ports, row, chosen);

	if (err < 0)
		return err;
	return chosen ? time_wait_sums_add(&answer->sums, row)
		      : time_wait_sums_look_at(&answer->sums, row);
}

static int time_wait_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct time_wait_writer *self = self_of(writer);

	for (size_t i = 0; !self->failed && i < n; i++)
		self->failed = add_row(&self->answer, &rows[i]) < 0;
	return self->failed ? -ENOMEM : 0;
}

static size_t at_most(size_t n, uint64_t limit)
{
	return n < limit ? n : (size_t)limit;
}

/* Records without TIME_WAIT are the last ones. */
static void count_shown(struct time_wait_answer *answer)
{
	const struct time_wait_sums *sums = &answer->sums;
	uint64_t top = answer->config.top;

	if (!top)
		top = answer->config.format == VIEW_TEXT ? TOP_DEFAULT : UINT64_MAX;
	answer->n_services = 0;
	while (answer->n_services < sums->services.n &&
	       time_wait_service(sums, answer->n_services)->count > 0)
		answer->n_services++;
	answer->n_peers = sums->peers.n;
	answer->shown_services = at_most(answer->n_services, top);
	answer->shown_peers = at_most(answer->n_peers, top);
}

enum { OWNER_TEXT = 16 + 4 * LIKELY_OWNER_NAME };

/* "812/nginx", escaped; NULL where nothing is known. */
static const char *owner_text(char *dst, const struct time_wait_answer *answer,
			      const struct time_wait_service *service, size_t i)
{
	const struct likely_owner *owner = NULL;
	const char *word;
	size_t n;

	if (service)
		owner = likely_owners_first(&answer->owners, i);
	if (!owner)
		return NULL;
	word = field_text_word_of(owner->program, strlen(owner->program));
	n = (size_t)snprintf(dst, OWNER_TEXT, "%u/%s", owner->pid, word ? word : "");
	if (!word)
		n += escape_text(dst + n, OWNER_TEXT - n - 1, owner->program,
				 strlen(owner->program), 0, SIZE_MAX, NULL);
	dst[n] = '\0';
	return dst;
}

static int finish_sums(struct time_wait_answer *answer)
{
	int err = ports_sums_finish(&answer->ports);

	if (err == 0)
		err = time_wait_sums_settle(&answer->sums);
	if (err < 0)
		return err;
	time_wait_take_ports(&answer->sums, &answer->ports);
	return time_wait_sums_finish(&answer->sums);
}

static int make_answer(struct time_wait_answer *answer)
{
	const struct time_wait_service *service;
	char client[OWNER_TEXT], server[OWNER_TEXT];
	const char *client_text, *server_text;
	size_t i = 0;
	int err = finish_sums(answer);

	if (err < 0)
		return err;
	count_shown(answer);
	err = likely_owners_find(&answer->owners, &answer->config, answer->sums.services.rows,
				 answer->shown_services);
	if (err < 0)
		return err;
	service = time_wait_busiest(&answer->sums, &answer->ports, &i);
	client_text = owner_text(client, answer, service, i);
	service = time_wait_busiest_inbound(&answer->sums, &i);
	server_text = owner_text(server, answer, service, i);
	time_wait_advise(&answer->advice, &answer->sums, &answer->ports, &answer->facts,
			 client_text, server_text, answer->config.filtered);
	return 0;
}

static int put_answer(struct time_wait_writer *self)
{
	struct time_wait_answer *answer = &self->answer;
	bool text = answer->config.format == VIEW_TEXT;
	int err = self->failed ? -ENOMEM : 0;

	if (err == 0 && !self->ready)
		err = read_facts(self);
	/* Half of the sockets are no answer; data says that it is not complete. */
	if (err == 0 && text && answer->config.run->cut_short)
		return 0;
	if (err == 0)
		err = make_answer(answer);
	if (err == 0)
		err = text ? time_wait_put_text(answer, self->out)
			   : time_wait_put_json(answer, self->out);
	return err < 0 ? err : obuf_flush(self->out);
}

static int time_wait_end(struct writer *writer)
{
	struct time_wait_writer *self = self_of(writer);
	int err = put_answer(self);

	if (err == -ENOMEM)
		report_add(self->answer.config.report, REPORT_FAILED, "out of memory");
	likely_owners_free(&self->answer.owners);
	time_wait_sums_clear(&self->answer.sums);
	self->ready = self->failed = false;
	return err;
}

static void time_wait_free(struct writer *writer)
{
	struct time_wait_writer *self = self_of(writer);

	time_wait_sums_free(&self->answer.sums);
	ports_sums_free(&self->answer.ports);
	free(self);
}

struct writer *time_wait_new(const struct view_config *config, struct obuf *out)
{
	struct time_wait_writer *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->base = (struct writer){ .begin = time_wait_begin,
				      .rows = time_wait_rows,
				      .end = time_wait_end,
				      .free = time_wait_free };
	self->answer.config = *config;
	self->out = out;
	time_wait_sums_init(&self->answer.sums);
	return &self->base;
}
