/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --count-by: how many sockets have which values. Memory grows with the number of groups. */
#ifndef LSSOCK_VIEW_COUNT_BY_H
#define LSSOCK_VIEW_COUNT_BY_H

#include "view/view.h"

/*
 * Text: a line a group, the largest first, then "(other)" for what --top leaves out, then the
 * total. JSON: one document; JSON lines: a record a group and one that ends the round; CSV: a line
 * a group. NULL without memory.
 */
struct writer *count_by_new(const struct view_config *config, struct obuf *out);

#endif
