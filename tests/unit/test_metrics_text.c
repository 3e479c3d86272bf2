/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view/metrics_text: families and samples in both syntaxes, labels out of any text. */
#include "data_rows.h"

#include "view/metrics_text.h"

static const struct metrics_family gauge = { "a_bytes", "bytes", "Some bytes.", false };
static const struct metrics_family counter = { "b", NULL, "Some events.", true };

static struct obuf out;

static struct metrics_text begin(bool old_syntax)
{
	cr_assert_eq(obuf_init(&out, -1), 0);
	return (struct metrics_text){ .out = &out, .old_syntax = old_syntax };
}

static void expect(const char *want)
{
	obuf_put_char(&out, '\0');
	cr_assert_str_eq(out.data, want);
	obuf_free(&out);
}

static void put_both(struct metrics_text *text)
{
	metrics_put(text, &gauge, 7);
	metrics_begin(text, &counter);
	metrics_sample_word(text, "side", "x", 1);
	metrics_sample_word(text, "side", "y", UINT64_MAX);
	metrics_end(text);
}

Test(metrics_text, openmetrics_names_a_counter_without_total)
{
	struct metrics_text text = begin(false);

	put_both(&text);
	expect("# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n# HELP a_bytes Some bytes.\n"
	       "a_bytes 7\n"
	       "# TYPE b counter\n# HELP b Some events.\n"
	       "b_total{side=\"x\"} 1\nb_total{side=\"y\"} 18446744073709551615\n"
	       "# EOF\n");
}

Test(metrics_text, the_older_syntax_names_it_with_total)
{
	struct metrics_text text = begin(true);

	put_both(&text);
	expect("# TYPE a_bytes gauge\n# HELP a_bytes Some bytes.\n"
	       "a_bytes 7\n"
	       "# TYPE b_total counter\n# HELP b_total Some events.\n"
	       "b_total{side=\"x\"} 1\nb_total{side=\"y\"} 18446744073709551615\n");
}

Test(metrics_text, a_family_without_samples_is_not_written)
{
	struct metrics_text text = begin(true);

	metrics_begin(&text, &gauge);
	metrics_begin(&text, &counter);
	expect("");
}

Test(metrics_text, decimals_are_all_there)
{
	static const struct metrics_family ratio = { "r", NULL, "A ratio.", false };
	const struct metrics_labels none = { 0 };
	struct metrics_text text = begin(true);

	metrics_begin(&text, &ratio);
	metrics_sample_fixed(&text, none, 5, 3);
	metrics_sample_fixed(&text, none, 1000, 3);
	metrics_sample_fixed(&text, none, 12345, 0);
	expect("# TYPE r gauge\n# HELP r A ratio.\nr 0.005\nr 1.000\nr 12345\n");
}

Test(metrics_text, labels_escape_what_would_end_them)
{
	static const struct metrics_family family = { "f", NULL, "F.", false };
	struct endpoint v6 = data_end("fe80::1", 0);
	struct metrics_text text = begin(true);
	struct obuf labels;

	v6.ifindex = 4;
	cr_assert_eq(obuf_init(&labels, -1), 0);
	metrics_label(&labels, "a", "q\"b\\s\nn\xc3\xa9", 9);
	metrics_label_uint(&labels, "b", 65535);
	metrics_label_addr(&labels, "c", AF_INET6, &v6);
	metrics_label_str(&labels, "d", "");
	metrics_begin(&text, &family);
	metrics_sample(&text, (struct metrics_labels){ labels.data, labels.len }, 1);
	obuf_free(&labels);
	expect("# TYPE f gauge\n# HELP f F.\n"
	       "f{a=\"q\\\"b\\\\s\\nn\xc3\xa9\",b=\"65535\",c=\"fe80::1%4\",d=\"\"} 1\n");
}
