/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UNIX sockets: unix_diag's messages, /proc/net/unix read alone, and the two joined.
 *
 * Input: a byte of options, then pieces: those of kind FUZZ_PLAY_KINDS are the text of
 * /proc/net/unix, all others the kernel's answer (world.h). Joined, no line of the file makes a
 * socket with an inode that the kernel has not told of, and none that it has told of is lost or
 * doubled.
 *
 * Or (option 4) the pieces are sockets, whose bytes are their names: then both lists are written
 * here as a kernel would, and no name, whatever it holds, makes or hides a connection that waits to
 * be accepted.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/diag_facts.h"
#include "source/diag_unix.h"
#include "source/proc_unix.h"
#include "source/unix_join.h"
#include "world.h"

enum { SEEN_MAX = 512, FILE_MAX = 60000 };

struct seen {
	uint64_t inode, cookie;
	uint64_t name; /* a hash */
	bool joined;
};

static struct fuzz_world world;
static struct {
	struct seen list[SEEN_MAX];
	size_t n;
	bool too_many;
} told;
static size_t n_joined, n_taken, n_waiting;

static uint64_t name_hash(const struct sock *row)
{
	uint64_t hash = 1469598103934665603u + row->name_kind;

	for (size_t i = 0; i < row->name_len; i++)
		hash = (hash ^ row->name[i]) * 1099511628211u;
	return hash;
}

static struct seen *find(const struct sock *row)
{
	for (size_t i = 0; i < told.n; i++)
		if (told.list[i].inode == (uint32_t)row->inode &&
		    told.list[i].cookie == row->cookie)
			return &told.list[i];
	return NULL;
}

/* The kernel's own list: a later row of the same socket takes the place of an earlier one. */
static int take_told(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		struct seen *seen = find(&rows[i]);

		fuzz_check_row(&rows[i]);
		if (!seen && told.n == SEEN_MAX) {
			told.too_many = true;
			continue;
		}
		if (!seen)
			seen = &told.list[told.n++];
		*seen = (struct seen){ .inode = rows[i].inode,
				       .cookie = rows[i].cookie,
				       .name = name_hash(&rows[i]) };
	}
	return 0;
}

static int take_joined(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		struct seen *seen = find(&rows[i]);

		fuzz_check_row(&rows[i]);
		n_taken++;
		n_waiting += !(rows[i].has & SOCK_HAS_INODE);
		if (!(rows[i].has & SOCK_HAS_INODE) || told.too_many)
			continue;
		FUZZ_CHECK(seen && !seen->joined);
		FUZZ_CHECK(seen->name == name_hash(&rows[i]));
		seen->joined = true;
		n_joined++;
	}
	return 0;
}

static int take_any(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		fuzz_check_row(&rows[i]);
	n_taken += n;
	return 0;
}

static void parse(const uint8_t *data, size_t len)
{
	uint8_t *payload = fuzz_copy(data, len);
	struct sock_facts facts;
	struct sock row;
	bool bad;

	if (diag_unix_parse(payload, len, &row, &bad) == NL_ROW) {
		FUZZ_CHECK(row.name_len == 0 ||
			   (row.name >= payload && row.name + row.name_len <= payload + len));
		memset(&facts, 0, sizeof(facts));
		diag_facts_parse_unix(payload, len, &facts);
		row.facts = &facts;
		fuzz_check_row(&row);
	}
	free(payload);
}

/* Every message of a datagram by itself. */
static void parse_datagram(const struct fuzz_chunk *chunk)
{
	uint8_t *data = fuzz_copy(chunk->data, chunk->len);
	const struct nlmsghdr *msg;
	struct nl_walk walk;

	nl_walk_begin(&walk, data, chunk->len);
	while (nl_walk_next(&walk, &msg) > 0)
		parse((const uint8_t *)msg + NLMSG_HDRLEN, msg->nlmsg_len - NLMSG_HDRLEN);
	free(data);
}

static void check_heads(const char *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		const char *newline = memchr(text + at, '\n', n - at);
		size_t len = newline ? (size_t)(newline - text) - at : n - at;
		char *line = fuzz_copy(text + at, len);
		struct proc_unix_head head;

		if (proc_unix_parse_head(line, len, &head) == 0)
			FUZZ_CHECK(head.len <= len && (head.has_name || head.len == len));
		free(line);
		at += len + 1;
	}
}

static void list_proc(void)
{
	struct sock_query query = { .proto = PROTO_UNIX, .family = AF_UNIX, .states = UINT32_MAX };
	struct sock_sink sink = { .take = take_any };
	int rc = proc_unix_list(&world.env, &world.report, &query, &sink);

	FUZZ_CHECK(rc == -ENOENT || rc == 0 || rc == 1);
	if (rc >= 0)
		FUZZ_CHECK((world.report.level >= REPORT_PARTIAL) == (rc == 1));
}

/* Returns what the joined list returned. */
static int join(uint32_t needs)
{
	struct sock_query query = {
		.proto = PROTO_UNIX, .family = AF_UNIX, .states = UINT32_MAX, .needs = needs
	};
	struct sock_sink sink = { .take = take_told };
	struct nl_session session = { .env = &world.env, .report = &world.report };
	int alone, joined;

	alone = diag_unix_list(&session, &query, &sink);
	nl_session_end(&session);
	memset(world.at, 0, sizeof(world.at));
	session = (struct nl_session){ .env = &world.env, .report = &world.report };
	sink.take = take_joined;
	n_taken = n_joined = n_waiting = 0;
	joined = unix_join_list(&session, &query, &sink);
	nl_session_end(&session);
	FUZZ_CHECK(joined >= 0 || n_taken == 0);
	FUZZ_CHECK(joined != 1 || world.report.level >= REPORT_PARTIAL);
	FUZZ_CHECK(joined != 0 || alone == 0);
	for (size_t i = 0; joined >= 0 && !told.too_many && i < told.n; i++)
		FUZZ_CHECK(told.list[i].joined || told.list[i].inode == 0);
	return joined;
}

/* --- a machine with sockets of any names --------------------------------------------------------
 */

enum { NAME_MAX_LEN = 107, FIRST_INODE = 1000 };

/* What the bits of a piece's kind say of a socket. */
enum {
	IS_ABSTRACT = 1,
	IS_LISTENER = 2,
	IS_NEW = 4,  /* made after the kernel was asked: only in the file */
	IS_GONE = 8, /* closed meanwhile: not in the file */
	WAITING = 48 /* connections that wait, of a listener */
};

/* Two lists that are being written. */
struct lists {
	char file[FILE_MAX];
	size_t n_file;
	uint8_t told[FILE_MAX];
	size_t n_told;
	size_t n_sockets, n_new, n_waiting, n_lines;
};

static void put_line(struct lists *lists, unsigned int state, unsigned long inode,
		     const uint8_t *name, size_t n, bool abstract)
{
	lists->n_file += (size_t)sprintf(
		lists->file + lists->n_file,
		"0000000000000000: 00000002 00000000 00000000 0001 %02X %5lu", state, inode);
	if (n > 0 || abstract)
		lists->file[lists->n_file++] = ' ';
	if (abstract)
		lists->file[lists->n_file++] = '@';
	for (size_t i = 0; i < n; i++)
		lists->file[lists->n_file++] = name[i] ? (char)name[i] : '@';
	lists->file[lists->n_file++] = '\n';
}

static void put_message(struct lists *lists, const uint8_t *name, size_t n, bool abstract,
			bool listens)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_msg body;
		struct nlattr attr;
		uint8_t name[NAME_MAX_LEN + 5]; /* its zeroes are the padding */
	} message = { .head.nlmsg_type = 20 };

	message.body.udiag_family = AF_UNIX;
	message.body.udiag_type = SOCK_STREAM;
	message.body.udiag_state = listens ? TCP_STATE_LISTEN : TCP_STATE_CLOSE;
	message.body.udiag_ino = (uint32_t)(FIRST_INODE + lists->n_sockets);
	message.body.udiag_cookie[0] = (uint32_t)lists->n_sockets + 1;
	memcpy(message.name + abstract, name, n);
	/* A path's final NUL is counted, an abstract name's leading one too. */
	message.attr.nla_len = (uint16_t)(sizeof(message.attr) + n + 1);
	message.head.nlmsg_len = NLMSG_LENGTH(sizeof(message.body));
	if (n > 0 || abstract)
		message.head.nlmsg_len += NLA_ALIGN(message.attr.nla_len);
	memcpy(lists->told + lists->n_told, &message, message.head.nlmsg_len);
	lists->n_told += message.head.nlmsg_len;
}

static void put_socket(struct lists *lists, const struct fuzz_chunk *chunk)
{
	uint8_t bits = chunk->kind;
	bool abstract = bits & IS_ABSTRACT, listens = bits & IS_LISTENER;
	size_t n = chunk->len < NAME_MAX_LEN ? chunk->len : NAME_MAX_LEN;

	if (lists->n_file > FILE_MAX - 1024 || lists->n_told > 30000)
		return;
	if (!abstract)
		n = strnlen((const char *)chunk->data, n);
	listens = listens && (n > 0 || abstract);
	for (unsigned int i = 0; listens && i < (unsigned int)(bits & WAITING) >> 4; i++) {
		put_line(lists, UNIX_STATE_CONNECTING, 0, chunk->data, n, abstract);
		lists->n_waiting++;
	}
	lists->n_lines += memchr(chunk->data, '\n', n) != NULL;
	if (bits & IS_NEW)
		lists->n_new++;
	else
		put_message(lists, chunk->data, n, abstract, listens);
	if (!(bits & IS_GONE))
		put_line(lists, UNIX_STATE_UNCONNECTED, FIRST_INODE + lists->n_sockets, chunk->data,
			 n, abstract);
	lists->n_sockets++;
}

static void check_names(struct fuzz_input *input)
{
	static const char title[] = "Num       RefCount Protocol Flags    Type St Inode Path\n";
	struct lists *lists = calloc(1, sizeof(*lists));
	struct fuzz_chunk chunk, answer = { .kind = FUZZ_DATAGRAM };
	int joined;

	if (!lists)
		abort();
	lists->n_file = strlen(title);
	memcpy(lists->file, title, lists->n_file);
	while (fuzz_next_chunk(input, &chunk))
		put_socket(lists, &chunk);
	answer.data = lists->told;
	answer.len = lists->n_told;
	if (lists->n_told)
		fuzz_world_play(&world, &answer);
	fuzz_world_file(&world, "net/unix", lists->file, lists->n_file);
	joined = join(NEED_REFCNT);
	/* Names that look like lines, and new ones, make doubts, which are told. */
	FUZZ_CHECK(joined == 0 || (joined == 1 && (lists->n_new > 0 || lists->n_lines > 0)));
	FUZZ_CHECK(n_waiting <= lists->n_waiting || (joined == 1 && lists->n_new > 0));
	FUZZ_CHECK(n_waiting == lists->n_waiting || joined == 1 || lists->n_new > 0);
	free(lists);
}

static void check_pieces(struct fuzz_input *input, uint8_t options)
{
	char *file = malloc(FILE_MAX);
	struct fuzz_chunk chunk;
	bool has_file = false;
	size_t n_file = 0;

	if (!file)
		abort();
	while (fuzz_next_chunk(input, &chunk)) {
		if (chunk.kind % (FUZZ_PLAY_KINDS + 1) == FUZZ_PLAY_KINDS) {
			size_t n = chunk.len < FILE_MAX - n_file ? chunk.len : FILE_MAX - n_file;

			memcpy(file + n_file, chunk.data, n);
			n_file += n;
			has_file = true;
			continue;
		}
		chunk.kind %= FUZZ_PLAY_KINDS + 1;
		fuzz_world_play(&world, &chunk);
		if (chunk.kind == FUZZ_DATAGRAM)
			parse_datagram(&chunk);
	}
	if (has_file)
		fuzz_world_file(&world, "net/unix", file, n_file);
	check_heads(file, n_file);
	free(file);
	if (options & 1)
		list_proc();
	else
		join(options & 2 ? NEED_REFCNT | NEED_SKMEM | NEED_VFS : NEED_REFCNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	uint8_t options = fuzz_u8(&input);

	fuzz_world_begin(&world);
	world.one_table = true;
	memset(&told, 0, sizeof(told));
	if (options & 4)
		check_names(&input);
	else
		check_pieces(&input, options);
	fuzz_world_end(&world);
	return 0;
}
