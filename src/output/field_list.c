/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list-columns. */
#include "output/field_list.h"

#include <string.h>

#include "base/obuf.h"
#include "model/field.h"
#include "output/cells.h"

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

void field_list_put(struct obuf *out)
{
	size_t n;
	const struct field *rows = field_rows(&n);

	put_line(out, "Name", "Type", "Unit", "Root", "Meaning");
	for (size_t i = 0; i < n; i++)
		put_line(out, rows[i].name, field_type_name(rows[i].type),
			 field_unit_name(rows[i].unit), rows[i].root ? "root" : "-", rows[i].help);
}
