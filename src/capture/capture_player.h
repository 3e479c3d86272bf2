/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the player share; only for src/capture/capture_replay*.c. */
#ifndef LSSOCK_CAPTURE_PLAYER_H
#define LSSOCK_CAPTURE_PLAYER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "capture/capture_dirs.h"
#include "capture/capture_index.h"
#include "capture/capture_ss.h"

struct nl_link;
struct report;

struct capture_player {
	struct report *report;
	uint8_t *data;
	size_t len;
	struct capture_index index; /* of our own recording */
	bool is_ss;
	struct capture_ss ss;
	struct capture_dirs dirs;
	unsigned int n_missing;  /* files that were told of */
	atomic_bool lacks_names; /* a look-up is not in the recording */
	char host[256];
	int64_t time_s;
	uint32_t time_ns;
};

/* A static one, since threads that ask for names may outlive all else. */
extern struct capture_player capture_player;

/* For env: directories and files, links to the kernel, names. */
void capture_replay_tree(struct env *env);
int capture_replay_open_diag(const struct env *env, struct nl_link **out);
void capture_replay_names(struct env *env);
/* Tells that names are missing, if they are. Not for threads. */
void capture_replay_tell_names(void);

#endif
