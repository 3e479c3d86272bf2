/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names at the other ends of UNIX sockets. */
#include <criterion/criterion.h>

#include <string.h>
#include <sys/socket.h>

#include "enrich/unix_peers.h"

static struct sock unix_row(uint64_t inode, enum unix_name_kind kind, const char *name, size_t len)
{
	return (struct sock){
		.has = SOCK_HAS_INODE,
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.inode = inode,
		.name_kind = (uint8_t)kind,
		.name = (const uint8_t *)name,
		.name_len = (uint16_t)len,
	};
}

/* A row whose peer is that inode, after apply. */
static struct sock peer_of(const struct unix_peers *peers, uint32_t inode)
{
	struct sock row = { .has = SOCK_HAS_PEER, .proto = PROTO_UNIX, .peer_inode = inode };

	unix_peers_apply(peers, &row, 1);
	return row;
}

Test(unix_peers, names)
{
	struct unix_peers peers = { 0 };
	char text[] = "/run/x.sock";
	struct sock rows[] = {
		unix_row(10, UNIX_PATHNAME, text, strlen(text)),
		unix_row(11, UNIX_ABSTRACT, "a\0b", 3),
		unix_row(12, UNIX_ABSTRACT, NULL, 0),
		unix_row(13, UNIX_UNNAMED, NULL, 0),
		{ .has = SOCK_HAS_INODE, .proto = PROTO_TCP, .inode = 14, .name_kind = 1 },
	};
	struct sock row;

	cr_assert_eq(unix_peers_learn(&peers, rows, 5), 0);
	memset(text, 'z', sizeof(text)); /* borrowed only until learn() returned */
	row = peer_of(&peers, 10);
	cr_assert_eq(row.peer_name_kind, UNIX_PATHNAME);
	cr_assert_eq(row.peer_name_len, 11);
	cr_assert_eq(memcmp(row.peer_name, "/run/x.sock", 11), 0);
	row = peer_of(&peers, 11);
	cr_assert_eq(row.peer_name_kind, UNIX_ABSTRACT);
	cr_assert_eq(row.peer_name_len, 3);
	cr_assert_eq(memcmp(row.peer_name, "a\0b", 3), 0);
	row = peer_of(&peers, 12);
	cr_assert_eq(row.peer_name_kind, UNIX_ABSTRACT);
	cr_assert_eq(row.peer_name_len, 0);
	for (uint32_t inode = 13; inode < 17; inode++)
		cr_assert_eq(peer_of(&peers, inode).peer_name_kind, UNIX_UNNAMED);
	unix_peers_clear(&peers);
	cr_assert_eq(peer_of(&peers, 10).peer_name_kind, UNIX_UNNAMED);
	unix_peers_free(&peers);
}

Test(unix_peers, the_newer_sight_counts)
{
	struct unix_peers peers = { 0 };
	struct sock old = unix_row(10, UNIX_PATHNAME, "/old", 4);
	struct sock new = unix_row(10, UNIX_PATHNAME, "/new2", 5);

	cr_assert_eq(unix_peers_learn(&peers, &old, 1), 0);
	cr_assert_eq(unix_peers_learn(&peers, &new, 1), 0);
	cr_assert_eq(memcmp(peer_of(&peers, 10).peer_name, "/new2", 5), 0);
	cr_assert_eq(peers.n, 1);
	unix_peers_free(&peers);
}

/* 0 as a peer means none that is known, and a connection not yet accepted has inode 0. */
Test(unix_peers, no_inode_is_nobody)
{
	struct unix_peers peers = { 0 };
	struct sock pending = unix_row(0, UNIX_PATHNAME, "/run/x", 6);

	pending.has = 0;
	cr_assert_eq(unix_peers_learn(&peers, &pending, 1), 0);
	cr_assert_eq(peer_of(&peers, 0).peer_name_kind, UNIX_UNNAMED);
	unix_peers_free(&peers);
}

Test(unix_peers, many)
{
	struct unix_peers peers = { 0 };

	for (uint32_t i = 1; i <= 50000; i++) {
		struct sock row = unix_row(i, UNIX_ABSTRACT, (const char *)&i, sizeof(i));

		cr_assert_eq(unix_peers_learn(&peers, &row, 1), 0);
	}
	for (uint32_t i = 1; i <= 50000; i++)
		cr_assert_eq(memcmp(peer_of(&peers, i).peer_name, &i, sizeof(i)), 0);
	unix_peers_free(&peers);
}
