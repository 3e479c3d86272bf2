/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --expect as JSON. */
#include "base/obuf.h"
#include "output/data.h"
#include "output/json_doc.h"
#include "view/drift_put.h"
#include "view/expect_answer.h"

static const char *kind_word(enum expect_verdict verdict)
{
	static const char *const words[] = {
		[EXPECT_AS_IT_SHOULD] = "expected",
		[EXPECT_CLIENT] = "client",
		[EXPECT_UNSURE] = "unsure",
		[EXPECT_CHANGED] = "changed",
		[EXPECT_WIDER] = "wider",
		[EXPECT_MOVED] = "moved",
		[EXPECT_NEW] = "new",
		[EXPECT_GONE] = "gone",
	};

	return words[verdict];
}

static void put_listener(struct json_doc *doc, const struct expect_answer *answer,
			 const struct drift_row *row)
{
	const struct drift_sums *sums = answer->sums;
	enum exposure exposure;

	if (!row) {
		json_doc_null(doc, "listener");
		return;
	}
	json_doc_object(doc, "listener");
	drift_put_json(doc, sums, &row->key);
	json_doc_uint(doc, "sockets", row->n[DRIFT_NOW]);
	drift_put_json_programs(doc, "programs", sums, row->key.program);
	json_doc_known(doc, "pid", row->pid != 0, row->pid);
	json_doc_known(doc, "uid", row->key.uid != 0, row->key.uid - (uint64_t)1);
	json_doc_str(doc, "user", drift_word(sums, row->key.user));
	json_doc_str(doc, "unit", drift_word(sums, row->key.unit));
	json_doc_str(doc, "exposure",
		     expect_exposure(answer, &row->key, &exposure) ? exposure_word(exposure)
								   : NULL);
	json_doc_end(doc);
}

static void put_entry(struct json_doc *doc, const struct expect_answer *answer,
		      const struct expect_entry *entry)
{
	const struct drift_sums *sums = answer->sums;
	struct endpoint end = { 0 };
	const struct word *name;

	if (!entry) {
		json_doc_null(doc, "entry");
		return;
	}
	end.addr = entry->addr;
	name = entry->name ? words_get(&sums->words, entry->name) : NULL;
	json_doc_object(doc, "entry");
	json_doc_known(doc, "line", entry->line != 0, entry->line);
	json_doc_str(doc, "proto", drift_proto(&(struct drift_key){ .proto = entry->proto }));
	if (entry->proto == PROTO_UNIX || entry->any_addr)
		json_doc_null(doc, "local_address");
	else
		json_doc_addr(doc, "local_address", entry->family, &end);
	json_doc_known(doc, "port_low", entry->low != 0, entry->low);
	json_doc_known(doc, "port_high", entry->high != 0, entry->high);
	json_doc_str(doc, "interface", drift_word(sums, entry->interface));
	if (name)
		json_doc_text(doc, "path", name->text, name->len);
	else
		json_doc_null(doc, "path");
	json_doc_str(doc, "path_kind",
		     !name                               ? NULL
		     : entry->name_kind == UNIX_ABSTRACT ? "abstract"
							 : "path");
	json_doc_bool(doc, "optional", entry->optional);
	drift_put_json_programs(doc, "programs", sums,
				entry->program ? entry->program : DRIFT_HIDDEN);
	json_doc_str(doc, "unit", drift_word(sums, entry->unit));
	json_doc_str(doc, "user", drift_word(sums, entry->user));
	json_doc_end(doc);
}

int expect_put_json(const struct expect_answer *answer, struct obuf *out)
{
	const struct view_config *config = answer->config;
	struct json_doc doc;

	json_doc_begin_view(&doc, out, config->run, "expect", config->filtered);
	json_doc_array(&doc, "differences");
	for (size_t i = 0; i < answer->n_findings; i++) {
		const struct expect_finding *finding = &answer->findings[i];

		json_doc_object(&doc, NULL);
		json_doc_str(&doc, "kind", kind_word(finding->verdict));
		json_doc_bool(&doc, "certain", finding->certain);
		put_listener(&doc, answer, finding->row);
		put_entry(&doc, answer, finding->entry);
		json_doc_end(&doc);
	}
	json_doc_end(&doc);
	json_doc_uint(&doc, "expected_total", answer->n_good);
	json_doc_uint(&doc, "clients_total", answer->n_clients);
	json_doc_uint(&doc, "absent_total", answer->n_absent);
	json_doc_uint(&doc, "entries_total", answer->n_entries);
	json_doc_bool(&doc, "decided", answer->now_complete && answer->file_complete);
	json_doc_end_view(&doc, config->run);
	return obuf_end_row(out);
}
