/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends of sockets as text, and the words for numbers in them: linux/if_ether.h,
 * linux/netlink.h and linux/vm_sockets.h name the constants.
 */
#include "model/special.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/num.h"
#include "model/proto.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct special_word {
	uint32_t number;
	const char *word;
};

/* The first word of a number is the one that is shown. */
static const struct special_word packet_words[] = {
	{ PACKET_PROTOCOL_ALL, "all" },
	{ 0x0001, "802.3" },
	{ 0x0004, "802.2" },
	{ 0x0005, "snap" },
	{ 0x0008, "ppp_mp" },
	{ 0x000c, "can" },
	{ 0x000d, "canfd" },
	{ 0x000e, "canxl" },
	{ 0x00f6, "802.15.4" },
	{ 0x0800, "ip" },
	{ 0x0800, "ipv4" },
	{ 0x0806, "arp" },
	{ 0x22f0, "tsn" },
	{ 0x8035, "rarp" },
	{ 0x8100, "8021q" },
	{ 0x8100, "vlan" },
	{ 0x86dd, "ipv6" },
	{ 0x8808, "pause" },
	{ 0x8809, "slow" },
	{ 0x8809, "lacp" },
	{ 0x8847, "mpls" },
	{ 0x8848, "mpls_mc" },
	{ 0x8863, "ppp_disc" },
	{ 0x8864, "ppp_ses" },
	{ 0x888e, "pae" },
	{ 0x888e, "eapol" },
	{ 0x88a2, "aoe" },
	{ 0x88a4, "ethercat" },
	{ 0x88a8, "8021ad" },
	{ 0x88cc, "lldp" },
	{ 0x88e3, "mrp" },
	{ 0x88e5, "macsec" },
	{ 0x88f5, "mvrp" },
	{ 0x88f7, "1588" },
	{ 0x88f7, "ptp" },
	{ 0x88fb, "prp" },
	{ 0x8906, "fcoe" },
	{ 0x8914, "fip" },
	{ 0x892f, "hsr" },
	{ 0x9000, "loopback" },
};

static const struct special_word netlink_words[] = {
	{ 0, "route" },      { 0, "rtnl" },        { 1, "unused" },          { 2, "usersock" },
	{ 3, "firewall" },   { 3, "fw" },          { 4, "sock_diag" },       { 4, "tcpdiag" },
	{ 5, "nflog" },      { 6, "xfrm" },        { 7, "selinux" },         { 8, "iscsi" },
	{ 9, "audit" },      { 10, "fib_lookup" }, { 10, "fiblookup" },      { 11, "connector" },
	{ 12, "netfilter" }, { 12, "nft" },        { 13, "ip6_fw" },         { 13, "ip6fw" },
	{ 14, "dnrtmsg" },   { 14, "dec-rt" },     { 15, "kobject_uevent" }, { 15, "uevent" },
	{ 16, "generic" },   { 16, "genl" },       { 18, "scsitransport" },  { 18, "scsi-trans" },
	{ 19, "ecryptfs" },  { 20, "rdma" },       { 21, "crypto" },         { 22, "smc" },
};

/* BTPROTO_* of include/net/bluetooth/bluetooth.h. */
static const struct special_word bluetooth_words[] = {
	{ 0, "l2cap" }, { 1, "hci" },  { 2, "sco" },  { 3, "rfcomm" },
	{ 4, "bnep" },  { 5, "cmtp" }, { 6, "hidp" }, { 8, "iso" },
};

/* <linux/can.h> */
static const struct special_word can_words[] = {
	{ 1, "raw" },
	{ 2, "bcm" },
	{ 6, "isotp" },
};

static const struct special_word cid_words[] = {
	{ (uint32_t)VSOCK_CID_ANY, "*" },
	{ VSOCK_CID_HYPERVISOR, "hypervisor" },
	{ VSOCK_CID_LOCAL, "local" },
	{ VSOCK_CID_HOST, "host" },
};

static const char *find_word(const struct special_word *words, size_t n, uint32_t number)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].number == number)
			return words[i].word;
	return NULL;
}

static bool find_number(const struct special_word *words, size_t n_words, const char *word,
			size_t n, uint32_t *number)
{
	uint64_t digits;

	for (size_t i = 0; i < n_words; i++) {
		if (strlen(words[i].word) != n || strncasecmp(words[i].word, word, n) != 0)
			continue;
		*number = words[i].number;
		return true;
	}
	if (!num_parse_u64(word, n, UINT32_MAX, &digits) &&
	    (n < 3 || word[0] != '0' || (word[1] != 'x' && word[1] != 'X') ||
	     !num_parse_hex(word + 2, n - 2, UINT32_MAX, &digits)))
		return false;
	*number = (uint32_t)digits;
	return true;
}

const char *special_protocol_word(enum sock_proto proto, uint32_t number)
{
	if (proto == PROTO_PACKET)
		return find_word(packet_words, COUNT_OF(packet_words), number);
	if (proto == PROTO_NETLINK)
		return find_word(netlink_words, COUNT_OF(netlink_words), number);
	if (proto == PROTO_BLUETOOTH)
		return find_word(bluetooth_words, COUNT_OF(bluetooth_words), number);
	if (proto == PROTO_CAN)
		return find_word(can_words, COUNT_OF(can_words), number);
	return NULL;
}

bool special_protocol_find(enum sock_proto proto, const char *word, size_t n, uint32_t *number)
{
	if (proto == PROTO_PACKET)
		return find_number(packet_words, COUNT_OF(packet_words), word, n, number);
	if (proto == PROTO_NETLINK)
		return find_number(netlink_words, COUNT_OF(netlink_words), word, n, number);
	return false;
}

const char *special_cid_word(uint32_t cid)
{
	return find_word(cid_words, COUNT_OF(cid_words), cid);
}

bool special_cid_find(const char *word, size_t n, uint32_t *cid)
{
	return find_number(cid_words, COUNT_OF(cid_words), word, n, cid);
}

static char *put_str(char *at, const char *text)
{
	size_t n = strlen(text);

	memcpy(at, text, n);
	return at + n;
}

static char *put_number(char *at, uint64_t number)
{
	return at + num_format_u64(at, number);
}

static char *put_word(char *at, const char *word, uint32_t number)
{
	return word ? put_str(at, word) : put_number(at, number);
}

enum { INTERFACE_MAX = 63 }; /* no name is longer than 15 bytes */

/* Names have no ':' and no '/' (dev_valid_name()). */
static char *put_interface(char *at, const struct sock *sock, uint32_t ifindex)
{
	size_t n;

	if (!sock->interface || ifindex != sock->local.ifindex)
		return put_number(at, ifindex);
	n = strnlen(sock->interface, INTERFACE_MAX);
	memcpy(at, sock->interface, n);
	return at + n;
}

static char *put_inet(char *at, const struct sock *sock, const struct endpoint *end)
{
	if (sock->family == AF_INET) {
		at += addr_format_v4(at, end->addr.bytes);
	} else {
		*at++ = '[';
		at += addr_format_v6(at, end->addr.bytes);
		if (end->ifindex && addr_needs_scope(&end->addr)) {
			*at++ = '%';
			at = put_interface(at, sock, end->ifindex);
		}
		*at++ = ']';
	}
	*at++ = ':';
	return end->port ? put_number(at, end->port) : put_str(at, "*");
}

/* The lowest digits of a number, hexadecimal. */
static char *put_hex(char *at, uint32_t number, int n_digits)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = 4 * (n_digits - 1); shift >= 0; shift -= 4)
		*at++ = digits[number >> shift & 15];
	return at;
}

static char *put_ethertype(char *at, uint32_t protocol)
{
	const char *word = special_protocol_word(PROTO_PACKET, protocol);

	return word ? put_str(at, word) : put_hex(put_str(at, "0x"), protocol, 4);
}

static char *put_packet(char *at, const struct sock *sock)
{
	at = put_ethertype(at, sock->special->protocol);
	*at++ = ':';
	return sock->local.ifindex ? put_interface(at, sock, sock->local.ifindex)
				   : put_str(at, "*");
}

static char *put_netlink(char *at, const struct sock *sock, const struct special_end *end)
{
	uint32_t protocol = sock->special->protocol;

	at = put_word(at, special_protocol_word(PROTO_NETLINK, protocol), protocol);
	*at++ = ':';
	return end->port ? put_number(at, end->port) : put_str(at, "kernel");
}

static char *put_vsock(char *at, const struct special_end *end)
{
	at = put_word(at, special_cid_word(end->node), end->node);
	*at++ = ':';
	return end->port == UINT32_MAX ? put_str(at, "*") : put_number(at, end->port);
}

static char *put_pppoe(char *at, const struct sock_special *special, bool remote)
{
	for (size_t i = 0; remote && i < sizeof(special->peer_mac); i++) {
		if (i > 0)
			*at++ = ':';
		at = put_hex(at, special->peer_mac[i], 2);
	}
	if (remote)
		return at;
	at = put_str(at, special->device);
	*at++ = ':';
	return put_number(at, special->local.port);
}

static char *put_bluetooth(char *at, uint32_t protocol)
{
	at = put_word(at, special_protocol_word(PROTO_BLUETOOTH, protocol), protocol);
	return put_str(at, ":*");
}

static char *put_can(char *at, const struct sock_special *special)
{
	at = put_word(at, special_protocol_word(PROTO_CAN, special->protocol), special->protocol);
	*at++ = ':';
	return put_str(at, *special->device ? special->device : "*");
}

static char *put_special(char *at, const struct sock *sock, const struct special_end *end)
{
	switch (sock->proto) {
	case PROTO_PACKET:
		return put_packet(at, sock);
	case PROTO_NETLINK:
		return put_netlink(at, sock, end);
	case PROTO_VSOCK:
		return put_vsock(at, end);
	case PROTO_XDP:
		at = put_interface(at, sock, sock->local.ifindex);
		at = put_str(at, ":q");
		return put_number(at, end->port);
	case PROTO_BLUETOOTH:
		return put_bluetooth(at, sock->special->protocol);
	case PROTO_CAN:
		return put_can(at, sock->special);
	case PROTO_KCM:
		return put_number(put_str(at, "kcm-"), end->port);
	case PROTO_PHONET:
		return put_hex(at, end->port, 4);
	case PROTO_PPPOE:
		return put_pppoe(at, sock->special, end == &sock->special->remote);
	default:
		at = put_number(at, end->node);
		*at++ = ':';
		return put_number(at, end->port);
	}
}

size_t special_format_end(char *dst, const struct sock *sock, bool remote)
{
	const struct sock_special *special = sock->special;
	const struct endpoint *end = remote ? &sock->remote : &sock->local;
	char *at = dst;

	if (sock->family == AF_INET || sock->family == AF_INET6) {
		if (remote && addr_is_any(&end->addr) && end->port == 0)
			return 0;
		at = put_inet(at, sock, end);
	} else if (special && (special->has & (remote ? SPECIAL_REMOTE : SPECIAL_LOCAL))) {
		at = put_special(at, sock, remote ? &special->remote : &special->local);
	}
	return (size_t)(at - dst);
}
