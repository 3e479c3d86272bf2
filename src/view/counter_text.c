/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of `netstat -s`. The forms were found by giving net-tools 2.10 files with one counter
 * each: the names of Linux 2.6.32 to 6.18 in each of the groups, with the values 0, 1
 * and 7.
 */
#include "view/counter_text.h"

#include <stddef.h>
#include <string.h>

#include "base/obuf.h"
#include "kernel/counters.h"
#include "model/proto.h"

enum form_kind {
	FORM_NUMBER,  /* always shown */
	FORM_NONZERO, /* not shown when it is zero */
	FORM_NONE,    /* never shown */
	FORM_INPUT,   /* "text: value" in a histogram; not shown when it is zero */
	FORM_OUTPUT,
};

struct counter_form {
	const char *name;
	enum form_kind kind;
	const char *text; /* the value stands in place of # */
};

struct counter_group {
	const char *name;
	uint32_t protos;
	const struct counter_form *forms;
	size_t n_forms;
};

static const struct counter_form ip_forms[] = {
	{ "DefaultTTL", FORM_NONE, NULL },
	{ "InReceives", FORM_NUMBER, "# total packets received" },
	{ "InHdrErrors", FORM_NONZERO, "# with invalid headers" },
	{ "InAddrErrors", FORM_NONZERO, "# with invalid addresses" },
	{ "ForwDatagrams", FORM_NUMBER, "# forwarded" },
	{ "InUnknownProtos", FORM_NONZERO, "# with unknown protocol" },
	{ "InDiscards", FORM_NUMBER, "# incoming packets discarded" },
	{ "InDelivers", FORM_NUMBER, "# incoming packets delivered" },
	{ "OutRequests", FORM_NUMBER, "# requests sent out" },
	{ "OutDiscards", FORM_NONZERO, "# outgoing packets dropped" },
	{ "OutNoRoutes", FORM_NONZERO, "# dropped because of missing route" },
	{ "ReasmTimeout", FORM_NONZERO, "# fragments dropped after timeout" },
	{ "ReasmReqds", FORM_NONZERO, "# reassemblies required" },
	{ "ReasmOKs", FORM_NONZERO, "# packets reassembled ok" },
	{ "ReasmFails", FORM_NONZERO, "# packet reassemblies failed" },
	{ "FragOKs", FORM_NONZERO, "# outgoing packets fragmented ok" },
	{ "FragFails", FORM_NONZERO, "# outgoing packets failed fragmentation" },
	{ "FragCreates", FORM_NONZERO, "# fragments created" },
};

static const struct counter_form icmp_forms[] = {
	{ "InMsgs", FORM_NUMBER, "# ICMP messages received" },
	{ "InErrors", FORM_NUMBER, "# input ICMP message failed" },
	{ "InDestUnreachs", FORM_INPUT, "destination unreachable" },
	{ "InTimeExcds", FORM_INPUT, "timeout in transit" },
	{ "InParmProbs", FORM_INPUT, "wrong parameters" },
	{ "InSrcQuenchs", FORM_INPUT, "source quenches" },
	{ "InRedirects", FORM_INPUT, "redirects" },
	{ "InEchos", FORM_INPUT, "echo requests" },
	{ "InEchoReps", FORM_INPUT, "echo replies" },
	{ "InTimestamps", FORM_INPUT, "timestamp request" },
	{ "InTimestampReps", FORM_INPUT, "timestamp reply" },
	{ "InAddrMasks", FORM_INPUT, "address mask request" },
	{ "InAddrMaskReps", FORM_INPUT, "address mask replies" },
	{ "OutMsgs", FORM_NUMBER, "# ICMP messages sent" },
	{ "OutErrors", FORM_NUMBER, "# ICMP messages failed" },
	{ "OutDestUnreachs", FORM_OUTPUT, "destination unreachable" },
	{ "OutTimeExcds", FORM_OUTPUT, "time exceeded" },
	{ "OutParmProbs", FORM_OUTPUT, "wrong parameters" },
	{ "OutSrcQuenchs", FORM_OUTPUT, "source quench" },
	{ "OutRedirects", FORM_OUTPUT, "redirect" },
	{ "OutEchos", FORM_OUTPUT, "echo requests" },
	{ "OutEchoReps", FORM_OUTPUT, "echo replies" },
	{ "OutTimestamps", FORM_OUTPUT, "timestamp requests" },
	{ "OutTimestampReps", FORM_OUTPUT, "timestamp replies" },
	{ "OutAddrMasks", FORM_OUTPUT, "address mask requests" },
	{ "OutAddrMaskReps", FORM_OUTPUT, "address mask replies" },
};

static const struct counter_form tcp_forms[] = {
	{ "RtoAlgorithm", FORM_NONE, NULL },
	{ "RtoMin", FORM_NONE, NULL },
	{ "RtoMax", FORM_NONE, NULL },
	{ "MaxConn", FORM_NONE, NULL },
	{ "ActiveOpens", FORM_NUMBER, "# active connection openings" },
	{ "PassiveOpens", FORM_NUMBER, "# passive connection openings" },
	{ "AttemptFails", FORM_NUMBER, "# failed connection attempts" },
	{ "EstabResets", FORM_NUMBER, "# connection resets received" },
	{ "CurrEstab", FORM_NUMBER, "# connections established" },
	{ "InSegs", FORM_NUMBER, "# segments received" },
	{ "OutSegs", FORM_NUMBER, "# segments sent out" },
	{ "RetransSegs", FORM_NUMBER, "# segments retransmitted" },
	{ "InErrs", FORM_NUMBER, "# bad segments received" },
	{ "OutRsts", FORM_NUMBER, "# resets sent" },
};

static const struct counter_form udp_forms[] = {
	{ "InErrors", FORM_NUMBER, "# packet receive errors" },
	{ "InDatagrams", FORM_NUMBER, "# packets received" },
	{ "NoPorts", FORM_NUMBER, "# packets to unknown port received" },
	{ "OutDatagrams", FORM_NUMBER, "# packets sent" },
	{ "RcvbufErrors", FORM_NUMBER, "# receive buffer errors" },
	{ "SndbufErrors", FORM_NUMBER, "# send buffer errors" },
};

static const struct counter_form tcp_ext_forms[] = {
	{ "SyncookiesSent", FORM_NONZERO, "# SYN cookies sent" },
	{ "SyncookiesRecv", FORM_NONZERO, "# SYN cookies received" },
	{ "SyncookiesFailed", FORM_NONZERO, "# invalid SYN cookies received" },
	{ "EmbryonicRsts", FORM_NONZERO, "# resets received for embryonic SYN_RECV sockets" },
	{ "PruneCalled", FORM_NONZERO,
	  "# packets pruned from receive queue because of socket buffer overrun" },
	{ "RcvPruned", FORM_NONZERO, "# packets pruned from receive queue" },
	{ "OfoPruned", FORM_NONZERO,
	  "# packets dropped from out-of-order queue because of socket buffer overrun" },
	{ "OutOfWindowIcmps", FORM_NONZERO,
	  "# ICMP packets dropped because they were out-of-window" },
	{ "LockDroppedIcmps", FORM_NONZERO, "# ICMP packets dropped because socket was locked" },
	{ "TW", FORM_NONZERO, "# TCP sockets finished time wait in fast timer" },
	{ "TWRecycled", FORM_NONZERO, "# time wait sockets recycled by time stamp" },
	{ "PAWSActive", FORM_NONZERO, "# active connections rejected because of time stamp" },
	{ "PAWSEstab", FORM_NONZERO,
	  "# packets rejected in established connections because of timestamp" },
	{ "DelayedACKs", FORM_NONZERO, "# delayed acks sent" },
	{ "DelayedACKLocked", FORM_NONZERO,
	  "# delayed acks further delayed because of locked socket" },
	{ "DelayedACKLost", FORM_NONZERO, "Quick ack mode was activated # times" },
	{ "ListenOverflows", FORM_NONZERO, "# times the listen queue of a socket overflowed" },
	{ "ListenDrops", FORM_NONZERO, "# SYNs to LISTEN sockets dropped" },
	{ "TCPHPHits", FORM_NUMBER, "# packet headers predicted" },
	{ "TCPPureAcks", FORM_NONZERO, "# acknowledgments not containing data payload received" },
	{ "TCPHPAcks", FORM_NONZERO, "# predicted acknowledgments" },
	{ "TCPRenoRecovery", FORM_NONZERO,
	  "# times recovered from packet loss due to fast retransmit" },
	{ "TCPSACKReorder", FORM_NONZERO, "Detected reordering # times using SACK" },
	{ "TCPRenoReorder", FORM_NONZERO,
	  "Detected reordering # times using reno fast retransmit" },
	{ "TCPTSReorder", FORM_NONZERO, "Detected reordering # times using time stamp" },
	{ "TCPFullUndo", FORM_NONZERO, "# congestion windows fully recovered without slow start" },
	{ "TCPPartialUndo", FORM_NONZERO,
	  "# congestion windows partially recovered using Hoe heuristic" },
	{ "TCPLossUndo", FORM_NONZERO,
	  "# congestion windows recovered without slow start after partial ack" },
	{ "TCPRenoFailures", FORM_NONZERO, "# timeouts after reno fast retransmit" },
	{ "TCPLossFailures", FORM_NONZERO, "# timeouts in loss state" },
	{ "TCPFastRetrans", FORM_NONZERO, "# fast retransmits" },
	{ "TCPSlowStartRetrans", FORM_NONZERO, "# retransmits in slow start" },
	{ "TCPRcvCollapsed", FORM_NONZERO,
	  "# packets collapsed in receive queue due to low socket buffer" },
	{ "TCPAbortOnData", FORM_NONZERO, "# connections reset due to unexpected data" },
	{ "TCPAbortOnClose", FORM_NONZERO, "# connections reset due to early user close" },
	{ "TCPAbortOnMemory", FORM_NONZERO, "# connections aborted due to memory pressure" },
	{ "TCPAbortOnTimeout", FORM_NONZERO, "# connections aborted due to timeout" },
	{ "TCPAbortOnLinger", FORM_NONZERO,
	  "# connections aborted after user close in linger timeout" },
	{ "TCPAbortFailed", FORM_NONZERO, "# times unable to send RST due to no memory" },
	{ "TCPMemoryPressures", FORM_NONZERO, "TCP ran low on memory # times" },
	{ "PAWSPassive", FORM_NONZERO, "# passive connections rejected because of time stamp" },
	{ "SockMallocOOM", FORM_NONZERO, "Ran # times out of system memory during packet sending" },
	{ "TCPAbortOnSyn", FORM_NONZERO, "# connections reset due to unexpected SYN" },
	{ "TCPDirectCopyFromBacklog", FORM_NONZERO,
	  "# bytes directly in process context from backlog" },
	{ "TCPFACKReorder", FORM_NONZERO, "Detected reordering # times using FACK" },
	{ "TCPForwardRetrans", FORM_NONZERO, "# forward retransmits" },
	{ "TCPHPHitsToUser", FORM_NONZERO,
	  "# packet headers predicted and directly queued to user" },
	{ "TCPPrequeued", FORM_NONZERO, "# packets directly queued to recvmsg prequeue" },
	{ "TCPSchedulerFailed", FORM_NONZERO,
	  "# times receiver scheduled too late for direct processing" },
};

static const struct counter_form ip6_forms[] = {
	{ "Ip6InReceives", FORM_NUMBER, "# total packets received" },
	{ "Ip6InHdrErrors", FORM_NONZERO, "# with invalid headers" },
	{ "Ip6InTooBigErrors", FORM_NONZERO, "# with packets too big" },
	{ "Ip6InNoRoutes", FORM_NONZERO, "# incoming packets with no route" },
	{ "Ip6InAddrErrors", FORM_NONZERO, "# with invalid addresses" },
	{ "Ip6InUnknownProtos", FORM_NONZERO, "# with unknown protocol" },
	{ "Ip6InTruncatedPkts", FORM_NONZERO, "# with truncated packets" },
	{ "Ip6InDiscards", FORM_NUMBER, "# incoming packets discarded" },
	{ "Ip6InDelivers", FORM_NUMBER, "# incoming packets delivered" },
	{ "Ip6OutForwDatagrams", FORM_NUMBER, "# forwarded" },
	{ "Ip6OutRequests", FORM_NUMBER, "# requests sent out" },
	{ "Ip6OutDiscards", FORM_NONZERO, "# outgoing packets dropped" },
	{ "Ip6OutNoRoutes", FORM_NONZERO, "# dropped because of missing route" },
	{ "Ip6ReasmTimeout", FORM_NONZERO, "# fragments dropped after timeout" },
	{ "Ip6ReasmReqds", FORM_NONZERO, "# reassemblies required" },
	{ "Ip6ReasmOKs", FORM_NONZERO, "# packets reassembled ok" },
	{ "Ip6ReasmFails", FORM_NONZERO, "# packet reassemblies failed" },
	{ "Ip6FragOKs", FORM_NONZERO, "# outgoing packets fragmented ok" },
	{ "Ip6FragFails", FORM_NONZERO, "# outgoing packets failed fragmentation" },
	{ "Ip6FragCreates", FORM_NONZERO, "# fragments created" },
	{ "Ip6InMcastPkts", FORM_NONZERO, "# incoming multicast packets" },
	{ "Ip6OutMcastPkts", FORM_NONZERO, "# outgoing multicast packets" },
};

static const struct counter_form icmp6_forms[] = {
	{ "Icmp6InMsgs", FORM_NUMBER, "# ICMP messages received" },
	{ "Icmp6InErrors", FORM_NUMBER, "# input ICMP message failed" },
	{ "Icmp6OutMsgs", FORM_NUMBER, "# ICMP messages sent" },
	{ "Icmp6InDestUnreachs", FORM_INPUT, "destination unreachable" },
	{ "Icmp6InPktTooBigs", FORM_INPUT, "packets too big" },
	{ "Icmp6InTimeExcds", FORM_INPUT, "received ICMPv6 time exceeded" },
	{ "Icmp6InParmProblems", FORM_INPUT, "parameter problem" },
	{ "Icmp6InEchos", FORM_INPUT, "echo requests" },
	{ "Icmp6InEchoReplies", FORM_INPUT, "echo replies" },
	{ "Icmp6InGroupMembQueries", FORM_INPUT, "group member queries" },
	{ "Icmp6InGroupMembResponses", FORM_INPUT, "group member responses" },
	{ "Icmp6InGroupMembReductions", FORM_INPUT, "group member reductions" },
	{ "Icmp6InRouterSolicits", FORM_INPUT, "router solicits" },
	{ "Icmp6InRouterAdvertisements", FORM_INPUT, "router advertisement" },
	{ "Icmp6InNeighborSolicits", FORM_INPUT, "neighbour solicits" },
	{ "Icmp6InNeighborAdvertisements", FORM_INPUT, "neighbour advertisement" },
	{ "Icmp6InRedirects", FORM_INPUT, "redirects" },
	{ "Icmp6OutDestUnreachs", FORM_OUTPUT, "destination unreachable" },
	{ "Icmp6OutPktTooBigs", FORM_OUTPUT, "packets too big" },
	{ "Icmp6OutTimeExcds", FORM_OUTPUT, "sent ICMPv6 time exceeded" },
	{ "Icmp6OutParmProblems", FORM_OUTPUT, "parameter problem" },
	{ "Icmp6OutEchos", FORM_OUTPUT, "echo requests" },
	{ "Icmp6OutEchoReplies", FORM_OUTPUT, "echo replies" },
	{ "Icmp6OutGroupMembQueries", FORM_OUTPUT, "group member queries" },
	{ "Icmp6OutGroupMembResponses", FORM_OUTPUT, "group member responses" },
	{ "Icmp6OutGroupMembReductions", FORM_OUTPUT, "group member reductions" },
	{ "Icmp6OutRouterSolicits", FORM_OUTPUT, "router solicits" },
	{ "Icmp6OutNeighborSolicits", FORM_OUTPUT, "neighbor solicits" },
	{ "Icmp6OutNeighborAdvertisements", FORM_OUTPUT, "neighbor advertisements" },
	{ "Icmp6OutRedirects", FORM_OUTPUT, "redirects" },
};

static const struct counter_form udp6_forms[] = {
	{ "Udp6InDatagrams", FORM_NUMBER, "# packets received" },
	{ "Udp6NoPorts", FORM_NUMBER, "# packets to unknown port received" },
	{ "Udp6InErrors", FORM_NUMBER, "# packet receive errors" },
	{ "Udp6OutDatagrams", FORM_NUMBER, "# packets sent" },
};

static const struct counter_form sctp_forms[] = {
	{ "SctpCurrEstab", FORM_NUMBER, "# Current Associations" },
	{ "SctpActiveEstabs", FORM_NUMBER, "# Active Associations" },
	{ "SctpPassiveEstabs", FORM_NUMBER, "# Passive Associations" },
	{ "SctpAborteds", FORM_NUMBER, "# Number of Aborteds " },
	{ "SctpShutdowns", FORM_NUMBER, "# Number of Graceful Terminations" },
	{ "SctpOutOfBlues", FORM_NUMBER, "# Number of Out of Blue packets" },
	{ "SctpChecksumErrors", FORM_NUMBER, "# Number of Packets with invalid Checksum" },
	{ "SctpOutCtrlChunks", FORM_NUMBER, "# Number of control chunks sent" },
	{ "SctpOutOrderChunks", FORM_NUMBER, "# Number of ordered chunks sent" },
	{ "SctpOutUnorderChunks", FORM_NUMBER, "# Number of Unordered chunks sent" },
	{ "SctpInCtrlChunks", FORM_NUMBER, "# Number of control chunks received" },
	{ "SctpInOrderChunks", FORM_NUMBER, "# Number of ordered chunks received" },
	{ "SctpInUnorderChunks", FORM_NUMBER, "# Number of Unordered chunks received" },
	{ "SctpFragUsrMsgs", FORM_NUMBER, "# Number of messages fragmented" },
	{ "SctpReasmUsrMsgs", FORM_NUMBER, "# Number of messages reassembled " },
	{ "SctpOutSCTPPacks", FORM_NUMBER, "# Number of SCTP packets sent" },
	{ "SctpInSCTPPacks", FORM_NUMBER, "# Number of SCTP packets received" },
};
#define FORMS(array) array, sizeof(array) / sizeof(array[0])

static const struct counter_group groups[] = {
	{ "Ip", 1u << PROTO_RAW, FORMS(ip_forms) },
	{ "Icmp", 1u << PROTO_RAW, FORMS(icmp_forms) },
	{ "Tcp", 1u << PROTO_TCP, FORMS(tcp_forms) },
	{ "Udp", 1u << PROTO_UDP, FORMS(udp_forms) },
	{ "TcpExt", 1u << PROTO_TCP, FORMS(tcp_ext_forms) },
	{ "Ip6", 1u << PROTO_RAW, FORMS(ip6_forms) },
	{ "Icmp6", 1u << PROTO_RAW, FORMS(icmp6_forms) },
	{ "Udp6", 1u << PROTO_UDP, FORMS(udp6_forms) },
	{ "Sctp", 1u << PROTO_SCTP, FORMS(sctp_forms) },
};

static const struct counter_group *find_group(const char *name)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	return NULL;
}

static const struct counter_form *find_form(const struct counter_group *group, const char *name)
{
	for (size_t i = 0; group && i < group->n_forms; i++)
		if (strcmp(group->forms[i].name, name) == 0)
			return &group->forms[i];
	return NULL;
}

bool counter_group_is_of(const char *group, uint32_t protos)
{
	const struct counter_group *known = find_group(group);

	return !protos || !known || (known->protos & protos);
}

void counter_text_group(struct counter_text *text, const char *group)
{
	text->group = find_group(group);
	if (text->group)
		text->histogram = HISTOGRAM_NONE;
}

void counter_text_value(struct obuf *out, const struct counter *counter)
{
	if (counter->negative)
		obuf_put_char(out, '-');
	obuf_put_left(out, counter->value, 0);
}

static void put_indent(const struct counter_text *text)
{
	obuf_put_blanks(text->out, text->histogram == HISTOGRAM_NONE ? 4 : 8);
}

static bool put_named(struct counter_text *text, const char *name, const struct counter *counter)
{
	if (counter->value == 0 && !text->zeros)
		return false;
	put_indent(text);
	obuf_put_str(text->out, name);
	obuf_put_str(text->out, ": ");
	counter_text_value(text->out, counter);
	return true;
}

/* The heading of a histogram stands before its first counter, even if that one is zero. */
static void enter_histogram(struct counter_text *text, enum counter_histogram histogram)
{
	if (text->histogram == histogram)
		return;
	put_indent(text);
	obuf_put_str(text->out, histogram == HISTOGRAM_INPUT ? "ICMP input histogram:\n"
							     : "ICMP output histogram:\n");
	text->histogram = histogram;
}

static bool put_sentence(struct counter_text *text, const struct counter_form *form,
			 const struct counter *counter)
{
	const char *hole = strchr(form->text, '#');

	text->histogram = HISTOGRAM_NONE;
	put_indent(text);
	obuf_put(text->out, form->text, (size_t)(hole - form->text));
	counter_text_value(text->out, counter);
	obuf_put_str(text->out, hole + 1);
	return true;
}

bool counter_text_put(struct counter_text *text, const struct counter *counter)
{
	const struct counter_form *form = find_form(text->group, counter->name);

	if (!form)
		return put_named(text, counter->name, counter);
	switch (form->kind) {
	case FORM_NONE:
		return false;
	case FORM_NUMBER:
		return put_sentence(text, form, counter);
	case FORM_NONZERO:
		return (counter->value != 0 || text->zeros) && put_sentence(text, form, counter);
	case FORM_INPUT:
		enter_histogram(text, HISTOGRAM_INPUT);
		return put_named(text, form->text, counter);
	case FORM_OUTPUT:
		enter_histogram(text, HISTOGRAM_OUTPUT);
		return put_named(text, form->text, counter);
	}
	return false;
}

void counter_text_pass(struct counter_text *text, const struct counter *counter)
{
	const struct counter_form *form = find_form(text->group, counter->name);

	if (form && form->kind == FORM_NUMBER)
		text->histogram = HISTOGRAM_NONE;
}
