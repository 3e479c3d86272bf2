#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--ports against the kernel: the free ports it shows are the connect() calls that still succeed. Many
small namespaces are made at random (with known seeds, so that each can be made again: the title
names it), each with a small range of ports, reserved ones, listeners inside the range, sockets that
are bound only, connections of IPv4, IPv6 and IPv4 under IPv6 in several states. Then every triple
is used up.
"""

import contextlib
import errno
import json
import os
import random
import re
import socket
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from breaking import without_proc  # noqa: E402
from lib import (Failure, Skip, case, equal, eventually, lssock, lssock_ok, on_terminal,  # noqa: E402
                 that)

IP_BIND_ADDRESS_NO_PORT = 24
V4_SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
V4_DESTS = ["127.0.0.1", "127.0.0.4", "127.0.0.5"]
SERVERS = [2000, 2001]
REUSE_DELAY_MS = 300
KERNEL = tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", os.uname().release).groups())


def setting_path(name):
    return f"/proc/sys/net/ipv4/{name}"


def set_to(name, value):
    with open(setting_path(name), "w", encoding="ascii") as file:
        file.write(str(value))


def report(*args):
    """The JSON of --ports, with triples by (source, destination, port)."""
    answer = json.loads(lssock_ok("--ports", "--json", *args).out)
    answer["by_triple"] = {
        (row["source_address"], row["destination_address"], row["destination_port"]): row
        for row in answer["triples"]
    }
    equal(len(answer["by_triple"]), len(answer["triples"]), "triples that are there twice")
    return answer


def folded(address):
    return address[7:] if address.startswith("::ffff:") else address


def connect(source, dest, port, mapped=False):
    """A connection whose port the kernel chooses, or None when it has none left."""
    family = socket.AF_INET6 if mapped or ":" in dest else socket.AF_INET
    prefix = "::ffff:" if mapped else ""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if source:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((prefix + source, 0))
        sock.connect((prefix + dest, port))
    except OSError as error:
        sock.close()
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return None
    return sock


def use_up(source, dest, port, mapped=False):
    """How many more connect() calls succeed. The connections are left open."""
    sockets = []
    while True:
        sock = connect(source, dest, port, mapped)
        if sock is None:
            return sockets
        sockets.append(sock)


def listener(address, port, v6only=None, backlog=512):
    sock = socket.socket(lib.family_of(address), socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if v6only is not None:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    sock.bind((address, port))
    sock.listen(backlog)
    return sock


class World:
    """A namespace made at random."""

    def __init__(self, seed, reuse):
        self.seed = seed
        self.dice = random.Random(seed)
        self.kept = []
        self.has6 = lib.have_ipv6()
        low = 40000 + self.dice.randrange(200)
        self.range = range(low, low + self.dice.randrange(6, 22))
        # In a range of an odd size the kernel leaves out the first or the last port in each try.
        self.slack = len(self.range) % 2
        set_to("ip_local_port_range", f"{self.range[0]} {self.range[-1]}")
        self.reserved = self.dice.sample(self.range, self.dice.randrange(0, 4))
        outside = ["8080", "9000-9010"] if self.dice.random() < 0.5 else []
        set_to("ip_local_reserved_ports", ",".join(outside + [str(p) for p in self.reserved]))
        set_to("tcp_tw_reuse", reuse)
        if os.path.exists(setting_path("tcp_tw_reuse_delay")):
            set_to("tcp_tw_reuse_delay", REUSE_DELAY_MS)
        for port in SERVERS:
            any_address, v6only = ("::", 0) if self.has6 else ("0.0.0.0", None)
            self.kept.append(listener(any_address, port, v6only))
        self.servers = {port: sock for port, sock in zip(SERVERS, self.kept)}
        self.dests = [(dest, port) for dest in V4_DESTS for port in SERVERS]
        self.dests6 = [("::1", port) for port in SERVERS] if self.has6 else []
        self.used, self.open = set(), set()  # triples that had, and have, connections
        # Before and behind the connections: listeners take ports from under them, too.
        self.add_owners()
        for _ in range(self.dice.randrange(0, 40)):
            self.add_connection()
        self.add_owners()

    def add_owners(self):
        """Listeners inside the range and sockets that are bound only."""
        addresses = ["0.0.0.0", "127.0.0.1", "127.0.0.9"] + self.has6 * ["::", "::", "::1"]
        for _ in range(self.dice.randrange(0, 3)):
            address, port = self.dice.choice(addresses), self.dice.choice(self.range)
            v6only = self.dice.randrange(2) if address == "::" else None
            with contextlib.suppress(OSError):
                self.kept.append(listener(address, port, v6only))
                if address == "127.0.0.9":
                    self.dests.append((address, port))
                    self.servers[port] = self.kept[-1]
        if self.dice.random() < 0.5 and KERNEL >= (6, 8):  # older ones do not list them
            sock = socket.socket()
            self.kept.append(sock)
            with contextlib.suppress(OSError):
                address = self.dice.choice(V4_SOURCES + ["0.0.0.0"])
                sock.bind((address, self.dice.choice(self.range)))

    def add_connection(self):
        if self.dests6 and self.dice.random() < 0.3:
            source, mapped, (dest, port) = None, False, self.dice.choice(self.dests6)
        else:
            source = self.dice.choice(V4_SOURCES + [None])
            mapped = self.has6 and self.dice.random() < 0.4
            dest, port = self.dice.choice(self.dests)
        mine = connect(source, dest, port, mapped)
        if mine is None:
            return
        triple = (folded(mine.getsockname()[0]), dest, port)
        self.used.add(triple)
        theirs = self.accept(port, mine)
        how = self.dice.choice(["open", "open", "we first", "they first", "half", "they half"])
        if how == "we first":
            mine.close()
            theirs.close()
        elif how == "they first":
            theirs.close()
            mine.close()
        elif how == "half":
            mine.close()
            self.kept.append(theirs)
        elif how == "they half":
            theirs.close()
            self.kept.append(mine)
        else:
            self.kept += [mine, theirs]
            self.open.add(triple)

    def accept(self, port, mine):
        """The other end. Two addresses may have the same port: then it is not waited for."""
        server = self.servers[port]
        while True:
            theirs, peer = server.accept()
            if peer[1] == mine.getsockname()[1]:
                return theirs
            self.kept.append(theirs)

    def triples(self):
        """Those that were used, and some that were not, in an order of their own."""
        out = set(self.used)
        for dest, port in self.dice.sample(self.dests, 3):
            out.add((self.dice.choice(V4_SOURCES), dest, port))
        out |= {("::1", dest, port) for dest, port in self.dests6}
        return self.dice.sample(sorted(out), len(out))

    def equal(self, got, shown, what):
        """What the kernel gave is what was shown."""
        that(shown - self.slack <= got <= shown,
             f"seed {self.seed}, {what}: {shown} shown, {got} are there")

    def settle(self, *args):
        """The report once nothing is on its way any more: twice the same."""
        def twice():
            first, second = report(*args), report(*args)
            for answer in (first, second):
                answer["steady"] = [answer[key] for key in ("capacity", "bind", "unreserved")]
                answer["steady"] += [
                    {**row, "new_per_s": 0, "exhausted_s": 0, "reusable": 0}
                    for row in answer["triples"]
                ]
            return second if first["steady"] == second["steady"] else None

        return eventually(twice, "a quiet namespace")


def check_connects(seed):
    world = World(seed, reuse=0)
    began = time.monotonic()
    answer = world.settle()
    for triple in world.triples():
        row = answer["by_triple"].get(triple)
        that(row or triple not in world.open, f"seed {seed}: {triple} is not shown")
        free = row["free"] if row else answer["capacity"]
        if row:
            equal(row["reusable"], 0, f"seed {seed}, {triple}: reusable with tcp_tw_reuse=0")
            equal(row["used"] + free, answer["capacity"], f"seed {seed}, {triple}: used and free")
        mapped = world.has6 and ":" not in triple[0] and world.dice.random() < 0.5
        sockets = use_up(*triple, mapped)
        if time.monotonic() - began > 30:
            return  # so slow a machine that TIME_WAIT ends meanwhile
        world.equal(len(sockets), free, f"{triple}: free ports")
        ports = {sock.getsockname()[1] for sock in sockets}
        that(ports <= set(world.range) - set(world.reserved), f"seed {seed}: ports {ports}")
        world.kept += sockets
    after = report()
    for triple in world.used:
        if triple in after["by_triple"]:
            world.equal(0, after["by_triple"][triple]["free"], f"{triple}: free, all used up")


def check_reuse(seed):
    reuse = 1 + seed % 2
    world = World(seed, reuse)
    began = time.monotonic()
    world.settle()
    # Kernels without that setting count whole seconds.
    has_delay = os.path.exists(setting_path("tcp_tw_reuse_delay"))
    time.sleep(0.2 + (REUSE_DELAY_MS / 1000 if has_delay else 2))
    answer = report()
    for triple in world.triples():
        row = answer["by_triple"].get(triple)
        shown = row["free"] + row["reusable"] if row else answer["capacity"]
        if row:
            that(row["reusable"] <= row["states"]["TIME_WAIT"], str(row))
        sockets = use_up(*triple)
        if time.monotonic() - began > 30:
            return
        world.equal(len(sockets), shown,
                    f"{triple}: free + reusable ports with tcp_tw_reuse={reuse}, {row}")
        world.kept += sockets


def check_binds(seed):
    world = World(seed, reuse=0)
    began = time.monotonic()
    for row in world.settle()["bind"]:
        sockets = []
        family = lib.family_of(row["source_address"])
        while True:
            sock = socket.socket(family)
            try:
                sock.bind((row["source_address"], 0))
            except OSError as error:
                equal(error.errno, errno.EADDRINUSE, "why bind() failed")
                break
            sockets.append(sock)
        if time.monotonic() - began > 30:
            return
        world.equal(len(sockets), row["free"], f"ports for bind() in {row}")
        world.kept += sockets


def check_hidden(seed):
    """
    What the kernel does not tell: ports bound before connect(), accepted connections without their
    listener. Never are fewer ports free than such sockets explain, and never more than shown.
    """
    world = World(seed, reuse=0)
    began = time.monotonic()
    free_ports = [port for port in world.range if port not in world.reserved]
    hidden = 0
    for port in world.dice.sample(free_ports, min(2, len(free_ports))):
        with contextlib.suppress(OSError), contextlib.ExitStack() as undo:
            mine = undo.enter_context(socket.socket())
            if world.dice.random() < 0.5:
                mine.bind((world.dice.choice(V4_SOURCES), port))
                mine.connect(("127.0.0.1", SERVERS[0]))
                world.kept.append(world.accept(SERVERS[0], mine))
            else:
                server = undo.enter_context(listener("127.0.0.3", port))
                mine.bind(("127.0.0.4", 39000))
                mine.connect(("127.0.0.3", port))
                world.kept.append(server.accept()[0])
                server.close()
            undo.pop_all()
            world.kept.append(mine)
            hidden += 1
    answer = world.settle()
    for triple in world.triples():
        row = answer["by_triple"].get(triple)
        free = row["free"] if row else answer["capacity"]
        sockets = use_up(*triple)
        world.kept += sockets
        if time.monotonic() - began > 30:
            return
        that(free - hidden - world.slack <= len(sockets) <= free,
             f"seed {seed}, {triple}: {free} shown, {len(sockets)} are there, {hidden} are hidden")


def need_settings():
    """Writable in a namespace of our own, unless /proc/sys is mounted read-only."""
    if not os.access(setting_path("ip_local_port_range"), os.W_OK):
        raise Skip("/proc/sys is read-only here")


def run_seeds(check, seeds):
    need_settings()
    for seed in seeds:
        lib.in_new_net(lambda: check(seed))


@case("the free ports are the connect() calls that still succeed")
def free_ports():
    run_seeds(check_connects, range(1000, 1080))


@case("free and reusable are those with tcp_tw_reuse, after its delay")
def reusable_ports():
    run_seeds(check_reuse, range(2000, 2030))


@case("a source address has as many ports as bind() to port 0 still succeeds")
def bind_ports():
    run_seeds(check_binds, range(3000, 3040))


def scene():
    """A known namespace: 20 ports, 1 reserved, 2 with a listener. Returns what is to be kept."""
    set_to("ip_local_port_range", "40000 40019")
    set_to("ip_local_reserved_ports", "8080,40001")
    set_to("tcp_tw_reuse", 0)
    kept = [listener("0.0.0.0", 2000), listener("0.0.0.0", 2001)]
    kept += [listener("127.0.0.9", 40002), listener("127.0.0.9", 40007)]
    for server, n in zip(kept, (9, 3)):
        for _ in range(n):
            mine = connect("127.0.0.1", "127.0.0.1", lib.port_of(server))
            kept += [mine, server.accept()[0]]
    for _ in range(4):
        mine = connect("127.0.0.1", "127.0.0.1", 2000)
        theirs = kept[0].accept()[0]
        mine.close()
        theirs.close()
    return kept


@case("sockets that the kernel does not tell apart make it an upper bound")
def hidden_ports():
    run_seeds(check_hidden, range(4000, 4025))


kept_since = [0.0]  # when the scene began


def in_scene(check):
    need_settings()

    def body():
        kept_since[0] = time.monotonic()
        kept = scene()
        check(kept)

    lib.in_new_net(body)


TEXT = """\
Ephemeral TCP ports 40000-40019: 20, of them 1 reserved and 2 blocked
Each source, destination and port has 17: 0.28 new connections a second
TIME_WAIT holds a port 60 s (tcp_tw_reuse=0)

Source     Destination     Used  Of  Used%  Free  Reusable  Established  TimeWait  Other  New/s  Lasts
127.0.0.1  127.0.0.1:2000    13  17  76.47     4         0            9         4      0    0.4    10s
127.0.0.1  127.0.0.1:2001     3  17  17.65    14         0            3         0      0    0.0      -

Ports for bind() to port 0, by source address
Source     Used  Of  Used%  Free
127.0.0.1    13  19  68.42     6
127.0.0.9     2  19  10.53    17

warning: port 40002 is listened on at 127.0.0.9 and not reserved
warning: port 40007 is listened on at 127.0.0.9 and not reserved
cure: sysctl -w net.ipv4.ip_local_reserved_ports=8080,40001-40002,40007
(it lasts until the next boot; to keep it, put it into /etc/sysctl.d)
"""


def steady(text):
    """Without what the kernel chooses: how many ports are the same of two destinations."""
    return re.sub(r"(?m)^(127\.0\.0\.1 +)1[3-6]  19  \d\d\.\d\d     [3-6]$",
                  r"\g<1>13  19  68.42     6", text)


def connect_on(device):
    """An outgoing connection, or the number of the error."""
    sock = socket.socket()
    if device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
    try:
        sock.connect(("127.0.0.1", 2000))
    except OSError as why:
        sock.close()
        return why.errno
    return sock


@case("a connection without a device takes its port on every device too")
def devices():
    def body():
        set_to("ip_local_port_range", "40000 40001")
        listener = lib.listen("127.0.0.1", 2000)
        kept = [listener, connect_on(None), connect_on(b"lo")]
        answer = json.loads(lssock_ok("--ports", "--json").out)
        free = {row["interface_index"]: row["free"] for row in answer["triples"]}
        equal({row["interface"] for row in answer["triples"]}, {None, "lo"})
        equal(free, {None: 1, 1: 0})
        text = lssock("--ports", "--warn=90", "--crit=95")
        that("'127.0.0.1->127.0.0.1%lo:2000'=100.00%" in text.lines[0], str(text))
        that("'127.0.0.1->127.0.0.1:2000'=50.00%" in text.lines[0], str(text))
        lib.matching(text.lines, r"^127\.0\.0\.1 +127\.0\.0\.1%lo:2000 ")
        lib.matching(text.lines, r"^127\.0\.0\.1 +127\.0\.0\.1:2000 ")
        rows = lssock_ok("--ports", "--csv").out.split("\r\n")
        at = rows[0].split(",").index("interface")
        equal(sorted(row.split(",")[at] for row in rows[1:-1]), ["", "lo"])
        equal(connect_on(b"lo"), errno.EADDRNOTAVAIL)
        kept.append(connect_on(None))
        that(all(isinstance(sock, socket.socket) for sock in kept), "connect() with free ports")
        equal(connect_on(None), errno.EADDRNOTAVAIL)

    lib.in_new_net(body)


@case("the text, line by line")
def text():
    def check(_kept):
        first = lssock_ok("--ports", "-n").out
        if time.monotonic() - kept_since[0] > 8:
            raise Skip("too slow: connections of the last 10 s are older by now")
        equal(steady(first), TEXT, "--ports -n")
        lines = lssock_ok("--ports", "-n", "--top=1").lines
        that("and 1 more, none with more than 3 ports used (17.65%)" in lines, "\n".join(lines))
        that(not any("127.0.0.1:2001" in line for line in lines), "\n".join(lines))
        for words in ("-H", "-u", "-x", "-l", "-tu"):
            result = lssock("--ports", words)
            equal((result.status, result.out), (2, ""), words)
        again = lssock_ok("--ports", "-n", "-c0.01", "--count=2").out
        if time.monotonic() - kept_since[0] > 8:
            raise Skip("too slow: connections of the last 10 s are older by now")
        equal(steady(again), 2 * (TEXT + "\n"), "two rounds")

    in_scene(check)


@case("a table that fits the terminal: the addresses stay, what is least needed goes")
def fits():
    def check(_kept):
        for width, titles in (
            (100, "Source Destination Used Used% Free Reusable Established TimeWait Other New/s Lasts"),
            (80, "Source Destination Used Used% Free Reusable TimeWait New/s Lasts"),
            (40, "Source Destination Used% Free Lasts"),
        ):
            lines = on_terminal(width, "--ports", "-n").split("\n")
            head = [line.split() for line in lines if line.startswith("Source ")]
            equal(" ".join(head[0]), titles, f"{width} columns")
            if width >= 80:
                that(max(map(len, lines)) <= width, max(lines, key=len))
        wide = on_terminal(40, "--ports", "-nW")
        that(re.search(r"^Source.* Of .* Other .* Lasts$", wide, re.M), wide)

    in_scene(check)


def flattened(triple):
    """The members in the order of CSV, those of its objects among them."""
    flat = {}
    for key, value in triple.items():
        flat.update(value if isinstance(value, dict) else {key: value})
    return flat


@case("JSON and CSV say the same, and JSON lines too")
def data():
    def no_constants(word):
        raise Failure(f"JSON has {word}")

    def check(_kept):
        out = lssock_ok("--ports", "--json").out
        answer = json.loads(out, parse_constant=no_constants)
        members = ["schema_version", "time", "host", "netns", "view", "filtered"]
        equal(list(answer)[:6], members, "first members")
        equal((answer["view"], answer["complete"], answer["warnings"]), ("ports", True, []), out)
        equal(answer["settings"]["ip_local_port_range"], {"low": 40000, "high": 40019}, "range")
        counts = [answer[key + "_ports"] for key in ("range", "reserved", "blocked")]
        equal([*counts, answer["capacity"]], [20, 1, 2, 17], "counts")
        lines = lssock_ok("--ports", "--jsonl").out
        equal(lines.count("\n"), 1, "lines of --jsonl")
        equal(json.loads(lines)["triples"], answer["triples"], "--jsonl")
        head, *rows = lssock_ok("--ports", "--csv").out.split("\r\n")[:-1]
        flat = [flattened(row) for row in answer["triples"]]
        equal(head.split(","), list(flat[0]), "columns of CSV")
        equal(len(rows), len(answer["triples"]), "rows of CSV")
        for row, want in zip(rows, flat):
            for text, value in zip(row.split(","), want.values()):
                is_same = text == str(value) or (isinstance(value, float) and float(text) == value)
                that(is_same or (text == "" and value is None), f"CSV {row}, JSON {want}")
        equal(lssock_ok("--ports", "--csv", "-H").out.count("source"), 0, "titles with -H")
        equal(len(report("--top=1")["triples"]), 1, "--json --top=1")
        equal(report("--top=1")["triples_total"], 2, "triples_total")

    in_scene(check)


@case("an expression, -4 and -6 choose what is shown and change no number")
def chosen():
    def check(kept):
        everything = report()["by_triple"]
        key = ("127.0.0.1", "127.0.0.1", 2000)
        for words in (["dport", "=", ":2000"], ["state", "time-wait"], ["dst 127.0.0.1:2000"],
                      ["-4", "dport = 2000"], ["-t", "dport = 2000"]):
            equal(report(*words)["by_triple"], {key: everything[key]}, " ".join(words))
        equal(report("dst", "10.0.0.1")["triples"], [], "nothing chosen")
        me = report("inode = %d" % os.fstat(kept[4].fileno()).st_ino)["by_triple"]
        equal(me, {key: everything[key]}, "one socket chooses its triple")
        explained = lssock_ok("--ports", "--explain-filter", "dport = 9").lines
        that("dport" in explained[0] and all("all states" in line for line in explained[1:]),
             "\n".join(explained))
        equal(report("-6")["triples"], [], "-6")
        equal(report("-4")["by_triple"], everything, "-4")
        equal(report("-6")["blocked_ports"], 2, "listeners of the other family")
        that("No connection from an ephemeral port was chosen" in
             lssock_ok("--ports", "dport = 9").lines, "text without rows")

    in_scene(check)


PERF = r"'[^'=]+'=\d+\.\d\d%;\d*;\d*;0;100"


@case("--warn and --crit: status and line of a monitoring plugin")
def plugin():
    def check(kept):
        def ask(status, *words):
            result = lssock("--ports", "-n", *words)
            equal((result.status, result.err), (status, ""), str(result))
            return result.lines[0] if "--json" not in words else json.loads(result.out)

        line = ask(0, "--warn=80", "--crit=90")
        equal(line, "PORTS OK - 127.0.0.1 to 127.0.0.1:2000: 76.47% taken, 4 of 17 ports left | "
                    "'highest'=76.47%;80;90;0;100 '127.0.0.1->127.0.0.1:2000'=76.47%;80;90;0;100 "
                    "'127.0.0.1->127.0.0.1:2001'=17.65%;80;90;0;100", "the line")
        for words, status, word in (
            (["--warn=76"], 1, "WARNING"), (["--warn=77"], 0, "OK"), (["--crit=76"], 2, "CRITICAL"),
            (["--warn=10", "--crit=76"], 2, "CRITICAL"), (["--warn=10", "--crit=77"], 1, "WARNING"),
            (["--crit=77"], 0, "OK"), (["--warn=17", "dport = 2001"], 1, "WARNING"),
            (["--warn=18", "dport = 2001"], 0, "OK"), (["--crit=0", "dport = 9"], 0, "OK"),
            (["--warn=0%"], 1, "WARNING"),
        ):
            line = ask(status, *words)
            that(re.fullmatch(rf"PORTS {word} - [^|\n]+ \| {PERF}( {PERF})*", line), line)
            equal(ask(status, "--json", *words)["limits"]["status"], word, "JSON")
        equal(ask(0, "--warn=80", "dport = 9"),
              "PORTS OK - no connection from an ephemeral port | 'highest'=0.00%;80;;0;100", "none")
        kept += use_up("127.0.0.1", "127.0.0.1", 2000)
        that("100.00% taken, 0 of 17 ports left" in ask(2, "--crit=100"), "all in use")
        equal(report()["by_triple"][("127.0.0.1", "127.0.0.1", 2000)]["exhausted_s"], 0, "gone")
        for words in ("--ports --crti=90", "--ports -Y", "--ports --frob"):
            result = lssock(*words.split())
            equal((result.status, result.out), (2, ""), words)
        with open("/dev/full", "wb") as full:
            equal(lssock("--ports", "--warn=99", "dport = 9", stdout=full).status, 3, "/dev/full")

    in_scene(check)


@case("limits: a command line that is wrong is UNKNOWN, never CRITICAL, with a line that says why")
def wrong_words():
    for words, why in (
        (["--ports", "--warn=90", "--crit=80"], "--warn may not be above --crit"),
        (["--warn=3"], "--warn and --crit belong to --ports"),
        (["--ports", "--warn=101"], "--warn"),
        (["--ports", "--warn=80", "--crit=x"], "--crit"),
        (["--ports", "--crit=90", "--frob"], "--frob"),
        (["--ports", "-Y", "--crit", "90"], "-Y"),
        (["--ports", "--warn=80", "--crti=90"], "--crti"),
        (["--ports", "--crit"], "needs a value"),
        (["--ports", "-u", "--crit=90"], "--ports is about TCP"),
        (["--ports", "--crit=90", "sport ="], "expression"),
        (["--ports", "--crit=90", "a|b\x1b"], "expression"),
    ):
        result = lssock(*words)
        equal(result.status, 3, str(result))
        equal(len(result.lines), 1, str(result))
        that(re.fullmatch(r"PORTS UNKNOWN - [ -{}~]+", result.lines[0]), str(result))
        that(why in result.lines[0] and why in result.err, f"{why}: {result}")
    result = lssock("--ports", "--json", "--crit=90", "--frob")
    equal((result.status, result.out), (3, ""), "no text among data")
    equal(lssock("--ports", "--", "--crit").status, 2, "a word of the expression")
    equal(lssock("--help", "--ports", "--crit=3").status, 0, "--help")


@case("limits: where no port can be had all are reached, by connect() and, as a warning, by bind()")
def no_port():
    need_settings()

    def ask(*words):
        result = lssock("--ports", "-n", *words)
        return result.status, result.lines[0]

    def body():
        set_to("ip_local_port_range", "40000 40005")
        kept = [listener("127.0.0.1", 2000), listener("127.0.0.1", 2001)]
        kept += use_up("127.0.0.1", "127.0.0.1", 2000)
        equal(ask("--warn=100")[0], 1, "of one destination")
        kept.append(connect("127.0.0.1", "127.0.0.1", 2001))
        # All six ports have an owner, and the other destination has five left.
        status, line = ask("--warn=99", "--crit=100", "dport = 2001")
        equal(status, 1, line)
        that("; bind() to port 0 finds none at 127.0.0.1 |" in line, line)
        equal(ask("--crit=99", "dport = 2001")[0], 0, "--crit is about connect()")
        for sock in kept:
            sock.close()
        set_to("ip_local_reserved_ports", "40000-40005")
        for words, status in ((("--warn=99", "--crit=100"), 2), (("--warn=100",), 1)):
            got, line = ask(*words)
            equal(got, status, line)
            that(" - connect() gets no port: all are reserved or blocked" in line, line)
            that(" | 'highest'=100.00%;" in line, line)
        out = lssock("--openmetrics").out
        for name in ("used", "taken"):
            that(f"lssock_ephemeral_ports_max_{name}_ratio 1.0000\n" in out, name)

    lib.in_new_net(body)


@case("limits: a TIME_WAIT that connect() may have again takes no port")
def not_taken():
    def check(kept):
        kept += use_up("127.0.0.1", "127.0.0.1", 2000)
        equal(lssock("--ports", "-n", "--crit=100").status, 2, "all in use")
        set_to("tcp_tw_reuse", 1)
        time.sleep(1.3)
        answer = report()
        row = answer["by_triple"][("127.0.0.1", "127.0.0.1", 2000)]
        if time.monotonic() - kept_since[0] > 40:
            raise Skip("too slow: TIME_WAIT ends meanwhile")
        equal((row["used"], row["reusable"], row["free"]), (17, 4, 0), str(row))
        result = lssock("--ports", "-n", "--warn=77", "--crit=80")
        equal(result.status, 0, str(result))
        that("2000: 76.47% taken, 4 of 17 ports left | 'highest'=76.47%" in result.lines[0],
             result.lines[0])
        equal(lssock("--ports", "-n", "--warn=76").status, 1, "13 of 17")
        out = lssock("--openmetrics").out
        that("lssock_ephemeral_ports_max_used_ratio 1.0000\n" in out, out)
        that("lssock_ephemeral_ports_max_taken_ratio 0.7647\n" in out, out)

    in_scene(check)


@case("what was not seen makes the status unknown")
def unknown():
    lib.need_mounts()
    lib.temp_dir()

    def check(_kept):
        lib.call(lib.libc.unshare, lib.CLONE_NEWNS)
        cover = os.path.join(lib.temp_dir(), "no-range")
        with open(cover, "w", encoding="ascii") as file:
            file.write("nonsense\n")
        lib.call(lib.libc.mount, cover.encode(), setting_path("ip_local_port_range").encode(), None,
                 lib.MS_BIND, None)
        result = lssock("--ports", "-n", "--warn=80")
        equal(result.status, 3, str(result))
        that(result.out.startswith("PORTS UNKNOWN - not everything could be seen; "), str(result))
        that("Not everything could be seen" in result.lines[1], str(result))
        that("ip_local_port_range" in result.err, str(result))
        answer = lssock("--ports", "--json")
        equal((answer.status, json.loads(answer.out)["complete"]), (3, False), str(answer))

    in_scene(check)


@case("a setting that cannot be read is no setting: null in data, and said in text")
def no_settings():
    lib.need_mounts()
    if lib.is_sanitized():
        raise Skip("built with a sanitizer, which needs /proc itself")

    def check(_kept):
        set_to("tcp_tw_reuse", 1)
        result = lssock("--ports", "--json", preexec_fn=without_proc)
        answer = json.loads(result.out)
        equal((result.status, answer["complete"]), (3, False), str(result))
        for key in ("range_ports", "reserved_ports"):
            equal((key in answer, answer.get(key)), (True, None), key)
        names = ("ip_local_port_range", "tcp_tw_reuse", "tcp_tw_reuse_delay", "tcp_timestamps")
        equal(answer["settings"], dict.fromkeys(names), "settings")
        for name in ("ip_local_port_range", "ip_local_reserved_ports", "tcp_tw_reuse",
                     "tcp_timestamps"):
            that(name + " cannot be read" in result.err, f"{name}: {result}")
        equal({row["reusable"] for row in answer["triples"]}, {None}, "reusable")
        equal((answer["unreserved"], answer["cure"]), ([], None), "not known what is reserved")
        lines = lssock("--ports", "-n", preexec_fn=without_proc).lines
        that("TIME_WAIT holds a port 60 s (tcp_tw_reuse is not known)" in lines, "\n".join(lines))
        that(any("32768-60999 (assumed): 28232, of them ? reserved" in line for line in lines),
             "\n".join(lines))
        answer = report()
        equal([answer["settings"]["tcp_" + key] for key in ("tw_reuse", "timestamps")], [1, 1], "what can be read")

    in_scene(check)


@case("the cure: what it reserves is warned of no more, and connect() keeps away from it")
def cure():
    def check(kept):
        busy = kept[4].getsockname()[1]  # an outgoing connection of 127.0.0.1
        kept.append(listener("127.0.0.8", busy))
        answer = report()
        kinds = {(row["kind"], row["local_port"]): row for row in answer["unreserved"]}
        equal(sorted(kinds), sorted([("listener_in_range", 40002), ("listener_in_range", 40007),
                                     ("listener_in_range", busy), ("outbound_on_listener", busy)]),
              "warnings")
        equal(kinds[("listener_in_range", busy)]["local_address"], "127.0.0.8", "local_address")
        n = kinds[("outbound_on_listener", busy)]["connections"]
        that(f"warning: port {busy} of a listener has outgoing connections on it: {n}" in
             lssock_ok("--ports", "-n").lines, "text")
        command, value = answer["cure"].split("=")
        equal(command, "sysctl -w net.ipv4.ip_local_reserved_ports", "cure")
        set_to("ip_local_reserved_ports", value)
        after = report()
        equal((after["unreserved"], after["cure"]), ([], None), "after the cure")
        with open(setting_path("ip_local_reserved_ports"), encoding="ascii") as file:
            ports = file.read()
        parts = [part.split("-") for part in ports.strip().split(",")]
        for port in (8080, 40001):
            that(any(int(part[0]) <= port <= int(part[-1]) for part in parts), f"what was reserved before: {ports}")
        equal(after["capacity"], answer["capacity"], "these ports were of no use before")

    in_scene(check)


@case("a port that has a name in services, and no listener, is nothing to be warned of")
def service():
    need_settings()
    lib.need_mounts()
    lib.temp_dir()

    def body():
        lib.call(lib.libc.unshare, lib.CLONE_NEWNS)
        set_to("ip_local_port_range", "40000 40001")
        lib.bind_etc(services="sysservice 40000/tcp\nother 40001/tcp\n")
        kept = [listener("127.0.0.1", 2000)]
        kept.append(connect("127.0.0.1", "127.0.0.1", 2000))
        port = kept[-1].getsockname()[1]
        that("warning" not in lssock_ok("--ports").out, "an outgoing connection alone")
        kept.append(listener("127.0.0.9", port))
        name = {40000: "sysservice", 40001: "other"}[port]
        lines = lssock_ok("--ports").lines
        for warning in (f"{port} ({name}) of a listener has outgoing connections on it: 1",
                        f"{port} ({name}) is listened on at 127.0.0.9 and not reserved"):
            that(f"warning: port {warning}" in lines, "\n".join(lines))
        that(f"cure: sysctl -w net.ipv4.ip_local_reserved_ports={port}" in lines, "\n".join(lines))
        that(name not in lssock_ok("--ports", "-n").out, "with -n")
        for row in report()["unreserved"]:
            that(row["kind"] in ("listener_in_range", "outbound_on_listener"), str(row))

    lib.in_new_net(body)


@case("TIME_WAIT on a listening port is no ephemeral port in use")
def inbound():
    need_settings()

    def body():
        set_to("ip_local_port_range", "40000 40009")
        kept = [listener("127.0.0.1", 40004)]
        for _ in range(3):
            mine = socket.socket()
            mine.bind(("127.0.0.2", 0))
            mine.connect(("127.0.0.1", 40004))
            theirs = kept[0].accept()[0]
            theirs.close()
            mine.close()
        answer = report()
        equal(answer["triples"], [], "triples")
        equal((answer["capacity"], answer["blocked_ports"]), (9, 1), "capacity")

    lib.in_new_net(body)


if __name__ == "__main__":
    lib.enter()
    lib.main()
