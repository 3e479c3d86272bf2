/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners, control groups, peers, directions and names, for the rows of a listing. */
#include "complete.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/privileges.h"
#include "base/report.h"
#include "confine.h"
#include "enrich/cgroup_procs.h"
#include "enrich/names.h"
#include "enrich/owners.h"
#include "filter/expr.h"
#include "filter/select.h"
#include "hold.h"
#include "model/facts.h"
#include "plan.h"
#include "source/source.h"

static int out_of_memory(struct complete *complete)
{
	report_add(complete->report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

/* The inodes of the rows held, for an owner walk that may end early. NULL without memory. */
static uint64_t *wanted_inodes(const struct hold *hold, size_t *n)
{
	uint64_t *inodes = malloc((hold->n + 1) * sizeof(*inodes));

	*n = 0;
	for (size_t i = 0; inodes && i < hold->n; i++)
		if (hold->rows[i].has & SOCK_HAS_INODE)
			inodes[(*n)++] = hold->rows[i].inode;
	return inodes;
}

/* As many rows and control groups are few: their processes are looked into first. */
enum { FEW_ROWS = 64, FEW_GROUPS = 16 };

/* The control groups of the rows held that may have an owner, each once; 0: those are many, or not
 * known of every one. */
static size_t wanted_groups(const struct hold *hold, uint64_t ids[FEW_GROUPS])
{
	size_t n = 0, n_rows = 0;

	for (size_t i = 0; i < hold->n; i++) {
		const struct sock *row = &hold->rows[i];
		size_t at = 0;

		if (!(row->has & SOCK_HAS_INODE))
			continue;
		if (!(row->has & SOCK_HAS_CGROUP) || ++n_rows > FEW_ROWS)
			return 0;
		while (at < n && ids[at] != row->cgroup_id)
			at++;
		if (at == FEW_GROUPS)
			return 0;
		if (at == n)
			ids[n++] = row->cgroup_id;
	}
	return n;
}

void complete_find_owners(struct complete *complete, const struct hold *hold)
{
	uint32_t needs = complete->plan->needs;
	struct owners_query query = {
		.first_only = !(needs & NEED_ALL_OWNERS),
		.again = complete->n_rounds > 0,
		.units = complete->plan->units,
		.context = needs & NEED_CONTEXT,
		.details = needs & NEED_OWNER_DETAILS,
		.start_time = needs & NEED_START_TIME,
	};
	uint64_t *inodes = NULL, groups[FEW_GROUPS];
	uint32_t likely[CGROUP_PROCS_MAX];

	if (hold) {
		inodes = wanted_inodes(hold, &query.n_inodes);
		query.inodes = inodes;
	}
	if (hold && query.first_only) {
		query.likely = likely;
		query.n_likely = cgroup_procs_list(complete->env, groups,
						   wanted_groups(hold, groups), likely);
	}
	complete->owners = owners_scan(complete->env, complete->report, &query);
	free(inodes);
	/* Views that look for more owners do so at their end. */
	confine_done(complete->confine, PRIVILEGE_PROCESSES & ~complete->plan->privileges);
}

static void set_owners(const struct owners *owners, struct sock *rows, size_t n)
{
	bool hidden = owners_any_hidden(owners);

	for (size_t i = 0; i < n; i++) {
		if (!(rows[i].has & SOCK_HAS_INODE))
			continue;
		rows[i].owners = owners_find(owners, rows[i].inode, &rows[i].n_owners);
		rows[i].owners_hidden = hidden && !rows[i].n_owners;
	}
}

/* Units stand in for owners only where some are hidden. */
static bool wants_cgroups(const struct complete *complete)
{
	const struct plan *plan = complete->plan;

	return (plan->needs & NEED_CGROUP) ||
	       (plan->units && complete->owners && owners_any_hidden(complete->owners));
}

int complete_rows(struct complete *complete, struct sock *rows, size_t n)
{
	const struct plan *plan = complete->plan;

	if (complete->owners)
		set_owners(complete->owners, rows, n);
	if (wants_cgroups(complete) && cgroups_apply(&complete->cgroups, rows, n) < 0)
		complete->unseen |= NEED_CGROUP;
	if (complete->cgroups.walked)
		confine_done(complete->confine, PRIVILEGE_CGROUPS);
	if (plan->needs & NEED_PEER_NAME)
		unix_peers_apply(&complete->unix_peers, rows, n);
	names_prefetch(complete->names, rows, n);
	if ((plan->needs & (NEED_USER | NEED_INTERFACE)) &&
	    row_names_apply(&complete->row_names, plan->needs, rows, n) < 0)
		return out_of_memory(complete);
	if ((plan->needs & NEED_USER) && names_any_late(complete->names))
		complete->unseen |= NEED_USER;
	return 0;
}

uint32_t complete_missing(struct complete *complete, bool holding, struct sock *rows, size_t n)
{
	const struct plan *plan = complete->plan;

	if (plan->expr_early)
		return 0;
	if (holding && (expr_needs(plan->expr) & NEED_CGROUP) &&
	    cgroups_apply(&complete->cgroups, rows, n) == 0)
		return EXPR_LATE_NEEDS & ~(uint32_t)NEED_CGROUP;
	return EXPR_LATE_NEEDS;
}

void complete_note_hidden(struct complete *complete, const struct sock *rows, size_t n)
{
	if (!complete->admin_facts)
		return;
	for (size_t i = 0; i < n; i++) {
		if ((rows[i].family != AF_INET && rows[i].family != AF_INET6) || !rows[i].facts ||
		    (rows[i].facts->has & FACT_MARK))
			continue;
		report_add(complete->report, REPORT_NOTE,
			   "marks, MD5 keys and upper layer protocols are told to administrators "
			   "only (CAP_NET_ADMIN)");
		complete->admin_facts = false;
		return;
	}
}

static int learn_peers(void *ctx, struct sock *rows, size_t n)
{
	return unix_peers_learn(ctx, rows, n);
}

void complete_list_peers(struct complete *complete, struct source_run *sources)
{
	const struct sock_query query = { .proto = PROTO_UNIX,
					  .family = AF_UNIX,
					  .states = TCP_STATES_ALL };
	struct sock_sink sink = { .take = learn_peers, .ctx = &complete->unix_peers };

	source_list(sources, &query, false, &sink);
}

static int learn_listeners(void *ctx, struct sock *rows, size_t n)
{
	struct complete *complete = ctx;

	return directions_learn(&complete->directions, rows, n) < 0 ? out_of_memory(complete) : 0;
}

int complete_list_listeners(struct complete *complete, struct source_run *sources)
{
	const struct plan *plan = complete->plan;
	const struct sock_sink sink = { .take = learn_listeners, .ctx = complete };

	for (size_t i = 0; i < plan->n_tables; i++) {
		const struct sock_query *table = &plan->tables[i].query;
		const struct sock_query query = {
			.proto = table->proto,
			.family = table->family,
			.states = select_states(SELECT_LISTENERS, table->proto),
		};
		enum source_result result;

		if (!directions_has(table->proto))
			continue;
		result = source_list(sources, &query, false, &sink);
		if (result == SOURCE_CANCELED)
			return -ECANCELED;
		if (result == SOURCE_COMPLETE || result == SOURCE_ABSENT)
			continue;
		complete->directions.unknown |= 1u << table->proto;
		complete->unseen |= NEED_DIRECTION;
	}
	return 0;
}

int complete_early(struct complete *complete, struct sock *rows, size_t n)
{
	uint32_t needs = complete->plan->needs;

	if ((needs & NEED_LISTENER_UID) &&
	    listener_uids_apply(&complete->listener_uids, rows, n) < 0)
		return out_of_memory(complete);
	if (needs & NEED_DIRECTION)
		directions_apply(&complete->directions, rows, n);
	return 0;
}

int complete_here(struct complete *complete, struct sock *rows, size_t n)
{
	if (complete->plan->all_netns &&
	    row_names_apply(&complete->row_names, NEED_INTERFACE, rows, n) < 0)
		return out_of_memory(complete);
	return 0;
}

void complete_init(struct complete *complete)
{
	complete->row_names.env = complete->env;
	complete->row_names.labels = names_labels(complete->names);
	complete->cgroups.env = complete->env;
	complete->cgroups.report = complete->report;
	complete->cgroups.quiet = !complete->plan->cgroups_asked;
}

void complete_begin_round(struct complete *complete)
{
	const struct plan *plan = complete->plan;

	complete->unseen = 0;
	complete->admin_facts = false;
	for (size_t i = 0; i < plan->n_fields; i++)
		if (plan->fields[i]->root && !(plan->fields[i]->needs & NEED_OWNERS))
			complete->admin_facts = true;
	names_begin_round(complete->names);
}

void complete_begin_stop(struct complete *complete, const struct env *env, bool known)
{
	complete->row_names.env = env;
	listener_uids_clear(&complete->listener_uids);
	directions_clear(&complete->directions);
	if ((complete->plan->needs & NEED_NETNS) && !known)
		complete->unseen |= NEED_NETNS;
}

void complete_end_stop(struct complete *complete)
{
	complete->row_names.env = complete->env;
}

void complete_end_round(struct complete *complete)
{
	listener_uids_clear(&complete->listener_uids);
	directions_clear(&complete->directions);
	unix_peers_clear(&complete->unix_peers);
	row_names_forget(&complete->row_names);
	cgroups_forget(&complete->cgroups);
	owners_free(complete->owners);
	complete->owners = NULL;
	complete->n_rounds++;
}

void complete_free(struct complete *complete)
{
	listener_uids_free(&complete->listener_uids);
	directions_free(&complete->directions);
	unix_peers_free(&complete->unix_peers);
	cgroups_free(&complete->cgroups);
	row_names_free(&complete->row_names);
}
