/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYN_RECV rows show the user of the listener they belong to, and no other. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <sys/socket.h>

#include "enrich/listener_uids.h"

static struct sock row(const char *addr, uint16_t port, bool listening, uint32_t uid)
{
	struct sock sock = {
		.proto = PROTO_TCP,
		.family = AF_INET,
		.listening = listening,
		.state = listening ? TCP_STATE_LISTEN : TCP_STATE_SYN_RECV,
		.local.port = port,
		.uid = uid,
		.has = listening ? SOCK_HAS_UID : 0,
	};

	inet_pton(AF_INET, addr, &sock.local.addr);
	return sock;
}

Test(listener_uids, nearest_listener_lends_its_user)
{
	struct listener_uids uids = { 0 };
	struct sock rows[] = {
		row("0.0.0.0", 80, true, 33),    row("10.0.0.1", 80, true, 44),
		row("10.0.0.2", 81, true, 55),   row("10.0.0.1", 80, false, 0),
		row("10.0.0.9", 80, false, 0),   row("10.0.0.9", 81, false, 0),
		row("10.0.0.2", 8080, false, 0),
	};
	struct sock v6 = row("10.0.0.2", 81, false, 0);

	cr_assert_eq(listener_uids_apply(&uids, rows, 7), 0);
	cr_assert_eq(rows[3].uid, 44);
	cr_assert_eq(rows[4].uid, 33);
	cr_assert(!(rows[5].has & SOCK_HAS_UID),
		  "a listener on another address is not its listener");
	cr_assert(!(rows[6].has & SOCK_HAS_UID));
	v6.family = AF_INET6;
	cr_assert_eq(listener_uids_apply(&uids, &v6, 1), 0);
	cr_assert(!(v6.has & SOCK_HAS_UID), "families are apart");
	listener_uids_clear(&uids);
	rows[3].has = 0;
	cr_assert_eq(listener_uids_apply(&uids, &rows[3], 1), 0);
	cr_assert(!(rows[3].has & SOCK_HAS_UID));
	listener_uids_free(&uids);
}
