/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields from struct sock_facts: marks, socket options, congestion control and what is layered upon
 * TCP (kernel: include/uapi/linux/{inet_diag,tls,mptcp}.h). */
#include "model/field_get.h"

static bool has_fact(const struct sock *sock, enum facts_has fact)
{
	return sock->facts && (sock->facts->has & fact);
}

static bool get_mark(const struct field *field, const struct sock *sock, uint32_t i,
		     struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_MARK) && value_number(value, sock->facts->mark, true);
}

static bool get_tos(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_TOS) && value_number(value, sock->facts->tos, true);
}

static bool get_tclass(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_TCLASS) &&
	       value_number(value, sock->facts->tclass, true);
}

static bool get_class_id(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_CLASS_ID) &&
	       value_number(value, sock->facts->class_id, true);
}

/* Bit number field->offset of the two bytes. */
static bool get_sockopt(const struct field *field, const struct sock *sock, uint32_t i,
			struct value *value)
{
	if (i != 0 || !has_fact(sock, FACT_SOCKOPT))
		return false;
	value->flag = sock->facts->sockopt[field->offset / 8] >> (field->offset % 8) & 1;
	return true;
}

static bool value_blob(struct value *value, const struct blob *blob)
{
	return value_text(value, blob->data, blob->len, UNIX_UNNAMED);
}

static bool get_ulp(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	(void)field;
	return i == 0 && sock->facts && value_blob(value, &sock->facts->ulp);
}

static bool get_tls_version(const struct field *field, const struct sock *sock, uint32_t i,
			    struct value *value)
{
	(void)field;
	if (i != 0 || !has_fact(sock, FACT_TLS_VERSION))
		return false;
	switch (sock->facts->tls_version) {
	case 0x0303:
		return value_word(value, "1.2");
	case 0x0304:
		return value_word(value, "1.3");
	default:
		return false;
	}
}

static bool get_tls_cipher(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	enum { FIRST = 51 };
	static const char *const words[] = {
		"aes-gcm-128", "aes-gcm-256", "aes-ccm-128",  "chacha20-poly1305",
		"sm4-gcm",     "sm4-ccm",     "aria-gcm-128", "aria-gcm-256",
	};

	(void)field;
	return i == 0 && has_fact(sock, FACT_TLS_CIPHER) && sock->facts->tls_cipher >= FIRST &&
	       sock->facts->tls_cipher - FIRST < (int)COUNT_OF(words) &&
	       value_word(value, words[sock->facts->tls_cipher - FIRST]);
}

static bool value_tls_where(struct value *value, uint8_t where)
{
	static const char *const words[] = { NULL, "none", "software", "hardware",
					     "hardware_record" };

	return where < COUNT_OF(words) && value_word(value, words[where]);
}

static bool get_tls_tx(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_TLS_TX) && value_tls_where(value, sock->facts->tls_tx);
}

static bool get_tls_rx(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_TLS_RX) && value_tls_where(value, sock->facts->tls_rx);
}

/* The kernel says 0 where it does not know the other end's. */
static bool get_mptcp_token_local(const struct field *field, const struct sock *sock, uint32_t i,
				  struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_MPTCP_TOKENS) &&
	       value_number(value, sock->facts->mptcp_token_local,
			    sock->facts->mptcp_token_local != 0);
}

static bool get_mptcp_token_remote(const struct field *field, const struct sock *sock, uint32_t i,
				   struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_MPTCP_TOKENS) &&
	       value_number(value, sock->facts->mptcp_token_remote,
			    sock->facts->mptcp_token_remote != 0);
}

static bool get_tls_zero_copy(const struct field *field, const struct sock *sock, uint32_t i,
			      struct value *value)
{
	(void)field;
	if (i != 0 || !has_fact(sock, FACT_TLS))
		return false;
	value->flag = sock->facts->tls_zero_copy;
	return true;
}

static bool get_tls_no_pad(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	(void)field;
	if (i != 0 || !has_fact(sock, FACT_TLS))
		return false;
	value->flag = sock->facts->tls_no_pad;
	return true;
}

static bool get_mptcp_id_local(const struct field *field, const struct sock *sock, uint32_t i,
			       struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_MPTCP_IDS) &&
	       value_number(value, sock->facts->mptcp_id_local, true);
}

static bool get_mptcp_id_remote(const struct field *field, const struct sock *sock, uint32_t i,
				struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_MPTCP_IDS) &&
	       value_number(value, sock->facts->mptcp_id_remote, true);
}

/* The kernel says nothing of sockets without keys, and nothing at all to those who may not know. */
static bool get_md5(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	(void)field;
	value->flag = true;
	return i == 0 && has_fact(sock, FACT_MD5);
}

static bool get_md5_keys(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	(void)field;
	return i == 0 && has_fact(sock, FACT_MD5) && value_number(value, sock->facts->n_md5, true);
}

#define NUMBER(field_needs, getter) \
	.type = FIELD_UINT, .right = true, .needs = NEED_FACTS | (field_needs), .get = (getter)

/* What the kernel adds to tcp_info only: MD5 keys and the layered protocol (since 4.14 and 5.4,
 * inet_sk_diag_fill() in net/ipv4/inet_diag.c). */
#define NEED_AUX (NEED_FACTS | NEED_TCP_INFO)

#define WORD(getter) .type = FIELD_WORD, .needs = NEED_AUX, .root = true, .get = (getter)

#define SOCKOPT(bit) .type = FIELD_BOOL, .needs = NEED_FACTS, .offset = (bit), .get = get_sockopt

static const struct field rows[] = {
	{ .name = "mark",
	  .title = "Mark",
	  NUMBER(0, get_mark),
	  .root = true,
	  .help = "firewall mark of what the socket sends" },
	{ .name = "tos",
	  .title = "TOS",
	  NUMBER(NEED_TOS, get_tos),
	  .help = "IPv4 type of service of what the socket sends" },
	{ .name = "tclass",
	  .title = "Tclass",
	  NUMBER(NEED_TCLASS, get_tclass),
	  .help = "IPv6 traffic class of what the socket sends" },
	{ .name = "class_id",
	  .title = "Class-ID",
	  NUMBER(NEED_TCLASS, get_class_id),
	  .help = "class of the net_cls control group, or else the socket's priority" },
	{ .name = "sockopt_recverr",
	  .title = "Recverr",
	  SOCKOPT(0),
	  .help = "errors are queued for the program (IP_RECVERR)" },
	{ .name = "sockopt_is_icsk",
	  .title = "Is-ICSK",
	  SOCKOPT(1),
	  .help = "the kernel keeps a connection for the socket" },
	{ .name = "sockopt_freebind",
	  .title = "Freebind",
	  SOCKOPT(2),
	  .help = "may be bound to addresses that are not here (IP_FREEBIND)" },
	{ .name = "sockopt_hdrincl",
	  .title = "Hdrincl",
	  SOCKOPT(3),
	  .help = "the program writes IP headers itself (IP_HDRINCL)" },
	{ .name = "sockopt_mc_loop",
	  .title = "MC-Loop",
	  SOCKOPT(4),
	  .help = "multicast it sends comes back to this host (IP_MULTICAST_LOOP)" },
	{ .name = "sockopt_transparent",
	  .title = "Transparent",
	  SOCKOPT(5),
	  .help = "works as a transparent proxy (IP_TRANSPARENT)" },
	{ .name = "sockopt_mc_all",
	  .title = "MC-All",
	  SOCKOPT(6),
	  .help = "takes multicast of groups that others have joined (IP_MULTICAST_ALL)" },
	{ .name = "sockopt_nodefrag",
	  .title = "Nodefrag",
	  SOCKOPT(7),
	  .help = "fragments are not put together (IP_NODEFRAG)" },
	{ .name = "sockopt_bind_address_no_port",
	  .title = "Bind-Address-No-Port",
	  SOCKOPT(8),
	  .help = "a port is chosen at connect, not at bind (IP_BIND_ADDRESS_NO_PORT)" },
	{ .name = "sockopt_recverr_rfc4884",
	  .title = "Recverr-RFC4884",
	  SOCKOPT(9),
	  .help = "queued errors carry what RFC 4884 adds (IP_RECVERR_RFC4884)" },
	{ .name = "sockopt_defer_connect",
	  .title = "Defer-Connect",
	  SOCKOPT(10),
	  .help = "connects when the first data is written (TCP_FASTOPEN_CONNECT)" },
	{ .name = "ulp",
	  .title = "ULP",
	  .type = FIELD_TEXT,
	  .needs = NEED_AUX,
	  .root = true,
	  .get = get_ulp,
	  .help = "protocol layered upon TCP: tls, mptcp and others" },
	{ .name = "tls_version",
	  .words = "1.2 1.3",
	  .title = "TLS-Version",
	  WORD(get_tls_version),
	  .help = "kernel TLS: version, 1.2 or 1.3" },
	{ .name = "tls_cipher",
	  .words =
		  "aes-gcm-128 aes-gcm-256 aes-ccm-128 chacha20-poly1305 sm4-gcm sm4-ccm aria-gcm-128 aria-gcm-256",
	  .title = "TLS-Cipher",
	  WORD(get_tls_cipher),
	  .help = "kernel TLS: cipher, such as aes-gcm-128" },
	{ .name = "tls_tx",
	  .words = "none software hardware hardware_record",
	  .title = "TLS-Tx",
	  WORD(get_tls_tx),
	  .help = "kernel TLS: who encrypts: none, software, hardware or hardware_record" },
	{ .name = "tls_rx",
	  .words = "none software hardware hardware_record",
	  .title = "TLS-Rx",
	  WORD(get_tls_rx),
	  .help = "kernel TLS: who decrypts: none, software, hardware or hardware_record" },
	{ .name = "tls_zero_copy",
	  .title = "TLS-Zero-Copy",
	  .type = FIELD_BOOL,
	  .root = true,
	  .needs = NEED_AUX,
	  .get = get_tls_zero_copy,
	  .help = "kernel TLS: sendfile() hands files to the device without a copy" },
	{ .name = "tls_no_pad",
	  .title = "TLS-No-Pad",
	  .type = FIELD_BOOL,
	  .root = true,
	  .needs = NEED_AUX,
	  .get = get_tls_no_pad,
	  .help = "kernel TLS: records are expected to come without padding" },
	{ .name = "mptcp_token_local",
	  .title = "MPTCP-Token-Local",
	  NUMBER(NEED_TCP_INFO, get_mptcp_token_local),
	  .root = true,
	  .help = "MPTCP subflow: this end's token of the connection" },
	{ .name = "mptcp_token_remote",
	  .title = "MPTCP-Token-Remote",
	  NUMBER(NEED_TCP_INFO, get_mptcp_token_remote),
	  .root = true,
	  .help = "MPTCP subflow: the other end's token of the connection" },
	{ .name = "mptcp_id_local",
	  .title = "MPTCP-ID-Local",
	  NUMBER(NEED_TCP_INFO, get_mptcp_id_local),
	  .root = true,
	  .help = "MPTCP subflow: number of this end's address" },
	{ .name = "mptcp_id_remote",
	  .title = "MPTCP-ID-Remote",
	  NUMBER(NEED_TCP_INFO, get_mptcp_id_remote),
	  .root = true,
	  .help = "MPTCP subflow: number of the other end's address" },
	{ .name = "md5",
	  .title = "MD5",
	  .type = FIELD_BOOL,
	  .needs = NEED_AUX,
	  .root = true,
	  .get = get_md5,
	  .help = "segments are signed with MD5 keys (the keys are never shown)" },
	{ .name = "md5_keys",
	  .title = "MD5-Keys",
	  NUMBER(NEED_TCP_INFO, get_md5_keys),
	  .unit = UNIT_COUNT_OF,
	  .root = true,
	  .help = "how many MD5 keys the socket has" },
};

const struct field *field_facts_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
