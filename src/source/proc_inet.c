/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Internet sockets from /proc/net/{tcp,udp,udplite,raw,icmp}{,6} (kernel: get_tcp4_sock(),
 * get_timewait4_sock(), get_openreq4(), udp4_format_sock(), raw_sock_seq_show() and their IPv6
 * kin). All print the same fields up to the inode:
 *
 *   sl: ADDR:PORT ADDR:PORT ST TXQUEUE:RXQUEUE TR:WHEN RETRANS UID PROBES INODE ...
 *
 * Known limits: a listener's backlog, cookies, interfaces and whether an IPv6 socket is v6-only are
 * not told; the clock ticks in hundredths of a second (USER_HZ, everywhere but on Alpha).
 */
#include "source/proc_inet.h"

#include <errno.h>
#include <sys/socket.h>

#include "source/proc_table.h"
#include "source/proc_text.h"

enum { MS_PER_TICK = 10 };

static const char *const proc_inet_names[PROTO_COUNT][2] = {
	[PROTO_TCP] = { "net/tcp", "net/tcp6" },
	[PROTO_UDP] = { "net/udp", "net/udp6" },
	[PROTO_UDPLITE] = { "net/udplite", "net/udplite6" },
	[PROTO_RAW] = { "net/raw", "net/raw6" },
	[PROTO_PING] = { "net/icmp", "net/icmp6" },
};

/* ADDR:PORT behind a gap. The address is printed as 32-bit words of memory, read as the host reads
 * numbers; so storing each as a number again brings the bytes back in their order. */
static bool proc_inet_endpoint(struct proc_text *text, size_t n_words, struct endpoint *out)
{
	uint64_t value;

	if (!proc_text_gap(text))
		return false;
	for (size_t i = 0; i < n_words; i++) {
		if (!proc_text_hex(text, 8, &value))
			return false;
		out->addr.words[i] = (uint32_t)value;
	}
	if (!proc_text_char(text, ':') || !proc_text_hex(text, 4, &value))
		return false;
	out->port = (uint16_t)value;
	return true;
}

/* " ST TXQUEUE:RXQUEUE" */
static bool proc_inet_state(struct proc_text *text, struct sock *out)
{
	uint64_t state, tx, rx;

	if (!proc_text_gap(text) || !proc_text_hex(text, 2, &state) || !proc_text_gap(text) ||
	    !proc_text_hex(text, 8, &tx) || !proc_text_char(text, ':') ||
	    !proc_text_hex(text, 8, &rx))
		return false;
	out->state = (uint8_t)state;
	out->send_q = (uint32_t)tx;
	out->recv_q = (uint32_t)rx;
	return true;
}

/*
 * " TR:WHEN RETRANS". WHEN is a long of the kernel: 8 digits or as many as it takes, up to 16. Old
 * kernels let a timer that is overdue wrap around below zero; since nobody waits for centuries,
 * what does not fit is cut at the largest time there is, and what was negative means now.
 */
static bool proc_inet_timer(struct proc_text *text, struct sock *out)
{
	uint64_t timer, when, retransmits;
	const char *word;
	size_t n;

	if (!proc_text_gap(text) || !proc_text_hex(text, 2, &timer) || !proc_text_char(text, ':'))
		return false;
	if (!proc_text_word(text, &word, &n) || n < 8 || n > 16 ||
	    !num_parse_hex(word, n, UINT64_MAX, &when))
		return false;
	if (!proc_text_gap(text) || !proc_text_hex(text, 8, &retransmits))
		return false;
	if (when > INT64_MAX || (n == 8 && when > INT32_MAX))
		when = 0;
	out->timer = (uint8_t)timer;
	out->timer_ms = when > UINT32_MAX / MS_PER_TICK ? UINT32_MAX : (uint32_t)when * MS_PER_TICK;
	out->retransmits = (uint32_t)retransmits;
	return true;
}

/* " UID PROBES INODE" */
static bool proc_inet_owner(struct proc_text *text, struct sock *out)
{
	uint64_t uid, probes;

	if (!proc_text_gap(text) || !proc_text_decimal(text, UINT32_MAX, &uid) ||
	    !proc_text_gap(text) || !proc_text_decimal(text, UINT32_MAX, &probes) ||
	    !proc_text_gap(text) || !proc_text_decimal(text, UINT64_MAX, &out->inode))
		return false;
	out->uid = (uint32_t)uid;
	out->probes = (uint32_t)probes;
	return proc_text_at_gap(text);
}

/* What the numbers mean for a protocol. */
static void proc_inet_judge(struct sock *out)
{
	out->has = SOCK_HAS_QUEUES | SOCK_HAS_TIMER | SOCK_HAS_RETRANSMITS | SOCK_HAS_PROBES |
		   SOCK_HAS_UID;
	if (out->inode != 0)
		out->has |= SOCK_HAS_INODE;
	if (out->proto != PROTO_TCP)
		return;
	out->listening = out->state == TCP_STATE_LISTEN;
	if (out->listening)
		out->send_q = 0; /* it has no bytes to send, whatever a kernel puts there */
	/* What is left of a connection in TIME_WAIT (or FIN_WAIT2 without a socket: timer 3) does
	 * not know its user; the kernel prints 0, which is not root's. */
	if (out->state == TCP_STATE_TIME_WAIT || out->timer == TIMER_TIMEWAIT) {
		out->has &= ~(uint32_t)SOCK_HAS_UID;
		out->uid = 0;
	}
}

int proc_inet_parse(enum sock_proto proto, uint8_t family, const char *line, size_t len,
		    struct sock *out)
{
	struct proc_text text = { .at = line, .end = line + len };
	size_t n_words = family == AF_INET6 ? 4 : 1;
	uint64_t slot;

	*out = (struct sock){
		.proto = (uint8_t)proto,
		.family = family,
		.type = proto_row(proto)->type,
	};
	proc_text_skip(&text);
	if (!proc_text_decimal(&text, UINT64_MAX, &slot) || !proc_text_char(&text, ':') ||
	    !proc_inet_endpoint(&text, n_words, &out->local) ||
	    !proc_inet_endpoint(&text, n_words, &out->remote) || !proc_inet_state(&text, out) ||
	    !proc_inet_timer(&text, out) || !proc_inet_owner(&text, out))
		return -EBADMSG;
	proc_inet_judge(out);
	return 0;
}

/* Whether a row is worth handing on: the filter behind decides, this only spares it work. States
 * without a name always are. */
static bool proc_inet_is_wanted(const struct sock_query *query, const struct sock *row)
{
	return row->state < TCP_STATE_ESTABLISHED || row->state > TCP_STATE_CLOSING ||
	       query->states & UINT32_C(1) << row->state;
}

int proc_inet_list(const struct env *env, struct report *report, const struct sock_query *query,
		   const struct sock_sink *sink)
{
	const char *name = proc_inet_names[query->proto][query->family == AF_INET6];
	struct proc_table table;
	const char *line;
	size_t len;
	int err;

	if (!name)
		return -ENOENT;
	err = proc_table_open(&table, env, report, name, sink);
	if (err < 0)
		return err;
	while (proc_table_line(&table, &line, &len)) {
		struct sock *row = proc_table_row(&table);

		if (proc_inet_parse(query->proto, query->family, line, len, row) < 0)
			table.bad++;
		else if (proc_inet_is_wanted(query, row))
			proc_table_keep(&table);
	}
	return proc_table_close(&table);
}
