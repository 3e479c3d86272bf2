/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list-families: which families of sockets this host has, and how each of them is seen. */
#ifndef LSSOCK_FAMILIES_H
#define LSSOCK_FAMILIES_H

#include <stdbool.h>

struct data_run;
struct env;
struct obuf;
struct report;

/*
 * Lists every family as a listing would and counts its sockets, then writes a line for each, below
 * headings when with_head, or with data a JSON document. What a listing would report is part of the
 * answer and is not reported. 0, or -ENOMEM (reported).
 */
int families_put(const struct env *env, struct report *report, const struct data_run *run,
		 struct obuf *out, bool data, bool with_head);

#endif
