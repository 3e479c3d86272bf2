/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which fields are shown and sorted by: the usual ones, the presets, --columns and --sort. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "plan.h"

/* The usual columns, by what is listed and which of netstat's columns were asked for. */
static const char inet_columns[] =
	"proto,recv_q,send_q,local_address,local_port,remote_address,remote_port,state";
static const char unix_columns[] = "proto,type,state,inode,path";
static const char mixed_columns[] =
	"proto,recv_q,send_q,local_address,local_port,remote_address,remote_port,state,path";

static const char further_columns[] = "proto,type,recv_q,send_q,local,remote,state";

static const char info_columns[] =
	"proto,state,local_address,local_port,remote_address,remote_port,rtt,rttvar,min_rtt,cwnd,mss,"
	"unacked,retrans_total,bytes_sent,bytes_received,delivery_rate,congestion";
static const char memory_columns[] =
	"proto,state,local_address,local_port,remote_address,remote_port,mem_rmem,mem_rcvbuf,mem_wmem,"
	"mem_sndbuf,mem_fwd_alloc,mem_wmem_queued,mem_optmem,mem_backlog,drops";

/* What data formats tell of every socket without being asked: all that costs nothing. */
static const char data_fields[] =
	"proto,family,type,state,local_address,local_port,remote_address,remote_port,interface,recv_q,"
	"send_q,backlog,uid,inode,cookie,timer,timer_ms,v6only,shutdown,cgroup_id,path,path_kind,"
	"peer_inode,refcnt";

/* And of sockets that netstat does not know. */
static const char further_fields[] =
	"local,remote,protocol,protocol_number,flags,fanout_id,fanout_type,port_id,remote_port_id,groups,"
	"local_cid,remote_cid,local_node,remote_node,queue,umem_id,smc_mode,fallback_reason";

/* What the kernel tells of a closed socket. */
static const char closed_columns[] =
	"closed_at,proto,state,local_address,local_port,remote_address,remote_port,bytes_sent,"
	"bytes_received,segs_out,segs_in,retrans_total,rtt";
static const char closed_fields[] =
	"closed_at,proto,family,type,state,local_address,local_port,remote_address,remote_port,"
	"interface,cookie,bytes_sent,bytes_acked,bytes_retrans,bytes_received,segs_out,segs_in,"
	"data_segs_out,data_segs_in,retrans_total,rtt,rttvar,min_rtt";

/* Takes the field out, when it is there. */
static void drop_field(struct plan *plan, const struct field *field)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->n_fields; i++)
		if (plan->fields[i] != field)
			plan->fields[kept++] = plan->fields[i];
	plan->n_fields = kept;
}

/* A field is there once, where it was first named. */
static void add_field(struct plan *plan, const struct field *field)
{
	for (size_t i = 0; i < plan->n_fields; i++)
		if (plan->fields[i] == field)
			return;
	if (plan->n_fields < PLAN_MAX_FIELDS)
		plan->fields[plan->n_fields++] = field;
}

/* The next name of a list with commas; *at moves behind it, to NULL at the end. n: its length
 * without sign; sign: '+',
 * '-' or 0. */
static const char *next_name(const char **at, size_t *n, char *sign)
{
	const char *name = *at;

	if (!name)
		return NULL;
	*n = strcspn(name, ",");
	*at = name[*n] ? name + *n + 1 : NULL;
	*sign = 0;
	if (*n && (*name == '+' || *name == '-')) {
		*sign = *name++;
		--*n;
	}
	return name;
}

/* Adds a list of our own, whose names are all there. */
static void add_known(struct plan *plan, const char *list)
{
	const char *name;
	size_t n;
	char sign;

	while ((name = next_name(&list, &n, &sign))) {
		const struct field *field = field_find(name, n);

		if (field)
			add_field(plan, field);
	}
}

static int refuse(struct plan_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct plan_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

static const struct field *find_field(const char *name, size_t n, struct plan_error *error)
{
	const struct field *field = field_find(name, n);

	if (!field)
		snprintf(error->text, sizeof(error->text),
			 "there is no field '%.*s' (--list-columns names them)",
			 (int)(n < 60 ? n : 60), name);
	return field;
}

static void add_usual(const struct request *request, struct plan *plan)
{
	bool data = plan->format == FORMAT_JSON || plan->format == FORMAT_JSONL ||
		    plan->format == FORMAT_CSV;

	if (plan->events)
		add_known(plan, data            ? closed_fields
				: request->info ? "closed_at"
						: closed_columns);
	else if (data)
		add_known(plan, data_fields);
	else if (!request->info && !request->memory)
		add_known(plan, plan->further  ? further_columns
				: !plan->local ? inet_columns
				: plan->inet   ? mixed_columns
					       : unix_columns);
	if (data && plan->further)
		add_known(plan, further_fields);
	if (request->info)
		add_known(plan, info_columns);
	if (request->memory)
		add_known(plan, memory_columns);
	if ((request->info || request->memory) && plan->further)
		add_known(plan, "local,remote");
	if ((request->info || request->memory) && plan->local)
		add_known(plan, "inode,path");
	if (request->extend)
		add_known(plan, !data ? "user,inode" : plan->events ? "user,uid,inode" : "user");
	if (request->programs && plan->format != FORMAT_CSV && data)
		add_known(plan, "owners,owners_status");
	else if (request->programs)
		add_known(plan, "pid,program");
	if (request->programs && data)
		add_known(plan, "unit");
	if (request->context)
		add_known(plan, "context");
	if (plan->events && request->programs)
		add_known(plan, "unit");
	if (plan->events && (request->programs || request->extend))
		add_known(plan, "owner_source");
	if (request->timers)
		add_known(plan, "timer,timer_ms,retransmits,probes");
}

/* "+NAME" adds to the usual fields and "-NAME" takes from them; a list without signs replaces them.
 */
static int choose_columns(const struct request *request, struct plan *plan,
			  struct plan_error *error)
{
	const char *at = request->columns, *name;
	bool plain = false;
	size_t n;
	char sign;

	while (next_name(&at, &n, &sign))
		plain |= sign == 0;
	if (plan->all_netns && plan->view == VIEW_ROWS)
		add_known(plan, plan->format == FORMAT_COLUMNS ? "netns" : "netns,netns_id");
	if (!plain)
		add_usual(request, plan);
	at = request->columns;
	while ((name = next_name(&at, &n, &sign))) {
		const struct field *field = find_field(name, n, error);

		if (!field)
			return -EINVAL;
		if (sign == '-') {
			drop_field(plan, field);
			continue;
		}
		add_field(plan, field);
		plan->cgroups_asked |= (field->needs & NEED_CGROUP) != 0;
	}
	if (plan->n_fields)
		return 0;
	snprintf(error->text, sizeof(error->text), "--columns leaves no column");
	return -EINVAL;
}

static int choose_keys(const struct request *request, struct plan *plan, struct plan_error *error)
{
	const char *at = request->sort, *name;
	size_t n;
	char sign;

	while ((name = next_name(&at, &n, &sign))) {
		const struct field *field = find_field(name, n, error);

		if (!field)
			return -EINVAL;
		if (field->type == FIELD_OWNERS) {
			snprintf(error->text, sizeof(error->text),
				 "--sort: owners have no order; sort by pid or program");
			return -EINVAL;
		}
		if (plan->n_keys == PLAN_MAX_KEYS) {
			snprintf(error->text, sizeof(error->text), "--sort takes at most %d fields",
				 PLAN_MAX_KEYS);
			return -EINVAL;
		}
		plan->keys[plan->n_keys++] = (struct plan_key){ field, sign == '-' };
		plan->cgroups_asked |= (field->needs & NEED_CGROUP) != 0;
	}
	return 0;
}

/* "NAME" or "NAME/BITS", n bytes of the list of --count-by. */
static int add_counted(struct plan *plan, const char *item, size_t n, struct plan_error *error)
{
	const char *slash = memchr(item, '/', n);
	size_t name_len = slash ? (size_t)(slash - item) : n;
	const struct field *field = find_field(item, name_len, error);
	uint64_t bits = 0;

	if (!field)
		return -EINVAL;
	if (field->type == FIELD_OWNERS)
		return refuse(error, "--count-by: 'owners' is a list; count by pid or program");
	if (field->list)
		return refuse(error, "--count-by: '%s' is a list, and a socket is counted once",
			      field->name);
	if (slash && field->type != FIELD_ADDR)
		return refuse(error, "--count-by: '%s' is no address and takes no prefix",
			      field->name);
	if (slash && (!num_parse_u64(slash + 1, n - name_len - 1, 128, &bits) || bits == 0))
		return refuse(error, "--count-by: the prefix of '%s' is a number from 1 to 128",
			      field->name);
	for (size_t i = 0; i < plan->n_fields; i++)
		if (plan->fields[i] == field)
			return refuse(error, "--count-by names '%s' twice", field->name);
	if (plan->n_fields == PLAN_MAX_FIELDS)
		return refuse(error, "--count-by takes at most %d fields", PLAN_MAX_FIELDS);
	plan->prefixes[plan->n_fields] = (uint8_t)bits;
	plan->fields[plan->n_fields++] = field;
	/* Addresses that mean nothing without an interface are told with its name. */
	if (field->type == FIELD_ADDR)
		plan->needs |= NEED_INTERFACE;
	return 0;
}

/* The list of --count-by. */
static int choose_counted(const char *list, struct plan *plan, struct plan_error *error)
{
	int err = 0;

	for (const char *at = list; err == 0 && at;) {
		size_t n = strcspn(at, ",");

		err = add_counted(plan, at, n, error);
		at = at[n] ? at + n + 1 : NULL;
	}
	return err;
}

/* Answers in place of rows show no fields, but for those that are counted by. */
static int choose_shown(const struct request *request, struct plan *plan, struct plan_error *error)
{
	if (request->view == VIEW_COUNT_BY)
		return choose_counted(request->count_by, plan, error);
	if (request->view != VIEW_ROWS || plan->format == FORMAT_NETSTAT)
		return 0;
	return choose_columns(request, plan, error);
}

/* Whether the unit is shown where owners are hidden: in their place in a table, beside them in
 * data. */
static bool shows_units(const struct plan *plan)
{
	const struct field *unit = field_find("unit", strlen("unit"));

	if (plan->view != VIEW_ROWS || !(plan->needs & NEED_OWNERS))
		return false;
	for (size_t i = 0; i < plan->n_fields; i++)
		if (plan->format == FORMAT_COLUMNS ? plan->fields[i]->stand_in
						   : plan->fields[i] == unit)
			return true;
	return false;
}

int plan_choose_fields(const struct request *request, struct plan *plan, struct plan_error *error)
{
	int err = choose_shown(request, plan, error);

	if (err == 0)
		err = choose_keys(request, plan, error);
	for (size_t i = 0; i < plan->n_fields; i++) {
		plan->needs |= plan->fields[i]->needs;
		/* Link-local ones have the interface's name, whatever else is shown. */
		if (plan->fields[i]->type == FIELD_ADDR)
			plan->needs |= NEED_INTERFACE;
	}
	for (size_t i = 0; i < plan->n_keys; i++)
		plan->needs |= plan->keys[i].field->needs;
	plan->units = shows_units(plan);
	if (err == 0 && plan->events && (plan->needs & NEED_NETNS))
		return refuse(error, "--events is about one network namespace, and does not tell "
				     "which");
	if (err == 0 && plan->events && (plan->needs & NEED_DIRECTION))
		return refuse(error, "--events: 'direction' is not known of closed sockets");
	return err;
}
