/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants of sock_diag that the headers of older kernels or C libraries lack, each with the
 * kernel that brought it. Everything else is taken from the headers.
 */
#ifndef LSSOCK_SOURCE_DIAG_NEWER_H
#define LSSOCK_SOURCE_DIAG_NEWER_H

/* Attributes of a request: INET_DIAG_REQ_*. */
enum {
	ATTR_REQ_PROTOCOL = 3, /* 5.9 */
};

/* Attributes of an answer: INET_DIAG_*. */
enum {
	ATTR_LOCALS = 12,    /* 4.7 */
	ATTR_PEERS = 13,     /* 4.7 */
	ATTR_MARK = 15,      /* 4.8 */
	ATTR_BBRINFO = 16,   /* 4.9 */
	ATTR_CLASS_ID = 17,  /* 4.11 */
	ATTR_MD5SIG = 18,    /* 4.14 */
	ATTR_ULP_INFO = 19,  /* 5.4 */
	ATTR_CGROUP_ID = 21, /* 5.9 */
	ATTR_SOCKOPT = 22,   /* 5.10 */
};

/* Inside ATTR_ULP_INFO: INET_ULP_INFO_*, TLS_INFO_*, MPTCP_SUBFLOW_ATTR_*. */
enum {
	ULP_NAME = 1,  /* 5.4 */
	ULP_TLS = 2,   /* 5.4 */
	ULP_MPTCP = 3, /* 5.6 */

	TLS_VERSION = 1,   /* 5.4 */
	TLS_CIPHER = 2,    /* 5.4 */
	TLS_TXCONF = 3,    /* 5.4 */
	TLS_RXCONF = 4,    /* 5.4 */
	TLS_ZC_RO_TX = 5,  /* 5.19 */
	TLS_RX_NO_PAD = 6, /* 6.0 */

	SUBFLOW_TOKEN_REM = 1, /* 5.6 */
	SUBFLOW_TOKEN_LOC = 2, /* 5.6 */
	SUBFLOW_ID_REM = 9,    /* 5.6 */
	SUBFLOW_ID_LOC = 10,   /* 5.6 */
};

/* SMC_DIAG_*. */
enum {
	SMC_ATTR_SHUTDOWN = 3, /* 4.16 */
	SMC_ATTR_FALLBACK = 5, /* 4.20 */
};

/* States of net/smc/smc.h that are not numbered as TCP's (4.11; from 20 on 4.12). */
enum {
	SMC_STATE_INIT = 2,
	SMC_STATE_PEERCLOSEWAIT1 = 20,
	SMC_STATE_PEERCLOSEWAIT2 = 21,
	SMC_STATE_APPCLOSEWAIT1 = 22,
	SMC_STATE_APPCLOSEWAIT2 = 23,
	SMC_STATE_APPFINCLOSEWAIT = 24,
	SMC_STATE_PEERFINCLOSEWAIT = 25,
	SMC_STATE_PEERABORTWAIT = 26,
	SMC_STATE_PROCESSABORT = 27,
};

#endif
