/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about a socket that only some listings ask for: kept apart so that plain rows stay small.
 */
#ifndef LSSOCK_MODEL_FACTS_H
#define LSSOCK_MODEL_FACTS_H

#include <stdbool.h>
#include <stdint.h>

/* Which of the plain members are known. */
enum facts_has {
	FACT_MARK = 1 << 0,
	FACT_TOS = 1 << 1,
	FACT_TCLASS = 1 << 2,
	FACT_CLASS_ID = 1 << 3,
	FACT_SOCKOPT = 1 << 4,
	FACT_MD5 = 1 << 5,
	FACT_TLS_VERSION = 1 << 6,
	FACT_TLS_CIPHER = 1 << 7,
	FACT_TLS_TX = 1 << 8,
	FACT_TLS_RX = 1 << 9,
	FACT_MPTCP_TOKENS = 1 << 10,
	FACT_VFS = 1 << 11,
	FACT_TLS = 1 << 12, /* tls_zero_copy, tls_no_pad */
	FACT_MPTCP_IDS = 1 << 13,
};

/*
 * Borrowed bytes of the kernel's own structs: fields read them by offset and only where they lie
 * wholly inside, so shorter structs of older kernels and longer ones of newer kernels are both
 * understood. NULL and 0: not told.
 */
struct blob {
	const uint8_t *data;
	uint32_t len;
};

struct sock_facts {
	uint32_t has;
	uint32_t mark, class_id;
	uint8_t tos, tclass;
	uint8_t sockopt[2]; /* struct inet_diag_sockopt: bit fields in declaration order, low bit
			       first */
	uint16_t tls_version, tls_cipher; /* as in linux/tls.h */
	uint8_t tls_tx, tls_rx;           /* TLS_CONF_*: 1 base (none), 2 sw, 3 hw, 4 hw record */
	bool tls_zero_copy;               /* sendfile() without a copy to the device */
	bool tls_no_pad;                  /* records are expected to come without padding */
	uint16_t n_md5;                   /* MD5 keys; the keys themselves are never kept */
	uint8_t mptcp_id_local, mptcp_id_remote; /* of the subflow's addresses */
	uint32_t mptcp_token_local, mptcp_token_remote;
	uint32_t vfs_inode, vfs_device; /* UNIX path: the file's; device as the kernel's dev_t:
					   12 bits of major, 20 bits of minor number */
	struct blob tcp_info;           /* struct tcp_info */
	struct blob mptcp_info;         /* struct mptcp_info */
	struct blob skmem;              /* SK_MEMINFO_VARS numbers of 32 bits */
	struct blob congestion;         /* name, no NUL */
	struct blob ulp;                /* name, no NUL */
	struct blob vegas, dctcp, bbr;  /* struct tcpvegas_info, tcp_dctcp_info, tcp_bbr_info */
};

#endif
