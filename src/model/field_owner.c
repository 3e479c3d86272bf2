/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of the processes that hold a socket: number i is that of its owner i. */
#include "model/field_get.h"

static const struct owner *owner_at(const struct sock *sock, uint32_t i)
{
	return i < sock->n_owners ? &sock->owners[i] : NULL;
}

static bool value_string(struct value *value, const char *text)
{
	return text && value_text(value, text, strlen(text), UNIX_UNNAMED);
}

static bool get_pid(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	const struct owner *owner = owner_at(sock, i);

	(void)field;
	return owner && value_number(value, owner->pid, true);
}

static bool get_program(const struct field *field, const struct sock *sock, uint32_t i,
			struct value *value)
{
	const struct owner *owner = owner_at(sock, i);

	(void)field;
	return owner && value_string(value, owner->program);
}

static bool get_fd(const struct field *field, const struct sock *sock, uint32_t i,
		   struct value *value)
{
	const struct owner *owner = owner_at(sock, i);

	(void)field;
	/* That of another socket says nothing of one that was likened to it. */
	if (sock->closing && sock->closing->holder_source != HOLDER_LAST_LOOK)
		return false;
	return owner && value_number(value, owner->fd, true);
}

static bool get_context(const struct field *field, const struct sock *sock, uint32_t i,
			struct value *value)
{
	const struct owner *owner = owner_at(sock, i);

	(void)field;
	return owner && value_string(value, owner->context);
}

static bool get_exe(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	const struct owner *owner = owner_at(sock, i);

	(void)field;
	return owner && value_string(value, owner->exe);
}

static bool get_cmdline(const struct field *field, const struct sock *sock, uint32_t i,
			struct value *value)
{
	const struct owner *owner = owner_at(sock, i);

	(void)field;
	return owner && value_text(value, owner->cmdline, owner->cmdline_len, UNIX_UNNAMED);
}

static bool get_start_time(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	const struct owner *owner = owner_at(sock, i);

	(void)field;
	return owner && value_number(value, owner->start_time, owner->start_time != 0);
}

/* The writer reads them from the socket. */
static bool get_owners(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	(void)value;
	return i == 0 && sock->n_owners > 0;
}

static bool get_owners_status(const struct field *field, const struct sock *sock, uint32_t i,
			      struct value *value)
{
	(void)field;
	if (sock->n_owners > 0)
		return i == 0 && value_word(value, "known");
	/* What has no inode no process can hold; of what is closed it is not told. */
	return i == 0 && value_word(value, sock->owners_hidden && (sock->closing ||
								   (sock->has & SOCK_HAS_INODE))
						   ? "hidden"
						   : "none");
}

static const struct field rows[] = {
	{ .name = "pid",
	  .title = "PID",
	  .get = get_pid,
	  .type = FIELD_UINT,
	  .right = true,
	  .many = true,
	  .root = true,
	  .needs = NEED_OWNERS,
	  .help = "number of the process that holds the socket" },
	{ .name = "program",
	  .title = "Program",
	  .get = get_program,
	  .type = FIELD_TEXT,
	  .many = true,
	  .stand_in = true,
	  .root = true,
	  .needs = NEED_OWNERS,
	  .help = "name of the process, as the kernel keeps it (15 bytes)" },
	{ .name = "fd",
	  .title = "FD",
	  .get = get_fd,
	  .type = FIELD_UINT,
	  .right = true,
	  .many = true,
	  .root = true,
	  .needs = NEED_OWNERS,
	  .help = "lowest descriptor by which the process holds the socket" },
	{ .name = "exe",
	  .title = "Exe",
	  .get = get_exe,
	  .type = FIELD_TEXT,
	  .many = true,
	  .root = true,
	  .needs = NEED_OWNERS | NEED_OWNER_DETAILS,
	  .help = "path of the program's file" },
	{ .name = "cmdline",
	  .title = "Cmdline",
	  .get = get_cmdline,
	  .type = FIELD_TEXT,
	  .many = true,
	  .root = true,
	  .needs = NEED_OWNERS | NEED_OWNER_DETAILS,
	  .help = "arguments of the process (the first 4096 bytes), each one ended by a NUL" },
	{ .name = "start_time",
	  .title = "Start-Time",
	  .get = get_start_time,
	  .type = FIELD_UINT,
	  .right = true,
	  .unit = UNIT_SECONDS,
	  .many = true,
	  .root = true,
	  .needs = NEED_OWNERS | NEED_OWNER_DETAILS | NEED_START_TIME,
	  .help = "when the process began: seconds since 1970-01-01 00:00 UTC" },
	{ .name = "context",
	  .title = "Context",
	  .get = get_context,
	  .type = FIELD_TEXT,
	  .many = true,
	  .root = true,
	  .needs = NEED_OWNERS | NEED_CONTEXT,
	  .help = "security context of the process" },
	{ .name = "owners",
	  .title = "Owners",
	  .get = get_owners,
	  .type = FIELD_OWNERS,
	  .stand_in = true,
	  .root = true,
	  .needs = NEED_OWNERS | NEED_ALL_OWNERS,
	  .help = "all processes that hold the socket" },
	{ .name = "owners_status",
	  .words = "known none hidden",
	  .title = "Owners-Status",
	  .get = get_owners_status,
	  .type = FIELD_WORD,
	  .needs = NEED_OWNERS,
	  .help = "known, none (no process holds the socket) or hidden (some processes could not be looked into)" },
};

const struct field *field_owner_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
