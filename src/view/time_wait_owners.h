/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who probably closed: no process owns a TIME_WAIT any more. What can be found out is who listens
 * on the port, or who has live connections to the same service, and that is what is told.
 */
#ifndef LSSOCK_VIEW_TIME_WAIT_OWNERS_H
#define LSSOCK_VIEW_TIME_WAIT_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct time_wait_service;
struct view_config;

/* As many of a service are kept. */
enum { LIKELY_OWNERS_MAX = 16, LIKELY_OWNER_NAME = 64 };

struct likely_owner {
	size_t service; /* its number */
	uint32_t pid;
	uint32_t sockets;                /* of those looked at */
	char program[LIKELY_OWNER_NAME]; /* raw, NUL-terminated */
};

/* What is known of one service; all zero before. */
struct likely_summary {
	size_t first;      /* its owners in the array */
	uint32_t n;        /* of them */
	bool more, hidden; /* others had no room; some may not be seen */
};

struct likely_owners {
	struct likely_owner *rows; /* service by service */
	size_t n, cap;
	struct likely_summary *services; /* one for each that was asked for */
	size_t n_services;
};

/* Looks up the owners of the first n services by one walk. 0 or -ENOMEM. *owners is filled anew and
 * freed in any case. */
int likely_owners_find(struct likely_owners *owners, const struct view_config *config,
		       const struct time_wait_service *services, size_t n);
void likely_owners_free(struct likely_owners *owners);

/* The owner of a service with most of its sockets, or NULL where none is known, also for a service
 * that was not looked up. */
const struct likely_owner *likely_owners_first(const struct likely_owners *owners, size_t service);

/* Why this owner (NULL: why none is known), in plain ASCII, at most n bytes with a NUL. */
void likely_owner_reason(char *dst, size_t n, const struct likely_owners *owners, size_t service,
			 const struct time_wait_service *of, const struct likely_owner *owner);

#endif
