/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells that netstat's Internet and UNIX tables have in common, and the addresses of the
 * former. */
#ifndef LSSOCK_OUTPUT_CELLS_H
#define LSSOCK_OUTPUT_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/sock.h"
#include "output/netstat_table.h"

struct obuf;

/* Appends blanks up to width columns, where the cell that began at start has used `used` of them.
 */
void cell_pad(struct obuf *out, size_t used, size_t width);

/* Appends text, padded with blanks to width. */
void cell_put(struct obuf *out, const char *text, size_t width);

/*
 * Appends n bytes escaped as one word, cut at max_width columns. more: further ESCAPE_* flags.
 * Returns the columns taken.
 */
size_t cell_put_escaped(struct obuf *out, const struct netstat_table_config *config,
			const void *text, size_t n, unsigned int more, size_t max_width);

/* Appends the address of one end, without port, named or numeric. Returns the columns taken. */
size_t cell_put_addr(struct obuf *out, const struct netstat_table_config *config,
		     const struct sock *sock, const struct endpoint *end);

/* Appends "address:port" of one end, padded to width. */
void cell_put_end(struct obuf *out, const struct netstat_table_config *config,
		  const struct sock *sock, const struct endpoint *end, size_t width);

/* Append the columns of -p and of -Z, each with the blank before it. */
void cell_put_program(struct obuf *out, const struct netstat_table_config *config,
		      const struct sock *sock);
void cell_put_context(struct obuf *out, const struct netstat_table_config *config,
		      const struct sock *sock);

/* Appends the column of -o, with the blank before it. */
void cell_put_timer(struct obuf *out, const struct sock *sock);

#endif
