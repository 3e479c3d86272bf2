/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of --kill --yes. */
#include "view/kill_answer.h"

#include <sys/socket.h>

#include "base/obuf.h"
#include "model/proto.h"
#include "output/json_doc.h"

struct kill_sums kill_sums_of(const struct sock_id *list, size_t n)
{
	struct kill_sums sums = { .n = { 0 } };

	for (size_t i = 0; i < n; i++)
		sums.n[list[i].outcome < KILL_OUTCOMES ? list[i].outcome : KILL_FAILED]++;
	return sums;
}

static uint64_t failed(const struct kill_sums *sums)
{
	return sums->n[KILL_PENDING] + sums->n[KILL_UNSUPPORTED] + sums->n[KILL_FAILED];
}

static void put_count(struct obuf *out, const char *word, uint64_t n)
{
	obuf_put_str(out, word);
	obuf_put_left(out, n, 0);
}

void kill_put_text(struct obuf *out, const struct kill_sums *sums)
{
	put_count(out, "closed ", sums->n[KILL_CLOSED]);
	put_count(out, ", gone ", sums->n[KILL_GONE]);
	put_count(out, ", refused ", sums->n[KILL_REFUSED]);
	put_count(out, ", failed ", failed(sums));
	obuf_put_char(out, '\n');
	obuf_end_row(out);
}

static void put_sock(struct json_doc *doc, const struct sock_id *id)
{
	static const char *const outcomes[KILL_OUTCOMES] = {
		[KILL_PENDING] = "failed",  [KILL_CLOSED] = "closed",      [KILL_GONE] = "gone",
		[KILL_REFUSED] = "refused", [KILL_UNSUPPORTED] = "failed", [KILL_FAILED] = "failed",
	};

	json_doc_object(doc, NULL);
	json_doc_str(doc, "proto", proto_row((enum sock_proto)id->proto)->name);
	json_doc_str(doc, "family", id->family == AF_INET6 ? "inet6" : "inet");
	json_doc_str(doc, "state", id->proto == PROTO_TCP ? tcp_state_name(id->state) : NULL);
	json_doc_addr(doc, "local_address", id->family, &id->local);
	json_doc_uint(doc, "local_port", id->local.port);
	json_doc_addr(doc, "remote_address", id->family, &id->remote);
	json_doc_uint(doc, "remote_port", id->remote.port);
	json_doc_uint(doc, "cookie", id->cookie);
	json_doc_str(doc, "outcome", outcomes[id->outcome < KILL_OUTCOMES ? id->outcome : 0]);
	json_doc_end(doc);
	/* A document may be larger than what is kept of it. */
	if (doc->out->len >= OBUF_FLUSH_AT)
		obuf_flush(doc->out);
}

void kill_put_json(struct obuf *out, const struct data_run *run, const struct kill_sums *sums,
		   const struct sock_id *list, size_t n)
{
	struct json_doc doc;

	json_doc_begin_view(&doc, out, run, "kill", true);
	json_doc_uint(&doc, "closed", sums->n[KILL_CLOSED]);
	json_doc_uint(&doc, "gone", sums->n[KILL_GONE]);
	json_doc_uint(&doc, "refused", sums->n[KILL_REFUSED]);
	json_doc_uint(&doc, "failed", failed(sums));
	json_doc_array(&doc, "sockets");
	for (size_t i = 0; i < n; i++)
		put_sock(&doc, &list[i]);
	json_doc_end(&doc);
	json_doc_end_view(&doc, run);
}
