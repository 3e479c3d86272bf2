/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --listeners: accept queues. */
#ifndef LSSOCK_VIEW_LISTENERS_H
#define LSSOCK_VIEW_LISTENERS_H

#include "view/view.h"

struct writer *listeners_new(const struct view_config *config, struct obuf *out);

#endif
