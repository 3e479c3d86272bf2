/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Families that only files below /proc/net tell of:
 *
 *   Bluetooth  PTR REFCNT RMEM WMEM UID INODE PARENT, a file for each of its protocols
 *   KCM        "   kcm-NUMBER" RX-MSGS RX-BYTES TX-MSGS TX-BYTES RECV-Q RMEM SEND-Q ...
 *   PF_KEY     PTR REFCNT RMEM WMEM UID INODE
 *   Phonet     PROTOCOL LOC:REM:RESOURCE STATE TX:RX UID INODE ...
 *   PPPoE      SESSION ADDRESS DEVICE
 *   L2TP       "  SESSION 'NAME' ADDRESS/PORT TUNNEL/SESSION -> TUNNEL/SESSION STATE Y|N"
 *
 * Known limits: Bluetooth's addresses are not told, and KCM's, PPPoE's and L2TP's sockets have no
 * inode, so that no process is found that holds them.
 */
#include "source/proc_others.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/proc_table.h"
#include "source/proc_text.h"

static const struct file {
	const char *name;
	enum sock_proto proto;
	uint32_t protocol;
} files[] = {
	{ "net/l2cap", PROTO_BLUETOOTH, 0 }, { "net/hci", PROTO_BLUETOOTH, 1 },
	{ "net/sco", PROTO_BLUETOOTH, 2 },   { "net/rfcomm", PROTO_BLUETOOTH, 3 },
	{ "net/bnep", PROTO_BLUETOOTH, 4 },  { "net/cmtp", PROTO_BLUETOOTH, 5 },
	{ "net/hidp", PROTO_BLUETOOTH, 6 },  { "net/iso", PROTO_BLUETOOTH, 8 },
	{ "net/kcm", PROTO_KCM, 0 },         { "net/pfkey", PROTO_KEY, 0 },
	{ "net/phonet", PROTO_PHONET, 0 },   { "net/pppoe", PROTO_PPPOE, 0 },
	{ "net/pppol2tp", PROTO_L2TP, 0 },
};

/* A field of decimal digits behind blanks. */
static bool next_number(struct proc_text *text, uint64_t max, uint64_t *out)
{
	return proc_text_gap(text) && proc_text_decimal(text, max, out) && proc_text_at_gap(text);
}

static void take_inode(struct sock *sock, uint64_t inode)
{
	sock->inode = inode;
	if (inode)
		sock->has |= SOCK_HAS_INODE;
}

/* What Bluetooth and PF_KEY have in common. */
static bool parse_plain(struct proc_text *text, struct sock *sock)
{
	uint64_t pointer, refcnt, rmem, wmem, uid, inode;
	const char *word;
	size_t n;

	proc_text_skip(text);
	if (!proc_text_word(text, &word, &n) || n > 16 ||
	    !num_parse_hex(word, n, UINT64_MAX, &pointer) ||
	    !next_number(text, UINT32_MAX, &refcnt) || !next_number(text, UINT32_MAX, &rmem) ||
	    !next_number(text, UINT32_MAX, &wmem) || !next_number(text, UINT32_MAX, &uid) ||
	    !next_number(text, UINT64_MAX, &inode))
		return false;
	sock->has = SOCK_HAS_QUEUES | SOCK_HAS_UID | SOCK_HAS_REFCNT;
	sock->refcnt = (uint32_t)refcnt;
	sock->recv_q = (uint32_t)rmem;
	sock->send_q = (uint32_t)wmem;
	sock->uid = (uint32_t)uid;
	take_inode(sock, inode);
	return true;
}

static int parse_bluetooth(struct proc_text *text, uint32_t protocol, struct sock *sock,
			   struct sock_special *special)
{
	uint64_t parent;

	if (!parse_plain(text, sock) || !next_number(text, UINT64_MAX, &parent))
		return -EBADMSG;
	special->has = SPECIAL_PROTOCOL | SPECIAL_LOCAL;
	special->protocol = protocol;
	return 1;
}

/* Lines of multiplexers and of the TCP sockets below them are none of ours. */
static int parse_kcm(struct proc_text *text, struct sock *sock, struct sock_special *special)
{
	static const char prefix[] = "kcm-";
	uint64_t number, passed, queue, send;
	size_t n = sizeof(prefix) - 1;

	proc_text_skip(text);
	if ((size_t)(text->end - text->at) < n || memcmp(text->at, prefix, n) != 0)
		return 0;
	text->at += n;
	if (!proc_text_decimal(text, UINT32_MAX, &number))
		return -EBADMSG;
	for (int i = 0; i < 4; i++)
		if (!next_number(text, UINT64_MAX, &passed))
			return -EBADMSG;
	/* Messages, then their memory, which is what other families have there. */
	if (!next_number(text, UINT32_MAX, &queue) || !next_number(text, UINT32_MAX, &passed) ||
	    !next_number(text, UINT32_MAX, &send))
		return -EBADMSG;
	sock->has = SOCK_HAS_RECV_Q;
	sock->recv_q = (uint32_t)passed;
	special->has = SPECIAL_LOCAL;
	special->local.port = (uint32_t)number;
	return 1;
}

static int parse_phonet(struct proc_text *text, struct sock *sock, struct sock_special *special)
{
	uint64_t protocol, local, remote, resource, state, tx, rx, uid, inode;

	proc_text_skip(text);
	if (!proc_text_decimal(text, UINT8_MAX, &protocol) || !proc_text_gap(text) ||
	    !proc_text_hex(text, 4, &local) || !proc_text_char(text, ':') ||
	    !proc_text_hex(text, 4, &remote) || !proc_text_char(text, ':') ||
	    !proc_text_hex(text, 2, &resource) || !proc_text_gap(text) ||
	    !proc_text_hex(text, 2, &state) || !proc_text_gap(text) ||
	    !proc_text_hex(text, 8, &tx) || !proc_text_char(text, ':') ||
	    !proc_text_hex(text, 8, &rx) || !next_number(text, UINT32_MAX, &uid) ||
	    !next_number(text, UINT64_MAX, &inode))
		return -EBADMSG;
	sock->has = SOCK_HAS_QUEUES | SOCK_HAS_UID;
	sock->state = (uint8_t)state;
	sock->listening = state == TCP_STATE_LISTEN;
	sock->recv_q = (uint32_t)rx;
	sock->send_q = (uint32_t)tx;
	sock->uid = (uint32_t)uid;
	take_inode(sock, inode);
	special->has = SPECIAL_PROTOCOL | SPECIAL_LOCAL | (remote ? SPECIAL_REMOTE : 0);
	special->protocol = (uint32_t)protocol;
	special->local.port = (uint32_t)local;
	special->remote.port = (uint32_t)remote;
	return 1;
}

/* "00000001 52:54:00:12:34:56     eth0": the name is all that is left of the line. */
static int parse_pppoe(struct proc_text *text, struct sock *sock, struct sock_special *special)
{
	uint64_t session, byte;
	size_t n;

	if (!proc_text_hex(text, 8, &session) || !proc_text_char(text, ' '))
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(special->peer_mac); i++) {
		if ((i > 0 && !proc_text_char(text, ':')) || !proc_text_hex(text, 2, &byte))
			return -EBADMSG;
		special->peer_mac[i] = (uint8_t)byte;
	}
	if (!proc_text_gap(text))
		return -EBADMSG;
	n = (size_t)(text->end - text->at);
	if (n == 0 || n >= sizeof(special->device))
		return -EBADMSG;
	memcpy(special->device, text->at, n);
	sock->state = TCP_STATE_ESTABLISHED;
	special->has = SPECIAL_LOCAL | SPECIAL_REMOTE;
	/* The kernel keeps and prints a session's number as it is on the wire. */
	special->local.port = ntohs((uint16_t)session);
	return 1;
}

/* A number of four hexadecimal digits or more, and what follows it. */
static bool next_id(struct proc_text *text, char behind, uint32_t *id)
{
	uint64_t value = 0;
	size_t n = 0;

	while ((size_t)(text->end - text->at) > n && text->at[n] != behind)
		n++;
	if (n < 4 || n > 8 || !proc_text_hex(text, n, &value) || !proc_text_char(text, behind))
		return false;
	*id = (uint32_t)value;
	return true;
}

/* enum of include/linux/if_pppox.h: what a session's socket is. */
enum { PPPOX_IS_CONNECTED = 1 };

/* Lines of tunnels and further lines of sessions are none of ours, nor is a session without a
 * socket. A name may hold anything, so what follows it is looked for from the end. */
static int parse_l2tp(struct proc_text *text, struct sock *sock, struct sock_special *special)
{
	static const char head[] = "  SESSION '";
	const char *quote;
	uint64_t state;

	if ((size_t)(text->end - text->at) < sizeof(head) - 1 ||
	    memcmp(text->at, head, sizeof(head) - 1) != 0)
		return 0;
	text->at += sizeof(head) - 1;
	quote = memrchr(text->at, '\'', (size_t)(text->end - text->at));
	if (!quote)
		return -EBADMSG;
	text->at = quote + 1;
	/* The tunnel's address, which is that of its UDP socket. */
	text->at = memchr(text->at, '/', (size_t)(text->end - text->at));
	if (!text->at || !proc_text_char(text, '/') ||
	    !proc_text_decimal(text, UINT16_MAX, &state) || !proc_text_char(text, ' ') ||
	    !next_id(text, '/', &special->local.node) ||
	    !next_id(text, ' ', &special->local.port) || !proc_text_char(text, '-') ||
	    !proc_text_char(text, '>') || !proc_text_char(text, ' ') ||
	    !next_id(text, '/', &special->remote.node) ||
	    !next_id(text, ' ', &special->remote.port) || !proc_text_decimal(text, 255, &state) ||
	    !proc_text_char(text, ' ') || text->end - text->at != 1)
		return -EBADMSG;
	if (*text->at == 'N' && state == 0)
		return 0;
	sock->state = state & PPPOX_IS_CONNECTED ? TCP_STATE_ESTABLISHED : TCP_STATE_CLOSE;
	special->has = SPECIAL_LOCAL | SPECIAL_REMOTE;
	return 1;
}

int proc_others_parse(enum sock_proto proto, uint32_t protocol, const char *line, size_t len,
		      struct sock *sock, struct sock_special *special)
{
	struct proc_text text = { .at = line, .end = line + len };

	*special = (struct sock_special){ .has = 0 };
	*sock = (struct sock){
		.proto = (uint8_t)proto,
		.family = proto_row(proto)->family,
		.type = proto_row(proto)->type,
		.state = TCP_STATE_CLOSE,
		.special = special,
	};
	switch (proto) {
	case PROTO_BLUETOOTH:
		return parse_bluetooth(&text, protocol, sock, special);
	case PROTO_KCM:
		return parse_kcm(&text, sock, special);
	case PROTO_KEY:
		return parse_plain(&text, sock) ? 1 : -EBADMSG;
	case PROTO_PHONET:
		return parse_phonet(&text, sock, special);
	case PROTO_PPPOE:
		return parse_pppoe(&text, sock, special);
	case PROTO_L2TP:
		return parse_l2tp(&text, sock, special);
	default:
		return -EBADMSG;
	}
}

static int list_file(const struct env *env, struct report *report, const struct file *file,
		     const struct sock_sink *sink)
{
	struct sock_special *specials = malloc(PROC_TABLE_BATCH * sizeof(*specials));
	struct proc_table table;
	const char *line;
	size_t len;
	int rc;

	if (!specials)
		return -ENOMEM;
	rc = proc_table_open(&table, env, report, file->name, sink);
	if (rc < 0) {
		free(specials);
		return rc;
	}
	while (proc_table_line(&table, &line, &len)) {
		int found = proc_others_parse(file->proto, file->protocol, line, len,
					      proc_table_row(&table), &specials[table.n_rows]);

		if (found < 0)
			table.bad++;
		else if (found > 0)
			proc_table_keep(&table);
	}
	rc = proc_table_close(&table);
	free(specials);
	return rc;
}

/* What one file lacks makes the whole partial; one that is not there is none of this kernel's. */
int proc_others_list(const struct env *env, struct report *report, const struct sock_query *query,
		     const struct sock_sink *sink)
{
	int result = -ENOENT;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int rc;

		if (files[i].proto != query->proto ||
		    (query->types && !(query->types & SELECT_TYPE(files[i].protocol))))
			continue;
		rc = list_file(env, report, &files[i], sink);
		if (rc == -ENOENT)
			continue;
		if (rc < 0)
			return rc;
		result = result == 1 ? 1 : rc;
	}
	return result;
}
