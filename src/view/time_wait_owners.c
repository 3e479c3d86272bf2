/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Likely owners of what has none. */
#include "view/time_wait_owners.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/time_wait_sums.h"
#include "view/view.h"

/* Of one walk. */
struct walk {
	struct likely_owners *owners;
	const size_t *service_of; /* each inode's */
	bool failed;
};

static void count_owner(struct walk *walk, size_t service, const struct owner *owner)
{
	struct likely_owners *owners = walk->owners;
	struct likely_summary *summary = &owners->services[service];
	struct likely_owner *row;

	if (summary->n == 0)
		summary->first = owners->n;
	for (uint32_t i = 0; i < summary->n; i++) {
		row = &owners->rows[summary->first + i];
		if (row->pid == owner->pid) {
			row->sockets++;
			return;
		}
	}
	if (summary->n == LIKELY_OWNERS_MAX) {
		summary->more = true;
		return;
	}
	if (array_grow((void **)&owners->rows, &owners->cap, owners->n + 1, sizeof(*row)) < 0) {
		walk->failed = true;
		return;
	}
	row = &owners->rows[owners->n++];
	*row = (struct likely_owner){ .service = service, .pid = owner->pid, .sockets = 1 };
	snprintf(row->program, sizeof(row->program), "%s", owner->program);
	summary->n++;
}

/* A process may hold a socket more than once. */
static bool is_told_before(const struct owner *owners, uint32_t i)
{
	return i > 0 && owners[i - 1].pid == owners[i].pid;
}

static void found(void *arg, size_t index, const struct owner *owners, uint32_t n, bool hidden)
{
	struct walk *walk = arg;
	size_t service = walk->service_of[index];

	walk->owners->services[service].hidden |= hidden;
	for (uint32_t i = 0; i < n; i++)
		if (!is_told_before(owners, i))
			count_owner(walk, service, &owners[i]);
}

/* All inodes of the first n services, and whose each is. Returns how many. */
static size_t list_inodes(const struct time_wait_service *services, size_t n, uint64_t *inodes,
			  size_t *service_of)
{
	size_t n_inodes = 0;

	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < services[i].n_inodes; k++) {
			service_of[n_inodes] = i;
			inodes[n_inodes++] = services[i].inodes[k];
		}
	return n_inodes;
}

int likely_owners_find(struct likely_owners *owners, const struct view_config *config,
		       const struct time_wait_service *services, size_t n)
{
	uint64_t *inodes = malloc((n * TIME_WAIT_EXAMPLES + 1) * sizeof(*inodes));
	size_t *service_of = malloc((n * TIME_WAIT_EXAMPLES + 1) * sizeof(*service_of)), n_inodes;
	struct walk walk = { .owners = owners, .service_of = service_of };

	*owners = (struct likely_owners){ .services = calloc(n + 1, sizeof(*owners->services)),
					  .n_services = n };
	walk.failed = !inodes || !service_of || !owners->services;
	n_inodes = walk.failed ? 0 : list_inodes(services, n, inodes, service_of);
	/* Also for none: what the walk needs is held for nothing else. */
	if (config->find_owners)
		config->find_owners(config->owners_ctx, inodes, n_inodes, found, &walk);
	free(inodes);
	free(service_of);
	return walk.failed ? -ENOMEM : 0;
}

void likely_owners_free(struct likely_owners *owners)
{
	free(owners->rows);
	free(owners->services);
	*owners = (struct likely_owners){ 0 };
}

const struct likely_owner *likely_owners_first(const struct likely_owners *owners, size_t service)
{
	const struct likely_owner *best = NULL;
	const struct likely_summary *summary;

	if (service >= owners->n_services)
		return NULL;
	summary = &owners->services[service];
	for (uint32_t i = 0; i < summary->n; i++) {
		const struct likely_owner *row = &owners->rows[summary->first + i];

		if (!best || row->sockets > best->sockets)
			best = row;
	}
	return best;
}

static void reason_of_none(char *dst, size_t n, const struct likely_summary *summary,
			   const struct time_wait_service *of)
{
	if (summary->hidden)
		snprintf(dst, n, "not every process could be looked into");
	else if (of->key.side == TIME_WAIT_UNCLEAR)
		snprintf(dst, n, "it cannot be told which side connected");
	else if (of->key.side == TIME_WAIT_INBOUND)
		snprintf(dst, n,
			 of->n_inodes ? "no process holds the listener"
				      : "nobody listens on port %u now",
			 of->key.port);
	else if (of->live == 0)
		snprintf(dst, n, "no live connection there");
	else
		snprintf(dst, n, "no process holds the live connections there");
}

void likely_owner_reason(char *dst, size_t n, const struct likely_owners *owners, size_t service,
			 const struct time_wait_service *of, const struct likely_owner *owner)
{
	const struct likely_summary *summary = &owners->services[service];
	bool all_seen = of->live <= of->n_inodes;
	const char *others = summary->n > 1 ? ", and so do others" : "";

	if (!owner)
		reason_of_none(dst, n, summary, of);
	else if (of->key.side == TIME_WAIT_INBOUND)
		snprintf(dst, n, "listens on port %u%s", of->key.port, others);
	else
		snprintf(dst, n, "has %s%" PRIu32 " live connection%s there%s",
			 all_seen ? "" : "at least ", owner->sockets,
			 owner->sockets == 1 ? "" : "s", others);
}
