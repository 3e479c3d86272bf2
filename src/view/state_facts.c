/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings, counters, and seconds that follow from settings. */
#include "view/state_facts.h"

#include <string.h>

#include "kernel/counters.h"
#include "kernel/sysctl.h"

enum { RTO_MAX_S = 120, RETRIES_MAX = 255, SETTING_NAME_MAX = 80 };

/* "net.ipv4.tcp_fin_timeout": a file below /proc/sys. */
static bool read_setting(const struct env *env, const char *name, uint64_t *value)
{
	char path[SETTING_NAME_MAX];
	size_t n = strnlen(name, sizeof(path) - 1);

	for (size_t i = 0; i < n; i++)
		path[i] = name[i] == '.' ? '/' : name[i];
	path[n] = '\0';
	return sysctl_number(env, path, value);
}

uint64_t state_retry_seconds(uint64_t retries, uint64_t linear)
{
	uint64_t seconds = 0, wait = 1;

	if (retries > RETRIES_MAX)
		retries = RETRIES_MAX;
	if (linear > RETRIES_MAX)
		linear = RETRIES_MAX;
	for (uint64_t i = 0; i <= retries; i++) {
		seconds += wait;
		wait = 2 * wait < RTO_MAX_S ? 2 * wait : RTO_MAX_S;
	}
	return seconds + linear;
}

static bool syn_seconds(const struct env *env, uint64_t *value)
{
	uint64_t retries, linear = 0;

	if (!read_setting(env, "net.ipv4.tcp_syn_retries", &retries))
		return false;
	/* Kernels before 6.5 do not have it. */
	read_setting(env, "net.ipv4.tcp_syn_linear_timeouts", &linear);
	*value = state_retry_seconds(retries, linear);
	return true;
}

static bool keepalive_seconds(const struct env *env, uint64_t *value)
{
	uint64_t idle, interval, probes;

	if (!read_setting(env, "net.ipv4.tcp_keepalive_time", &idle) ||
	    !read_setting(env, "net.ipv4.tcp_keepalive_intvl", &interval) ||
	    !read_setting(env, "net.ipv4.tcp_keepalive_probes", &probes))
		return false;
	*value = idle + interval * probes;
	return true;
}

bool state_fact_value(const struct state_fact *fact, const struct env *env,
		      const struct counters *netstat, uint64_t *value)
{
	switch (fact->kind) {
	case STATE_SETTING:
		return read_setting(env, fact->name, value);
	case STATE_COUNTER:
		return counters_get(netstat, "TcpExt", fact->name, value);
	case STATE_SYN_SECONDS:
		return syn_seconds(env, value);
	case STATE_SYNACK_SECONDS:
		if (!read_setting(env, "net.ipv4.tcp_synack_retries", value))
			return false;
		*value = state_retry_seconds(*value, 0);
		return true;
	case STATE_KEEPALIVE_SECONDS:
		return keepalive_seconds(env, value);
	}
	return false;
}

enum state_fact_group state_fact_group(const struct state_fact *fact)
{
	if (fact->kind == STATE_SETTING)
		return STATE_SETTINGS;
	return fact->kind == STATE_COUNTER ? STATE_COUNTERS : STATE_DERIVED;
}

const char *state_fact_key(const struct state_fact *fact)
{
	const char *dot;

	switch (fact->kind) {
	case STATE_SETTING:
		dot = strrchr(fact->name, '.');
		return dot ? dot + 1 : fact->name;
	case STATE_COUNTER:
		break;
	case STATE_SYN_SECONDS:
		return "connect_gives_up_s";
	case STATE_SYNACK_SECONDS:
		return "syn_recv_forgotten_s";
	case STATE_KEEPALIVE_SECONDS:
		return "keepalive_gives_up_s";
	}
	return fact->name;
}

bool state_facts_are_readable(const struct state_story *story, const struct env *env)
{
	bool any = false;

	for (size_t i = 0; i < STATE_FACTS_MAX && story->facts[i].name; i++) {
		uint64_t value;

		if (story->facts[i].kind != STATE_SETTING)
			continue;
		if (read_setting(env, story->facts[i].name, &value))
			return true;
		any = true;
	}
	return !any;
}
