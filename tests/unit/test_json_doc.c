/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents: commas and brackets, numbers at their limits, any bytes as text, how the run is
 * told. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "base/report.h"
#include "guard.h"
#include "model/sock.h"
#include "output/data.h"
#include "output/json_doc.h"

static struct obuf out;
static struct json_doc doc;

static void begin(void)
{
	cr_assert_eq(obuf_init(&out, -1), 0);
	doc = (struct json_doc){ .out = &out };
}

static void end(void)
{
	obuf_free(&out);
}

static void check(const char *want)
{
	obuf_put_char(&out, '\0');
	cr_assert_eq(out.error, 0);
	cr_assert_str_eq(out.data, want);
	cr_assert_eq(out.len, strlen(want) + 1);
}

TestSuite(json_doc, .init = begin, .fini = end);

Test(json_doc, members_and_elements)
{
	json_doc_object(&doc, NULL);
	json_doc_uint(&doc, "a", 1);
	json_doc_array(&doc, "b");
	json_doc_uint(&doc, NULL, 2);
	json_doc_object(&doc, NULL);
	json_doc_end(&doc);
	json_doc_array(&doc, NULL);
	json_doc_end(&doc);
	json_doc_bool(&doc, NULL, true);
	json_doc_end(&doc);
	json_doc_object(&doc, "c");
	json_doc_null(&doc, "d");
	json_doc_bool(&doc, "e", false);
	json_doc_end(&doc);
	json_doc_end(&doc);
	check("{\"a\":1,\"b\":[2,{},[],true],\"c\":{\"d\":null,\"e\":false}}");
	cr_assert_eq(doc.depth, 0);
}

Test(json_doc, whole_numbers)
{
	json_doc_array(&doc, NULL);
	json_doc_uint(&doc, NULL, 0);
	json_doc_uint(&doc, NULL, UINT64_MAX);
	json_doc_int(&doc, NULL, 0);
	json_doc_int(&doc, NULL, -1);
	json_doc_int(&doc, NULL, INT64_MAX);
	json_doc_int(&doc, NULL, INT64_MIN);
	json_doc_end(&doc);
	check("[0,18446744073709551615,0,-1,9223372036854775807,-9223372036854775808]");
}

Test(json_doc, decimals)
{
	json_doc_array(&doc, NULL);
	json_doc_fixed(&doc, NULL, 1250, 2);
	json_doc_fixed(&doc, NULL, 5, 2);
	json_doc_fixed(&doc, NULL, 0, 3);
	json_doc_fixed(&doc, NULL, 100, 2);
	json_doc_fixed(&doc, NULL, 7, 0);
	json_doc_fixed(&doc, NULL, UINT64_MAX, 1);
	json_doc_fixed(&doc, NULL, UINT64_MAX, 19);
	json_doc_fixed(&doc, NULL, 1, 19);
	json_doc_end(&doc);
	check("[12.50,0.05,0.000,1.00,7,1844674407370955161.5,1.8446744073709551615,"
	      "0.0000000000000000001]");
}

Test(json_doc, texts)
{
	json_doc_object(&doc, NULL);
	json_doc_str(&doc, "plain", "a\"b\\c\n");
	json_doc_str(&doc, "null", NULL);
	json_doc_text(&doc, "utf8", guard_copy("\xc3\xa9", 2), 2);
	json_doc_text(&doc, "empty", NULL, 0);
	json_doc_text(&doc, "nul", guard_copy("a\0b", 3), 3);
	json_doc_end(&doc);
	check("{\"plain\":\"a\\\"b\\\\c\\u000a\",\"null\":null,\"utf8\":\"\xc3\xa9\",\"empty\":\"\","
	      "\"nul\":\"a\\u0000b\"}");
}

/* Bytes that are no UTF-8 are told twice, but for elements of arrays, which have no name. */
Test(json_doc, other_bytes)
{
	json_doc_object(&doc, NULL);
	json_doc_text(&doc, "path", guard_copy("a\xff", 2), 2);
	json_doc_array(&doc, "list");
	json_doc_text(&doc, NULL, guard_copy("\xfe", 1), 1);
	json_doc_end(&doc);
	json_doc_end(&doc);
	check("{\"path\":\"a\\\\xff\",\"path_hex\":\"61ff\",\"list\":[\"\\\\xfe\"]}");
}

Test(json_doc, keys_of_any_length_and_bytes)
{
	char key[201], want[900];

	memset(key, 'k', 200);
	key[200] = '\0';
	json_doc_object(&doc, NULL);
	json_doc_text(&doc, key, "\xff", 1);
	json_doc_uint(&doc, "a\"b", 1);
	json_doc_text(&doc, "c\"d", "\xff", 1);
	json_doc_end(&doc);
	snprintf(want, sizeof(want),
		 "{\"%s\":\"\\\\xff\",\"%s_hex\":\"ff\",\"a\\\"b\":1,\"c\\\"d\":\"\\\\xff\","
		 "\"c\\\"d_hex\":\"ff\"}",
		 key, key);
	check(want);
}

Test(json_doc, addresses)
{
	struct endpoint v4 = { .port = 7 }, v6 = { .port = 7 };

	cr_assert_eq(inet_pton(AF_INET, "192.0.2.1", &v4.addr), 1);
	cr_assert_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.addr), 1);
	json_doc_array(&doc, NULL);
	json_doc_addr(&doc, NULL, AF_INET, &v4);
	json_doc_addr(&doc, NULL, AF_INET6, &v6);
	json_doc_end(&doc);
	check("[\"192.0.2.1\",\"::ffff:192.0.2.1\"]");
}

/* A document that is too deep is never passed off as a whole one. */
Test(json_doc, depth)
{
	for (int i = 0; i < JSON_DOC_DEPTH; i++)
		json_doc_array(&doc, NULL);
	for (int i = 0; i < JSON_DOC_DEPTH; i++)
		json_doc_end(&doc);
	json_doc_end(&doc);
	check("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
	for (int i = 0; i <= JSON_DOC_DEPTH; i++)
		json_doc_array(&doc, NULL);
	cr_assert_eq(out.error, EOVERFLOW);
}

Test(json_doc, a_view_tells_its_run)
{
	const struct data_run run = { .host = "h\"", .netns = "net:[1]", .time_s = 86400 };

	json_doc_begin_view(&doc, &out, &run, "statistics", true);
	json_doc_uint(&doc, "n", 1);
	json_doc_end_view(&doc, &run);
	check("{\"schema_version\":1,\"time\":\"1970-01-02T00:00:00.000Z\",\"host\":\"h\\\"\","
	      "\"netns\":\"net:[1]\",\"view\":\"statistics\",\"filtered\":true,\"n\":1,"
	      "\"complete\":true,\"warnings\":[]}\n");
}

Test(json_doc, the_outcome_of_a_round)
{
	struct data_run run = { .time_s = 0 };
	struct report report;

	report_init(&report, -1);
	run.report = &report;
	report_begin_round(&report);
	report_add(&report, REPORT_NOTE, "a\tnote");
	json_doc_object(&doc, NULL);
	json_doc_outcome(&doc, &run);
	json_doc_end(&doc);
	report_add(&report, REPORT_PARTIAL, "lost");
	json_doc_object(&doc, NULL);
	json_doc_outcome(&doc, &run);
	json_doc_end(&doc);
	report_begin_round(&report);
	run.cut_short = true;
	json_doc_object(&doc, NULL);
	json_doc_run(&doc, &run);
	json_doc_outcome(&doc, &run);
	json_doc_end(&doc);
	check("{\"complete\":true,\"warnings\":[{\"level\":\"note\",\"message\":\"a\\u0009note\"}]}"
	      "{\"complete\":false,\"warnings\":[{\"level\":\"note\",\"message\":\"a\\u0009note\"},"
	      "{\"level\":\"partial\",\"message\":\"lost\"}]}"
	      "{\"schema_version\":1,\"time\":\"1970-01-01T00:00:00.000Z\",\"host\":null,"
	      "\"netns\":null,\"complete\":false,\"warnings\":[]}");
	report_free(&report);
}
