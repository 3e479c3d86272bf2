/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --explain-filter. */
#include "explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "base/obuf.h"

static void put_states(struct obuf *out, uint32_t states)
{
	bool first = true;

	if ((states & TCP_STATES_ALL) == TCP_STATES_ALL) {
		obuf_put_str(out, "all states");
		return;
	}
	obuf_put_str(out, "states");
	for (unsigned int state = 1; state < 12; state++) {
		if (!(states & 1u << state))
			continue;
		obuf_put_char(out, first ? ' ' : '|');
		obuf_put_str(out, tcp_state_name(state));
		first = false;
	}
	if (first)
		obuf_put_str(out, " none");
}

static void put_ports(struct obuf *out, const char *name, const struct query_cond *cond)
{
	obuf_put_str(out, name);
	obuf_put_str(out, cond->low == cond->high ? " = " : " in ");
	obuf_put_left(out, cond->low, 0);
	if (cond->low != cond->high) {
		obuf_put_str(out, "-");
		obuf_put_left(out, cond->high, 0);
	}
}

static void put_prefix(struct obuf *out, const char *name, const struct query_cond *cond)
{
	char text[ADDR_TEXT_MAX];
	size_t n = cond->family == AF_INET6 ? addr_format_v6(text, cond->addr.bytes)
					    : addr_format_v4(text, cond->addr.bytes);

	obuf_put_str(out, name);
	obuf_put_str(out, " in ");
	obuf_put(out, text, n);
	obuf_put_char(out, '/');
	obuf_put_left(out, cond->prefix, 0);
}

static void put_leaf(struct obuf *out, const struct query_cond *cond)
{
	switch (cond->kind) {
	case COND_LOCAL_PORT:
		put_ports(out, "local_port", cond);
		break;
	case COND_REMOTE_PORT:
		put_ports(out, "remote_port", cond);
		break;
	case COND_LOCAL_ADDR:
		put_prefix(out, "local_address", cond);
		break;
	case COND_REMOTE_ADDR:
		put_prefix(out, "remote_address", cond);
		break;
	case COND_DEVICE:
		obuf_put_str(out, "interface_index = ");
		obuf_put_left(out, cond->ifindex, 0);
		break;
	case COND_MARK:
		obuf_put_str(out, "mark = ");
		obuf_put_left(out, cond->value, 0);
		obuf_put_char(out, '/');
		obuf_put_left(out, cond->mask, 0);
		break;
	case COND_CGROUP:
		obuf_put_str(out, "cgroup_id = ");
		obuf_put_left(out, cond->cgroup_id, 0);
		break;
	default:
		break;
	}
}

/* Brackets tell the structure; depth is bounded like that of the expression, and long ones are cut.
 */
static void put_cond(struct obuf *out, const struct query_cond *cond, unsigned int depth)
{
	enum { DEPTH_SHOWN = 40 };

	if (depth > DEPTH_SHOWN) {
		obuf_put_str(out, "...");
		return;
	}
	switch (cond->kind) {
	case COND_AND:
	case COND_OR:
		obuf_put_str(out, "( ");
		put_cond(out, cond->left, depth + 1);
		obuf_put_str(out, cond->kind == COND_AND ? " and " : " or ");
		put_cond(out, cond->right, depth + 1);
		obuf_put_str(out, " )");
		break;
	case COND_NOT:
		obuf_put_str(out, "not ");
		put_cond(out, cond->left, depth + 1);
		break;
	default:
		put_leaf(out, cond);
		break;
	}
}

static void put_table(struct obuf *out, const struct plan_table *table)
{
	const struct sock_query *query = &table->query;
	const struct proto *proto = proto_row(query->proto);

	obuf_put_str(out, query->family == AF_INET6 ? proto->name6 : proto->name);
	obuf_put_str(out, ": the kernel decides: ");
	put_states(out, query->states);
	if (query->cond) {
		obuf_put_str(out, ", ");
		put_cond(out, query->cond, 0);
	}
	obuf_put_char(out, '\n');
}

/* The text quotes itself, with backslashes, and can be typed as it is; controls are escaped as an
 * expression takes them, too. */
static void put_expression(struct obuf *out, const char *text, size_t n, bool utf8)
{
	size_t run;

	for (; n > 0; text += run, n -= run) {
		if (*text == '\\') {
			run = 1;
			obuf_put_char(out, '\\');
			continue;
		}
		run = memchr(text, '\\', n) ? (size_t)((char *)memchr(text, '\\', n) - text) : n;
		if (obuf_reserve(out, escape_bound(run)) < 0)
			return;
		out->len += escape_text(out->data + out->len, escape_bound(run), text, run,
					utf8 ? ESCAPE_UTF8 : 0, SIZE_MAX, NULL);
	}
}

int explain_put(const struct plan *plan, struct obuf *out, bool utf8)
{
	const struct expr *expr = plan->expr ? plan->expr : plan->view_expr;
	char *text = expr ? expr_print(expr) : NULL;
	size_t n = text ? strlen(text) : 0;

	if (expr && !text)
		return -ENOMEM;
	obuf_put_str(out, "lssock decides: ");
	if (!text) {
		obuf_put_str(out, "(no expression)");
	} else {
		put_expression(out, text, n, utf8);
	}
	obuf_put_char(out, '\n');
	for (size_t i = 0; i < plan->n_tables; i++)
		put_table(out, &plan->tables[i]);
	free(text);
	return 0;
}
