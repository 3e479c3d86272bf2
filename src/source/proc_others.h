/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Families that only files below /proc/net tell of: Bluetooth (bt_seq_show() in
 * net/bluetooth/af_bluetooth.c), KCM (kcm_format_sock() in net/kcm/kcmproc.c), PF_KEY
 * (pfkey_seq_show() in net/key/af_key.c), Phonet (pn_sock_seq_show() in net/phonet/socket.c),
 * PPPoE (pppoe_seq_show() in drivers/net/ppp/pppoe.c) and L2TP (pppol2tp_seq_session_show() in
 * net/l2tp/l2tp_ppp.c).
 */
#ifndef LSSOCK_SOURCE_PROC_OTHERS_H
#define LSSOCK_SOURCE_PROC_OTHERS_H

#include <stddef.h>

#include "model/query.h"
#include "model/special.h"

struct env;
struct report;

/*
 * One line of a family's file, without newline. protocol: BTPROTO_* of the file, for Bluetooth.
 * Returns 1 and *sock, which borrows *special; 0 for a line that is no socket (KCM and L2TP have
 * such); or -EBADMSG. Pure.
 */
int proc_others_parse(enum sock_proto proto, uint32_t protocol, const char *line, size_t len,
		      struct sock *sock, struct sock_special *special);

/* Lists the family of query. Returns as proc_inet_list(); -ENOENT where none of its files is there.
 */
int proc_others_list(const struct env *env, struct report *report, const struct sock_query *query,
		     const struct sock_sink *sink);

#endif
