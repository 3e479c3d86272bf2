/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records the machine (the network namespace) it runs in: record DIRECTORY. machine.h tells what a
 * recording holds. Only processes that hold a recorded socket are kept, and of their descriptors
 * only those sockets: the rest is nobody's business. Names are not recorded; write them by hand.
 *
 * Has its own plain netlink code, so that a recording shows what the kernel said and not what the
 * program under test makes of it. Known limit: for little-endian machines.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tipc_netlink.h>
#include <linux/unix_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record_tables.h"

/* The files, and the word of a line that is the inode where sock_diag may not know the table. */
static const struct {
	const char *path;
	int inode_word;
} proc_files[] = {
	{ "net/tcp", 0 },     { "net/tcp6", 0 },      { "net/udp", 0 },          { "net/udp6", 0 },
	{ "net/udplite", 9 }, { "net/udplite6", 9 },  { "net/raw", 9 },          { "net/raw6", 9 },
	{ "net/unix", 0 },    { "net/sctp/eps", 7 },  { "net/sctp/assocs", 10 }, { "net/icmp", 9 },
	{ "net/icmp6", 9 },   { "net/packet", 8 },    { "net/netlink", 9 },      { "net/pfkey", 5 },
	{ "net/kcm", 0 },     { "net/protocols", 0 }, { "net/sctp/remaddr", 0 },
};

/* Where in the recording; every path below is relative to it. */
static int out_dir;

static struct {
	uint32_t *list;
	size_t n;
} inodes;

static void fail(const char *what)
{
	fprintf(stderr, "record: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_dir(const char *path)
{
	if (mkdirat(out_dir, path, 0777) < 0 && errno != EEXIST)
		fail(path);
}

static FILE *make_file(const char *path)
{
	int fd = openat(out_dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		fail(path);
	return file;
}

static void keep_inode(uint32_t inode)
{
	uint32_t *list = reallocarray(inodes.list, inodes.n + 1, sizeof(*list));

	if (!list)
		fail("inodes");
	inodes.list = list;
	inodes.list[inodes.n++] = inode;
}

static bool is_kept_inode(uint32_t inode)
{
	for (size_t i = 0; i < inodes.n; i++)
		if (inodes.list[i] == inode)
			return inode != 0;
	return false;
}

static void keep_inode_of_line(char *line, int word)
{
	char *rest = line, *text = NULL;

	for (int i = 0; i <= word; i++)
		text = strtok_r(i ? NULL : line, " ", &rest);
	if (text && isdigit((unsigned char)*text))
		keep_inode((uint32_t)strtoul(text, NULL, 10));
}

/* Copies a file below /proc, if there is one, and keeps the inodes that stand in that word. */
static void copy_file(const char *path, int inode_word)
{
	char from[300], to[300], *line = NULL;
	size_t cap = 0;
	FILE *in, *out;

	snprintf(from, sizeof(from), "/proc/%s", path);
	snprintf(to, sizeof(to), "proc/%s", path);
	in = fopen(from, "re");
	if (!in)
		return;
	out = make_file(to);
	for (ssize_t n; (n = getline(&line, &cap, in)) > 0;) {
		fwrite(line, 1, (size_t)n, out);
		if (inode_word)
			keep_inode_of_line(line, inode_word);
	}
	free(line);
	fclose(in);
	if (fclose(out) != 0)
		fail(to);
}

/* Writes n bytes in groups, then what they are. */
static void put_bytes(FILE *out, const uint8_t *data, size_t n, size_t group, const char *what)
{
	for (size_t i = 0; i < n; i++) {
		if (i % 32 == 0)
			fputs(i ? "\n  " : "  ", out);
		else if (group && i % group == 0)
			fputc(' ', out);
		fprintf(out, "%02x", data[i]);
	}
	if (n)
		fprintf(out, "  # %s\n", what);
}

static void put_inet(FILE *out, const uint8_t *data, struct inet_diag_msg *msg)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];

	inet_ntop(msg->idiag_family, msg->id.idiag_src, local, sizeof(local));
	inet_ntop(msg->idiag_family, msg->id.idiag_dst, remote, sizeof(remote));
	fprintf(out, "  # state %u, %s port %u, %s port %u, inode %u\n", msg->idiag_state, local,
		ntohs(msg->id.idiag_sport), remote, ntohs(msg->id.idiag_dport), msg->idiag_inode);
	put_bytes(out, data, 4, 1, "family, state, timer, retransmits");
	put_bytes(out, data + 4, 4, 2, "ports");
	put_bytes(out, data + 8, 16, 4, "local address");
	put_bytes(out, data + 24, 16, 4, "remote address");
	put_bytes(out, data + 40, 12, 4, "interface, cookie");
	put_bytes(out, data + 52, 20, 4, "expires, rqueue, wqueue, uid, inode");
	keep_inode(msg->idiag_inode);
}

static void put_unix(FILE *out, const uint8_t *data, const struct unix_diag_msg *msg)
{
	fprintf(out, "  # type %u, state %u, inode %u\n", msg->udiag_type, msg->udiag_state,
		msg->udiag_ino);
	put_bytes(out, data, 4, 1, "family, type, state, pad");
	put_bytes(out, data + 4, 4, 4, "inode");
	put_bytes(out, data + 8, 8, 4, "cookie");
	keep_inode(msg->udiag_ino);
}

static void put_attributes(FILE *out, const uint8_t *data, size_t n)
{
	while (n >= NLA_HDRLEN) {
		struct nlattr attr;
		char what[32];
		size_t len;

		memcpy(&attr, data, sizeof(attr));
		len = NLA_ALIGN((size_t)attr.nla_len);
		if (attr.nla_len < NLA_HDRLEN || len > n)
			len = n;
		snprintf(what, sizeof(what), "attribute %u", attr.nla_type);
		put_bytes(out, data, len, 4, what);
		data += len;
		n -= len;
	}
	put_bytes(out, data, n, 1, "left over");
}

/* The inode of a TIPC socket is an attribute inside its only one. */
static void put_tipc_inode(FILE *out, const uint8_t *data, size_t n)
{
	for (size_t at = NLA_HDRLEN; at + NLA_HDRLEN + sizeof(uint32_t) <= n;) {
		struct nlattr attr;
		uint32_t inode;

		memcpy(&attr, data + at, sizeof(attr));
		memcpy(&inode, data + at + NLA_HDRLEN, sizeof(inode));
		if (attr.nla_type == TIPC_NLA_SOCK_INO) {
			fprintf(out, "  # inode %u\n", inode);
			keep_inode(inode);
		}
		at += NLA_ALIGN((size_t)attr.nla_len < NLA_HDRLEN ? NLA_HDRLEN : attr.nla_len);
	}
}

/* A message of a table that has no lines of its own above. */
static void put_other(FILE *out, const struct record_table *table, const uint8_t *data)
{
	uint32_t inode = 0;

	if (table->inode_at) {
		memcpy(&inode, data + table->inode_at, sizeof(inode));
		fprintf(out, "  # inode %u\n", inode);
		keep_inode(inode);
	}
	put_bytes(out, data, table->body, 4, "fixed part");
}

static void put_message(FILE *out, const struct record_table *table, uint8_t *data, size_t n)
{
	struct nlmsghdr head;
	struct inet_diag_msg inet;
	struct unix_diag_msg local;

	memcpy(&head, data, sizeof(head));
	memset(data + offsetof(struct nlmsghdr, nlmsg_seq), 0, 8);
	n -= NLMSG_HDRLEN;
	if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || n < table->body) {
		put_bytes(out, data, n + NLMSG_HDRLEN, 4, "another message");
		return;
	}
	put_bytes(out, data, NLMSG_HDRLEN, 4, "length, type and flags, 0, 0");
	data += NLMSG_HDRLEN;
	if (table->family == AF_UNIX) {
		memcpy(&local, data, sizeof(local));
		put_unix(out, data, &local);
	} else if (table->family == AF_INET || table->family == AF_INET6) {
		memcpy(&inet, data, sizeof(inet));
		put_inet(out, data, &inet);
	} else {
		put_other(out, table, data);
	}
	if (table->family == AF_TIPC)
		put_tipc_inode(out, data, n);
	put_attributes(out, data + table->body, n - table->body);
}

/* Writes one datagram. Returns whether it was the last one. */
static bool put_datagram(FILE *out, const struct record_table *table, uint8_t *data, size_t n)
{
	bool begun = false;

	while (n >= NLMSG_HDRLEN) {
		struct nlmsghdr head;
		int number = 0;
		size_t len;

		memcpy(&head, data, sizeof(head));
		len = NLMSG_ALIGN((size_t)head.nlmsg_len);
		if (head.nlmsg_len < NLMSG_HDRLEN || len > n)
			break;
		if (n >= NLMSG_HDRLEN + 4)
			memcpy(&number, data + NLMSG_HDRLEN, 4);
		if (head.nlmsg_type == NLMSG_ERROR || head.nlmsg_type == NLMSG_DONE) {
			fprintf(out, "%s %d\n", head.nlmsg_type == NLMSG_DONE ? "done" : "errno",
				number);
			return true;
		}
		if (!begun)
			fputs("datagram\n", out);
		begun = true;
		put_message(out, table, data, len);
		data += len;
		n -= len;
	}
	return n > 0;
}

static void record_table(const struct record_table *table)
{
	static uint8_t buf[65536];
	int link = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	alignas(struct nlmsghdr) uint8_t request[RECORD_REQUEST_MAX];
	char path[32];
	FILE *out;
	bool last = false;

	if (link < 0)
		fail("netlink");
	snprintf(path, sizeof(path), "diag/%s", table->name);
	out = make_file(path);
	if (send(link, request, record_request(table, request), 0) < 0)
		fail("send");
	while (!last) {
		ssize_t n = recv(link, buf, sizeof(buf), 0);

		if (n < 0)
			fail(path);
		last = put_datagram(out, table, buf, (size_t)n);
	}
	close(link);
	if (fclose(out) != 0)
		fail(path);
}

/* Records the descriptors of a process that are recorded sockets. Returns how many. */
static int record_links(FILE *links, const char *pid)
{
	char path[300];
	DIR *dir;
	int kept = 0;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		char target[256];
		unsigned int inode;
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		if (sscanf(target, "socket:[%u]", &inode) != 1 || !is_kept_inode(inode))
			continue;
		fprintf(links, "%s/fd/%s %s\n", pid, entry->d_name, target);
		kept++;
	}
	if (dir)
		closedir(dir);
	return kept;
}

static void record_processes(void)
{
	FILE *links = make_file("links");
	DIR *dir = opendir("/proc");
	char path[300];

	if (!dir)
		fail("/proc");
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    record_links(links, entry->d_name) == 0)
			continue;
		snprintf(path, sizeof(path), "proc/%s", entry->d_name);
		make_dir(path);
		snprintf(path, sizeof(path), "%s/comm", entry->d_name);
		copy_file(path, 0);
	}
	closedir(dir);
	if (fclose(links) != 0)
		fail("links");
}

static void record_interfaces(void)
{
	FILE *out = make_file("interfaces");
	struct if_nameindex *list = if_nameindex();

	for (size_t i = 0; list && list[i].if_index; i++)
		fprintf(out, "%u %s\n", list[i].if_index, list[i].if_name);
	if_freenameindex(list);
	if (fclose(out) != 0)
		fail("interfaces");
}

int main(int argc, char *argv[])
{
	static const char *const dirs[] = { "diag", "proc", "proc/net", "proc/net/sctp" };

	if (argc != 2) {
		fprintf(stderr, "usage: record DIRECTORY\n");
		return 2;
	}
	if (mkdir(argv[1], 0777) < 0 && errno != EEXIST)
		fail(argv[1]);
	out_dir = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (out_dir < 0)
		fail(argv[1]);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		make_dir(dirs[i]);
	for (size_t i = 0; i < record_tables_n; i++)
		record_table(&record_tables[i]);
	for (size_t i = 0; i < sizeof(proc_files) / sizeof(*proc_files); i++)
		copy_file(proc_files[i].path, proc_files[i].inode_word);
	record_processes();
	record_interfaces();
	unlinkat(out_dir, "proc/net/sctp", AT_REMOVEDIR);
	return 0;
}
