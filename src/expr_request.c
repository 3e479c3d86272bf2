/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the words of the command line to an expression. */
#include "expr_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/report.h"
#include "base/status.h"
#include "cli/request.h"
#include "expr_report.h"
#include "expr_world.h"
#include "model/proto.h"

/* The words of the expression in one text. NULL without memory. */
static char *join_words(const struct request *request)
{
	size_t len = 1;
	char *text, *at;

	for (size_t i = 0; i < request->n_words; i++)
		len += strlen(request->words[i]) + 1;
	text = at = malloc(len);
	for (size_t i = 0; text && i < request->n_words; i++) {
		if (i > 0)
			*at++ = ' ';
		at = stpcpy(at, request->words[i]);
	}
	if (text)
		*at = '\0';
	return text;
}

/* "--explain time-wait": an expression it is not. */
static bool is_state_to_explain(const struct request *request)
{
	return request->view == VIEW_EXPLAIN && !request->explain_state && request->n_words == 1 &&
	       tcp_state_find(request->words[0]);
}

int expr_request_parse(const struct expr_request *from, struct expr **expr)
{
	const struct request *request = from->request;
	bool only_unix = request->protos == 1u << PROTO_UNIX && !request->every_family &&
			 !request->inet4 && !request->inet6;
	struct expr_world world;
	struct expr_error error;
	char *text;
	int err;

	if (request->n_words == 0)
		return 0;
	if (is_state_to_explain(request)) {
		report_add(from->report, REPORT_NOTE,
			   "--explain takes the state in one word: --explain=%s",
			   request->words[0]);
		return STATUS_USAGE;
	}
	world = expr_world_of(from->surroundings, from->env, only_unix ? AF_UNIX : 0,
			      request->resolve_ns);
	if (request->all_netns) {
		world.many_netns = true;
		world.ifindex = NULL;
	}
	text = join_words(request);
	err = text ? expr_parse(text, strlen(text), &world, expr, &error) : -ENOMEM;
	if (err == -EINVAL && error.is_outage) {
		report_add(from->report, REPORT_FAILED, "expression: %s", error.message);
		err = -EIO;
	} else if (err == -EINVAL) {
		expr_report(from->report, text, &error);
		if (request->continuous && strspn(text, "0123456789.") == strlen(text))
			report_add(from->report, REPORT_NOTE, "for an interval write -c%s", text);
	} else if (err < 0) {
		report_add(from->report, REPORT_FAILED, "out of memory");
	}
	free(text);
	if (err == -EINVAL)
		return STATUS_USAGE;
	return err < 0 ? report_status(from->report) : 0;
}
