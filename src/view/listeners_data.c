/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --listeners as JSON and CSV. What the field table knows of a listener is written by its rows. */
#include <string.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "output/csv.h"
#include "output/field_text.h"
#include "output/json_doc.h"
#include "view/listeners_answer.h"

/* Fields of the table that are told of each listener, before what only this view knows. */
static const char *const field_names[] = {
	"proto", "family", "local_address", "local_port",   "v6only",
	"path",  "uid",    "inode",         "backlog_used", "backlog",
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Numbers that only this view knows, in their order; fill_percent is told beside them. */
enum own_number {
	OWN_CAPACITY,
	OWN_DROPS,
	OWN_SHARING,
	OWN_SYN_RECV,
	OWN_CLOSE_WAIT,
	OWN_COUNT,
};

static const char *const own_names[OWN_COUNT] = {
	[OWN_CAPACITY] = "capacity", [OWN_DROPS] = "drops",           [OWN_SHARING] = "sharing",
	[OWN_SYN_RECV] = "SYN_RECV", [OWN_CLOSE_WAIT] = "CLOSE_WAIT",
};

static const struct field *field_named(const char *name)
{
	return field_find(name, strlen(name));
}

static bool own_number(const struct listeners_answer *answer, const struct listener *listener,
		       enum own_number which, uint64_t *value)
{
	const struct listeners_sums *sums = &answer->sums;
	const struct listeners_counts *counts = listener_counts(sums, listener);

	switch (which) {
	case OWN_CAPACITY:
		return listener_capacity(listener, value);
	case OWN_DROPS:
		*value = listener->drops;
		return listener->has_drops;
	case OWN_SHARING:
		*value = counts ? sums->places[listener->place].n_listeners : 0;
		return counts;
	case OWN_SYN_RECV:
		*value = counts ? counts->syn_recv : 0;
		return counts;
	case OWN_CLOSE_WAIT:
		*value = counts ? counts->close_wait : 0;
		return counts;
	case OWN_COUNT:
		break;
	}
	return false;
}

/* Hundredths of a percent in use, rounded down; false where it is not known. */
static bool fill100(const struct listener *listener, uint64_t *value)
{
	uint64_t capacity;

	if (!listener_capacity(listener, &capacity))
		return false;
	*value = listener->sock.recv_q * UINT64_C(10000) / capacity;
	return true;
}

static void put_json_field(struct json_doc *doc, const struct field *field, const struct sock *sock)
{
	struct value value;

	if (!field_get(field, sock, 0, &value)) {
		json_doc_null(doc, field->name);
		return;
	}
	switch (field->type) {
	case FIELD_WORD:
		json_doc_str(doc, field->name, value.word);
		return;
	case FIELD_UINT:
		json_doc_uint(doc, field->name, value.number);
		return;
	case FIELD_BOOL:
		json_doc_bool(doc, field->name, value.flag);
		return;
	case FIELD_ADDR:
		json_doc_addr(doc, field->name, value.addr.family, value.addr.end);
		return;
	case FIELD_TEXT:
		json_doc_text(doc, field->name, value.text.data, value.text.len);
		return;
	case FIELD_OWNERS:
		return;
	}
}

static void put_json_owner(struct json_doc *doc, const char *key, uint32_t pid, const char *program)
{
	json_doc_object(doc, key);
	json_doc_uint(doc, "pid", pid);
	json_doc_str(doc, "program", program);
	json_doc_end(doc);
}

static void put_json_owners(struct json_doc *doc, const struct sock *sock)
{
	if (sock->n_owners == 0 && sock->owners_hidden) {
		json_doc_null(doc, "owners");
		return;
	}
	json_doc_array(doc, "owners");
	for (uint32_t i = 0; i < sock->n_owners; i++)
		put_json_owner(doc, NULL, sock->owners[i].pid, sock->owners[i].program);
	json_doc_end(doc);
}

static void put_json_own(struct json_doc *doc, const struct listeners_answer *answer,
			 const struct listener *listener)
{
	uint64_t value;

	for (size_t i = 0; i < OWN_COUNT; i++) {
		bool known = own_number(answer, listener, i, &value);

		if (i == OWN_SYN_RECV)
			json_doc_object(doc, "states");
		json_doc_known(doc, own_names[i], known, known ? value : 0);
	}
	json_doc_end(doc);
	if (fill100(listener, &value))
		json_doc_fixed(doc, "fill_percent", value, 2);
	else
		json_doc_null(doc, "fill_percent");
}

static void put_json_listener(struct json_doc *doc, const struct listeners_answer *answer,
			      const struct listener *listener)
{
	const struct sock *sock = &listener->sock;

	json_doc_object(doc, NULL);
	for (size_t i = 0; i < COUNT_OF(field_names); i++)
		put_json_field(doc, field_named(field_names[i]), sock);
	put_json_field(doc, field_named("path_kind"), sock);
	view_put_interface(answer->config, doc, sock->local.ifindex);
	put_json_own(doc, answer, listener);
	json_doc_bool(doc, "backlog_may_be_cut", listeners_may_be_cut(answer, listener));
	put_json_owners(doc, sock);
	json_doc_end(doc);
}

static void put_json_group(struct json_doc *doc, const struct listeners_answer *answer,
			   const struct close_wait_group *group)
{
	static const char *const holders[] = {
		[CLOSE_WAIT_OWNED] = "process",
		[CLOSE_WAIT_HIDDEN] = "hidden",
		[CLOSE_WAIT_NOT_SEEN] = "not_seen",
		[CLOSE_WAIT_UNACCEPTED] = "accept_queue",
	};
	const struct listener *listener = listeners_at(answer, group->server);

	json_doc_object(doc, NULL);
	json_doc_str(doc, "holder", holders[group->holder]);
	if (group->holder == CLOSE_WAIT_OWNED)
		put_json_owner(doc, "owner", group->pid, group->program);
	else
		json_doc_null(doc, "owner");
	json_doc_uint(doc, "sockets", group->sockets);
	json_doc_uint(doc, "unread", group->unread);
	if (listener) {
		json_doc_object(doc, "listener");
		put_json_field(doc, field_named("local_address"), &listener->sock);
		put_json_field(doc, field_named("local_port"), &listener->sock);
		json_doc_end(doc);
	} else {
		json_doc_null(doc, "listener");
	}
	json_doc_end(doc);
}

static void put_json_close_wait(struct json_doc *doc, const struct listeners_answer *answer)
{
	const struct listeners_sums *sums = &answer->sums;
	size_t n = answer->waits.n;

	if (n > LISTENERS_GROUPS_SHOWN)
		n = LISTENERS_GROUPS_SHOWN;
	if (!answer->tcp) {
		json_doc_null(doc, "close_wait");
		return;
	}
	json_doc_object(doc, "close_wait");
	json_doc_uint(doc, "unaccepted", sums->counts.unaccepted);
	json_doc_uint(doc, "unread", sums->counts.unread);
	json_doc_uint(doc, "without_listener", sums->stray.close_wait);
	/* Above the number that is remembered, holders are counted of those only. */
	json_doc_uint(doc, "holders_counted_of", sums->n_waiters + sums->counts.unaccepted);
	json_doc_uint(doc, "holders_total", answer->waits.n);
	json_doc_array(doc, "holders");
	for (size_t i = 0; i < n; i++)
		put_json_group(doc, answer, &answer->waits.groups[i]);
	json_doc_end(doc);
	json_doc_end(doc);
}

/* The members of the kernel's groups: each counter, or the rates there are. */
static void put_json_groups(struct json_doc *doc, const char *key,
			    const struct listeners_kernel *kernel, bool rates)
{
	const char *group = NULL;

	json_doc_object(doc, key);
	for (size_t i = 0; i < LISTENERS_N_COUNTERS; i++) {
		const struct listeners_counter_row *row = &listeners_counter_rows[i];
		const struct listeners_number *number = &kernel->counters[i];

		if (!group || strcmp(group, row->group) != 0) {
			if (group)
				json_doc_end(doc);
			json_doc_object(doc, row->group);
			group = row->group;
		}
		if (!rates)
			json_doc_known(doc, row->name, number->known, number->value);
		else if (number->has_rate)
			json_doc_fixed(doc, row->name, number->per_1000_s, 3);
	}
	json_doc_end(doc);
	json_doc_end(doc);
}

static void put_json_numbers(struct json_doc *doc, const struct listeners_answer *answer)
{
	const struct listeners_kernel *kernel = &answer->kernel;

	if (answer->tcp)
		put_json_groups(doc, "counters", kernel, false);
	else
		json_doc_null(doc, "counters");
	if (answer->tcp && kernel->elapsed_ms > 0) {
		json_doc_uint(doc, "interval_ms", (uint64_t)kernel->elapsed_ms);
		put_json_groups(doc, "rates_per_s", kernel, true);
	}
	json_doc_object(doc, "settings");
	for (size_t i = 0; i < LISTENERS_N_SETTINGS; i++)
		json_doc_known(doc, listeners_setting_rows[i].key, kernel->settings[i].known,
			       kernel->settings[i].value);
	json_doc_end(doc);
}

static void put_json_states(struct json_doc *doc, const struct listeners_answer *answer)
{
	const struct listeners_counts *counts = &answer->sums.counts;

	json_doc_object(doc, "states");
	json_doc_known(doc, "SYN_RECV", answer->tcp, counts->syn_recv);
	json_doc_known(doc, "CLOSE_WAIT", answer->tcp, counts->close_wait);
	json_doc_end(doc);
}

static void put_json_finding(void *arg, const char *kind, const char *text)
{
	struct json_doc *doc = arg;

	json_doc_object(doc, NULL);
	json_doc_str(doc, "kind", kind);
	json_doc_str(doc, "text", text);
	json_doc_end(doc);
}

void listeners_put_json(const struct listeners_answer *answer, struct obuf *out)
{
	const struct listeners_sums *sums = &answer->sums;
	struct json_doc doc;

	json_doc_begin_view(&doc, out, answer->config->run, "listeners", answer->config->filtered);
	json_doc_uint(&doc, "listeners_total", sums->n_listeners);
	put_json_states(&doc, answer);
	json_doc_array(&doc, "listeners");
	for (size_t i = 0; i < answer->n_shown; i++)
		put_json_listener(&doc, answer, &sums->listeners[i]);
	json_doc_end(&doc);
	put_json_close_wait(&doc, answer);
	put_json_numbers(&doc, answer);
	json_doc_array(&doc, "findings");
	listeners_find(answer, put_json_finding, &doc);
	json_doc_end(&doc);
	json_doc_end_view(&doc, answer->config->run);
}

static void put_csv_head(struct obuf *out)
{
	for (size_t i = 0; i < COUNT_OF(field_names); i++) {
		obuf_put_str(out, field_names[i]);
		obuf_put_char(out, ',');
	}
	obuf_put_str(out, "interface,interface_index,");
	for (size_t i = 0; i < OWN_COUNT; i++) {
		obuf_put_str(out, own_names[i]);
		obuf_put_char(out, ',');
	}
	obuf_put_str(out, "fill_percent,owners,path_kind\r\n");
}

static void put_csv_field(struct obuf *out, const char *name, const struct sock *sock)
{
	size_t start = out->len;

	if (field_text_put_data(out, field_named(name), sock))
		csv_end_field(out, start);
}

static void put_csv_own(struct obuf *out, const struct listeners_answer *answer,
			const struct listener *listener)
{
	uint64_t value;

	for (size_t i = 0; i < OWN_COUNT; i++) {
		if (own_number(answer, listener, i, &value))
			obuf_put_left(out, value, 0);
		obuf_put_char(out, ',');
	}
	if (fill100(listener, &value))
		view_put_csv_fixed(out, value);
	obuf_put_char(out, ',');
}

int listeners_put_csv(const struct listeners_answer *answer, bool with_head, struct obuf *out)
{
	int err = 0;

	if (with_head)
		put_csv_head(out);
	for (size_t i = 0; err == 0 && i < answer->n_shown; i++) {
		const struct listener *listener = &answer->sums.listeners[i];

		for (size_t j = 0; j < COUNT_OF(field_names); j++) {
			put_csv_field(out, field_names[j], &listener->sock);
			obuf_put_char(out, ',');
		}
		view_put_csv_interface(answer->config, out, listener->sock.local.ifindex);
		obuf_put_char(out, ',');
		put_csv_own(out, answer, listener);
		put_csv_field(out, "owners", &listener->sock);
		obuf_put_char(out, ',');
		put_csv_field(out, "path_kind", &listener->sock);
		obuf_put(out, "\r\n", 2);
		err = obuf_end_row(out);
	}
	return err;
}
