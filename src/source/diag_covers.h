/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the answer to one request of sock_diag serves another one, too. */
#ifndef LSSOCK_SOURCE_DIAG_COVERS_H
#define LSSOCK_SOURCE_DIAG_COVERS_H

#include <stddef.h>

enum diag_covers {
	DIAG_COVERS_NOT,  /* it is of another table, or of one socket */
	DIAG_COVERS_PART, /* of the same table, but of fewer states or with fewer facts */
	DIAG_COVERS_ALL,
};

/*
 * Both are whole netlink messages of nlmsg_len bytes, which is at most len; their sequence numbers
 * and ports do not count. Of tables that are neither inet_diag's nor unix_diag's only the same
 * request is served wholly. Pure.
 */
enum diag_covers diag_covers(const void *recorded, size_t recorded_len, const void *asked,
			     size_t asked_len);

#endif
