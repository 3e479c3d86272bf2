/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a baseline: what they say, and that everything else is refused in one line. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "guard.h"
#include "model/proto.h"
#include "view/baseline.h"

static struct baseline_line line;
static char error[200];

static int parse(const char *text, size_t len)
{
	memset(&line, 0xa5, sizeof(line));
	error[0] = '\0';
	return baseline_parse(guard_copy(text, len), len, &line, error, sizeof(error));
}

static const char *str(const struct baseline_text *text)
{
	return text->text ? text->text : "(none)";
}

/* All that a line says, in one text. */
static const char *said(const char *text)
{
	static char out[600];
	char addr[INET6_ADDRSTRLEN] = "*";

	if (parse(text, strlen(text)) < 0)
		return "refused";
	if (line.blank)
		return "blank";
	if (line.proto != PROTO_UNIX && !line.any_addr)
		inet_ntop(line.family, &line.addr, addr, sizeof(addr));
	snprintf(out, sizeof(out), "%s%s %d %s%%%s %u-%u %s%s prog %s unit %s user %s",
		 line.optional ? "? " : "", proto_row(line.proto)->name, line.family, addr,
		 str(&line.interface), line.low, line.high, line.abstract ? "@" : "",
		 str(&line.name), str(&line.program), str(&line.unit), str(&line.user));
	return out;
}

Test(baseline, what_lines_say)
{
	cr_assert_str_eq(said(""), "blank");
	cr_assert_str_eq(said(" \t\r"), "blank");
	cr_assert_str_eq(said("  # tcp foo"), "blank");
	cr_assert_str_eq(said("tcp 0.0.0.0:22 sshd"),
			 "tcp 2 0.0.0.0%(none) 22-22 (none) prog sshd unit (none) user (none)");
	cr_assert_str_eq(
		said("tcp6\t[::]:443\t*\tunit=a.service user=www-data # web\r"),
		"tcp 10 ::%(none) 443-443 (none) prog (none) unit a.service user www-data");
	cr_assert_str_eq(said("tcp [fe80::1%eth0]:80"),
			 "tcp 10 fe80::1%eth0 80-80 (none) prog (none) unit (none) user (none)");
	cr_assert_str_eq(said("? udp *:1-65535 user=0"),
			 "? udp 0 *%(none) 1-65535 (none) prog (none) unit (none) user 0");
	cr_assert_str_eq(said("?udp 0.0.0.0%a\\x20b:68 two\\x20words"),
			 "? udp 2 0.0.0.0%a b 68-68 (none) prog two words unit (none) user (none)");
	cr_assert_str_eq(said("udplite6 *:5"),
			 "udpl 10 *%(none) 5-5 (none) prog (none) unit (none) user (none)");
	cr_assert_str_eq(said("unix /run/x\\\\y dbus#1"),
			 "unix 1 *%(none) 0-0 /run/x\\y prog dbus#1 unit (none) user (none)");
	cr_assert_str_eq(said("unix @"),
			 "unix 1 *%(none) 0-0 @ prog (none) unit (none) user (none)");
	cr_assert_eq(parse("unix @a\\x00b", strlen("unix @a\\x00b")), 0);
	cr_assert_eq(line.name.len, 3);
	cr_assert_eq(memcmp(line.name.text, "a\0b", 4), 0);
}

Test(baseline, what_is_refused)
{
	static const char *const wrong[] = {
		"tcp",
		"TCP 0.0.0.0:1",
		"raw 0.0.0.0:1",
		"tcp 0.0.0.0",
		"tcp 0.0.0.0:",
		"tcp 0.0.0.0:0",
		"tcp 0.0.0.0:1x",
		"tcp 0.0.0.0:1-",
		"tcp 0.0.0.0:2-1",
		"tcp 0.0.0.0:+1",
		"tcp 0.0.0.0:00000000000000000000000000000065536",
		"tcp :1",
		"tcp []:1",
		"tcp [::1]1",
		"tcp [:1",
		"tcp ::1:1",
		"tcp [1.2.3.4]:1",
		"tcp6 1.2.3.4:1",
		"tcp 1.2.3.4%:1",
		"tcp 1.2.3.4:1 a b",
		"tcp 1.2.3.4:1 unit=",
		"tcp 1.2.3.4:1 user=a user=b",
		"tcp 1.2.3.4:1 unit=a prog",
		"tcp 1.2.3.4:1 a\\",
		"tcp 1.2.3.4:1 a\\x4",
		"tcp 1.2.3.4:1 a\\n",
		"tcp 1.2.3.4:1 a\\x00b",
		"tcp 1.2.3.4:1 \x7f",
		"unix",
		"unix # x",
		"?",
		"? ?tcp 1.2.3.4:1",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(parse(wrong[i], strlen(wrong[i])), -EINVAL, "%s", wrong[i]);
		cr_assert_neq(error[0], '\0', "%s", wrong[i]);
		cr_assert_null(strchr(error, '\n'), "%s", wrong[i]);
	}
	cr_assert_eq(parse("tcp 0.0.0.0:1 a\0b", 17), -EINVAL);
}

Test(baseline, damage)
{
	static const char text[] =
		"? tcp [fe80::1%et\\x20h0]:1-2 two\\x20words unit=a.service user=0 # x";
	char damaged[sizeof(text)];

	for (size_t len = 0; len < sizeof(text); len++)
		parse(text, len);
	for (size_t bit = 0; bit < 8 * (sizeof(text) - 1); bit++) {
		memcpy(damaged, text, sizeof(text));
		damaged[bit / 8] = (char)(damaged[bit / 8] ^ 1 << bit % 8);
		if (parse(damaged, sizeof(text) - 1) < 0)
			cr_assert_neq(error[0], '\0');
	}
}

Test(baseline, the_longest_line)
{
	static char text[BASELINE_LINE_MAX + 2];

	memset(text, 'x', sizeof(text));
	memcpy(text, "unix /", 6);
	cr_assert_eq(parse(text, BASELINE_LINE_MAX), 0);
	cr_assert_eq(line.name.len, BASELINE_LINE_MAX - 5);
	cr_assert_eq(parse(text, BASELINE_LINE_MAX + 1), -EINVAL);
}
