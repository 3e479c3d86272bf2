/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recorded machine: a directory from which a struct env is made, so that the program runs as it
 * would have run there.
 *
 *   proc/        files below /proc: net/tcp, net/unix, PID/comm, ...
 *   links        one "PATH TARGET" a line for the symbolic links below proc/ ("4242/fd/7
 *                socket:[31337]"); tests/golden/run makes them in a copy of the machine, since
 *                archives do not keep such links
 *   diag/KEY     what sock_diag answers when asked for KEY: tcp, tcp6, udp, udp6, udplite,
 *                udplite6, raw, raw6, sctp, sctp6, unix, dccp, dccp6, mptcp, mptcp6, packet,
 *                netlink, vsock, xdp, smc, tipc; a missing file is "done -2": no such table
 *   diag/open    "deny N": netlink cannot be opened, with errno -N
 *   names        "host ADDRESS NAME", "user UID NAME", "service PROTO PORT NAME", "protocol NUMBER
 *                NAME"; "hang ADDRESS": that look-up never comes back
 *   interfaces   "INDEX NAME"
 *   euid         the number of the user that runs the program; 0 without the file
 *   kernel       its version, "6.12"; not known without the file
 *   utf8         "1": the locale's character set is UTF-8
 *
 * NAME is the rest of the line, where \xHH stands for a byte.
 *
 * A diag file is text, read line by line; what follows a '#' is a comment.
 *
 *   datagram     begins one; its bytes follow in hexadecimal, blanks and lines as one likes, as the
 *                kernel of a little-endian machine sends them. The numbers in nlmsg_seq and
 *                nlmsg_pid are added to those of the request: 0 and 0 is a proper answer
 *   truncated    that datagram loses its end, as with too small a buffer
 *   from N       that datagram comes from netlink port N instead of the kernel
 *   errno N      a datagram with NLMSG_ERROR carrying N ("errno -22")
 *   done N       a datagram with NLMSG_DONE carrying N; "done" alone: without payload. The end of
 *                the file is "done 0"
 *   fail N       receiving fails with N ("fail -105")
 *   again        what follows is the answer to the second and every later request
 *
 * As in the kernel, well-formed messages whose state was not asked for are left out.
 */
#ifndef LSSOCK_TESTS_MACHINE_H
#define LSSOCK_TESTS_MACHINE_H

struct env;

/*
 * Makes *env from the machine in dir, with both streams on descriptors 1 and 2. One machine a
 * process. Ends the process with status 99 and a message when the recording cannot be read.
 */
void machine_load(const char *dir, struct env *env);

#endif
