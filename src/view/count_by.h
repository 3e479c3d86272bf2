/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --count-by: how many sockets have which values. */
#ifndef LSSOCK_VIEW_COUNT_BY_H
#define LSSOCK_VIEW_COUNT_BY_H

#include "view/view.h"

struct writer *count_by_new(const struct view_config *config, struct obuf *out);

#endif
