/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ports: from rows to the answer of a round (kernel: Documentation/networking/ip-sysctl.rst). */
#include "view/ports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "base/report.h"
#include "output/data.h"
#include "view/ports_report.h"
#include "view/ports_sums.h"

enum { TEXT_TOP = 20 };

struct ports {
	struct writer writer;
	struct view_config config;
	struct obuf *out;
	bool begun, headed;
	bool no_settings; /* of this round: they could not be read */
	struct ports_sums sums;
};

static void report_unread(const struct view_config *config, struct ports_settings *set,
			  enum ports_unread what, const char *name, const char *assumed)
{
	set->unread |= what;
	report_add(config->report, REPORT_PARTIAL, "net.ipv4.%s cannot be read: %s is assumed",
		   name, assumed);
}

static void read_reuse(const struct view_config *config, struct ports_settings *set)
{
	uint64_t value;
	int n;

	if (sysctl_number(config->env, "net/ipv4/tcp_tw_reuse", &value))
		set->tw_reuse = value > 2 ? 0 : (uint32_t)value;
	else
		report_unread(config, set, PORTS_NO_REUSE, "tcp_tw_reuse", "0");
	/* Older kernels have no such setting: it is a second there. */
	n = sysctl_numbers(config->env, "net/ipv4/tcp_tw_reuse_delay", &value, 1);
	if (n == 1 && value < UINT32_MAX)
		set->tw_reuse_delay_ms = (uint32_t)value;
	else if (n != -ENOENT || (set->unread & PORTS_NO_REUSE))
		set->unread |= PORTS_NO_REUSE_DELAY;
	if (sysctl_number(config->env, "net/ipv4/tcp_timestamps", &value))
		set->timestamps = value != 0;
	else
		report_unread(config, set, PORTS_NO_TIMESTAMPS, "tcp_timestamps", "1");
}

bool ports_read_settings(const struct view_config *config, struct ports_settings *set)
{
	char assumed[32];

	*set = (struct ports_settings){ .tw_reuse_delay_ms = 1000, .timestamps = true };
	if (!sysctl_port_range(config->env, &set->low, &set->high)) {
		snprintf(assumed, sizeof(assumed), "%u-%u", set->low, set->high);
		report_unread(config, set, PORTS_NO_RANGE, "ip_local_port_range", assumed);
	}
	if (sysctl_reserved_ports(config->env, &set->reserved) < 0)
		report_unread(config, set, PORTS_NO_RESERVED, "ip_local_reserved_ports", "none");
	read_reuse(config, set);
	return !set->unread;
}

bool ports_reuse_is_known(const struct ports_settings *set)
{
	const uint32_t conditions = PORTS_NO_REUSE_DELAY | PORTS_NO_TIMESTAMPS;

	return !(set->unread & PORTS_NO_REUSE) &&
	       (set->tw_reuse == 0 || !(set->unread & conditions));
}

static void begin_round(struct ports *ports)
{
	struct ports_settings settings;

	if (ports->begun)
		return;
	ports->begun = true;
	ports->no_settings = !ports_read_settings(&ports->config, &settings);
	ports_sums_begin(&ports->sums, &settings);
}

static int ports_begin(struct writer *writer, enum section section)
{
	(void)section;
	begin_round((struct ports *)writer);
	return 0;
}

static int ports_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct ports *ports = (struct ports *)writer;

	begin_round(ports);
	for (size_t i = 0; i < n; i++) {
		int err = ports_sums_add(&ports->sums, &rows[i],
					 view_has_chosen(&ports->config, &rows[i]));

		if (err < 0) {
			report_add(ports->config.report, REPORT_FAILED, "out of memory");
			return err;
		}
	}
	return 0;
}

/* Chooses the triples that are written. 0 or -ENOMEM. */
static int choose_top(const struct view_config *config, struct ports_report *report)
{
	uint64_t top = config->top;
	int err;

	if (!top)
		top = config->format == VIEW_TEXT ? TEXT_TOP : report->sums->n_wanted;
	if (top > report->sums->n_wanted)
		top = report->sums->n_wanted;
	err = ports_sums_top(report->sums, (size_t)top + 1, &report->top, &report->n_top);
	report->rest_at = PORTS_NONE;
	if (err < 0 || report->n_top <= top)
		return err;
	report->n_top = (size_t)top;
	report->rest_at = report->top[top];
	return 0;
}

static int put_report(struct ports *ports, const struct ports_report *report)
{
	switch (ports->config.format) {
	case VIEW_TEXT:
		if (ports->config.has_warn || ports->config.has_crit)
			ports_put_plugin(report, ports->out);
		return ports_put_text(report, ports->out);
	case VIEW_JSON:
	case VIEW_JSONL:
		return ports_put_json(report, ports->out);
	case VIEW_CSV:
		return ports_put_csv(report, ports->out, !ports->headed);
	}
	return 0;
}

static void set_status(const struct view_config *config, enum ports_status status)
{
	if (config->status && (config->has_warn || config->has_crit))
		*config->status = (int)status;
}

static int write_round(struct ports *ports)
{
	const struct view_config *config = &ports->config;
	struct ports_report report = {
		.config = config,
		.sums = &ports->sums,
		.partial = ports->no_settings || config->run->cut_short ||
			   report_round_level(config->report) != REPORT_NOTE,
	};
	int err = ports_sums_finish(&ports->sums);

	/* Sums that were not finished hold triples that are none. */
	if (err == 0) {
		ports_sums_sort_sources(&ports->sums);
		report.fullest = ports_sums_fullest(&ports->sums);
		err = choose_top(config, &report);
	}
	if (err == 0)
		err = ports_warn(&report);
	set_status(config, err == 0 ? ports_status(&report) : PORTS_UNKNOWN);
	if (err == 0)
		err = put_report(ports, &report);
	free(report.top);
	free(report.warnings);
	free(report.cure);
	return err;
}

static int ports_end(struct writer *writer)
{
	struct ports *ports = (struct ports *)writer;
	int err, flushed;

	begin_round(ports);
	err = write_round(ports);
	ports->begun = false;
	ports->headed = true;
	/* What befell the output is told by its owner. */
	if (err == -ENOMEM && !ports->out->error)
		report_add(ports->config.report, REPORT_FAILED, "out of memory");
	flushed = obuf_flush(ports->out);
	return err < 0 ? err : flushed;
}

static void ports_free_writer(struct writer *writer)
{
	struct ports *ports = (struct ports *)writer;

	ports_sums_free(&ports->sums);
	free(ports);
}

struct writer *ports_new(const struct view_config *config, struct obuf *out)
{
	struct ports *ports = calloc(1, sizeof(*ports));

	if (!ports)
		return NULL;
	ports->writer = (struct writer){ .begin = ports_begin,
					 .rows = ports_rows,
					 .end = ports_end,
					 .free = ports_free_writer };
	ports->config = *config;
	ports->out = out;
	ports->headed = config->no_header;
	return &ports->writer;
}
