/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP sockets without what only others have, and without room for what they may point to. */
#include "model/sock_packed.h"

#include <string.h>
#include <sys/socket.h>

bool sock_can_pack(const struct sock *row)
{
	return row->proto == PROTO_TCP && row->type == SOCK_STREAM && !row->facts &&
	       !row->special && !row->closing && !row->netns && !row->owners &&
	       row->name_len == 0 && row->n_local_addrs == 0 && row->n_remote_addrs == 0 &&
	       row->inode <= UINT32_MAX && row->shutdown <= 3 &&
	       (row->remote.ifindex == 0 || row->remote.ifindex == row->local.ifindex);
}

void sock_pack(struct sock_packed *packed, const struct sock *row)
{
	*packed = (struct sock_packed){
		.local = row->local.addr,
		.remote = row->remote.addr,
		.cookie = row->cookie,
		.cgroup_id = row->cgroup_id,
		.has = row->has,
		.ifindex = row->local.ifindex,
		.timer_ms = row->timer_ms,
		.retransmits = row->retransmits,
		.probes = row->probes,
		.recv_q = row->recv_q,
		.send_q = row->send_q,
		.backlog = row->backlog,
		.uid = row->uid,
		.inode = (uint32_t)row->inode,
		.local_port = row->local.port,
		.remote_port = row->remote.port,
		.family = row->family,
		.state = row->state,
		.timer = row->timer,
		.shutdown = row->shutdown & 3,
		.v6only = row->v6only,
		.listening = row->listening,
		.scoped = row->remote.ifindex != 0,
	};
}

void sock_unpack(struct sock *row, const struct sock_packed *packed)
{
	memset(row, 0, sizeof(*row));
	row->proto = PROTO_TCP;
	row->type = SOCK_STREAM;
	row->local.addr = packed->local;
	row->remote.addr = packed->remote;
	row->cookie = packed->cookie;
	row->cgroup_id = packed->cgroup_id;
	row->has = packed->has;
	row->local.ifindex = packed->ifindex;
	row->remote.ifindex = packed->scoped ? packed->ifindex : 0;
	row->timer_ms = packed->timer_ms;
	row->retransmits = packed->retransmits;
	row->probes = packed->probes;
	row->recv_q = packed->recv_q;
	row->send_q = packed->send_q;
	row->backlog = packed->backlog;
	row->uid = packed->uid;
	row->inode = packed->inode;
	row->local.port = packed->local_port;
	row->remote.port = packed->remote_port;
	row->family = packed->family;
	row->state = packed->state;
	row->timer = packed->timer;
	row->shutdown = packed->shutdown;
	row->v6only = packed->v6only;
	row->listening = packed->listening;
}
