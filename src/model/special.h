/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sockets have that are neither Internet nor UNIX ones: their ends, which are no Internet
 * addresses, and facts that one family alone has. Kept apart so that plain rows stay small.
 */
#ifndef LSSOCK_MODEL_SPECIAL_H
#define LSSOCK_MODEL_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/facts.h"
#include "model/sock.h"

/* Which of the members are known. */
enum special_has {
	SPECIAL_PROTOCOL = 1 << 0,
	SPECIAL_LOCAL = 1 << 1, /* local */
	SPECIAL_REMOTE = 1 << 2,
	SPECIAL_FLAGS = 1 << 3,
	SPECIAL_GROUPS = 1 << 4,
	SPECIAL_DST_GROUP = 1 << 5,
	SPECIAL_PACKET = 1 << 6, /* version, copy_threshold */
	SPECIAL_FANOUT = 1 << 7,
	SPECIAL_RX_RING = 1 << 8,
	SPECIAL_TX_RING = 1 << 9,
	SPECIAL_FILL_RING = 1 << 10,
	SPECIAL_DONE_RING = 1 << 11,
	SPECIAL_UMEM = 1 << 12,
	SPECIAL_PUBLISHED = 1 << 13,
	SPECIAL_SERVICE = 1 << 14,
	SPECIAL_MODE = 1 << 15,
	SPECIAL_FALLBACK = 1 << 16,
	SPECIAL_PEER_DIAGNOSIS = 1 << 17,
};

/* One end. Both numbers are in host order. */
struct special_end {
	uint32_t node; /* VSOCK: CID; TIPC: node; L2TP: tunnel */
	uint32_t port; /* VSOCK, TIPC: port; netlink: port id; XDP: queue; Phonet: object; PPPoE,
			  L2TP: session */
};

/* A ring of memory that is shared with the program. */
struct special_ring {
	uint32_t block_size, blocks; /* packet; 0 for others */
	uint32_t frame_size, frames; /* XDP: frames alone */
};

struct special_umem {
	uint64_t size; /* bytes */
	uint32_t id, pages, chunk_size, headroom, refs;
	bool zero_copy;
};

struct sock_special {
	uint32_t has; /* enum special_has */
	/* Packet: EtherType in host order; netlink: NETLINK_*; Bluetooth: BTPROTO_*; CAN:
	 * CAN_RAW and so on; Phonet. */
	uint32_t protocol;
	struct special_end local, remote;
	uint32_t flags;     /* packet: PDI_*; netlink: NDIAG_FLAG_* */
	struct blob groups; /* netlink: a bitmap of 32-bit words, group 1 at bit 0 of the first */
	uint32_t dst_group; /* netlink */
	uint32_t version;   /* packet: of its rings, TPACKET_V1 is 0 */
	uint32_t copy_threshold;         /* packet: bytes */
	uint16_t fanout_id, fanout_type; /* packet: PACKET_FANOUT_*, without its flags */
	struct special_ring rx_ring, tx_ring, fill_ring, done_ring;
	struct special_umem umem;
	struct blob xdp_stats;                    /* struct xdp_diag_stats */
	bool published;                           /* TIPC: has a service address */
	uint32_t service_type, service_instance;  /* TIPC: by which it is connected */
	char device[16];                          /* PPPoE, CAN: interface, NUL-terminated */
	uint8_t peer_mac[6];                      /* PPPoE */
	uint8_t mode;                             /* SMC: SMC_DIAG_MODE_* */
	uint32_t fallback_reason, peer_diagnosis; /* SMC */
};

/* Numbers that stand for something of their own. */
enum {
	PACKET_PROTOCOL_ALL = 3, /* ETH_P_ALL */
	VSOCK_CID_ANY = -1,      /* VMADDR_CID_ANY, and VMADDR_PORT_ANY */
	VSOCK_CID_HYPERVISOR = 0,
	VSOCK_CID_LOCAL = 1,
	VSOCK_CID_HOST = 2,
};

/*
 * The word for a protocol of packet or netlink sockets ("lldp", "route"), which are those of the
 * kernel's constants; NULL for a number that has none.
 */
const char *special_protocol_word(enum sock_proto proto, uint32_t number);
/*
 * The number of a word: ours, another that people use ("rtnl"), or digits, also as 0x88cc; n bytes,
 * letters in any case. False when there is none such.
 */
bool special_protocol_find(enum sock_proto proto, const char *word, size_t n, uint32_t *number);

/* The word for a VSOCK CID ("host"), or NULL. */
const char *special_cid_word(uint32_t cid);
/* The CID of a word or number; false when it is neither. */
bool special_cid_find(const char *word, size_t n, uint32_t *cid);

enum { SPECIAL_END_MAX = 128 };

/*
 * Writes one end of a socket as text at dst (room for SPECIAL_END_MAX bytes, no NUL), the same in
 * tables, data and expressions:
 *
 *   Internet   10.0.0.1:443, [fe80::1%eth0]:53, a port that there is not is "*"
 *   packet     PROTOCOL:INTERFACE, "*" for all interfaces
 *   netlink    PROTOCOL:PORT-ID, "kernel" for 0
 *   VSOCK      CID:PORT, CIDs by name
 *   TIPC       NODE:PORT
 *   XDP        INTERFACE:qQUEUE
 *   Bluetooth  PROTOCOL:*, for the kernel does not tell addresses
 *   KCM        kcm-NUMBER
 *   Phonet     object, four hexadecimal digits: device and port
 *   PPPoE      INTERFACE:SESSION, and the address of the other end
 *   CAN        PROTOCOL:INTERFACE, "*" for all interfaces
 *   L2TP       TUNNEL:SESSION
 *
 * Interfaces are those of sock->interface, else numbers; their names may hold any bytes. Returns
 * the bytes written; 0 when there is no such end. Not for UNIX sockets. Pure.
 */
size_t special_format_end(char *dst, const struct sock *sock, bool remote);

#endif
