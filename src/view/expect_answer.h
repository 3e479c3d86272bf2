/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a baseline holds and what does not, and how it is written. For expect*.c. */
#ifndef LSSOCK_VIEW_EXPECT_ANSWER_H
#define LSSOCK_VIEW_EXPECT_ANSWER_H

#include "model/exposure.h"
#include "view/drift_sums.h"
#include "view/view.h"

struct baseline_line;

/* A listener that should be there. Names are words of the sums; DRIFT_NONE: any will do. */
struct expect_entry {
	uint8_t proto, family, name_kind;
	bool optional, any_addr;
	bool found, maybe; /* it is there; something is that may be it */
	uint16_t low, high;
	union inet_addr addr;
	uint32_t interface, name;
	uint32_t program; /* any of these names; each has a NUL behind it */
	uint32_t unit, user;
	uint64_t line; /* of the file; 0: of a record */
};

enum expect_verdict {
	EXPECT_AS_IT_SHOULD,
	EXPECT_CLIENT,  /* UDP on a port that the kernel gives to clients: not judged */
	EXPECT_UNSURE,  /* who holds it is hidden */
	EXPECT_CHANGED, /* someone else holds it */
	EXPECT_WIDER,   /* on an address that more can reach than the one it should be on */
	EXPECT_MOVED,   /* on another address */
	EXPECT_NEW,
	EXPECT_GONE,
};

/* A difference: a listener, an entry, or both. */
struct expect_finding {
	enum expect_verdict verdict;
	const struct drift_row *row;      /* NULL: gone */
	const struct expect_entry *entry; /* NULL: new */
	bool certain; /* false: what could not be seen may be the reason for it */
};

struct expect_answer {
	const struct view_config *config;
	const struct drift_sums *sums;
	struct expect_entry *entries;
	size_t n_entries, cap_entries;
	uint64_t n_passed_over; /* entries of protocols and families that were not asked for */
	uint16_t client_low, client_high;
	bool file_complete, now_complete;

	struct expect_finding *findings; /* by protocol and port; what is gone comes last */
	size_t n_findings, cap_findings;
	uint64_t n_good, n_clients, n_absent; /* sockets; absent: optional entries */
};

/* Matches the listeners of now against the entries. 0 or -ENOMEM. The caller frees entries and
 * findings. */
int expect_match(struct expect_answer *answer);

/* How far something can be true of what is not all known. */
enum expect_truth { TRUTH_NO, TRUTH_HIDDEN, TRUTH_YES };

/* Whether the holder of a listener is the one that the entry names, in one of its points. */
enum expect_truth expect_is_program(const struct expect_answer *answer,
				    const struct expect_entry *entry, const struct drift_key *key);
enum expect_truth expect_is_unit(const struct expect_entry *entry, const struct drift_key *key);
enum expect_truth expect_is_user(const struct expect_answer *answer,
				 const struct expect_entry *entry, const struct drift_key *key);

/* The unit, where it is a service: others, as scopes, may have another name after every start.
 * DRIFT_NONE: it is none or hidden. */
uint32_t expect_lasting_unit(const struct drift_sums *sums, uint32_t unit);

/* From where a listener, or what an entry says, can be reached. False: of UNIX. */
bool expect_exposure(const struct expect_answer *answer, const struct drift_key *key,
		     enum exposure *exposure);
bool expect_entry_exposure(const struct expect_answer *answer, const struct expect_entry *entry,
			   enum exposure *exposure);

/* 0 or -errno of the output. */
int expect_put_text(const struct expect_answer *answer, struct obuf *out);
int expect_put_json(const struct expect_answer *answer, struct obuf *out);
int expect_put_baseline(const struct expect_answer *answer, struct obuf *out);

/* The listeners of now, in the order of protocol, port and address. n of them; NULL without
 * memory. */
const struct drift_row **expect_order(const struct drift_sums *sums, size_t *n);

#endif
