/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random expressions with their meaning, and random sockets. The meaning is worked out here, from
 * the recipe an expression was made by, slowly and without anything of src/filter.
 */
#ifndef LSSOCK_TESTS_EXPR_GEN_H
#define LSSOCK_TESTS_EXPR_GEN_H

#include <stdarg.h>

#include "fake_world.h"
#include "model/facts.h"

static uint64_t gen_state = 88172645463325252ull;

static inline unsigned int gen_below(unsigned int n)
{
	gen_state ^= gen_state << 13;
	gen_state ^= gen_state >> 7;
	gen_state ^= gen_state << 17;
	return (unsigned int)(gen_state >> 33) % n;
}

#define GEN_PICK(list) ((list)[gen_below(sizeof(list) / sizeof((list)[0]))])

/* --- sockets ------------------------------------------------------------------------------------
 */

struct gen_sock {
	struct sock sock;
	struct sock_facts facts;
	struct owner owners[2];
	struct endpoint more[2];
	/* What the kernel compares conditions with, also where it does not tell it. */
	uint16_t kernel_dport;
	uint32_t kernel_mark;
	uint64_t kernel_cgroup;
};

static const uint16_t gen_ports[] = { 0, 1, 22, 80, 443, 514, 1514, 32768, 40000, 60999, 65535 };
static const char *const gen_v4[] = { "0.0.0.0", "10.0.0.1", "10.9.9.9", "192.0.2.7", "127.0.0.1" };
static const char *const gen_v6[] = { "::",  "2001:db8::1",    "::ffff:10.0.0.1", "fe80::5",
				      "::1", "::ffff:0.0.0.0", "::10.0.0.1",      "a00:1::1" };
static const char *const gen_names[] = { "/run/a.sock", "/run/B.sock", "0a1f3", "x y" };
static const char *const gen_programs[] = { "nginx", "sshd", "a b" };

static inline void gen_end(struct endpoint *end, uint8_t family)
{
	end->addr = address_of(family == AF_INET6 ? GEN_PICK(gen_v6) : GEN_PICK(gen_v4));
	end->port = GEN_PICK(gen_ports);
}

static inline void gen_inet_facts(struct gen_sock *gen)
{
	struct sock *sock = &gen->sock;
	/* TIME_WAIT (also as FIN_WAIT2) and SYN_RECV may be no more than stubs. */
	bool stub = sock->proto == PROTO_TCP &&
		    (sock->state == TCP_STATE_TIME_WAIT || sock->state == TCP_STATE_SYN_RECV ||
		     (sock->state == TCP_STATE_FIN_WAIT2 && gen_below(2)));

	gen->kernel_dport = sock->remote.port;
	if (sock->proto == PROTO_RAW) {
		gen->kernel_dport = GEN_PICK(gen_ports);
		sock->remote.port = 0;
	}
	if (sock->family == AF_INET6 && addr_needs_scope(&sock->remote.addr))
		sock->remote.ifindex = sock->local.ifindex;
	gen->kernel_mark = stub ? gen_below(2) * 0x11 : gen_below(4) * 0x11;
	if (!stub || gen_below(2)) {
		sock->facts = &gen->facts;
		gen->facts.has = FACT_MARK;
		gen->facts.mark = gen->kernel_mark;
	}
	gen->kernel_cgroup = stub ? 0 : 6 + gen_below(3);
	if (!stub) {
		sock->has |= SOCK_HAS_CGROUP;
		sock->cgroup_id = gen->kernel_cgroup;
	}
}

static inline void gen_inet_sock(struct gen_sock *gen)
{
	static const uint8_t protos[] = { PROTO_TCP, PROTO_TCP,     PROTO_TCP, PROTO_UDP,
					  PROTO_RAW, PROTO_UDPLITE, PROTO_SCTP };
	struct sock *sock = &gen->sock;

	sock->proto = GEN_PICK(protos);
	sock->family = gen_below(2) ? AF_INET : AF_INET6;
	sock->state = (uint8_t)(sock->proto == PROTO_TCP ? 1 + gen_below(11)
				: gen_below(2)           ? TCP_STATE_ESTABLISHED
							 : TCP_STATE_CLOSE);
	/* Nobody lists TCP sockets that are bound and inactive, unless they are named. */
	if (sock->proto == PROTO_TCP && sock->state == TCP_STATE_CLOSE)
		sock->state = TCP_STATE_CLOSE_WAIT;
	sock->listening = sock->proto == PROTO_TCP && sock->state == TCP_STATE_LISTEN;
	gen_end(&sock->local, sock->family);
	gen_end(&sock->remote, sock->family);
	sock->has |= SOCK_HAS_IFINDEX;
	sock->local.ifindex = gen_below(4);
	gen_inet_facts(gen);
	if (sock->proto != PROTO_SCTP)
		return;
	sock->sctp_assoc = gen_below(2);
	sock->state =
		sock->sctp_assoc ? (uint8_t)gen_below(8) : GEN_PICK(((const uint8_t[]){ 10, 7 }));
	sock->listening = !sock->sctp_assoc && sock->state == TCP_STATE_LISTEN;
	if (!sock->sctp_assoc)
		return;
	gen->more[0] = sock->local;
	gen_end(&gen->more[1], sock->family);
	sock->local_addrs = gen->more;
	sock->n_local_addrs = 2;
}

static inline void gen_unix_name(const char *name, uint8_t *kind, uint16_t *len,
				 const uint8_t **bytes)
{
	*kind = (uint8_t)(name[0] == '/' ? UNIX_PATHNAME : UNIX_ABSTRACT);
	if (gen_below(3) == 0)
		*kind = UNIX_UNNAMED;
	*len = *kind == UNIX_UNNAMED ? 0 : (uint16_t)strlen(name);
	*bytes = *kind == UNIX_UNNAMED ? NULL : (const uint8_t *)name;
}

static inline void gen_unix_sock(struct sock *sock)
{
	sock->proto = PROTO_UNIX;
	sock->family = AF_UNIX;
	sock->state = (uint8_t)gen_below(5);
	sock->listening = sock->state == UNIX_STATE_UNCONNECTED && gen_below(2);
	gen_unix_name(GEN_PICK(gen_names), &sock->name_kind, &sock->name_len, &sock->name);
	gen_unix_name(GEN_PICK(gen_names), &sock->peer_name_kind, &sock->peer_name_len,
		      &sock->peer_name);
	sock->inode = GEN_PICK(gen_ports);
	sock->has |= sock->inode ? SOCK_HAS_INODE : 0;
	sock->peer_inode = GEN_PICK(gen_ports);
	sock->has |= SOCK_HAS_PEER;
}

static inline void gen_make_sock(struct gen_sock *gen)
{
	struct sock *sock = &gen->sock;

	memset(gen, 0, sizeof(*gen));
	if (gen_below(5) == 0)
		gen_unix_sock(sock);
	else
		gen_inet_sock(gen);
	if (gen_below(2)) {
		sock->has |= SOCK_HAS_QUEUES | SOCK_HAS_UID;
		sock->recv_q = gen_below(3) * 1024;
		sock->uid = gen_below(2) * 33;
	}
	sock->n_owners = gen_below(3);
	sock->owners = sock->n_owners ? gen->owners : NULL;
	for (uint32_t i = 0; i < sock->n_owners; i++)
		gen->owners[i] = (struct owner){ .pid = 810 + gen_below(4),
						 .program = GEN_PICK(gen_programs) };
}

/* --- expressions --------------------------------------------------------------------------------
 */

enum gen_kind {
	GEN_AND,
	GEN_OR,
	GEN_NOT,
	GEN_PORT,
	GEN_ADDR,
	GEN_ADDR_PORT,
	GEN_STATE,
	GEN_DEV,
	GEN_MARK,
	GEN_CGROUP,
	GEN_AUTOBOUND,
	GEN_NAME,
	GEN_PID,
	GEN_PROGRAM,
	GEN_RECV_Q,
	GEN_UID,
	GEN_PROTO,
	GEN_FIELD_PORT,
	GEN_FIELD_ADDR,
	GEN_KIND_COUNT,
};

/* 0 = 1 != 2 < 3 <= 4 > 5 >= */
struct gen_term {
	enum gen_kind kind;
	struct gen_term *left, *right; /* AND, OR, NOT */
	unsigned int op;
	bool remote, known; /* known: a field alone */
	uint64_t number, mask;
	uint8_t family, only; /* only: inet: or inet6: */
	unsigned int prefix, ifindex;
	union inet_addr addr;
	const char *word;
};

static const char *const gen_ops[][3] = {
	{ "=", "==", "eq" },   { "!=", "ne", "neq" }, { "<", "lt", "<" },
	{ "<=", "le", "leq" }, { ">", "gt", ">" },    { ">=", "ge", "geq" },
};

static inline bool gen_compare(unsigned int op, uint64_t a, uint64_t b)
{
	switch (op) {
	case 0:
		return a == b;
	case 1:
		return a != b;
	case 2:
		return a < b;
	case 3:
		return a <= b;
	case 4:
		return a > b;
	default:
		return a >= b;
	}
}

/* Bit by bit. */
static inline bool gen_same_bits(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	for (unsigned int i = 0; i < bits; i++)
		if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static inline bool gen_addr_is(const struct gen_term *term, uint8_t family,
			       const struct endpoint *end)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (term->ifindex && end->ifindex != term->ifindex)
		return false;
	if (family == term->family)
		return gen_same_bits(end->addr.bytes, term->addr.bytes, term->prefix);
	return term->family == AF_INET && memcmp(end->addr.bytes, mapped, 12) == 0 &&
	       gen_same_bits(end->addr.bytes + 12, term->addr.bytes, term->prefix);
}

static inline bool gen_any_addr_is(const struct gen_term *term, const struct sock *sock)
{
	bool found = gen_addr_is(term, sock->family, term->remote ? &sock->remote : &sock->local);

	for (size_t i = 0; !term->remote && i < sock->n_local_addrs; i++)
		found |= gen_addr_is(term, sock->family, &sock->local_addrs[i]);
	return found;
}

static inline bool gen_name_is(const struct gen_term *term, const struct sock *sock)
{
	uint8_t kind = term->remote ? sock->peer_name_kind : sock->name_kind;
	const uint8_t *name = term->remote ? sock->peer_name : sock->name;
	char text[64] = "";

	if (kind != UNIX_UNNAMED)
		snprintf(text, sizeof(text), "%s%s", kind == UNIX_ABSTRACT ? "@" : "",
			 (const char *)name);
	/* The words are whole names, or "*", or "/run*". */
	if (strcmp(term->word, "*") == 0)
		return true;
	if (strcmp(term->word, "/run*") == 0)
		return strncmp(text, "/run", 4) == 0;
	return strcasecmp(text, term->word) == 0;
}

static const char *const gen_tcp_states[] = {
	"",          "established", "syn-sent",   "SYN_RECV", "fin-wait-1", "FIN_WAIT2",
	"TIME-WAIT", "closed",      "close_wait", "last-ack", "listening",  "closing",
};

static inline const char *gen_state_of(const struct sock *sock)
{
	static const char *const unix_states[] = { "closed", "closed", "syn-sent", "established",
						   "closing" };
	static const char *const sctp_states[] = {
		"closed", "", "", "established", "", "", "", ""
	};

	if (sock->family == AF_UNIX)
		return sock->listening ? "listening" : unix_states[sock->state];
	return sock->sctp_assoc ? sctp_states[sock->state] : gen_tcp_states[sock->state];
}

static inline bool gen_state_is(const char *word, const struct sock *sock)
{
	const char *state = gen_state_of(sock);
	bool small = strcmp(state, "SYN_RECV") == 0 || strcmp(state, "TIME-WAIT") == 0;

	if (strcmp(word, "bucket") == 0)
		return small;
	if (strcmp(word, "big") == 0)
		return !small;
	if (strcmp(word, "connected") == 0)
		return strcmp(state, "listening") != 0 && strcmp(state, "closed") != 0;
	return strcmp(word, state) == 0;
}

static inline bool gen_autobound(const struct sock *sock)
{
	uint16_t port = sock->local.port;

	if (sock->family == AF_UNIX)
		return sock->name_kind == UNIX_UNNAMED ||
		       (sock->name_kind == UNIX_ABSTRACT &&
			strcmp((const char *)sock->name, "0a1f3") == 0);
	return sock->proto != PROTO_RAW && port >= 32768 && port <= 60999 &&
	       (port != 40000 || sock->listening || sock->proto != PROTO_TCP);
}

static inline bool gen_owner_is(const struct gen_term *term, const struct sock *sock)
{
	bool found = false;

	for (uint32_t i = 0; i < sock->n_owners; i++) {
		const struct owner *owner = &sock->owners[i];

		if (term->kind == GEN_PROGRAM)
			found |= strcmp(owner->program, term->word) == 0;
		else
			found |=
				gen_compare(term->op == 1 ? 0 : term->op, owner->pid, term->number);
	}
	if (term->known)
		return sock->n_owners > 0;
	return sock->n_owners > 0 && (term->op == 1 ? !found : found);
}

static inline bool gen_field_is(const struct gen_term *term, const struct sock *sock)
{
	const struct endpoint *end = term->remote ? &sock->remote : &sock->local;

	if (sock->family == AF_UNIX)
		return false;
	if (term->kind == GEN_FIELD_PORT)
		return end->port && sock->proto != PROTO_RAW &&
		       (term->known || gen_compare(term->op, end->port, term->number));
	if (term->remote && end->port == 0 && addr_is_any(&end->addr))
		return false;
	return term->known || gen_addr_is(term, sock->family, end) == (term->op == 0);
}

static inline bool gen_term_is(const struct gen_term *term, const struct gen_sock *gen)
{
	const struct sock *sock = &gen->sock;
	const struct endpoint *end = term->remote ? &sock->remote : &sock->local;
	bool inet = sock->family != AF_UNIX, addr;

	if (term->only && sock->family != term->only)
		return false;
	switch (term->kind) {
	case GEN_AND:
		return gen_term_is(term->left, gen) && gen_term_is(term->right, gen);
	case GEN_OR:
		return gen_term_is(term->left, gen) || gen_term_is(term->right, gen);
	case GEN_NOT:
		return !gen_term_is(term->left, gen);
	case GEN_PORT:
		return inet && gen_compare(term->op, end->port, term->number);
	case GEN_ADDR:
		return inet && gen_any_addr_is(term, sock) == (term->op == 0);
	case GEN_ADDR_PORT:
		addr = inet && gen_any_addr_is(term, sock) && end->port == term->number;
		return inet && addr == (term->op == 0);
	case GEN_STATE:
		return gen_state_is(term->word, sock) == (term->op == 0);
	case GEN_DEV:
		return inet && gen_compare(term->op, sock->local.ifindex, term->number);
	case GEN_MARK:
		return sock->facts &&
		       gen_compare(term->op, sock->facts->mark & term->mask, term->number);
	case GEN_CGROUP:
		return (sock->has & SOCK_HAS_CGROUP) &&
		       gen_compare(term->op, sock->cgroup_id, term->number);
	case GEN_AUTOBOUND:
		return gen_autobound(sock);
	case GEN_NAME:
		return !inet && gen_name_is(term, sock) == (term->op == 0);
	case GEN_PID:
	case GEN_PROGRAM:
		return gen_owner_is(term, sock);
	case GEN_RECV_Q:
		return (sock->has & SOCK_HAS_QUEUES) &&
		       (term->known || gen_compare(term->op, sock->recv_q, term->number));
	case GEN_UID:
		return (sock->has & SOCK_HAS_UID) && gen_compare(term->op, sock->uid, term->number);
	case GEN_PROTO:
		return (sock->proto == term->number) == (term->op == 0);
	default:
		return gen_field_is(term, sock);
	}
}

/* --- conditions ---------------------------------------------------------------------------------
 */

/* Whether a condition is true of a socket as the kernel knows it. */
static inline bool gen_cond_is(const struct query_cond *cond, const struct gen_sock *gen)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool remote = cond->kind == COND_REMOTE_PORT || cond->kind == COND_REMOTE_ADDR;
	const struct sock *sock = &gen->sock;
	const uint8_t *addr = remote ? sock->remote.addr.bytes : sock->local.addr.bytes;
	uint16_t port = remote ? gen->kernel_dport : sock->local.port;

	switch (cond->kind) {
	case COND_AND:
		return gen_cond_is(cond->left, gen) && gen_cond_is(cond->right, gen);
	case COND_OR:
		return gen_cond_is(cond->left, gen) || gen_cond_is(cond->right, gen);
	case COND_NOT:
		return !gen_cond_is(cond->left, gen);
	case COND_LOCAL_PORT:
	case COND_REMOTE_PORT:
		return port >= cond->low && port <= cond->high;
	case COND_LOCAL_ADDR:
	case COND_REMOTE_ADDR:
		if (cond->family != sock->family) {
			if (cond->family != AF_INET || memcmp(addr, mapped, 12) != 0)
				return false;
			addr += 12;
		}
		return gen_same_bits(addr, cond->addr.bytes, cond->prefix);
	case COND_DEVICE:
		return sock->local.ifindex == cond->ifindex;
	case COND_MARK:
		return (gen->kernel_mark & cond->mask) == cond->value;
	case COND_CGROUP:
		return gen->kernel_cgroup == cond->cgroup_id;
	}
	return false;
}

/* --- how an expression is written ----------------------------------------------------------------
 */

struct gen_text {
	char text[8192];
	size_t len;
	struct gen_term terms[128];
	size_t n_terms;
};

static inline void gen_put(struct gen_text *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline void gen_put(struct gen_text *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	out->len +=
		(size_t)vsnprintf(out->text + out->len, sizeof(out->text) - out->len, format, args);
	va_end(args);
	if (out->len >= sizeof(out->text))
		abort();
}

/* An operator in one of its spellings; "=" may be left out where that is allowed. */
static inline void gen_put_op(struct gen_text *out, struct gen_term *term, unsigned int n_ops,
			      bool may_omit)
{
	term->op = gen_below(n_ops);
	if (term->op == 0 && may_omit && gen_below(2))
		gen_put(out, " ");
	else
		gen_put(out, " %s ", gen_ops[term->op][gen_below(3)]);
}

static inline void gen_put_addr(struct gen_text *out, struct gen_term *term)
{
	const char *text;
	unsigned int most;

	term->family = gen_below(2) ? AF_INET : AF_INET6;
	text = term->family == AF_INET6 ? GEN_PICK(gen_v6) : GEN_PICK(gen_v4);
	most = term->family == AF_INET6 ? 128 : 32;
	term->addr = address_of(text);
	term->prefix = gen_below(2) ? most : gen_below(most + 1);
	gen_put(out, term->family == AF_INET6 ? "[%s" : "%s", text);
	if (term->family == AF_INET6 && gen_below(4) == 0) {
		term->ifindex = 1 + gen_below(3);
		gen_put(out, "%%%u", term->ifindex);
	}
	if (term->prefix != most)
		gen_put(out, "/%u", term->prefix);
	if (term->family == AF_INET6)
		gen_put(out, "]");
}

static inline void gen_put_host(struct gen_text *out, struct gen_term *term)
{
	gen_put(out, term->remote ? "dst" : "src");
	gen_put_op(out, term, 2, true);
	if (gen_below(4) == 0)
		gen_put(out, "%s", "");
	gen_put_addr(out, term);
	if (term->kind == GEN_ADDR_PORT) {
		term->number = GEN_PICK(gen_ports);
		gen_put(out, ":%u", (unsigned int)term->number);
	}
}

static inline void gen_put_ports(struct gen_text *out, struct gen_term *term)
{
	const char *only = "";

	gen_put(out, term->remote ? "dport" : "sport");
	gen_put_op(out, term, 6, true);
	term->number = GEN_PICK(gen_ports);
	if (gen_below(4) == 0) {
		term->only = gen_below(2) ? AF_INET : AF_INET6;
		only = term->only == AF_INET ? "inet:" : "inet6:";
	}
	gen_put(out, "%s%s%u", only, gen_below(2) ? ":" : "", (unsigned int)term->number);
}

static inline void gen_put_more(struct gen_text *out, struct gen_term *term)
{
	static const char *const words[] = { "*", "/run*", "/run/a.sock", "/RUN/b.sock", "@0a1f3" };
	static const char *const protos[] = { "tcp", "sctp", "udp", "udplite", "raw", "unix" };

	switch (term->kind) {
	case GEN_NAME:
		gen_put(out, term->remote ? "dst" : "src");
		gen_put_op(out, term, 2, true);
		term->word = GEN_PICK(words);
		gen_put(out, "unix:'%s'", term->word);
		break;
	case GEN_PROTO:
		gen_put(out, "proto");
		gen_put_op(out, term, 2, false);
		term->number = gen_below(PROTO_UNIX + 1);
		gen_put(out, "%s", protos[term->number]);
		break;
	case GEN_FIELD_PORT:
		gen_put(out, term->remote ? "remote-port" : "local_port");
		term->known = gen_below(5) == 0;
		if (term->known)
			break;
		gen_put_op(out, term, 6, false);
		term->number = GEN_PICK(gen_ports);
		gen_put(out, "%u", (unsigned int)term->number);
		break;
	default:
		gen_put(out, term->remote ? "remote_address" : "local_address");
		term->known = gen_below(5) == 0;
		if (term->known)
			break;
		gen_put_op(out, term, 2, false);
		gen_put_addr(out, term);
		break;
	}
}

static inline void gen_put_fact(struct gen_text *out, struct gen_term *term)
{
	switch (term->kind) {
	case GEN_PID:
	case GEN_RECV_Q:
		gen_put(out, term->kind == GEN_PID ? "pid" : "recv-q");
		term->known = gen_below(5) == 0;
		if (term->known)
			break;
		gen_put_op(out, term, 6, false);
		term->number = term->kind == GEN_PID ? 810 + gen_below(4) : gen_below(3) * 1024;
		gen_put(out, term->kind == GEN_PID ? "%u" : "%uK",
			(unsigned int)(term->kind == GEN_PID ? term->number : term->number / 1024));
		break;
	case GEN_PROGRAM:
		gen_put(out, "program");
		gen_put_op(out, term, 2, false);
		term->word = GEN_PICK(gen_programs);
		gen_put(out, gen_below(2) ? "'%s'" : "\"%s\"", term->word);
		break;
	case GEN_UID:
		gen_put(out, "uid");
		gen_put_op(out, term, 6, false);
		term->number = gen_below(2) * 33;
		gen_put(out, "%s", term->number ? "www-data" : "root");
		break;
	default:
		gen_put_more(out, term);
		break;
	}
}

static inline void gen_put_leaf(struct gen_text *out, struct gen_term *term)
{
	static const char *const groups[] = { "bucket", "big", "connected" };

	term->kind = GEN_PORT + gen_below(GEN_KIND_COUNT - GEN_PORT);
	term->remote = gen_below(2);
	switch (term->kind) {
	case GEN_PORT:
		gen_put_ports(out, term);
		break;
	case GEN_ADDR:
	case GEN_ADDR_PORT:
		gen_put_host(out, term);
		break;
	case GEN_STATE:
		gen_put(out, "state");
		gen_put_op(out, term, 2, true);
		term->word = gen_below(4) ? gen_tcp_states[1 + gen_below(11)] : GEN_PICK(groups);
		gen_put(out, "%s", term->word);
		break;
	case GEN_DEV:
		gen_put(out, "dev");
		gen_put_op(out, term, 2, true);
		term->number = 1 + gen_below(3);
		gen_put(out, "%u", (unsigned int)term->number);
		break;
	case GEN_MARK:
		gen_put(out, "fwmark");
		gen_put_op(out, term, 2, true);
		term->mask = gen_below(2) ? 0xffffffff : 0x11;
		term->number = gen_below(4) * 0x11 & term->mask;
		gen_put(out, "0x%x/0x%x", (unsigned int)term->number, (unsigned int)term->mask);
		break;
	case GEN_CGROUP:
		gen_put(out, "cgroup");
		gen_put_op(out, term, 2, true);
		term->number = gen_below(2) ? 7 : 1;
		gen_put(out, "%s", term->number == 7 ? "/system.slice" : "/");
		break;
	case GEN_AUTOBOUND:
		gen_put(out, "autobound");
		break;
	default:
		gen_put_fact(out, term);
		break;
	}
}

/* level: 0 inside "or", 1 inside "and", 2 behind "not": what needs no brackets there may go
 * without. */
static inline struct gen_term *gen_put_term(struct gen_text *out, unsigned int depth, int level)
{
	static const char *const ands[] = { " and ", " && ", "&", " " }, *const ors[] = { " or ",
											  "||",
											  " | " };
	struct gen_term *term = &out->terms[out->n_terms++];
	unsigned int kind = depth ? gen_below(4) : 3;
	bool brackets;

	memset(term, 0, sizeof(*term));
	if (kind == 3 || out->n_terms > 60) {
		gen_put_leaf(out, term);
		return term;
	}
	term->kind = (enum gen_kind)kind;
	brackets = kind == GEN_OR ? level > 0 : kind == GEN_AND && level > 1;
	brackets |= gen_below(4) == 0;
	if (brackets)
		gen_put(out, gen_below(2) ? "(" : "( ");
	if (kind == GEN_NOT) {
		gen_put(out, gen_below(2) ? "! " : "not ");
		term->left = gen_put_term(out, depth - 1, 2);
	} else {
		term->left = gen_put_term(out, depth - 1, kind == GEN_AND);
		gen_put(out, "%s", kind == GEN_AND ? GEN_PICK(ands) : GEN_PICK(ors));
		term->right = gen_put_term(out, depth - 1, kind == GEN_AND);
	}
	if (brackets)
		gen_put(out, gen_below(2) ? ")" : " )");
	return term;
}

/* A new expression in out; returns its meaning, for gen_term_is(). */
static inline const struct gen_term *gen_make_expr(struct gen_text *out, unsigned int depth)
{
	out->len = out->n_terms = 0;
	/* An operator with no effect, so that what leads is a term and no prefix. */
	gen_put(out, "(");
	const struct gen_term *term = gen_put_term(out, depth, 0);
	gen_put(out, ")");
	return term;
}

#endif
