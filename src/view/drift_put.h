/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How --diff and --expect write a socket that they keep, as text and as members of JSON. */
#ifndef LSSOCK_VIEW_DRIFT_PUT_H
#define LSSOCK_VIEW_DRIFT_PUT_H

#include <stdbool.h>

#include "view/drift_sums.h"

struct json_doc;
struct obuf;

/* "tcp", "tcp6", "unix" ... */
const char *drift_proto(const struct drift_key *key);

/* "192.0.2.1:22", "[fe80::1%eth0]:22", "0.0.0.0%eth0:68"; of UNIX its name, or "(unnamed)". Text of
 * others is escaped as one word. */
void drift_put_local(struct obuf *out, const struct drift_sums *sums, const struct drift_key *key,
		     bool utf8);
/* The other end in the same form; nothing where there is none. */
bool drift_has_remote(const struct drift_key *key);
void drift_put_remote(struct obuf *out, const struct drift_key *key);

/* The names of the owners with commas between; "(hidden)", "-" where there is none. */
void drift_put_programs(struct obuf *out, const struct drift_sums *sums, uint32_t program,
			bool utf8);
/* One word of others, escaped; never empty. */
void drift_put_word(struct obuf *out, const char *text, bool utf8);

/* The members of the innermost object that say which socket it is: proto ... path_kind, as listings
 * have them, and interface. */
void drift_put_json(struct json_doc *doc, const struct drift_sums *sums,
		    const struct drift_key *key);
/* A member that is an array of names; null: hidden. */
void drift_put_json_programs(struct json_doc *doc, const char *name, const struct drift_sums *sums,
			     uint32_t program);

/* The state as the field has it; NULL: absent. */
const char *drift_state(const struct drift_key *key);

#endif
