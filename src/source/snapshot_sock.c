/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the members of a record to a struct sock.
 *
 * Limit: an interface is known by its name only; its number may be another one by now.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "model/proto.h"
#include "source/snapshot_row.h"

/* What tells one socket from another one. */
static const uint32_t inet_needed =
	SNAPSHOT_BIT(SNAPSHOT_STATE) | SNAPSHOT_BIT(SNAPSHOT_LOCAL_ADDRESS) |
	SNAPSHOT_BIT(SNAPSHOT_LOCAL_PORT) | SNAPSHOT_BIT(SNAPSHOT_REMOTE_ADDRESS) |
	SNAPSHOT_BIT(SNAPSHOT_REMOTE_PORT);
static const uint32_t unix_needed = SNAPSHOT_BIT(SNAPSHOT_STATE) | SNAPSHOT_BIT(SNAPSHOT_PATH) |
				    SNAPSHOT_BIT(SNAPSHOT_PATH_KIND);

/* The text of a member; NULL: absent. */
static const char *text_of(const struct snapshot_row *row, enum snapshot_member member)
{
	return row->known & SNAPSHOT_BIT(member) ? row->bytes + row->texts[member].at : NULL;
}

static bool is_text(const struct snapshot_row *row, enum snapshot_member member, const char *word)
{
	const char *text = text_of(row, member);

	return text && strcmp(text, word) == 0;
}

/* An address, without "%interface", into addr and *family. */
static bool parse_address(const char *text, union inet_addr *addr, uint8_t *family)
{
	char plain[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "%");

	if (n >= sizeof(plain))
		return false;
	memcpy(plain, text, n);
	plain[n] = '\0';
	*family = strchr(plain, ':') ? AF_INET6 : AF_INET;
	*addr = (union inet_addr){ .words = { 0 } };
	return inet_pton(*family, plain, addr) == 1;
}

static int take_ends(struct snapshot_row *row)
{
	struct sock *sock = &row->sock;
	const char *local = text_of(row, SNAPSHOT_LOCAL_ADDRESS);
	const char *remote = text_of(row, SNAPSHOT_REMOTE_ADDRESS);
	uint8_t family;

	if (!local || !parse_address(local, &sock->local.addr, &sock->family))
		return snapshot_row_bad(row, "a socket without a valid \"local_address\"");
	if (remote &&
	    (!parse_address(remote, &sock->remote.addr, &family) || family != sock->family))
		return snapshot_row_bad(row, "a socket whose \"remote_address\" is not valid");
	if (row->known & SNAPSHOT_BIT(SNAPSHOT_LOCAL_PORT))
		sock->local.port = (uint16_t)row->numbers[SNAPSHOT_LOCAL_PORT];
	if (row->known & SNAPSHOT_BIT(SNAPSHOT_REMOTE_PORT))
		sock->remote.port = (uint16_t)row->numbers[SNAPSHOT_REMOTE_PORT];
	sock->interface = text_of(row, SNAPSHOT_INTERFACE);
	if (!sock->interface && strchr(local, '%'))
		sock->interface = strchr(local, '%') + 1;
	return 0;
}

static int take_name(struct snapshot_row *row)
{
	bool hex = row->known & SNAPSHOT_BIT(SNAPSHOT_PATH_HEX);
	enum snapshot_member member = hex ? SNAPSHOT_PATH_HEX : SNAPSHOT_PATH;
	const struct snapshot_text *text = &row->texts[member];
	struct sock *sock = &row->sock;

	sock->family = AF_UNIX;
	if (!(row->known & SNAPSHOT_BIT(member)))
		return 0;
	if (text->len > UINT16_MAX)
		return snapshot_row_bad(row, "a \"path\" that is too long");
	sock->name_kind =
		is_text(row, SNAPSHOT_PATH_KIND, "abstract") ? UNIX_ABSTRACT : UNIX_PATHNAME;
	sock->name = (const uint8_t *)row->bytes + text->at;
	sock->name_len = (uint16_t)text->len;
	return 0;
}

/* The state of a UNIX socket, as the field "state" words it. */
static bool take_unix_state(struct sock *sock, const char *word)
{
	static const char *const words[] = { "FREE", "UNCONNECTED", "CONNECTING", "CONNECTED",
					     "DISCONNECTING" };

	sock->listening = strcmp(word, "LISTEN") == 0;
	sock->state = UNIX_STATE_UNCONNECTED;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		sock->state = (uint8_t)i;
		return true;
	}
	return sock->listening;
}

static bool take_state(struct sock *sock, const char *word)
{
	if (sock->proto == PROTO_UNIX)
		return take_unix_state(sock, word);
	if (sock->proto != PROTO_TCP && strcmp(word, "UNCONNECTED") == 0) {
		sock->state = TCP_STATE_CLOSE;
		return true;
	}
	if (sock->proto == PROTO_SCTP && strcmp(word, "LISTEN") != 0) {
		sock->sctp_assoc = true;
		for (uint8_t i = 0; sctp_state_name(i); i++) {
			sock->state = i;
			if (strcmp(word, sctp_state_name(i)) == 0)
				return true;
		}
		return false;
	}
	sock->state = (uint8_t)tcp_state_find(word);
	sock->listening = sock->state == TCP_STATE_LISTEN;
	return sock->state != 0;
}

static int take_kind(struct snapshot_row *row)
{
	const char *state = text_of(row, SNAPSHOT_STATE), *type = text_of(row, SNAPSHOT_TYPE);
	struct sock *sock = &row->sock;

	while (sock->proto < PROTO_COUNT && !is_text(row, SNAPSHOT_PROTO, proto_word(sock->proto)))
		sock->proto++;
	if (sock->proto == PROTO_COUNT)
		return snapshot_row_bad(row, "a record without a \"proto\" that is known here");
	row->passed_over = sock->proto > PROTO_UNIX;
	if (row->passed_over)
		return 0;
	if (state && !take_state(sock, state))
		return snapshot_row_bad(row, "a \"state\" that is none");
	if (!type)
		return 0;
	for (uint8_t i = 1; i < 16; i++) {
		const char *name = unix_type_name(i);

		if (name && strcmp(name, type) == 0)
			sock->type = i;
	}
	return 0;
}

static void take_numbers(struct snapshot_row *row)
{
	static const struct {
		enum snapshot_member member;
		uint32_t has;
	} facts[] = {
		{ SNAPSHOT_UID, SOCK_HAS_UID },       { SNAPSHOT_INODE, SOCK_HAS_INODE },
		{ SNAPSHOT_RECV_Q, SOCK_HAS_QUEUES }, { SNAPSHOT_BACKLOG, SOCK_HAS_BACKLOG },
		{ SNAPSHOT_V6ONLY, SOCK_HAS_V6ONLY },
	};
	struct sock *sock = &row->sock;

	/* Whatever it lacks is absent, not hidden as in /proc/net, whose rows have no cookie. */
	sock->has |= SOCK_HAS_COOKIE;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (row->known & SNAPSHOT_BIT(facts[i].member))
			sock->has |= facts[i].has;
	if (sock->has & SOCK_HAS_UID)
		sock->uid = (uint32_t)row->numbers[SNAPSHOT_UID];
	if (sock->has & SOCK_HAS_INODE)
		sock->inode = row->numbers[SNAPSHOT_INODE];
	if (sock->has & SOCK_HAS_QUEUES)
		sock->recv_q = (uint32_t)row->numbers[SNAPSHOT_RECV_Q];
	if (row->known & SNAPSHOT_BIT(SNAPSHOT_SEND_Q))
		sock->send_q = (uint32_t)row->numbers[SNAPSHOT_SEND_Q];
	if (sock->has & SOCK_HAS_BACKLOG)
		sock->backlog = (uint32_t)row->numbers[SNAPSHOT_BACKLOG];
	sock->v6only = (sock->has & SOCK_HAS_V6ONLY) && row->numbers[SNAPSHOT_V6ONLY];
}

/* A record with pid and program of its own, as --columns makes it, has one owner. */
static int take_plain_owner(struct snapshot_row *row)
{
	bool hex = row->known & SNAPSHOT_BIT(SNAPSHOT_PROGRAM_HEX);
	enum snapshot_member member = hex ? SNAPSHOT_PROGRAM_HEX : SNAPSHOT_PROGRAM;
	int err;

	if ((row->known & SNAPSHOT_BIT(SNAPSHOT_OWNERS)) || !(row->known & SNAPSHOT_BIT(member)))
		return 0;
	err = snapshot_row_add_owner(row);
	if (err < 0)
		return err;
	row->owners[0].program = row->texts[member];
	if (row->known & SNAPSHOT_BIT(SNAPSHOT_PID))
		row->owners[0].pid = (uint32_t)row->numbers[SNAPSHOT_PID];
	return 0;
}

static int take_owners(struct snapshot_row *row)
{
	void *owners = row->sock_owners;
	int err = take_plain_owner(row);

	if (err == 0)
		err = array_grow(&owners, &row->cap_sock_owners, row->n_owners + 1,
				 sizeof(*row->sock_owners));
	row->sock_owners = owners;
	if (err < 0)
		return err;
	for (size_t i = 0; i < row->n_owners; i++) {
		const struct snapshot_owner *owner = &row->owners[i];

		row->sock_owners[i] = (struct owner){
			.pid = owner->pid,
			.fd = owner->fd,
			.program = owner->program.known ? row->bytes + owner->program.at : "",
		};
	}
	row->sock.owners = row->n_owners ? row->sock_owners : NULL;
	row->sock.n_owners = (uint32_t)row->n_owners;
	row->sock.owners_hidden =
		row->n_owners == 0 && !(row->known & SNAPSHOT_BIT(SNAPSHOT_OWNERS));
	return 0;
}

static void take_words(struct snapshot_row *row)
{
	static const char *const directions[] = {
		[DIRECTION_IN] = "in",
		[DIRECTION_OUT] = "out",
		[DIRECTION_LOCAL] = "local",
	};
	struct sock *sock = &row->sock;

	sock->user = text_of(row, SNAPSHOT_USER);
	for (enum sock_direction i = DIRECTION_IN; i <= DIRECTION_LOCAL; i++)
		if (is_text(row, SNAPSHOT_DIRECTION, directions[i]))
			sock->direction = (uint8_t)i;
	if (!(row->known & SNAPSHOT_BIT(SNAPSHOT_UNIT)))
		return;
	row->unit.name = text_of(row, SNAPSHOT_UNIT);
	row->unit.name_len = row->texts[SNAPSHOT_UNIT].len;
	sock->unit = &row->unit;
}

static int check_needed(struct snapshot_row *row)
{
	const uint32_t needed = row->sock.proto == PROTO_UNIX ? unix_needed : inet_needed;

	if ((row->seen & needed) == needed)
		return 0;
	return snapshot_row_bad(
		row, "a record that does not tell \"state\", and both addresses and ports or, of "
		     "UNIX, \"path\" and \"path_kind\"");
}

int snapshot_row_finish(struct snapshot_row *row)
{
	int err;

	row->sock = (struct sock){ 0 };
	row->unit = (struct unit){ 0 };
	err = take_kind(row);
	if (err < 0 || row->passed_over)
		return err;
	err = check_needed(row);
	if (err == 0)
		err = row->sock.proto == PROTO_UNIX ? take_name(row) : take_ends(row);
	if (err == 0)
		err = take_owners(row);
	if (err < 0)
		return err;
	take_numbers(row);
	take_words(row);
	return 0;
}
