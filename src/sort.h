/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --sort. */
#ifndef LSSOCK_SORT_H
#define LSSOCK_SORT_H

#include <stddef.h>

#include "model/sock.h"
#include "plan.h"

/*
 * Sorts rows by the keys, the first one first: numbers by size, addresses by family and bytes, text
 * by bytes, "no" before "yes". Absent comes last in either direction; equal rows keep their order.
 * 0 or -ENOMEM. Memory: two pointers a row and one copy.
 */
int sort_rows(struct sock *rows, size_t n, const struct plan_key *keys, size_t n_keys);

#endif
