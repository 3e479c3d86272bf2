/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views: what is computed over many rows. A view is a writer (output/writer.h) that keeps sums in
 * place of rows: rows() adds to them, end() writes the answer of the round and starts anew. What
 * the kernel counts and is set to, a view reads itself (kernel/).
 *
 * Memory: a view states in its header what it grows with. Nothing is kept of a row but what is
 * summed.
 */
#ifndef LSSOCK_VIEW_VIEW_H
#define LSSOCK_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "model/addr.h"
#include "model/field.h"
#include "model/sock.h"
#include "output/writer.h"

struct data_run;
struct env;
struct json_doc;
struct labels;
struct obuf;
struct report;

/* What the file of --diff or --expect holds; each gets ctx. Negative returns end the reading. */
struct view_earlier_sink {
	/* n sockets of an earlier output, borrowed, chosen as those of now are. */
	int (*rows)(void *ctx, struct sock *rows, size_t n);
	/* A line of a file that is no JSON, without its newline; number from 1. Returns 0, -EINVAL
	 * and in error what is wrong with it, or -ENOMEM. NULL: such a file is refused. */
	int (*line)(void *ctx, const char *line, size_t len, uint64_t number, char error[],
		    size_t size);
	void *ctx;
};

/* What else is to be known of it. */
struct view_earlier {
	const char *name; /* of the file, as it was written */
	bool json;        /* an earlier output; else lines */
	bool incomplete;  /* it says itself that sockets are missing, or has no end */
	/* Every socket of it tells of its owners, and of its unit. */
	bool tells_owners, tells_units;
	/* Some socket of it tells of its type, and of its interface: else they are not compared. */
	bool tells_types, tells_interfaces;
};

enum view_format {
	VIEW_TEXT,
	VIEW_JSON,
	VIEW_JSONL,
	VIEW_CSV,
};

/* Tells the owners of the socket inodes[index]: n of them (borrowed during the call). hidden: there
 * may be some that this process may not see. */
typedef void view_owner_found(void *arg, size_t index, const struct owner *owners, uint32_t n,
			      bool hidden);

/* Everything is borrowed. */
struct view_config {
	const struct env *env;
	struct report *report;
	const struct data_run *run; /* read at the end of a round */
	/* Names of services; a NULL member: numbers are wanted. */
	const struct labels *labels;
	enum view_format format;
	size_t width; /* columns of the terminal at the start; 0: none, or nothing is to fit */
	bool color, utf8;
	bool no_header;
	bool continuous; /* further rounds follow: rates may be told */
	uint64_t top;    /* 0: not said */
	bool filtered; /* an expression chose the rows: what the kernel counts is not about them */
	bool by_counters; /* what the kernel counts itself was not listed (plan.h) */
	/* Some views get all rows; this says which of them the expression chose. NULL: all. */
	bool (*chosen)(const void *ctx, const struct sock *row);
	const void *chosen_ctx;
	uint32_t protos;   /* 1 << enum sock_proto of those that were named; 0: none was */
	bool inet4, inet6; /* families that were named */

	const struct field *const *fields; /* --count-by: the fields, and the prefixes in bits */
	const uint8_t *prefixes;           /* (0: whole values), n_fields of each */
	size_t n_fields;

	bool textfile;             /* --openmetrics=textfile */
	const char *explain_state; /* --explain=STATE, as written; NULL: all */
	bool has_warn, has_crit;   /* --ports */
	uint32_t warn_pct, crit_pct;
	/* Where a view puts an exit status of its own (--ports with limits); stays negative
	 * otherwise. */
	int *status;

	/*
	 * Finds the owners of n sockets by one walk over /proc; inodes are not zero. found() is
	 * called once for each. To be called, with n 0, also where there is nothing to look for:
	 * privileges are held until then. NULL: owners cannot be had.
	 */
	void (*find_owners)(const void *ctx, const uint64_t *inodes, size_t n,
			    view_owner_found *found, void *arg);
	const void *owners_ctx;

	/* --diff, --expect. Reads the file, once. 0, or negative: what is wrong was reported, and
	 * *status has the status that is due. */
	int (*read_earlier)(const void *ctx, const struct view_earlier_sink *sink,
			    struct view_earlier *about);
	const void *earlier_ctx;
	bool numeric_users;  /* users are shown by their numbers */
	bool quiet;          /* the status is the answer: nothing is written */
	unsigned int facets; /* --diff: enum drift_facet, what else than the state is compared */
};

/* Columns that text has to fit into now; 0: any number. */
size_t view_width(const struct view_config *config);

/* Members interface and interface_index of a document; 0: there is none, and both are null. */
void view_put_interface(const struct view_config *config, struct json_doc *doc, uint32_t ifindex);
/* The same as two fields of CSV, with the comma between. */
void view_put_csv_interface(const struct view_config *config, struct obuf *out, uint32_t ifindex);
/* Hundredths as a field of CSV. */
void view_put_csv_fixed(struct obuf *out, uint64_t value100);
/* The setting ip_local_port_range: null where it is not known. */
void view_put_port_range(struct json_doc *doc, bool known, uint16_t low, uint16_t high);
/* The name of an interface for text that knows no escapes, where it is of letters, digits, '.',
 * '-', '_' and '@'; else its number. Returns the bytes written, without a NUL. */
enum { VIEW_INTERFACE_MAX = 20 };
size_t view_format_interface(const struct view_config *config, uint32_t ifindex,
			     char dst[VIEW_INTERFACE_MAX]);

/* Whether the row was chosen by -4, -6 and the expression, for views that get all of them.
 * v4-mapped addresses are IPv4's. */
static inline bool view_has_chosen(const struct view_config *config, const struct sock *row)
{
	bool v4 = row->family == AF_INET || addr_is_v4mapped(&row->local.addr);

	if ((config->inet4 || config->inet6) && !(v4 ? config->inet4 : config->inet6))
		return false;
	return !config->chosen || config->chosen(config->chosen_ctx, row);
}

#endif
