/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The eleven states of TCP, told for those who have to do something about them. */
#include "view/state_stories.h"

#include "model/proto.h"

#define ORPHANS \
	"orphans: their programs have closed them or have ended, and the kernel does the rest alone"

#define ORPHAN_RETRIES                                                              \
	{                                                                           \
		STATE_SETTING, "net.ipv4.tcp_orphan_retries",                       \
			"retransmissions once no program holds it (0 stands for 8)" \
	}
#define RETRIES2                                                                                   \
	{                                                                                          \
		STATE_SETTING, "net.ipv4.tcp_retries2", "retransmissions while a program holds it" \
	}
#define MAX_ORPHANS                                                                         \
	{                                                                                   \
		STATE_SETTING, "net.ipv4.tcp_max_orphans", "as many orphans the host keeps" \
	}
#define ABORT_ON_MEMORY                                                                    \
	{                                                                                  \
		STATE_COUNTER, "TCPAbortOnMemory", "orphans reset: too many, or no memory" \
	}
#define ABORT_ON_TIMEOUT                                                       \
	{                                                                      \
		STATE_COUNTER, "TCPAbortOnTimeout", "given up: no answer came" \
	}
#define KEEPALIVE                                                                \
	{ STATE_SETTING, "net.ipv4.tcp_keepalive_time",                          \
	  "seconds of silence until SO_KEEPALIVE asks" },                        \
	{                                                                        \
		STATE_KEEPALIVE_SECONDS, "keepalive gives up after",             \
			"seconds of silence, where the program set SO_KEEPALIVE" \
	}
#define LISTEN_COUNTERS                                                                        \
	{ STATE_COUNTER, "ListenOverflows", "handshakes dropped: the accept queue was full" }, \
	{                                                                                      \
		STATE_COUNTER, "ListenDrops", "the same, and those dropped for other reasons"  \
	}
#define SOMAXCONN                                                             \
	{                                                                     \
		STATE_SETTING, "net.core.somaxconn",                          \
			"limit of every accept queue, whatever listen() asks" \
	}
#define SYN_BACKLOG                                                                                    \
	{                                                                                              \
		STATE_SETTING, "net.ipv4.tcp_max_syn_backlog",                                         \
			"SYN_RECV of a listener beyond which SYNs may be dropped, without SYN cookies" \
	}
#define SYNCOOKIES                                                                   \
	{                                                                            \
		STATE_SETTING, "net.ipv4.tcp_syncookies",                            \
			"1: SYN cookies when the queue is full, 2: always, 0: never" \
	}
#define ABORT_ON_OVERFLOW                                                              \
	{                                                                              \
		STATE_SETTING, "net.ipv4.tcp_abort_on_overflow",                       \
			"1: a full accept queue answers with a reset, 0: with silence" \
	}

static const struct state_story stories[STATE_COUNT] = {
	{
		.state = TCP_STATE_LISTEN,
		.rfc = "LISTEN",
		.ss = "listening",
		.brief = "a program waits for connections",
		.meaning = "A program waits for connections on this address and port. It is no "
			   "connection and has no other end; every connection that comes gets a "
			   "socket of its own.",
		.enters = "From CLOSE, when the program calls listen().",
		.leaves = "Only when the program closes it, shuts it down or ends. Connections "
			  "that were not accepted by then are reset.",
		.many_mean = "One for each address and port, several where workers share a port "
			     "by SO_REUSEPORT. A number that keeps growing is unusual: somebody "
			     "opens ports and forgets them.",
		.look_next =
			"'lssock --listeners' shows each accept queue with its limit and what "
			"overflowed; 'lssock -tlnp' shows who listens. If a queue is too short, "
			"two numbers have to grow: the one that the program hands to listen(), "
			"and somaxconn.",
		.without_process = "in the hands of the kernel itself (MPTCP, NFS)",
		.facts = { SOMAXCONN, SYN_BACKLOG, SYNCOOKIES, ABORT_ON_OVERFLOW, LISTEN_COUNTERS },
	},
	{
		.state = TCP_STATE_SYN_SENT,
		.rfc = "SYN-SENT",
		.ss = "syn-sent",
		.brief = "connecting: no answer yet",
		.meaning = "A program here has called connect(). The SYN is sent, and nothing has "
			   "come back.",
		.enters = "From CLOSE, by connect().",
		.leaves =
			"To ESTABLISHED when SYN and ACK of the other end arrive. A reset (nobody "
			"listens there: ECONNREFUSED) or an ICMP error ends it at once, silence "
			"only after the last repeated SYN (ETIMEDOUT). To SYN_RECV in the rare "
			"case that both ends connect to each other.",
		.many_mean = "Connecting takes one round trip, so hardly any should be seen. Many "
			     "mean that the SYNs or the answers get lost: a firewall that drops "
			     "without a word, a wrong route, a host that is down, a server with "
			     "full queues. A closed port is not it: that answers at once.",
		.look_next = "Which destination: 'lssock -t --count-by=remote_address,remote_port "
			     "state syn-sent'. Then 'ip route get ADDRESS' here, and there the "
			     "firewall and the accept queues.",
		.without_process = "just being closed",
		.facts = { { STATE_SETTING, "net.ipv4.tcp_syn_retries", "SYNs sent again" },
			   { STATE_SETTING, "net.ipv4.tcp_syn_linear_timeouts",
			     "more of them, at first, a second apart" },
			   { STATE_SYN_SECONDS, "connect() gives up after", "seconds, about" },
			   { STATE_COUNTER, "TCPSynRetrans",
			     "SYNs and their answers sent again" } },
	},
	{
		.state = TCP_STATE_SYN_RECV,
		.rfc = "SYN-RECEIVED",
		.ss = "syn-recv",
		.brief = "asked for by a client: its last ACK is missing",
		.meaning = "A SYN for a listener here has come and was answered; the third segment "
			   "of the handshake is missing. It is a small record in the care of the "
			   "listener, and no program knows of it yet.",
		.enters = "From LISTEN, when a SYN arrives. With SYN cookies no record is kept at "
			  "all. From SYN_SENT only when both ends connect to each other.",
		.leaves =
			"To ESTABLISHED when the ACK arrives and the accept queue has room; if it "
			"is full, the ACK is dropped and the connection stays here. Forgotten on "
			"a reset, or when repeated answers bring nothing.",
		.many_mean =
			"Answers that do not reach the clients, or clients that do not exist: a "
			"SYN flood, often with forged addresses; routing or a firewall that "
			"loses one direction. Or a full accept queue: the program does not "
			"call accept() fast enough.",
		.look_next = "'lssock --listeners' tells whether a queue is full; 'lssock -t "
			     "--count-by=local_port state syn-recv' which listener it is, and "
			     "'--count-by=remote_address/24' where they come from.",
		.without_process = "no process owns a SYN_RECV: no program has been told of it; -e "
				   "shows the user of its listener",
		.never_owned = true,
		.facts = { SYN_BACKLOG,
			   SOMAXCONN,
			   SYNCOOKIES,
			   { STATE_SETTING, "net.ipv4.tcp_synack_retries", "answers sent again" },
			   { STATE_SYNACK_SECONDS, "forgotten after", "seconds, about" },
			   { STATE_COUNTER, "SyncookiesSent", "SYNs answered without a record" },
			   { STATE_COUNTER, "TCPReqQFullDrop", "SYNs dropped: too many of these" },
			   { STATE_COUNTER, "ListenOverflows",
			     "handshakes dropped: the accept queue was full" } },
	},
	{
		.state = TCP_STATE_ESTABLISHED,
		.rfc = "ESTABLISHED",
		.ss = "established",
		.brief = "open: data may go both ways",
		.meaning = "The connection is open, and neither end has said that it will send no "
			   "more. An idle connection looks like a busy one, and one whose peer "
			   "lost its power looks like an idle one.",
		.enters = "From SYN_SENT on the side that connected, when the answer arrives; from "
			  "SYN_RECV on the listening side, when the last ACK arrives, whether or "
			  "not the program has called accept().",
		.leaves = "To FIN_WAIT1 when the program here closes first, to CLOSE_WAIT when the "
			  "other end does. Gone at once on a reset, or when data or keepalive "
			  "probes stay without an answer for too long.",
		.many_mean =
			"As many clients, or full connection pools: nothing is wrong. A number "
			"that only grows means connections that nobody closes: a pool without "
			"a limit, or peers that vanished, which is noticed only when there is "
			"something to send or the program has set SO_KEEPALIVE.",
		.look_next = "Programs that do not read: 'lssock -tnp \"recv_q > 0\"'. Peers or "
			     "networks that do not take it: 'lssock -tnop \"send_q > 0\"'. Who has "
			     "them: 'lssock -t --count-by=remote_address state established'.",
		.without_process = "not yet accepted: open, but their programs have not called "
				   "accept() (see --listeners)",
		.facts = { KEEPALIVE, RETRIES2, ABORT_ON_TIMEOUT },
	},
	{
		.state = TCP_STATE_FIN_WAIT1,
		.rfc = "FIN-WAIT-1",
		.ss = "fin-wait-1",
		.brief = "closed here first: not acknowledged yet",
		.meaning =
			"The program here has closed (or shut down sending), and the FIN, or data "
			"in front of it, is not acknowledged. The kernel goes on sending what was "
			"written, also when the program has ended.",
		.enters =
			"From ESTABLISHED, by close(), shutdown() or the end of the program; from "
			"SYN_RECV, when that happens during the handshake.",
		.leaves = "To FIN_WAIT2 when the FIN is acknowledged; to CLOSING when the other "
			  "end's FIN comes first; to TIME_WAIT when both come together. Given up "
			  "when retransmissions or probes of a closed window stay unanswered.",
		.many_mean =
			"The other ends do not acknowledge: they are gone or cannot be reached, "
			"or their programs do not read, so that data waits in front of the FIN "
			"(Send-Q is above 0). Each one may hold a full send buffer; clients that "
			"fetch and do not read are an attack of this kind.",
		.look_next = "'lssock -tno state fin-wait-1': Send-Q, and a timer that is 'on' "
			     "(no ACKs) or 'probe' (a closed window). By peer: 'lssock -t "
			     "--count-by=remote_address state fin-wait-1'.",
		.without_process = ORPHANS,
		.facts = { ORPHAN_RETRIES, RETRIES2, MAX_ORPHANS, ABORT_ON_MEMORY,
			   ABORT_ON_TIMEOUT },
	},
	{
		.state = TCP_STATE_FIN_WAIT2,
		.rfc = "FIN-WAIT-2",
		.ss = "fin-wait-2",
		.brief = "closed here first: the other end has not closed",
		.meaning = "This end has closed and the other one has acknowledged it, but has not "
			   "closed itself; it may still send.",
		.enters = "From FIN_WAIT1, when the FIN is acknowledged.",
		.leaves = "To TIME_WAIT when the other end's FIN arrives. One that its program has "
			  "closed is dropped after "
			  "tcp_fin_timeout (or the program's own TCP_LINGER2), and data for it is "
			  "answered with a reset. One that a program still holds after shutdown() "
			  "waits without limit.",
		.many_mean =
			"Programs at the other ends that do not close: there, these connections "
			"are in CLOSE_WAIT. Those with a process here belong to programs that "
			"shut down sending and still wait to read.",
		.look_next =
			"On the other end: 'lssock --explain=close-wait' names the program. "
			"Here: 'lssock -tnp state fin-wait-2'. A shorter tcp_fin_timeout drops "
			"what is closed sooner; it changes nothing about TIME_WAIT.",
		.without_process = ORPHANS,
		.facts = { { STATE_SETTING, "net.ipv4.tcp_fin_timeout",
			     "seconds one stays that is closed" },
			   { STATE_SETTING, "net.ipv4.tcp_max_tw_buckets",
			     "the stubs count among these" },
			   MAX_ORPHANS,
			   ABORT_ON_MEMORY },
	},
	{
		.state = TCP_STATE_CLOSE_WAIT,
		.rfc = "CLOSE-WAIT",
		.ss = "close-wait",
		.brief = "the other end has closed: the program here has not",
		.meaning =
			"The other end has closed, and the kernel has acknowledged it. Now it is "
			"the turn of the program here: it has to close its end.",
		.enters = "From ESTABLISHED, when the other end's FIN arrives.",
		.leaves = "To LAST_ACK when the program calls close() or ends. The kernel has no "
			  "time limit for that: it stays as long as the program holds it, unless a "
			  "reset comes, as the answer to something sent or to a keepalive probe.",
		.many_mean =
			"Nearly always a fault in the program: it does not notice the end of "
			"the data, or forgets close() on some path. Descriptors leak until it "
			"fails with 'Too many open files'. Where Recv-Q is above 0 it does not "
			"even read: it hangs or is overloaded. A few that come and go are "
			"normal.",
		.look_next =
			"The programs below; 'lssock -tnp state close-wait' shows which peers. "
			"What their threads do (gdb -p, jstack), how many descriptors they have "
			"(/proc/PID/fd, /proc/PID/limits). A restart helps until next time; no "
			"setting of the kernel does.",
		.without_process =
			"not yet accepted: the clients gave up before the programs called "
			"accept() (see --listeners)",
		.facts = { KEEPALIVE },
	},
	{
		.state = TCP_STATE_CLOSING,
		.rfc = "CLOSING",
		.ss = "closing",
		.brief = "both closed at once: one ACK is missing",
		.meaning = "Both ends closed at the same moment and their FINs crossed. The other "
			   "end's FIN is here; the ACK of ours is missing.",
		.enters =
			"From FIN_WAIT1, when the other end's FIN arrives before the ACK of ours.",
		.leaves = "To TIME_WAIT when that ACK arrives; given up when retransmissions stay "
			  "unanswered.",
		.many_mean =
			"Rare, and over within a round trip. Many mean ACKs that get lost, peers "
			"that vanish right after their FIN, or data in front of our FIN that "
			"nobody takes any more (Send-Q is above 0).",
		.look_next = "'lssock -tno state closing' shows queues and timers. If it is always "
			     "the same peer, look at the network or the firewall in between.",
		.without_process = ORPHANS,
		.facts = { ORPHAN_RETRIES, RETRIES2, MAX_ORPHANS, ABORT_ON_TIMEOUT },
	},
	{
		.state = TCP_STATE_LAST_ACK,
		.rfc = "LAST-ACK",
		.ss = "last-ack",
		.brief = "closed by both, the other end first: the last ACK is missing",
		.meaning =
			"The other end closed first, and now this end has closed too. Only the ACK "
			"of our FIN is missing, and of data in front of it.",
		.enters = "From CLOSE_WAIT, by close(), shutdown() or the end of the program.",
		.leaves =
			"It is gone when the ACK or a reset arrives, or when retransmissions stay "
			"unanswered. There is no TIME_WAIT on this side: that is with the end "
			"that closed first.",
		.many_mean =
			"The other ends no longer answer: they crashed, a firewall or an address "
			"translation in between has forgotten the connection, or they do not "
			"read what comes before the FIN (Send-Q is above 0).",
		.look_next = "'lssock -tno state last-ack' shows queues and timers; 'lssock -t "
			     "--count-by=remote_address state last-ack' which peers.",
		.without_process = ORPHANS,
		.facts = { ORPHAN_RETRIES, RETRIES2, MAX_ORPHANS, ABORT_ON_MEMORY,
			   ABORT_ON_TIMEOUT },
	},
	{
		.state = TCP_STATE_TIME_WAIT,
		.rfc = "TIME-WAIT",
		.ss = "time-wait",
		.brief = "over, closed here first: remembered for 60 seconds",
		.meaning = "The connection is over, and this end closed first. Its addresses and "
			   "ports are remembered, so that late segments cannot end up in a new "
			   "connection and a lost last ACK can be sent again.",
		.enters = "From FIN_WAIT2 when the other end's FIN arrives, from FIN_WAIT1 when it "
			  "comes together with the ACK of ours, from CLOSING when that ACK comes.",
		.leaves = "After 60 seconds, which cannot be changed. Sooner when connect() takes "
			  "the port again (tcp_tw_reuse), when the other end begins a new "
			  "connection from the same port, or on a reset (unless tcp_rfc1337).",
		.many_mean =
			"Many short connections that this end closes first. On a server's port "
			"that is harmless. On the ports of a client each one takes a local port "
			"from one destination; when all are taken, connect() fails with "
			"EADDRNOTAVAIL.",
		.look_next =
			"'lssock --time-wait' says which of the two it is here, and what helps; "
			"'lssock --ports' how many ports are left.",
		.without_process = "no process owns a TIME_WAIT: the program's socket is gone, and "
				   "the kernel keeps a small record",
		.never_owned = true,
		.facts = { { STATE_SETTING, "net.ipv4.tcp_max_tw_buckets", "as many there can be" },
			   { STATE_COUNTER, "TCPTimeWaitOverflow",
			     "closed without TIME_WAIT: there were so many" },
			   { STATE_SETTING, "net.ipv4.tcp_tw_reuse",
			     "connect() may take them again: 0 never, 1 yes, 2 on loopback" },
			   { STATE_SETTING, "net.ipv4.tcp_rfc1337", "1: resets do not end it" } },
	},
	{
		.state = TCP_STATE_CLOSE,
		.rfc = "CLOSED",
		.ss = "unconnected",
		.brief = "no connection; the kernel lists none of these",
		.meaning =
			"There is no connection. Every socket begins and ends here: it exists, "
			"perhaps with a port, and neither connects nor listens. The kernel keeps "
			"such sockets out of its lists, so how many there are cannot be seen.",
		.enters = "By socket(); from LAST_ACK on the last ACK; from every state on a reset "
			  "or when the kernel gives up.",
		.leaves = "To SYN_SENT by connect(), to LISTEN by listen().",
		.many_mean =
			"Programs that create sockets and do not use or do not close them, for "
			"instance after connect() has failed. It shows as descriptors, not as "
			"rows.",
		.look_next =
			"The sockets in /proc/PID/fd that 'lssock -anp' does not know; 'alloc' "
			"of TCP in /proc/net/sockstat counts those of the whole host, in every "
			"state.",
		.without_process =
			"sockets in this state are not listed, with or without a process",
		.never_owned = true,
		.never_listed = true,
	},
};

const struct state_story *state_story_at(size_t i)
{
	return &stories[i];
}

const struct state_story *state_story_find(unsigned int state)
{
	for (size_t i = 0; i < STATE_COUNT; i++)
		if (stories[i].state == state)
			return &stories[i];
	return NULL;
}
