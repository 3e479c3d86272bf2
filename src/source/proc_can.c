/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/net/can-bcm/INODE   ">>> socket PTR / sk PTR / bo PTR / dropped N / bound INTERFACE <<<"
 * /proc/net/can/rcvlist_*   "  INTERFACE CAN-ID MASK FUNCTION USERDATA MATCHES IDENT"
 *
 * Userdata of a raw or isotp filter is its socket, so that filters of one socket are told from
 * those of another one; kernel.kptr_restrict may hide it.
 *
 * Known limits: raw and isotp sockets are seen while they receive something, and have no inode
 * here, so that no process is found that holds them. Broadcast manager sockets are seen from
 * connect() on. J1939 shares one filter of an interface between its sockets: that there are such is
 * told, but not which.
 */
#include "source/proc_can.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/dir.h"
#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/report.h"
#include "base/tree.h"
#include "source/proc_table.h"
#include "source/proc_text.h"

static const char *const filter_lists[] = {
	"net/can/rcvlist_all", "net/can/rcvlist_fil", "net/can/rcvlist_inv",
	"net/can/rcvlist_sff", "net/can/rcvlist_eff", "net/can/rcvlist_err",
};

static const char any_interface[] = "any";

/* Any interface has no name. False for a name that is too long to be one. */
static bool begin_row(struct sock *sock, struct sock_special *special, uint32_t protocol,
		      const char *interface, size_t n)
{
	if (n == 0 || n >= sizeof(special->device))
		return false;
	*special = (struct sock_special){
		.has = SPECIAL_PROTOCOL | SPECIAL_LOCAL,
		.protocol = protocol,
	};
	if (n != sizeof(any_interface) - 1 || memcmp(interface, any_interface, n) != 0)
		memcpy(special->device, interface, n);
	*sock = (struct sock){
		.proto = PROTO_CAN,
		.family = AF_CAN,
		.type = protocol == CAN_PROTOCOL_RAW ? SOCK_RAW : SOCK_DGRAM,
		.state = TCP_STATE_CLOSE,
		.special = special,
	};
	return true;
}

int proc_can_parse_bcm(const char *line, size_t len, struct sock *sock,
		       struct sock_special *special)
{
	static const char head[] = ">>> socket ", bound[] = " / bound ", tail[] = " <<<";
	const char *at, *end;

	if (len < sizeof(head) - 1 || memcmp(line, head, sizeof(head) - 1) != 0)
		return -EBADMSG;
	at = memmem(line, len, bound, sizeof(bound) - 1);
	if (!at)
		return -EBADMSG;
	at += sizeof(bound) - 1;
	end = memmem(at, (size_t)(line + len - at), tail, sizeof(tail) - 1);
	if (!end || !begin_row(sock, special, CAN_PROTOCOL_BCM, at, (size_t)(end - at)))
		return -EBADMSG;
	return 1;
}

/* A word of hexadecimal digits behind blanks. */
static bool next_hex(struct proc_text *text, uint64_t *out)
{
	const char *word;
	size_t n;

	proc_text_skip(text);
	return proc_text_word(text, &word, &n) && n <= 16 &&
	       num_parse_hex(word, n, UINT64_MAX, out);
}

static bool is_word(const char *word, size_t n, const char *wanted)
{
	return n == strlen(wanted) && memcmp(word, wanted, n) == 0;
}

static bool begins_with(const char *line, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && memcmp(line, prefix, n) == 0;
}

/* A filter is indented by three blanks, a title by less: names of interfaces do not tell. */
static bool is_title(const char *line, size_t len)
{
	return len == 0 || begins_with(line, len, "receive list '") ||
	       begins_with(line, len, "  device ") || begins_with(line, len, "  (");
}

/* Who registered a filter. An isotp socket has one for what it receives, one for the echo of what
 * it sends ("isotpe", since Linux 5.18), or both. What is left belongs to the broadcast manager,
 * which has files of its own, or to a gateway, which is no socket. */
static int filter_kind(const char *ident, size_t n, uint32_t *protocol)
{
	if (is_word(ident, n, "j1939"))
		return 2;
	if (is_word(ident, n, "raw"))
		*protocol = CAN_PROTOCOL_RAW;
	else if (is_word(ident, n, "isotp") || is_word(ident, n, "isotpe"))
		*protocol = CAN_PROTOCOL_ISOTP;
	else
		return 0;
	return 1;
}

int proc_can_parse_filter(const char *line, size_t len, struct sock *sock,
			  struct sock_special *special, uint64_t *id)
{
	struct proc_text text = { .at = line, .end = line + len };
	const char *interface, *ident;
	size_t interface_len, ident_len;
	uint64_t number;
	uint32_t protocol;
	int kind;

	if (is_title(line, len))
		return 0;
	if (!begins_with(line, len, "   "))
		return -EBADMSG;
	proc_text_skip(&text);
	if (!proc_text_word(&text, &interface, &interface_len) || !next_hex(&text, &number) ||
	    !next_hex(&text, &number) || !next_hex(&text, &number) || !next_hex(&text, id) ||
	    !proc_text_gap(&text) || !proc_text_decimal(&text, UINT64_MAX, &number) ||
	    !proc_text_gap(&text) || !proc_text_word(&text, &ident, &ident_len))
		return -EBADMSG;
	kind = filter_kind(ident, ident_len, &protocol);
	if (kind != 1)
		return kind;
	return begin_row(sock, special, protocol, interface, interface_len) ? 1 : -EBADMSG;
}

/* One socket of the broadcast manager; one that has gone meanwhile is none. */
static int list_bcm_file(int dir, const char *name, struct report *report,
			 const struct sock_sink *sink)
{
	struct sock_special special;
	struct sock sock;
	char line[256];
	const char *end;
	uint64_t inode;
	ssize_t n;

	if (!num_parse_u64(name, strlen(name), UINT64_MAX, &inode))
		return 0;
	n = file_read_at(dir, name, line, sizeof(line));
	if (n == -ENOENT || n == 0)
		return 0;
	if (n > 0) {
		end = memchr(line, '\n', (size_t)n);
		n = proc_can_parse_bcm(line, end ? (size_t)(end - line) : (size_t)n, &sock,
				       &special);
	}
	if (n < 0) {
		report_add(report, REPORT_PARTIAL, "can: /proc/net/can-bcm/%s: %s", name,
			   strerror((int)-n));
		return 1;
	}
	sock.inode = inode;
	if (inode)
		sock.has |= SOCK_HAS_INODE;
	return sink->take(sink->ctx, &sock, 1) < 0 ? -ECANCELED : 0;
}

static int list_bcm(const struct env *env, struct report *report, const struct sock_sink *sink)
{
	struct dir_stream stream = { .fd = tree_open_dir(env_net_fd(env), "net/can-bcm",
							 O_RDONLY) };
	struct dir_entry entry;
	int rc = 0, got, one;

	if (stream.fd < 0)
		return stream.fd;
	stream.buf = malloc(DIR_BUF_SIZE);
	if (!stream.buf) {
		tree_close_dir(stream.fd);
		return -ENOMEM;
	}
	while ((got = dir_next(&stream, &entry)) == 1) {
		one = list_bcm_file(stream.fd, entry.name, report, sink);
		if (one < 0) {
			rc = one;
			break;
		}
		rc |= one;
	}
	free(stream.buf);
	tree_close_dir(stream.fd);
	return got < 0 ? got : rc;
}

/* What the lists of filters have in common. */
struct filters {
	const struct env *env;
	struct report *report;
	const struct sock_sink *sink;
	struct hash64 seen; /* sockets */
	bool hidden, shared;
};

static int list_filters(struct filters *filters, const char *name, struct sock_special *specials)
{
	struct proc_table table;
	const char *line;
	size_t len;
	bool no_memory = false;
	int rc = proc_table_open(&table, filters->env, filters->report, name, filters->sink);

	if (rc < 0)
		return rc;
	while (!no_memory && proc_table_line(&table, &line, &len)) {
		bool is_new = false;
		uint64_t id = 0;
		int found = proc_can_parse_filter(line, len, proc_table_row(&table),
						  &specials[table.n_rows], &id);

		table.bad += found < 0;
		filters->shared |= found == 2;
		if (found != 1)
			continue;
		filters->hidden |= id == 0;
		if (id && !hash64_add(&filters->seen, id, &is_new))
			no_memory = true;
		if (is_new)
			proc_table_keep(&table);
	}
	rc = proc_table_close(&table);
	return no_memory ? -ENOMEM : rc;
}

static int list_all_filters(struct filters *filters)
{
	struct sock_special *specials = malloc(PROC_TABLE_BATCH * sizeof(*specials));
	int result = -ENOENT;

	if (!specials)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(filter_lists) / sizeof(filter_lists[0]); i++) {
		int rc = list_filters(filters, filter_lists[i], specials);

		if (rc == -ENOENT)
			continue;
		if (rc < 0) {
			result = rc;
			break;
		}
		result = result == 1 ? 1 : rc;
	}
	free(specials);
	hash64_free(&filters->seen);
	if (result < 0)
		return result;
	if (filters->hidden)
		report_add(filters->report, REPORT_PARTIAL,
			   "can: raw and isotp sockets cannot be told apart, since "
			   "kernel.kptr_restrict hides which filter is whose: they are left out");
	if (filters->shared)
		report_add(filters->report, REPORT_PARTIAL,
			   "can: there are J1939 sockets, and the kernel does not tell which: "
			   "they are left out");
	return filters->hidden || filters->shared ? 1 : result;
}

int proc_can_list(const struct env *env, struct report *report, const struct sock_query *query,
		  const struct sock_sink *sink)
{
	struct filters filters = { .env = env, .report = report, .sink = sink };
	int filtered = list_all_filters(&filters), managed;

	(void)query;
	if (filtered < 0 && filtered != -ENOENT)
		return filtered;
	managed = list_bcm(env, report, sink);
	if (managed == -ENOENT)
		return filtered;
	return managed < 0 || filtered == -ENOENT ? managed : managed | filtered;
}
