/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ports: one round's answer, and the forms it is written in. Between the files ports_*.c. */
#ifndef LSSOCK_VIEW_PORTS_REPORT_H
#define LSSOCK_VIEW_PORTS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/ports_sums.h"
#include "view/view.h"

/* Statuses of monitoring plugins. */
enum ports_status {
	PORTS_OK,
	PORTS_WARNING,
	PORTS_CRITICAL,
	PORTS_UNKNOWN,
};

enum ports_warning_kind {
	PORTS_LISTENER_IN_RANGE,    /* of end */
	PORTS_OUTBOUND_ON_LISTENER, /* connections on the port of a listener */
};

/* A port that should be reserved and is not. */
struct ports_warning {
	enum ports_warning_kind kind;
	uint32_t end; /* PORTS_NONE: none */
	uint16_t port;
	uint32_t connections;
	const char *service; /* NULL: it has no name, or names are not wanted */
};

struct ports_report {
	const struct view_config *config;
	const struct ports_sums *sums;
	bool partial;                   /* there may be sockets, or settings, that were not seen */
	uint32_t *top;                  /* triples to be written, in order; owned */
	size_t n_top;                   /* all of them, or as many as --top says */
	uint32_t fullest;               /* ports_sums_fullest() */
	uint32_t rest_at;               /* where it stands; PORTS_NONE: none is left out */
	struct ports_warning *warnings; /* owned */
	size_t n_warnings, cap_warnings;
	char *cure; /* a command line; NULL: nothing to cure. Owned */
};

/* Reads what the kernel is set to. False: something had to be assumed, which is reported
 * (REPORT_PARTIAL). */
bool ports_read_settings(const struct view_config *config, struct ports_settings *set);

/* Whether it is known which TIME_WAIT connect() may take again. */
bool ports_reuse_is_known(const struct ports_settings *set);

/* Finds what is to be warned of, and the cure for all of it: nothing where it is not known what is
 * reserved. 0 or -ENOMEM. */
int ports_warn(struct ports_report *report);

/* The status of the limits. */
enum ports_status ports_status(const struct ports_report *report);
/* "OK" and so on. */
const char *ports_status_name(enum ports_status status);
/* The service that has the port, or NULL. */
const char *ports_service(const struct ports_report *report, uint16_t port);

/* The line of a monitoring plugin, with performance data behind '|'. */
void ports_put_plugin(const struct ports_report *report, struct obuf *out);
/* The rest of the text, or the documents. 0 or -errno. */
int ports_put_text(const struct ports_report *report, struct obuf *out);
int ports_put_json(const struct ports_report *report, struct obuf *out);
int ports_put_csv(const struct ports_report *report, struct obuf *out, bool with_head);

/* An address at dst (FIELD_TEXT_ADDR_MAX bytes, no NUL). Returns the bytes written. */
size_t ports_format_addr(char *dst, const struct ports_end *end);
/* An address with the device of its sockets ("%eth1"), if any, and its port, if any, with a NUL. */
enum { PORTS_END_MAX = 128 };
void ports_format_end(const struct ports_report *report, const struct ports_end *end,
		      char dst[PORTS_END_MAX]);
/* As an endpoint for text_table and json_doc. */
struct endpoint ports_endpoint(const struct ports_end *end);

#endif
