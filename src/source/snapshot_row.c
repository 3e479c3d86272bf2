/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One socket of an earlier output. The members are those of doc/lssock.schema.json; a text that is
 * no UTF-8 comes with all of its bytes in a second member, NAME_hex.
 *
 * Limit: an interface is known by its name only; its number may be another one by now.
 */
#include "source/snapshot_row.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/num.h"

#define BIT(member) (1u << (member))

enum shape { SHAPE_TEXT, SHAPE_HEX, SHAPE_UINT, SHAPE_BOOL, SHAPE_LIST };

static const struct member {
	const char *name;
	enum shape shape;
	uint64_t max;
} members[] = {
	[SNAPSHOT_PROTO] = { "proto", SHAPE_TEXT, 0 },
	[SNAPSHOT_FAMILY] = { "family", SHAPE_TEXT, 0 },
	[SNAPSHOT_TYPE] = { "type", SHAPE_TEXT, 0 },
	[SNAPSHOT_STATE] = { "state", SHAPE_TEXT, 0 },
	[SNAPSHOT_LOCAL_ADDRESS] = { "local_address", SHAPE_TEXT, 0 },
	[SNAPSHOT_LOCAL_PORT] = { "local_port", SHAPE_UINT, UINT16_MAX },
	[SNAPSHOT_REMOTE_ADDRESS] = { "remote_address", SHAPE_TEXT, 0 },
	[SNAPSHOT_REMOTE_PORT] = { "remote_port", SHAPE_UINT, UINT16_MAX },
	[SNAPSHOT_INTERFACE] = { "interface", SHAPE_TEXT, 0 },
	[SNAPSHOT_RECV_Q] = { "recv_q", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_SEND_Q] = { "send_q", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_BACKLOG] = { "backlog", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_UID] = { "uid", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_USER] = { "user", SHAPE_TEXT, 0 },
	[SNAPSHOT_INODE] = { "inode", SHAPE_UINT, UINT64_MAX },
	[SNAPSHOT_V6ONLY] = { "v6only", SHAPE_BOOL, 0 },
	[SNAPSHOT_PATH] = { "path", SHAPE_TEXT, 0 },
	[SNAPSHOT_PATH_HEX] = { "path_hex", SHAPE_HEX, 0 },
	[SNAPSHOT_PATH_KIND] = { "path_kind", SHAPE_TEXT, 0 },
	[SNAPSHOT_UNIT] = { "unit", SHAPE_TEXT, 0 },
	[SNAPSHOT_OWNERS] = { "owners", SHAPE_LIST, 0 },
	[SNAPSHOT_PROGRAM] = { "program", SHAPE_TEXT, 0 },
	[SNAPSHOT_PROGRAM_HEX] = { "program_hex", SHAPE_HEX, 0 },
	[SNAPSHOT_PID] = { "pid", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_FD] = { "fd", SHAPE_UINT, UINT32_MAX },
	[SNAPSHOT_DIRECTION] = { "direction", SHAPE_TEXT, 0 },
	[SNAPSHOT_NETNS] = { "netns", SHAPE_TEXT, 0 },
};

/* What tells one socket from another one. */
static const uint32_t inet_needed = BIT(SNAPSHOT_STATE) | BIT(SNAPSHOT_LOCAL_ADDRESS) |
				    BIT(SNAPSHOT_LOCAL_PORT) | BIT(SNAPSHOT_REMOTE_ADDRESS) |
				    BIT(SNAPSHOT_REMOTE_PORT);
static const uint32_t unix_needed =
	BIT(SNAPSHOT_STATE) | BIT(SNAPSHOT_PATH) | BIT(SNAPSHOT_PATH_KIND);

_Static_assert(SNAPSHOT_MEMBER_COUNT <= 32, "a set of members has 32 bits");

void snapshot_row_clear(struct snapshot_row *row)
{
	row->seen = row->known = 0;
	row->n_owners = row->n_bytes = 0;
	row->error = NULL;
}

void snapshot_row_free(struct snapshot_row *row)
{
	free(row->owners);
	free(row->bytes);
	free(row->sock_owners);
	*row = (struct snapshot_row){ 0 };
}

static int bad(struct snapshot_row *row, const char *error)
{
	row->error = error;
	return -EINVAL;
}

enum snapshot_member snapshot_member_of(const char *field)
{
	return snapshot_member_find(&(struct json_token){ field, strlen(field) });
}

enum snapshot_member snapshot_member_find(const struct json_token *key)
{
	enum snapshot_member member = 0;

	for (; member < SNAPSHOT_MEMBER_COUNT; member++) {
		const char *name = members[member].name;

		/* Most names differ in their first letter: every record asks some 25 times. */
		if (key->len && key->text[0] == name[0] && strlen(name) == key->len &&
		    memcmp(name, key->text, key->len) == 0)
			break;
	}
	return member;
}

/* Room for n more bytes and a NUL. */
static char *reserve(struct snapshot_row *row, size_t n)
{
	void *bytes = row->bytes;
	int err = array_grow(&bytes, &row->cap_bytes, row->n_bytes + n + 1, 1);

	row->bytes = bytes;
	return err < 0 ? NULL : row->bytes + row->n_bytes;
}

static int take_text(struct snapshot_row *row, const struct json_token *value,
		     struct snapshot_text *text)
{
	char *dst;

	if (value->len > SNAPSHOT_ROW_BYTES - row->n_bytes)
		return bad(row, "a record with too much text");
	dst = reserve(row, value->len);
	if (!dst)
		return -ENOMEM;
	text->at = row->n_bytes;
	text->len = json_read_decode(dst, value);
	text->known = true;
	dst[text->len] = '\0';
	row->n_bytes += text->len + 1;
	return 0;
}

static int take_hex(struct snapshot_row *row, const struct json_token *value,
		    struct snapshot_text *text)
{
	int err = take_text(row, value, text);
	char *bytes = err < 0 ? NULL : row->bytes + text->at;
	uint64_t byte;

	if (err < 0)
		return err;
	if (text->len % 2)
		return bad(row, "hexadecimal digits were expected");
	for (size_t i = 0; i < text->len / 2; i++) {
		if (!num_parse_hex(bytes + 2 * i, 2, UINT8_MAX, &byte))
			return bad(row, "hexadecimal digits were expected");
		bytes[i] = (char)byte;
	}
	text->len /= 2;
	bytes[text->len] = '\0';
	return 0;
}

/* A value that is not null into text or number, as the member has it. */
static int take_value(struct snapshot_row *row, enum snapshot_member member, enum json_kind kind,
		      const struct json_token *value, struct snapshot_text *text, uint64_t *number)
{
	switch (members[member].shape) {
	case SHAPE_TEXT:
		return kind == JSON_STRING ? take_text(row, value, text)
					   : bad(row, "a member that should be a text is none");
	case SHAPE_HEX:
		return kind == JSON_STRING ? take_hex(row, value, text)
					   : bad(row, "a member that should be a text is none");
	case SHAPE_UINT:
		if (kind == JSON_NUMBER && json_read_uint(value, members[member].max, number))
			return 0;
		return bad(row, "a member that should be a number is none, or too large");
	case SHAPE_BOOL:
		*number = kind == JSON_TRUE;
		if (kind == JSON_TRUE || kind == JSON_FALSE)
			return 0;
		return bad(row, "a member that should be true or false is neither");
	case SHAPE_LIST:
		break;
	}
	return kind == JSON_ARRAY ? 0 : bad(row, "\"owners\" is no array");
}

int snapshot_row_take(struct snapshot_row *row, enum snapshot_member member, enum json_kind kind,
		      const struct json_token *value)
{
	if (member == SNAPSHOT_MEMBER_COUNT)
		return 0;
	if (row->seen & BIT(member))
		return bad(row, "a member comes twice");
	row->seen |= BIT(member);
	if (kind == JSON_NULL)
		return 0;
	row->known |= BIT(member);
	return take_value(row, member, kind, value, &row->texts[member], &row->numbers[member]);
}

int snapshot_row_add_owner(struct snapshot_row *row)
{
	void *owners = row->owners;
	int err;

	if (row->n_owners == SNAPSHOT_ROW_OWNERS)
		return bad(row, "a record with too many owners");
	err = array_grow(&owners, &row->cap_owners, row->n_owners + 1, sizeof(*row->owners));
	row->owners = owners;
	if (err == 0)
		row->owners[row->n_owners++] = (struct snapshot_owner){ 0 };
	return err;
}

int snapshot_row_take_owner(struct snapshot_row *row, enum snapshot_member member,
			    enum json_kind kind, const struct json_token *value)
{
	struct snapshot_owner *owner = &row->owners[row->n_owners - 1];
	uint64_t number = 0;
	int err;

	if (kind == JSON_NULL)
		return 0;
	switch (member) {
	case SNAPSHOT_PROGRAM:
	case SNAPSHOT_PROGRAM_HEX:
		return take_value(row, member, kind, value, &owner->program, &number);
	case SNAPSHOT_PID:
		err = take_value(row, member, kind, value, NULL, &number);
		owner->pid = (uint32_t)number;
		return err;
	case SNAPSHOT_FD:
		err = take_value(row, member, kind, value, NULL, &number);
		owner->fd = (uint32_t)number;
		return err;
	default:
		return 0;
	}
}

/* The text of a member; NULL: absent. */
static const char *text_of(const struct snapshot_row *row, enum snapshot_member member)
{
	return row->known & BIT(member) ? row->bytes + row->texts[member].at : NULL;
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
		return bad(row, "a socket without a valid \"local_address\"");
	if (remote &&
	    (!parse_address(remote, &sock->remote.addr, &family) || family != sock->family))
		return bad(row, "a socket whose \"remote_address\" is not valid");
	if (row->known & BIT(SNAPSHOT_LOCAL_PORT))
		sock->local.port = (uint16_t)row->numbers[SNAPSHOT_LOCAL_PORT];
	if (row->known & BIT(SNAPSHOT_REMOTE_PORT))
		sock->remote.port = (uint16_t)row->numbers[SNAPSHOT_REMOTE_PORT];
	sock->interface = text_of(row, SNAPSHOT_INTERFACE);
	if (!sock->interface && strchr(local, '%'))
		sock->interface = strchr(local, '%') + 1;
	return 0;
}

static int take_name(struct snapshot_row *row)
{
	bool hex = row->known & BIT(SNAPSHOT_PATH_HEX);
	enum snapshot_member member = hex ? SNAPSHOT_PATH_HEX : SNAPSHOT_PATH;
	const struct snapshot_text *text = &row->texts[member];
	struct sock *sock = &row->sock;

	sock->family = AF_UNIX;
	if (!(row->known & BIT(member)))
		return 0;
	if (text->len > UINT16_MAX)
		return bad(row, "a \"path\" that is too long");
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
	for (uint8_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		sock->state = i;
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
	static const char *const words[] = {
		[PROTO_TCP] = "tcp",         [PROTO_SCTP] = "sctp", [PROTO_UDP] = "udp",
		[PROTO_UDPLITE] = "udplite", [PROTO_RAW] = "raw",   [PROTO_UNIX] = "unix",
	};
	const char *state = text_of(row, SNAPSHOT_STATE), *type = text_of(row, SNAPSHOT_TYPE);
	struct sock *sock = &row->sock;

	while (sock->proto < PROTO_COUNT && !is_text(row, SNAPSHOT_PROTO, words[sock->proto]))
		sock->proto++;
	if (sock->proto == PROTO_COUNT)
		return bad(row, "a record without a \"proto\" that is known here");
	if (state && !take_state(sock, state))
		return bad(row, "a \"state\" that is none");
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
		if (row->known & BIT(facts[i].member))
			sock->has |= facts[i].has;
	if (sock->has & SOCK_HAS_UID)
		sock->uid = (uint32_t)row->numbers[SNAPSHOT_UID];
	if (sock->has & SOCK_HAS_INODE)
		sock->inode = row->numbers[SNAPSHOT_INODE];
	if (sock->has & SOCK_HAS_QUEUES)
		sock->recv_q = (uint32_t)row->numbers[SNAPSHOT_RECV_Q];
	if (row->known & BIT(SNAPSHOT_SEND_Q))
		sock->send_q = (uint32_t)row->numbers[SNAPSHOT_SEND_Q];
	if (sock->has & SOCK_HAS_BACKLOG)
		sock->backlog = (uint32_t)row->numbers[SNAPSHOT_BACKLOG];
	sock->v6only = (sock->has & SOCK_HAS_V6ONLY) && row->numbers[SNAPSHOT_V6ONLY];
}

/* A record with pid and program of its own, as --columns makes it, has one owner. */
static int take_plain_owner(struct snapshot_row *row)
{
	bool hex = row->known & BIT(SNAPSHOT_PROGRAM_HEX);
	enum snapshot_member member = hex ? SNAPSHOT_PROGRAM_HEX : SNAPSHOT_PROGRAM;
	int err;

	if ((row->known & BIT(SNAPSHOT_OWNERS)) || !(row->known & BIT(member)))
		return 0;
	err = snapshot_row_add_owner(row);
	if (err < 0)
		return err;
	row->owners[0].program = row->texts[member];
	if (row->known & BIT(SNAPSHOT_PID))
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
	row->sock.owners_hidden = row->n_owners == 0 && !(row->known & BIT(SNAPSHOT_OWNERS));
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
	for (uint8_t i = DIRECTION_IN; i <= DIRECTION_LOCAL; i++)
		if (is_text(row, SNAPSHOT_DIRECTION, directions[i]))
			sock->direction = i;
	if (!(row->known & BIT(SNAPSHOT_UNIT)))
		return;
	row->unit.name = text_of(row, SNAPSHOT_UNIT);
	row->unit.name_len = row->texts[SNAPSHOT_UNIT].len;
	sock->unit = &row->unit;
}

int snapshot_row_finish(struct snapshot_row *row)
{
	const uint32_t needed = is_text(row, SNAPSHOT_PROTO, "unix") ? unix_needed : inet_needed;
	int err;

	if ((row->seen & needed) != needed)
		return bad(row,
			   "a record that does not tell \"state\", and both addresses and ports "
			   "or, of UNIX, \"path\" and \"path_kind\"");
	row->sock = (struct sock){ 0 };
	row->unit = (struct unit){ 0 };
	err = take_kind(row);
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
