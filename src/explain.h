/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --explain-filter: what of an expression the kernel decides for each table, and what is left to
 * us. */
#ifndef LSSOCK_EXPLAIN_H
#define LSSOCK_EXPLAIN_H

#include "plan.h"

struct obuf;

/*
 * Appends the expression as it was understood and a line for each table of the plan: the states
 * that are asked for and the condition handed to the kernel. utf8: it may be shown. 0 or -ENOMEM.
 */
int explain_put(const struct plan *plan, struct obuf *out, bool utf8);

#endif
