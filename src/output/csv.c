/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CSV. Text is escaped before it gets here, so that no record has more than one line. Nothing is
 * done about readers that take a field beginning with '=' for a formula: data stays what it is.
 */
#include "output/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/obuf.h"
#include "output/field_text.h"

struct csv {
	struct writer writer;
	const struct field *const *fields;
	size_t n_fields;
	struct obuf *out;
	bool headed; /* the header is written, or not wanted */
};

/* Blanks at the ends are quoted for readers that would drop them. */
static bool needs_quotes(const char *text, size_t n)
{
	if (n == 0 || text[0] == ' ' || text[n - 1] == ' ')
		return true;
	return memchr(text, ',', n) || memchr(text, '"', n);
}

/* Puts quotes around what was appended since start, and doubles those inside. */
static void quote(struct obuf *out, size_t start)
{
	size_t n = out->len - start, more = 2;
	char *from, *to;

	for (size_t i = start; i < out->len; i++)
		more += out->data[i] == '"';
	if (obuf_reserve(out, more) < 0)
		return;
	from = out->data + out->len;
	out->len += more;
	to = out->data + out->len;
	*--to = '"';
	while (n-- > 0) {
		*--to = *--from;
		if (*to == '"')
			*--to = '"';
	}
	*--to = '"';
}

void csv_end_field(struct obuf *out, size_t start)
{
	if (!out->error && needs_quotes(out->data + start, out->len - start))
		quote(out, start);
}

static void put_field(struct csv *csv, const struct field *field, const struct sock *sock)
{
	struct obuf *out = csv->out;
	size_t start = out->len;
	bool known = field_text_put_data(out, field, sock);

	/* A line without a byte would be no record to many readers. */
	if (known || csv->n_fields == 1)
		csv_end_field(out, start);
}

static void put_header(struct csv *csv)
{
	if (csv->headed)
		return;
	csv->headed = true;
	for (size_t i = 0; i < csv->n_fields; i++) {
		if (i > 0)
			obuf_put_char(csv->out, ',');
		obuf_put_str(csv->out, csv->fields[i]->name);
	}
	obuf_put(csv->out, "\r\n", 2);
}

static int csv_begin(struct writer *writer, enum section section)
{
	struct csv *csv = (struct csv *)writer;

	(void)section;
	put_header(csv);
	return obuf_end_row(csv->out);
}

static void put_record(struct csv *csv, const struct sock *row)
{
	for (size_t i = 0; i < csv->n_fields; i++) {
		if (i > 0)
			obuf_put_char(csv->out, ',');
		put_field(csv, csv->fields[i], row);
	}
	obuf_put(csv->out, "\r\n", 2);
}

static int csv_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct csv *csv = (struct csv *)writer;

	for (size_t i = 0; i < n; i++) {
		int err;

		put_record(csv, &rows[i]);
		err = obuf_end_row(csv->out);
		if (err < 0)
			return err;
	}
	return 0;
}

static int csv_format(const struct writer *writer, struct obuf *text, const struct sock *rows,
		      size_t n)
{
	struct csv csv = *(const struct csv *)writer;

	csv.out = text;
	for (size_t i = 0; i < n; i++)
		put_record(&csv, &rows[i]);
	return -text->error;
}

static int csv_put(struct writer *writer, struct obuf *text)
{
	return obuf_move_rows(((struct csv *)writer)->out, text, 0);
}

static int csv_end(struct writer *writer)
{
	struct csv *csv = (struct csv *)writer;

	put_header(csv);
	return obuf_flush(csv->out);
}

static void csv_free(struct writer *writer)
{
	free(writer);
}

struct writer *csv_new(const struct field *const *fields, size_t n_fields, bool no_header,
		       struct obuf *out)
{
	struct csv *csv = calloc(1, sizeof(*csv));

	if (!csv)
		return NULL;
	*csv = (struct csv){
		.writer = { .begin = csv_begin,
			    .rows = csv_rows,
			    .end = csv_end,
			    .free = csv_free,
			    .format = csv_format,
			    .put = csv_put },
		.fields = fields,
		.n_fields = n_fields,
		.out = out,
		.headed = no_header,
	};
	return &csv->writer;
}
