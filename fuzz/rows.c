/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows out of bytes. Each text is a block of memory of its own, of just its size. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void *own(struct fuzz_rows *rows, void *data)
{
	if (rows->n_owned == FUZZ_OWNED_MAX)
		abort();
	rows->owned[rows->n_owned++] = data;
	return data;
}

/* Bytes as long as the next one says; *len of them. NULL for none. */
static const uint8_t *bytes(struct fuzz_rows *rows, struct fuzz_input *input, size_t *len)
{
	const uint8_t *data = fuzz_take(input, fuzz_u8(input), len);

	return *len ? own(rows, fuzz_copy(data, *len)) : NULL;
}

/* A text that ends with a NUL, at the first one in it; NULL for none. */
static const char *string(struct fuzz_rows *rows, struct fuzz_input *input)
{
	size_t len;
	const uint8_t *data = fuzz_take(input, fuzz_u8(input), &len);
	char *text;

	if (len == 0)
		return NULL;
	len = strnlen((const char *)data, len);
	text = fuzz_string(data, len);
	return own(rows, text);
}

static struct blob blob(struct fuzz_rows *rows, struct fuzz_input *input)
{
	size_t len;
	const uint8_t *data = bytes(rows, input, &len);

	return (struct blob){ .data = data, .len = (uint32_t)len };
}

static void make_end(struct endpoint *end, struct fuzz_input *input, uint8_t family)
{
	size_t len, n = family == AF_INET6 ? 16 : 4;
	const uint8_t *data = fuzz_take(input, n, &len);

	if (len)
		memcpy(end->addr.bytes, data, len);
	end->port = (uint16_t)fuzz_number(input, 2);
	end->ifindex = fuzz_u8(input);
}

static void make_inet(struct fuzz_rows *rows, struct sock *sock, struct fuzz_input *input)
{
	struct endpoint *ends = rows->ends[rows->n];
	uint8_t more = fuzz_u8(input);

	make_end(&sock->local, input, sock->family);
	make_end(&sock->remote, input, sock->family);
	if (!(more & 1) || sock->proto != PROTO_SCTP)
		return;
	ends[0] = sock->local;
	ends[2] = sock->remote;
	make_end(&ends[1], input, sock->family);
	make_end(&ends[3], input, sock->family);
	sock->local_addrs = ends;
	sock->remote_addrs = ends + 2;
	sock->n_local_addrs = 1 + (more >> 1 & 1);
	sock->n_remote_addrs = 1 + (more >> 2 & 1);
	sock->sctp_assoc = more >> 3 & 1;
}

static void make_unix(struct fuzz_rows *rows, struct sock *sock, struct fuzz_input *input)
{
	size_t len;
	uint8_t kinds = fuzz_u8(input);

	sock->name = bytes(rows, input, &len);
	sock->name_len = (uint16_t)len;
	sock->name_kind = len ? 1 + (kinds & 1) : kinds & 2 ? UNIX_ABSTRACT : UNIX_UNNAMED;
	/* An abstract name may be empty, and is then still one. */
	if (sock->name_kind == UNIX_ABSTRACT && !sock->name)
		sock->name = own(rows, fuzz_copy("", 0));
	sock->peer_name = bytes(rows, input, &len);
	sock->peer_name_len = (uint16_t)len;
	sock->peer_name_kind = len ? 1 + (kinds >> 2 & 1) : UNIX_UNNAMED;
	sock->peer_inode = (uint32_t)fuzz_number(input, 4);
}

static void make_special(struct fuzz_rows *rows, struct sock *sock, struct fuzz_input *input)
{
	struct sock_special *special = &rows->specials[rows->n];

	sock->special = special;
	special->has = (uint32_t)fuzz_number(input, 3);
	special->protocol = (uint32_t)fuzz_number(input, 2);
	special->local.node = (uint32_t)fuzz_number(input, 4);
	special->local.port = (uint32_t)fuzz_number(input, 4);
	special->remote = special->local;
	special->flags = (uint32_t)fuzz_number(input, 4);
	special->groups = blob(rows, input);
	special->groups.len &= ~3u;
	special->fanout_type = fuzz_u8(input);
	special->rx_ring.blocks = (uint32_t)fuzz_number(input, 4);
	special->umem.size = fuzz_number(input, 8);
	special->xdp_stats = blob(rows, input);
	special->mode = fuzz_u8(input);
	special->fallback_reason = (uint32_t)fuzz_number(input, 4);
	sock->local.ifindex = fuzz_u8(input);
}

static void make_facts(struct fuzz_rows *rows, struct sock *sock, struct fuzz_input *input)
{
	struct sock_facts *facts = &rows->facts[rows->n];

	sock->facts = facts;
	facts->has = (uint32_t)fuzz_number(input, 2);
	facts->mark = (uint32_t)fuzz_number(input, 4);
	facts->tls_version = (uint16_t)fuzz_number(input, 2);
	facts->tls_cipher = (uint16_t)fuzz_number(input, 2);
	facts->tls_tx = fuzz_u8(input);
	facts->sockopt[0] = fuzz_u8(input);
	facts->vfs_device = (uint32_t)fuzz_number(input, 4);
	facts->tcp_info = blob(rows, input);
	facts->skmem = blob(rows, input);
	facts->congestion = blob(rows, input);
	facts->ulp = blob(rows, input);
	facts->vegas = blob(rows, input);
	facts->bbr = blob(rows, input);
}

static void make_owners(struct fuzz_rows *rows, struct sock *sock, struct fuzz_input *input,
			uint8_t n)
{
	struct owner *owners = rows->owners[rows->n];

	sock->owners_hidden = n & 4;
	n &= 3;
	for (uint8_t i = 0; i < n; i++) {
		size_t len;

		owners[i].pid = (uint32_t)fuzz_number(input, 4);
		owners[i].fd = fuzz_u8(input);
		owners[i].program = string(rows, input);
		if (!owners[i].program)
			owners[i].program = "";
		owners[i].context = string(rows, input);
		owners[i].exe = string(rows, input);
		owners[i].cmdline = (const char *)bytes(rows, input, &len);
		owners[i].cmdline_len = (uint32_t)len;
		owners[i].cmdline_cut = owners[i].fd & 1;
		owners[i].start_time = fuzz_number(input, 5);
	}
	sock->owners = n ? owners : NULL;
	sock->n_owners = n;
}

static void make_names(struct fuzz_rows *rows, struct sock *sock, struct fuzz_input *input)
{
	struct sock_netns *netns = &rows->netns[rows->n];
	const char *label;

	sock->user = string(rows, input);
	sock->interface = string(rows, input);
	sock->cgroup = string(rows, input);
	if (sock->cgroup) {
		unit_parse(sock->cgroup, strlen(sock->cgroup), &rows->units[rows->n]);
		sock->unit = &rows->units[rows->n];
	}
	label = string(rows, input);
	if (!label)
		return;
	*netns = (struct sock_netns){ .label = label, .id = fuzz_number(input, 5), .place = 1 };
	sock->netns = netns;
}

static void make_numbers(struct sock *sock, struct fuzz_input *input)
{
	sock->state = fuzz_u8(input);
	sock->listening = sock->state == TCP_STATE_LISTEN && !sock->sctp_assoc;
	sock->type = fuzz_u8(input);
	sock->timer = fuzz_u8(input);
	sock->shutdown = fuzz_u8(input);
	sock->timer_ms = (uint32_t)fuzz_number(input, 4);
	sock->retransmits = sock->probes = fuzz_u8(input);
	sock->recv_q = (uint32_t)fuzz_number(input, 4);
	sock->send_q = sock->backlog = (uint32_t)fuzz_number(input, 4);
	sock->uid = (uint32_t)fuzz_number(input, 4);
	sock->refcnt = fuzz_u8(input);
	sock->inode = fuzz_number(input, 8);
	sock->cookie = fuzz_number(input, 8);
	sock->cgroup_id = fuzz_number(input, 8);
}

void fuzz_rows_make(struct fuzz_rows *rows, struct fuzz_input *input)
{
	memset(rows, 0, sizeof(*rows));
	do {
		struct sock *sock = &rows->rows[rows->n];
		uint8_t head = fuzz_u8(input), parts = fuzz_u8(input);

		sock->proto = head % PROTO_COUNT;
		sock->family = proto_row((enum sock_proto)sock->proto)->family;
		if (!sock->family)
			sock->family = head & 0x80 ? AF_INET6 : AF_INET;
		sock->has = (uint32_t)fuzz_number(input, 2);
		if (sock->proto == PROTO_UNIX)
			make_unix(rows, sock, input);
		else if (proto_has_addresses(sock->proto))
			make_inet(rows, sock, input);
		if (proto_is_further(sock->proto))
			make_special(rows, sock, input);
		if (parts & 1)
			make_numbers(sock, input);
		if (parts & 2)
			make_names(rows, sock, input);
		if (parts & 4)
			make_facts(rows, sock, input);
		make_owners(rows, sock, input, parts >> 3);
		rows->n++;
	} while (rows->n < FUZZ_ROWS_MAX && fuzz_left(input) > 0);
}

void fuzz_rows_free(struct fuzz_rows *rows)
{
	while (rows->n_owned > 0)
		free(rows->owned[--rows->n_owned]);
}
