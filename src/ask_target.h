/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --check and --wait are asked about: a port of some addresses or a UNIX socket's name, read
 * from the command line, and what a socket has to do with it.
 *
 *     PORT   :PORT   *:PORT   ADDRESS:PORT   [ADDRESS6]:PORT   [ADDRESS6%INTERFACE]:PORT HOST:PORT
 *
 * PORT is a number from 1 to 65535 or the name of a service, HOST stands for all of its addresses.
 * With -x the target is a path, byte for byte as it was bound, or @ and an abstract name.
 */
#ifndef LSSOCK_ASK_TARGET_H
#define LSSOCK_ASK_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/expr.h"
#include "model/sock.h"

enum {
	ASK_ADDRS_MAX = 64,    /* of one host name */
	ASK_NAME_MAX = 108,    /* sun_path; an abstract name has one byte less */
	ASK_TARGET_MAX = 1023, /* bytes of an Internet target */
};

/* An address that somebody may answer for. */
struct ask_addr {
	uint8_t family; /* AF_INET or AF_INET6; v4-mapped ones are folded into AF_INET */
	bool any;       /* every address of that family will do, and addr is nothing */
	union inet_addr addr;
	uint32_t ifindex; /* of the scope that was written; 0: none */
};

struct ask_target {
	uint8_t name_kind; /* enum unix_name_kind; UNIX_UNNAMED: it is an Internet target */
	uint16_t name_len;
	uint8_t name[ASK_NAME_MAX];
	uint16_t ports[PROTO_COUNT];          /* of each protocol asked for; 0: not asked for */
	struct ask_addr addrs[ASK_ADDRS_MAX]; /* one of them is enough */
	size_t n_addrs;
};

struct ask_target_config {
	uint32_t protos;    /* 1 << enum sock_proto; PROTO_UNIX alone, or others */
	bool inet4, inet6;  /* the families asked about: at least one, but with PROTO_UNIX */
	bool no_hosts;      /* names of hosts are refused */
	bool no_services;   /* names of services are refused */
	bool wide_wildcard; /* 0.0.0.0 and [::] mean every address of their family, not only a
			       socket that has all of them */
	const struct expr_world *world; /* for names */
};

struct ask_error {
	char text[240]; /* one line, not escaped */
	bool is_outage; /* the target may be right: a name could not be looked up */
};

/* Reads a target of len bytes, any bytes. Returns 0, or -EINVAL and *error. Pure but for the world.
 */
int ask_target_parse(const char *text, size_t len, const struct ask_target_config *config,
		     struct ask_target *target, struct ask_error *error);

/* What a socket is to a target. */
enum ask_relation {
	ASK_NOTHING_TO_DO, /* elsewhere, or over (TIME_WAIT and the like) */
	ASK_ACTIVE,        /* a connection, or bound in another way than to listen */
	ASK_LISTENS,
	ASK_MAY_LISTEN, /* on all IPv6 addresses; whether on IPv4's too the source does not say */
};

/*
 * How the socket relates to the target. One that listens answers for the address that it is bound
 * to and, bound to none, for all of its family; one on [::] also for IPv4, unless it is v6-only. A
 * FIN_WAIT2 of which the kernel keeps no more than a stub is over, as TIME_WAIT is: the other side
 * has acknowledged all there was, and no process has it. Pure.
 */
enum ask_relation ask_target_relation(const struct ask_target *target, const struct sock *sock);

#endif
