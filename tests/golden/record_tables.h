/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sock_diag is asked for when a machine is recorded. */
#ifndef LSSOCK_TESTS_RECORD_TABLES_H
#define LSSOCK_TESTS_RECORD_TABLES_H

#include <stddef.h>
#include <stdint.h>

struct record_table {
	const char *name; /* of the file below diag/ */
	uint8_t family;
	uint16_t protocol;
	size_t body;     /* bytes of a message before its attributes */
	size_t inode_at; /* where in the body the inode stands (32 bits), 0: nowhere */
};

extern const struct record_table record_tables[];
extern const size_t record_tables_n;

enum { RECORD_REQUEST_MAX = 128 };

/*
 * Writes the dump request with every state and every extension to buf, which holds
 * RECORD_REQUEST_MAX bytes and is aligned as a struct nlmsghdr. Returns its length.
 */
size_t record_request(const struct record_table *table, void *buf);

#endif
