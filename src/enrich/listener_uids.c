/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user of connections in SYN_RECV, from the listeners that came before them. */
#include "enrich/listener_uids.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct listener_uid {
	union inet_addr addr;
	uint32_t uid;
	uint32_t next; /* index + 1 of the one learned before on the same port; 0: none */
};

static uint64_t port_key(const struct sock *sock)
{
	return (uint64_t)sock->family << 16 | sock->local.port;
}

static int learn(struct listener_uids *uids, const struct sock *sock)
{
	void *list = uids->list;
	int err = array_grow(&list, &uids->cap, uids->n + 1, sizeof(*uids->list));
	uint32_t *last;

	uids->list = list;
	if (err < 0)
		return err;
	last = hash64_add(&uids->by_port, port_key(sock), NULL);
	if (!last)
		return -ENOMEM;
	uids->list[uids->n++] =
		(struct listener_uid){ .addr = sock->local.addr, .uid = sock->uid, .next = *last };
	*last = (uint32_t)uids->n;
	return 0;
}

static const struct listener_uid *find(const struct listener_uids *uids, const struct sock *sock)
{
	const uint32_t *last = hash64_find(&uids->by_port, port_key(sock));
	const struct listener_uid *wildcard = NULL;

	for (uint32_t at = last ? *last : 0; at; at = uids->list[at - 1].next) {
		const struct listener_uid *listener = &uids->list[at - 1];

		if (memcmp(&listener->addr, &sock->local.addr, sizeof(listener->addr)) == 0)
			return listener;
		if (addr_is_any(&listener->addr))
			wildcard = listener;
	}
	return wildcard;
}

int listener_uids_apply(struct listener_uids *uids, struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sock *row = &rows[i];
		const struct listener_uid *listener;

		if (row->proto != PROTO_TCP)
			continue;
		if (row->listening && (row->has & SOCK_HAS_UID)) {
			if (learn(uids, row) < 0)
				return -ENOMEM;
		} else if (row->state == TCP_STATE_SYN_RECV && !(row->has & SOCK_HAS_UID)) {
			listener = find(uids, row);
			if (!listener)
				continue;
			row->uid = listener->uid;
			row->has |= SOCK_HAS_UID;
		}
	}
	return 0;
}

void listener_uids_clear(struct listener_uids *uids)
{
	hash64_clear(&uids->by_port);
	uids->n = 0;
}

void listener_uids_free(struct listener_uids *uids)
{
	hash64_free(&uids->by_port);
	free(uids->list);
	*uids = (struct listener_uids){ 0 };
}
