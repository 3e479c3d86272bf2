/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of what only UNIX sockets have. */
#include "model/field_get.h"

static bool get_refcnt(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && value_number(value, sock->refcnt, sock->has & SOCK_HAS_REFCNT);
}

/* An abstract name may be empty and is a name all the same. */
static bool value_unix_name(struct value *value, const uint8_t *name, size_t len, uint8_t kind)
{
	if (kind != UNIX_PATHNAME && kind != UNIX_ABSTRACT)
		return false;
	return value_text(value, len ? (const void *)name : "", len, (enum unix_name_kind)kind);
}

static bool value_unix_kind(struct value *value, uint8_t kind)
{
	static const char *const words[] = {
		[UNIX_UNNAMED] = "unnamed",
		[UNIX_PATHNAME] = "path",
		[UNIX_ABSTRACT] = "abstract",
	};

	return kind < COUNT_OF(words) && value_word(value, words[kind]);
}

static bool get_path(const struct field *field, const struct sock *sock, uint32_t i,
		     struct value *value)
{
	(void)field;
	return i == 0 && value_unix_name(value, sock->name, sock->name_len, sock->name_kind);
}

static bool get_path_kind(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	(void)field;
	return i == 0 && sock->proto == PROTO_UNIX && value_unix_kind(value, sock->name_kind);
}

static bool get_peer_inode(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	(void)field;
	return i == 0 && (sock->has & SOCK_HAS_PEER) &&
	       value_number(value, sock->peer_inode, sock->peer_inode != 0);
}

static bool get_peer_path(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	(void)field;
	return i == 0 &&
	       value_unix_name(value, sock->peer_name, sock->peer_name_len, sock->peer_name_kind);
}

static bool get_peer_path_kind(const struct field *field, const struct sock *sock, uint32_t i,
			       struct value *value)
{
	(void)field;
	/* Unnamed also stands for unknown. */
	return i == 0 && sock->peer_name_kind != UNIX_UNNAMED &&
	       value_unix_kind(value, sock->peer_name_kind);
}

/* The kernel tells a device as its own dev_t: 12 bits of major and 20 bits of minor number. */
enum { DEVICE_MINOR_BITS = 20 };

static bool has_file(const struct sock *sock)
{
	return sock->facts && (sock->facts->has & FACT_VFS);
}

static bool get_path_major(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	(void)field;
	return i == 0 && has_file(sock) &&
	       value_number(value, sock->facts->vfs_device >> DEVICE_MINOR_BITS, true);
}

static bool get_path_minor(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	(void)field;
	return i == 0 && has_file(sock) &&
	       value_number(value, sock->facts->vfs_device & ((1u << DEVICE_MINOR_BITS) - 1), true);
}

static bool get_path_inode(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	(void)field;
	return i == 0 && has_file(sock) && value_number(value, sock->facts->vfs_inode, true);
}

#define NUMBER .type = FIELD_UINT, .right = true

static const struct field rows[] = {
	{ .name = "path",
	  .title = "Path",
	  .get = get_path,
	  .type = FIELD_TEXT,
	  .help = "UNIX: the name the socket is bound to" },
	{ .name = "path_kind",
	  .words = "path abstract unnamed",
	  .title = "Path-Kind",
	  .get = get_path_kind,
	  .type = FIELD_WORD,
	  .help = "UNIX: kind of the name: path (in the file system), abstract or unnamed" },
	{ .name = "peer_inode",
	  .title = "Peer-Inode",
	  .get = get_peer_inode,
	  NUMBER,
	  .help = "UNIX: inode of the socket at the other end" },
	{ .name = "peer_path",
	  .title = "Peer-Path",
	  .get = get_peer_path,
	  .type = FIELD_TEXT,
	  .needs = NEED_PEER_NAME,
	  .help = "UNIX: name of the socket at the other end" },
	{ .name = "peer_path_kind",
	  .words = "path abstract",
	  .title = "Peer-Path-Kind",
	  .get = get_peer_path_kind,
	  .type = FIELD_WORD,
	  .needs = NEED_PEER_NAME,
	  .help = "UNIX: kind of the other end's name: path or abstract" },
	{ .name = "path_major",
	  .title = "Path-Major",
	  .get = get_path_major,
	  NUMBER,
	  .needs = NEED_VFS | NEED_FACTS,
	  .help = "UNIX: major number of the device of the path's file" },
	{ .name = "path_minor",
	  .title = "Path-Minor",
	  .get = get_path_minor,
	  NUMBER,
	  .needs = NEED_VFS | NEED_FACTS,
	  .help = "UNIX: minor number of the device of the path's file" },
	{ .name = "path_inode",
	  .title = "Path-Inode",
	  .get = get_path_inode,
	  NUMBER,
	  .needs = NEED_VFS | NEED_FACTS,
	  .help = "UNIX: inode of the path's file" },
	{ .name = "refcnt",
	  .title = "RefCnt",
	  .get = get_refcnt,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  .needs = NEED_REFCNT,
	  .help = "UNIX: how many references the kernel counts" },
};

const struct field *field_unix_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
