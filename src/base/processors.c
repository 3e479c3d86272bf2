/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free processors, by /proc/loadavg. Limits: a glance, which may meet a moment that is not like the
 * others; and inside a container the number is the whole machine's.
 */
#include "base/processors.h"

#include <stdint.h>
#include <string.h>

#include "base/env.h"
#include "base/file.h"
#include "base/num.h"

/* Three averages and a blank behind each come before the number. */
enum { AVERAGES = 3, LOADAVG_MAX = 128 };

unsigned int processors_parse_free(const char *text, size_t len, unsigned int cpus)
{
	const char *end = text + len, *slash;
	uint64_t running;

	for (int i = 0; i < AVERAGES; i++) {
		text = memchr(text, ' ', (size_t)(end - text));
		if (!text)
			return cpus;
		text++;
	}
	slash = memchr(text, '/', (size_t)(end - text));
	if (!slash || !num_parse_u64(text, (size_t)(slash - text), UINT64_MAX, &running) ||
	    running <= 1)
		return cpus;
	/* The reader is one of those that run. */
	return running - 1 < cpus ? cpus - (unsigned int)(running - 1) : 1;
}

unsigned int processors_free(const struct env *env)
{
	char text[LOADAVG_MAX];
	ssize_t len;

	if (env->cpus <= 1)
		return 1;
	len = file_read_at(env->proc_fd, "loadavg", text, sizeof(text));
	return len < 0 ? env->cpus : processors_parse_free(text, (size_t)len, env->cpus);
}
