/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --summary: sockets by protocol and state, queues, memory. A round that was cut short is not
 * shown as text; JSON says that it is not complete. */
#include "view/summary.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/obuf.h"
#include "base/report.h"
#include "output/data.h"
#include "output/json_doc.h"
#include "view/summary_sums.h"
#include "view/summary_text.h"

struct summary {
	struct writer writer;
	struct view_config config;
	struct obuf *out;
	struct summary_scope scope;
	struct summary_sums sums;
	struct summary_text text;
};

static bool counts(const struct summary *view, enum sock_proto proto)
{
	return view->scope.protos >> proto & 1;
}

static void put_number(struct json_doc *doc, const char *key, const struct summary_number *number)
{
	json_doc_known(doc, key, number->known, number->value);
}

static void put_queue(struct json_doc *doc, const struct summary_queue *queue)
{
	const uint64_t capacity = queue->limit.known ? summary_queue_capacity(queue) : 0;

	if (!queue->known) {
		json_doc_null(doc, "fullest");
		return;
	}
	json_doc_object(doc, "fullest");
	json_doc_addr(doc, "local_address", queue->family, &queue->end);
	json_doc_uint(doc, "local_port", queue->end.port);
	json_doc_uint(doc, "backlog_used", queue->used);
	put_number(doc, "backlog", &queue->limit);
	json_doc_known(doc, "capacity", queue->limit.known, capacity);
	if (queue->limit.known)
		json_doc_fixed(doc, "fill_percent", queue->used * UINT64_C(10000) / capacity, 2);
	else
		json_doc_null(doc, "fill_percent");
	json_doc_end(doc);
}

static void put_tcp(const struct summary *view, struct json_doc *doc)
{
	const struct summary_sums *sums = &view->sums;

	if (!counts(view, PROTO_TCP)) {
		json_doc_null(doc, "tcp");
		return;
	}
	json_doc_object(doc, "tcp");
	put_number(doc, "sockets_total", &sums->tcp_all);
	json_doc_object(doc, "states");
	for (unsigned int state = TCP_STATE_ESTABLISHED; state < SUMMARY_STATES; state++)
		put_number(doc, tcp_state_name(state), &sums->tcp[state]);
	json_doc_end(doc);
	put_number(doc, "orphans", &sums->tcp_orphans);
	json_doc_object(doc, "listeners");
	put_number(doc, "listeners_total", &sums->listeners);
	put_number(doc, "waiting", &sums->listeners_waiting);
	put_queue(doc, &sums->fullest);
	json_doc_end(doc);
	json_doc_end(doc);
}

static void put_inet(const struct summary *view, struct json_doc *doc, enum sock_proto proto,
		     const char *key)
{
	const struct summary_number all = summary_inet_all(&view->sums, proto);

	if (!counts(view, proto)) {
		json_doc_null(doc, key);
		return;
	}
	json_doc_object(doc, key);
	put_number(doc, "sockets_total", &all);
	put_number(doc, "inet", &view->sums.inet[proto][0]);
	put_number(doc, "inet6", &view->sums.inet[proto][1]);
	json_doc_end(doc);
}

static void put_sctp(const struct summary *view, struct json_doc *doc)
{
	if (!counts(view, PROTO_SCTP)) {
		json_doc_null(doc, "sctp");
		return;
	}
	json_doc_object(doc, "sctp");
	put_number(doc, "endpoints", &view->sums.sctp_endpoints);
	put_number(doc, "associations", &view->sums.sctp_associations);
	json_doc_end(doc);
}

static void put_unix(const struct summary *view, struct json_doc *doc)
{
	const struct summary_sums *sums = &view->sums;

	if (!counts(view, PROTO_UNIX)) {
		json_doc_null(doc, "unix");
		return;
	}
	json_doc_object(doc, "unix");
	put_number(doc, "sockets_total", &sums->unix_all);
	put_number(doc, "stream", &sums->unix_stream);
	put_number(doc, "dgram", &sums->unix_dgram);
	put_number(doc, "seqpacket", &sums->unix_seqpacket);
	put_number(doc, "listening", &sums->unix_listening);
	put_number(doc, "connected", &sums->unix_connected);
	json_doc_end(doc);
}

static void put_limits(struct json_doc *doc, const char *const keys[3],
		       const struct summary_number limits[3])
{
	for (int i = 0; i < 3; i++)
		put_number(doc, keys[i], &limits[i]);
}

/* What the kernel counts for all namespaces together. */
static void put_host(const struct summary *view, struct json_doc *doc)
{
	static const char *const tcp_keys[] = { "tcp_mem_low_bytes", "tcp_mem_pressure_bytes",
						"tcp_mem_limit_bytes" };
	static const char *const udp_keys[] = { "udp_mem_low_bytes", "udp_mem_pressure_bytes",
						"udp_mem_limit_bytes" };
	const struct summary_sums *sums = &view->sums;

	json_doc_object(doc, "whole_host");
	put_number(doc, "tcp_allocated", &sums->host_tcp_allocated);
	put_number(doc, "tcp_orphans", &sums->host_orphans);
	put_number(doc, "tcp_mem_bytes", &sums->host_tcp_mem);
	put_limits(doc, tcp_keys, sums->host_tcp_limits);
	put_number(doc, "udp_mem_bytes", &sums->host_udp_mem);
	put_limits(doc, udp_keys, sums->host_udp_limits);
	json_doc_end(doc);
	json_doc_object(doc, "settings");
	put_number(doc, "tcp_max_orphans", &sums->host_max_orphans);
	json_doc_end(doc);
}

static int write_json(const struct summary *view)
{
	struct json_doc doc;

	json_doc_begin_view(&doc, view->out, view->config.run, "summary", view->config.filtered);
	put_tcp(view, &doc);
	put_sctp(view, &doc);
	put_inet(view, &doc, PROTO_UDP, "udp");
	put_inet(view, &doc, PROTO_UDPLITE, "udplite");
	put_inet(view, &doc, PROTO_RAW, "raw");
	put_unix(view, &doc);
	put_host(view, &doc);
	json_doc_end_view(&doc, view->config.run);
	return obuf_end_row(view->out);
}

static int write_round(struct summary *view)
{
	const struct view_config *config = &view->config;

	if (config->format != VIEW_TEXT)
		return write_json(view);
	if (config->run->cut_short)
		return 0;
	return summary_text_put(&view->text, &view->sums, &view->scope, config,
				config->env->now_ns(config->env), view->out);
}

static int summary_begin(struct writer *writer, enum section section)
{
	(void)writer;
	(void)section;
	return 0;
}

static int summary_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct summary *view = (struct summary *)writer;

	summary_sums_add(&view->sums, &view->scope, rows, n);
	return 0;
}

static int summary_end(struct writer *writer)
{
	struct summary *view = (struct summary *)writer;
	struct view_config *config = &view->config;
	int err = summary_sums_read(&view->sums, &view->scope, config->env, config->report);

	/* The terminal may have another width by now. */
	if (config->width && config->env->width)
		config->width = config->env->width(config->env);
	if (err == 0)
		err = write_round(view);
	if (err == -ENOMEM && !view->out->error)
		report_add(config->report, REPORT_FAILED, "out of memory");
	summary_sums_begin(&view->sums, &view->scope);
	return err < 0 ? err : obuf_flush(view->out);
}

static void summary_free(struct writer *writer)
{
	free(writer);
}

struct writer *summary_new(const struct view_config *config, struct obuf *out)
{
	struct summary *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->writer = (struct writer){ .begin = summary_begin,
					.rows = summary_rows,
					.end = summary_end,
					.free = summary_free };
	view->config = *config;
	view->out = out;
	view->scope = summary_scope_of(config);
	summary_sums_begin(&view->sums, &view->scope);
	return &view->writer;
}
