/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes into struct sock_facts. Structs of the kernel stay where they are, as bytes: the field
 * table reads them by offset.
 *
 * Limit: INET_DIAG_MEMINFO, the four numbers that came before SKMEMINFO (kernels before 3.6), is
 * neither asked for nor understood.
 */
#include "source/diag_facts.h"

#include <string.h>

#include <linux/inet_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>

#include "source/diag_newer.h"
#include "source/nl_dump.h"

/* struct tcp_diag_md5sig: family, prefix, length of the key, address, and the key. */
enum { MD5SIG_SIZE = 100 };

/* A number of the attribute's kind. False when it is too short. */
static bool take_u8(const struct nl_attr *attr, struct sock_facts *out, uint32_t fact, uint8_t *to)
{
	if (attr->len < sizeof(*to))
		return false;
	out->has |= fact;
	*to = attr->data[0];
	return true;
}

static bool take_u16(const struct nl_attr *attr, struct sock_facts *out, uint32_t fact,
		     uint16_t *to)
{
	if (attr->len < sizeof(*to))
		return false;
	out->has |= fact;
	memcpy(to, attr->data, sizeof(*to));
	return true;
}

static bool take_u32(const struct nl_attr *attr, struct sock_facts *out, uint32_t fact,
		     uint32_t *to)
{
	if (attr->len < sizeof(*to))
		return false;
	out->has |= fact;
	memcpy(to, attr->data, sizeof(*to));
	return true;
}

static bool take_blob(const struct nl_attr *attr, struct blob *to)
{
	*to = (struct blob){ attr->data, (uint32_t)attr->len };
	return true;
}

static bool take_name(const struct nl_attr *attr, struct blob *to)
{
	size_t len = 0;

	while (len < attr->len && attr->data[len] != '\0')
		len++;
	if (len > 0)
		*to = (struct blob){ attr->data, (uint32_t)len };
	return true;
}

static bool parse_tls_attr(const struct nl_attr *attr, struct sock_facts *out)
{
	uint16_t where = 0;
	bool good;

	switch (attr->type) {
	case TLS_VERSION:
		return take_u16(attr, out, FACT_TLS_VERSION, &out->tls_version);
	case TLS_CIPHER:
		return take_u16(attr, out, FACT_TLS_CIPHER, &out->tls_cipher);
	case TLS_TXCONF:
		good = take_u16(attr, out, FACT_TLS_TX, &where);
		out->tls_tx = where <= UINT8_MAX ? (uint8_t)where : 0;
		return good;
	case TLS_RXCONF:
		good = take_u16(attr, out, FACT_TLS_RX, &where);
		out->tls_rx = where <= UINT8_MAX ? (uint8_t)where : 0;
		return good;
	case TLS_ZC_RO_TX:
		out->tls_zero_copy = true;
		return true;
	case TLS_RX_NO_PAD:
		out->tls_no_pad = true;
		return true;
	default:
		return true;
	}
}

static bool parse_tls(const struct nl_attr *tls, struct sock_facts *out)
{
	struct nl_attr attr;
	bool good = true;
	size_t pos = 0;
	int rc;

	out->has |= FACT_TLS;
	while ((rc = nl_attr_next(tls->data, tls->len, &pos, &attr)) > 0)
		good &= parse_tls_attr(&attr, out);
	return good && rc == 0;
}

static bool parse_subflow_attr(const struct nl_attr *attr, struct sock_facts *out)
{
	switch (attr->type) {
	case SUBFLOW_TOKEN_REM:
		return take_u32(attr, out, FACT_MPTCP_TOKENS, &out->mptcp_token_remote);
	case SUBFLOW_TOKEN_LOC:
		return take_u32(attr, out, FACT_MPTCP_TOKENS, &out->mptcp_token_local);
	case SUBFLOW_ID_REM:
		return take_u8(attr, out, FACT_MPTCP_IDS, &out->mptcp_id_remote);
	case SUBFLOW_ID_LOC:
		return take_u8(attr, out, FACT_MPTCP_IDS, &out->mptcp_id_local);
	default:
		return true;
	}
}

static bool parse_subflow(const struct nl_attr *subflow, struct sock_facts *out)
{
	struct nl_attr attr;
	bool good = true;
	size_t pos = 0;
	int rc;

	while ((rc = nl_attr_next(subflow->data, subflow->len, &pos, &attr)) > 0)
		good &= parse_subflow_attr(&attr, out);
	return good && rc == 0;
}

static bool parse_ulp(const struct nl_attr *ulp, struct sock_facts *out)
{
	struct nl_attr attr;
	bool good = true;
	size_t pos = 0;
	int rc;

	while ((rc = nl_attr_next(ulp->data, ulp->len, &pos, &attr)) > 0) {
		if (attr.type == ULP_NAME)
			good &= take_name(&attr, &out->ulp);
		else if (attr.type == ULP_TLS)
			good &= parse_tls(&attr, out);
		else if (attr.type == ULP_MPTCP)
			good &= parse_subflow(&attr, out);
	}
	return good && rc == 0;
}

static uint8_t reverse_bits(uint8_t byte)
{
	uint8_t out = 0;

	for (int bit = 0; bit < 8; bit++)
		out |= (uint8_t)((byte >> bit & 1) << (7 - bit));
	return out;
}

/* Bit-fields begin at the low bit on little-endian machines and at the high bit on the others. */
static bool parse_sockopt(const struct nl_attr *attr, struct sock_facts *out)
{
	if (attr->len < sizeof(out->sockopt))
		return false;
	out->has |= FACT_SOCKOPT;
	for (size_t i = 0; i < sizeof(out->sockopt); i++)
		out->sockopt[i] = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
					  ? reverse_bits(attr->data[i])
					  : attr->data[i];
	return true;
}

static bool parse_md5(const struct nl_attr *attr, struct sock_facts *out)
{
	out->n_md5 = (uint16_t)(attr->len / MD5SIG_SIZE);
	if (out->n_md5 > 0)
		out->has |= FACT_MD5;
	return attr->len % MD5SIG_SIZE == 0;
}

/* One attribute. False when it is too short for what it is. */
static bool parse_inet_attr(enum sock_proto proto, const struct nl_attr *attr,
			    struct sock_facts *out)
{
	switch (attr->type) {
	case INET_DIAG_INFO: /* SCTP has a struct of its own there */
		if (proto == PROTO_MPTCP)
			return take_blob(attr, &out->mptcp_info);
		return proto != PROTO_TCP || take_blob(attr, &out->tcp_info);
	case INET_DIAG_SKMEMINFO:
		return take_blob(attr, &out->skmem);
	case INET_DIAG_CONG:
		return take_name(attr, &out->congestion);
	case INET_DIAG_VEGASINFO:
		return take_blob(attr, &out->vegas);
	case INET_DIAG_DCTCPINFO:
		return take_blob(attr, &out->dctcp);
	case ATTR_BBRINFO:
		return take_blob(attr, &out->bbr);
	case INET_DIAG_TOS:
		return take_u8(attr, out, FACT_TOS, &out->tos);
	case INET_DIAG_TCLASS:
		return take_u8(attr, out, FACT_TCLASS, &out->tclass);
	case ATTR_CLASS_ID:
		return take_u32(attr, out, FACT_CLASS_ID, &out->class_id);
	case ATTR_MARK:
		return take_u32(attr, out, FACT_MARK, &out->mark);
	case ATTR_SOCKOPT:
		return parse_sockopt(attr, out);
	case ATTR_MD5SIG:
		return parse_md5(attr, out);
	case ATTR_ULP_INFO:
		return parse_ulp(attr, out);
	default:
		return true;
	}
}

bool diag_facts_parse_inet(enum sock_proto proto, const void *payload, size_t len,
			   struct sock_facts *out)
{
	size_t pos = sizeof(struct inet_diag_msg);
	struct nl_attr attr;
	bool good = true;
	int rc;

	memset(out, 0, sizeof(*out));
	if (len < pos)
		return false;
	while ((rc = nl_attr_next(payload, len, &pos, &attr)) > 0)
		good &= parse_inet_attr(proto, &attr, out);
	return good && rc == 0;
}

static bool parse_unix_attr(const struct nl_attr *attr, struct sock_facts *out)
{
	struct unix_diag_vfs vfs;

	if (attr->type == UNIX_DIAG_MEMINFO)
		return take_blob(attr, &out->skmem);
	if (attr->type != UNIX_DIAG_VFS)
		return true;
	if (attr->len < sizeof(vfs))
		return false;
	memcpy(&vfs, attr->data, sizeof(vfs));
	out->has |= FACT_VFS;
	out->vfs_inode = vfs.udiag_vfs_ino;
	out->vfs_device = vfs.udiag_vfs_dev;
	return true;
}

bool diag_facts_parse_unix(const void *payload, size_t len, struct sock_facts *out)
{
	size_t pos = sizeof(struct unix_diag_msg);
	struct nl_attr attr;
	bool good = true;
	int rc;

	memset(out, 0, sizeof(*out));
	if (len < pos)
		return false;
	while ((rc = nl_attr_next(payload, len, &pos, &attr)) > 0)
		good &= parse_unix_attr(&attr, out);
	return good && rc == 0;
}

uint8_t diag_facts_inet_ext(uint32_t needs)
{
	static const struct {
		uint32_t need;
		uint8_t attr;
	} rows[] = {
		{ NEED_SKMEM, INET_DIAG_SKMEMINFO },   { NEED_CONGESTION, INET_DIAG_CONG },
		{ NEED_CC_INFO, INET_DIAG_VEGASINFO }, { NEED_TOS, INET_DIAG_TOS },
		{ NEED_TCLASS, INET_DIAG_TCLASS },
	};
	unsigned int ext = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (needs & rows[i].need)
			ext |= 1u << (rows[i].attr - 1);
	return (uint8_t)ext;
}

uint32_t diag_facts_unix_show(uint32_t needs)
{
	uint32_t show = 0;

	if (needs & NEED_SKMEM)
		show |= UDIAG_SHOW_MEMINFO;
	if (needs & NEED_VFS)
		show |= UDIAG_SHOW_VFS;
	return show;
}
