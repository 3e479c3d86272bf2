/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listeners against a baseline, in four steps: those that are as they should be; those of which it
 * is hidden; those at an expected place that somebody else holds; and what is left of both sides,
 * where the same port on another address is one difference and not two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"
#include "view/expect_answer.h"

/* A listener on its way. */
struct seen {
	const struct drift_row *row;
	struct expect_entry *entry;
	enum expect_verdict verdict;
	bool judged;
};

struct matching {
	struct expect_answer *answer;
	struct seen *seen; /* by protocol and port */
	size_t n;
};

static int compare_keys(const struct drift_key *a, const struct drift_key *b)
{
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->local_port != b->local_port)
		return a->local_port < b->local_port ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a, b, sizeof(*a));
}

static int compare_rows(const void *a, const void *b)
{
	const struct drift_row *const *left = a, *const *right = b;

	return compare_keys(&(*left)->key, &(*right)->key);
}

const struct drift_row **expect_order(const struct drift_sums *sums, size_t *n)
{
	const struct drift_row **rows = calloc(sums->rows.n + 1, sizeof(*rows));

	*n = 0;
	for (size_t i = 0; rows && i < sums->rows.n; i++)
		if (drift_row_at(sums, i)->n[DRIFT_NOW])
			rows[(*n)++] = drift_row_at(sums, i);
	if (*n > 1)
		qsort(rows, *n, sizeof(*rows), compare_rows);
	return rows;
}

static bool has_program(const struct drift_sums *sums, uint32_t program, const char *name)
{
	const char *at = NULL;

	while ((at = drift_next_program(sums, program, at)))
		if (strcmp(at, name) == 0)
			return true;
	return false;
}

enum expect_truth expect_is_program(const struct expect_answer *answer,
				    const struct expect_entry *entry, const struct drift_key *key)
{
	const char *at = NULL;

	if (entry->program == DRIFT_NONE)
		return TRUTH_YES;
	if (key->program == DRIFT_HIDDEN)
		return TRUTH_HIDDEN;
	while ((at = drift_next_program(answer->sums, entry->program, at)))
		if (has_program(answer->sums, key->program, at))
			return TRUTH_YES;
	return TRUTH_NO;
}

enum expect_truth expect_is_unit(const struct expect_entry *entry, const struct drift_key *key)
{
	if (entry->unit == DRIFT_NONE || entry->unit == key->unit)
		return TRUTH_YES;
	return key->unit == DRIFT_HIDDEN ? TRUTH_HIDDEN : TRUTH_NO;
}

enum expect_truth expect_is_user(const struct expect_answer *answer,
				 const struct expect_entry *entry, const struct drift_key *key)
{
	const struct word *user;
	uint64_t uid;

	if (entry->user == DRIFT_NONE || entry->user == key->user)
		return TRUTH_YES;
	if (!key->uid)
		return TRUTH_HIDDEN;
	user = words_get(&answer->sums->words, entry->user);
	if (num_parse_u64(user->text, user->len, UINT32_MAX - 1, &uid))
		return uid == key->uid - 1 ? TRUTH_YES : TRUTH_NO;
	return key->user == DRIFT_NONE ? TRUTH_HIDDEN : TRUTH_NO;
}

uint32_t expect_lasting_unit(const struct drift_sums *sums, uint32_t unit)
{
	static const char service[] = ".service";
	const char *name = drift_word(sums, unit);
	size_t n = name ? strlen(name) : 0;

	if (n < sizeof(service) || strcmp(name + n - sizeof(service) + 1, service) != 0)
		return DRIFT_NONE;
	return unit;
}

/* Whether the one who holds it is the right one. */
static enum expect_truth is_holder(const struct expect_answer *answer,
				   const struct expect_entry *entry, const struct drift_key *key)
{
	enum expect_truth program = expect_is_program(answer, entry, key);
	enum expect_truth unit = expect_is_unit(entry, key);
	enum expect_truth user = expect_is_user(answer, entry, key);
	enum expect_truth least = program < unit ? program : unit;

	return user < least ? user : least;
}

/* Whether it is where the entry says. Protocol and port are. */
static bool is_place(const struct expect_entry *entry, const struct drift_key *key)
{
	if (entry->proto == PROTO_UNIX)
		return entry->name_kind == key->name_kind && entry->name == key->name;
	if (entry->family && entry->family != key->family)
		return false;
	return entry->any_addr || (memcmp(&entry->addr, &key->local, sizeof(entry->addr)) == 0 &&
				   entry->interface == key->interface);
}

/* The first listener that is not before that protocol and port. */
static size_t find_first(const struct matching *matching, uint8_t proto, uint16_t port)
{
	size_t low = 0, high = matching->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct drift_key *key = &matching->seen[middle].row->key;

		if (key->proto < proto || (key->proto == proto && key->local_port < port))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_in_range(const struct expect_entry *entry, const struct drift_key *key)
{
	return key->proto == entry->proto && key->local_port <= entry->high;
}

/* Every listener at the place of an entry whose holder is right, or may be (least). */
static void match_entry(struct matching *matching, struct expect_entry *entry,
			enum expect_truth least, enum expect_verdict verdict)
{
	for (size_t i = find_first(matching, entry->proto, entry->low); i < matching->n; i++) {
		struct seen *seen = &matching->seen[i];

		if (!is_in_range(entry, &seen->row->key))
			return;
		if (!is_place(entry, &seen->row->key) ||
		    is_holder(matching->answer, entry, &seen->row->key) != least)
			continue;
		if (verdict == EXPECT_AS_IT_SHOULD)
			entry->found = true;
		else if (!seen->judged || verdict == EXPECT_UNSURE)
			entry->maybe = true;
		if (seen->judged)
			continue;
		seen->judged = true;
		seen->verdict = verdict;
		seen->entry = entry;
	}
}

static void match_all(struct matching *matching, enum expect_truth least,
		      enum expect_verdict verdict)
{
	struct expect_answer *answer = matching->answer;

	for (size_t i = 0; i < answer->n_entries; i++)
		match_entry(matching, &answer->entries[i], least, verdict);
}

bool expect_exposure(const struct expect_answer *answer, const struct drift_key *key,
		     enum exposure *exposure)
{
	const char *interface = drift_word(answer->sums, key->interface);

	if (key->proto == PROTO_UNIX)
		return false;
	*exposure = exposure_of_addr(key->family, &key->local);
	if (interface && strcmp(interface, "lo") == 0)
		*exposure = EXPOSURE_LOOPBACK;
	return true;
}

bool expect_entry_exposure(const struct expect_answer *answer, const struct expect_entry *entry,
			   enum exposure *exposure)
{
	const struct drift_key key = { .proto = entry->proto,
				       .family = entry->family,
				       .local = entry->addr,
				       .interface = entry->interface };

	if (!entry->any_addr)
		return expect_exposure(answer, &key, exposure);
	*exposure = EXPOSURE_WILDCARD;
	return entry->proto != PROTO_UNIX;
}

/* An entry that has nothing, on whose port the listener is by another address. */
static bool match_moved(struct matching *matching, struct expect_entry *entry)
{
	const struct expect_answer *answer = matching->answer;
	enum exposure here, should;

	for (size_t i = find_first(matching, entry->proto, entry->low); i < matching->n; i++) {
		struct seen *seen = &matching->seen[i];

		if (!is_in_range(entry, &seen->row->key))
			return false;
		if (seen->judged || !expect_exposure(answer, &seen->row->key, &here) ||
		    !expect_entry_exposure(answer, entry, &should) ||
		    is_holder(answer, entry, &seen->row->key) == TRUTH_NO)
			continue;
		seen->judged = entry->maybe = true;
		seen->verdict = here > should ? EXPECT_WIDER : EXPECT_MOVED;
		seen->entry = entry;
		return true;
	}
	return false;
}

static bool is_client(const struct expect_answer *answer, const struct drift_key *key)
{
	return (key->proto == PROTO_UDP || key->proto == PROTO_UDPLITE) &&
	       key->local_port >= answer->client_low && key->local_port <= answer->client_high;
}

static int add_finding(struct expect_answer *answer, const struct expect_finding *finding)
{
	void *findings = answer->findings;
	int err = array_grow(&findings, &answer->cap_findings, answer->n_findings + 1,
			     sizeof(*finding));

	answer->findings = findings;
	if (err == 0)
		answer->findings[answer->n_findings++] = *finding;
	return err;
}

/* What there is to say of a listener. */
static int judge(struct expect_answer *answer, const struct seen *seen)
{
	struct expect_finding finding = { seen->verdict, seen->row, seen->entry, true };

	if (!seen->judged && is_client(answer, &seen->row->key))
		finding.verdict = EXPECT_CLIENT;
	else if (!seen->judged)
		finding.verdict = EXPECT_NEW;
	switch (finding.verdict) {
	case EXPECT_AS_IT_SHOULD:
		answer->n_good += seen->row->n[DRIFT_NOW];
		return 0;
	case EXPECT_CLIENT:
		answer->n_clients += seen->row->n[DRIFT_NOW];
		return 0;
	case EXPECT_UNSURE:
		finding.certain = false;
		break;
	case EXPECT_NEW:
		finding.certain = answer->file_complete;
		break;
	default:
		break;
	}
	return add_finding(answer, &finding);
}

static int judge_all(struct matching *matching)
{
	struct expect_answer *answer = matching->answer;
	int err = 0;

	for (size_t i = 0; err == 0 && i < matching->n; i++)
		err = judge(answer, &matching->seen[i]);
	for (size_t i = 0; err == 0 && i < answer->n_entries; i++) {
		const struct expect_entry *entry = &answer->entries[i];
		const struct expect_finding gone = { EXPECT_GONE, NULL, entry,
						     answer->now_complete };

		if (entry->found || entry->maybe)
			continue;
		if (entry->optional)
			answer->n_absent++;
		else
			err = add_finding(answer, &gone);
	}
	return err;
}

int expect_match(struct expect_answer *answer)
{
	struct matching matching = { .answer = answer };
	const struct drift_row **rows = expect_order(answer->sums, &matching.n);
	int err = -ENOMEM;

	matching.seen = rows ? calloc(matching.n + 1, sizeof(*matching.seen)) : NULL;
	if (matching.seen) {
		for (size_t i = 0; i < matching.n; i++)
			matching.seen[i].row = rows[i];
		match_all(&matching, TRUTH_YES, EXPECT_AS_IT_SHOULD);
		match_all(&matching, TRUTH_HIDDEN, EXPECT_UNSURE);
		match_all(&matching, TRUTH_NO, EXPECT_CHANGED);
		for (size_t i = 0; i < answer->n_entries; i++)
			if (!answer->entries[i].found && !answer->entries[i].maybe)
				match_moved(&matching, &answer->entries[i]);
		err = judge_all(&matching);
	}
	free(rows);
	free(matching.seen);
	return err;
}
