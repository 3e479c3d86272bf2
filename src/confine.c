/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up privileges by stages. */
#include "confine.h"

#include <errno.h>
#include <string.h>

#include "base/env.h"
#include "base/privileges.h"
#include "base/report.h"
#include "base/sandbox.h"
#include "model/query.h"

/* What finds owners is forbidden when it is no longer needed. */
static void forbid_owners(struct confine *confine)
{
	const struct env *env = confine->env;

	if (!confine->sandboxed || confine->no_owners || !confine->filtered ||
	    (confine->held & PRIVILEGE_PROCESSES))
		return;
	confine->no_owners = true;
	if (env->sandbox)
		env->sandbox(env, SANDBOX_OWNERS);
}

/* Landlock hides processes, and what they are in. */
static void forbid_files(struct confine *confine)
{
	const struct env *env = confine->env;

	if (!confine->sandboxed || confine->no_files ||
	    (confine->held & (PRIVILEGE_PROCESSES | PRIVILEGE_NAMESPACES)))
		return;
	confine->no_files = true;
	if (env->sandbox)
		env->sandbox(env, SANDBOX_FILES);
}

static void keep(struct confine *confine, unsigned int privileges)
{
	const struct env *env = confine->env;
	unsigned int before = confine->held;
	int err = 0;

	confine->held &= privileges;
	if (env->keep_privileges && confine->held != before)
		err = env->keep_privileges(env, confine->held);
	if (err < 0)
		report_add(confine->report, REPORT_NOTE, "privileges cannot be given up: %s",
			   strerror(-err));
	forbid_owners(confine);
	forbid_files(confine);
}

void confine_begin(struct confine *confine, const struct env *env, struct report *report,
		   bool sandboxed)
{
	*confine = (struct confine){
		.env = env,
		.report = report,
		.held = ~0u,
		.sandboxed = sandboxed,
	};
	keep(confine, PRIVILEGE_ALL);
	/* Without threads so far, the filter holds for all that come. */
	if (sandboxed && env->sandbox)
		env->sandbox(env, SANDBOX_CALLS);
	confine->filtered = true;
}

void confine_to_needs(struct confine *confine, uint32_t needs, unsigned int more)
{
	unsigned int privileges = more;

	if (needs & (NEED_OWNERS | NEED_CONTEXT))
		privileges |= PRIVILEGE_PROCESSES;
	if (needs & NEED_NETNS)
		privileges |= PRIVILEGE_NAMESPACES;
	if (needs & NEED_FACTS)
		privileges |= PRIVILEGE_FACTS;
	if (needs & NEED_CGROUP)
		privileges |= PRIVILEGE_CGROUPS;
	keep(confine, privileges);
}

void confine_last_round(struct confine *confine)
{
	confine->last_round = true;
}

void confine_done(struct confine *confine, unsigned int privileges)
{
	if (confine && confine->last_round && (confine->held & privileges))
		keep(confine, ~privileges);
}

void confine_end(struct confine *confine)
{
	keep(confine, 0);
}
