/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: options, lists of fields, the expression, and the plan that is made of them;
 * numbers in every form that is read.
 *
 * Input: a byte of what is done, then arguments with a NUL behind each, or the text of a number or
 * of a target of --check.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ask_target.h"
#include "base/num.h"
#include "base/obuf.h"
#include "cli/options.h"
#include "explain.h"
#include "../tests/unit/fake_world.h"
#include "filter/expr.h"
#include "fuzz.h"
#include "plan.h"

enum { ARGS_MAX = 40 };

static void check_error(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	FUZZ_CHECK(n > 0 && n < size);
}

/* --- numbers ------------------------------------------------------------------------------------
 */

/* What strtoull() makes of a text that is nothing but digits. */
static bool read_number(const char *text, size_t n, int base, uint64_t *out)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	char *string = fuzz_string(text, n), *end;
	bool good = n > 0 && strlen(string) == n &&
		    strspn(string, base == 16 ? digits : "0123456789") == n;

	errno = 0;
	*out = good ? strtoull(string, &end, base) : 0;
	good = good && errno == 0 && *end == '\0';
	free(string);
	return good;
}

static void check_numbers(const char *text, size_t n, uint64_t max)
{
	uint64_t got = 0, want = 0;
	int64_t ns = 0;
	char back[20];
	bool good;

	good = read_number(text, n, 10, &want) && want <= max;
	FUZZ_CHECK(num_parse_u64(text, n, max, &got) == good);
	FUZZ_CHECK(!good || got == want);
	if (good) {
		size_t len = num_format_u64(back, got);

		FUZZ_CHECK(len <= n && memcmp(back, text + n - len, len) == 0);
	}
	good = read_number(text, n, 16, &want) && want <= max;
	FUZZ_CHECK(num_parse_hex(text, n, max, &got) == good);
	FUZZ_CHECK(!good || got == want);
	if (!memchr(text, '\0', n)) {
		char *string = fuzz_string(text, n);

		if (num_parse_seconds(string, 1, INT64_MAX, &ns)) {
			double seconds = strtod(string, NULL);

			FUZZ_CHECK(ns > 0);
			FUZZ_CHECK((double)ns / 1e9 - seconds < 1e-6 * seconds + 1e-9 &&
				   seconds - (double)ns / 1e9 < 1e-6 * seconds + 1e-9);
		}
		free(string);
	}
}

/* --- arguments ----------------------------------------------------------------------------------
 */

static char *join(const struct request *request)
{
	size_t len = 1, at = 0;
	char *text;

	for (size_t i = 0; i < request->n_words; i++)
		len += strlen(request->words[i]) + 1;
	text = malloc(len);
	if (!text)
		abort();
	for (size_t i = 0; i < request->n_words; i++) {
		size_t n = strlen(request->words[i]);

		memcpy(text + at, request->words[i], n);
		at += n;
		text[at++] = ' ';
	}
	text[at] = '\0';
	return text;
}

static void check_plan_is_sound(const struct plan *plan)
{
	/* Names of peers are UNIX sockets' only, and not looked for where none are listed. */
	const uint32_t needs = plan->needs | (plan->local ? 0 : (uint32_t)NEED_PEER_NAME);

	FUZZ_CHECK(plan->n_tables <= PLAN_MAX_TABLES && plan->n_fields <= PLAN_MAX_FIELDS);
	FUZZ_CHECK(plan->n_keys <= PLAN_MAX_KEYS);
	for (size_t i = 0; i < plan->n_tables; i++) {
		const struct sock_query *query = &plan->tables[i].query;

		FUZZ_CHECK(query->proto < PROTO_COUNT);
		FUZZ_CHECK((query->proto == PROTO_UNIX) == (query->family == AF_UNIX));
		FUZZ_CHECK(!(query->needs & ~plan->needs & ~(uint32_t)NEED_REFCNT));
	}
	for (size_t i = 0; i < plan->n_fields; i++)
		FUZZ_CHECK(plan->fields[i] && !(plan->fields[i]->needs & ~needs));
	for (size_t i = 0; i < plan->n_keys; i++)
		FUZZ_CHECK(plan->keys[i].field && !(plan->keys[i].field->needs & ~needs));
}

static void check_explanation(const struct plan *plan)
{
	struct obuf out;

	FUZZ_CHECK(obuf_init_memory(&out) == 0);
	FUZZ_CHECK(explain_put(plan, &out, true) == 0);
	fuzz_check_text(out.data, out.len, true);
	obuf_free(&out);
}

static void check_plan(const struct request *request)
{
	char *text = join(request);
	struct expr *expr = NULL;
	struct plan_error error;
	struct expr_error expr_error;
	static struct plan plan;
	int rc = 0;

	if (request->n_words)
		rc = expr_parse(text, strlen(text), &test_world, &expr, &expr_error);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	if (rc == 0) {
		rc = plan_make(request, expr, &plan, &error);
		FUZZ_CHECK(rc == 0 || rc == -EINVAL);
		if (rc == 0) {
			check_plan_is_sound(&plan);
			check_explanation(&plan);
		} else {
			check_error(error.text, sizeof(error.text));
		}
		plan_free(&plan);
		expr_free(expr);
	} else {
		check_error(expr_error.message, sizeof(expr_error.message));
	}
	free(text);
}

static void check_request(const struct request *request, int argc, char *const argv[])
{
	FUZZ_CHECK(request->n_words < (size_t)argc || argc == 1);
	for (size_t i = 0; i < request->n_words; i++) {
		bool found = false;

		for (int k = 1; k < argc; k++)
			found |= request->words[i] == argv[k];
		FUZZ_CHECK(found);
	}
	FUZZ_CHECK(!request->continuous || request->interval_ns > 0);
	FUZZ_CHECK(!request->has_timeout || request->timeout_ns >= 0);
	FUZZ_CHECK(request->resolve_ns >= 0);
	FUZZ_CHECK(!(request->protos >> PROTO_COUNT));
	FUZZ_CHECK(!request->has_warn || request->warn_pct <= 100);
	FUZZ_CHECK(!request->has_crit || request->crit_pct <= 100);
}

/* What --check and --wait are asked about. */
static void check_target(const char *text, size_t n, unsigned int bits)
{
	const struct ask_target_config config = {
		.protos = bits & 1 ? 1u << PROTO_UNIX : 1u << PROTO_TCP | 1u << PROTO_UDP,
		.inet4 = !(bits & 2),
		.inet6 = (bits & 2) || (bits & 4),
		.no_hosts = bits & 8,
		.no_services = bits & 16,
		.wide_wildcard = bits & 32,
		.world = &test_world,
	};
	struct ask_target target;
	struct ask_error error;
	int rc;

	memset(&target, 0, sizeof(target));
	rc = ask_target_parse(text, n, &config, &target, &error);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	if (rc < 0) {
		check_error(error.text, sizeof(error.text));
		return;
	}
	FUZZ_CHECK((target.name_kind != UNIX_UNNAMED) == (bits & 1));
	FUZZ_CHECK(target.name_len <= ASK_NAME_MAX && target.n_addrs <= ASK_ADDRS_MAX);
	FUZZ_CHECK((bits & 1) ||
		   (target.n_addrs > 0 && (target.ports[PROTO_TCP] || target.ports[PROTO_UDP])));
}

/* Each argument is a block of memory of its own. */
static void check_args(struct fuzz_input *input)
{
	char *argv[ARGS_MAX + 1] = { fuzz_string("lssock", 6) };
	const char *words[ARGS_MAX + 1];
	struct options_error error;
	struct request request;
	int argc = 1;

	while (argc < ARGS_MAX && fuzz_left(input) > 0) {
		size_t n = strnlen((const char *)input->at, fuzz_left(input)), got;

		argv[argc++] = fuzz_string(input->at, n);
		fuzz_take(input, n + 1, &got);
	}
	argv[argc] = NULL;
	options_name_limits(argc, argv);
	if (options_parse(argc, argv, words, &request, &error)) {
		check_request(&request, argc, argv);
		if (request.question == ASK_NOTHING)
			check_plan(&request);
	} else {
		check_error(error.text, sizeof(error.text));
	}
	for (int i = 0; i < argc; i++)
		free(argv[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	uint8_t what = fuzz_u8(&input);
	char *text;

	if (what % 4 == 0) {
		uint64_t max = what & 8 ? UINT16_MAX : what & 16 ? UINT32_MAX : UINT64_MAX;
		size_t n = fuzz_left(&input);

		text = fuzz_copy(input.at, n);
		check_numbers(text, n, max);
		free(text);
	} else if (what % 4 == 1) {
		text = fuzz_copy(input.at, fuzz_left(&input));
		check_target(text, fuzz_left(&input), what >> 2);
		free(text);
	} else {
		check_args(&input);
	}
	return 0;
}
