/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --diff as lines and as JSON. */
#include "base/obuf.h"
#include "output/data.h"
#include "output/json_doc.h"
#include "view/diff_answer.h"
#include "view/drift_put.h"

/* "program sshd -> dropbear" and what else differs. */
struct differences {
	const struct diff_answer *answer;
	struct obuf *out;
	bool any;
};

static void begin_difference(struct differences *list, const char *name)
{
	obuf_put_str(list->out, list->any ? ", " : ": ");
	list->any = true;
	obuf_put_str(list->out, name);
	obuf_put_char(list->out, ' ');
}

static void put_words(struct differences *list, const char *name, const char *before,
		      const char *now)
{
	const bool utf8 = list->answer->config->utf8;

	begin_difference(list, name);
	drift_put_word(list->out, before ? before : "-", utf8);
	obuf_put_str(list->out, " -> ");
	drift_put_word(list->out, now ? now : "-", utf8);
}

static void put_numbers(struct differences *list, const char *name, uint64_t before, uint64_t now)
{
	begin_difference(list, name);
	obuf_put_left(list->out, before, 0);
	obuf_put_str(list->out, " -> ");
	obuf_put_left(list->out, now, 0);
}

static void put_programs(struct differences *list, uint32_t before, uint32_t now)
{
	const struct diff_answer *answer = list->answer;

	begin_difference(list, "program");
	drift_put_programs(list->out, answer->sums, before, answer->config->utf8);
	obuf_put_str(list->out, " -> ");
	drift_put_programs(list->out, answer->sums, now, answer->config->utf8);
}

static void put_differences(const struct diff_answer *answer, const struct diff_change *change,
			    struct obuf *out)
{
	const struct drift_key *before = change->before, *now = change->now;
	struct differences list = { answer, out, false };

	if (diff_is_other_state(change))
		put_words(&list, "state", drift_state(before), drift_state(now));
	if (diff_is_other(change, DRIFT_PROGRAM))
		put_programs(&list, before->program, now->program);
	if (diff_is_other(change, DRIFT_UNIT))
		put_words(&list, "unit", drift_word(answer->sums, before->unit),
			  drift_word(answer->sums, now->unit));
	if (diff_is_other(change, DRIFT_RECV_Q))
		put_numbers(&list, "recv_q", before->recv_q, now->recv_q);
	if (diff_is_other(change, DRIFT_SEND_Q))
		put_numbers(&list, "send_q", before->send_q, now->send_q);
}

/* What there is to say of one that is new or gone. */
static void put_facts(const struct diff_answer *answer, const struct drift_key *key,
		      struct obuf *out)
{
	const char *state = drift_state(key), *unit = drift_word(answer->sums, key->unit);

	if (state) {
		obuf_put_char(out, ' ');
		obuf_put_str(out, state);
	}
	if (key->program != DRIFT_NONE) {
		obuf_put_char(out, ' ');
		drift_put_programs(out, answer->sums, key->program, answer->config->utf8);
	}
	if (unit) {
		obuf_put_str(out, " unit ");
		drift_put_word(out, unit, answer->config->utf8);
	}
}

static int put_change(const struct diff_answer *answer, const struct diff_change *change,
		      struct obuf *out)
{
	const struct drift_key *key = change->now ? change->now : change->before;

	obuf_put_str(out, !change->now ? "- gone: " : change->before ? "~ changed: " : "+ new: ");
	obuf_put_str(out, drift_proto(key));
	obuf_put_char(out, ' ');
	drift_put_local(out, answer->sums, key, answer->config->utf8);
	if (drift_has_remote(key)) {
		obuf_put_char(out, ' ');
		drift_put_remote(out, key);
	}
	if (change->now && change->before)
		put_differences(answer, change, out);
	else
		put_facts(answer, key, out);
	if (change->n > 1) {
		obuf_put_str(out, " (");
		obuf_put_left(out, change->n, 0);
		obuf_put_str(out, " sockets)");
	}
	obuf_put_char(out, '\n');
	return obuf_end_row(out);
}

int diff_put_text(const struct diff_answer *answer, struct obuf *out)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < answer->n_changes; i++)
		err = put_change(answer, &answer->changes[i], out);
	if (err < 0 || answer->config->no_header)
		return err;
	obuf_put_left(out, answer->n_new, 0);
	obuf_put_str(out, " new, ");
	obuf_put_left(out, answer->n_gone, 0);
	obuf_put_str(out, " gone, ");
	obuf_put_left(out, answer->n_changed, 0);
	obuf_put_str(out, " changed, ");
	obuf_put_left(out, answer->n_same, 0);
	obuf_put_str(out, answer->decided ? " the same\n" : " the same; not all could be seen\n");
	return obuf_end_row(out);
}

static void put_json_facts(struct json_doc *doc, const struct diff_answer *answer, const char *name,
			   const struct drift_key *key)
{
	const unsigned int facets = answer->sums->facets;

	if (!key) {
		json_doc_null(doc, name);
		return;
	}
	json_doc_object(doc, name);
	json_doc_str(doc, "state", drift_state(key));
	if (facets & DRIFT_PROGRAM)
		drift_put_json_programs(doc, "programs", answer->sums, key->program);
	if (facets & DRIFT_UNIT)
		json_doc_str(doc, "unit", drift_word(answer->sums, key->unit));
	if (facets & DRIFT_RECV_Q)
		json_doc_uint(doc, "recv_q", key->recv_q);
	if (facets & DRIFT_SEND_Q)
		json_doc_uint(doc, "send_q", key->send_q);
	json_doc_end(doc);
}

int diff_put_json(const struct diff_answer *answer, struct obuf *out)
{
	const struct view_config *config = answer->config;
	struct json_doc doc;

	json_doc_begin_view(&doc, out, config->run, "diff", config->filtered);
	json_doc_array(&doc, "differences");
	for (size_t i = 0; i < answer->n_changes; i++) {
		const struct diff_change *change = &answer->changes[i];

		json_doc_object(&doc, NULL);
		json_doc_str(&doc, "kind",
			     !change->before ? "new"
			     : change->now   ? "changed"
					     : "gone");
		json_doc_uint(&doc, "sockets", change->n);
		drift_put_json(&doc, answer->sums, change->now ? change->now : change->before);
		put_json_facts(&doc, answer, "before", change->before);
		put_json_facts(&doc, answer, "now", change->now);
		json_doc_end(&doc);
	}
	json_doc_end(&doc);
	json_doc_uint(&doc, "new_total", answer->n_new);
	json_doc_uint(&doc, "gone_total", answer->n_gone);
	json_doc_uint(&doc, "changed_total", answer->n_changed);
	json_doc_uint(&doc, "same_total", answer->n_same);
	json_doc_uint(&doc, "hidden_total", answer->n_hidden);
	json_doc_bool(&doc, "decided", answer->decided);
	json_doc_end_view(&doc, config->run);
	return obuf_end_row(out);
}
