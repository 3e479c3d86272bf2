/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closing sockets of others (kernel 4.5 with CONFIG_INET_DIAG_DESTROY: SOCK_DESTROY,
 * net/core/sock_diag.c). */
#ifndef LSSOCK_SOURCE_DIAG_DESTROY_H
#define LSSOCK_SOURCE_DIAG_DESTROY_H

#include "model/sock_id.h"

struct env;
struct report;
struct diag_destroyer;

/* A link of its own, opened at first use. NULL without memory. */
struct diag_destroyer *diag_destroyer_new(const struct env *env, struct report *report);
void diag_destroyer_free(struct diag_destroyer *destroyer);

/*
 * Closes that very socket, of TCP or UDP: the cookie is always sent, so that another socket with
 * the same addresses and ports is never hit. Returns what the kernel answered: 0; -ENOENT when no
 * socket is found in that place, or another one, which need not mean that ours is gone (those that
 * share a port hide one another); -EPERM; -EOPNOTSUPP where this kernel cannot do it; or -errno of
 * the link. -EINVAL: id has no cookie, and nothing was asked.
 */
int diag_destroy(struct diag_destroyer *destroyer, const struct sock_id *id);

#endif
