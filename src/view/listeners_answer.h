/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of --listeners in one round, and its forms; only for view/listeners*.c. */
#ifndef LSSOCK_VIEW_LISTENERS_ANSWER_H
#define LSSOCK_VIEW_LISTENERS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/listeners_kernel.h"
#include "view/listeners_owners.h"
#include "view/listeners_sums.h"
#include "view/view.h"

enum {
	LISTENERS_GROUPS_SHOWN = 10, /* of CLOSE_WAIT */
	LISTENERS_FILL_WARN = 80,    /* percent */
	LISTENERS_LEAK_WARN = 100,   /* CLOSE_WAIT sockets of one process and listener */
	LISTENERS_LABEL_MAX = 800,   /* room for a listener's name in a sentence: a UNIX path
					takes four bytes a byte when escaped */
	LISTENERS_FINDING_MAX = 1400,
};

struct listeners_answer {
	const struct view_config *config;
	struct listeners_sums sums;
	struct close_waits waits;
	struct listeners_kernel kernel;
	size_t n_shown; /* listeners, from the first */
	bool tcp;       /* it is about TCP, among others: what only TCP has is told */
};

/* What is wrong, in words: kind is a word for programs, text one sentence of printable ASCII
 * without a full stop. Both are borrowed during the call. */
typedef void listeners_finding(void *arg, const char *kind, const char *text);

/* Calls found() for everything that deserves attention, the most pressing first. */
void listeners_find(const struct listeners_answer *answer, listeners_finding *found, void *arg);

/* Whether listen() may have been asked for more than it granted: the backlog is just
 * net.core.somaxconn. */
bool listeners_may_be_cut(const struct listeners_answer *answer, const struct listener *listener);

/* A listener at that place, or NULL (LISTENERS_NO_PLACE, and listeners that are not there). */
const struct listener *listeners_at(const struct listeners_answer *answer, uint32_t place);

/* Writes "127.0.0.1:80", "[::]:80" or a UNIX name at dst, escaped to ASCII, with a NUL; cut where
 * it does not fit. */
void listeners_format_end(char *dst, size_t size, const struct sock *sock);

/* Writes the name of a program at dst, escaped to ASCII, with a NUL; cut where it does not fit. It
 * stays a word: "" for an empty one, and escapes for one that would look like that. */
void listeners_format_program(char *dst, size_t size, const char *program);

/* Writes the answer: 0 or the error of the output. */
int listeners_put_text(const struct listeners_answer *answer, struct obuf *out);
void listeners_put_json(const struct listeners_answer *answer, struct obuf *out);
int listeners_put_csv(const struct listeners_answer *answer, bool with_head, struct obuf *out);

#endif
