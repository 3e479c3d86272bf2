/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of what the path of a socket's control group says (model/unit.h). */
#include "model/field_get.h"
#include "model/unit.h"

static bool get_unit(const struct field *field, const struct sock *sock, uint32_t i,
		     struct value *value)
{
	const struct unit *unit = sock->unit;

	(void)field;
	return i == 0 && unit && value_text(value, unit->name, unit->name_len, UNIX_UNNAMED);
}

static bool get_unit_uid(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	const struct unit *unit = sock->unit;

	(void)field;
	return i == 0 && unit && value_number(value, unit->uid, unit->has_uid);
}

static bool get_container(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	const struct unit *unit = sock->unit;

	(void)field;
	return i == 0 && unit && unit->container_len > 0 &&
	       value_text(value, unit->container, unit->container_len, UNIX_UNNAMED);
}

static bool get_container_runtime(const struct field *field, const struct sock *sock, uint32_t i,
				  struct value *value)
{
	(void)field;
	return i == 0 && sock->unit && value_word(value, unit_runtime_word(sock->unit));
}

static bool get_pod(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	const struct unit *unit = sock->unit;

	(void)field;
	return i == 0 && unit && unit->pod_len > 0 &&
	       value_text(value, unit->pod, unit->pod_len, UNIX_UNNAMED);
}

static const struct field rows[] = {
	{ .name = "unit",
	  .diag = true,
	  .title = "Unit",
	  .get = get_unit,
	  .type = FIELD_TEXT,
	  .needs = NEED_CGROUP,
	  .help = "systemd unit in which the socket was made" },
	{ .name = "unit_uid",
	  .diag = true,
	  .title = "Unit-UID",
	  .get = get_unit_uid,
	  .type = FIELD_UINT,
	  .right = true,
	  .needs = NEED_CGROUP,
	  .help = "number of the user in whose slice (user-UID.slice) the socket was made" },
	{ .name = "container",
	  .diag = true,
	  .title = "Container",
	  .get = get_container,
	  .type = FIELD_TEXT,
	  .needs = NEED_CGROUP,
	  .help = "id of the container in which the socket was made; of LXC and machines, its name" },
	{ .name = "container_runtime",
	  .words = "docker podman containerd crio lxc nspawn machine buildkit",
	  .diag = true,
	  .title = "Container-Runtime",
	  .get = get_container_runtime,
	  .type = FIELD_WORD,
	  .needs = NEED_CGROUP,
	  .help = "what runs the container: docker, podman, containerd, crio, lxc, nspawn, machine (systemd-machined) or buildkit" },
	{ .name = "pod",
	  .diag = true,
	  .title = "Pod",
	  .get = get_pod,
	  .type = FIELD_TEXT,
	  .needs = NEED_CGROUP,
	  .help = "uid of the Kubernetes pod in which the socket was made" },
};

const struct field *field_unit_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
