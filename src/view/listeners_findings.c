/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --listeners: what deserves attention, in words. When a queue is full, TCP drops the handshake's
 * last ACK (the client believes it is connected and sends again) and new SYNs, or resets with
 * tcp_abort_on_overflow; connect() to a UNIX socket waits.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "model/field.h"
#include "output/field_text.h"
#include "view/listeners_answer.h"

struct teller {
	const struct listeners_answer *answer;
	listeners_finding *found;
	void *arg;
};

static void tell(const struct teller *teller, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(const struct teller *teller, const char *kind, const char *format, ...)
{
	char text[LISTENERS_FINDING_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	teller->found(teller->arg, kind, text);
}

void listeners_format_program(char *dst, size_t size, const char *program)
{
	size_t n;

	if (!program[0]) {
		snprintf(dst, size, "\"\"");
		return;
	}
	if (strcmp(program, "\"\"") == 0) {
		snprintf(dst, size, "\\x22\\x22");
		return;
	}
	n = escape_text(dst, size - 1, program, strlen(program), ESCAPE_BLANK, SIZE_MAX, NULL);
	dst[n] = '\0';
}

void listeners_format_end(char *dst, size_t size, const struct sock *sock)
{
	const struct value value = {
		.type = FIELD_ADDR,
		.addr = { .family = sock->family, .end = &sock->local },
	};
	char addr[FIELD_TEXT_ADDR_MAX + 1];
	bool abstract = sock->name_kind == UNIX_ABSTRACT;
	size_t at = abstract;

	if (sock->family == AF_UNIX) {
		dst[0] = '@';
		at += escape_text(dst + at, size - 1 - at, sock->name, sock->name_len,
				  ESCAPE_BLANK | (abstract ? 0 : ESCAPE_AT), SIZE_MAX, NULL);
		dst[at] = '\0';
		return;
	}
	addr[field_text_format_addr(addr, sock, &value)] = '\0';
	snprintf(dst, size, sock->family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr,
		 (unsigned int)sock->local.port);
}

/* "tcp 127.0.0.1:80 (812/nginx)" */
static void format_listener(char *dst, size_t size, const struct sock *sock)
{
	char end[LISTENERS_LABEL_MAX], program[4 * 64] = "";

	listeners_format_end(end, sizeof(end), sock);
	if (sock->n_owners == 0) {
		snprintf(dst, size, "%s %s", proto_row(sock->proto)->name, end);
		return;
	}
	listeners_format_program(program, sizeof(program), sock->owners[0].program);
	snprintf(dst, size, "%s %s (%" PRIu32 "/%s)", proto_row(sock->proto)->name, end,
		 sock->owners[0].pid, program);
}

bool listeners_may_be_cut(const struct listeners_answer *answer, const struct listener *listener)
{
	const struct listeners_number *somaxconn = &answer->kernel.settings[LISTENERS_SOMAXCONN];

	return (listener->sock.has & SOCK_HAS_BACKLOG) && somaxconn->known &&
	       listener->sock.backlog == somaxconn->value;
}

const struct listener *listeners_at(const struct listeners_answer *answer, uint32_t place)
{
	const struct listeners_sums *sums = &answer->sums;

	for (size_t i = 0; place != LISTENERS_NO_PLACE && i < sums->n_listeners; i++)
		if (sums->listeners[i].place == place)
			return &sums->listeners[i];
	return NULL;
}

/* What the kernel does with the next connection. */
static const char *fate_when_full(const struct listeners_answer *answer, const struct sock *sock)
{
	const struct listeners_number *abort =
		&answer->kernel.settings[LISTENERS_ABORT_ON_OVERFLOW];

	if (sock->proto == PROTO_UNIX)
		return "connect() to it waits, or fails with EAGAIN";
	if (sock->proto == PROTO_TCP && !abort->known)
		return "further connections are dropped or reset";
	if (sock->proto == PROTO_TCP && abort->value)
		return "further connections are reset";
	return "further connections are dropped";
}

static void find_queue(const struct teller *teller, const struct listener *listener)
{
	const struct sock *sock = &listener->sock;
	const char *cut = listeners_may_be_cut(teller->answer, listener)
				  ? "; its backlog is net.core.somaxconn, so it may have been cut"
				  : "";
	char label[LISTENERS_LABEL_MAX + 300];
	uint64_t percent = 0, capacity = 0;

	if (!listener_fill_percent(listener, &percent) || percent < LISTENERS_FILL_WARN)
		return;
	listener_capacity(listener, &capacity);
	format_listener(label, sizeof(label), sock);
	if (percent >= 100)
		tell(teller, "queue_full",
		     "%s: the accept queue is full, %" PRIu32 " of %" PRIu64
		     ": the program does not accept, and %s%s",
		     label, sock->recv_q, capacity, fate_when_full(teller->answer, sock), cut);
	else
		tell(teller, "queue_filling",
		     "%s: the accept queue is %" PRIu64 "%% full, %" PRIu32 " of %" PRIu64
		     ": the program accepts too slowly%s",
		     label, percent, sock->recv_q, capacity, cut);
}

static void find_drops(const struct teller *teller, const struct listener *listener)
{
	char label[LISTENERS_LABEL_MAX + 300];

	if (listener->drops == 0)
		return;
	format_listener(label, sizeof(label), &listener->sock);
	tell(teller, "drops",
	     "%s: %" PRIu32 " dropped since it listens (SYNs sent again count again)", label,
	     listener->drops);
}

static void find_syn_recv(const struct teller *teller, const struct listener *listener)
{
	const struct listeners_sums *sums = &teller->answer->sums;
	const struct listeners_counts *counts = listener_counts(sums, listener);
	const struct listeners_place *place = counts ? &sums->places[listener->place] : NULL;
	char label[LISTENERS_LABEL_MAX + 300];
	uint64_t limit, percent = 0;

	/* While the accept queue is full, the last step of the handshake is put off there. */
	if (listener_fill_percent(listener, &percent) && percent >= 100)
		return;
	if (!counts || counts->syn_recv == 0 || !(listener->sock.has & SOCK_HAS_BACKLOG))
		return;
	limit = (uint64_t)listener->sock.backlog * place->n_listeners;
	if (counts->syn_recv * 100 < limit * LISTENERS_FILL_WARN)
		return;
	format_listener(label, sizeof(label), &listener->sock);
	tell(teller, "syn_queue_filling",
	     "%s: %" PRIu64 " connections in SYN_RECV, of %" PRIu64
	     " that its backlog allows: clients do not answer, as in a SYN flood",
	     label, counts->syn_recv, limit);
}

/* "812/nginx" */
static void format_holder(char *dst, size_t size, const struct close_wait_group *group)
{
	char program[4 * 64];

	if (group->holder != CLOSE_WAIT_OWNED) {
		snprintf(dst, size, "%s",
			 group->holder == CLOSE_WAIT_HIDDEN ? "a program that may not be seen"
							    : "a program that is not in sight");
		return;
	}
	listeners_format_program(program, sizeof(program), group->program);
	snprintf(dst, size, "%" PRIu32 "/%s", group->pid, program);
}

static void find_unaccepted(const struct teller *teller, const struct close_wait_group *group,
			    const char *end)
{
	const bool one = group->sockets == 1;

	tell(teller, "closed_unaccepted",
	     "%s: %" PRIu64 " client%s closed, or %s only stopped sending, before %s accepted", end,
	     group->sockets, one ? " has" : "s have", one ? "has" : "have",
	     one ? "it was" : "they were");
}

static void find_close_wait(const struct teller *teller, const struct close_wait_group *group)
{
	const struct listener *listener = listeners_at(teller->answer, group->server);
	char end[LISTENERS_LABEL_MAX] = "", holder[4 * 64 + 16];
	const char *guess = group->unread == 0 ? "it has read the end of them: a leak"
			    : group->unread == group->sockets
				    ? "it does not read them: it hangs, or has forgotten them"
				    : "a leak, or it hangs";

	if (listener)
		listeners_format_end(end, sizeof(end), &listener->sock);
	if (group->holder == CLOSE_WAIT_UNACCEPTED) {
		if (listener)
			find_unaccepted(teller, group, end);
		return;
	}
	if (group->sockets < LISTENERS_LEAK_WARN)
		return;
	format_holder(holder, sizeof(holder), group);
	tell(teller, "close_wait_leak",
	     "%s: %" PRIu64 " connections%s%s that the peer has closed and the program has not; %s",
	     holder, group->sockets, listener ? " to " : "", end, guess);
}

void listeners_find(const struct listeners_answer *answer, listeners_finding *found, void *arg)
{
	const struct teller teller = { .answer = answer, .found = found, .arg = arg };

	for (size_t i = 0; i < answer->n_shown; i++)
		find_queue(&teller, &answer->sums.listeners[i]);
	for (size_t i = 0; i < answer->n_shown; i++)
		find_syn_recv(&teller, &answer->sums.listeners[i]);
	for (size_t i = 0; i < answer->waits.n; i++)
		find_close_wait(&teller, &answer->waits.groups[i]);
	for (size_t i = 0; i < answer->n_shown; i++)
		find_drops(&teller, &answer->sums.listeners[i]);
}
