/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the recorder share; only for src/capture/capture_record*.c. */
#ifndef LSSOCK_CAPTURE_RECORDER_H
#define LSSOCK_CAPTURE_RECORDER_H

#include <stdint.h>

#include "base/env.h"
#include "capture/capture_dirs.h"
#include "capture/capture_file.h"

struct nl_link;
struct resolver;

struct capture_recorder {
	const struct env *outer;         /* the world that is recorded; ends before threads may */
	const struct resolver *resolver; /* that of outer, which outlives it */
	const char *path;                /* of the file, borrowed */
	struct capture_writer writer;
	struct capture_dirs dirs;
	uint32_t n_requests;
	int64_t time_s; /* the moment of the recording */
	uint32_t time_ns;
};

/* A static one, since threads that ask for names may outlive all else. */
extern struct capture_recorder capture_recorder;

/* Puts a record; error: 0 or -errno; value may be NULL where value_len is 0. */
void capture_record_put(enum capture_kind kind, int error, const void *key, size_t key_len,
			const void *value, size_t value_len);
void capture_record_number(enum capture_kind kind, const char *key, uint64_t value);

/* For env: directories and files, links to the kernel, names. */
void capture_record_tree(struct env *env);
int capture_record_open_diag(const struct env *env, struct nl_link **out);
void capture_record_names(struct env *env);

#endif
