/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the path of a control group says of whoever is in it: systemd's unit, a container, a pod of
 * Kubernetes, the user whose slice it is. Forms: systemd's documentation of its control groups, and
 * the names that container engines give to theirs, with systemd or without.
 *
 * Whoever is given a group to rule over names what is below it. So it is the first unit of a path
 * and its outermost container that count; only below user@UID.service, where each user's own
 * service manager begins, a second unit is looked for, and then uid tells whose word that is.
 */
#ifndef LSSOCK_MODEL_UNIT_H
#define LSSOCK_MODEL_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unit_runtime {
	RUNTIME_UNKNOWN,
	RUNTIME_DOCKER,
	RUNTIME_PODMAN,
	RUNTIME_CONTAINERD,
	RUNTIME_CRIO,
	RUNTIME_LXC,
	RUNTIME_NSPAWN,
	RUNTIME_MACHINE,  /* a container or virtual machine that systemd-machined knows */
	RUNTIME_BUILDKIT, /* a step in the making of an image */
};

enum {
	UNIT_NAME_MAX = 255,
	UNIT_POD_MAX = 36,
	UNIT_CONTAINER_SHORT = 12, /* so much of an id is commonly shown */
	UNIT_CONTAINER_ID = 64,
};

struct unit {
	/* The unit, inside the path that was parsed: letters, digits and any of ":-_.\@", with its
	 * type; NULL: none. */
	const char *name;
	size_t name_len;
	bool has_uid;
	uint32_t uid; /* of user-UID.slice, in which it is */
	uint8_t runtime;
	/* Id (UNIT_CONTAINER_ID hex digits, of BuildKit others) or name (any bytes) of the
	 * container; 0 bytes: none. */
	uint16_t container_len;
	char container[UNIT_NAME_MAX];
	uint8_t pod_len; /* 0: none */
	char pod[UNIT_POD_MAX];
};

/*
 * Parses a path of len bytes below the mount of cgroup2, as other processes named it. What the path
 * does not say stays zero. Pure; unit->name points into path.
 */
void unit_parse(const char *path, size_t len, struct unit *unit);

/* "docker" ...; NULL for RUNTIME_UNKNOWN. */
const char *unit_runtime_word(const struct unit *unit);

#endif
