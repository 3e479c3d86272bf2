/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user of connections in SYN_RECV, from the listeners that came before them: two look-ups a
 * row, however many listeners share a port.
 *
 * Limit: listeners on one address and port (SO_REUSEPORT) are all of one user, so one is kept.
 */
#include "enrich/listener_uids.h"

#include <errno.h>

/* What a listener is found by. The hash is another one in each run, so ends cannot be made to meet.
 */
static uint64_t end_key(const struct sock *sock, const union inet_addr *addr)
{
	struct {
		uint32_t family, port;
		union inet_addr addr;
	} end = { sock->family, sock->local.port, *addr };

	return hash_bytes(&end, sizeof(end));
}

int listener_uids_apply(struct listener_uids *uids, struct sock *rows, size_t n)
{
	static const union inet_addr wildcard;

	for (size_t i = 0; i < n; i++) {
		struct sock *row = &rows[i];
		uint32_t *uid;

		if (row->proto != PROTO_TCP)
			continue;
		if (row->listening && (row->has & SOCK_HAS_UID)) {
			uid = hash64_add(&uids->by_end, end_key(row, &row->local.addr), NULL);
			if (!uid)
				return -ENOMEM;
			*uid = row->uid;
		} else if (row->state == TCP_STATE_SYN_RECV && !(row->has & SOCK_HAS_UID)) {
			uid = hash64_find(&uids->by_end, end_key(row, &row->local.addr));
			if (!uid)
				uid = hash64_find(&uids->by_end, end_key(row, &wildcard));
			if (!uid)
				continue;
			row->uid = *uid;
			row->has |= SOCK_HAS_UID;
		}
	}
	return 0;
}

void listener_uids_clear(struct listener_uids *uids)
{
	hash64_clear(&uids->by_end);
}

void listener_uids_free(struct listener_uids *uids)
{
	hash64_free(&uids->by_end);
}
