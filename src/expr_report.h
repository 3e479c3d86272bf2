/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling what is wrong with an expression. */
#ifndef LSSOCK_EXPR_REPORT_H
#define LSSOCK_EXPR_REPORT_H

#include "filter/expr.h"

struct report;

/*
 * Reports (as notes) what was expected, the expression's text around the word that is wrong, and
 * marks under that word. The text may hold any bytes.
 */
void expr_report(struct report *report, const char *text, const struct expr_error *error);

/* Says (REPORT_PARTIAL) that the answer hinges on facts that were kept from us. left_out: such
 * sockets are left out; else the facts are taken for absent. */
void expr_report_undecided(struct report *report, bool left_out);

#endif
