/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --summary: sockets by protocol and state, queues, memory. */
#ifndef LSSOCK_VIEW_SUMMARY_H
#define LSSOCK_VIEW_SUMMARY_H

#include "view/view.h"

struct writer *summary_new(const struct view_config *config, struct obuf *out);

#endif
