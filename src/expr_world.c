/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expressions ask the world for. */
#include "expr_world.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/report.h"
#include "base/resolver.h"
#include "enrich/cgroups.h"
#include "enrich/host_lookup.h"
#include "kernel/sysctl.h"
#include "source/source.h"

/* What others wrote runs with nothing in effect. */
static void rest_privileges(const struct env *env, bool rest)
{
	if (env->rest_privileges)
		env->rest_privileges(env, rest);
}

static int world_addresses(void *ctx, const char *name, uint8_t *families, union inet_addr *list,
			   size_t max)
{
	struct expr_surroundings *surroundings = ctx;
	const struct env *env = surroundings->env;
	int n;

	if (!env->resolver->addresses)
		return 0;
	/* All names of an expression have the time that one has. */
	if (surroundings->deadline_ns == 0)
		surroundings->deadline_ns = env->now_ns(env) + surroundings->budget_ns;
	rest_privileges(env, true);
	n = host_lookup(env, name, families, list, max, surroundings->deadline_ns);
	rest_privileges(env, false);
	return n;
}

static uint16_t world_service(void *ctx, const char *name, const char *proto)
{
	const struct expr_surroundings *surroundings = ctx;
	const struct env *env = surroundings->env;
	uint16_t port;

	rest_privileges(env, true);
	port = env->resolver->port ? env->resolver->port(name, proto) : 0;
	rest_privileges(env, false);
	return port;
}

static uint32_t world_ifindex(void *ctx, const char *name)
{
	const struct expr_surroundings *surroundings = ctx;
	const struct env *env = surroundings->env;

	return env->ifindex ? env->ifindex(env, name) : 0;
}

static int world_uid(void *ctx, const char *name, uint32_t *uid)
{
	const struct expr_surroundings *surroundings = ctx;
	const struct env *env = surroundings->env;
	int err;

	rest_privileges(env, true);
	err = env->resolver->uid ? env->resolver->uid(name, uid) : -ENOENT;
	rest_privileges(env, false);
	return err;
}

static int world_cgroup(void *ctx, const char *path, uint64_t *id)
{
	const struct expr_surroundings *surroundings = ctx;

	return cgroups_find_id(surroundings->env, path, id);
}

static void world_port_range(void *ctx, uint16_t *low, uint16_t *high)
{
	const struct expr_surroundings *surroundings = ctx;

	sysctl_port_range(surroundings->env, low, high);
}

static int take_listeners(void *ctx, struct sock *rows, size_t n)
{
	struct expr_surroundings *surroundings = ctx;

	for (size_t i = 0; i < n; i++)
		if (rows[i].listening)
			surroundings->served[rows[i].local.port / 8] |=
				(uint8_t)(1u << rows[i].local.port % 8);
	return 0;
}

/* Asks for the listeners alone, which costs next to nothing. What hinders that is told by the
 * listing itself. */
static void find_served(struct expr_surroundings *surroundings)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct sock_sink sink = { .take = take_listeners, .ctx = surroundings };
	struct report silent;
	struct source_run *run;

	report_init(&silent, -1);
	run = source_run_new(surroundings->env, &silent, false);
	for (size_t i = 0; run && i < sizeof(families); i++) {
		const struct sock_query query = {
			.proto = PROTO_TCP,
			.family = families[i],
			.states = 1u << TCP_STATE_LISTEN,
		};

		source_list(run, &query, false, &sink);
	}
	source_run_free(run);
	report_free(&silent);
	surroundings->served_known = true;
}

static bool world_is_served(void *ctx, uint16_t port)
{
	struct expr_surroundings *surroundings = ctx;

	if (!surroundings->served_known)
		find_served(surroundings);
	return surroundings->served[port / 8] & 1u << port % 8;
}

struct expr_world expr_world_of(struct expr_surroundings *surroundings, const struct env *env,
				uint8_t family, int64_t budget_ns)
{
	struct expr_world world = {
		.addresses = world_addresses,
		.service = world_service,
		.ifindex = world_ifindex,
		.uid = world_uid,
		.cgroup = world_cgroup,
		.is_served = world_is_served,
		.port_range = world_port_range,
		.family = family,
		.ctx = surroundings,
	};

	surroundings->env = env;
	surroundings->budget_ns = budget_ns;
	surroundings->deadline_ns = 0;
	expr_world_forget(surroundings);
	return world;
}

void expr_world_forget(struct expr_surroundings *surroundings)
{
	surroundings->served_known = false;
	memset(surroundings->served, 0, sizeof(surroundings->served));
}
