/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of UNIX sockets by inode. */
#include "enrich/unix_peers.h"

#include <errno.h>
#include <stdlib.h>

struct unix_peer {
	const uint8_t *name;
	uint16_t name_len;
	uint8_t name_kind;
};

static int learn(struct unix_peers *peers, const struct sock *row)
{
	struct unix_peer peer = { .name_len = row->name_len, .name_kind = row->name_kind };
	void *list = peers->list;
	int err = array_grow(&list, &peers->cap, peers->n + 1, sizeof(*peers->list));
	uint32_t *at;
	bool added;

	peers->list = list;
	if (err < 0)
		return err;
	if (row->name_len) {
		peer.name = arena_copy(&peers->names, row->name, row->name_len);
		if (!peer.name)
			return -ENOMEM;
	}
	at = hash64_add(&peers->by_inode, row->inode, &added);
	if (!at)
		return -ENOMEM;
	/* One that was bound while the table was read is met twice: the newer sight counts. */
	if (added)
		*at = (uint32_t)peers->n++;
	peers->list[*at] = peer;
	return 0;
}

int unix_peers_learn(struct unix_peers *peers, const struct sock *rows, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++)
		if (rows[i].proto == PROTO_UNIX && (rows[i].has & SOCK_HAS_INODE) &&
		    rows[i].name_kind != UNIX_UNNAMED)
			err = learn(peers, &rows[i]);
	return err;
}

void unix_peers_apply(const struct unix_peers *peers, struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct unix_peer *peer;
		const uint32_t *at;

		if (!(rows[i].has & SOCK_HAS_PEER) || rows[i].peer_inode == 0)
			continue;
		at = hash64_find(&peers->by_inode, rows[i].peer_inode);
		if (!at)
			continue;
		peer = &peers->list[*at];
		rows[i].peer_name = peer->name;
		rows[i].peer_name_len = peer->name_len;
		rows[i].peer_name_kind = peer->name_kind;
	}
}

void unix_peers_clear(struct unix_peers *peers)
{
	hash64_clear(&peers->by_inode);
	arena_reset(&peers->names);
	peers->n = 0;
}

void unix_peers_free(struct unix_peers *peers)
{
	hash64_free(&peers->by_inode);
	arena_free(&peers->names);
	free(peers->list);
	*peers = (struct unix_peers){ 0 };
}
