/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attributes of sock_diag's messages that fill struct sock_facts (kernel: net/ipv4/
 * {inet,tcp}_diag.c, net/unix/diag.c, net/tls/tls_main.c, net/mptcp/diag.c). What a plain row needs
 * is parsed in diag_inet.c and diag_unix.c. MD5 keys are counted and never looked at.
 */
#ifndef LSSOCK_SOURCE_DIAG_FACTS_H
#define LSSOCK_SOURCE_DIAG_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/facts.h"
#include "model/query.h"

/* Whether these needs (NEED_*) ask for facts at all. */
static inline bool diag_facts_wanted(uint32_t needs)
{
	return needs & (NEED_FACTS | NEED_SKMEM | NEED_CONGESTION | NEED_CC_INFO | NEED_TOS |
			NEED_TCLASS | NEED_VFS);
}

/* What to ask for: bits of idiag_ext (tcp_info aside), and bits of udiag_show. */
uint8_t diag_facts_inet_ext(uint32_t needs);
uint32_t diag_facts_unix_show(uint32_t needs);

/*
 * Fill *out from the payload of one inet_diag or unix_diag message; *out borrows from it. False
 * when an attribute was damaged: what came before it is there. proto: what was asked for. Pure.
 */
bool diag_facts_parse_inet(enum sock_proto proto, const void *payload, size_t len,
			   struct sock_facts *out);
bool diag_facts_parse_unix(const void *payload, size_t len, struct sock_facts *out);

#endif
