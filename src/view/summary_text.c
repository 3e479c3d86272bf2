/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --summary for people: a table of what there is here, and one of what the kernel counts for the
 * whole host. */
#include "view/summary_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/obuf.h"
#include "output/text_table.h"
#include "view/view.h"

/* Columns that the other cells of a line take. */
enum { COURSE_BESIDE = 40, COURSE_MIN = 8, NS_PER_MS = 1000000 };

/* A round that is being written. */
struct page {
	struct summary_text *text;
	struct text_table table;
	int64_t elapsed_ms; /* since the round before; 0: there was none */
	bool changes;       /* on a terminal, round by round: in place of notes */
	size_t width;       /* of a course; 0: none is shown */
};

static size_t course_width(const struct view_config *config)
{
	if (!config->continuous || config->width < COURSE_BESIDE + COURSE_MIN)
		return 0;
	return config->width - COURSE_BESIDE < SUMMARY_COURSE_MAX ? config->width - COURSE_BESIDE
								  : SUMMARY_COURSE_MAX;
}

static void course_add(struct summary_course *course, const struct summary_number *number)
{
	if (!number->known) { /* a gap is no 0: what follows begins anew */
		course->n = 0;
		return;
	}
	if (course->n == SUMMARY_COURSE_MAX)
		memmove(course->values, course->values + 1,
			--course->n * sizeof(course->values[0]));
	course->values[course->n++] = number->value;
}

/* The change a second, in tenths; nothing where there is none. */
static void put_change(struct page *page, const struct summary_course *course)
{
	uint64_t before, now, change, tenths;

	if (course->n < 2 || page->elapsed_ms <= 0 ||
	    course->values[course->n - 1] == course->values[course->n - 2]) {
		text_table_str(&page->table, "");
		return;
	}
	before = course->values[course->n - 2];
	now = course->values[course->n - 1];
	change = now > before ? now - before : before - now;
	tenths = change * 10000 / (uint64_t)page->elapsed_ms;
	text_table_format(&page->table, "%c%" PRIu64 ".%u/s", now > before ? '+' : '-', tenths / 10,
			  (unsigned int)(tenths % 10));
}

static void put_course(struct page *page, const struct summary_course *course)
{
	size_t n = course->n < page->width ? course->n : page->width;
	const uint64_t *values = course->values + (course->n - n);
	uint64_t max = 0;

	for (size_t i = 0; i < n; i++)
		if (values[i] > max)
			max = values[i];
	text_table_course(&page->table, values, n, max);
}

static void put_number(struct page *page, const struct summary_number *number)
{
	if (number->known)
		text_table_uint(&page->table, number->value);
	else
		text_table_str(&page->table, NULL);
}

/* note: what there is to say beside the number where no change is shown. */
static void put_line(struct page *page, size_t line, const char *name,
		     const struct summary_number *number, const char *note)
{
	struct summary_course *course = &page->text->courses[line];

	course_add(course, number);
	text_table_str(&page->table, name);
	put_number(page, number);
	if (page->changes)
		put_change(page, course);
	else
		text_table_str(&page->table, note);
	if (page->width)
		put_course(page, course);
}

static void put_tcp(struct page *page, const struct summary_sums *sums)
{
	put_line(page, 0, "TCP", &sums->tcp_all, "");
	for (unsigned int state = TCP_STATE_ESTABLISHED; state < SUMMARY_STATES; state++) {
		char name[24];

		snprintf(name, sizeof(name), "  %s", tcp_state_name(state));
		put_line(page, state, name, &sums->tcp[state], "");
	}
}

static void put_inet(struct page *page, const struct summary_sums *sums, enum sock_proto proto,
		     const char *name)
{
	const struct summary_number all = summary_inet_all(sums, proto);
	const struct summary_number *both = sums->inet[proto];
	char note[64] = "";

	if (both[0].known && both[1].known && all.value > 0)
		snprintf(note, sizeof(note), "%" PRIu64 " IPv4, %" PRIu64 " IPv6", both[0].value,
			 both[1].value);
	put_line(page, (size_t)SUMMARY_STATES + proto, name, &all, note);
}

static void put_sctp(struct page *page, const struct summary_sums *sums)
{
	const struct summary_number all = {
		.value = sums->sctp_endpoints.value + sums->sctp_associations.value,
		.known = true,
	};
	char note[96] = "";

	if (all.value > 0)
		snprintf(note, sizeof(note), "%" PRIu64 " endpoints, %" PRIu64 " associations",
			 sums->sctp_endpoints.value, sums->sctp_associations.value);
	put_line(page, (size_t)SUMMARY_STATES + PROTO_SCTP, "SCTP", &all, note);
}

static void put_unix(struct page *page, const struct summary_sums *sums)
{
	char note[200];

	snprintf(note, sizeof(note),
		 "%" PRIu64 " stream, %" PRIu64 " dgram, %" PRIu64 " seqpacket; %" PRIu64
		 " listening, %" PRIu64 " connected",
		 sums->unix_stream.value, sums->unix_dgram.value, sums->unix_seqpacket.value,
		 sums->unix_listening.value, sums->unix_connected.value);
	put_line(page, (size_t)SUMMARY_STATES + PROTO_UNIX, "UNIX", &sums->unix_all, note);
}

/* "0.0.0.0:80" and what waits there, in a table of its own: addresses are written there. */
static int put_listeners(const struct summary_sums *sums, bool utf8, struct obuf *out)
{
	static const struct text_column columns[] = { { .title = NULL },
						      { .title = NULL, .right = true },
						      { .title = NULL } };
	const struct summary_queue *fullest = &sums->fullest;
	struct text_table table;

	text_table_begin(&table, columns, 3, utf8);
	text_table_str(&table, "TCP listeners");
	text_table_uint(&table, sums->listeners.value);
	text_table_str(&table, "");
	text_table_str(&table, "  with connections waiting");
	text_table_uint(&table, sums->listeners_waiting.value);
	text_table_str(&table, "");
	if (fullest->known) {
		text_table_str(&table, "  the fullest queue");
		if (fullest->limit.known)
			text_table_format(&table, "%" PRIu32 " of %" PRIu64 " (%" PRIu64 "%%)",
					  fullest->used, summary_queue_capacity(fullest),
					  fullest->used * UINT64_C(100) /
						  summary_queue_capacity(fullest));
		else
			text_table_uint(&table, fullest->used);
		text_table_end_point(&table, fullest->family, &fullest->end, fullest->end.port);
	}
	text_table_str(&table, "TCP orphans");
	text_table_uint(&table, sums->tcp_orphans.value);
	text_table_str(&table, "closed by their process, not yet by TCP");
	return text_table_end(&table, out, 0, false);
}

static void format_bytes(char text[32], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	uint64_t unit = 1024;
	size_t i = 0;

	while (i < 4 && bytes / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	snprintf(text, 32, "%" PRIu64 ".%u %s", bytes / unit,
		 (unsigned int)(bytes % unit * 10 / unit), units[i]);
}

static void put_memory(struct text_table *table, const char *name,
		       const struct summary_number *used, const struct summary_number limits[3])
{
	char text[32], pressure[32], limit[32];

	text_table_str(table, name);
	format_bytes(text, used->value);
	text_table_str(table, used->known ? text : NULL);
	if (!limits[2].known) {
		text_table_str(table, "limits cannot be read in this network namespace");
		return;
	}
	format_bytes(pressure, limits[1].value);
	format_bytes(limit, limits[2].value);
	text_table_format(table, "pressure from %s, limit %s", pressure, limit);
}

static void put_host_number(struct text_table *table, const char *name,
			    const struct summary_number *number)
{
	text_table_str(table, name);
	if (number->known)
		text_table_uint(table, number->value);
	else
		text_table_str(table, NULL);
}

/* What is not counted by namespaces. */
static int put_host(const struct summary_sums *sums, bool tcp, bool udp, bool title,
		    struct obuf *out)
{
	static const struct text_column columns[] = { { .title = NULL },
						      { .title = NULL, .right = true },
						      { .title = NULL } };
	struct text_table table;

	if (!tcp && !udp)
		return 0;
	obuf_put_str(out, title ? "\nThe whole host, all network namespaces together\n" : "\n");
	text_table_begin(&table, columns, 3, false);
	if (tcp) {
		put_host_number(&table, "TCP sockets allocated", &sums->host_tcp_allocated);
		text_table_str(&table, "");
		put_host_number(&table, "TCP orphans, whole host", &sums->host_orphans);
		if (sums->host_max_orphans.known)
			text_table_format(&table, "limit %" PRIu64, sums->host_max_orphans.value);
		else
			text_table_str(&table, "");
		put_memory(&table, "TCP memory", &sums->host_tcp_mem, sums->host_tcp_limits);
	}
	if (udp)
		put_memory(&table, "UDP memory", &sums->host_udp_mem, sums->host_udp_limits);
	return text_table_end(&table, out, 0, false);
}

static int put_here(struct page *page, const struct summary_sums *sums, uint32_t protos,
		    const struct view_config *config, struct obuf *out)
{
	static const struct text_column columns[] = { { .title = "Protocol" },
						      { .title = "Sockets", .right = true },
						      { .title = "Change", .right = true },
						      { .title = "Course" } };
	static const struct text_column notes[] = { { .title = "Protocol" },
						    { .title = "Sockets", .right = true },
						    { .title = "" } };

	text_table_begin(&page->table, page->changes ? columns : notes, page->width ? 4 : 3,
			 config->utf8);
	if (protos & 1u << PROTO_TCP)
		put_tcp(page, sums);
	if (protos & 1u << PROTO_SCTP)
		put_sctp(page, sums);
	if (protos & 1u << PROTO_UDP)
		put_inet(page, sums, PROTO_UDP, "UDP");
	if (protos & 1u << PROTO_UDPLITE)
		put_inet(page, sums, PROTO_UDPLITE, "UDP-Lite");
	if (protos & 1u << PROTO_RAW)
		put_inet(page, sums, PROTO_RAW, "RAW");
	if (protos & 1u << PROTO_UNIX)
		put_unix(page, sums);
	return text_table_end(&page->table, out, 0, !config->no_header);
}

int summary_text_put(struct summary_text *text, const struct summary_sums *sums,
		     const struct summary_scope *scope, const struct view_config *config,
		     int64_t now_ns, struct obuf *out)
{
	bool tcp = scope->protos & 1u << PROTO_TCP, udp = scope->protos & 1u << PROTO_UDP;
	struct page page = {
		.text = text,
		.changes = config->continuous && config->width > 0,
		.width = course_width(config),
	};
	int err;

	if (text->n_rounds > 0) {
		page.elapsed_ms = (now_ns - text->last_ns) / NS_PER_MS;
		obuf_put_char(out, '\n');
	}
	err = put_here(&page, sums, scope->protos, config, out);
	if (err == 0 && tcp) {
		obuf_put_char(out, '\n');
		err = put_listeners(sums, config->utf8, out);
	}
	if (err == 0)
		err = put_host(sums, tcp, udp, !config->no_header, out);
	text->last_ns = now_ns;
	text->n_rounds++;
	return err;
}
