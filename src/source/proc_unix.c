/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UNIX sockets from /proc/net/unix (kernel: unix_seq_show() in net/unix/af_unix.c):
 *
 *   PTR: REFCOUNT PROTOCOL FLAGS TYPE ST INODE[ NAME]
 *
 * Names are raw: the kernel shows NUL as '@', in front of an abstract name and inside, and nothing
 * tells a '@' from it. Known limits: no peer, queues or user; a name that begins with '@' is taken
 * for an abstract one though a path may begin so too; a name made of a newline and a line of the
 * right shape makes a row here (unix_join.h is not deceived).
 */
#include "source/proc_unix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"
#include "source/proc_table.h"
#include "source/proc_text.h"

enum {
	UNIX_FLAG_ACCEPTS = 0x10000, /* __SO_ACCEPTCON in the kernel */
	UNIX_NAME_MAX = sizeof(((struct sockaddr_un *)0)->sun_path),
};

/* " " and a number of exactly n hexadecimal digits. */
static bool unix_hex(struct proc_text *text, size_t n, uint64_t max, uint64_t *out)
{
	return proc_text_char(text, ' ') && proc_text_hex(text, n, out) && *out <= max;
}

/* "PTR:", 8 or 16 digits. */
static bool unix_pointer(struct proc_text *text)
{
	uint64_t pointer;

	if (!proc_text_hex(text, 8, &pointer))
		return false;
	return proc_text_char(text, ':') ||
	       (proc_text_hex(text, 8, &pointer) && proc_text_char(text, ':'));
}

int proc_unix_parse_head(const char *data, size_t len, struct proc_unix_head *out)
{
	struct proc_text text = { .at = data, .end = data + len };
	uint64_t refcnt, proto, flags, type, state;

	if (!unix_pointer(&text) || !unix_hex(&text, 8, UINT32_MAX, &refcnt) ||
	    !unix_hex(&text, 8, UINT32_MAX, &proto) || !unix_hex(&text, 8, UINT32_MAX, &flags) ||
	    !unix_hex(&text, 4, UINT8_MAX, &type) || !unix_hex(&text, 2, UINT8_MAX, &state) ||
	    !proc_text_char(&text, ' '))
		return -EBADMSG;
	while (text.at < text.end && *text.at == ' ')
		text.at++;
	*out = (struct proc_unix_head){
		.refcnt = (uint32_t)refcnt,
		.proto = (uint32_t)proto,
		.flags = (uint32_t)flags,
		.type = (uint8_t)type,
		.state = (uint8_t)state,
	};
	if (!proc_text_decimal(&text, UINT64_MAX, &out->inode))
		return -EBADMSG;
	if (text.at < text.end && *text.at != '\n') {
		if (!proc_text_char(&text, ' '))
			return -EBADMSG;
		out->has_name = true;
	}
	out->len = (size_t)(text.at - data);
	return 0;
}

void proc_unix_row(const struct proc_unix_head *head, const char *name, size_t n, struct sock *out)
{
	*out = (struct sock){
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.has = SOCK_HAS_REFCNT,
		.type = head->type,
		.state = head->state,
		.listening = (head->flags & UNIX_FLAG_ACCEPTS) != 0,
		.refcnt = head->refcnt,
		.unix_proto = head->proto,
		.inode = head->inode,
		.name_kind = UNIX_UNNAMED,
	};
	if (head->inode != 0)
		out->has |= SOCK_HAS_INODE;
	if (head->state > UNIX_STATE_DISCONNECTING)
		out->state = (uint8_t)(UNIX_STATE_OTHER + head->state % UNIX_STATE_OTHER);
	if (n == 0)
		return;
	out->name_kind = UNIX_PATHNAME;
	if (n > UNIX_NAME_MAX)
		n = UNIX_NAME_MAX;
	if (*name == '@') {
		out->name_kind = UNIX_ABSTRACT;
		name++;
		n--;
	}
	out->name = (const uint8_t *)name;
	out->name_len = (uint16_t)n;
}

/* A reading of the file on its own. A row waits until the line after it shows that its name is
 * whole. */
struct unix_listing {
	struct proc_table *table;
	struct proc_unix_head head;
	bool waiting;
	/* The waiting row's name; one place for each row of a batch, since rows borrow them. */
	char (*names)[UNIX_NAME_MAX];
	size_t n_name;
};

/* Keeps the waiting row. */
static void unix_listing_settle(struct unix_listing *listing)
{
	struct proc_table *table = listing->table;

	if (!listing->waiting)
		return;
	proc_unix_row(&listing->head, listing->names[table->n_rows], listing->n_name,
		      proc_table_row(table));
	proc_table_keep(table);
	listing->waiting = false;
}

/* Adds a piece to the waiting row's name. False when no name can be that long. */
static bool unix_listing_add(struct unix_listing *listing, const char *piece, size_t n)
{
	if (n > UNIX_NAME_MAX - listing->n_name)
		return false;
	memcpy(listing->names[listing->table->n_rows] + listing->n_name, piece, n);
	listing->n_name += n;
	return true;
}

/* A line of another shape: the rest of the name before it, where that can be. */
static bool unix_listing_continue(struct unix_listing *listing, const char *line, size_t len)
{
	if (!listing->waiting || !listing->head.has_name ||
	    len + 1 > UNIX_NAME_MAX - listing->n_name)
		return false;
	return unix_listing_add(listing, "\n", 1) && unix_listing_add(listing, line, len);
}

/* Takes one line. An inode that comes twice stays twice: a forged line may add a row, never hide
 * one. */
static void unix_listing_line(struct unix_listing *listing, const char *line, size_t len)
{
	struct proc_unix_head head;

	if (proc_unix_parse_head(line, len, &head) < 0) {
		if (!unix_listing_continue(listing, line, len))
			listing->table->bad++;
		return;
	}
	unix_listing_settle(listing);
	listing->head = head;
	listing->waiting = true;
	listing->n_name = 0;
	if (!unix_listing_add(listing, line + head.len, len - head.len)) {
		listing->waiting = false;
		listing->table->bad++;
	}
}

int proc_unix_list(const struct env *env, struct report *report, const struct sock_query *query,
		   const struct sock_sink *sink)
{
	struct proc_table table;
	struct unix_listing listing = { .table = &table };
	const char *line;
	size_t len;
	int err, result;

	(void)query; /* the file cannot be asked for less */
	listing.names = calloc(PROC_TABLE_BATCH, sizeof(*listing.names));
	if (!listing.names)
		return -ENOMEM;
	err = proc_table_open(&table, env, report, "net/unix", sink);
	if (err < 0) {
		free(listing.names);
		return err;
	}
	while (proc_table_line(&table, &line, &len))
		unix_listing_line(&listing, line, len);
	unix_listing_settle(&listing);
	result = proc_table_close(&table);
	free(listing.names);
	return result;
}
