/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of unix_join.c. The file shows a name with '@' for every NUL and in front of an
 * abstract name, so each of the comparisons here runs over that form, which is never stored.
 */
#include "source/unix_known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "model/facts.h"
#include "source/proc_unix.h"

/* netlink's longest name, and the mark. */
enum { SHOWN_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) + 2 };

/* Memory and file are all the facts that a UNIX socket has. */
static int known_fill_facts(struct unix_list *list, const struct sock_facts *facts,
			    struct unix_known *known)
{
	struct sock_facts *copy = arena_copy(&list->names, facts, sizeof(*facts));

	if (!copy)
		return -ENOMEM;
	known->facts = copy;
	if (copy->skmem.len == 0)
		return 0;
	copy->skmem.data = arena_copy(&list->names, facts->skmem.data, facts->skmem.len);
	return copy->skmem.data ? 0 : -ENOMEM;
}

static int known_fill(struct unix_list *list, const struct sock *row, struct unix_known *known)
{
	*known = (struct unix_known){
		.cookie = row->cookie,
		.has = row->has,
		.inode = row->inode,
		.peer_inode = row->peer_inode,
		.uid = row->uid,
		.recv_q = row->recv_q,
		.send_q = row->listening ? row->backlog : row->send_q,
		.name_len = row->name_len,
		.type = row->type,
		.state = row->state,
		.name_kind = row->name_kind,
		.shutdown = row->shutdown,
		.listening = row->listening,
	};
	if (row->facts && known_fill_facts(list, row->facts, known) < 0)
		return -ENOMEM;
	if (!row->name_len)
		return 0;
	known->name = arena_copy(&list->names, row->name, row->name_len);
	return known->name ? 0 : -ENOMEM;
}

/* A socket may be met twice when it is bound while the kernel walks its table: the second sight is
 * the newer one. */
int unix_list_add(struct unix_list *list, const struct sock *row)
{
	void *socks = list->socks;
	uint32_t *first, at, next;
	int rc;

	rc = array_grow(&socks, &list->cap, list->n + 1, sizeof(*list->socks));
	list->socks = socks;
	if (rc < 0)
		return rc;
	first = hash64_add(&list->by_inode, row->inode, NULL);
	if (!first)
		return -ENOMEM;
	at = *first;
	while (at && list->socks[at - 1].cookie != row->cookie)
		at = list->socks[at - 1].next;
	next = at ? list->socks[at - 1].next : *first;
	if (!at)
		*first = at = (uint32_t)++list->n;
	rc = known_fill(list, row, &list->socks[at - 1]);
	list->socks[at - 1].next = next;
	return rc;
}

/* What the file shows for byte i of a name, the mark of an abstract one included. */
static char shown_byte(const struct unix_known *known, size_t i)
{
	uint8_t byte;

	if (known->name_kind == UNIX_ABSTRACT && i-- == 0)
		return '@';
	byte = known->name[i];
	return byte ? (char)byte : '@';
}

size_t unix_known_shown_len(const struct unix_known *known)
{
	return known->name_len + (known->name_kind == UNIX_ABSTRACT ? 1u : 0u);
}

bool unix_known_is_at(const struct unix_known *known, const char *text, size_t n)
{
	size_t i, len = unix_known_shown_len(known);

	if (n < len)
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] != shown_byte(known, i))
			return false;
	}
	return n == len || text[len] == '\n';
}

bool unix_known_has_name(const struct unix_known *known, const char *text, size_t n)
{
	if (!text)
		return unix_known_shown_len(known) == 0;
	return unix_known_shown_len(known) > 0 && unix_known_is_at(known, text, n);
}

int unix_list_index(struct unix_list *list)
{
	char shown[SHOWN_MAX];
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct unix_known *known = &list->socks[i];
		size_t n, len = unix_known_shown_len(known);
		uint32_t *at;

		if (!known->listening || !len || len > sizeof(shown))
			continue;
		for (n = 0; n < len; n++)
			shown[n] = shown_byte(known, n);
		at = hash64_add(&list->by_name, hash_bytes(shown, len), NULL);
		if (!at)
			return -ENOMEM;
		*at = (uint32_t)i + 1;
	}
	return 0;
}

struct unix_known *unix_list_find(const struct unix_list *list, uint64_t inode, const char *text,
				  size_t n)
{
	const uint32_t *first = hash64_find(&list->by_inode, inode);
	struct unix_known *any = NULL;
	uint32_t at;

	for (at = first ? *first : 0; at; at = list->socks[at - 1].next) {
		struct unix_known *known = &list->socks[at - 1];

		if (known->seen == UNIX_SEEN_LISTED)
			continue;
		if (unix_known_has_name(known, text, n))
			return known;
		any = known;
	}
	return any;
}

/* Whether what stands behind a name and its newline could be the next line. */
static bool is_line_behind(const char *text, size_t n, size_t len)
{
	struct proc_unix_head head;

	return len < n && proc_unix_parse_head(text + len + 1, n - len - 1, &head) == 0;
}

/* A name may hold newlines, so each one within reach may be its end. */
const struct unix_known *unix_list_find_listener(const struct unix_list *list, const char *text,
						 size_t n, bool *doubtful)
{
	const struct unix_known *best = NULL;
	size_t len;

	for (len = 1; len <= n && len <= SHOWN_MAX; len++) {
		const uint32_t *at = NULL;

		if (len == n || text[len] == '\n')
			at = hash64_find(&list->by_name, hash_bytes(text, len));
		if (!at || !unix_known_is_at(&list->socks[*at - 1], text, n))
			continue;
		if (best && is_line_behind(text, n, unix_known_shown_len(best)))
			*doubtful = true;
		best = &list->socks[*at - 1];
	}
	return best;
}

void unix_known_row(const struct unix_known *known, struct sock *out)
{
	*out = (struct sock){
		.has = known->has,
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.type = known->type,
		.state = known->state,
		.listening = known->listening,
		.shutdown = known->shutdown,
		.name_kind = known->name_kind,
		.name_len = known->name_len,
		.recv_q = known->recv_q,
		.send_q = known->listening ? 0 : known->send_q,
		.backlog = known->listening ? known->send_q : 0,
		.uid = known->uid,
		.peer_inode = known->peer_inode,
		.inode = known->inode,
		.cookie = known->cookie,
		.name = known->name,
		.facts = known->facts,
	};
	if (known->seen != UNIX_SEEN_NOT) {
		out->has |= SOCK_HAS_REFCNT;
		out->refcnt = known->refcnt;
	}
}

void unix_list_free(struct unix_list *list)
{
	hash64_free(&list->by_inode);
	hash64_free(&list->by_name);
	arena_free(&list->names);
	free(list->socks);
	*list = (struct unix_list){ .n = 0 };
}
