/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list-columns. */
#include "output/field_list.h"

#include <string.h>

#include "base/obuf.h"
#include "model/field.h"
#include "output/cells.h"
#include "output/json_doc.h"

enum { NAME_WIDTH = 30, TYPE_WIDTH = 8, UNIT_WIDTH = 9, ROOT_WIDTH = 5 };

static void put_line(struct obuf *out, const char *name, const char *type, const char *unit,
		     const char *root, const char *help)
{
	cell_put(out, name, NAME_WIDTH);
	cell_put(out, type, TYPE_WIDTH);
	cell_put(out, *unit ? unit : "-", UNIT_WIDTH);
	cell_put(out, root, ROOT_WIDTH);
	obuf_put_str(out, help);
	obuf_put_char(out, '\n');
}

void field_list_put(struct obuf *out, bool with_head)
{
	size_t n;
	const struct field *rows = field_rows(&n);

	if (with_head)
		put_line(out, "Name", "Type", "Unit", "Root", "Meaning");
	for (size_t i = 0; i < n; i++)
		put_line(out, rows[i].name, field_type_name(rows[i].type),
			 field_unit_name(rows[i].unit), rows[i].root ? "root" : "-", rows[i].help);
}

static void put_words(struct json_doc *doc, const char *words)
{
	json_doc_array(doc, "words");
	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		json_doc_text(doc, NULL, at, n);
		at += n;
	}
	json_doc_end(doc);
}

static void put_object(struct json_doc *doc, const struct field *field)
{
	json_doc_object(doc, NULL);
	json_doc_str(doc, "name", field->name);
	json_doc_str(doc, "title", field->title);
	json_doc_str(doc, "type", field_type_name(field->type));
	json_doc_str(doc, "unit", field->unit == UNIT_NONE ? NULL : field_unit_name(field->unit));
	json_doc_bool(doc, "root", field->root);
	json_doc_str(doc, "meaning", field->help);
	if (field->words)
		put_words(doc, field->words);
	json_doc_end(doc);
}

void field_list_put_json(struct obuf *out)
{
	struct json_doc doc = { .out = out };
	size_t n;
	const struct field *rows = field_rows(&n);

	json_doc_object(&doc, NULL);
	json_doc_uint(&doc, "schema_version", FIELD_SCHEMA_VERSION);
	json_doc_array(&doc, "fields");
	for (size_t i = 0; i < n; i++)
		put_object(&doc, &rows[i]);
	json_doc_end(&doc);
	json_doc_end(&doc);
	obuf_put_char(out, '\n');
}
