/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --explain: what the states of TCP mean. */
#ifndef LSSOCK_VIEW_EXPLAIN_STATES_H
#define LSSOCK_VIEW_EXPLAIN_STATES_H

#include "view/view.h"

struct writer *explain_states_new(const struct view_config *config, struct obuf *out);

#endif
