#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges what tests/vm/scene left: check.py DIRECTORY.

The sockets are those of tests/vm/sockets.c. What lssock says of them is compared with netstat, with
ss, and with the inodes in the kernel's own replies, which tests/golden/record wrote down. TAP.
"""

import collections
import json
import os
import re
import sys
import traceback

OUT = sys.argv[1]
USERS = ["root", "nobody"]
SS_STATES = {
    "ESTAB": "ESTABLISHED",
    "UNCONN": "UNCONNECTED",
    "FIN-WAIT-1": "FIN_WAIT1",
    "FIN-WAIT-2": "FIN_WAIT2",
}
# The tables that netstat has, by the word that its lines begin with.
NETSTAT_TABLES = ["tcp", "tcp6", "udp", "udp6", "udpl", "udpl6", "raw", "raw6", "unix"]
# Recorded tables, and the name by which lssock lists their sockets.
RECORDED = {
    "tcp": ["tcp", "tcp6"],
    "udp": ["udp", "udp6"],
    "udplite": ["udplite", "udplite6"],
    "raw": ["raw", "raw6"],
    "unix": ["unix"],
}
FAMILIES = {
    "packet": ["packet"],
    "netlink": ["netlink"],
    "mptcp": ["mptcp", "mptcp6"],
    "dccp": ["dccp", "dccp6"],
    "vsock": ["vsock"],
    "tipc": ["tipc"],
    "xdp": ["xdp"],
    "smc": ["smc"],
}
# Of these there is nothing before a module was loaded.
LOADED_LATER = ["sctp", "dccp", "vsock", "tipc", "smc"]


class Skip(Exception):
    """This cannot be compared here."""


tests = []


def test(function):
    """Adds a test that is made for each user."""
    for user in USERS:
        name = f"{function.__name__.replace('_', ' ')} ({user})"
        tests.append((name, lambda user=user: function(user)))
    return function


def test_family(families):
    """Adds a test for each user and each of these families."""

    def add(function):
        for family in families:
            for user in USERS:
                name = f"{family}: {function.__name__.replace('_', ' ')} ({user})"
                tests.append(
                    (name, lambda user=user, family=family: function(user, family))
                )
        return function

    return add


def read(*path):
    with open(os.path.join(OUT, *path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def status(phase, user, name):
    return int(read(phase, user, name + ".status"))


def rows(phase, user, name="json"):
    """What lssock wrote as JSON."""
    return json.loads(read(phase, user, name + ".out"))["sockets"]


def family_rows(phase, user, family):
    """The rows of a family beyond netstat's, if lssock knows it."""
    if status(phase, user, "family-" + family) == 2:
        raise Skip(f"lssock does not list {family} sockets")
    return rows(phase, user, "family-" + family)


def same(expected, got, what):
    """Both are lists; their order does not count."""
    expected, got = collections.Counter(expected), collections.Counter(got)
    lines = [f"missing: {row}" for row in (expected - got).elements()]
    lines += [f"invented: {row}" for row in (got - expected).elements()]
    assert not lines, "\n".join([what, *lines])
    assert expected, what + ": nothing to compare"


# --- what other programs print --------------------------------------------------------------------


def records(text):
    """The lines of netstat's tables, an SCTP socket with all its addresses as one."""
    found = []
    for line in text.splitlines():
        if line.startswith((" ", "\t")):
            found[-1] += line
        elif line.split() and line.split()[0] in [*NETSTAT_TABLES, "sctp"]:
            found.append(line)
    # Programs are named by their command line there, and by themselves here.
    found = [re.sub(r"\s(\d+)/\S+", r" \1 ", line) for line in found]
    # A connection of the past may end while we look.
    return [" ".join(line.split()) for line in found if "TIME_WAIT" not in line]


def table(text, proto):
    return [line for line in records(text) if line.split()[0] == proto]


def place(text):
    """ADDRESS:PORT of ss as ours: without interface, brackets and IPv4 in IPv6; '*' is ::."""
    host, _, port = text.rpartition(":")
    host = plain("::" if host.split("%")[0] == "*" else host.strip("[]"))
    return host, (None if port == "*" else int(port))


def plain(host):
    host = re.sub(r"[\[\]]", "", host.split("%")[0])
    return host[7:] if host.startswith("::ffff:") else host


def ss_lines(user, name):
    return [line.split() for line in read("full", user, f"ss-{name}.out").splitlines()]


def ss_value(words, key, default=None):
    for word in words:
        if word.startswith(key + ":"):
            return word[len(key) + 1 :]
    return default


def ss_row(words):
    """State, queues, both ends, inode."""
    state = SS_STATES.get(words[0], words[0].replace("-", "_"))
    local, remote = place(words[3]), place(words[4])
    ours = (state, int(words[1]), int(words[2]), local)
    return (*ours, remote if remote[1] is not None or connected(remote) else None,
            int(ss_value(words, "ino", "0")))


def connected(end):
    return end[0] not in ("0.0.0.0", "::")


def row(sock, port="local_port"):
    """The same of a row of ours. A listener's backlog stands where ss has its Send-Q."""
    send = sock["backlog"] if sock["state"] == "LISTEN" else sock["send_q"]
    local = (plain(sock["local_address"]), sock[port])
    remote = None
    if sock["remote_address"] is not None:
        remote = (plain(sock["remote_address"]), sock["remote_port"])
    return sock["state"], sock["recv_q"], send, local, remote, sock["inode"] or 0


def of_proto(phase, user, *protos):
    found = [sock for sock in rows(phase, user) if sock["proto"] in protos]
    return [sock for sock in found if sock["state"] != "TIME_WAIT"]


def recorded_inodes(user, keys):
    found = []
    for key in keys:
        text = read("machine", user, "diag", key)
        found += re.findall(r"^  # .*\binode (\d+)$", text, re.M)
    return [int(inode) for inode in found]


# --- tests ----------------------------------------------------------------------------------------


def every_family_was_opened():
    lines = read("sockets").splitlines()
    assert lines[-1:] == ["ready"], "the sockets were not ready in time"
    assert not [line for line in lines if line.startswith("no ")], "\n".join(lines)


tests.append(("every family was opened", every_family_was_opened))


@test_family(NETSTAT_TABLES)
def rows_as_in_netstat(user, proto):
    same(
        table(read("full", user, "netstat.out"), proto),
        table(read("full", user, "lssock.out"), proto),
        "netstat -anpW beside lssock -anp",
    )


@test_family(NETSTAT_TABLES)
def rows_as_in_netstat_without_sock_diag(user, proto):
    same(
        table(read("full", user, "netstat.out"), proto),
        table(read("nodiag", user, "lssock.out"), proto),
        "netstat -anpW beside lssock -anp that has only /proc",
    )


def sctp_words(text):
    """netstat names the state of the socket, not that of the association: left out."""
    found = []
    for line in table(text, "sctp"):
        words = [plain(word) if "%" in word else word for word in line.split()]
        found.append(" ".join(sorted(word for word in words if not re.match("[A-Z]", word))))
    return found


@test
def sctp_addresses_as_in_netstat(user):
    expected = sctp_words(read("full", user, "netstat.out"))
    for phase in ["full", "nodiag"]:
        same(expected, sctp_words(read(phase, user, "lssock.out")), phase)


def sctp_row(sock):
    locals_ = frozenset(plain(host) for host in sock["local_addresses"] or [sock["local_address"]])
    remotes = sock["remote_addresses"] or [sock["remote_address"]]
    peers = frozenset(plain(host) for host in remotes if host)
    send = sock["backlog"] if sock["state"] == "LISTEN" else sock["send_q"]
    ports = sock["local_port"], sock["remote_port"]
    return sock["state"], sock["recv_q"], send, locals_, peers, ports, sock["inode"], sock["pid"]


def ss_sctp_rows(user):
    """Associations, which ss draws below their endpoint, and endpoints that listen."""
    for words in ss_lines(user, "sctp"):
        child = words[0] == "`-"
        words = words[child:]
        if not child and words[0] != "LISTEN":
            continue
        state, recv, send, local, remote, inode = ss_row(words)
        peers = ss_value(words, "peers", "")
        pid = re.search(r"pid=(\d+)", " ".join(words))
        yield (
            state,
            recv,
            send,
            frozenset(plain(host) for host in ss_value(words, "locals").split(",")),
            frozenset(plain(host) for host in peers.split(",") if host),
            (local[1], remote[1] if remote else None),
            inode,
            int(pid.group(1)) if pid else None,
        )


@test
def sctp_as_in_ss(user):
    got = [sctp_row(sock) for sock in of_proto("full", user, "sctp")]
    same(ss_sctp_rows(user), got, "ss --sctp")
    states = {state for state, *_ in got}
    assert states == {"LISTEN", "ESTABLISHED", "COOKIE_WAIT"}, states


@test
def sctp_without_sctp_diag_is_the_same(user):
    # /proc knows nothing of the queue of a listener.
    def without_backlog(phase):
        for state, recv, send, *rest in map(sctp_row, of_proto(phase, user, "sctp")):
            yield (state, *((None, None) if state == "LISTEN" else (recv, send)), *rest)

    same(without_backlog("full"), without_backlog("nodiag"), "sctp from /proc")


@test_family(["tcp", "udp"])
def rows_as_in_ss(user, proto):
    expected = [ss_row(words) for words in ss_lines(user, proto) if words[0] != "TIME-WAIT"]
    same(expected, [row(sock) for sock in of_proto("full", user, proto)], f"ss --{proto}")


@test
def raw_rows_as_in_ss(user):
    """ss has the IP protocol where others have a port."""
    got = [row(sock, "raw_protocol") for sock in of_proto("full", user, "raw")]
    same([ss_row(words) for words in ss_lines(user, "raw")], got, "ss --raw")


@test
def unix_rows_as_in_ss(user):
    def ours(sock):
        send = sock["backlog"] if sock["state"] == "LISTEN" else sock["send_q"]
        name = "@" * (sock["path_kind"] == "abstract") + (sock["path"] or "*")
        return sock["inode"], sock["recv_q"], send, name

    expected = []
    for words in ss_lines(user, "unix"):
        expected.append((int(words[5]), int(words[2]), int(words[3]), words[4]))
    got = [ours(sock) for sock in of_proto("full", user, "unix") if sock["inode"]]
    same(expected, got, "ss --unix")


@test
def udp_lite_is_what_was_opened(user):
    """ss cannot list it."""
    got = [(*row(sock)[:1], *row(sock)[3:5]) for sock in of_proto("full", user, "udplite")]
    client = ("ESTABLISHED", ("127.0.0.1", 6204), ("127.0.0.1", 6203))
    bound = [("0.0.0.0", 6201), ("::1", 6202), ("127.0.0.1", 6203)]
    same([client, *(("UNCONNECTED", end, None) for end in bound)], got, "udplite")


@test_family(RECORDED)
def no_socket_is_lost(user, proto):
    got = [sock["inode"] or 0 for sock in of_proto("full", user, proto)]
    expected = recorded_inodes(user, RECORDED[proto])
    if proto == "tcp":
        expected = without_unseen(expected, user)
    if proto == "unix":
        got = [inode for inode in got if inode]
    same(expected, got, "inodes in sock_diag's replies")


def without_unseen(inodes, user):
    """TIME_WAIT has no inode. What is bound and no more is listed only for who asks for it: newer
    kernels tell of it as CLOSE (7), which no other socket in the table is."""
    text = read("machine", user, "diag", "tcp") + read("machine", user, "diag", "tcp6")
    idle = re.findall(r"^  # state 7,.*inode (\d+)$", text, re.M)
    gone = len(re.findall(r"^  # state 6,", text, re.M))
    left = collections.Counter(inodes) - collections.Counter(map(int, idle))
    return (left - collections.Counter({0: gone})).elements()


@test
def programs_are_named_where_it_is_allowed(user):
    """nobody may look into its own processes only, and is told so."""
    own = {"vm-udplite", "vm-sctp-many"}
    programs = {sock["program"] for sock in rows("full", user) if sock["program"]}
    words = read("full", user, "lssock.err")
    if user == "root":
        assert {"vm-tcp", "vm-sctp", "vm-raw", "vm-unix", "vm-udp", *own} <= programs, programs
        assert words == "", words
    else:
        assert programs == own, programs
        assert re.fullmatch(r"lssock: \d+ processes could not be inspected.*\n", words), words
    assert status("full", user, "lssock") == 0


@test
def keys_of_tls_are_shown_to_root_alone(user):
    client = [sock for sock in rows("full", user) if sock["local_port"] == 6602]
    assert len(client) == 1
    got = client[0]["tls_version"], client[0]["tls_cipher"]
    assert got == (("1.3", "aes-gcm-128") if user == "root" else (None, None)), got


@test
def a_family_that_the_kernel_lacks(user):
    assert status("absent", user, "sctp") == 3
    words = read("absent", user, "sctp.err")
    assert words == "lssock: sctp: this kernel has no such sockets\n", words
    assert not records(read("absent", user, "sctp.out"))


@test
def a_family_without_sockets(user):
    assert status("empty", user, "sctp") == 0
    assert read("empty", user, "sctp.err") == ""
    assert not records(read("empty", user, "sctp.out"))


@test
def a_family_without_its_diag_module(user):
    assert status("nodiag", user, "sctp") == 0
    words = read("nodiag", user, "sctp.err")
    assert re.match(r"lssock: sctp: this kernel has no sctp_diag: read from /proc", words), words
    assert records(read("nodiag", user, "sctp.out"))


@test
def a_family_that_is_forbidden(user):
    """To root as well, who has given up CAP_DAC_OVERRIDE by then."""
    words = read("forbidden", user, "sctp.err")
    assert words.startswith("lssock: sctp: cannot be listed: ") and "Permission denied" in words, words
    assert status("forbidden", user, "sctp") == 4
    assert not records(read("forbidden", user, "sctp.out"))


def opened(family, kernel):
    """(type, local, remote, state) of what sockets.c opened; of TIPC, whose names are random, and of
    netlink, where the kernel has its own, only what is known."""
    tcp = [("STREAM", "{0}:{1}", "{any}:*", "LISTEN"), ("STREAM", "{0}:{1}", "{0}:{2}", "ESTABLISHED")]
    tcp.append(("STREAM", "{0}:{2}", "{0}:{1}", "ESTABLISHED"))

    def pair(host, any_, server, client, rows_=tcp):
        return [tuple(cell.format(host, server, client, any=any_) for cell in row_) for row_ in rows_]

    def vsock(kind, port, client):
        yield kind, f"*:{port}", "*", "LISTEN"
        for number in (client, client + 1):
            yield kind, f"local:{number}", f"local:{port}", "ESTABLISHED"
            yield kind, f"local:{port}", f"local:{number}", "ESTABLISHED"

    return {
        "packet": [
            ("RAW", "all:lo", "*", ""),
            ("DGRAM", "ip:*", "*", ""),
            *[("RAW", "ipv6:lo", "*", "")] * 2,
            ("RAW", "arp:lo", "*", ""),
            ("RAW", "lldp:lo", "*", ""),
        ],
        "netlink": [
            ("RAW", f"{name}:{port}", "*", "")
            for name, port in [
                ("route", 7001),
                ("kobject_uevent", 7002),
                ("generic", 7003),
                ("audit", 7004),
                ("connector", 7005),
            ]
        ],
        "mptcp": pair("127.0.0.1", "0.0.0.0", 6401, 6402) + pair("::1", "::", 6411, 6412),
        "smc": pair("127.0.0.1", "0.0.0.0", 6501, 6502) + pair("::1", "::", 6511, 0, tcp[:1]),
        "dccp": [
            ("DCCP", "127.0.0.1:5101", "0.0.0.0:*", "LISTEN"),
            ("DCCP", "127.0.0.1:5101", "127.0.0.1:5102", "ESTABLISHED"),
            ("DCCP", "127.0.0.1:5102", "127.0.0.1:5101", "PARTOPEN"),
            ("DCCP", "::1:5103", ":::*", "LISTEN"),
        ],
        "ping": [("DGRAM", "127.0.0.1:6301", "0.0.0.0:*", ""), ("DGRAM", "::1:6302", ":::*", "")],
        "vsock": [*vsock("STREAM", 1234, 2001), *vsock("SEQPACKET", 1235, 2003)],
        "tipc": [
            ("RDM", "", "*", ""),
            ("DGRAM", "", "*", ""),
            *[("STREAM", "", "*", "LISTEN"), ("SEQPACKET", "", "*", "LISTEN")],
            *[("STREAM", "", "", "ESTABLISHED"), ("SEQPACKET", "", "", "ESTABLISHED")] * 2,
        ],
        "xdp": [("RAW", "lo:q0", "*", "")] if kernel > (6, 8) else [],
    }[family]


def release():
    """Of the kernel, as numbers."""
    return tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", read("release")).groups())


def text_rows(user, family):
    """The same of the table that a person reads; of programs, only those of sockets.c."""
    for line in read("full", user, "all.out").splitlines():
        words = line.split()
        if not words or words[0].rstrip("6") != family:
            continue
        state = words[6] if re.fullmatch("[A-Z_0-9]{3,}", words[6]) else ""
        kind, local, remote = words[3:6]
        if family == "netlink" and not local.endswith(tuple(f":700{n}" for n in range(1, 6))):
            continue
        if family == "tipc":
            local, remote = "", remote if remote == "*" else ""
        yield kind, local, remote, state


@test_family([*FAMILIES, "ping"])
def is_what_was_opened(user, family):
    if status("full", user, "all") == 2:
        raise Skip("lssock has no -A all")
    expected = opened(family, release())
    if not expected:
        raise Skip("this kernel's sock_diag cannot tell")
    got = list(text_rows(user, family))
    if family == "tipc":
        # The server of topology is the kernel's own.
        got.remove(("SEQPACKET", "", "*", "LISTEN"))
    same(expected, got, family)


@test_family(FAMILIES)
def no_socket_of_the_family_is_lost(user, family):
    found = family_rows("full", user, family)
    if family == "netlink":
        # Not those with which the programs themselves ask.
        found = [sock for sock in found if not re.match(r"sock_diag:\d", sock["local"])]
        expected = set(recorded_inodes(user, ["netlink"])) - own_netlink_inodes(user)
    else:
        expected = recorded_inodes(user, FAMILIES[family])
    if not expected:
        raise Skip(f"this kernel's sock_diag has no {family} sockets")
    same(expected, [sock["inode"] or 0 for sock in found], "inodes in sock_diag's replies")


def own_netlink_inodes(user):
    """Of messages of protocol 4 (sock_diag) with a port."""
    text = read("machine", user, "diag", "netlink")
    found = re.findall(r"# inode (\d+)\n  10..04.. ([0-9a-f]{8}) ", text)
    return {int(inode) for inode, port in found if port != "00000000"}


def listed_families(phase, user):
    """Status and source of each family."""
    if status(phase, user, "list") == 2:
        raise Skip("lssock has no --list-families")
    lines = [line.split() for line in read(phase, user, "list.out").splitlines()[1:]]
    return {words[0]: (words[2], words[3], words[1]) for words in lines}


@test
def four_answers_for_a_family(user):
    seen = {phase: listed_families(phase, user) for phase in ["absent", "empty", "full", "nodiag"]}
    for family in LOADED_LATER:
        # The topology server of TIPC comes with it.
        empty = "listed" if family == "tipc" else "empty"
        without = ("listed", "procfs") if family == "sctp" else ("no-module", "-")
        wanted = [("absent", "-"), (empty, "sock_diag"), ("listed", "sock_diag"), without]
        got = [seen[phase][family][:2] for phase in ["absent", "empty", "full", "nodiag"]]
        assert got == wanted, f"{family}: {got}, not {wanted}"
    forbidden = listed_families("forbidden", user)["sctp"][:2]
    assert forbidden == ("forbidden", "-"), forbidden


@test
def families_are_counted_as_they_are_listed(user):
    seen = listed_families("full", user)
    for family in ["sctp", "udp", "udplite", "raw", *LOADED_LATER[1:], "packet", "mptcp"]:
        table_ = of_proto("full", user, family) or family_rows("full", user, family)
        assert int(seen[family][2]) == len(table_), f"{family}: {seen[family]}, {len(table_)} rows"


def main():
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} - {name}")
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}")
        except Exception as problem:  # one broken comparison must not hide the others
            failed += 1
            print(f"not ok {number} - {name}")
            text = str(problem) if isinstance(problem, AssertionError) else ""
            for line in (text or traceback.format_exc()).splitlines():
                print("#   " + line)
    return failed != 0


sys.exit(main())
