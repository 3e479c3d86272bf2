/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --ports: ports of the range that should be reserved. connect() takes a port of the range for an
 * outgoing connection while the daemon it belongs to is down; then bind() of the daemon fails, with
 * SO_REUSEADDR too.
 *
 * Limits: a listener that took any port (bind() to port 0) cannot be told from one with a port of
 * its own. A daemon that does not run is not seen: that services(5) has a name for a port says
 * nothing about this host.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/labels.h"
#include "view/ports_report.h"

const char *ports_service(const struct ports_report *report, uint16_t port)
{
	const struct labels *labels = report->config->labels;

	return labels->service ? labels->service(labels->ctx, PROTO_TCP, port) : NULL;
}

static int add_warning(struct ports_report *report, enum ports_warning_kind kind, uint32_t end,
		       uint16_t port)
{
	bool outbound = kind != PORTS_LISTENER_IN_RANGE;

	if (array_grow((void **)&report->warnings, &report->cap_warnings, report->n_warnings + 1,
		       sizeof(*report->warnings)) < 0)
		return -ENOMEM;
	report->warnings[report->n_warnings++] = (struct ports_warning){
		.kind = kind,
		.end = end,
		.port = port,
		.connections = outbound ? report->sums->outbound[port] : 0,
		.service = ports_service(report, port),
	};
	return 0;
}

static int compare_warnings(const void *a, const void *b, void *ctx)
{
	const struct ports_warning *x = a, *y = b;
	const struct ports_end *ends = ctx;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (ends[x->end].family != ends[y->end].family)
		return ends[x->end].family < ends[y->end].family ? -1 : 1;
	return memcmp(&ends[x->end].addr, &ends[y->end].addr, sizeof(ends->addr));
}

static int find_listeners(struct ports_report *report)
{
	const struct ports_sums *sums = report->sums;

	for (size_t i = 0; i < sums->n_ends; i++) {
		const struct ports_end *end = &sums->ends[i];

		if (!end->listens || port_set_has(&sums->set.reserved, end->port))
			continue;
		if (add_warning(report, PORTS_LISTENER_IN_RANGE, (uint32_t)i, end->port) < 0)
			return -ENOMEM;
	}
	if (report->n_warnings > 1)
		qsort_r(report->warnings, report->n_warnings, sizeof(*report->warnings),
			compare_warnings, sums->ends);
	return 0;
}

static int find_outbound(struct ports_report *report)
{
	const struct ports_sums *sums = report->sums;
	int err = 0;

	for (uint32_t port = sums->set.low; err == 0 && port <= sums->set.high; port++) {
		if (!sums->outbound[port] || port_set_has(&sums->set.reserved, (uint16_t)port))
			continue;
		if (port_set_has(&sums->listening, (uint16_t)port))
			err = add_warning(report, PORTS_OUTBOUND_ON_LISTENER, PORTS_NONE,
					  (uint16_t)port);
	}
	return err;
}

/* The setting that reserves what is reserved already and all ports that were warned of. */
static int make_cure(struct ports_report *report)
{
	static const char command[] = "sysctl -w net.ipv4.ip_local_reserved_ports=";
	const size_t n = sizeof(command) - 1, size = n + PORTS_LIST_MAX;
	struct port_set set = report->sums->set.reserved;

	if (report->n_warnings == 0)
		return 0;
	for (size_t i = 0; i < report->n_warnings; i++)
		port_set_add(&set, report->warnings[i].port);
	report->cure = malloc(size);
	if (!report->cure)
		return -ENOMEM;
	memcpy(report->cure, command, n);
	return ports_format_set(&set, report->cure + n, size - n) ? 0 : -ENOMEM;
}

int ports_warn(struct ports_report *report)
{
	int err;

	/* Which are reserved is not known, and a cure would take back what is. */
	if (report->sums->set.unread & PORTS_NO_RESERVED)
		return 0;
	err = find_listeners(report);
	if (err == 0)
		err = find_outbound(report);
	return err == 0 ? make_cure(report) : err;
}
