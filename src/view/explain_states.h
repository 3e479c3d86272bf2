/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --explain: what the states of TCP mean, how many sockets of this host are in each, and for one
 * state the programs that hold them. Memory: see view/explain_sums.h.
 */
#ifndef LSSOCK_VIEW_EXPLAIN_STATES_H
#define LSSOCK_VIEW_EXPLAIN_STATES_H

#include "view/view.h"

struct obuf;

/* config->explain_state is NULL, or a word that tcp_state_find() knows. NULL without memory. */
struct writer *explain_states_new(const struct view_config *config, struct obuf *out);

#endif
