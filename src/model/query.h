/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source is asked for. Sources may answer with more rows than asked; the filter behind them
 * is the truth. */
#ifndef LSSOCK_MODEL_QUERY_H
#define LSSOCK_MODEL_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/proto.h"

/* Which of the sockets of a table are shown. */
enum select_mode {
	SELECT_CONNECTED, /* neither -a nor -l: all but listeners */
	SELECT_LISTENERS, /* -l */
	SELECT_ALL,       /* -a */
};

/* Facts that cost something to get; a source fetches them only when asked. */
enum sock_need {
	NEED_TCP_INFO =
		1 << 0, /* exact retransmits and probes (INET_DIAG_INFO takes each socket's lock) */
	NEED_REFCNT = 1 << 1, /* UNIX: RefCnt and connections not yet accepted (reads /proc/net/unix
				 beside netlink) */
	NEED_OWNERS = 1 << 2, /* the walk over /proc/PID/fd */
	NEED_CONTEXT = 1 << 3,      /* security contexts of the owners */
	NEED_LISTENER_UID = 1 << 4, /* the user of SYN_RECV rows, which sock_diag does not tell */
};

struct sock_query {
	enum sock_proto proto;
	uint8_t family;  /* AF_INET, AF_INET6, AF_UNIX */
	uint32_t states; /* 1 << state; UNIX: bits of TCP's ESTABLISHED, LISTEN and CLOSE, as
			    unix_diag has them */
	uint32_t needs;  /* NEED_* */
};

#endif
