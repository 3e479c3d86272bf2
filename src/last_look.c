/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listing that is not written but kept, as far as it tells who holds which socket. */
#include "last_look.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/report.h"
#include "cli/request.h"
#include "enrich/names.h"
#include "kernel/sysctl.h"
#include "look_memory.h"
#include "pipeline.h"
#include "plan.h"

struct last_look {
	struct writer writer; /* first: the pipeline hands us its address back */
	struct last_look_config config;
	struct plan plan;
	struct names *names;
	struct pipeline *pipeline;
	struct look_memory memories[2];
	unsigned int newer;               /* which of them */
	uint16_t chosen_low, chosen_high; /* ports that the kernel chooses for who connects */
};

static int look_begin(struct writer *writer, enum section section)
{
	(void)writer, (void)section;
	return 0;
}

static int look_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct last_look *look = (struct last_look *)writer;
	int err = look_memory_add(&look->memories[look->newer], rows, n);

	if (err < 0)
		report_add(look->config.report, REPORT_FAILED, "out of memory");
	return err;
}

static int look_end(struct writer *writer)
{
	(void)writer;
	return 0;
}

/* All sockets that a process can hold. */
static int make_plan(struct last_look *look)
{
	const struct last_look_config *config = &look->config;
	struct request request = {
		.all = true,
		.protos = config->protos,
		.inet4 = config->request->inet4,
		.inet6 = config->request->inet6,
		.numeric_hosts = true,
		.numeric_ports = true,
		.numeric_users = true,
	};
	struct plan_error error;
	int err = plan_make(&request, NULL, &look->plan, &error);

	look->plan.needs |= config->plan->needs & LAST_LOOK_NEEDS;
	look->plan.users = look->plan.needs & NEED_USER;
	look->plan.units = config->plan->units;
	look->plan.cgroups_asked = config->plan->cgroups_asked;
	for (size_t i = 0; i < look->plan.n_tables; i++)
		look->plan.tables[i].query.states &=
			~(uint32_t)(1u << TCP_STATE_TIME_WAIT | 1u << TCP_STATE_SYN_RECV);
	return err;
}

struct last_look *last_look_new(const struct last_look_config *config)
{
	struct last_look *look = calloc(1, sizeof(*look));
	struct names_config names = { .budget_ns = config->request->resolve_ns };
	struct pipeline_config pipeline = {
		.env = config->env,
		.report = config->report,
		.verbose = config->request->verbose,
	};

	if (!look)
		return NULL;
	look->config = *config;
	sysctl_port_range(config->env, &look->chosen_low, &look->chosen_high);
	look->writer = (struct writer){ .begin = look_begin, .rows = look_rows, .end = look_end };
	if (make_plan(look) == 0) {
		names.users = names.user_column = look->plan.users;
		look->names = names_new(config->env, config->report, &names);
	}
	pipeline.plan = &look->plan;
	pipeline.names = look->names;
	if (look->names)
		look->pipeline = pipeline_new(&pipeline);
	if (look->pipeline)
		return look;
	last_look_free(look);
	return NULL;
}

void last_look_free(struct last_look *look)
{
	if (!look)
		return;
	pipeline_free(look->pipeline);
	names_free(look->names);
	plan_free(&look->plan);
	look_memory_free(&look->memories[0]);
	look_memory_free(&look->memories[1]);
	free(look);
}

int last_look_again(struct last_look *look)
{
	bool cut_short;
	uint64_t n_rows;
	int err;

	look->newer = !look->newer;
	look_memory_clear(&look->memories[look->newer]);
	err = pipeline_round(look->pipeline, &look->writer, &cut_short, &n_rows);
	if (look->memories[look->newer].full)
		report_add(look->config.report, REPORT_PARTIAL,
			   "there are more sockets or owners than are kept of a look: those of the "
			   "others are not known when they are closed");
	return err;
}

static bool is_chosen(const struct last_look *look, uint16_t port)
{
	return port >= look->chosen_low && port <= look->chosen_high;
}

/* Whether it looks as if this host had connected to a service: of who took connections from others
 * it says nothing that one of them has the same port. */
static bool is_client(const struct last_look *look, const struct sock *row)
{
	return is_chosen(look, row->local.port) && !is_chosen(look, row->remote.port);
}

enum holder_source last_look_find(const struct last_look *look, struct sock *row)
{
	const struct look_memory *newer = &look->memories[look->newer];
	const struct look_memory *older = &look->memories[!look->newer];

	if (look_memory_find(newer, row) || look_memory_find(older, row))
		return HOLDER_LAST_LOOK;
	/* What has no other end was not accepted. */
	if (row->proto == PROTO_TCP && row->remote.port &&
	    (look_memory_find_listener(newer, row) || look_memory_find_listener(older, row)))
		return HOLDER_LISTENER;
	if (is_client(look, row) &&
	    (look_memory_find_peer(newer, row) || look_memory_find_peer(older, row)))
		return HOLDER_SAME_PEER;
	row->owners_hidden = true;
	return HOLDER_UNKNOWN;
}
