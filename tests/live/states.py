#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every TCP state from a real socket, over IPv4, IPv6 and IPv4 under an IPv6 socket. The peers live in
a second network namespace behind a veth pair; a state that normally lasts microseconds is held by
a peer whose socket filter drops every segment that arrives.

CLOSE is the one state that no listing can hold: the kernel takes a socket out of its tables before
it enters that state, so neither /proc/net/tcp nor a sock_diag dump of ordinary states ever contains
it. What would be in it (a socket only bound, a listener shut down) is shown to be absent instead.
"""

import contextlib
import re
import socket
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, inside, like_netstat, lssock_ok, matching, that  # noqa: E402
from scene import LISTENER_UID, Scenes  # noqa: E402


def row_of(rows, entry):
    proto, local, remote = entry
    pattern = rf"^{proto} +\d+ +\d+ {re.escape(local)} +{re.escape(remote)} "
    return matching(rows, pattern)


lib.enter()
try:
    SCENES = Scenes()
    NAMES = {kind: list(scene.expected) for kind, scene in SCENES.get().items()}
except lib.Skip as why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)

def expected_rows():
    for kind, scene in SCENES.get().items():
        for name, entry in scene.expected.items():
            yield f"{kind}, {name}", scene, entry


for KIND in NAMES:
    for NAME in NAMES[KIND]:

        @case(f"{KIND}: {NAME} is shown as it is, with its timer and owner's inode")
        def state_is_shown(kind=KIND, name=NAME):
            scene = SCENES.get()[kind]
            entry = scene.expected[name]
            local, remote, state, _, inode = entry
            row = row_of(lssock_ok("-tan").rows, (scene.proto, local, remote))
            equal(row.split()[5], state)
            equal(row[-11:] if len(row) == 79 else row.split()[5].ljust(11), state.ljust(11), row)
            row = lib.eventually(
                lambda: row_with_time(scene, entry), f"the timer {entry[3]}, running when it should"
            )
            equal(row.split()[7], str(inode), row)


def row_with_time(scene, entry):
    """The row of -taneo with the timer that it should have, unless it was caught just as it fired."""
    local, remote, _, timer, _ = entry
    row = row_of(lssock_ok("-taneo").rows, (scene.proto, local, remote))
    found = lib.TIMER.search(row)
    that(found, row)
    return row if found[1] == timer and (float(found[2]) > 0) == (timer != "off") else None


@case("all the states there are: ten of the eleven, for each kind of address")
def all_states():
    want = {
        "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
        "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
    }
    SCENES.get()
    for proto, pattern in (("tcp", r"^tcp "), ("tcp6", r"^tcp6 .*2001:db8"), ("mapped", r"^tcp6 .* 192\.")):
        if proto != "tcp" and not lib.have_ipv6():
            continue
        rows = [row for row in lssock_ok("-tan").rows if re.search(pattern, row)]
        got = {row.split()[5] for row in rows}
        equal(got, want - ({"LISTEN"} if proto == "mapped" else set()), proto)


for OPTIONS in ("-tan", "-tn", "-tln", "-t4an", "-t6an", "-tane", "-tn4", "-tnl6", "-tanp", "-tann"):

    @case(f"lssock {OPTIONS} equals netstat -W {OPTIONS}")
    def equals_netstat(options=OPTIONS):
        SCENES.get()
        like_netstat(options)


for OPTIONS in ("-tano", "-tno", "-tlno", "-taneo", "-tanepo"):

    @case(f"lssock {OPTIONS} equals netstat -W {OPTIONS}, timers included")
    def timers_equal_netstat(options=OPTIONS):
        SCENES.get()
        like_netstat(options, fix=no_syn_recv, alter=no_syn_recv)


def no_syn_recv(text):
    return "".join(line + "\n" for line in text.split("\n")[:-1] if " SYN_RECV " not in line)


# sock_diag counts every SYN-ACK that was sent again, /proc/net/tcp (and so netstat) only those that a
# timer sent, not those that answered a repeated SYN: ours is never the smaller number.
@case("the retransmissions of SYN_RECV rows are at least those that netstat counts")
def syn_recv_retransmissions():
    SCENES.get()
    like_netstat("-tano", fix=without_counts, alter=without_counts)
    theirs = counts(lib.run([lib.NETSTAT, "-W", "-tano"]).out)
    ours = counts(lssock_ok("-tano").out)
    that(theirs, "no SYN_RECV row to compare")
    for ends, retransmits in theirs.items():
        that(ours[ends] >= retransmits, f"{ends}: {ours[ends]} < {retransmits}")


def counts(text):
    return {
        tuple(line.split()[3:5]): int(lib.TIMER.search(line)[3])
        for line in only_syn_recv(text).splitlines()
    }


def without_counts(text):
    return re.sub(r"/\d+/\d+\)", "/0/0)", only_syn_recv(text))


def only_syn_recv(text):
    return "".join(line + "\n" for line in text.split("\n")[:-1] if " SYN_RECV " in line)


@case("-l shows listeners only, no option all but listeners, -a both, -al as -a")
def selection():
    SCENES.get()
    every = lssock_ok("-tan").rows
    listeners = [row for row in every if row.split()[5] == "LISTEN"]
    others = [row for row in every if row.split()[5] != "LISTEN"]
    that(len(listeners) >= 3 and len(others) > 12, "too few sockets for a test")
    equal(sorted(lssock_ok("-tln").rows), sorted(listeners))
    equal(sorted(lssock_ok("-tn").rows), sorted(others))
    equal(sorted(lssock_ok("-taln").rows), sorted(every))


@case("a SYN_RECV row has its listener's user, a TIME_WAIT row root's")
def users_of_rows_without_a_socket():
    lib.need_real_root()
    for name, scene, (local, remote, state, _, _) in expected_rows():
        if state not in ("SYN_RECV", "TIME_WAIT"):
            continue
        row = row_of(lssock_ok("-tane").rows, (scene.proto, local, remote))
        equal(row.split()[6], str(LISTENER_UID) if state == "SYN_RECV" else "0", name)


@case("the other end of a half-closed connection")
def other_end():
    for scene in SCENES.get().values():
        local, remote, *_ = scene.expected["FIN_WAIT2"]
        proto = "tcp6" if ":" in scene.there_host else "tcp"
        with inside(SCENES.net.fd):
            row = row_of(lssock_ok("-tan").rows, (proto, remote, local))
        equal(row.split()[5], "CLOSE_WAIT")
        local, remote, *_ = scene.expected["CLOSE_WAIT"]
        with inside(SCENES.net.fd):
            row = row_of(lssock_ok("-tan").rows, (proto, remote, local))
        equal(row.split()[5], "FIN_WAIT2")


@case(
    "CLOSE has no row: a socket that is only bound, one whose connect() was refused, a "
    "listener shut down"
)
def closed_sockets_are_absent():
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    refused = socket.socket()
    with contextlib.suppress(ConnectionRefusedError):
        refused.connect(("127.0.0.1", lib.port_of(bound)))
    ended = lib.listen()
    pattern = rf" 127\.0\.0\.1:{lib.port_of(ended)} "
    matching(lssock_ok("-tan").rows, pattern)
    ended.shutdown(socket.SHUT_RDWR)
    rows = lssock_ok("-tan").rows
    equal([row for row in rows if re.search(pattern, row)], [])
    equal([row for row in rows if f":{lib.port_of(bound)} " in row], [])
    equal([row for row in rows if row.split()[5].startswith("CLOSE") and "WAIT" not in row], [])
    like_netstat("-tan")


@case("Recv-Q of a listener counts what waits for accept(), its Send-Q is 0")
def accept_queue():
    listener = lib.listen("127.0.0.1", backlog=5)
    waiting = [socket.create_connection(listener.getsockname()) for _ in range(3)]
    def queues():
        row = matching(lssock_ok("-tln").rows, rf" 127\.0\.0\.1:{lib.port_of(listener)} ")
        return row.split()[1:3]

    lib.eventually(lambda: queues() == ["3", "0"], f"three wait, and not {queues()}")
    like_netstat("-tane")
    for client in waiting:
        client.close()


@case("unread and unsent bytes")
def queues():
    scenes = SCENES.get()
    listener = lib.listen("127.0.0.1")
    client, accepted = lib.connect_to(listener)
    client.send(b"x" * 1234)
    equal(len(accepted.recv(1234, socket.MSG_PEEK | socket.MSG_WAITALL)), 1234)
    here, there = client.getsockname()[1], accepted.getsockname()[1]
    rows = lssock_ok("-tn").rows
    equal(matching(rows, rf"127.0.0.1:{there} +127.0.0.1:{here} ").split()[1:3], ["1234", "0"])
    for scene in scenes.values():
        local, remote, *_ = scene.expected["ESTABLISHED with a closed window"]
        row = row_of(rows, (scene.proto, local, remote))
        that(int(row.split()[2]) > 65536, row)
        with inside(SCENES.net.fd):
            proto = "tcp6" if ":" in scene.there_host else "tcp"
            row = row_of(lssock_ok("-tn").rows, (proto, remote, local))
        that(int(row.split()[1]) > 1024, row)


lib.main()
