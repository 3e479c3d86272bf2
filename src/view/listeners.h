/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --listeners: accept queues and how full they are, what was dropped, and connections that a
 * program has forgotten to close. Memory: see view/listeners_sums.h.
 */
#ifndef LSSOCK_VIEW_LISTENERS_H
#define LSSOCK_VIEW_LISTENERS_H

#include "view/view.h"

/* Wants rows of TCP in LISTEN, SYN_RECV and CLOSE_WAIT with NEED_SKMEM and NEED_FACTS, and
 * listeners of SCTP and UNIX where they are asked for. NULL without memory. */
struct writer *listeners_new(const struct view_config *config, struct obuf *out);

#endif
