/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which tables are worth asking for, how, and what became of them. */
#include "tables.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/report.h"
#include "kernel/sysctl.h"
#include "pair.h"
#include "source/source.h"

/*
 * A table that this kernel does not have. Without IPv6 the answer is complete; a protocol that was
 * named and is not there makes it incomplete.
 */
static void report_absent(struct tables *tables, const struct plan_table *table)
{
	const char *name = proto_row(table->query.proto)->name;

	if (table->query.family == AF_INET6 && table->query.proto != PROTO_SCTP &&
	    !proto_is_further(table->query.proto)) {
		if (tables->inet6_named || tables->verbose)
			report_add(tables->report, REPORT_NOTE, "%s: this kernel has no IPv6",
				   name);
	} else if (table->asked || tables->verbose) {
		report_add(tables->report, table->asked ? REPORT_PARTIAL : REPORT_NOTE,
			   "%s: this kernel has no such sockets", name);
	}
}

/* Kernels before 6.8 pass over what they do not know: no answer is no list of such sockets. */
static void report_bound(struct tables *tables)
{
	if (tables->plan->bound == PLAN_BOUND_NOT || tables->env->kernel == 0 ||
	    tables->env->kernel >= (6 << 8 | 8))
		return;
	report_add(tables->report, REPORT_PARTIAL,
		   "tcp: kernels before 6.8 do not tell sockets that are bound and inactive");
}

/* What became of a table. 0, or -ECANCELED when the round is to end. */
static int note_result(struct tables *tables, const struct plan_table *table,
		       enum source_result result)
{
	switch (result) {
	case SOURCE_COMPLETE:
	case SOURCE_PARTIAL:
		tables->n_listed++;
		return 0;
	case SOURCE_ABSENT:
		report_absent(tables, table);
		return 0;
	case SOURCE_UNREADABLE:
		tables->n_failed++;
		return 0;
	case SOURCE_CANCELED:
		break;
	}
	return -ECANCELED;
}

/* Which ports the kernel chooses from matters for big tables only, and is not read for others. */
enum { BIG_TABLE = 20000 };

/*
 * Nothing is expected, and one thread lists it all, where that would not do: a terminal is slower
 * than any table, and a thread that writes to one that takes nothing more cannot be told to stop;
 * and privileges for what is looked up between rows and output are given up by one thread, while
 * another would still hold them when it writes.
 */
static void expect(const struct tables *tables, struct sock_query *query, uint64_t n)
{
	const uint32_t looked_up = NEED_OWNERS | NEED_CONTEXT | NEED_CGROUP;
	const struct env *env = tables->env;

	if ((env->width && env->width(env) > 0) || (tables->plan->needs & looked_up) ||
	    tables->plan->units)
		return;
	query->expected = n;
	if (n > BIG_TABLE)
		sysctl_port_range(env, &query->chosen_low, &query->chosen_high);
}

/*
 * Lists one table. 0, or -ECANCELED when the round is to end. Listeners are found at once wherever
 * they are; for everything else the kernel walks its table, also that of other namespaces. Of many
 * namespaces most have nothing, and not to ask at all is faster still.
 */
static int list_table(struct tables *tables, const struct plan_table *table,
		      const struct sock_sink *sink)
{
	struct sock_query query = table->query;
	uint64_t expected;
	bool everywhere = tables->plan->all_netns || query.proto != PROTO_TCP ||
			  (query.states & ~(1u << TCP_STATE_LISTEN));
	/* Half-open connections whose listener has gone are in no count. */
	bool all_counted = tables->plan->all_netns || query.proto != PROTO_TCP ||
			   !(query.states & 1u << TCP_STATE_SYN_RECV);

	query.types = tables->plan->types[query.proto];
	if (query.proto == PROTO_TCP)
		report_bound(tables);
	if (everywhere && !tables->env->plain &&
	    expected_rows(&tables->expected, tables->env, &query, &expected)) {
		if (expected == 0 && all_counted) {
			tables->n_listed++;
			return 0;
		}
		expect(tables, &query, expected);
	}
	return note_result(tables, table, source_list(tables->sources, &query, table->asked, sink));
}

static bool is_data(const struct plan *plan)
{
	return plan->view == VIEW_ROWS && plan->format != FORMAT_NETSTAT &&
	       plan->format != FORMAT_COLUMNS;
}

/*
 * Whether the table and the one behind it are listed in one walk: where a condition leaves few
 * rows, or IPv6 is likely to have few (if it has not, it is listed again). Listeners are not walked
 * for. What the kernel counts lacks half-open connections whose listener has gone, so that an empty
 * table has to be walked for these; with its neighbour that costs nothing. Of many namespaces those
 * without a count are left out.
 */
static bool is_pair(struct tables *tables, const struct plan_table *table, uint64_t *n)
{
	const struct env *env = tables->env;
	uint64_t n4, n6, likely6;

	if (env->plain || !pair_fits(&table[0].query, &table[1].query) ||
	    !(table->query.states & ~(1u << TCP_STATE_LISTEN)) ||
	    !expected_rows(&tables->expected, env, &table[0].query, &n4) ||
	    !expected_rows(&tables->expected, env, &table[1].query, &n6))
		return false;
	if (tables->plan->all_netns && (n4 == 0 || n6 == 0))
		return false;
	return expected_both(&tables->expected, env, &table->query, n, &likely6) &&
	       (table->query.cond ||
		likely6 < pair_room(table->query.needs, is_data(tables->plan)));
}

/* Lists two tables; *done: how many of them, 0 when they are to be listed one by one. 0, or
 * -ECANCELED. */
static int list_pair(struct tables *tables, const struct plan_table *table, uint64_t expected,
		     const struct sock_sink *sink, size_t *done)
{
	struct pair pair = { .sink = sink };
	const struct sock_sink both = pair_sink(&pair);
	struct sock_query query = table->query;
	enum source_result result;
	int err = 0;

	query.family = AF_UNSPEC;
	expect(tables, &query, expected);
	*done = 0;
	if (source_list_both(tables->sources, &query, &both, &result)) {
		*done = pair.overflow ? 1 : 2;
		err = note_result(tables, &table[0], result);
		if (err == 0 && !pair.overflow) {
			tables->n_listed++;
			err = pair_hand_on(&pair);
			if (err == -ENOMEM)
				report_add(tables->report, REPORT_FAILED, "out of memory");
		}
	}
	pair_free(&pair);
	return err;
}

static enum section section_of(const struct plan_table *table)
{
	if (proto_is_further(table->query.proto))
		return SECTION_FURTHER;
	return table->query.proto == PROTO_UNIX ? SECTION_UNIX : SECTION_INET;
}

int tables_list(struct tables *tables, enum section section, const struct sock_sink *sink)
{
	const struct plan *plan = tables->plan;
	int err = 0;

	for (size_t i = 0; err == 0 && i < plan->n_tables; i++) {
		const struct plan_table *table = &plan->tables[i];
		uint64_t expected;
		size_t done = 0;

		/* No state that was asked for can match. */
		if (section_of(table) != section || !table->query.states)
			continue;
		if (i + 1 < plan->n_tables && is_pair(tables, table, &expected))
			err = list_pair(tables, table, expected, sink, &done);
		if (err == 0 && done == 0)
			err = list_table(tables, table, sink);
		if (done == 2)
			i++;
	}
	return err;
}

bool tables_has(const struct plan *plan, enum section section)
{
	for (size_t i = 0; i < plan->n_tables; i++)
		if (section_of(&plan->tables[i]) == section)
			return true;
	return false;
}
