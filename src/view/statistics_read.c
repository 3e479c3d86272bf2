/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files behind -s. A kernel without IPv6 has no snmp6, one without SCTP (or its module) no
 * sctp/snmp; the others are there wherever /proc is. */
#include "view/statistics_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/report.h"
#include "kernel/counters.h"
#include "model/proto.h"

/* Where the groups of a file come from. */
enum grouping {
	GROUPED,       /* from the file */
	GROUP_IS_SCTP, /* all are SCTP's */
	GROUP_BY_NAME, /* from the names */
};

struct statistics_file {
	const char *path;
	enum counters_layout layout;
	enum grouping grouping;
	const char *only;   /* of its groups this one alone; NULL: all */
	const char *absent; /* said of a kernel without it; NULL: every kernel has it */
};

#define ABSENT_SCTP "SCTP: it is not in this kernel, or its module is not loaded"
#define ABSENT_IPV6 "IPv6: it is not in this kernel"

static const struct statistics_file file_snmp = { .path = "net/snmp", .layout = COUNTERS_PAIRS };
static const struct statistics_file file_netstat = { .path = "net/netstat",
						     .layout = COUNTERS_PAIRS };
static const struct statistics_file file_sctp = { .path = "net/sctp/snmp",
						  .layout = COUNTERS_NAMED,
						  .grouping = GROUP_IS_SCTP,
						  .absent = ABSENT_SCTP };
static const struct statistics_file file_snmp6 = { .path = "net/snmp6",
						   .layout = COUNTERS_NAMED,
						   .grouping = GROUP_BY_NAME,
						   .absent = ABSENT_IPV6 };
/* TCP is counted for both families at once. */
static const struct statistics_file file_tcp = { .path = "net/snmp",
						 .layout = COUNTERS_PAIRS,
						 .only = "Tcp" };

struct reading {
	const struct env *env;
	struct report *report;
	struct counters *out;
	size_t n_read;
};

/* "Icmp6InMsgs" is of "Icmp6". */
static int group_by_name(struct counters *counters, size_t from)
{
	for (size_t i = from; i < counters->n; i++) {
		struct counter *row = &counters->rows[i];
		size_t len = strcspn(row->name, "6");
		char *group;

		len += row->name[len] == '6';
		if (i > from && strlen(row[-1].group) == len &&
		    memcmp(row[-1].group, row->name, len) == 0) {
			row->group = row[-1].group;
			continue;
		}
		group = arena_alloc(&counters->names, len + 1);
		if (!group)
			return -ENOMEM;
		memcpy(group, row->name, len);
		group[len] = '\0';
		row->group = group;
	}
	return 0;
}

static void keep_group(struct counters *counters, size_t from, const char *group)
{
	size_t kept = from;

	for (size_t i = from; i < counters->n; i++)
		if (strcmp(counters->rows[i].group, group) == 0)
			counters->rows[kept++] = counters->rows[i];
	counters->n = kept;
}

static int set_groups(struct counters *counters, size_t from, enum grouping grouping)
{
	if (grouping == GROUP_BY_NAME)
		return group_by_name(counters, from);
	for (size_t i = from; grouping == GROUP_IS_SCTP && i < counters->n; i++)
		counters->rows[i].group = "Sctp";
	return 0;
}

/* named: the operator asked for what a kernel without the file lacks. */
static void report_unread(struct reading *reading, const struct statistics_file *file, int err,
			  bool named)
{
	if (err != -ENOENT || !file->absent)
		report_add(reading->report, REPORT_PARTIAL,
			   "cannot read /proc/%s (%s): its counters are missing", file->path,
			   strerror(-err));
	else if (named)
		report_add(reading->report, REPORT_NOTE, "no counters of %s", file->absent);
}

static int read_one(struct reading *reading, const struct statistics_file *file, bool named)
{
	struct counters *out = reading->out;
	size_t from = out->n, damaged = out->n_damaged;
	int err = counters_read(out, reading->env, file->path, file->layout);

	if (err == -ENOMEM)
		return err;
	if (err < 0) {
		report_unread(reading, file, err, named);
		return 0;
	}
	reading->n_read++;
	if (out->n_damaged > damaged)
		report_add(reading->report, REPORT_PARTIAL,
			   "in /proc/%s %zu counters or lines are damaged and left out", file->path,
			   out->n_damaged - damaged);
	if (file->only)
		keep_group(out, from, file->only);
	return set_groups(out, from, file->grouping);
}

/* Drops the counters that were told before. Returns how many, or -ENOMEM. */
static ssize_t drop_doubles(struct counters *counters)
{
	struct hash64 seen = { .slots = NULL };
	size_t kept = 0, n = counters->n;
	ssize_t dropped = -ENOMEM;

	for (size_t i = 0; i < n; i++) {
		const struct counter *row = &counters->rows[i];
		const uint64_t key[] = { hash_bytes(row->group, strlen(row->group)),
					 hash_bytes(row->name, strlen(row->name)) };
		bool is_new;

		if (!hash64_add(&seen, hash_bytes(key, sizeof(key)), &is_new))
			goto out;
		if (is_new)
			counters->rows[kept++] = *row;
	}
	counters->n = kept;
	dropped = (ssize_t)(n - kept);
out:
	hash64_free(&seen);
	return dropped;
}

/* The number of each row's group, in the order of their first rows; starts (zeroed) gets how many
 * rows group i - 1 has at i. 0 or -ENOMEM. */
static int number_groups(const struct counters *counters, uint32_t *groups, size_t *starts)
{
	struct hash64 numbers = { .slots = NULL };
	uint32_t n_groups = 0;
	int err = 0;

	for (size_t i = 0; err == 0 && i < counters->n; i++) {
		const char *group = counters->rows[i].group;
		uint32_t *number;
		bool is_new;

		number = hash64_add(&numbers, hash_bytes(group, strlen(group)), &is_new);
		if (!number) {
			err = -ENOMEM;
			break;
		}
		if (is_new)
			*number = n_groups++;
		groups[i] = *number;
		starts[*number + 1]++;
	}
	hash64_free(&numbers);
	return err;
}

/* Brings together what is of one group, in the order of their first counters. 0 or -ENOMEM. */
static int unite_groups(struct counters *counters)
{
	size_t n = counters->n;
	uint32_t *groups = calloc(n + 1, sizeof(*groups));
	size_t *starts = calloc(n + 2, sizeof(*starts));
	struct counter *rows = calloc(n + 1, sizeof(*rows));
	int err = groups && starts && rows ? number_groups(counters, groups, starts) : -ENOMEM;

	for (size_t i = 1; err == 0 && i <= n; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; err == 0 && i < n; i++)
		rows[starts[groups[i]]++] = counters->rows[i];
	if (err == 0 && n > 0)
		memcpy(counters->rows, rows, n * sizeof(*rows));
	free(groups);
	free(starts);
	free(rows);
	return err;
}

/*
 * In data a group is one object, and a counter one member of it. The kernel tells each once; what
 * stands in for /proc in some containers may not. 0 or -ENOMEM.
 */
static int make_unique(struct reading *reading)
{
	ssize_t n = drop_doubles(reading->out);

	if (n > 0)
		report_add(
			reading->report, REPORT_PARTIAL,
			"%zd counter%s below /proc/net %s told twice: only the first time counts",
			n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
	return n < 0 ? (int)n : unite_groups(reading->out);
}

int statistics_read(const struct statistics_query *query, const struct env *env,
		    struct report *report, struct counters *out)
{
	struct reading reading = { .env = env, .report = report, .out = out };
	bool sctp = query->protos & 1u << PROTO_SCTP;
	int err = 0;

	if (query->inet4) {
		err = read_one(&reading, &file_snmp, false);
		if (err == 0)
			err = read_one(&reading, &file_netstat, false);
		if (err == 0 && (!query->protos || sctp))
			err = read_one(&reading, &file_sctp, sctp);
	}
	if (err == 0 && query->inet6)
		err = read_one(&reading, &file_snmp6, query->inet6_named);
	if (err == 0 && query->inet6 && !query->inet4)
		err = read_one(&reading, &file_tcp, false);
	if (err == 0 && reading.n_read == 0)
		report_add(report, REPORT_FAILED, "no counter can be read");
	return err == 0 && query->unique ? make_unique(&reading) : err;
}
