/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --explain as data. */
#include "base/obuf.h"
#include "model/proto.h"
#include "output/json_doc.h"
#include "view/explain_answer.h"
#include "view/state_facts.h"

static void put_owners_json(struct json_doc *doc, const struct explain_answer *answer)
{
	size_t shown = explain_shown_programs(answer);

	json_doc_uint(doc, "owners_total", answer->sums.programs.n);
	json_doc_array(doc, "owners");
	for (size_t i = 0; i < shown; i++) {
		const struct explain_program *program = explain_program(&answer->sums, i);

		json_doc_object(doc, NULL);
		json_doc_str(doc, "program", program->name);
		json_doc_uint(doc, "sockets", program->sockets);
		json_doc_uint(doc, "processes", program->n_processes);
		json_doc_uint(doc, "busiest_pid", program->busiest_pid);
		json_doc_uint(doc, "busiest_sockets", program->busiest_sockets);
		json_doc_end(doc);
	}
	json_doc_end(doc);
	json_doc_uint(doc, "without_process", answer->sums.n_orphans + answer->sums.n_small);
	json_doc_uint(doc, "small", answer->sums.n_small);
	json_doc_uint(doc, "hidden", answer->sums.n_hidden);
	json_doc_uint(doc, "unheld", answer->sums.n_unheld);
}

/* The facts of a kind, by their names in data. */
static void put_facts_of(struct json_doc *doc, const struct explain_answer *answer,
			 const struct state_story *story, enum state_fact_group group)
{
	for (size_t i = 0; i < STATE_FACTS_MAX && story->facts[i].name; i++) {
		const struct state_fact *fact = &story->facts[i];
		uint64_t value = 0;
		bool known;

		if (state_fact_group(fact) != group)
			continue;
		known = state_fact_value(fact, answer->config.env, &answer->netstat, &value);
		json_doc_known(doc, state_fact_key(fact), known, value);
	}
}

static void put_facts_json(struct json_doc *doc, const struct explain_answer *answer,
			   const struct state_story *story)
{
	json_doc_object(doc, "settings");
	put_facts_of(doc, answer, story, STATE_SETTINGS);
	json_doc_end(doc);
	json_doc_object(doc, "counters");
	json_doc_object(doc, "TcpExt");
	put_facts_of(doc, answer, story, STATE_COUNTERS);
	json_doc_end(doc);
	json_doc_end(doc);
	json_doc_object(doc, "derived");
	put_facts_of(doc, answer, story, STATE_DERIVED);
	json_doc_end(doc);
	json_doc_object(doc, "meanings");
	for (size_t i = 0; i < STATE_FACTS_MAX && story->facts[i].name; i++)
		json_doc_str(doc, state_fact_key(&story->facts[i]), story->facts[i].meaning);
	json_doc_end(doc);
}

static void put_state_json(struct json_doc *doc, const struct explain_answer *answer,
			   const struct state_story *story)
{
	json_doc_object(doc, NULL);
	json_doc_str(doc, "state", tcp_state_name(story->state));
	json_doc_str(doc, "rfc", story->rfc);
	json_doc_str(doc, "ss", story->ss);
	json_doc_known(doc, "sockets", explain_is_countable(answer, story),
		       explain_count(answer, story));
	json_doc_str(doc, "brief", story->brief);
	json_doc_str(doc, "meaning", story->meaning);
	json_doc_str(doc, "enters", story->enters);
	json_doc_str(doc, "leaves", story->leaves);
	json_doc_str(doc, "many_mean", story->many_mean);
	json_doc_str(doc, "look_next", story->look_next);
	json_doc_bool(doc, "may_have_owners", !story->never_owned);
	json_doc_str(doc, "without_process_because", story->without_process);
	if (answer->story && !story->never_owned)
		put_owners_json(doc, answer);
	else
		json_doc_null(doc, "owners");
	put_facts_json(doc, answer, story);
	json_doc_end(doc);
	obuf_end_row(doc->out);
}

int explain_put_json(const struct explain_answer *answer, struct obuf *out)
{
	struct json_doc doc;

	json_doc_begin_view(&doc, out, answer->config.run, "explain", answer->config.filtered);
	json_doc_array(&doc, "states");
	for (size_t i = 0; i < STATE_COUNT; i++)
		if (!answer->story || answer->story == state_story_at(i))
			put_state_json(&doc, answer, state_story_at(i));
	json_doc_end(&doc);
	json_doc_end_view(&doc, answer->config.run);
	return 0;
}
