/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who held a closed socket, from sockets that were seen before. */
#include "look_memory.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "model/unit.h"

static struct look_memory memory;

static void end(void)
{
	look_memory_free(&memory);
}

TestSuite(look_memory, .fini = end);

static void set_addr(struct sock *row, const char *text)
{
	row->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	cr_assert_eq(inet_pton(row->family, text, row->local.addr.bytes), 1);
}

/* A socket that is there; pid 0: without an owner. */
static struct sock seen(uint64_t cookie, const char *addr, uint16_t port, struct owner *owner,
			uint32_t pid)
{
	struct sock row = {
		.has = SOCK_HAS_COOKIE | SOCK_HAS_INODE | SOCK_HAS_UID | SOCK_HAS_CGROUP,
		.proto = PROTO_TCP,
		.state = TCP_STATE_ESTABLISHED,
		.local.port = port,
		.cookie = cookie,
		.inode = 1000 + cookie,
		.uid = 33,
		.cgroup_id = 5,
	};

	*owner = (struct owner){ .pid = pid, .fd = 7, .program = "nginx" };
	row.owners = owner;
	row.n_owners = pid != 0;
	set_addr(&row, addr);
	return row;
}

static struct sock listener(uint64_t cookie, const char *addr, uint16_t port, struct owner *owner,
			    uint32_t pid)
{
	struct sock row = seen(cookie, addr, port, owner, pid);

	row.state = TCP_STATE_LISTEN;
	row.listening = true;
	return row;
}

/* One that is closed. */
static struct sock closed(uint64_t cookie, const char *addr, uint16_t port)
{
	struct sock row = {
		.has = SOCK_HAS_COOKIE,
		.proto = PROTO_TCP,
		.local.port = port,
		.remote.port = 4711,
		.cookie = cookie,
	};

	set_addr(&row, addr);
	return row;
}

static void add(const struct sock *row)
{
	cr_assert_eq(look_memory_add(&memory, row, 1), 0);
}

/* Everything is copied: what the rows borrowed is gone by then. */
Test(look_memory, by_cookie)
{
	static const char path[] = "/system.slice/nginx.service";
	char program[] = "nginx", user[] = "www-data", cgroup[sizeof(path)];
	char cmdline[] = "nginx\0-g\0daemon off;";
	struct owner owner;
	struct unit unit;
	struct sock row = seen(1, "10.0.0.1", 80, &owner, 42), found = closed(1, "10.0.0.1", 80);

	memcpy(cgroup, path, sizeof(path));
	unit_parse(cgroup, strlen(cgroup), &unit);
	owner.program = program;
	owner.cmdline = cmdline;
	owner.cmdline_len = sizeof(cmdline);
	row.user = user;
	row.cgroup = cgroup;
	row.unit = &unit;
	add(&row);
	memset(program, 'X', sizeof(program));
	memset(cmdline, 'X', sizeof(cmdline));
	memset(user, 'X', sizeof(user));
	memset(cgroup, 'X', sizeof(cgroup));
	memset(&unit, 0xaa, sizeof(unit));
	memset(&owner, 0xaa, sizeof(owner));

	cr_assert(look_memory_find(&memory, &found));
	cr_assert_eq(found.inode, 1001);
	cr_assert_eq(found.uid, 33);
	cr_assert_eq(found.cgroup_id, 5);
	cr_assert_eq(found.has, SOCK_HAS_COOKIE | SOCK_HAS_INODE | SOCK_HAS_UID | SOCK_HAS_CGROUP);
	cr_assert_eq(found.n_owners, 1);
	cr_assert_eq(found.owners[0].pid, 42);
	cr_assert_eq(found.owners[0].fd, 7);
	cr_assert_str_eq(found.owners[0].program, "nginx");
	cr_assert_eq(memcmp(found.owners[0].cmdline, "nginx\0-g\0daemon off;", 21), 0);
	cr_assert_str_eq(found.user, "www-data");
	cr_assert_str_eq(found.cgroup, path);
	cr_assert_eq(found.unit->name_len, strlen("nginx.service"));
	cr_assert_eq(memcmp(found.unit->name, "nginx.service", found.unit->name_len), 0);

	found = closed(2, "10.0.0.1", 80);
	cr_assert_not(look_memory_find(&memory, &found));
	cr_assert_eq(found.has, SOCK_HAS_COOKIE);
	cr_assert_not(look_memory_find_listener(&memory, &found));
}

Test(look_memory, what_was_accepted_is_the_listeners)
{
	struct owner owner;
	struct sock row = listener(1, "10.0.0.1", 80, &owner, 42);
	struct sock found = closed(9, "10.0.0.1", 80);

	add(&row);
	cr_assert(look_memory_find_listener(&memory, &found));
	cr_assert_eq(found.owners[0].pid, 42);
	cr_assert_eq(found.uid, 33);
	/* This is not. */
	cr_assert_not(found.has & SOCK_HAS_INODE);
	/* Its own are as they were. */
	found = closed(1, "10.0.0.1", 80);
	cr_assert(look_memory_find(&memory, &found));
	cr_assert_eq(found.owners[0].fd, 7);

	found = closed(9, "10.0.0.2", 80);
	cr_assert_not(look_memory_find_listener(&memory, &found));
	found = closed(9, "10.0.0.1", 81);
	cr_assert_not(look_memory_find_listener(&memory, &found));
}

Test(look_memory, wildcards)
{
	struct owner owner;
	struct sock four = listener(1, "0.0.0.0", 80, &owner, 42), six, found;

	add(&four);
	found = closed(9, "10.0.0.1", 80);
	cr_assert(look_memory_find_listener(&memory, &found));
	found = closed(9, "::ffff:10.0.0.1", 80);
	cr_assert(look_memory_find_listener(&memory, &found));
	found = closed(9, "2001:db8::1", 80);
	cr_assert_not(look_memory_find_listener(&memory, &found));

	six = listener(2, "::", 81, &owner, 43);
	six.has |= SOCK_HAS_V6ONLY;
	add(&six);
	found = closed(9, "10.0.0.1", 81);
	cr_assert(look_memory_find_listener(&memory, &found));
	found = closed(9, "2001:db8::1", 81);
	cr_assert(look_memory_find_listener(&memory, &found));

	six = listener(3, "::", 82, &owner, 44);
	six.has |= SOCK_HAS_V6ONLY;
	six.v6only = true;
	add(&six);
	found = closed(9, "10.0.0.1", 82);
	cr_assert_not(look_memory_find_listener(&memory, &found));
	found = closed(9, "2001:db8::1", 82);
	cr_assert(look_memory_find_listener(&memory, &found));
}

/* SO_REUSEPORT: nobody knows which of them accepted it. */
Test(look_memory, several_listeners_at_one_place)
{
	struct owner owner;
	struct sock row = listener(1, "10.0.0.1", 80, &owner, 42), found;

	row.cgroup = "/a.service";
	add(&row);
	row = listener(2, "10.0.0.1", 80, &owner, 42);
	row.cgroup = "/a.service";
	add(&row);
	found = closed(9, "10.0.0.1", 80);
	cr_assert(look_memory_find_listener(&memory, &found));
	cr_assert_eq(found.owners[0].pid, 42);
	cr_assert_not(found.owners_hidden);

	row = listener(3, "10.0.0.1", 80, &owner, 43);
	row.cgroup = "/a.service";
	add(&row);
	found = closed(9, "10.0.0.1", 80);
	cr_assert(look_memory_find_listener(&memory, &found));
	cr_assert_eq(found.n_owners, 0);
	cr_assert(found.owners_hidden);
	cr_assert_eq(found.uid, 33);
	cr_assert_str_eq(found.cgroup, "/a.service");

	row = listener(4, "10.0.0.1", 80, &owner, 44);
	row.uid = 34;
	row.cgroup_id = 6;
	row.cgroup = "/b.service";
	add(&row);
	found = closed(9, "10.0.0.1", 80);
	cr_assert(look_memory_find_listener(&memory, &found));
	cr_assert_not(found.has & (SOCK_HAS_UID | SOCK_HAS_CGROUP));
	cr_assert_null(found.cgroup);
	cr_assert_null(found.unit);
}

/* A server that has let each of its workers have a listener of its own. */
Test(look_memory, listeners_that_share_the_first_of_their_owners)
{
	struct owner owners[2];
	struct sock row = listener(1, "10.0.0.1", 80, &owners[0], 42), found;

	owners[1] = owners[0];
	owners[1].pid = 100;
	row.n_owners = 2;
	add(&row);
	row.cookie = 2;
	row.inode = 1002;
	add(&row);
	found = closed(9, "10.0.0.1", 80);
	cr_assert(look_memory_find_listener(&memory, &found));
	cr_assert_eq(found.n_owners, 2);

	owners[1].pid = 101;
	row.cookie = 3;
	add(&row);
	found = closed(9, "10.0.0.1", 80);
	cr_assert(look_memory_find_listener(&memory, &found));
	cr_assert_eq(found.n_owners, 0);
	cr_assert(found.owners_hidden);
}

/* Connections come and go, but those to the same service are mostly the same program's. */
Test(look_memory, same_peer)
{
	struct owner owner;
	struct sock row = seen(1, "10.0.0.1", 50000, &owner, 42);
	struct sock found = closed(9, "10.0.0.1", 50001);

	row.remote.port = 5432;
	row.remote.addr.bytes[0] = 10;
	add(&row);
	cr_assert_not(look_memory_find_peer(&memory, &found), "another port and address");
	found.remote = row.remote;
	cr_assert(look_memory_find_peer(&memory, &found));
	cr_assert_eq(found.owners[0].pid, 42);
	cr_assert_not(found.has & SOCK_HAS_INODE);
	found = closed(9, "10.0.0.1", 50001);
	found.remote = row.remote;
	found.proto = PROTO_UDP;
	cr_assert_not(look_memory_find_peer(&memory, &found), "another protocol");
	found = closed(9, "10.0.0.1", 5432);
	cr_assert_not(look_memory_find_listener(&memory, &found), "nobody listens there");

	row = seen(2, "10.0.0.1", 50002, &owner, 43);
	row.remote.port = 5432;
	row.remote.addr.bytes[0] = 10;
	add(&row);
	found = closed(9, "10.0.0.1", 50001);
	found.remote = row.remote;
	cr_assert(look_memory_find_peer(&memory, &found));
	cr_assert_eq(found.n_owners, 0);
	cr_assert(found.owners_hidden);
	cr_assert_eq(found.uid, 33);
}

Test(look_memory, is_bounded)
{
	struct owner owner;
	struct sock row, found;

	for (uint64_t i = 1; i <= 2 * LOOK_MEMORY_PLACES && !memory.full; i++) {
		row = seen(i, "10.0.0.1", 80, &owner, 42);
		row.remote.port = (uint16_t)(i % 2 ? i % 60000 + 1 : 0);
		add(&row);
	}
	cr_assert(memory.full);
	cr_assert_leq(memory.n, LOOK_MEMORY_PLACES);
	found = closed(1, "10.0.0.1", 80);
	cr_assert(look_memory_find(&memory, &found));
	cr_assert_eq(found.inode, 1001);

	look_memory_clear(&memory);
	cr_assert_not(memory.full);
	cr_assert_not(look_memory_find(&memory, &found));
}

/* Names that differ for every socket, as long as can be. */
Test(look_memory, texts_are_bounded)
{
	static char cmdline[4097];
	struct owner owner;
	struct sock row;

	memset(cmdline, 'a', sizeof(cmdline) - 1);
	for (uint64_t i = 1; i <= LOOK_MEMORY_PLACES && !memory.full; i++) {
		row = seen(i, "10.0.0.1", 80, &owner, 42);
		snprintf(cmdline, 16, "%015llu", (unsigned long long)i);
		cmdline[15] = 'a';
		owner.cmdline = cmdline;
		owner.cmdline_len = sizeof(cmdline);
		add(&row);
	}
	cr_assert(memory.full);
	cr_assert_leq(memory.text_bytes, LOOK_MEMORY_BYTES + 8192);
}

Test(look_memory, without_a_cookie_there_is_nothing_to_find)
{
	struct owner owner;
	struct sock row = seen(0, "10.0.0.1", 80, &owner, 42), found = closed(0, "10.0.0.1", 80);

	row.has &= ~(uint32_t)SOCK_HAS_COOKIE;
	add(&row);
	cr_assert_eq(memory.n, 0);
	cr_assert_not(look_memory_find(&memory, &found));
}
