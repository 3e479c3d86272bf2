/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of --help and --version. */
#ifndef LSSOCK_CLI_USAGE_H
#define LSSOCK_CLI_USAGE_H

struct obuf;

/* Appends --help, made from the option rows. */
void usage_help(struct obuf *out);
/* Appends the name and version. */
void usage_version(struct obuf *out);

#endif
