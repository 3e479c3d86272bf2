/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet and netlink sockets from /proc/net:
 *
 *   packet   PTR REFCNT TYPE PROTO IFACE RUNNING RMEM UID INODE
 *   netlink  PTR PROTO PORTID GROUPS RMEM WMEM DUMP REFCNT DROPS INODE
 *
 * Known limits: rings and fanout of packet sockets, connections of netlink sockets and groups above
 * 32 are not told; kernels before 3.9 print the port id as a number with a sign.
 */
#include "source/proc_special.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/proc_table.h"
#include "source/proc_text.h"

/* A field of decimal digits behind blanks. */
static bool next_number(struct proc_text *text, uint64_t max, uint64_t *out)
{
	return proc_text_gap(text) && proc_text_decimal(text, max, out) && proc_text_at_gap(text);
}

/* The pointer, which is hashed or zero: of any length. */
static bool pass_pointer(struct proc_text *text)
{
	const char *word;
	size_t n;
	uint64_t pointer;

	proc_text_skip(text);
	return proc_text_word(text, &word, &n) && n <= 16 &&
	       num_parse_hex(word, n, UINT64_MAX, &pointer);
}

static void take_inode(struct sock *sock, uint64_t inode)
{
	sock->inode = inode;
	if (inode)
		sock->has |= SOCK_HAS_INODE;
}

int proc_packet_parse(const char *line, size_t len, struct sock *sock, struct sock_special *special)
{
	struct proc_text text = { .at = line, .end = line + len };
	uint64_t refcnt, type, protocol, ifindex, running, rmem, uid, inode;

	if (!pass_pointer(&text) || !next_number(&text, UINT32_MAX, &refcnt) ||
	    !next_number(&text, UINT8_MAX, &type) || !proc_text_gap(&text) ||
	    !proc_text_hex(&text, 4, &protocol) || !next_number(&text, UINT32_MAX, &ifindex) ||
	    !next_number(&text, 1, &running) || !next_number(&text, UINT32_MAX, &rmem) ||
	    !next_number(&text, UINT32_MAX, &uid) || !next_number(&text, UINT64_MAX, &inode))
		return -EBADMSG;
	*sock = (struct sock){
		.proto = PROTO_PACKET,
		.family = AF_PACKET,
		.type = (uint8_t)type,
		.state = TCP_STATE_CLOSE,
		/* What it has sent and is not yet gone is not told. */
		.has = SOCK_HAS_IFINDEX | SOCK_HAS_UID | SOCK_HAS_REFCNT | SOCK_HAS_RECV_Q,
		.refcnt = (uint32_t)refcnt,
		.recv_q = (uint32_t)rmem,
		.uid = (uint32_t)uid,
		.special = special,
	};
	sock->local.ifindex = (uint32_t)ifindex;
	take_inode(sock, inode);
	*special = (struct sock_special){
		.has = SPECIAL_PROTOCOL | SPECIAL_LOCAL,
		.protocol = (uint32_t)protocol,
	};
	return 0;
}

int proc_netlink_parse(const char *line, size_t len, struct sock *sock,
		       struct sock_special *special, uint32_t *groups)
{
	struct proc_text text = { .at = line, .end = line + len };
	uint64_t protocol, port, mask, rmem, wmem, dump, refcnt, drops, inode;

	if (!pass_pointer(&text) || !next_number(&text, UINT8_MAX, &protocol) ||
	    !next_number(&text, UINT32_MAX, &port) || !proc_text_gap(&text) ||
	    !proc_text_hex(&text, 8, &mask) || !next_number(&text, UINT32_MAX, &rmem) ||
	    !next_number(&text, UINT32_MAX, &wmem) || !next_number(&text, UINT64_MAX, &dump) ||
	    !next_number(&text, UINT32_MAX, &refcnt) || !next_number(&text, UINT32_MAX, &drops) ||
	    !next_number(&text, UINT64_MAX, &inode))
		return -EBADMSG;
	*sock = (struct sock){
		.proto = PROTO_NETLINK,
		.family = AF_NETLINK,
		.state = TCP_STATE_CLOSE,
		.has = SOCK_HAS_QUEUES | SOCK_HAS_REFCNT,
		.refcnt = (uint32_t)refcnt,
		.recv_q = (uint32_t)rmem,
		.send_q = (uint32_t)wmem,
		.special = special,
	};
	take_inode(sock, inode);
	*groups = (uint32_t)mask;
	*special = (struct sock_special){
		.has = SPECIAL_PROTOCOL | SPECIAL_LOCAL | SPECIAL_GROUPS,
		.protocol = (uint32_t)protocol,
		.local = { .port = (uint32_t)port },
		.groups = { (const uint8_t *)groups, sizeof(*groups) },
	};
	return 0;
}

/* What the rows of a batch borrow. */
struct borrowed {
	struct sock_special special;
	uint32_t groups;
};

static int list_table(const struct env *env, struct report *report, enum sock_proto proto,
		      const struct sock_sink *sink)
{
	struct borrowed *borrowed = malloc(PROC_TABLE_BATCH * sizeof(*borrowed));
	struct proc_table table;
	const char *line;
	size_t len;
	int err;

	if (!borrowed)
		return -ENOMEM;
	err = proc_table_open(&table, env, report,
			      proto == PROTO_PACKET ? "net/packet" : "net/netlink", sink);
	if (err < 0) {
		free(borrowed);
		return err;
	}
	while (proc_table_line(&table, &line, &len)) {
		struct borrowed *with = &borrowed[table.n_rows];
		struct sock *row = proc_table_row(&table);

		err = proto == PROTO_PACKET
			      ? proc_packet_parse(line, len, row, &with->special)
			      : proc_netlink_parse(line, len, row, &with->special, &with->groups);
		if (err < 0)
			table.bad++;
		else
			proc_table_keep(&table);
	}
	err = proc_table_close(&table);
	free(borrowed);
	return err;
}

int proc_packet_list(const struct env *env, struct report *report, const struct sock_query *query,
		     const struct sock_sink *sink)
{
	(void)query;
	return list_table(env, report, PROTO_PACKET, sink);
}

int proc_netlink_list(const struct env *env, struct report *report, const struct sock_query *query,
		      const struct sock_sink *sink)
{
	(void)query;
	return list_table(env, report, PROTO_NETLINK, sink);
}
