/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --events: sockets as they are closed, in place of those that are there. The kernel's messages
 * become rows, which get what is known from the last look, go through the expression, and are
 * written as soon as no further message waits.
 *
 * Nothing that takes long stands between two messages but a look at who holds the sockets, where
 * owners, users or units are asked for: no host or service is looked up, and of users only those of
 * a look. While nobody reads (a look, a reader of the output that does not keep up) messages wait
 * in the kernel's queue, and are lost when that is full: that is told, with their number.
 */
#ifndef LSSOCK_EVENTS_H
#define LSSOCK_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "output/writer.h"
#include "plan.h"

struct confine;
struct env;
struct events;
struct obuf;
struct report;
struct request;

/* Everything is borrowed. */
struct events_config {
	const struct env *env;
	struct report *report;
	const struct request *request;
	const struct plan *plan;
	struct confine *confine; /* is told what is not needed any more */
	struct obuf *out;        /* where the writer writes: flushed when no message waits */
};

/*
 * Opens the kernel's messages; from here on none is missed but for want of room. NULL without
 * memory, or where they cannot be had (reported, REPORT_FAILED).
 */
struct events *events_new(const struct events_config *config);
void events_free(struct events *events);

/*
 * Writes what is closed into writer, which is ended as well, until as many are written as --count
 * says, --timeout is over, a signal asks to stop, or, with -c, the interval is over. *n_rows: how
 * many. Returns 0, or negative when there is to be no further round: the output failed, a signal,
 * no memory. What went wrong is reported.
 */
int events_round(struct events *events, struct writer *writer, bool *cut_short, uint64_t *n_rows);

/* Whether the last event has been written, or the time is over. */
bool events_are_over(const struct events *events);

/* The moment as closed_at has it, into text (CLOSED_AT_ROOM bytes); "" for years that RFC 3339 has
 * no number for. second: seconds since 1970; ns below 1,000,000,000. Pure. */
void events_format_time(char *text, int64_t second, uint32_t ns);

#endif
