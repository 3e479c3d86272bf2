#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Names of hosts, services and users: those of netstat, none that lies, and never a wait without end.
The files of the name service are replaced in a mount namespace; the name server is a thread here.
"""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, in_time, like_netstat, lssock, lssock_ok, matching, that  # noqa: E402

# Address of the loopback network -> its name in the hosts file; those that must not be shown.
HONEST = {
    "127.0.1.1": "alpha", "127.0.1.2": "beta.example.org", "127.0.1.3": "under_score",
    "127.0.1.4": "3com.example", "127.0.1.5": "xn--bcher-kva.example", "127.0.1.6": "UPPER.example",
}
LYING = {
    "127.0.2.1": "evil\x1b[31mred", "127.0.2.2": "10.0.0.1", "127.0.2.3": "0x7f.1", "127.0.2.4": "2130706433",
    "127.0.2.5": "a:b", "127.0.2.6": "::1", "127.0.2.7": "-lead", "127.0.2.8": "b\u00fccher.example",
    "127.0.2.9": "bell\x07", "127.0.2.10": "back\\slash", "127.0.2.11": "percent%s", "127.0.2.12": "a/b",
    "127.0.2.13": "*", "127.0.2.14": "x" * 300, "127.0.2.15": "0.0.0.0",
}
HOSTS = "127.0.0.1 localhost\n::1 ip6-localhost\n" + "".join(
    f"{address} {name}\n" for address, name in {**HONEST, **LYING}.items()
)
FILES_ONLY = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"
SERVICES = (
    "# comment\nhttp 80/tcp www\nsame 7001/tcp\nsame 7001/udp\nonly-udp 7002/udp\nonly-tcp 7003/tcp\n"
    "e\x1b[31mvil 7004/tcp\n9999 7005/tcp\nfirst 7006/tcp\nsecond 7006/tcp\n"
    "a-service-with-a-long-name 7007/tcp\n"
)
PROTOCOLS = "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nospf 89 OSPFIGP\n"
USERS = (
    "root:x:0:0::/:/bin/sh\nalice:x:12001:12001::/:/bin/false\na-long-user-name:x:12002:12002::/:/bin/false\n"
    "e\x1b[31mvil:x:12003:12003::/:/bin/false\n777:x:12004:12004::/:/bin/false\n"
)
KEPT = []


def connect(address):
    """A connection from an address of the loopback network; returns its port."""
    client = socket.socket()
    client.bind((address, 0))
    client.connect(("127.0.0.1", lib.port_of(SERVER)))
    KEPT.extend([client, SERVER.accept()[0]])
    return lib.port_of(client)


def local_host(result, port):
    row = matching(result.rows, rf"^tcp +\d+ +\d+ \S+:{port} +\S+ +ESTABLISHED")
    return row.split()[3].rsplit(":", 1)[0]


lib.enter()
os.chdir(lib.temp_dir())
try:
    lib.bind_etc(
        hosts=HOSTS, nsswitch_conf=FILES_ONLY, services=SERVICES, protocols=PROTOCOLS, passwd=USERS,
        resolv_conf="nameserver 127.0.0.1\noptions timeout:30 attempts:2\n",
    )
except (lib.Skip, OSError) as why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)
SERVER = lib.listen("127.0.0.1", backlog=64)
PORTS = {address: connect(address) for address in {**HONEST, **LYING}}


# --- files ---------------------------------------------------------------------------------------


@case("host names from the hosts file")
def host_names():
    result = lssock_ok("-t")
    for address, name in HONEST.items():
        equal(local_host(result, PORTS[address]), name)


for ADDRESS, NAME in LYING.items():

    @case(f"the host name {ascii(NAME[:20])} is shown as a number")
    def lying_host(address=ADDRESS):
        equal(local_host(lssock_ok("-t"), PORTS[address]), address)


@case("honest names equal netstat's, row by row")
def same_hosts():
    lib.need_netstat()
    honest = [PORTS[address] for address in HONEST]

    def only_honest(text):
        return "\n".join(line for line in text.split("\n") if any(f":{port} " in line for port in honest))

    for options in (("-t",), ("-ta",), ("-te",), ("-tp",), ("-t", "--numeric-ports")):
        like_netstat(*options, fix=only_honest, alter=only_honest)


# Of two names for one port netstat shows the last one.
@case("names of services and protocols, and which of them lie")
def service_names():
    ports = (80, 7001, 7002, 7003, 7004, 7005, 7006, 7007, 7008)
    kept = [lib.listen("127.0.0.1", port) for port in ports]
    for port in (7001, 7002, 7003):
        kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        kept[-1].bind(("127.0.0.1", port))
    for protocol in (1, 89, 200):
        kept.append(socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol))
    rows = lssock_ok("-ltuw").rows
    for proto, port, name in (
        ("tcp", 80, "http"), ("tcp", 7001, "same"), ("udp", 7001, "same"), ("udp", 7002, "only-udp"),
        ("tcp", 7002, "7002"), ("tcp", 7003, "only-tcp"), ("udp", 7003, "7003"), ("tcp", 7004, "7004"),
        ("tcp", 7005, "7005"), ("tcp", 7006, "second"), ("tcp", 7007, "a-service-with-a-long-name"),
        ("tcp", 7008, "7008"), ("raw", 1, "icmp"), ("raw", 89, "ospf"), ("raw", 200, "200"),
    ):
        host = "0.0.0.0" if proto == "raw" else "localhost"
        matching(rows, rf"^{proto} +\d+ +\d+ {re.escape(host)}:{name} ")
    del kept

    def without_liars(text):
        return "\n".join(line for line in text.split("\n") if not re.search(r"evil|:9999 |:700[45] ", line))

    like_netstat("-ltuw", fix=without_liars, alter=without_liars)


@case("names of users, and which of them lie")
def user_names():
    lib.need_real_root()
    kept = {}
    for uid in (0, 12001, 12002, 12003, 12004, 12005):
        os.seteuid(uid)
        kept[uid] = lib.listen("127.0.0.1")
        os.seteuid(0)
    result = lssock_ok("-lte", "--numeric-hosts", "--numeric-ports")
    shown = {
        uid: matching(result.rows, rf":{lib.port_of(sock)} ").split()[6] for uid, sock in kept.items()
    }
    that("\x1b" not in result.out, "an escape sequence")
    that(shown.pop(12003) in ("12003", "e\\x1b[31mvil"), str(shown))
    equal(shown, {0: "root", 12001: "alice", 12002: "a-long-user-name", 12004: "12004", 12005: "12005"})


@case("an IPv4 peer of an IPv6 socket bears the name of its IPv4 address")
def mapped_names():
    # netstat asks for ::ffff:127.0.1.1, which the hosts file does not have, and prints the number.
    if not lib.have_ipv6():
        raise lib.Skip("no IPv6")
    with lib.listen("::", v6only=0) as listener, socket.socket() as client:
        client.bind(("127.0.1.1", 0))
        client.connect(("127.0.1.1", lib.port_of(listener)))
        port = lib.port_of(client)
        row = matching(lssock_ok("-t").rows, rf"^tcp6 .*:{port} ")
        equal(row.split()[4], f"alpha:{port}")


# --- a name server -------------------------------------------------------------------------------


class NameServer:
    """Answers PTR questions after a delay, each on its own; None: never."""

    def __init__(self, delay, names=None):
        self.delay, self.names, self.asked = delay, names or {}, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        lib.bind_etc(nsswitch_conf=FILES_ONLY.replace("hosts: files", "hosts: dns"))
        return self

    def __exit__(self, *_):
        lib.call(lib.libc.umount, os.path.realpath("/etc/nsswitch.conf").encode())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wake:
            wake.sendto(b"", ("127.0.0.1", 53))
        self.thread.join()
        self.socket.close()

    def serve(self):
        while True:
            question, sender = self.socket.recvfrom(2048)
            if not question:
                return
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1 : at + 1 + question[at]].decode())
                at += 1 + question[at]
            address = ".".join(reversed(labels[:4]))
            self.asked.append(address)
            if self.delay is not None:
                answer = self.answer(question[: at + 5], self.names.get(address))
                threading.Timer(self.delay, self.send, (answer, sender)).start()

    def send(self, answer, sender):
        try:
            self.socket.sendto(answer, sender)
        except OSError:
            pass  # the test is over

    @staticmethod
    def answer(question, name):
        flags = 0x8180 if name else 0x8183
        head = question[:2] + struct.pack(">HHHHH", flags, 1, 1 if name else 0, 0, 0) + question[12:]
        if not name:
            return head
        data = b"".join(bytes([len(label)]) + label for label in name.split(b".")) + b"\0"
        return head + struct.pack(">HHHIH", 0xC00C, 12, 1, 60, len(data)) + data


def timed(*args, **options):
    started = time.monotonic()
    result = lssock(*args, **options)
    return result, time.monotonic() - started


@case("names of a name server, asked side by side, each address once")
def name_server():
    names = {address: f"h{number}.example.org".encode() for number, address in enumerate(PORTS)}
    names["127.0.0.1"] = b"server.example.org"

    def side_by_side(pace):
        with NameServer(0.3 * pace, names) as server:
            result, took = timed("-t", f"--resolve-timeout={2 * pace}")
        in_time(took < 1.9 * pace, f"{len(names)} names of {0.3 * pace} s each took {took:.1f} s")
        equal((result.status, result.err), (0, ""), str(result))
        for address, name in names.items():
            if address != "127.0.0.1":
                equal(local_host(result, PORTS[address]), name.decode())
        equal(sorted(server.asked), sorted(set(server.asked)), "asked twice")

    lib.at_some_pace(side_by_side)


@case("hostile answers of a name server are shown as numbers")
def hostile_answers():
    answers = (
        b"evil\x1b[31m.example", b"10.9.8.7", b"a b.example", b"new\nline.example",
        b"\xc3\xa9.example", b"-x.example",
    )
    addresses = list(PORTS)[: len(answers)]
    with NameServer(0, dict(zip(addresses, answers))):
        result = lssock("-t")
    equal(result.status, 0, str(result))
    for address in addresses:
        equal(local_host(result, PORTS[address]), address)


@case("a name server that knows nothing: numbers, no note")
def knows_nothing():
    with NameServer(0):
        result = lssock_ok("-t", "--resolve-timeout=30")
    equal(local_host(result, PORTS["127.0.1.1"]), "127.0.1.1")


@case("a name server that never answers: all rows within 2 s, one note, status 0")
def never_answers():
    want = lssock_ok("-tn").out

    def within(pace):
        with NameServer(None) as server:
            result, took = timed("-t", "--numeric-ports")
        that(server.asked, "nobody was asked")
        in_time(1.5 < took < 2 + pace, f"{took:.1f} s")  # it would give up by itself after a minute
        equal(result.status, 0, str(result))
        that(result.err.count("\n") == 1 and result.err.startswith("lssock: "), str(result))
        equal(result.out, want)

    lib.at_some_pace(within)


@case("--resolve-timeout ends it earlier, 0 at once")
def earlier():
    def ends(pace):
        for limit in (0.3 * pace, 0.0):
            result, took = timed("-t", "--numeric-ports", f"--resolve-timeout={limit}")
            in_time(limit - 0.05 < took < limit + 0.7 * pace, f"{limit}: {took:.2f} s")
            equal(result.status, 0, str(result))
            equal(len(result.rows), len(lssock_ok("-tn").rows))
            equal(result.err.count("\n"), 1, str(result))

    with NameServer(None):
        lib.at_some_pace(ends)


@case("a long --resolve-timeout waits for what is slow")
def later():
    def waits(pace):
        with NameServer(2.5, {address: b"slow.example" for address in PORTS}):
            result, took = timed("-t", f"--resolve-timeout={8 * pace}")
        in_time(2.4 < took < 2.5 + 3.5 * pace, f"{took:.1f} s")
        equal(local_host(result, PORTS["127.0.1.1"]), "slow.example")
        equal(result.err, "")

    lib.at_some_pace(waits)


@case("^C works while names are looked up")
def interrupted():
    def ends(pace):
        with NameServer(None) as server:
            process = subprocess.Popen(
                [lib.LSSOCK, "-t", "--resolve-timeout=600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            lib.eventually(lambda: server.asked, "it asks for names")
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=lib.PATIENCE)
            took = time.monotonic() - started
        in_time(took < pace, f"{took:.1f} s")  # it would give up by itself after a minute
        equal(process.returncode, -signal.SIGINT)

    lib.at_some_pace(ends)


@case("with -c a name that came too late is there in the next round")
def next_round():
    def late(pace):
        with NameServer(0.7 * pace, {address: b"late.example" for address in PORTS}):
            result = lssock("-t", f"-c{0.9 * pace}", "--count=3", f"--resolve-timeout={0.2 * pace}")
        equal(result.status, 0, str(result))
        rounds = result.out.split("Active Internet connections (w/o servers)\n")[1:]
        equal(len(rounds), 3)
        port = PORTS["127.0.1.1"]
        in_time(f" 127.0.1.1:{port} " in rounds[0], rounds[0])
        in_time(f" late.example:{port} " in rounds[2], rounds[2])
        equal(result.err.count("\n"), 1, str(result))

    lib.at_some_pace(late)


@case("-n, --numeric-hosts and a table without hosts ask no name server")
def nobody_asked():
    with NameServer(0) as server:
        for options in (("-tn",), ("-t", "--numeric-hosts"), ("-xa",), ("-tn", "-e")):
            lssock_ok(*options)
        equal(server.asked, [])
        lssock_ok("-t")
        that(server.asked, "the name server is not asked at all")


lib.main()
