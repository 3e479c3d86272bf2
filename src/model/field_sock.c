/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of what struct sock itself holds. */
#include <sys/socket.h>

#include "model/field_get.h"
#include "model/special.h"

static bool value_addr(struct value *value, const struct sock *sock, const struct endpoint *end)
{
	value->addr.family = sock->family;
	value->addr.end = end;
	return sock->family == AF_INET || sock->family == AF_INET6;
}

static bool get_proto(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	(void)field;
	return i == 0 && sock->proto < PROTO_COUNT &&
	       value_word(value, proto_word((enum sock_proto)sock->proto));
}

static bool get_family(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && value_word(value, family_word(sock->family));
}

static bool get_type(const struct field *field, const struct sock *sock, uint32_t i,
		     struct value *value)
{
	(void)field;
	return i == 0 && value_word(value, unix_type_name(sock->type));
}

static const char *unix_state_word(const struct sock *sock)
{
	static const char *const words[] = {
		[UNIX_STATE_FREE] = "FREE",
		[UNIX_STATE_UNCONNECTED] = "UNCONNECTED",
		[UNIX_STATE_CONNECTING] = "CONNECTING",
		[UNIX_STATE_CONNECTED] = "CONNECTED",
		[UNIX_STATE_DISCONNECTING] = "DISCONNECTING",
	};

	if (sock->listening)
		return "LISTEN";
	return sock->state < COUNT_OF(words) ? words[sock->state] : NULL;
}

static bool get_state(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	const char *word;

	(void)field;
	if (sock->proto == PROTO_UNIX)
		word = unix_state_word(sock);
	else if (sock->proto == PROTO_SCTP && sock->sctp_assoc)
		word = sctp_state_name(sock->state);
	else if (sock->proto == PROTO_DCCP)
		word = dccp_state_name(sock->state);
	else if (sock->proto != PROTO_TCP && sock->proto != PROTO_MPTCP &&
		 sock->state == TCP_STATE_CLOSE)
		word = "UNCONNECTED"; /* what the kernel calls CLOSE where nothing can be closed */
	else
		word = tcp_state_name(sock->state);
	return i == 0 && value_word(value, word);
}

static bool get_local_address(const struct field *field, const struct sock *sock, uint32_t i,
			      struct value *value)
{
	(void)field;
	return i == 0 && value_addr(value, sock, &sock->local);
}

/* The kernel keeps a raw socket's IP protocol where others have their port. */
static bool has_ports(const struct sock *sock)
{
	return proto_has_addresses(sock->proto) && sock->proto != PROTO_RAW;
}

/* VSOCK and TIPC have ports of 32 bits; the largest number stands for none. */
static bool value_long_port(struct value *value, const struct sock *sock, bool remote)
{
	const struct sock_special *special = sock->special;
	uint32_t port;

	if ((sock->proto != PROTO_VSOCK && sock->proto != PROTO_TIPC) || !special ||
	    !(special->has & (remote ? SPECIAL_REMOTE : SPECIAL_LOCAL)))
		return false;
	port = remote ? special->remote.port : special->local.port;
	return value_number(value, port, port != UINT32_MAX);
}

static bool get_local_port(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	(void)field;
	if (!proto_has_addresses(sock->proto))
		return i == 0 && value_long_port(value, sock, false);
	return i == 0 && has_ports(sock) &&
	       value_number(value, sock->local.port, sock->local.port != 0);
}

/* A wildcard on the far side says that there is none. */
static bool get_remote_address(const struct field *field, const struct sock *sock, uint32_t i,
			       struct value *value)
{
	(void)field;
	if (addr_is_any(&sock->remote.addr) && sock->remote.port == 0)
		return false;
	return i == 0 && value_addr(value, sock, &sock->remote);
}

static bool get_remote_port(const struct field *field, const struct sock *sock, uint32_t i,
			    struct value *value)
{
	(void)field;
	if (!proto_has_addresses(sock->proto))
		return i == 0 && value_long_port(value, sock, true);
	return i == 0 && has_ports(sock) &&
	       value_number(value, sock->remote.port, sock->remote.port != 0);
}

static bool get_local_addresses(const struct field *field, const struct sock *sock, uint32_t i,
				struct value *value)
{
	(void)field;
	return i < sock->n_local_addrs && value_addr(value, sock, &sock->local_addrs[i]);
}

static bool get_remote_addresses(const struct field *field, const struct sock *sock, uint32_t i,
				 struct value *value)
{
	(void)field;
	return i < sock->n_remote_addrs && value_addr(value, sock, &sock->remote_addrs[i]);
}

static bool get_interface(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	const char *name = sock->interface;

	(void)field;
	/* Of some families the kernel tells the name, and not the number. */
	if (!name && sock->special && *sock->special->device)
		name = sock->special->device;
	return i == 0 && name && value_text(value, name, strlen(name), UNIX_UNNAMED);
}

static bool get_interface_index(const struct field *field, const struct sock *sock, uint32_t i,
				struct value *value)
{
	(void)field;
	return i == 0 && (sock->has & SOCK_HAS_IFINDEX) &&
	       value_number(value, sock->local.ifindex, sock->local.ifindex != 0);
}

static bool get_recv_q(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 &&
	       value_number(value, sock->recv_q, sock->has & (SOCK_HAS_QUEUES | SOCK_HAS_RECV_Q));
}

/* A listener sends nothing. */
static bool get_send_q(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && !sock->listening &&
	       value_number(value, sock->send_q, sock->has & SOCK_HAS_QUEUES);
}

static bool get_backlog_used(const struct field *field, const struct sock *sock, uint32_t i,
			     struct value *value)
{
	(void)field;
	return i == 0 && sock->listening &&
	       value_number(value, sock->recv_q, sock->has & SOCK_HAS_QUEUES);
}

static bool get_backlog(const struct field *field, const struct sock *sock, uint32_t i,
			struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->backlog, sock->has & SOCK_HAS_BACKLOG);
}

static bool get_uid(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->uid, sock->has & SOCK_HAS_UID);
}

static bool get_user(const struct field *field, const struct sock *sock, uint32_t i,
		     struct value *value)
{
	(void)field;
	return i == 0 && sock->user &&
	       value_text(value, sock->user, strlen(sock->user), UNIX_UNNAMED);
}

static bool get_inode(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->inode, sock->has & SOCK_HAS_INODE);
}

static bool get_cookie(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->cookie, sock->has & SOCK_HAS_COOKIE);
}

static bool get_timer(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	static const char *const words[] = {
		[TIMER_OFF] = "off",
		[TIMER_ON] = "on",
		[TIMER_KEEPALIVE] = "keepalive",
		[TIMER_TIMEWAIT] = "timewait",
		[TIMER_PROBE] = "probe",
		[TIMER_DELACK] = "delack",
	};

	(void)field;
	return i == 0 && (sock->has & SOCK_HAS_TIMER) && sock->timer < COUNT_OF(words) &&
	       value_word(value, words[sock->timer]);
}

static bool get_timer_ms(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	(void)field;
	return i == 0 && sock->timer != TIMER_OFF &&
	       value_number(value, sock->timer_ms, sock->has & SOCK_HAS_TIMER);
}

static bool get_retransmits(const struct field *field, const struct sock *sock, uint32_t i,
			    struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->retransmits, sock->has & SOCK_HAS_RETRANSMITS);
}

static bool get_probes(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->probes, sock->has & SOCK_HAS_PROBES);
}

static bool get_v6only(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	value->flag = sock->v6only;
	return i == 0 && (sock->has & SOCK_HAS_V6ONLY);
}

static bool get_shutdown(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	static const char *const words[] = { "none", "receive", "send", "both" };

	(void)field;
	return i == 0 && (sock->has & SOCK_HAS_SHUTDOWN) &&
	       value_word(value, words[sock->shutdown & 3]);
}

static bool get_raw_protocol(const struct field *field, const struct sock *sock, uint32_t i,
			     struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->local.port, sock->proto == PROTO_RAW);
}

static bool get_cgroup(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && sock->cgroup &&
	       value_text(value, sock->cgroup, strlen(sock->cgroup), UNIX_UNNAMED);
}

static bool get_cgroup_id(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->cgroup_id, sock->has & SOCK_HAS_CGROUP);
}

/* Numbers stand at the right. */
#define NUMBER(field_unit) .type = FIELD_UINT, .unit = (field_unit), .right = true

static const struct field rows[] = {
	{ .name = "proto",
	  .title = "Proto",
	  .get = get_proto,
	  .type = FIELD_WORD,
	  .help = "protocol: tcp, sctp, udp, udplite, raw, unix, mptcp, dccp, ping, smc, packet, netlink, vsock, tipc, xdp, bluetooth, kcm, key, phonet, pppoe, can or l2tp" },
	{ .name = "family",
	  .title = "Family",
	  .get = get_family,
	  .type = FIELD_WORD,
	  .help = "address family: inet, inet6, unix, packet, netlink and so on, as proto has them" },
	{ .name = "type",
	  .words = "STREAM DGRAM RAW RDM SEQPACKET DCCP PACKET",
	  .title = "Type",
	  .get = get_type,
	  .type = FIELD_WORD,
	  .help = "type of the socket: STREAM, DGRAM, RAW, RDM, SEQPACKET, DCCP or PACKET" },
	{ .name = "state",
	  .title = "State",
	  .get = get_state,
	  .type = FIELD_WORD,
	  .help = "state of the connection; LISTEN for every kind of listener, UNCONNECTED for what has no other end" },
	{ .name = "local_address",
	  .title = "Local-Address",
	  .get = get_local_address,
	  .type = FIELD_ADDR,
	  .help = "address of this end; 0.0.0.0 or :: stands for all of them" },
	{ .name = "local_port",
	  .title = "Local-Port",
	  .get = get_local_port,
	  NUMBER(UNIT_NONE),
	  .help = "port of this end" },
	{ .name = "remote_address",
	  .title = "Remote-Address",
	  .get = get_remote_address,
	  .type = FIELD_ADDR,
	  .help = "address of the other end" },
	{ .name = "remote_port",
	  .title = "Remote-Port",
	  .get = get_remote_port,
	  NUMBER(UNIT_NONE),
	  .help = "port of the other end" },
	{ .name = "local_addresses",
	  .title = "Local-Addresses",
	  .get = get_local_addresses,
	  .type = FIELD_ADDR,
	  .many = true,
	  .help = "SCTP: all addresses of this end" },
	{ .name = "remote_addresses",
	  .title = "Remote-Addresses",
	  .get = get_remote_addresses,
	  .type = FIELD_ADDR,
	  .many = true,
	  .help = "SCTP: all addresses of the other end" },
	{ .name = "interface",
	  .diag = true,
	  .title = "Interface",
	  .get = get_interface,
	  .type = FIELD_TEXT,
	  .needs = NEED_INTERFACE,
	  .help = "interface the socket is bound to" },
	{ .name = "interface_index",
	  .diag = true,
	  .title = "Interface-Index",
	  .get = get_interface_index,
	  NUMBER(UNIT_NONE),
	  .help = "number of the interface the socket is bound to" },
	{ .name = "recv_q",
	  .title = "Recv-Q",
	  .get = get_recv_q,
	  NUMBER(UNIT_BYTES),
	  .help = "bytes not yet read by the program; of a listener: connections not yet accepted" },
	{ .name = "send_q",
	  .title = "Send-Q",
	  .get = get_send_q,
	  NUMBER(UNIT_BYTES),
	  .help = "bytes not yet acknowledged by the other end, or not yet sent" },
	{ .name = "backlog_used",
	  .title = "Backlog-Used",
	  .get = get_backlog_used,
	  NUMBER(UNIT_COUNT_OF),
	  .help = "connections waiting to be accepted from a listener" },
	{ .name = "backlog",
	  .diag = true,
	  .title = "Backlog",
	  .get = get_backlog,
	  NUMBER(UNIT_COUNT_OF),
	  .help = "limit of connections waiting to be accepted, which the kernel lets be passed by one" },
	{ .name = "uid",
	  .title = "UID",
	  .get = get_uid,
	  NUMBER(UNIT_NONE),
	  .needs = NEED_LISTENER_UID | NEED_HOLDER,
	  .help = "number of the user that made the socket" },
	{ .name = "user",
	  .title = "User",
	  .get = get_user,
	  .type = FIELD_TEXT,
	  .needs = NEED_USER | NEED_LISTENER_UID | NEED_HOLDER,
	  .help = "name of the user that made the socket" },
	{ .name = "inode",
	  .title = "Inode",
	  .get = get_inode,
	  NUMBER(UNIT_NONE),
	  .needs = NEED_HOLDER,
	  .help = "number by which processes hold the socket" },
	{ .name = "cookie",
	  .diag = true,
	  .title = "Cookie",
	  .get = get_cookie,
	  NUMBER(UNIT_NONE),
	  .help = "number of the socket that no other one has until the next boot" },
	{ .name = "timer",
	  .words = "off on keepalive timewait probe delack",
	  .title = "Timer",
	  .get = get_timer,
	  .type = FIELD_WORD,
	  .help = "which timer runs: off, on (retransmission), keepalive, timewait, probe or delack" },
	{ .name = "timer_ms",
	  .title = "Timer-ms",
	  .clock = true,
	  .get = get_timer_ms,
	  NUMBER(UNIT_MS),
	  .help = "time until the timer fires" },
	{ .name = "retransmits",
	  .title = "Retransmits",
	  .get = get_retransmits,
	  NUMBER(UNIT_COUNT_OF),
	  .needs = NEED_TCP_INFO,
	  .help = "times the oldest data on its way has been sent again without an answer" },
	{ .name = "probes",
	  .title = "Probes",
	  .get = get_probes,
	  NUMBER(UNIT_COUNT_OF),
	  .needs = NEED_TCP_INFO,
	  .help = "keepalive or zero window probes without an answer" },
	{ .name = "v6only",
	  .diag = true,
	  .title = "V6only",
	  .get = get_v6only,
	  .type = FIELD_BOOL,
	  .help = "an IPv6 socket that takes no IPv4 (told of listeners and sockets without a connection)" },
	{ .name = "shutdown",
	  .diag = true,
	  .words = "none receive send both",
	  .title = "Shutdown",
	  .get = get_shutdown,
	  .type = FIELD_WORD,
	  .help = "which directions have been shut down: none, receive, send or both" },
	{ .name = "raw_protocol",
	  .title = "Raw-Protocol",
	  .get = get_raw_protocol,
	  NUMBER(UNIT_NONE),
	  .help = "number of the IP protocol that a raw socket receives" },
	{ .name = "cgroup",
	  .diag = true,
	  .title = "Cgroup",
	  .get = get_cgroup,
	  .type = FIELD_TEXT,
	  .needs = NEED_CGROUP,
	  .help = "path of the control group (version 2) in which the socket was made" },
	{ .name = "cgroup_id",
	  .diag = true,
	  .title = "Cgroup-ID",
	  .get = get_cgroup_id,
	  NUMBER(UNIT_NONE),
	  .needs = NEED_HOLDER,
	  .help = "number of the control group in which the socket was made" },
};

const struct field *field_sock_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
