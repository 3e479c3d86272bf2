/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which container a process is in, by the names that engines give to control groups: systemd units
 * ("docker-ID.scope") or plain directories ("/docker/ID"). Known limit: other engines than these
 * are not known, and anyone who may make control groups may make one of such a name.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "kernel/netns_list.h"

enum { ID_LEN = 64, ID_SHOWN = 12 };

struct engine {
	const char *prefix;
	const char *label;
	bool id; /* 64 digits follow; else a name, up to suffix */
	const char *suffix;
};

static const struct engine engines[] = {
	{ "docker-", "docker", .id = true },     { "libpod-", "podman", .id = true },
	{ "crio-", "crio", .id = true },         { "cri-containerd-", "containerd", .id = true },
	{ "lxc.payload.", "lxc", .suffix = "" }, { "machine-", "machine", .suffix = ".scope" },
	{ "", "container", .id = true },
};

static bool is_id(const char *text, size_t n)
{
	for (size_t i = 0; i < n && i < ID_LEN; i++)
		if (!isdigit((unsigned char)text[i]) && (text[i] < 'a' || text[i] > 'f'))
			return false;
	return n >= ID_LEN;
}

/* Whether a directory's name is one that the engine gives. *n: the length of what is shown. */
static bool fits(const struct engine *engine, const char *text, size_t *n)
{
	size_t tail;

	if (engine->id) {
		if (!is_id(text, *n) || (*n > ID_LEN && text[ID_LEN] != '.'))
			return false;
		*n = ID_SHOWN;
		return true;
	}
	tail = strlen(engine->suffix);
	if (*n <= tail || memcmp(text + *n - tail, engine->suffix, tail) != 0)
		return false;
	*n -= tail;
	return true;
}

/* One directory of a path; before: the one above it. */
static bool name_of_part(const char *part, size_t len, const char *before, size_t before_len,
			 char *name)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		const struct engine *engine = &engines[i];
		size_t skip = strlen(engine->prefix), n = len - skip;
		const char *label = engine->label;

		if (len <= skip || memcmp(part, engine->prefix, skip) != 0 ||
		    !fits(engine, part + skip, &n))
			continue;
		if (skip == 0 && before_len == 6 && memcmp(before, "docker", 6) == 0)
			label = "docker";
		snprintf(name, NETNS_CONTAINER_MAX, "%s-%.*s", label, (int)(n < 40 ? n : 40),
			 part + skip);
		return true;
	}
	return false;
}

/* The innermost container of a path. */
static bool name_of_path(const char *path, size_t len, char *name)
{
	const char *before = path, *end = path + len;
	size_t before_len = 0;
	bool found = false;

	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t n = (size_t)((slash ? slash : end) - path);

		found |= name_of_part(path, n, before, before_len, name);
		before = path;
		before_len = n;
		path += n + (slash != NULL);
	}
	return found;
}

bool netns_container_name(const char *text, size_t len, char *name)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		/* "N:controllers:/path" */
		const char *path = memchr(text, '/', n);

		if (path && name_of_path(path, (size_t)(text + n - path), name))
			return true;
		text += n + (newline != NULL);
	}
	return false;
}
