/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences in lines that fit. */
#include "view/wrapped.h"

#include <stdbool.h>
#include <string.h>

#include "base/obuf.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 100 };

static size_t fit_width(size_t width)
{
	if (width == 0)
		return WIDTH_DEFAULT;
	if (width < WIDTH_MIN)
		return WIDTH_MIN;
	return width > WIDTH_MAX ? WIDTH_MAX : width;
}

void wrapped_put(struct obuf *out, const char *text, size_t column, size_t indent, size_t width)
{
	bool first = true; /* in this line */

	width = fit_width(width);
	for (;;) {
		size_t n;

		text += strspn(text, " ");
		n = strcspn(text, " ");
		if (n == 0)
			break;
		if (!first && column + 1 + n > width) {
			obuf_put_char(out, '\n');
			obuf_put_blanks(out, indent);
			column = indent;
		} else if (!first) {
			obuf_put_char(out, ' ');
			column++;
		}
		obuf_put(out, text, n);
		column += n;
		text += n;
		first = false;
	}
	obuf_put_char(out, '\n');
}

void wrapped_put_labelled(struct obuf *out, const char *label, const char *text, size_t indent,
			  size_t width)
{
	size_t n = strlen(label);

	obuf_put(out, label, n);
	if (n < indent)
		obuf_put_blanks(out, indent - n);
	wrapped_put(out, text, n < indent ? indent : n, indent, width);
}
