/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is who from round to round. */
#include "output/screen_rows.h"

#include <stdlib.h>
#include <string.h>

#include "model/proto.h"
#include "model/special.h"

/* How often another number is tried for a row that looks like one before it. */
enum { TWINS_MAX = 16 };

int screen_rows_init(struct screen_round *round)
{
	*round = (struct screen_round){ .n_rows = 0 };
	return obuf_init_memory(&round->text);
}

void screen_rows_clear(struct screen_round *round)
{
	round->text.len = 0;
	round->n_rows = 0;
	round->first_gone = round->last_gone = 0;
	round->n_sockets = round->n_kept = 0;
	memset(round->marks, 0, sizeof(round->marks));
	hash64_clear(&round->ids);
}

void screen_rows_free(struct screen_round *round)
{
	obuf_free(&round->text);
	free(round->rows);
	hash64_free(&round->ids);
}

/* What identity is made of. Hashed as bytes: always zeroed first, and without holes. */
struct identity {
	uint64_t key; /* cookie, inode, or a name's hash */
	union inet_addr local, remote;
	uint32_t local_ifindex, remote_ifindex;
	uint16_t local_port, remote_port;
	uint8_t proto, family, has_ends, has_key;
};

_Static_assert(sizeof(struct identity) == 8 + 2 * sizeof(union inet_addr) + 16, "no holes");

static void set_ends(struct identity *identity, const struct sock *sock)
{
	identity->has_ends = 1;
	identity->local = sock->local.addr;
	identity->local_port = sock->local.port;
	identity->local_ifindex = sock->local.ifindex;
	identity->remote = sock->remote.addr;
	identity->remote_port = sock->remote.port;
	identity->remote_ifindex = sock->remote.ifindex;
}

static bool set_key(struct identity *identity, const struct sock *sock)
{
	if (sock->has & SOCK_HAS_COOKIE)
		identity->key = sock->cookie;
	else if ((sock->has & SOCK_HAS_INODE) && sock->inode)
		identity->key = sock->inode;
	else
		return false;
	identity->has_key = 1;
	return true;
}

/* Of a family of which the kernel tells neither cookie nor inode. */
static uint64_t special_key(const struct sock *sock)
{
	char text[2 * SPECIAL_END_MAX];
	size_t n = special_format_end(text, sock, false);

	n += special_format_end(text + n, sock, true);
	return hash_bytes(text, n);
}

uint64_t screen_rows_identity(const struct sock *sock)
{
	struct identity identity;

	memset(&identity, 0, sizeof(identity));
	identity.proto = sock->proto;
	identity.family = sock->family;
	if (sock->proto == PROTO_TCP && !sock->listening && sock->remote.port != 0) {
		set_ends(&identity, sock);
	} else if (!set_key(&identity, sock) || sock->proto == PROTO_SCTP) {
		if (sock->special)
			identity.key = special_key(sock);
		else if (sock->proto != PROTO_UNIX)
			set_ends(&identity, sock);
		else if (sock->name)
			identity.key = hash_bytes(sock->name, sock->name_len);
	}
	return hash_bytes(&identity, sizeof(identity));
}

struct screen_row *screen_rows_add(struct screen_round *round, const struct screen_round *former,
				   uint64_t id, bool heading)
{
	struct screen_row *row;
	const uint32_t *found;
	bool added = false;

	if (array_grow((void **)&round->rows, &round->cap_rows, round->n_rows + 1,
		       sizeof(*round->rows)) < 0)
		return NULL;
	for (unsigned int i = 0; !added && i < TWINS_MAX; i++) {
		uint32_t *number;

		if (i > 0)
			id = hash_bytes(&id, sizeof(id));
		number = hash64_add(&round->ids, id, &added);
		if (!number)
			return NULL;
		if (added)
			*number = (uint32_t)round->n_rows + 1;
	}
	row = &round->rows[round->n_rows++];
	found = hash64_find(&former->ids, id);
	*row = (struct screen_row){ .id = id, .heading = heading, .former = found ? *found : 0 };
	round->n_kept += !heading;
	return row;
}

static void mark_row(struct screen_round *round, struct screen_row *row,
		     const struct screen_round *former)
{
	if (row->heading)
		return;
	if (row->former == 0)
		row->mark = SCREEN_NEW;
	else if (former->rows[row->former - 1].content != row->content)
		row->mark = SCREEN_CHANGED;
	round->marks[row->mark]++;
}

/* Puts a row of the former round behind the row of that number, 0: before everything. */
static void link_gone(struct screen_round *round, size_t behind, struct screen_round *former,
		      size_t gone)
{
	size_t *first = behind ? &round->rows[behind - 1].first_gone : &round->first_gone;
	size_t *last = behind ? &round->rows[behind - 1].last_gone : &round->last_gone;

	if (*last)
		former->rows[*last - 1].next_gone = gone;
	else
		*first = gone;
	*last = gone;
}

void screen_rows_compare(struct screen_round *round, struct screen_round *former)
{
	size_t behind = 0;

	for (size_t i = 0; i < round->n_rows; i++)
		mark_row(round, &round->rows[i], former);
	for (size_t i = 0; i < former->n_rows; i++) {
		struct screen_row *row = &former->rows[i];
		const uint32_t *found = hash64_find(&round->ids, row->id);

		if (found) {
			behind = *found;
		} else if (!row->heading) {
			row->mark = SCREEN_GONE;
			row->next_gone = 0;
			round->marks[SCREEN_GONE]++;
			link_gone(round, behind, former, i + 1);
		}
	}
}
