/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --expect and --baseline.
 *
 * What counts as a listener: TCP and SCTP in LISTEN, UNIX sockets that accept connections, and UDP
 * sockets that are bound and not connected. Of the last ones those on a port of
 * net.ipv4.ip_local_port_range that no line names are taken for clients, which have such a socket
 * while they wait for an answer: they are counted and not judged.
 */
#include "view/expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "base/report.h"
#include "kernel/sysctl.h"
#include "output/data.h"
#include "view/baseline.h"
#include "view/expect_answer.h"

enum { STATUS_SAME, STATUS_DRIFT, STATUS_USAGE, STATUS_UNDECIDED, STATUS_FAILED };

static const unsigned int facets = DRIFT_PROGRAM | DRIFT_UNIT | DRIFT_UNIT_SEEN | DRIFT_USER;

struct expect {
	struct writer writer;
	struct view_config config;
	struct obuf *out;
	struct drift_sums sums;
	struct expect_answer answer;
	struct view_earlier about;
	struct baseline_line line;
	bool baseline; /* one is written, none is read */
	bool read, failed;
};

static int fail(struct expect *view, int err)
{
	view->failed = true;
	if (err == -ENOMEM && !view->out->error)
		report_add(view->config.report, REPORT_FAILED, "out of memory");
	return err;
}

/* Whether listeners of that table are looked at. */
static bool is_asked(const struct expect *view, uint8_t proto, uint8_t family)
{
	const struct view_config *config = &view->config;
	uint32_t protos = config->protos ? config->protos : 1u << PROTO_TCP | 1u << PROTO_UDP;

	if (!(protos & 1u << proto))
		return false;
	if (proto == PROTO_UNIX || family == 0 || (!config->inet4 && !config->inet6))
		return true;
	return family == AF_INET ? config->inet4 : config->inet6;
}

static struct expect_entry *add_entry(struct expect_answer *answer)
{
	void *entries = answer->entries;
	int err = array_grow(&entries, &answer->cap_entries, answer->n_entries + 1,
			     sizeof(*answer->entries));

	answer->entries = entries;
	if (err < 0)
		return NULL;
	answer->entries[answer->n_entries] = (struct expect_entry){ 0 };
	return &answer->entries[answer->n_entries++];
}

/* The number of a text with extra of its NULs; DRIFT_NONE for one that was not said. */
static int add_text(struct expect *view, const struct baseline_text *text, size_t extra,
		    uint32_t *number)
{
	*number = DRIFT_NONE;
	if (!text->text)
		return 0;
	*number = words_add(&view->sums.words, text->text, text->len + extra);
	return *number ? 0 : -ENOMEM;
}

static int take_line(void *ctx, const char *text, size_t len, uint64_t number, char error[],
		     size_t size)
{
	struct expect *view = ctx;
	const struct baseline_line *line = &view->line;
	struct expect_entry *entry;
	int err = baseline_parse(text, len, &view->line, error, size);

	if (err < 0 || line->blank)
		return err;
	if (!is_asked(view, line->proto, line->family)) {
		view->answer.n_passed_over++;
		return 0;
	}
	entry = add_entry(&view->answer);
	if (!entry)
		return -ENOMEM;
	*entry = (struct expect_entry){
		.proto = line->proto,
		.family = line->family,
		.name_kind = line->proto != PROTO_UNIX ? UNIX_UNNAMED
			     : line->abstract          ? UNIX_ABSTRACT
						       : UNIX_PATHNAME,
		.optional = line->optional,
		.any_addr = line->any_addr,
		.low = line->low,
		.high = line->high,
		.addr = line->addr,
		.line = number,
	};
	if (add_text(view, &line->interface, 0, &entry->interface) < 0 ||
	    add_text(view, &line->name, 0, &entry->name) < 0 ||
	    add_text(view, &line->program, 1, &entry->program) < 0 ||
	    add_text(view, &line->unit, 0, &entry->unit) < 0 ||
	    add_text(view, &line->user, 0, &entry->user) < 0)
		return -ENOMEM;
	return 0;
}

static int take_rows(void *ctx, struct sock *rows, size_t n)
{
	struct expect *view = ctx;

	return drift_sums_add(&view->sums, DRIFT_BEFORE, rows, n);
}

static bool is_client(const struct expect_answer *answer, const struct drift_key *key)
{
	return (key->proto == PROTO_UDP || key->proto == PROTO_UDPLITE) &&
	       key->local_port >= answer->client_low && key->local_port <= answer->client_high;
}

/* What an earlier output had is what is expected; whatever a client had may be absent. */
static int take_records(struct expect *view)
{
	const struct drift_sums *sums = &view->sums;

	for (size_t i = 0; i < sums->rows.n; i++) {
		const struct drift_row *row = drift_row_at(sums, i);
		const struct drift_key *key = &row->key;
		struct expect_entry *entry;

		if (!row->n[DRIFT_BEFORE] || (key->proto != PROTO_UNIX && !key->local_port))
			continue;
		entry = add_entry(&view->answer);
		if (!entry)
			return -ENOMEM;
		*entry = (struct expect_entry){
			.proto = key->proto,
			.family = key->family,
			.name_kind = key->name_kind,
			.optional = is_client(&view->answer, key),
			.low = key->local_port,
			.high = key->local_port,
			.addr = key->local,
			.interface = key->interface,
			.name = key->name,
			.program = key->program == DRIFT_HIDDEN ? DRIFT_NONE : key->program,
			.unit = expect_lasting_unit(sums, key->unit),
		};
	}
	return 0;
}

/* Notes about the sockets of now may matter to no line of the file. */
static void hold_notes(const struct expect *view)
{
	const struct view_config *config = &view->config;

	report_hold_notes(config->report, !view->baseline && (config->no_header || config->quiet));
}

/* Reads the file, before the first socket of now. */
static int prepare(struct expect *view)
{
	const struct view_earlier_sink sink = { take_rows, take_line, view };
	struct expect_answer *answer = &view->answer;
	int err;

	if (view->read || view->baseline)
		return view->failed ? -EINVAL : 0;
	view->read = true;
	report_hold_notes(view->config.report, false);
	err = view->config.read_earlier(view->config.earlier_ctx, &sink, &view->about);
	if (err < 0) {
		view->failed = true;
		return err;
	}
	view->sums.untold_interfaces = !view->about.tells_interfaces;
	answer->file_complete = !view->about.incomplete;
	err = take_records(view);
	if (err == 0 && answer->n_passed_over)
		report_add(view->config.report, REPORT_NOTE,
			   "%s: %llu %s about protocols or families that were not asked for; "
			   "-t, -u, -x and the like choose them",
			   view->about.name, (unsigned long long)answer->n_passed_over,
			   answer->n_passed_over == 1 ? "line is" : "lines are");
	hold_notes(view);
	return err < 0 ? fail(view, err) : 0;
}

static int expect_begin(struct writer *writer, enum section section)
{
	struct expect *view = (struct expect *)writer;

	(void)section;
	if (!view->read)
		sysctl_port_range(view->config.env, &view->answer.client_low,
				  &view->answer.client_high);
	return prepare(view);
}

static int expect_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct expect *view = (struct expect *)writer;

	for (size_t i = 0; i < n; i++) {
		/* What has no port or name, nobody can find. */
		bool named = rows[i].proto == PROTO_UNIX ? rows[i].name_kind != UNIX_UNNAMED
							 : rows[i].local.port != 0;

		if (named && drift_sums_add(&view->sums, DRIFT_NOW, &rows[i], 1) < 0)
			return fail(view, -ENOMEM);
	}
	return 0;
}

/* A difference that is sure is drift, whatever else could not be seen. */
static int status_of(const struct expect_answer *answer)
{
	bool unsure = !answer->now_complete || !answer->file_complete;

	for (size_t i = 0; i < answer->n_findings; i++) {
		if (answer->findings[i].certain)
			return STATUS_DRIFT;
		unsure = true;
	}
	return unsure ? STATUS_UNDECIDED : STATUS_SAME;
}

static int write_answer(struct expect *view)
{
	const struct expect_answer *answer = &view->answer;

	if (view->config.quiet)
		return 0;
	if (view->baseline)
		return expect_put_baseline(answer, view->out);
	return view->config.format == VIEW_TEXT ? expect_put_text(answer, view->out)
						: expect_put_json(answer, view->out);
}

/* Whether all listeners of now were seen. That a file has not all is reported too, and is another
 * matter. */
static bool is_complete(const struct expect *view)
{
	const struct view_config *config = &view->config;
	size_t at = 0, n = 0;

	for (const struct report_message *message;
	     (message = report_next_message(config->report, &at));)
		n += message->level >= REPORT_PARTIAL;
	return !config->run->cut_short && n == (view->about.incomplete ? 1 : 0) &&
	       !report_has_left_out(config->report);
}

/* Whether a difference, or that there is none, hinges on what could not be seen; or the line about
 * one does, which has no program. */
static bool hinges_on_hidden(const struct expect *view)
{
	const struct expect_answer *answer = &view->answer;

	if (!answer->now_complete || !answer->file_complete)
		return true;
	for (size_t i = 0; i < answer->n_findings; i++) {
		const struct expect_finding *finding = &answer->findings[i];

		if (!finding->certain || (!view->config.quiet && finding->row &&
					  finding->row->key.program == DRIFT_HIDDEN))
			return true;
	}
	return false;
}

/* The sockets of now beside the file. 0 or -errno. */
static int conclude(struct expect *view)
{
	struct expect_answer *answer = &view->answer;
	int err;

	answer->config = &view->config;
	answer->sums = &view->sums;
	answer->now_complete = is_complete(view);
	if (view->baseline)
		return 0;
	err = expect_match(answer);
	*view->config.status = err < 0 ? STATUS_FAILED : status_of(answer);
	return err;
}

static int expect_end(struct writer *writer)
{
	struct expect *view = (struct expect *)writer;
	int err = view->failed ? -EINVAL : prepare(view);
	bool wrong = err < 0; /* a status that the file was given stays */

	if (err == 0)
		err = conclude(view);
	report_end_hold(view->config.report, !wrong && (err < 0 || hinges_on_hidden(view)));
	if (wrong)
		return err;
	if (err == 0)
		err = write_answer(view);
	if (err < 0)
		return fail(view, err);
	return view->config.quiet ? 0 : obuf_flush(view->out);
}

static void expect_free(struct writer *writer)
{
	struct expect *view = (struct expect *)writer;

	drift_sums_free(&view->sums);
	free(view->answer.entries);
	free(view->answer.findings);
	free(view);
}

static struct writer *make(const struct view_config *config, struct obuf *out, bool baseline)
{
	struct expect *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->writer = (struct writer){
		.begin = expect_begin, .rows = expect_rows, .end = expect_end, .free = expect_free
	};
	view->config = *config;
	view->out = out;
	view->baseline = baseline;
	drift_sums_init(&view->sums, facets);
	hold_notes(view);
	return &view->writer;
}

struct writer *expect_new(const struct view_config *config, struct obuf *out)
{
	return make(config, out, false);
}

struct writer *baseline_new(const struct view_config *config, struct obuf *out)
{
	return make(config, out, true);
}
