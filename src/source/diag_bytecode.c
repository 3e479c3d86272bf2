/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler for inet_diag's filter (kernel: net/ipv4/inet_diag.c, inet_diag_bc_audit() and
 * inet_diag_bc_run()): operations of {code, yes, no}, where yes and no are the bytes to go on by,
 * forward only. Ending exactly behind the last byte accepts, four bytes further rejects. The audit
 * walks along "yes", so that each operation's yes is its own length.
 *
 * Code is written from its end to its front: where both ways of an operation lead is known by then.
 * Positions are therefore distances from the end.
 *
 * Limits: sockets are compared with S_COND and D_COND for one port, since S_EQ and D_EQ are missing
 * before 4.16; a mark needs CAP_NET_ADMIN (EPERM), a device 4.16 and a cgroup 5.9 (EINVAL).
 */
#include "source/diag_bytecode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>

/* Operations that the headers of older kernels lack. */
enum {
	OP_DEV_COND = 9,
	OP_MARK_COND = 10,
	OP_CGROUP_COND = 13,
};

enum { ACCEPT = 0, REJECT = -4, DEPTH_MAX = 1100 };

struct compiler {
	uint8_t *buf;
	int pos; /* bytes written, at the end of buf */
	/* Leaves that the request itself stands for. */
	const struct query_cond *local, *remote;
	int error;
};

/* Puts n bytes in front of what there is. */
static void put_front(struct compiler *compiler, const void *data, size_t n)
{
	if (compiler->error)
		return;
	if (n > (size_t)(DIAG_BYTECODE_MAX - compiler->pos)) {
		compiler->error = -E2BIG;
		return;
	}
	compiler->pos += (int)n;
	if (n)
		memcpy(compiler->buf + DIAG_BYTECODE_MAX - compiler->pos, data, n);
}

/* An operation with its argument, that goes on behind itself or at the position no. */
static void put_op(struct compiler *compiler, unsigned int code, const void *arg, size_t n, int no)
{
	struct inet_diag_bc_op op = {
		.code = (unsigned char)code,
		.yes = (unsigned char)(sizeof(op) + n),
	};

	put_front(compiler, arg, n);
	op.no = (unsigned short)(compiler->pos + (int)sizeof(op) - no);
	put_front(compiler, &op, sizeof(op));
}

/* Makes sure that what is put in front next goes on at the position yes. */
static void put_jump(struct compiler *compiler, int yes)
{
	if (compiler->pos != yes)
		put_op(compiler, INET_DIAG_BC_JMP, NULL, 0, yes);
}

/* struct inet_diag_hostcond and the bytes of the address that it compares. */
struct host_arg {
	uint8_t family, prefix, pad[2];
	int32_t port;
	uint8_t addr[16];
};

static void put_host(struct compiler *compiler, bool remote, const struct host_arg *arg, size_t n,
		     int no)
{
	put_op(compiler, remote ? INET_DIAG_BC_D_COND : INET_DIAG_BC_S_COND, arg,
	       offsetof(struct host_arg, addr) + n, no);
}

static void put_addr(struct compiler *compiler, const struct query_cond *cond, int no)
{
	size_t n = cond->family == AF_INET6 ? 16 : 4;
	struct host_arg arg = { .family = cond->family, .port = -1 };

	arg.prefix = cond->prefix > 8 * n ? (uint8_t)(8 * n) : cond->prefix;
	memcpy(arg.addr, cond->addr.bytes, n);
	put_host(compiler, cond->kind == COND_REMOTE_ADDR, &arg, n, no);
}

static void put_port_limit(struct compiler *compiler, unsigned int code, uint16_t port, int no)
{
	struct inet_diag_bc_op arg = { .no = port };

	put_op(compiler, code, &arg, sizeof(arg), no);
}

static void put_ports(struct compiler *compiler, const struct query_cond *cond, int yes, int no)
{
	bool remote = cond->kind == COND_REMOTE_PORT;

	if (cond->low == cond->high) {
		const struct host_arg arg = { .family = AF_UNSPEC, .port = cond->low };

		put_jump(compiler, yes);
		put_host(compiler, remote, &arg, 0, no);
		return;
	}
	if (cond->low > cond->high) {
		put_jump(compiler, no);
		return;
	}
	put_jump(compiler, yes);
	if (cond->high < UINT16_MAX)
		put_port_limit(compiler, remote ? INET_DIAG_BC_D_LE : INET_DIAG_BC_S_LE, cond->high,
			       no);
	if (cond->low > 0)
		put_port_limit(compiler, remote ? INET_DIAG_BC_D_GE : INET_DIAG_BC_S_GE, cond->low,
			       no);
}

static void put_leaf(struct compiler *compiler, const struct query_cond *cond, int yes, int no)
{
	const struct {
		uint32_t mark, mask;
	} mark = { cond->value, cond->mask };

	if (cond->kind == COND_LOCAL_PORT || cond->kind == COND_REMOTE_PORT) {
		put_ports(compiler, cond, yes, no);
		return;
	}
	put_jump(compiler, yes);
	switch (cond->kind) {
	case COND_LOCAL_ADDR:
	case COND_REMOTE_ADDR:
		put_addr(compiler, cond, no);
		break;
	case COND_DEVICE:
		put_op(compiler, OP_DEV_COND, &cond->ifindex, sizeof(cond->ifindex), no);
		break;
	case COND_MARK:
		put_op(compiler, OP_MARK_COND, &mark, sizeof(mark), no);
		break;
	case COND_CGROUP:
		put_op(compiler, OP_CGROUP_COND, &cond->cgroup_id, sizeof(cond->cgroup_id), no);
		break;
	default:
		compiler->error = -E2BIG;
		break;
	}
}

/* Puts cond in front; it goes on at yes or at no. Bounded by depth. */
static void put_cond(struct compiler *compiler, const struct query_cond *cond, int yes, int no,
		     int depth)
{
	if (depth > DEPTH_MAX)
		compiler->error = -E2BIG;
	if (compiler->error)
		return;
	if (cond == compiler->local || cond == compiler->remote) {
		put_jump(compiler, yes);
		return;
	}
	switch (cond->kind) {
	case COND_AND:
		put_cond(compiler, cond->right, yes, no, depth + 1);
		put_cond(compiler, cond->left, compiler->pos, no, depth + 1);
		break;
	case COND_OR:
		put_cond(compiler, cond->right, yes, no, depth + 1);
		put_cond(compiler, cond->left, yes, compiler->pos, depth + 1);
		break;
	case COND_NOT:
		put_cond(compiler, cond->left, no, yes, depth + 1);
		break;
	default:
		put_leaf(compiler, cond, yes, no);
		break;
	}
}

static bool is_exact(const struct query_cond *cond, enum query_cond_kind kind)
{
	return cond->kind == kind && cond->low == cond->high && cond->low != 0;
}

/* The exact ports among what must all be true. 0 as a port would mean any in a request. */
static void find_exact(struct compiler *compiler, const struct query_cond *cond)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct query_cond *leaf = cond->kind == COND_AND ? cond->left : cond;

		if (!compiler->local && is_exact(leaf, COND_LOCAL_PORT))
			compiler->local = leaf;
		if (!compiler->remote && is_exact(leaf, COND_REMOTE_PORT))
			compiler->remote = leaf;
		if (cond->kind != COND_AND)
			return;
		cond = cond->right;
	}
}

int diag_filter_compile(const struct query_cond *cond, struct diag_filter *out)
{
	struct compiler compiler = { .pos = 0 };

	*out = (struct diag_filter){ .sport = 0 };
	if (!cond)
		return 0;
	find_exact(&compiler, cond);
	out->sport = compiler.local ? compiler.local->low : 0;
	out->dport = compiler.remote ? compiler.remote->low : 0;
	out->buf = compiler.buf = malloc(DIAG_BYTECODE_MAX);
	if (!out->buf)
		return -ENOMEM;
	put_cond(&compiler, cond, ACCEPT, REJECT, 0);
	if (compiler.error)
		return compiler.error;
	out->len = (size_t)compiler.pos;
	out->code = out->buf + DIAG_BYTECODE_MAX - out->len;
	return 0;
}

void diag_filter_free(struct diag_filter *filter)
{
	free(filter->buf);
	*filter = (struct diag_filter){ .sport = 0 };
}
