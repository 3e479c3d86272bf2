#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A rich population of sockets, listed by lssock and by netstat -W under many combinations of options.
The two must be equal byte for byte. netstat's text is mended only where ours is meant to differ,
and only in the rows concerned:

- netstat cuts a UNIX name at the first blank, prints it raw, and takes a newline in it for the end of
  the row; ours is whole and escaped;
- netstat drops the scope of link-local addresses; ours has it;
- netstat prints a user id above 2147483647 as a negative number.

That the program's name is the kernel's comm instead of argv[0] is tested in owners.py; here the two
are the same.
"""

import contextlib
import itertools
import os
import random
import re
import socket
import struct
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import Neighbour, case, equal, inside, like_netstat, matching, that  # noqa: E402
from lib import lssock, lssock_ok, netstat  # noqa: E402

# netstat asks for the name of an IPv4 peer of an IPv6 socket in its IPv6 form.
HOSTS = """127.0.0.1 localhost
::ffff:127.0.0.1 localhost
::1 ip6-localhost
192.0.2.1 here.example.org
192.0.2.2 a-host-with-a-rather-long-name.there.example.org
2001:db8::2 six.example.org
"""
NSSWITCH = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"
USERS = (
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
    "alice:x:12001:12001::/:/bin/false\nlonger-than-ten:x:12002:12002::/:/bin/false\n"
)
SERVICES = "http 80/tcp\ndomain 53/udp\nalpha-service 7001/tcp\nbeta 7002/udp\nbeta 7002/tcp\n"
PROTOCOLS = "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\n"
UDPLITE = 136

UNIX_NAMES = {
    "with a blank": b"a b  c",
    "with a newline": b"new\nline",
    "with a backslash": b"back\\slash\\x20",
    "with escape sequences": b"\x1b[31mred\x07\x7f",
    "with bytes above ASCII": b"\xc3\xa9\xff\x9b",
    "that ends in blanks": b"end  ",
    "that starts with @": b"@path",
    "that starts with a blank": b" path",
    "of an abstract socket": b"\0abstract",
    "of an abstract socket, with a blank": b"\0abs tract",
    "of an abstract socket, with NULs": b"\0abs\0tra\0\0ct",
    "of an abstract socket, NULs at the end": b"\0nul\0\0",
    "of an abstract socket, NUL first": b"\0\0x",
    "of an abstract socket that starts with @": b"\0@at",
    "of an abstract socket, only a newline": b"\0\n",
    "of an abstract socket, all of 107 bytes": b"\0" + b"A" * 107,
    "that forges a row": b"\0x\n0000000000000000: 00000002 00000000 00010000 0001 01 4242 /run/FAKE.sock",
}


@contextlib.contextmanager
def user(uid):
    real = os.environ[lib.INSIDE].endswith("root")
    if real:
        os.seteuid(uid)
    try:
        yield
    finally:
        if real:
            os.seteuid(0)


class Population:
    def __init__(self):
        self.kept = []
        self.unix = {}  # inode -> name as lssock must print it
        self.waiting = {}  # (type, listener's name as netstat cuts it) -> the whole name
        self.scopes = {}  # address -> the same with its scope
        self.six = lib.have_ipv6()
        self.net = Neighbour()
        self.tcp()
        self.udp()
        self.raw()
        os.chdir(lib.temp_dir())
        self.unix_kinds()
        self.unix_names()
        self.unix_pending()
        self.link_local()
        self.child, _ = lib.fork_child(self.in_a_child)

    def keep(self, *sockets):
        self.kept += sockets
        return sockets[0]

    def tcp(self):
        four = self.keep(lib.listen("0.0.0.0", 80))
        self.keep(lib.listen("127.0.0.1", 7001), *lib.connect_to(four, "127.0.0.1"))
        client, accepted = lib.connect_to(four, "127.0.0.1")
        client.send(b"unread" * 100)
        accepted.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                accepted.send(b"unsent" * 10000)
        self.keep(client, accepted)
        with inside(self.net.fd):
            there = self.keep(lib.listen(Neighbour.THERE4, 7001))
        self.keep(*lib.connect_to(there))
        self.keep(socket.create_connection(("127.0.0.1", 80)))  # waits for accept()
        with user(12001):
            self.keep(lib.listen("127.0.0.1", 7101))
        with user(12002):
            self.keep(lib.listen("127.0.0.1", 7102))
        with user(12003):
            self.keep(lib.listen("127.0.0.1", 7103))
        if self.six:
            self.tcp6()

    def tcp6(self):
        dual = self.keep(lib.listen("::", 7200, v6only=0))
        self.keep(lib.listen("::", 7201, v6only=1), lib.listen("::1", 7202))
        self.keep(*lib.connect_to(dual, "::1"), *lib.connect_to(dual, "127.0.0.1"))
        mapped = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        mapped.connect(("::ffff:127.0.0.1", 80))
        self.keep(mapped)
        with inside(self.net.fd):
            there = self.keep(lib.listen(Neighbour.THERE6, 7002))
        self.keep(*lib.connect_to(there))
        self.long = "2001:db8:1111:2222:3333:4444:5555:6666"
        Neighbour.command("ip", f"addr add {self.long}/128 dev lo nodad")
        self.keep(lib.listen(self.long, 60443))

    def udp(self, protocol=0, ports=(7002, 7302, 7303)):
        kinds = [("127.0.0.1", socket.AF_INET)] + [("::1", socket.AF_INET6)] * self.six
        for host, family in kinds:
            def make(port=0, address=host):
                sock = socket.socket(family, socket.SOCK_DGRAM, protocol)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind((address, port))
                return self.keep(sock)
            make(ports[0], "0.0.0.0" if family == socket.AF_INET else "::")
            unread = make(ports[1])
            connected = make(ports[2])
            connected.connect(unread.getsockname()[:2])
            connected.send(b"x" * 100)
            connected.send(b"y" * 3000)
        if protocol == 0:
            if self.six:
                dual = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
                dual.connect(("::ffff:127.0.0.1", 53))
            if lib.have_protocol(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE):
                self.udp(UDPLITE, (7402, 7403, 7404))

    def raw(self):
        four = [self.keep(socket.socket(socket.AF_INET, socket.SOCK_RAW, n)) for n in (1, 255, 89)]
        for sock in four[:2]:
            lib.drop_incoming(sock)  # what strays in must not change Recv-Q between two looks
        four[0].bind(("127.0.0.1", 0))
        four[2].connect(("127.0.0.1", 0))
        four[2].send(b"unread" * 10)
        if self.six:
            six = [self.keep(socket.socket(socket.AF_INET6, socket.SOCK_RAW, n)) for n in (58, 89)]
            lib.drop_incoming(six[0])
            six[1].bind(("::1", 0))
            six[1].connect(("::1", 0))

    def unix_kinds(self):
        for name, kind in (("stream", 1), ("dgram", 2), ("seqpacket", 5)):
            server = self.keep(socket.socket(socket.AF_UNIX, kind))
            server.bind(name)
            client = self.keep(socket.socket(socket.AF_UNIX, kind))
            if kind != 2:
                server.listen(4)
                client.connect(name)
                self.keep(server.accept()[0])
            else:
                client.bind(f"{name}-client")
                client.connect(name)
                client.send(b"unread")
            self.keep(*socket.socketpair(socket.AF_UNIX, kind))
            alone = self.keep(socket.socket(socket.AF_UNIX, kind))
            alone.bind(f"{name}-alone")
            auto = self.keep(socket.socket(socket.AF_UNIX, kind))
            auto.bind("")
            self.keep(socket.socket(socket.AF_UNIX, kind))

    def remember(self, sock, name):
        if name.startswith(b"\0"):
            text = "@" + lib.escaped(name[1:])
        else:
            text = lib.escaped(name, at=True)
        self.unix[lib.inode_of(sock)] = text
        return text

    def unix_names(self):
        for name in [*UNIX_NAMES.values(), b"p" * 107, b"q" * 108]:
            sock = self.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            # socket.bind() takes no path of 108 bytes, the kernel does.
            address = struct.pack("=H", socket.AF_UNIX) + name
            lib.call(lib.libc.bind, sock.fileno(), address, len(address))
            sock.listen(3)
            self.remember(sock, name)

    def unix_pending(self):
        """Connections nobody has accepted: rows without an inode that bear the listener's name."""
        for base in (b"\0pending", b"\0pend ing\x1b", b"pend ing"):
            for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
                name = base + kind.name.encode()
                server = self.keep(socket.socket(socket.AF_UNIX, kind))
                server.bind(name)
                server.listen(4)
                cut = name.replace(b"\0", b"@").split(b" ")[0].decode("latin-1")
                self.waiting[kind.name[5:], cut] = self.remember(server, name)
                for _ in range(2):
                    client = self.keep(socket.socket(socket.AF_UNIX, kind))
                    client.connect(name)

    def link_local(self):
        if not self.six:
            return
        here = Neighbour.LINK_HERE6, 7500, 0, socket.if_nametoindex("v0")
        with inside(self.net.fd):
            there = Neighbour.LINK_THERE6, 7501, 0, socket.if_nametoindex("v1")
            listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
            listener.bind(there)
            listener.listen(4)
        own = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
        own.bind(here)
        own.listen(4)
        client = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
        client.connect(there[:3] + (here[3],))
        with inside(self.net.fd):
            caller = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
            caller.connect(here[:3] + (there[3],))
        self.keep(listener, own.accept()[0])
        datagram = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        datagram.bind(here)
        datagram.connect(there[:3] + (here[3],))
        group = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        group.bind(("ff02::7", 7503, 0, here[3]))
        raw = self.keep(socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58))
        lib.drop_incoming(raw)
        raw.bind((here[0], 0, 0, here[3]))
        for address in (Neighbour.LINK_HERE6, Neighbour.LINK_THERE6, "ff02::7"):
            self.scopes[address] = address + "%v0"

    def in_a_child(self, say):
        listener = lib.listen("127.0.0.1", 7600)
        lib.set_comm(b"python3")
        say("ready")
        return listener

    # --- netstat's text, mended ------------------------------------------------------------------

    def mend(self, text):
        lines = [line for line in text.split("\n") if not re.search(r" 4242 .*/run/FAKE.sock$", line)]
        return "\n".join(self.mend_line(line) for line in lines)

    def mend_line(self, line):
        if line.startswith("unix "):
            return self.mend_unix(line)
        if line.startswith("raw") and not RAW_DIAG:
            return line  # /proc/net/raw6 knows no interfaces
        if " fe80::" in line or " ff02::" in line:
            return self.mend_scope(line)
        return line

    def mend_unix(self, line):
        inode = int(line[50:].split()[0])
        at = lib.behind_inode(line)
        end = at + 21 if re.match(r"(\d+/python3|-) +$", line[at:at + 20]) else at
        if inode:
            return line[:end] + self.unix[inode] if inode in self.unix else line
        name = self.waiting.get((line[25:36].strip(), line[end:]))
        return line[:end] + name if name else line

    def mend_scope(self, line):
        found = re.match(r"(\S+ +\d+ +\d+ )(\S+) +(\S+) +(.*)$", line, re.S)
        start, local, remote, rest = found.groups()
        state = line[len(start) + max(23, len(local)) + 1 + max(23, len(remote)) + 1:]
        local, remote = self.scoped(local), self.scoped(remote)
        return f"{start}{local:<23} {remote:<23} {state}"

    def scoped(self, end):
        host, port = end.rsplit(":", 1)
        return f"{self.scopes.get(host, host)}:{port}"


lib.enter()
try:
    NAMED, RAW_DIAG = True, lib.have_diag(socket.IPPROTO_RAW)
    lib.bind_etc(hosts=HOSTS, nsswitch_conf=NSSWITCH, passwd=USERS, services=SERVICES, protocols=PROTOCOLS)
except (lib.Skip, OSError):
    NAMED = False
try:
    HERE = Population()
except lib.Skip as why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def same(*args):
    return like_netstat(*args, fix=HERE.mend)


MODES = ((), ("-l",), ("-a",))
NUMERIC = (("-n",), ("--numeric-hosts",), ("--numeric-ports",), ("--numeric-users",), ())
SHOWN = tuple(
    tuple(chosen) for n in range(4) for chosen in itertools.combinations(("-e", "-o", "-p"), n)
)
SELECTED = (
    (), ("-t",), ("-u",), ("-U",), ("-w",), ("-x",), ("-4",), ("-6",), ("--inet",), ("--inet6",),
    ("-A", "inet,unix"), ("--protocol=inet6,unix",), ("-tu",), ("-t", "-x"), ("-w", "-U", "-u", "-t"),
    ("-t", "-6"), ("--ip",), ("-4", "-6"), ("-A", "unix", "--udp"), ("--protocol", "inet", "-tw"),
)


def combinations_of(selected, how_many):
    """Deterministic: all modes with -n, and a sample of the rest."""
    if not NAMED:
        numeric = (("-n",),)
    else:
        numeric = NUMERIC
    every = list(itertools.product(MODES, numeric, SHOWN))
    sample = random.Random(" ".join(selected)).sample(every, min(how_many, len(every)))
    return [(mode, ("-n",), ()) for mode in MODES] + sample


COUNT = 0
for SELECT in SELECTED:
    CHOSEN = combinations_of(SELECT, 9)
    COUNT += len(CHOSEN)

    @case(
        f"equal to netstat -W: {' '.join(SELECT) or 'everything'}, {len(CHOSEN)} "
        "combinations with other options"
    )
    def equal_tables(selected=SELECT, chosen=CHOSEN):
        wrong = []
        for mode, numeric, shown in chosen:
            try:
                same(*mode, *numeric, *shown, *selected)
            except lib.Failure as why:
                wrong.append(str(why))
        that(not wrong, f"{len(wrong)} of {len(chosen)} differ\n" + "\n".join(wrong[:3]))


@case("that were at least 150 combinations")
def enough():
    that(COUNT >= 150, f"{COUNT}")


for LETTERS in (
    "-tulpn", "-antp", "-tanp", "-taneop", "-nlx", "-anptuwx", "-lepunt", "-ntoule", "-aexp", "-Wtulpn",
):

    @case(f"the letters {LETTERS} in one word")
    def letters(word=LETTERS):
        same(word)


@case("-W, -T, --wide and --notrim change nothing where no program's name is long")
def wide():
    want = lssock_ok("-anp").out
    for word in ("-W", "-T", "--wide", "--notrim"):
        equal(lssock_ok("-anp", word).out, want)


@case("the order of options and of protocols on the command line does not matter")
def order_of_options():
    first = lssock_ok("-t", "-u", "-x", "-a", "-n").out
    equal(lssock_ok("-n", "-x", "-u", "-a", "-t").out, first)
    equal(lssock_ok("--all", "--unix", "--numeric", "--tcp", "--udp").out, first)
    order = [row.split()[0] for row in lssock_ok("-anwUut").rows]
    known = ["tcp", "tcp6", "udp", "udp6", "udpl", "udpl6", "raw", "raw6"]
    equal([key for key, _ in itertools.groupby(order)], [key for key in known if key in order])


@case("numeric options: each of the three alone, and together they are -n")
def numeric_options():
    if not NAMED:
        raise lib.Skip("no mount namespace here")
    row = matching(lssock_ok("-lt").rows, r"alpha")
    that(row.split()[3] == "localhost:alpha-service", row)
    row = matching(lssock_ok("-lt", "--numeric-hosts").rows, r"alpha")
    that(row.split()[3] == "127.0.0.1:alpha-service", row)
    row = matching(lssock_ok("-lt", "--numeric-ports").rows, r":7001 ")
    that(row.split()[3] == "localhost:7001", row)
    if os.environ[lib.INSIDE].endswith("root"):
        matching(lssock_ok("-lte").rows, r":7101 .* alice +\d+ *$")
        matching(lssock_ok("-lte", "--numeric-users").rows, r":7101 .* 12001 +\d+ *$")
    together = ("--numeric-hosts", "--numeric-ports", "--numeric-users")
    equal(lssock_ok("-ae", *together).out, lssock_ok("-aen").out)


@case("a long address widens its row and is never cut, with and without -W")
def long_addresses():
    if not HERE.six:
        raise lib.Skip("no IPv6")
    for options in ("-tln", "-tlnW"):
        row = matching(lssock_ok(options).rows, r":60443 ")
        equal(row, f"tcp6       0      0 {HERE.long}:60443 :::*                    LISTEN     ")


@case("link-local addresses carry their interface")
def scopes():
    if not HERE.six:
        raise lib.Skip("no IPv6")
    rows = lssock_ok("-anutw").rows
    for pattern in (
        r"^raw6 .* fe80::a%v0:58 +:::\* +7" if RAW_DIAG else r"^raw6 .* fe80::a:58 +:::\* +7",
        r"^tcp6 .* fe80::a%v0:7500 +:::\* +LISTEN",
        r"^tcp6 .* fe80::a%v0:7500 +fe80::b%v0:\d+ +ESTABLISHED",
        r"^tcp6 .* fe80::a%v0:\d+ +fe80::b%v0:7501 +ESTABLISHED",
        r"^udp6 .* fe80::a%v0:7500 +fe80::b%v0:7501 +ESTABLISHED",
        r"^udp6 .* ff02::7%v0:7503 +:::\* ",
    ):
        matching(rows, pattern)
    equal([row for row in rows if re.search(r"^[tu].* (fe80|ff02)::\w+:", row)], [])


@case("every kind of UNIX socket")
def unix_kinds():
    rows = lssock_ok("-xa").rows
    for kind in ("stream", "seqpacket"):
        matching(rows, rf"^unix  2 +\[ ACC \] +{kind.upper()} +LISTENING +\d+ +{kind}$")
        matching(rows, rf"^unix  3 +\[ \] +{kind.upper()} +CONNECTED +\d+ +{kind}$")
    matching(rows, rf"^unix  . +\[ \] +DGRAM +\d+ +dgram-alone$")
    # The kernel marks both ends when a datagram socket is connected to another.
    matching(rows, rf"^unix  . +\[ \] +DGRAM +CONNECTED +\d+ +dgram$")
    matching(rows, rf"^unix  . +\[ \] +DGRAM +CONNECTED +\d+ +dgram-client$")
    for kind in ("STREAM", "DGRAM", "SEQPACKET"):
        autobound = [row for row in rows if re.search(rf" {kind} .*@[0-9a-f]{{5}}$", row)]
        equal(len(autobound), 1, kind)
        unnamed = [row for row in rows if re.search(rf" {kind} +CONNECTED +\d+ +$", row)]
        that(len(unnamed) >= 2, kind)
    waiting = [row for row in rows if re.search(r" CONNECTING +0 +@pending", row)]
    equal(len(waiting), 4)
    equal({row.split()[4] for row in waiting}, {"STREAM", "SEQPACKET"})


for TITLE, NAME in UNIX_NAMES.items():

    @case(f"a UNIX name {TITLE}")
    def unix_name(name=NAME):
        want = next(
            (inode, text) for inode, text in HERE.unix.items() if text == (
                "@" + lib.escaped(name[1:]) if name[0] == 0 else lib.escaped(name, at=True)
            )
        )
        row = matching(lssock_ok("-xl").rows, rf" {want[0]} ")
        equal(row[lib.behind_inode(row):], want[1])


@case("a UNIX path of 107 and of 108 bytes")
def unix_long_paths():
    names = [row[lib.behind_inode(row):] for row in lssock_ok("-xl").rows]
    equal([names.count("p" * 107), names.count("q" * 108)], [1, 1])


@case("no UNIX name forges a row, no control byte reaches the output")
def unix_forgery():
    result = lssock_ok("-xap")
    equal([row for row in result.lines if re.search(r" 4242 ", row[:80])], [])
    equal(len(result.lines), len(lssock_ok("-xa").lines))
    that(not re.search(r"[^\n\x20-\x7e]", result.out), "a byte that is not printable ASCII")
    that(len(result.rows) > 60, f"{len(result.rows)} rows")


@case("an abstract name and a path that starts with @ do not look alike")
def unix_look_alikes():
    names = [row[lib.behind_inode(row):] for row in lssock_ok("-xl").rows]
    that("\\x40path" in names, "the path")
    that("@@at" in names, "the abstract name")


@case("in a UTF-8 locale valid names stay readable, invalid bytes and controls do not pass")
def utf8_names():
    result = lssock("-xl", env={"LC_ALL": "C.UTF-8"})
    equal(result.status, 0)
    row = matching(result.rows, re.escape("é".encode().decode("latin-1")))
    that(row.endswith("é".encode().decode("latin-1") + "\\xff\\x9b"), row)
    that(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", result.out), "a control byte")
    result.out.encode("latin-1").decode("utf-8")


@case("a user id above 2147483647 is not negative")
def large_uid():
    lib.need_real_root()
    with user(3000000000):
        sock = lib.listen("127.0.0.1")
    row = matching(lssock_ok("-tlne").rows, rf":{lib.port_of(sock)} ")
    equal(row.split()[6], "3000000000", row)


@case("-H prints the same rows without titles and headers")
def no_header():
    want = "".join(row + "\n" for row in lssock_ok("-anep").rows)
    equal(lssock_ok("-anepH").out, want)
    equal(lssock_ok("-anep", "--no-header").out, want)


@case("-v changes no row")
def verbose():
    equal(lssock("-anv").out, lssock_ok("-an").out)


@case("-x and -A unix and --protocol=unix and --unix are one")
def unix_spellings():
    want = lssock_ok("-xa").out
    for words in (("-A", "unix"), ("--protocol=unix",), ("--unix",), ("-Aunix",)):
        equal(lssock_ok(*words, "-a").out, want)


@case("an unknown family is a wrong command line")
def unknown_family():
    for words in (("-A", "foo"), ("--protocol=inet,foo",), ("-A",), ("-A", "")):
        result = lssock(*words)
        equal(result.status, 2, str(words))
        equal(result.out, "")
        that(result.err.count("\n") == 1, result.err)


# --- abbreviations -------------------------------------------------------------------------------

LONG_OPTIONS = (
    "all", "listening", "numeric", "numeric-hosts", "numeric-ports", "numeric-users", "extend",
    "timers", "programs", "wide", "tcp", "udp", "udplite", "raw", "unix", "inet", "inet6",
    "ip", "verbose", "protocol",
)


def prefixes():
    for option in LONG_OPTIONS:
        for length in range(1, len(option) + 1):
            yield option, "--" + option[:length] + ("=inet,unix" if option == "protocol" else "")


for OPTION in LONG_OPTIONS:

    @case(f"abbreviations of --{OPTION}: what netstat accepts means the same")
    def abbreviations(option=OPTION):
        accepted = 0
        for name, word in prefixes():
            if name != option:
                continue
            others = ("-n", "-a") if NAMED is False or option.startswith("i") else ("-a",)
            if option == "listening":
                others = ("-n",)
            if netstat(word, *others).status != 0:
                continue
            accepted += 1
            if option == "verbose":  # has its own words on stderr
                equal(lssock(word, *others).out, lssock("--verbose", *others).out)
            else:
                same(word, *others)
        that(accepted > 0, "netstat accepts none")


@case("an ambiguous abbreviation is a wrong command line")
def ambiguous():
    for word in ("--num", "--n", "--numeric-", "--p", "--t", "--nonsense"):
        result = lssock(word)
        equal(result.status, 2, word)
        equal(result.out, "", word)
        that(word.split("=")[0] in result.err, result.err)


@case("called as netstat it is the same program")
def called_as_netstat():
    other = os.path.join(lib.temp_dir(), "netstat")
    os.symlink(lib.LSSOCK, other)
    for words in (("-tulpn",), ("-an",), ("-aex",)):
        equal(lib.run([other, *words]).out, lssock_ok(*words).out)


lib.main()
