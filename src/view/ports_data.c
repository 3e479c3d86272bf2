/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ports as JSON and CSV. */
#include "base/obuf.h"
#include "output/field_text.h"
#include "output/json_doc.h"
#include "view/ports_report.h"

/* capacity / 60 s in hundredths. */
static uint32_t sustainable100(const struct ports_sums *sums)
{
	return sums->capacity * 100 / PORTS_TIME_WAIT_S;
}

static void put_settings(struct json_doc *doc, const struct ports_settings *set)
{
	json_doc_object(doc, "settings");
	view_put_port_range(doc, !(set->unread & PORTS_NO_RANGE), set->low, set->high);
	json_doc_known(doc, "tcp_tw_reuse", !(set->unread & PORTS_NO_REUSE), set->tw_reuse);
	json_doc_known(doc, "tcp_tw_reuse_delay", !(set->unread & PORTS_NO_REUSE_DELAY),
		       set->tw_reuse_delay_ms);
	json_doc_known(doc, "tcp_timestamps", !(set->unread & PORTS_NO_TIMESTAMPS),
		       set->timestamps);
	json_doc_end(doc);
}

static void put_ports(struct json_doc *doc, const struct ports_sums *sums)
{
	const uint32_t unread = sums->set.unread;

	json_doc_known(doc, "range_ports", !(unread & PORTS_NO_RANGE), sums->range);
	json_doc_known(doc, "reserved_ports", !(unread & (PORTS_NO_RANGE | PORTS_NO_RESERVED)),
		       sums->n_reserved);
	json_doc_uint(doc, "blocked_ports", sums->n_blocked);
	json_doc_uint(doc, "capacity", sums->capacity);
	json_doc_fixed(doc, "sustainable_per_s", sustainable100(sums), 2);
}

static void put_addr(struct json_doc *doc, const char *key, const struct ports_end *end)
{
	const struct endpoint at = ports_endpoint(end);

	json_doc_addr(doc, key, end->family, &at);
}

static void put_share(struct json_doc *doc, uint32_t used, uint32_t capacity)
{
	json_doc_uint(doc, "used", used);
	json_doc_uint(doc, "capacity", capacity);
	json_doc_uint(doc, "free", ports_free(used, capacity));
	json_doc_fixed(doc, "used_percent", ports_pct100(used, capacity), 2);
}

static void put_triple(struct json_doc *doc, const struct ports_report *report,
		       const struct ports_triple *triple)
{
	const struct ports_sums *sums = report->sums;
	const struct ports_end *dest = &sums->ends[triple->dest];

	json_doc_object(doc, NULL);
	put_addr(doc, "source_address", &sums->ends[triple->source]);
	put_addr(doc, "destination_address", dest);
	json_doc_uint(doc, "destination_port", dest->port);
	view_put_interface(report->config, doc, dest->ifindex);
	json_doc_object(doc, "states");
	json_doc_uint(doc, "ESTABLISHED", triple->established);
	json_doc_uint(doc, "TIME_WAIT", triple->time_wait);
	json_doc_uint(doc, "other", triple->other);
	json_doc_end(doc);
	put_share(doc, triple->used, sums->capacity);
	json_doc_known(doc, "reusable", ports_reuse_is_known(&sums->set), triple->reusable);
	json_doc_fixed(doc, "new_per_s", triple->recent, 1);
	if (triple->exhausted_s == PORTS_NEVER)
		json_doc_null(doc, "exhausted_s");
	else
		json_doc_uint(doc, "exhausted_s", triple->exhausted_s);
	json_doc_fixed(doc, "sustainable_per_s", sustainable100(sums), 2);
	json_doc_end(doc);
}

static void put_sources(struct json_doc *doc, const struct ports_sums *sums)
{
	json_doc_array(doc, "bind");
	for (size_t i = 0; i < sums->n_sources && sums->sources[i].wanted; i++) {
		json_doc_object(doc, NULL);
		put_addr(doc, "source_address", &sums->ends[sums->sources[i].end]);
		put_share(doc, sums->sources[i].used, sums->bind_capacity);
		json_doc_end(doc);
	}
	json_doc_end(doc);
}

static void put_warnings(struct json_doc *doc, const struct ports_report *report)
{
	static const char *const kinds[] = {
		[PORTS_LISTENER_IN_RANGE] = "listener_in_range",
		[PORTS_OUTBOUND_ON_LISTENER] = "outbound_on_listener",
	};

	json_doc_array(doc, "unreserved");
	for (size_t i = 0; i < report->n_warnings; i++) {
		const struct ports_warning *warning = &report->warnings[i];

		json_doc_object(doc, NULL);
		json_doc_str(doc, "kind", kinds[warning->kind]);
		json_doc_uint(doc, "local_port", warning->port);
		if (warning->kind == PORTS_LISTENER_IN_RANGE)
			put_addr(doc, "local_address", &report->sums->ends[warning->end]);
		else
			json_doc_uint(doc, "connections", warning->connections);
		json_doc_end(doc);
	}
	json_doc_end(doc);
	json_doc_str(doc, "cure", report->cure);
}

static void put_limits(struct json_doc *doc, const struct ports_report *report)
{
	const struct view_config *config = report->config;

	if (!config->has_warn && !config->has_crit)
		return;
	json_doc_object(doc, "limits");
	if (config->has_warn)
		json_doc_uint(doc, "warn_percent", config->warn_pct);
	if (config->has_crit)
		json_doc_uint(doc, "crit_percent", config->crit_pct);
	json_doc_str(doc, "status", ports_status_name(ports_status(report)));
	json_doc_end(doc);
}

int ports_put_json(const struct ports_report *report, struct obuf *out)
{
	const struct ports_sums *sums = report->sums;
	struct json_doc doc;
	int err = 0;

	json_doc_begin_view(&doc, out, report->config->run, "ports", report->config->filtered);
	put_settings(&doc, &sums->set);
	put_ports(&doc, sums);
	put_limits(&doc, report);
	json_doc_uint(&doc, "triples_total", sums->n_wanted);
	json_doc_array(&doc, "triples");
	for (size_t i = 0; err == 0 && i < report->n_top; i++) {
		put_triple(&doc, report, &sums->triples[report->top[i]]);
		err = obuf_end_row(out);
	}
	json_doc_end(&doc);
	put_sources(&doc, sums);
	put_warnings(&doc, report);
	json_doc_end_view(&doc, report->config->run);
	return err < 0 ? err : obuf_end_row(out);
}

static void put_csv_number(struct obuf *out, uint64_t value)
{
	obuf_put_char(out, ',');
	obuf_put_left(out, value, 0);
}

static void put_csv_fixed(struct obuf *out, uint32_t value100)
{
	obuf_put_char(out, ',');
	view_put_csv_fixed(out, value100);
}

static int put_csv_triple(const struct ports_report *report, const struct ports_triple *triple,
			  struct obuf *out)
{
	const struct ports_sums *sums = report->sums;
	const struct ports_end *dest = &sums->ends[triple->dest];
	char addr[FIELD_TEXT_ADDR_MAX];

	obuf_put(out, addr, ports_format_addr(addr, &sums->ends[triple->source]));
	obuf_put_char(out, ',');
	obuf_put(out, addr, ports_format_addr(addr, dest));
	put_csv_number(out, dest->port);
	obuf_put_char(out, ',');
	view_put_csv_interface(report->config, out, dest->ifindex);
	put_csv_number(out, triple->established);
	put_csv_number(out, triple->time_wait);
	put_csv_number(out, triple->other);
	put_csv_number(out, triple->used);
	put_csv_number(out, sums->capacity);
	put_csv_number(out, ports_free(triple->used, sums->capacity));
	put_csv_fixed(out, ports_pct100(triple->used, sums->capacity));
	if (ports_reuse_is_known(&sums->set))
		put_csv_number(out, triple->reusable);
	else
		obuf_put_char(out, ',');
	put_csv_fixed(out, triple->recent * 100 / PORTS_RECENT_S);
	obuf_put_char(out, ',');
	if (triple->exhausted_s != PORTS_NEVER)
		obuf_put_left(out, triple->exhausted_s, 0);
	put_csv_fixed(out, sustainable100(sums));
	obuf_put(out, "\r\n", 2);
	return obuf_end_row(out);
}

int ports_put_csv(const struct ports_report *report, struct obuf *out, bool with_head)
{
	static const char head[] =
		"source_address,destination_address,destination_port,interface,interface_index,"
		"ESTABLISHED,TIME_WAIT,other,used,capacity,free,used_percent,reusable,new_per_s,exhausted_s,"
		"sustainable_per_s\r\n";
	const struct ports_sums *sums = report->sums;
	int err = 0;

	if (with_head)
		obuf_put_str(out, head);
	for (size_t i = 0; err == 0 && i < report->n_top; i++)
		err = put_csv_triple(report, &sums->triples[report->top[i]], out);
	return err < 0 ? err : obuf_end_row(out);
}
