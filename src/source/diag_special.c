/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dumps of families beyond Internet and UNIX have in common. */
#include "source/diag_special.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "base/mem.h"
#include "source/diag_facts.h"

bool diag_special_u32(const struct nl_attr *attr, uint32_t *out)
{
	if (attr->len < sizeof(*out))
		return false;
	memcpy(out, attr->data, sizeof(*out));
	return true;
}

void diag_special_identity(struct sock *sock, uint64_t inode, const uint32_t cookie[2])
{
	sock->inode = inode;
	sock->cookie = cookie[0] | (uint64_t)cookie[1] << 32;
	if (sock->inode)
		sock->has |= SOCK_HAS_INODE;
	if (sock->cookie)
		sock->has |= SOCK_HAS_COOKIE;
}

bool diag_special_memory(const struct nl_attr *attr, struct special_row *row)
{
	uint32_t numbers[SK_MEMINFO_WMEM_ALLOC + 1];

	if (attr->len < sizeof(numbers))
		return false;
	memcpy(numbers, attr->data, sizeof(numbers));
	row->sock->has |= SOCK_HAS_QUEUES;
	row->sock->recv_q = numbers[SK_MEMINFO_RMEM_ALLOC];
	row->sock->send_q = numbers[SK_MEMINFO_WMEM_ALLOC];
	row->facts->skmem = (struct blob){ attr->data, (uint32_t)attr->len };
	return true;
}

bool diag_special_uid(const struct nl_attr *attr, struct special_row *row)
{
	if (!diag_special_u32(attr, &row->sock->uid))
		return false;
	row->sock->has |= SOCK_HAS_UID;
	return true;
}

enum nl_verdict diag_special_parse(const struct special_family *family, const void *payload,
				   size_t len, struct special_row *row, bool *attrs_bad)
{
	size_t pos = family->message_size;
	struct nl_attr attr;
	int rc;

	*attrs_bad = false;
	memset(row->sock, 0, sizeof(*row->sock));
	memset(row->special, 0, sizeof(*row->special));
	memset(row->facts, 0, sizeof(*row->facts));
	if (len < pos || family->parse(payload, row) != NL_ROW)
		return NL_DAMAGED;
	row->sock->special = row->special;
	while ((rc = nl_attr_next(payload, len, &pos, &attr)) > 0) {
		if (!family->parse_attr(&attr, row))
			*attrs_bad = true;
	}
	if (rc < 0)
		*attrs_bad = true;
	return NL_ROW;
}

/* A dump on its way. */
struct special_dump {
	const struct special_family *family;
	struct nl_batch batch;
	/* One for each row of the batch. */
	struct sock_special *specials;
	struct sock_facts *facts;
	bool wants_facts;
	struct hash64 told; /* cookies, of a family that doubles */
	unsigned long long n_attrs_bad;
	bool attrs_bad; /* of the row just parsed */
};

static enum nl_verdict special_dump_parse(void *ctx, const void *payload, size_t len,
					  uint64_t *cookie)
{
	struct special_dump *dump = ctx;
	size_t at = dump->batch.n;
	struct special_row row = { &dump->batch.rows[at], &dump->specials[at], &dump->facts[at] };
	enum nl_verdict verdict;

	if (dump->batch.canceled)
		return NL_SKIP;
	verdict = diag_special_parse(dump->family, payload, len, &row, &dump->attrs_bad);
	if (verdict == NL_ROW && dump->wants_facts && row.facts->skmem.len)
		row.sock->facts = row.facts;
	*cookie = verdict == NL_ROW ? row.sock->cookie : 0;
	return verdict;
}

static void special_dump_keep(void *ctx)
{
	struct special_dump *dump = ctx;
	uint64_t cookie = dump->batch.rows[dump->batch.n].cookie;
	bool is_new = true;

	/* Without memory a row is rather there twice than not at all. */
	if (dump->family->doubles && cookie && hash64_add(&dump->told, cookie, &is_new) && !is_new)
		return;
	dump->n_attrs_bad += dump->attrs_bad;
	nl_batch_keep(&dump->batch);
}

static int special_dump_flush(void *ctx)
{
	struct special_dump *dump = ctx;

	return nl_batch_flush(&dump->batch);
}

static int ask_and_dump(struct nl_session *session, const struct sock_query *query,
			struct special_dump *dump)
{
	static const struct nl_dump_ops ops = {
		.parse = special_dump_parse,
		.keep = special_dump_keep,
		.flush = special_dump_flush,
	};
	uint32_t buf[(NLMSG_HDRLEN + SPECIAL_REQUEST_MAX) / sizeof(uint32_t)];
	uint32_t body[SPECIAL_REQUEST_MAX / sizeof(uint32_t)] = { 0 };
	size_t n = dump->family->request(query, body);
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	memcpy(mnl_nlmsg_put_extra_header(request, n), body, n);
	return nl_dump(session, dump->family->name, request, &ops, dump);
}

int diag_special_list(const struct special_family *family, struct nl_session *session,
		      const struct sock_query *query, const struct sock_sink *sink)
{
	struct special_dump dump = {
		.family = family,
		.wants_facts = diag_facts_wanted(query->needs),
	};
	int rc = nl_batch_begin(&dump.batch, sink);

	if (rc < 0)
		return rc;
	dump.specials = malloc(NL_BATCH_ROWS * sizeof(*dump.specials));
	dump.facts = malloc(NL_BATCH_ROWS * sizeof(*dump.facts));
	rc = dump.specials && dump.facts ? ask_and_dump(session, query, &dump) : -ENOMEM;
	if (nl_report_bad_attrs(session, family->name, dump.n_attrs_bad) && rc == 0)
		rc = 1;
	free(dump.specials);
	free(dump.facts);
	hash64_free(&dump.told);
	nl_batch_end(&dump.batch);
	return rc;
}
