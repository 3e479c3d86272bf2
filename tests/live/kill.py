#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--kill: what would be closed is what is closed and nothing else, in every state, and who may not
close is told so.
"""

import ctypes
import errno
import json
import os
import socket
import struct
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, eventually, lssock, that  # noqa: E402

OK, USAGE, PARTIAL, FAILED = 0, 2, 3, 4
NOBODY = 65534
NETLINK_SOCK_DIAG, SOCK_DESTROY = 4, 21
SOCKET_CALLS = {"x86_64": 41, "aarch64": 198}


def states(*expression):
    """{(local port, remote port): state} of TCP, by a listing."""
    result = lib.lssock_ok("-tan", "--csv", "--columns=local_port,remote_port,state", *expression)
    rows = [line.rstrip("\r").split(",") for line in result.out.split("\n")[1:] if line]
    return {(int(local), int(remote or 0)): state for local, remote, state in rows}


def states_at(server):
    """The same of a listener and its connections. Those of earlier cases may come to their end."""
    port = lib.port_of(server)
    return states(f"sport = :{port} or dport = :{port}")


def ask(request):
    """What the kernel answers to one request of sock_diag: its error, 0 for an acknowledgement."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as link:
        link.settimeout(lib.PATIENCE)
        link.send(request)
        reply = link.recv(65536)
    return struct.unpack_from("=i", reply, 16)[0] if struct.unpack_from("=H", reply, 4)[0] == 2 else None


def request_of(kind, protocol, local, remote, cookie):
    """A request for one IPv4 socket: ends are (address, port)."""
    ident = struct.pack(">HH", local[1], remote[1])
    ident += socket.inet_aton(local[0]) + bytes(12) + socket.inet_aton(remote[0]) + bytes(12)
    ident += struct.pack("=III", 0, cookie & 0xFFFFFFFF, cookie >> 32)
    body = struct.pack("=BBBxI", socket.AF_INET, protocol, 0, 0xFFFFFFFF) + ident
    return struct.pack("=IHHII", 16 + len(body), kind, 5, 1, 0) + body


def deny_netlink():
    """A seccomp filter: socket(AF_NETLINK) fails. Returns what to run before exec."""
    if os.uname().machine not in SOCKET_CALLS:
        raise lib.Skip("the number of socket() is not known here")
    code = [(0x20, 0, 0, 0), (0x15, 0, 3, SOCKET_CALLS[os.uname().machine]),
            (0x20, 0, 0, 16), (0x15, 0, 1, socket.AF_NETLINK),
            (0x06, 0, 0, 0x00050000 | errno.EPERM), (0x06, 0, 0, 0x7FFF0000)]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in code))
    program = ctypes.create_string_buffer(struct.pack("HL", len(code), ctypes.addressof(filters)))

    def install():
        lib.call(lib.libc.prctl, lib.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        lib.call(lib.libc.prctl, lib.PR_SET_SECCOMP, 2, program, 0, 0)
        install.kept = filters

    return install


lib.enter()
os.chdir(lib.temp_dir())
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    CANNOT = ask(request_of(SOCK_DESTROY, 6, ("127.0.0.1", 9), ("127.0.0.2", 9), 1)) != -errno.ENOENT


def can_destroy(function):
    """Decorator of tests that close something."""

    def test(*args, **options):
        if CANNOT:
            raise lib.Skip("this kernel closes no sockets, or not for us")
        function(*args, **options)

    return test


def kill(status, counts, *args, **options):
    """--kill --yes ends so, and counts (closed, gone, refused, failed) so."""
    program = lib.public_lssock() if "user" in options else lib.LSSOCK
    result = lib.run([program, "--kill", "--yes", *args], **options)
    equal(result.status, status, str(result))
    equal(result.out, "closed %d, gone %d, refused %d, failed %d\n" % counts, str(result))
    return result


# --- what is asked for -----------------------------------------------------------------------------


for OPTIONS, WORDS in (
    (("--kill",), "needs an expression"),
    (("--kill", "--yes"), "needs an expression"),
    (("--kill", "--yes", ""), "needs an expression"),
    (("--kill", "--yes", " ", "\t"), "needs an expression"),
    (("--yes", "sport = :1"), "--yes belongs to --kill"),
    (("--kill", "-x", "sport = :1"), "TCP and UDP only"),
    (("--kill", "-tw", "sport = :1"), "TCP and UDP only"),
    (("--kill", "-q", "sport = :1"), "one of --kill"),
    (("--kill", "--summary", "sport = :1"), "one of --kill"),
    (("--kill", "--check=1", "sport = :1"), "one of --kill"),
    (("--kill", "-c", "sport = :1"), "it takes no -c"),
    (("--kill", "--count=2", "sport = :1"), "it takes no -c"),
    (("--kill", "--top=1", "sport = :1"), "it takes no -c"),
    (("--kill", "--yes", "--csv", "sport = :1"), "not --csv"),
):

    @case(f"{' '.join(OPTIONS)}: status 2, and nothing is closed")
    def refused(options=OPTIONS, words=WORDS):
        server = lib.listen()
        kept = lib.connect_to(server)
        before = states_at(server)
        result = lssock(*options)
        equal(result.status, USAGE, str(result))
        that(words in result.err and not result.out, str(result))
        equal(states_at(server), before)
        del kept


@case("without --yes: the listing as it is without --kill, a count, and nothing is closed")
def preview():
    server = lib.listen()
    kept = [lib.connect_to(server) for _ in range(3)]
    port = lib.port_of(server)
    before = states_at(server)
    for options in (
        ("-tn", f"sport = :{port}"), ("-tnp", f"sport = :{port}"), ("-tan", f"sport = :{port}"),
        ("-tn", "--csv", f"dport = :{port}"), ("-tn", "--columns=local_port,state", "sport = :1"),
    ):
        plain = lssock(*options)
        result = lssock("--kill", *options)
        equal((result.status, result.out), (OK, plain.out), str(result))
        count = {f"sport = :{port}": 3 + ("-tan" in options), f"dport = :{port}": 3}.get(options[-1], 0)
        word, them = ("socket", "it") if count == 1 else ("sockets", "them")
        equal(result.err, f"lssock: {count} {word} would be closed; add --yes to close {them}\n")
    equal(states_at(server), before)
    del kept


# --- states ----------------------------------------------------------------------------------------


def mapped(listener):
    client = socket.socket()
    client.connect(("127.0.0.1", lib.port_of(listener)))
    return client, listener.accept()[0]


for TITLE, ADDRESS in (("IPv4", "127.0.0.1"), ("IPv6", "::1"), ("mapped", "::")):

    @case(f"established, {TITLE}: closed at both ends, and no other")
    @can_destroy
    def established(address=ADDRESS):
        if ":" in address and not lib.have_ipv6():
            raise lib.Skip("no IPv6 here")
        server = lib.listen(address, v6only=0 if address == "::" else None)
        make = mapped if address == "::" else lib.connect_to
        pairs = [make(server) for _ in range(3)]
        port = lib.port_of(pairs[1][0])
        kill(OK, (1, 0, 0, 0), "-t", f"dport = :{port}")
        for end, error in ((1, errno.ECONNABORTED), (0, errno.ECONNRESET)):
            try:
                pairs[1][end].recv(1)
                raise lib.Failure("it can still be read from")
            except OSError as why:
                equal(why.errno, error)
        left = states(f"sport = :{lib.port_of(server)} and state connected")
        equal(sorted(remote for _, remote in left), sorted(lib.port_of(pairs[i][0]) for i in (0, 2)))
        for client, accepted in (pairs[0], pairs[2]):
            client.sendall(b"x")
            equal(accepted.recv(1), b"x")


@case("TIME_WAIT")
@can_destroy
def time_wait():
    server = lib.listen()
    others = []
    for _ in range(3):
        client, accepted = lib.connect_to(server)
        others.append((lib.port_of(client), lib.port_of(server)))
        client.close()
        accepted.recv(1)
        accepted.close()
        eventually(lambda: states().get(others[-1]) == "TIME_WAIT", "TIME_WAIT")
    ends = others.pop(1)
    kill(OK, (1, 0, 0, 0), "-t", f"state time-wait sport = :{ends[0]} dport = :{ends[1]}")
    left = states("state time-wait")
    that(ends not in left and left.keys() >= set(others), left)


@case("SYN_SENT, FIN_WAIT2 and CLOSE_WAIT")
@can_destroy
def on_the_way():
    server = lib.listen()
    client, accepted = lib.connect_to(server)
    ends = lib.port_of(client), lib.port_of(server)
    client.shutdown(socket.SHUT_WR)
    eventually(lambda: states().get(ends) == "FIN_WAIT2", "FIN_WAIT2")
    equal(states().get(ends[::-1]), "CLOSE_WAIT")
    kill(OK, (1, 0, 0, 0), "-t", f"state fin-wait-2 dport = :{ends[1]}")
    eventually(lambda: ends[::-1] not in states(), "the other end got a reset")
    lib.drop_incoming(server)
    with socket.socket() as waiting:
        waiting.setblocking(False)
        waiting.connect_ex(server.getsockname())
        ends = lib.port_of(waiting), lib.port_of(server)
        eventually(lambda: states().get(ends) == "SYN_SENT", "SYN_SENT")
        kill(OK, (1, 0, 0, 0), "-t", f"state syn-sent dport = :{ends[1]}")
        that(ends not in states(), states())
    del accepted


@case("SYN_RECV")
@can_destroy
def half_open():
    server = lib.listen()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    with socket.socket() as client:
        client.connect(server.getsockname())
        ends = lib.port_of(server), lib.port_of(client)
        eventually(lambda: states().get(ends) == "SYN_RECV", "SYN_RECV")
        kill(OK, (1, 0, 0, 0), "-t", f"state syn-recv sport = :{ends[0]}")
        that(ends not in states(), states())


@case("an end that its program has closed already")
@can_destroy
def orphan():
    server = lib.listen()
    client, accepted = lib.connect_to(server)
    ends = lib.port_of(client), lib.port_of(server)
    client.close()
    eventually(lambda: states().get(ends) == "FIN_WAIT2", "FIN_WAIT2")
    # Kernels before 6.11 say that they closed it and do not.
    result = lssock("--kill", "--yes", "-t", f"state fin-wait-2 dport = :{ends[1]}")
    if ends in states():
        equal((result.status, result.out), (FAILED, "closed 0, gone 0, refused 0, failed 1\n"))
    else:
        equal((result.status, result.out), (OK, "closed 1, gone 0, refused 0, failed 0\n"))
    del accepted


@case("listeners: only when they are asked for; all of those that share a port")
@can_destroy
def listeners():
    def shared():
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen()
        return sock

    port = 7001
    kept = [shared() for _ in range(4)]
    kill(OK, (0, 0, 0, 0), "-t", f"sport = :{port}")
    that((port, 0) in states(), states())
    kill(OK, (4, 0, 0, 0), "-tl", f"sport = :{port}")
    that((port, 0) not in states(), states())
    del kept


@case("UDP: the programs of both ends are told")
@can_destroy
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.1", 0))
        client.connect(server.getsockname())
        port = lib.port_of(server)
        kill(OK, (2, 0, 0, 0), "-ua", f"sport = :{port} or dport = :{port}")
        for sock in (server, client):
            sock.settimeout(lib.PATIENCE)
            try:
                sock.recv(1)
                raise lib.Failure("nobody told it")
            except OSError as why:
                equal(why.errno, errno.ECONNABORTED)


@case("UDP sockets that hide one another: what is not reached is not called closed")
@can_destroy
def udp_shared():
    def shared():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", 7002))
        sock.setblocking(False)
        return sock

    def was_told(sock):
        try:
            sock.recv(1)
        except BlockingIOError:
            return False
        except OSError as why:
            return why.errno == errno.ECONNABORTED
        return False

    kept = [shared() for _ in range(4)]
    result = lssock("--kill", "--yes", "--json", "-ul", "sport = :7002")
    told = sum(was_told(sock) for sock in kept)
    answer = json.loads(result.out)
    equal((answer["closed"], answer["gone"], answer["failed"]), (told, 0, 4 - told), str(result))
    equal(result.status, OK if told == 4 else PARTIAL, str(result))
    equal(answer["complete"], told == 4)


# --- who and what ----------------------------------------------------------------------------------


@case("by owner: the sockets of one process and of no other")
@can_destroy
def by_owner():
    server = lib.listen()

    def clients(say):
        kept = []
        for _ in range(3):
            sock = socket.socket()
            sock.connect(server.getsockname())
            kept.append(sock)
        say("ready")
        return kept

    pid, _ = lib.fork_child(clients)
    mine = lib.connect_to(server)
    ends = lib.port_of(mine[0]), lib.port_of(server)
    kill(OK, (3, 0, 0, 0), "-t", f"pid = {pid}")
    eventually(lambda: ends in states() and len(states(f"dport = :{ends[1]}")) == 1, "mine is left")


@case("--netns: in that namespace and in no other; not in all of them at once")
@can_destroy
def in_a_namespace():
    def elsewhere(say):
        lib.call(lib.libc.unshare, lib.CLONE_NEWNET)
        lib.loopback_up()
        server = lib.listen("127.0.0.1", 7003)
        pair = lib.connect_to(server)
        say("ready")
        return server, pair

    pid, _ = lib.fork_child(elsewhere)
    server = lib.listen("127.0.0.1", 7003)
    pair = lib.connect_to(server)
    kill(OK, (1, 0, 0, 0), f"--netns={pid}", "-t", "sport = :7003")
    kill(OK, (0, 0, 0, 0), f"--netns={pid}", "-t", "sport = :7003")
    pair[0].sendall(b"x")
    equal(pair[1].recv(1), b"x")
    result = lssock("--kill", "--all-netns", "-t", "sport = :7003")
    that(result.status == USAGE and "one network namespace" in result.err, str(result))


@case("another user: refused, counted so, status 4, and nothing is closed")
@can_destroy
def not_permitted():
    lib.need_real_root()
    server = lib.listen()
    kept = [lib.connect_to(server) for _ in range(2)]
    before = states_at(server)
    result = kill(FAILED, (0, 0, 2, 0), "-t", f"sport = :{lib.port_of(server)}",
                  user=NOBODY, group=NOBODY, extra_groups=[])
    equal(result.err, "lssock: not permitted: closing sockets of others takes CAP_NET_ADMIN in this "
          "network namespace\n")
    equal(states_at(server), before)
    del kept


@case("what hinges on hidden owners is neither listed nor closed")
def undecided():
    lib.need_real_root()
    server = lib.listen()
    kept = lib.connect_to(server)
    expression = f"sport = :{lib.port_of(server)} and not program = nobody-has-it"
    for options in (("--kill",), ("--kill", "--yes")):
        result = lib.run([lib.public_lssock(), *options, "-t", expression],
                         user=NOBODY, group=NOBODY, extra_groups=[])
        that(result.status == PARTIAL and "left alone" in result.err, str(result))
        if "--yes" in options:
            equal(result.out, "closed 0, gone 0, refused 0, failed 0\n")
        else:
            equal(result.rows, [])
            that("0 sockets would be closed" in result.err, str(result))
    del kept


@case("a connection that took the place of another is not hit")
@can_destroy
def reused():
    server = lib.listen()
    ends = ("127.0.0.1", 0), server.getsockname()

    def connect():
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.bind(ends[0])
        client.connect(ends[1])
        return client, server.accept()[0]

    def cookie():
        result = lssock("-tn", "--csv", "--columns=cookie", f"sport = :{ends[0][1]}")
        return int(result.out.split("\n")[1])

    pair = connect()
    ends = pair[0].getsockname(), ends[1]
    old = cookie()
    for sock in pair:
        sock.close()
    pair = connect()
    equal(pair[0].getsockname(), ends[0])
    that(cookie() != old, "the cookie is another one")
    # The request for the old one, byte for byte what is sent, is answered that there is none.
    equal(ask(request_of(SOCK_DESTROY, 6, *ends, old)), -errno.ENOENT)
    pair[0].sendall(b"x")
    equal(pair[1].recv(1), b"x")
    equal(ask(request_of(SOCK_DESTROY, 6, *ends, cookie())), 0)


@case("where netlink is denied nothing is closed, and the status says so")
def without_netlink():
    server = lib.listen()
    kept = lib.connect_to(server)
    before = states_at(server)
    result = kill(FAILED, (0, 0, 0, 1), "-t", f"sport = :{lib.port_of(server)}",
                  preexec_fn=deny_netlink())
    that("left alone" in result.err, str(result))
    equal(states_at(server), before)
    del kept


@case("many at once: each is counted once")
@can_destroy
def many():
    server = lib.listen(backlog=512)
    pairs = [lib.connect_to(server) for _ in range(300)]
    port = lib.port_of(server)
    result = lssock("--kill", "--yes", "--json", "-t", f"sport = :{port} or dport = :{port}")
    answer = json.loads(result.out)
    equal(result.status, OK, str(result))
    # The reset of one end ends the other, before or after it was its turn.
    equal((answer["closed"] + answer["gone"], answer["refused"], answer["failed"]), (600, 0, 0))
    that(answer["closed"] >= 300, str(answer["closed"]))
    cookies = {sock["cookie"] for sock in answer["sockets"]}
    equal(len(cookies), 600)
    expression = f"state connected and ( sport = :{port} or dport = :{port} )"
    eventually(lambda: not states(expression), "none is left")
    del pairs


lib.main()
