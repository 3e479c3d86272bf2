/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON, JSON lines and CSV of --count-by. */
#include "view/count_data.h"

#include "base/obuf.h"
#include "model/query.h"
#include "output/csv.h"
#include "output/data.h"
#include "output/json_doc.h"

static bool get_shown(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	const struct count_shown *shown = (const struct count_shown *)sock;

	(void)field;
	*value = shown->value;
	return i == 0;
}

/* The field as one that has this value; only for values that are there. */
struct field count_value_show(const struct field *field, const struct count_value *value,
			      struct count_shown *shown)
{
	struct field one = *field;

	*shown = (struct count_shown){ .value.type = field->type };
	one.get = get_shown;
	one.many = false;
	switch (value->kind) {
	case COUNT_WORD:
		shown->value.word = (const char *)value->text;
		break;
	case COUNT_TEXT:
		shown->value.text.data = value->text;
		shown->value.text.len = value->len;
		shown->value.text.kind = (enum unix_name_kind)value->name_kind;
		break;
	case COUNT_UINT:
		shown->value.number = value->number;
		break;
	case COUNT_BOOL:
		shown->value.flag = value->number;
		break;
	case COUNT_ADDR:
	case COUNT_HIDDEN:
	case COUNT_ABSENT:
		break;
	}
	return one;
}

/* "10.1.2.0/24" at dst, with a NUL. Returns the bytes before it. */
size_t count_value_format_addr(char dst[COUNT_ADDR_ROOM + 1], const struct count_value *addr)
{
	const struct sock sock = {
		.family = addr->family,
		.interface = addr->zone,
		.local.ifindex = addr->end.ifindex,
	};
	const struct value value = {
		.type = FIELD_ADDR,
		.addr = { .family = addr->family, .end = &addr->end },
	};
	size_t n = field_text_format_addr(dst, &sock, &value);

	if (addr->prefix) {
		dst[n++] = '/';
		n += num_format_u64(dst + n, addr->prefix);
	}
	dst[n] = '\0';
	return n;
}

size_t count_answer_shown(const struct count_answer *answer)
{
	uint64_t top = answer->top;

	return top && top < answer->sums->n_groups ? (size_t)top : answer->sums->n_groups;
}

/* The sockets of the groups that are not shown. */
uint64_t count_answer_other(const struct count_answer *answer)
{
	uint64_t count = answer->sums->total;

	for (size_t i = 0; i < count_answer_shown(answer); i++)
		count -= answer->sums->groups[i].count;
	return count;
}

/* For data: whether the owners of a group are known, as the field owners_status says it. */
static const char *owners_status(const struct count_answer *answer, const struct count_group *group)
{
	const char *word = "none";
	size_t at = 0;

	for (size_t i = 0; i < answer->sums->n_fields; i++) {
		struct count_value value = count_group_next(group, &at);

		if (!(answer->sums->fields[i]->needs & NEED_OWNERS))
			continue;
		if (value.kind == COUNT_HIDDEN)
			return "hidden";
		if (value.kind != COUNT_ABSENT)
			word = "known";
	}
	return word;
}

static void put_json_value(struct json_doc *doc, const struct field *field,
			   const struct count_value *value)
{
	char addr[COUNT_ADDR_ROOM + 1];

	switch (value->kind) {
	case COUNT_WORD:
	case COUNT_TEXT:
		json_doc_text(doc, field->name, value->text, value->len);
		break;
	case COUNT_UINT:
		json_doc_uint(doc, field->name, value->number);
		break;
	case COUNT_BOOL:
		json_doc_bool(doc, field->name, value->number);
		break;
	case COUNT_ADDR:
		json_doc_text(doc, field->name, addr, count_value_format_addr(addr, value));
		break;
	case COUNT_HIDDEN:
	case COUNT_ABSENT:
		json_doc_null(doc, field->name);
		break;
	}
}

static void put_json_group(const struct count_answer *answer, struct json_doc *doc,
			   const struct count_group *group)
{
	size_t at = 0;

	json_doc_object(doc, NULL);
	json_doc_uint(doc, "sockets", group->count);
	for (size_t i = 0; i < answer->sums->n_fields; i++) {
		struct count_value value = count_group_next(group, &at);

		put_json_value(doc, answer->sums->fields[i], &value);
	}
	if (answer->owners)
		json_doc_str(doc, "owners_status", owners_status(answer, group));
	json_doc_end(doc);
}

/* What is counted by, as it may be written in --count-by. */
static void put_json_fields(const struct count_answer *answer, struct json_doc *doc)
{
	json_doc_array(doc, "fields");
	for (size_t i = 0; i < answer->sums->n_fields; i++) {
		json_doc_object(doc, NULL);
		json_doc_str(doc, "name", answer->sums->fields[i]->name);
		if (answer->sums->prefixes[i])
			json_doc_uint(doc, "prefix", answer->sums->prefixes[i]);
		else
			json_doc_null(doc, "prefix");
		json_doc_end(doc);
	}
	json_doc_end(doc);
}

static void put_json_sums(const struct count_answer *answer, struct json_doc *doc)
{
	json_doc_uint(doc, "sockets_total", answer->sums->total);
	json_doc_uint(doc, "groups_total", answer->sums->n_groups);
	json_doc_object(doc, "other");
	json_doc_uint(doc, "groups", answer->sums->n_groups - count_answer_shown(answer));
	json_doc_uint(doc, "sockets", count_answer_other(answer));
	json_doc_end(doc);
}

int count_data_put_json(const struct count_answer *answer, struct obuf *out)
{
	struct json_doc doc;
	int err = 0;

	json_doc_begin_view(&doc, out, answer->run, "count_by", answer->filtered);
	put_json_fields(answer, &doc);
	json_doc_array(&doc, "groups");
	for (size_t i = 0; err == 0 && i < count_answer_shown(answer); i++) {
		put_json_group(answer, &doc, &answer->sums->groups[i]);
		err = obuf_end_row(out);
	}
	json_doc_end(&doc);
	put_json_sums(answer, &doc);
	json_doc_end_view(&doc, answer->run);
	return err;
}

/* A line that is no group: {"begin":true, or {"end":true, and what run it is of. */
static void open_line(const struct count_answer *answer, struct json_doc *doc, struct obuf *out,
		      const char *which)
{
	*doc = (struct json_doc){ .out = out };
	json_doc_object(doc, NULL);
	json_doc_bool(doc, which, true);
	if (answer->run->round)
		json_doc_uint(doc, "round", answer->run->round);
	json_doc_run(doc, answer->run);
	json_doc_str(doc, "view", "count_by");
	json_doc_bool(doc, "filtered", answer->filtered);
	put_json_fields(answer, doc);
}

/* A record a group, and one that ends the round; where rounds follow each other, one that begins
 * it. */
int count_data_put_jsonl(const struct count_answer *answer, struct obuf *out)
{
	struct json_doc doc;
	int err = 0;

	if (answer->run->round) {
		open_line(answer, &doc, out, "begin");
		json_doc_end(&doc);
		obuf_put_char(out, '\n');
	}
	for (size_t i = 0; err == 0 && i < count_answer_shown(answer); i++) {
		doc = (struct json_doc){ .out = out };
		put_json_group(answer, &doc, &answer->sums->groups[i]);
		obuf_put_char(out, '\n');
		err = obuf_end_row(out);
	}
	open_line(answer, &doc, out, "end");
	put_json_sums(answer, &doc);
	json_doc_end_view(&doc, answer->run);
	return err;
}

static void put_csv_value(struct obuf *out, const struct field *field,
			  const struct count_value *value)
{
	size_t start = out->len;
	char addr[COUNT_ADDR_ROOM + 1];
	struct count_shown shown;
	struct field one;

	if (value->kind == COUNT_HIDDEN || value->kind == COUNT_ABSENT)
		return;
	if (value->kind == COUNT_ADDR) {
		obuf_put(out, addr, count_value_format_addr(addr, value));
	} else {
		one = count_value_show(field, value, &shown);
		field_text_put_data(out, &one, &shown.sock);
	}
	csv_end_field(out, start);
}

static void put_csv_header(const struct count_answer *answer, struct obuf *out)
{
	obuf_put_str(out, "sockets");
	for (size_t i = 0; i < answer->sums->n_fields; i++) {
		obuf_put_char(out, ',');
		obuf_put_str(out, answer->sums->fields[i]->name);
	}
	obuf_put_str(out, answer->owners ? ",owners_status\r\n" : "\r\n");
}

int count_data_put_csv(const struct count_answer *answer, struct obuf *out, bool header)
{
	int err = 0;

	if (header)
		put_csv_header(answer, out);
	if (answer->run->cut_short)
		return 0;
	for (size_t i = 0; err == 0 && i < count_answer_shown(answer); i++) {
		const struct count_group *group = &answer->sums->groups[i];
		size_t at = 0;

		obuf_put_left(out, group->count, 0);
		for (size_t k = 0; k < answer->sums->n_fields; k++) {
			struct count_value value = count_group_next(group, &at);

			obuf_put_char(out, ',');
			put_csv_value(out, answer->sums->fields[k], &value);
		}
		if (answer->owners) {
			obuf_put_char(out, ',');
			obuf_put_str(out, owners_status(answer, group));
		}
		obuf_put(out, "\r\n", 2);
		err = obuf_end_row(out);
	}
	return err;
}
