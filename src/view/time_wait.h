/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --time-wait: who closed first, what it costs here, and what would help. Listeners have to come
 * before all other rows. Memory: see view/time_wait_sums.h.
 */
#ifndef LSSOCK_VIEW_TIME_WAIT_H
#define LSSOCK_VIEW_TIME_WAIT_H

#include "view/view.h"

struct obuf;

/* NULL without memory. */
struct writer *time_wait_new(const struct view_config *config, struct obuf *out);

#endif
