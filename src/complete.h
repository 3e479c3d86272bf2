/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel did not say of the rows of a listing, and who is asked for it: processes, control
 * groups, the other ends of UNIX sockets, listeners, names. It happens where it costs least: before
 * rows are chosen what choosing takes, inside of a network namespace what only that knows, the rest
 * when all rows that are better served together are there.
 */
#ifndef LSSOCK_COMPLETE_H
#define LSSOCK_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enrich/cgroups.h"
#include "enrich/directions.h"
#include "enrich/listener_uids.h"
#include "enrich/row_names.h"
#include "enrich/unix_peers.h"
#include "model/sock.h"

struct confine;
struct env;
struct hold;
struct names;
struct owners;
struct plan;
struct report;
struct source_run;

/* A struct that is zeroed but for what is borrowed is ready for complete_init(). */
struct complete {
	/* Borrowed. */
	const struct env *env;
	struct report *report;
	const struct plan *plan; /* its needs say what is found out */
	struct names *names;
	struct confine *confine; /* is told what is not needed any more; NULL: nobody is */

	struct listener_uids listener_uids;
	struct directions directions;
	struct unix_peers unix_peers;
	struct cgroups cgroups;
	struct row_names row_names;
	uint64_t n_rounds; /* that are over */

	/* Of this round. */
	struct owners *owners; /* NULL until the walk */
	uint32_t unseen;       /* NEED_* that could not be had */
	bool admin_facts;      /* facts are shown that only administrators are told */
};

void complete_init(struct complete *complete);
void complete_free(struct complete *complete);

void complete_begin_round(struct complete *complete);
/* Forgets all that is true of one round only. */
void complete_end_round(struct complete *complete);

/* What is known of a network namespace says nothing of the next one: the rows that follow are of
 * that of env, until complete_end_stop(). known: the rows tell which it is. */
void complete_begin_stop(struct complete *complete, const struct env *env, bool known);
void complete_end_stop(struct complete *complete);

/* Reads the names of all UNIX sockets, so that each may tell the one at its other end, which may be
 * in another network namespace. */
void complete_list_peers(struct complete *complete, struct source_run *sources);

/*
 * Lists the listeners of every protocol that is to be listed, so that connections may tell their
 * direction. Of TCP these are found at once; of UDP the kernel walks its table. 0, or negative when
 * the round is to end (no memory is reported).
 */
int complete_list_listeners(struct complete *complete, struct source_run *sources);

/* Finds out what has to be known before rows are chosen: users of requests, directions. 0, or
 * -ENOMEM, which is reported. */
int complete_early(struct complete *complete, struct sock *rows, size_t n);

/* Finds out of the chosen rows what later nobody is there to be asked for: the interfaces of a
 * namespace that will be left. 0, or -ENOMEM, which is reported. */
int complete_here(struct complete *complete, struct sock *rows, size_t n);

/* The facts (NEED_*) that the expression will have to wait for. Control groups are looked up at
 * once where that spares the owners of other groups' sockets: of rows that are to be held. */
uint32_t complete_missing(struct complete *complete, bool holding, struct sock *rows, size_t n);

/* Walks /proc once for this round: for the sockets in hold, or for every socket (NULL) where these
 * are not all. */
void complete_find_owners(struct complete *complete, const struct hold *hold);

/* Finds out what the kernel did not say of n rows (there may be none, and no memory of any). What
 * could not be had is in unseen. 0, or -ENOMEM, which is reported. */
int complete_rows(struct complete *complete, struct sock *rows, size_t n);

/* Notes, once, that a column of n rows to be shown is empty because of who asks. */
void complete_note_hidden(struct complete *complete, const struct sock *rows, size_t n);

#endif
