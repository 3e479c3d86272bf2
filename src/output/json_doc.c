/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents, member by member. */
#include "output/json_doc.h"

#include <errno.h>
#include <string.h>

#include "base/obuf.h"
#include "base/report.h"
#include "model/field.h"
#include "output/data.h"
#include "output/field_text.h"
#include "output/json_text.h"

/* The comma before a member, and its key. */
static void put_key(struct json_doc *doc, const char *key)
{
	if (doc->depth > 0) {
		if (doc->any[doc->depth - 1])
			obuf_put_char(doc->out, ',');
		doc->any[doc->depth - 1] = true;
	}
	if (!key)
		return;
	json_put_string(doc->out, key, strlen(key));
	obuf_put_char(doc->out, ':');
}

static void open_level(struct json_doc *doc, const char *key, char open, char close)
{
	if (doc->depth == JSON_DOC_DEPTH) {
		doc->out->error = doc->out->error ? doc->out->error : EOVERFLOW;
		return;
	}
	put_key(doc, key);
	obuf_put_char(doc->out, open);
	doc->any[doc->depth] = false;
	doc->close[doc->depth++] = close;
}

void json_doc_object(struct json_doc *doc, const char *key)
{
	open_level(doc, key, '{', '}');
}

void json_doc_array(struct json_doc *doc, const char *key)
{
	open_level(doc, key, '[', ']');
}

void json_doc_end(struct json_doc *doc)
{
	if (doc->depth > 0)
		obuf_put_char(doc->out, doc->close[--doc->depth]);
}

void json_doc_uint(struct json_doc *doc, const char *key, uint64_t value)
{
	put_key(doc, key);
	obuf_put_left(doc->out, value, 0);
}

void json_doc_int(struct json_doc *doc, const char *key, int64_t value)
{
	put_key(doc, key);
	if (value < 0)
		obuf_put_char(doc->out, '-');
	obuf_put_left(doc->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 0);
}

void json_doc_fixed(struct json_doc *doc, const char *key, uint64_t value, unsigned int decimals)
{
	uint64_t one = 1;
	char digits[20];
	size_t n;

	for (unsigned int i = 0; i < decimals; i++)
		one *= 10;
	json_doc_uint(doc, key, value / one);
	if (decimals == 0)
		return;
	obuf_put_char(doc->out, '.');
	n = num_format_u64(digits, value % one);
	for (; n < decimals; decimals--)
		obuf_put_char(doc->out, '0');
	obuf_put(doc->out, digits, n);
}

void json_doc_known(struct json_doc *doc, const char *key, bool known, uint64_t value)
{
	if (known)
		json_doc_uint(doc, key, value);
	else
		json_doc_null(doc, key);
}

void json_doc_bool(struct json_doc *doc, const char *key, bool value)
{
	put_key(doc, key);
	obuf_put_str(doc->out, value ? "true" : "false");
}

void json_doc_null(struct json_doc *doc, const char *key)
{
	put_key(doc, key);
	obuf_put_str(doc->out, "null");
}

void json_doc_text(struct json_doc *doc, const char *key, const void *text, size_t n)
{
	put_key(doc, key);
	if (json_put_string(doc->out, text, n) || !key)
		return;
	put_key(doc, NULL);
	json_put_string(doc->out, key, strlen(key));
	if (doc->out->error)
		return;
	doc->out->len--; /* its quote */
	obuf_put_str(doc->out, "_hex\":");
	json_put_hex(doc->out, text, n);
}

void json_doc_str(struct json_doc *doc, const char *key, const char *text)
{
	if (text)
		json_doc_text(doc, key, text, strlen(text));
	else
		json_doc_null(doc, key);
}

void json_doc_addr(struct json_doc *doc, const char *key, uint8_t family,
		   const struct endpoint *end)
{
	const struct sock sock = { .family = family };
	const struct value value = { .type = FIELD_ADDR, .addr = { .family = family, .end = end } };
	char text[FIELD_TEXT_ADDR_MAX];

	json_doc_text(doc, key, text, field_text_format_addr(text, &sock, &value));
}

void json_doc_run(struct json_doc *doc, const struct data_run *run)
{
	json_doc_uint(doc, "schema_version", FIELD_SCHEMA_VERSION);
	put_key(doc, "time");
	json_put_time(doc->out, run->time_s, run->time_ns);
	/* These two have no companions: they are not worth a new member of every document. */
	put_key(doc, "host");
	if (run->host)
		json_put_string(doc->out, run->host, strlen(run->host));
	else
		obuf_put_str(doc->out, "null");
	put_key(doc, "netns");
	if (run->netns)
		json_put_string(doc->out, run->netns, strlen(run->netns));
	else
		obuf_put_str(doc->out, "null");
}

static void put_warning(struct json_doc *doc, enum report_level level, const char *text)
{
	static const char *const levels[] = {
		[REPORT_NOTE] = "note",
		[REPORT_PARTIAL] = "partial",
		[REPORT_FAILED] = "failed",
	};

	json_doc_object(doc, NULL);
	json_doc_str(doc, "level", levels[level]);
	put_key(doc, "message");
	json_put_string(doc->out, text, strlen(text));
	json_doc_end(doc);
}

void json_doc_outcome(struct json_doc *doc, const struct data_run *run)
{
	const struct report *report = run->report;
	const struct report_message *message;
	bool complete = !run->cut_short;
	size_t at = 0;

	if (report && report_round_level(report) != REPORT_NOTE)
		complete = false;
	json_doc_bool(doc, "complete", complete);
	json_doc_array(doc, "warnings");
	while (report && (message = report_next_message(report, &at)))
		put_warning(doc, message->level, message->text);
	if (report && report_has_left_out(report))
		put_warning(doc, REPORT_NOTE, "further messages are left out here");
	json_doc_end(doc);
}

void json_doc_begin_view(struct json_doc *doc, struct obuf *out, const struct data_run *run,
			 const char *view, bool filtered)
{
	*doc = (struct json_doc){ .out = out };
	json_doc_object(doc, NULL);
	json_doc_run(doc, run);
	json_doc_str(doc, "view", view);
	json_doc_bool(doc, "filtered", filtered);
}

void json_doc_end_view(struct json_doc *doc, const struct data_run *run)
{
	json_doc_outcome(doc, run);
	json_doc_end(doc);
	obuf_put_char(doc->out, '\n');
}
