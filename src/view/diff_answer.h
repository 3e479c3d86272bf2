/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is new, gone and changed between two moments, and how it is written. For diff*.c. */
#ifndef LSSOCK_VIEW_DIFF_ANSWER_H
#define LSSOCK_VIEW_DIFF_ANSWER_H

#include "view/drift_sums.h"
#include "view/view.h"

/* So many sockets, which were before (or NULL: they are new) and are now (or NULL: gone). */
struct diff_change {
	const struct drift_key *before, *now;
	uint32_t n;
};

struct diff_answer {
	const struct view_config *config;
	const struct drift_sums *sums;
	struct diff_change *changes; /* in the order of their identities */
	size_t n_changes, cap_changes;
	uint64_t n_new, n_gone, n_changed, n_same; /* sockets */
	uint64_t n_hidden;                         /* whose programs could not be compared */
	bool decided;                              /* both sides were complete */
};

/* Compares. 0 or -ENOMEM. answer has config and sums, borrowed, and is else zero;
 * diff_answer_free() frees the rest. No record may be added or moved meanwhile. */
int diff_compare(struct diff_answer *answer);
void diff_answer_free(struct diff_answer *answer);

/* Whether the fact of two keys differs, where both are known. */
bool diff_is_other(const struct diff_change *change, enum drift_facet facet);
bool diff_is_other_state(const struct diff_change *change);

/* 0 or -errno of the output. */
int diff_put_text(const struct diff_answer *answer, struct obuf *out);
int diff_put_json(const struct diff_answer *answer, struct obuf *out);

#endif
