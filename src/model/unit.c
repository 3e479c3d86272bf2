/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of control groups, one part after the other.
 *
 * Known limits: engines that name their groups otherwise show no container; a container's id below
 * kubepods without the name of an engine has no runtime.
 */
#include "model/unit.h"

#include <string.h>

#include "base/num.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct part {
	const char *text;
	size_t n;
};

/* Where in a path we are. */
struct place {
	struct unit *unit;
	struct part before; /* the part above this one; no bytes: the root */
	unsigned int depth;
	bool name_settled; /* what follows is no unit of the service managers we know */
	bool in_kubepods;
};

static bool part_is(struct part part, const char *text)
{
	return strlen(text) == part.n && memcmp(part.text, text, part.n) == 0;
}

/* Takes head and tail off; false where the part has not both, with something between them. */
static bool part_between(struct part part, const char *head, const char *tail, struct part *between)
{
	size_t n_head = strlen(head), n_tail = strlen(tail);

	if (part.n <= n_head + n_tail || memcmp(part.text, head, n_head) != 0 ||
	    memcmp(part.text + part.n - n_tail, tail, n_tail) != 0)
		return false;
	between->text = part.text + n_head;
	between->n = part.n - n_head - n_tail;
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_container_id(struct part part)
{
	for (size_t i = 0; i < part.n; i++)
		if (!is_hex(part.text[i]))
			return false;
	return part.n == UNIT_CONTAINER_ID;
}

/* BuildKit's have 25 digits and letters. */
static bool is_buildkit_id(struct part part)
{
	for (size_t i = 0; i < part.n; i++)
		if (!(part.text[i] >= '0' && part.text[i] <= '9') &&
		    !(part.text[i] >= 'a' && part.text[i] <= 'z'))
			return false;
	return part.n == 25;
}

/* Characters that a unit may have in its name. */
static bool is_unit_text(struct part part)
{
	for (size_t i = 0; i < part.n; i++) {
		char c = part.text[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c != '\0' && strchr(":-_.\\@", c)))
			return false;
	}
	return part.n <= UNIT_NAME_MAX;
}

/* Whether it is the name of a unit that may have a control group. */
static bool is_unit(struct part part, bool *is_slice)
{
	static const char *const types[] = {
		".slice", ".service", ".scope", ".socket", ".mount", ".swap",
	};
	struct part stem;

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (!part_between(part, "", types[i], &stem))
			continue;
		*is_slice = i == 0;
		return is_unit_text(part);
	}
	return false;
}

/* "user-UID.slice" and the like. */
static bool parse_uid(struct part part, const char *head, const char *tail, uint32_t *uid)
{
	struct part digits;
	uint64_t value;

	if (!part_between(part, head, tail, &digits) ||
	    !num_parse_u64(digits.text, digits.n, UINT32_MAX, &value))
		return false;
	*uid = (uint32_t)value;
	return true;
}

static void take_uid(const struct place *place, struct part part)
{
	struct unit *unit = place->unit;

	if (place->depth == 1 && part_is(place->before, "user.slice"))
		unit->has_uid = parse_uid(part, "user-", ".slice", &unit->uid);
}

/* user@UID.service: the user's own service manager, and its units below it. */
static bool is_user_manager(const struct place *place, struct part part)
{
	uint32_t uid;

	return place->depth == 2 && place->unit->has_uid &&
	       parse_uid(part, "user@", ".service", &uid) && uid == place->unit->uid;
}

static void take_name(struct place *place, struct part part)
{
	bool is_slice = false;

	if (place->name_settled)
		return;
	/* A name that could be a file of the kernel's has a '_' before it. */
	if (part.n > 0 && part.text[0] == '_')
		part = (struct part){ part.text + 1, part.n - 1 };
	if (!is_unit(part, &is_slice)) {
		place->name_settled = true;
		return;
	}
	place->unit->name = part.text;
	place->unit->name_len = part.n;
	place->name_settled = !is_slice && !is_user_manager(place, part);
}

static void set_container(struct unit *unit, struct part id, enum unit_runtime runtime)
{
	size_t n = id.n < sizeof(unit->container) ? id.n : sizeof(unit->container);

	memcpy(unit->container, id.text, n);
	unit->container_len = (uint16_t)n;
	unit->runtime = (uint8_t)runtime;
}

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The name of a machine, in which systemd writes other bytes as \xHH. */
static void set_machine(struct unit *unit, struct part name, enum unit_runtime runtime)
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < sizeof(unit->container); i++) {
		const char *at = name.text + i;

		if (name.n - i >= 4 && at[0] == '\\' && at[1] == 'x' && is_hex(at[2]) &&
		    is_hex(at[3])) {
			unit->container[n++] = (char)(hex_digit(at[2]) << 4 | hex_digit(at[3]));
			i += 3;
		} else {
			unit->container[n++] = *at;
		}
	}
	unit->container_len = (uint16_t)n;
	unit->runtime = (uint8_t)runtime;
}

/* Engines that put their name before the id. */
static bool take_named_id(struct unit *unit, struct part part)
{
	static const struct {
		const char *head, *tail;
		enum unit_runtime runtime;
	} forms[] = {
		{ "docker-", ".scope", RUNTIME_DOCKER },
		{ "libpod-", ".scope", RUNTIME_PODMAN },
		{ "libpod-", "", RUNTIME_PODMAN },
		{ "libpod-payload-", "", RUNTIME_PODMAN },
		{ "cri-containerd-", ".scope", RUNTIME_CONTAINERD },
		{ "cri-containerd-", "", RUNTIME_CONTAINERD },
		{ "nerdctl-", ".scope", RUNTIME_CONTAINERD },
		{ "crio-", ".scope", RUNTIME_CRIO },
		{ "crio-", "", RUNTIME_CRIO },
	};
	struct part id;

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		if (!part_between(part, forms[i].head, forms[i].tail, &id))
			continue;
		if (is_container_id(id)) {
			set_container(unit, id, forms[i].runtime);
			return true;
		}
		if (forms[i].runtime == RUNTIME_DOCKER && is_buildkit_id(id)) {
			set_container(unit, id, RUNTIME_BUILDKIT);
			return true;
		}
	}
	return false;
}

static bool take_lxc(const struct place *place, struct part part)
{
	struct part name;

	if (part_between(part, "lxc.payload.", "", &name) ||
	    part_between(part, "lxc.payload-", "", &name))
		set_container(place->unit, name, RUNTIME_LXC);
	else if (part_is(place->before, "lxc.payload") ||
		 (place->depth == 1 && part_is(place->before, "lxc")))
		set_container(place->unit, part, RUNTIME_LXC);
	else
		return false;
	return true;
}

static bool take_machine(const struct place *place, struct part part)
{
	struct part name;

	if (part_between(part, "systemd-nspawn@", ".service", &name))
		set_machine(place->unit, name, RUNTIME_NSPAWN);
	else if (part_is(place->before, "machine.slice") &&
		 part_between(part, "machine-", ".scope", &name))
		set_machine(place->unit, name, RUNTIME_MACHINE);
	else
		return false;
	return true;
}

/* Whether the part is a container's. */
static bool take_container(const struct place *place, struct part part)
{
	struct unit *unit = place->unit;

	if (is_container_id(part)) {
		set_container(unit, part,
			      part_is(place->before, "docker") ? RUNTIME_DOCKER : RUNTIME_UNKNOWN);
		return true;
	}
	if (part_is(place->before, "buildkit") && is_buildkit_id(part)) {
		set_container(unit, part, RUNTIME_BUILDKIT);
		return true;
	}
	return take_named_id(unit, part) || take_lxc(place, part) || take_machine(place, part);
}

/* A pod's uid: a UUID, in slices with '_' for '-'; of pods that a node has of its own, 32 hex
 * digits. */
static bool is_pod_uid(struct part part)
{
	for (size_t i = 0; i < part.n; i++) {
		bool dash = part.n == UNIT_POD_MAX && (i == 8 || i == 13 || i == 18 || i == 23);

		if (dash ? part.text[i] != '-' && part.text[i] != '_' : !is_hex(part.text[i]))
			return false;
	}
	return part.n == UNIT_POD_MAX || part.n == 32;
}

/* "kubepods[-CLASS]-podUID.slice", also with the kubelet's own name before it. */
static bool find_pod_in_slice(struct part part, struct part *uid)
{
	static const char mark[] = "-pod";
	const size_t n_mark = sizeof(mark) - 1;
	struct part stem;

	if (!part_between(part, "", ".slice", &stem) ||
	    !memmem(stem.text, stem.n, "kubepods", strlen("kubepods")))
		return false;
	for (size_t i = stem.n; i-- > 0;) {
		if (stem.n - i < n_mark || memcmp(stem.text + i, mark, n_mark) != 0)
			continue;
		uid->text = stem.text + i + n_mark;
		uid->n = stem.n - i - n_mark;
		return true;
	}
	return false;
}

static void take_pod(struct place *place, struct part part)
{
	struct unit *unit = place->unit;
	struct part uid;

	if (part_is(part, "kubepods"))
		place->in_kubepods = true;
	if (!find_pod_in_slice(part, &uid) &&
	    !(place->in_kubepods && part_between(part, "pod", "", &uid)))
		return;
	if (!is_pod_uid(uid))
		return;
	for (size_t i = 0; i < uid.n; i++)
		unit->pod[i] = uid.text[i];
	for (size_t i = 0; i < uid.n; i++)
		if (unit->pod[i] == '_')
			unit->pod[i] = '-';
	unit->pod_len = (uint8_t)uid.n;
}

void unit_parse(const char *path, size_t len, struct unit *unit)
{
	struct place place = { .unit = unit };
	size_t at = 0;

	*unit = (struct unit){ 0 };
	while (at < len) {
		const char *slash = memchr(path + at, '/', len - at);
		size_t end = slash ? (size_t)(slash - path) : len;
		struct part part = { path + at, end - at };

		at = end + 1;
		if (part.n == 0)
			continue;
		take_uid(&place, part);
		take_name(&place, part);
		if (take_container(&place, part))
			return;
		take_pod(&place, part);
		place.before = part;
		place.depth++;
	}
}

const char *unit_runtime_word(const struct unit *unit)
{
	static const char *const words[] = {
		[RUNTIME_DOCKER] = "docker",
		[RUNTIME_PODMAN] = "podman",
		[RUNTIME_CONTAINERD] = "containerd",
		[RUNTIME_CRIO] = "crio",
		[RUNTIME_LXC] = "lxc",
		[RUNTIME_NSPAWN] = "nspawn",
		[RUNTIME_MACHINE] = "machine",
		[RUNTIME_BUILDKIT] = "buildkit",
	};

	return unit->runtime < COUNT_OF(words) ? words[unit->runtime] : NULL;
}
