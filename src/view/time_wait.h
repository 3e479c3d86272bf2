/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --time-wait. */
#ifndef LSSOCK_VIEW_TIME_WAIT_H
#define LSSOCK_VIEW_TIME_WAIT_H

#include "view/view.h"

struct writer *time_wait_new(const struct view_config *config, struct obuf *out);

#endif
