/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCTP from /proc/net/sctp/eps and assocs (kernel: sctp_eps_seq_show(), sctp_assocs_seq_show() in
 * net/sctp/proc.c):
 *
 *   ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS
 *   ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT
 *       LADDRS <-> RADDRS <tab> HBINT ...
 *
 * Addresses stand in inet_pton(3)'s forms, each followed by a blank; a '*' in front marks the
 * primary one. What follows the tab is passed over. Known limits: no timers; an association between
 * losing its last local address and its end takes its family from the remote ones.
 */
#include "source/proc_sctp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/report.h"
#include "source/proc_table.h"
#include "source/proc_text.h"

/* enum sctp_socket_type of the kernel: the STY column. */
enum { SCTP_STY_MAX = 2, SCTP_STY_STREAM = 2 };

/* The addresses of a row while they are read. */
struct sctp_addrs {
	struct endpoint *all;
	size_t n, room;
	size_t n_v6;
};

/* Both parsers work this way: they differ in the fields they read. */
typedef int sctp_parse_fn(const char *line, size_t len, struct sock *out, struct endpoint *addrs,
			  size_t n_addrs);

/* The next field, a decimal number. */
static bool sctp_number(struct proc_text *text, uint64_t max, uint64_t *out)
{
	return proc_text_gap(text) && proc_text_decimal(text, max, out) && proc_text_at_gap(text);
}

/* "PTR PTR STY SST", the same in both files. Nobody needs the pointers; they are hashed or zeros,
 * and not padded with zeros. */
static bool sctp_head(struct proc_text *text, uint64_t *style, uint64_t *state)
{
	const char *word;
	uint64_t pointer;
	size_t n;

	for (int i = 0; i < 2; i++) {
		proc_text_skip(text);
		if (!proc_text_word(text, &word, &n) || n > 16 ||
		    !num_parse_hex(word, n, UINT64_MAX, &pointer))
			return false;
	}
	return sctp_number(text, SCTP_STY_MAX, style) && sctp_number(text, UINT8_MAX, state);
}

/* "UID INODE" */
static bool sctp_owner(struct proc_text *text, struct sock *out)
{
	uint64_t uid;

	if (!sctp_number(text, UINT32_MAX, &uid) || !sctp_number(text, UINT64_MAX, &out->inode))
		return false;
	out->uid = (uint32_t)uid;
	out->has |= SOCK_HAS_UID;
	if (out->inode != 0)
		out->has |= SOCK_HAS_INODE;
	return true;
}

/* One address. IPv4 is kept v4-mapped until the whole row is known. */
static bool sctp_addr(const char *word, size_t n, uint16_t port, struct sctp_addrs *addrs)
{
	char text[INET6_ADDRSTRLEN];
	struct endpoint *out;
	uint8_t *bytes;

	if (n == 0 || n >= sizeof(text) || addrs->n == addrs->room)
		return false;
	memcpy(text, word, n);
	text[n] = '\0';
	if (strlen(text) != n)
		return false;
	out = &addrs->all[addrs->n++];
	*out = (struct endpoint){ .port = port };
	bytes = out->addr.bytes;
	if (inet_pton(AF_INET, text, bytes + 12) == 1) {
		bytes[10] = bytes[11] = 0xff;
		return true;
	}
	addrs->n_v6++;
	return inet_pton(AF_INET6, text, bytes) == 1;
}

/* All addresses up to the tab, the end, or (when *met_arrow is asked for) the arrow, which parts
 * the local ones from the remote ones. */
static bool sctp_addr_list(struct proc_text *text, uint16_t port, struct sctp_addrs *addrs,
			   bool *met_arrow)
{
	const char *word;
	size_t n;

	for (;;) {
		while (text->at < text->end && *text->at == ' ')
			text->at++;
		if (text->at == text->end || *text->at == '\t')
			return true;
		proc_text_word(text, &word, &n);
		if (met_arrow && n == 3 && memcmp(word, "<->", 3) == 0) {
			*met_arrow = true;
			return true;
		}
		if (*word == '*') {
			word++;
			n--;
		}
		if (!sctp_addr(word, n, port, addrs))
			return false;
	}
}

/* Gives the row its addresses, the first n_local of which are its own, and its family. */
static bool sctp_finish(struct sock *out, const struct sctp_addrs *addrs, size_t n_local)
{
	size_t n_remote = addrs->n - n_local;

	if (addrs->n == 0 || addrs->n > UINT16_MAX)
		return false;
	out->family = addrs->n_v6 > 0 ? AF_INET6 : AF_INET;
	for (size_t i = 0; out->family == AF_INET && i < addrs->n; i++) {
		union inet_addr *addr = &addrs->all[i].addr;

		*addr = (union inet_addr){ .words = { addr->words[3] } };
	}
	if (n_local > 0) {
		out->local = addrs->all[0];
		out->local_addrs = addrs->all;
		out->n_local_addrs = (uint16_t)n_local;
	}
	if (n_remote > 0) {
		out->remote = addrs->all[n_local];
		out->remote_addrs = addrs->all + n_local;
		out->n_remote_addrs = (uint16_t)n_remote;
	}
	return true;
}

int proc_sctp_parse_eps(const char *line, size_t len, struct sock *out, struct endpoint *addrs,
			size_t n_addrs)
{
	struct proc_text text = { .at = line, .end = line + len };
	struct sctp_addrs list = { .all = addrs, .room = n_addrs };
	uint64_t style, state, bucket, port;

	*out = (struct sock){ .proto = PROTO_SCTP };
	if (!sctp_head(&text, &style, &state) || !sctp_number(&text, UINT32_MAX, &bucket) ||
	    !sctp_number(&text, UINT16_MAX, &port) || !sctp_owner(&text, out) ||
	    !sctp_addr_list(&text, (uint16_t)port, &list, NULL))
		return -EBADMSG;
	out->type = style == SCTP_STY_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
	out->state = (uint8_t)state;
	out->listening = state == TCP_STATE_LISTEN;
	return sctp_finish(out, &list, list.n) ? 0 : -EBADMSG;
}

/* "ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE" */
static bool sctp_assoc_numbers(struct proc_text *text, struct sock *out)
{
	uint64_t state, bucket, id, tx, rx;

	if (!sctp_number(text, UINT8_MAX, &state) || !sctp_number(text, UINT32_MAX, &bucket) ||
	    !sctp_number(text, UINT32_MAX, &id) || !sctp_number(text, UINT32_MAX, &tx) ||
	    !sctp_number(text, UINT32_MAX, &rx))
		return false;
	out->state = (uint8_t)state;
	out->send_q = (uint32_t)tx;
	out->recv_q = (uint32_t)rx;
	out->has |= SOCK_HAS_QUEUES;
	return true;
}

int proc_sctp_parse_assoc(const char *line, size_t len, struct sock *out, struct endpoint *addrs,
			  size_t n_addrs)
{
	struct proc_text text = { .at = line, .end = line + len };
	struct sctp_addrs list = { .all = addrs, .room = n_addrs };
	uint64_t style, state, lport, rport;
	bool met_arrow = false;
	size_t n_local;

	*out = (struct sock){ .proto = PROTO_SCTP, .sctp_assoc = true };
	if (!sctp_head(&text, &style, &state) || !sctp_assoc_numbers(&text, out) ||
	    !sctp_owner(&text, out) || !sctp_number(&text, UINT16_MAX, &lport) ||
	    !sctp_number(&text, UINT16_MAX, &rport) ||
	    !sctp_addr_list(&text, (uint16_t)lport, &list, &met_arrow) || !met_arrow)
		return -EBADMSG;
	n_local = list.n;
	if (!sctp_addr_list(&text, (uint16_t)rport, &list, NULL))
		return -EBADMSG;
	out->type = style == SCTP_STY_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
	out->local.port = (uint16_t)lport;
	out->remote.port = (uint16_t)rport;
	return sctp_finish(out, &list, n_local) ? 0 : -EBADMSG;
}

/* Lists one of the two files. addrs: twice PROC_SCTP_ADDRS_MAX, shared by the rows of a batch. */
static int sctp_list_file(struct proc_table *table, sctp_parse_fn *parse, uint8_t family,
			  struct endpoint *addrs)
{
	size_t used = 0;
	const char *line;
	size_t len;

	while (proc_table_line(table, &line, &len)) {
		struct sock *row = proc_table_row(table);

		if (parse(line, len, row, addrs + used, PROC_SCTP_ADDRS_MAX) < 0) {
			table->bad++;
			continue;
		}
		if (row->family != family)
			continue;
		used += row->n_local_addrs + (size_t)row->n_remote_addrs;
		if (proc_table_keep(table))
			used = 0;
		if (used > PROC_SCTP_ADDRS_MAX) {
			proc_table_flush(table);
			used = 0;
		}
	}
	return proc_table_close(table);
}

/* One of the two files: its name, how its lines are read, and the states (as query->states has
 * them) that are to be found in it. */
struct sctp_file {
	const char *name;
	sctp_parse_fn *parse;
	uint32_t states;
};

#define SCTP_ENDPOINT_STATES (1u << TCP_STATE_LISTEN | 1u << TCP_STATE_CLOSE)

static const struct sctp_file sctp_files[] = {
	{ "net/sctp/eps", proc_sctp_parse_eps, SCTP_ENDPOINT_STATES },
	{ "net/sctp/assocs", proc_sctp_parse_assoc, ~SCTP_ENDPOINT_STATES },
};

int proc_sctp_list(const struct env *env, struct report *report, const struct sock_query *query,
		   const struct sock_sink *sink)
{
	struct endpoint *addrs = calloc(2 * PROC_SCTP_ADDRS_MAX, sizeof(*addrs));
	bool any_read = false;
	int result = addrs ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(sctp_files) / sizeof(sctp_files[0]) && result >= 0; i++) {
		const struct sctp_file *file = &sctp_files[i];
		struct proc_table table;
		int err;

		if (!(query->states & file->states))
			continue;
		err = proc_table_open(&table, env, report, file->name, sink);
		if (err < 0 && any_read) {
			/* Rows are out already, so this is no failure to open any more. */
			report_add(report, REPORT_PARTIAL, "%s could not be read: %s", file->name,
				   strerror(-err));
			err = 1;
		} else if (err == 0) {
			any_read = true;
			err = sctp_list_file(&table, file->parse, query->family, addrs);
		}
		result = err != 0 ? err : result;
	}
	free(addrs);
	return result;
}
