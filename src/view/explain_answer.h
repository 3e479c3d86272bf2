/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of --explain in one round. For explain*.c. */
#ifndef LSSOCK_VIEW_EXPLAIN_ANSWER_H
#define LSSOCK_VIEW_EXPLAIN_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/counters.h"
#include "view/explain_sums.h"
#include "view/state_stories.h"
#include "view/view.h"

enum { EXPLAIN_TOP = 10 }; /* programs in text */

struct explain_answer {
	struct view_config config;
	const struct state_story *story; /* the one that was asked for; NULL: all */
	struct explain_sums sums;
	struct counters netstat;
};

static inline uint64_t explain_count(const struct explain_answer *answer,
				     const struct state_story *story)
{
	return answer->sums.counts[story->state];
}

/* False: nobody can say how many there are. */
static inline bool explain_is_countable(const struct explain_answer *answer,
					const struct state_story *story)
{
	return !story->never_listed || explain_count(answer, story) > 0;
}

static inline size_t explain_shown_programs(const struct explain_answer *answer)
{
	uint64_t top = answer->config.top;

	if (!top)
		top = answer->config.format == VIEW_TEXT ? EXPLAIN_TOP : UINT64_MAX;
	return answer->sums.programs.n < top ? answer->sums.programs.n : (size_t)top;
}

/* 0 or -errno of the output. */
int explain_put_json(const struct explain_answer *answer, struct obuf *out);

#endif
