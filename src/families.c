/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list-families: each protocol is listed once, and the rows are counted. */
#include "families.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "base/report.h"
#include "model/proto.h"
#include "output/data.h"
#include "output/json_doc.h"
#include "output/text_table.h"
#include "source/source.h"

/* What is said of a family. */
struct family {
	const char *word;
	enum source_result result;
	struct source_answer answer;
	uint64_t n;
};

static int count_rows(void *ctx, struct sock *rows, size_t n)
{
	(void)rows;
	*(uint64_t *)ctx += n;
	return 0;
}

/* Lists one table of a protocol. What one of its tables lacks, the protocol lacks. */
static void look_at(struct source_run *sources, enum sock_proto proto, uint8_t address_family,
		    uint32_t states, struct family *family)
{
	const struct sock_query query = {
		.proto = proto,
		.family = address_family,
		.states = states,
	};
	const struct sock_sink sink = { .take = count_rows, .ctx = &family->n };
	enum source_result result = source_list(sources, &query, false, &sink);

	/* Without IPv6 the other half is all there is. */
	if (result == SOURCE_ABSENT && address_family == AF_INET6)
		return;
	if (family->result == SOURCE_ABSENT || result == SOURCE_UNREADABLE ||
	    (result == SOURCE_PARTIAL && family->result == SOURCE_COMPLETE)) {
		family->result = result;
		family->answer = *source_last_answer(sources);
	}
}

static struct family look(struct source_run *sources, enum sock_proto proto)
{
	const uint32_t endpoints = 1u << TCP_STATE_LISTEN | 1u << TCP_STATE_CLOSE;
	struct family family = { .word = proto_word(proto), .result = SOURCE_ABSENT };
	uint8_t only = proto_row(proto)->family;
	uint32_t states = TCP_STATES_ALL;

	/* Asked for all at once, sctp_diag tells of an association's socket twice. */
	if (proto == PROTO_SCTP) {
		look_at(sources, proto, AF_INET, endpoints, &family);
		look_at(sources, proto, AF_INET6, endpoints, &family);
		states &= ~endpoints;
	}
	look_at(sources, proto, only ? only : AF_INET, states, &family);
	if (!only)
		look_at(sources, proto, AF_INET6, states, &family);
	return family;
}

/* Families of which the kernel tells no socket, by any way. They are shown where it has them. */
static const struct unseen {
	const char *word, *kernel_name;
} unseen[] = {
	{ "alg", "ALG" },     { "ax25", "AX25" }, { "l2tp_ip", "L2TP/IP" }, { "llc", "LLC" },
	{ "mctp", "MCTP" },   { "pptp", "PPTP" }, { "qipcrtr", "QIPCRTR" }, { "rds", "RDS" },
	{ "rxrpc", "RXRPC" }, { "x25", "X25" },
};

enum { N_UNSEEN = sizeof(unseen) / sizeof(unseen[0]), MAX_FAMILIES = PROTO_COUNT + N_UNSEEN };

/* All families, those that can be listed first. Returns how many. */
static size_t look_at_all(struct source_run *sources, struct family families[MAX_FAMILIES])
{
	size_t n = 0;

	for (int proto = 0; proto < PROTO_COUNT; proto++)
		families[n++] = look(sources, (enum sock_proto)proto);
	for (size_t i = 0; i < N_UNSEEN; i++)
		if (source_is_known(sources, unseen[i].kernel_name))
			families[n++] = (struct family){
				.word = unseen[i].word,
				.result = SOURCE_UNREADABLE,
				.answer = { .no_module = true },
			};
	return n;
}

static bool is_forbidden(int error)
{
	return error == -EPERM || error == -EACCES;
}

/* One word for each answer, which JSON has too. */
static const char *status_word(const struct family *family)
{
	switch (family->result) {
	case SOURCE_ABSENT:
		return "absent";
	case SOURCE_UNREADABLE:
		if (is_forbidden(family->answer.error))
			return "forbidden";
		return family->answer.no_module ? "no-module" : "failed";
	case SOURCE_PARTIAL:
		return "partial";
	default:
		return family->n ? "listed" : "empty";
	}
}

static bool is_listed(const struct family *family)
{
	return family->result == SOURCE_COMPLETE || family->result == SOURCE_PARTIAL;
}

/* Who told it, or NULL. */
static const char *source_word(const struct family *family)
{
	if (!is_listed(family))
		return NULL;
	return family->answer.by_diag ? "sock_diag" : "procfs";
}

/* The file below /proc that told it, or NULL. Where there is none for the family, it is the one
 * with the kernel's own counts. */
static const char *source_path(const struct family *family)
{
	if (!is_listed(family) || family->answer.by_diag)
		return NULL;
	return family->answer.path ? family->answer.path : "net/protocols";
}

/* What the status means here, in words. */
static void put_meaning(struct text_table *table, const struct family *family)
{
	const struct source_answer *answer = &family->answer;
	const char *path = source_path(family);

	if (family->result == SOURCE_ABSENT)
		text_table_format(table, "this kernel has no such sockets");
	else if (family->result == SOURCE_PARTIAL)
		text_table_format(table, "some are missing");
	else if (family->result == SOURCE_UNREADABLE && !answer->no_module)
		text_table_format(table, "cannot be read: %s", strerror(-answer->error));
	else if (family->result == SOURCE_UNREADABLE && answer->module)
		text_table_format(table, "this kernel has no %s: they cannot be seen",
				  answer->module);
	else if (family->result == SOURCE_UNREADABLE)
		text_table_format(table, "no kernel tells of such sockets");
	else if (path && answer->module)
		text_table_format(table, "read from /proc/%s: %s %s", path,
				  answer->no_module ? "this kernel has no"
						    : "no answer from sock_diag,",
				  answer->module);
	else if (path)
		text_table_format(table, "read from /proc/%s", path);
	else
		text_table_str(table, NULL);
}

static int put_text(const struct family *families, size_t n, struct obuf *out, bool with_head)
{
	static const struct text_column columns[] = {
		{ .title = "Family" }, { .title = "Sockets", .right = true },
		{ .title = "Status" }, { .title = "Source" },
		{ .title = "Note" },
	};
	struct text_table table;

	text_table_begin(&table, columns, sizeof(columns) / sizeof(columns[0]), false);
	for (size_t i = 0; i < n; i++) {
		const struct family *family = &families[i];

		text_table_str(&table, family->word);
		if (is_listed(family))
			text_table_uint(&table, family->n);
		else
			text_table_str(&table, NULL);
		text_table_str(&table, status_word(family));
		text_table_str(&table, source_word(family));
		put_meaning(&table, family);
	}
	return text_table_end(&table, out, 0, with_head);
}

static void put_json(const struct family *families, size_t n, const struct data_run *run,
		     struct obuf *out)
{
	struct json_doc doc;

	json_doc_begin_view(&doc, out, run, "families", false);
	json_doc_array(&doc, "families");
	for (size_t i = 0; i < n; i++) {
		const struct family *family = &families[i];

		json_doc_object(&doc, NULL);
		json_doc_str(&doc, "proto", family->word);
		json_doc_str(&doc, "status", status_word(family));
		json_doc_known(&doc, "sockets", is_listed(family), family->n);
		json_doc_str(&doc, "source", source_word(family));
		json_doc_str(&doc, "file", source_path(family));
		json_doc_str(&doc, "module", family->answer.module);
		if (family->result == SOURCE_ABSENT)
			json_doc_null(&doc, "module_missing");
		else
			json_doc_bool(&doc, "module_missing",
				      family->answer.no_module && family->answer.module);
		json_doc_str(&doc, "error",
			     family->result == SOURCE_UNREADABLE && !family->answer.no_module
				     ? strerror(-family->answer.error)
				     : NULL);
		json_doc_end(&doc);
	}
	json_doc_end(&doc);
	json_doc_end_view(&doc, run);
}

int families_put(const struct env *env, struct report *report, const struct data_run *run,
		 struct obuf *out, bool data, bool with_head)
{
	struct family families[MAX_FAMILIES];
	struct source_run *sources;
	struct report silent;
	size_t n;
	int err = 0;

	report_init(&silent, -1);
	sources = source_run_new(env, &silent, false);
	if (!sources) {
		report_add(report, REPORT_FAILED, "out of memory");
		report_free(&silent);
		return -ENOMEM;
	}
	n = look_at_all(sources, families);
	if (data)
		put_json(families, n, run, out);
	else
		err = put_text(families, n, out, with_head);
	if (err == -ENOMEM)
		report_add(report, REPORT_FAILED, "out of memory");
	source_run_free(sources);
	report_free(&silent);
	return err == -ENOMEM ? err : 0;
}
