/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of two moments, counted by what they are.
 *
 * Limit: of a socket with more than PROGRAMS_MAX differently named owners, the names that sort last
 * are left out.
 */
#include "view/drift_sums.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "model/proto.h"
#include "model/unit.h"

enum { PROGRAMS_MAX = 16, PROGRAM_ROOM = 256 };

_Static_assert(sizeof(struct drift_key) == 8 + 32 + 36, "keys are compared as bytes");

void drift_sums_init(struct drift_sums *sums, unsigned int facets)
{
	*sums = (struct drift_sums){
		.rows = { .key_size = sizeof(struct drift_key), .size = sizeof(struct drift_row) },
		.facets = facets,
	};
}

void drift_sums_free(struct drift_sums *sums)
{
	keyed_free(&sums->rows);
	words_free(&sums->words);
}

static int add_word(struct drift_sums *sums, const void *text, size_t n, uint32_t *number)
{
	*number = words_add(&sums->words, text, n);
	return *number ? 0 : -ENOMEM;
}

/* Puts a name where it belongs among the n there are, each once. Returns how many there are then.
 */
static size_t insert_name(const char *names[PROGRAMS_MAX], size_t n, const char *name)
{
	size_t at = 0;

	while (at < n && strcmp(names[at], name) < 0)
		at++;
	if ((at < n && strcmp(names[at], name) == 0) || at == PROGRAMS_MAX)
		return n;
	if (n == PROGRAMS_MAX)
		n--;
	memmove(names + at + 1, names + at, (n - at) * sizeof(*names));
	names[at] = name;
	return n + 1;
}

static int add_programs(struct drift_sums *sums, const struct sock *row, uint32_t *number)
{
	const char *names[PROGRAMS_MAX];
	char text[PROGRAMS_MAX * PROGRAM_ROOM];
	size_t n = 0, len = 0;

	*number = row->owners_hidden ? DRIFT_HIDDEN : DRIFT_NONE;
	for (uint32_t i = 0; i < row->n_owners; i++)
		n = insert_name(names, n, row->owners[i].program);
	for (size_t i = 0; i < n; i++) {
		size_t size = strnlen(names[i], PROGRAM_ROOM - 1);

		memcpy(text + len, names[i], size);
		len += size;
		text[len++] = '\0';
	}
	return n ? add_word(sums, text, len, number) : 0;
}

static bool has_queues(const struct sock *row)
{
	return row->has & SOCK_HAS_QUEUES;
}

/* A control group that is known may be of no unit. */
static int add_unit(struct drift_sums *sums, const struct sock *row, uint32_t *number)
{
	if (row->unit && row->unit->name)
		return add_word(sums, row->unit->name, row->unit->name_len, number);
	*number = (sums->facets & DRIFT_UNIT_SEEN) && !row->unit ? DRIFT_HIDDEN : DRIFT_NONE;
	return 0;
}

static int add_facts(struct drift_sums *sums, const struct sock *row, struct drift_key *key)
{
	const unsigned int facets = sums->facets;
	int err = 0;

	if ((facets & DRIFT_PROGRAM) && ((row->has & SOCK_HAS_INODE) || row->n_owners))
		err = add_programs(sums, row, &key->program);
	if (err == 0 && (facets & DRIFT_UNIT))
		err = add_unit(sums, row, &key->unit);
	if (err == 0 && (facets & DRIFT_USER) && row->user)
		err = add_word(sums, row->user, strlen(row->user), &key->user);
	if (facets & DRIFT_USER)
		key->uid = row->has & SOCK_HAS_UID ? row->uid + 1 : 0;
	if ((facets & DRIFT_RECV_Q) && has_queues(row))
		key->recv_q = row->recv_q;
	if ((facets & DRIFT_SEND_Q) && has_queues(row) && !row->listening)
		key->send_q = row->send_q;
	return err;
}

static int make_key(struct drift_sums *sums, const struct sock *row, struct drift_key *key)
{
	int err = 0;

	*key = (struct drift_key){
		.proto = row->proto,
		.family = row->family,
		.local = row->local.addr,
		.remote = row->remote.addr,
		.state = row->state | (row->listening ? DRIFT_LISTENING : 0u) |
			 (row->sctp_assoc ? DRIFT_ASSOC : 0u),
	};
	if (row->proto == PROTO_UNIX) {
		key->type = sums->untold_types ? 0 : row->type;
		key->name_kind = row->name_kind;
		if (row->name_kind != UNIX_UNNAMED)
			err = add_word(sums, row->name, row->name_len, &key->name);
	} else if (row->proto != PROTO_RAW) { /* whose ports are none */
		key->local_port = row->local.port;
		key->remote_port = row->remote.port;
	}
	if (err == 0 && row->interface && !sums->untold_interfaces)
		err = add_word(sums, row->interface, strlen(row->interface), &key->interface);
	return err < 0 ? err : add_facts(sums, row, key);
}

int drift_sums_add(struct drift_sums *sums, enum drift_side side, const struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct drift_row *row;
		struct drift_key key;

		if (make_key(sums, &rows[i], &key) < 0)
			return -ENOMEM;
		row = keyed_add(&sums->rows, &key);
		if (!row)
			return -ENOMEM;
		if (row->n[side] < UINT32_MAX)
			row->n[side]++;
		if (side == DRIFT_NOW && rows[i].n_owners && !row->pid)
			row->pid = rows[i].owners[0].pid;
	}
	return 0;
}

struct sock drift_sock(const struct drift_sums *sums, const struct drift_key *key)
{
	struct sock sock = {
		.proto = key->proto,
		.family = key->family,
		.type = key->type,
		.state = (uint8_t)key->state,
		.listening = key->state & DRIFT_LISTENING,
		.sctp_assoc = key->state & DRIFT_ASSOC,
		.local = { .addr = key->local, .port = key->local_port },
		.remote = { .addr = key->remote, .port = key->remote_port },
		.name_kind = key->name_kind,
		.interface = drift_word(sums, key->interface),
		.user = drift_word(sums, key->user),
	};

	if (key->uid) {
		sock.uid = key->uid - 1;
		sock.has |= SOCK_HAS_UID;
	}
	if (key->name) {
		const struct word *name = words_get(&sums->words, key->name);

		sock.name = (const uint8_t *)name->text;
		sock.name_len = (uint16_t)name->len;
	}
	return sock;
}

const char *drift_word(const struct drift_sums *sums, uint32_t number)
{
	return number == DRIFT_NONE || number == DRIFT_HIDDEN
		       ? NULL
		       : words_get(&sums->words, number)->text;
}

const char *drift_next_program(const struct drift_sums *sums, uint32_t program, const char *at)
{
	const struct word *word;

	if (program == DRIFT_NONE || program == DRIFT_HIDDEN)
		return NULL;
	word = words_get(&sums->words, program);
	at = at ? at + strlen(at) + 1 : word->text;
	return at < word->text + word->len ? at : NULL;
}
