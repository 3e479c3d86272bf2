#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Expressions over real sockets. What the program lists with an expression, of which the kernel decides
as much as it can, must be what an evaluator of our own picks from the listing without one; and what
ss lists, wherever ss does what its manual says. Each fault of ss has a case in which ours is right.
"""

import contextlib
import ipaddress
import json
import os
import random
import re
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, that  # noqa: E402

HOSTS = "127.0.0.1 localhost\n127.0.7.1 three\n127.0.7.2 three\n::1 three\n"
SERVICES = "http 80/tcp\nalpha 7001/tcp\nalpha 7001/udp\nsplit 514/tcp\nsplit 1514/udp\n"
FILES_ONLY = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"
FIELDS = (
    "proto,family,state,local_address,local_port,remote_address,remote_port,interface_index,mark,"
    "cookie,uid,recv_q,raw_protocol,path,peer_path,inode"
)
SO_MARK, SO_BINDTODEVICE, IPPROTO_UDPLITE = 36, 25, 136
IPPROTO_MPTCP, TCP_MD5SIG = 262, 14
UNDECIDED = "the expression asks for what could not be seen of every socket"
KEPT = []


# --- a population --------------------------------------------------------------------------------


def connect_from(listener, address, port=0, mark=None):
    client = socket.socket(lib.family_of(address), socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if mark is not None:
        client.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
    client.bind((address, port))
    client.connect(listener.getsockname()[:2])
    accepted = listener.accept()[0]
    KEPT.extend([client, accepted])
    return client, accepted


def tcp_population():
    for address in ["127.0.0.1", "127.0.7.1"] + (["::1"] if lib.have_ipv6() else []):
        for port in (22, 80, 7001):
            listener = lib.listen(address, port)
            KEPT.append(listener)
            for number in range(3):
                mark = number if os.environ[lib.INSIDE].endswith("root") else None
                client, accepted = connect_from(listener, address, 30000 + port % 1000 * 3 + number, mark)
                if number == 1:  # FIN_WAIT2 and CLOSE_WAIT
                    client.shutdown(socket.SHUT_WR)
                if number == 2:  # TIME_WAIT
                    client.close()
                    accepted.recv(1)
                    accepted.close()


def other_population():
    for address, port in (("127.0.0.1", 514), ("127.0.7.2", 1514), ("0.0.0.0", 7001)):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, port))
        KEPT.append(sock)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", 514))
    KEPT.append(sock)
    with contextlib.suppress(OSError):
        KEPT.append(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
        KEPT[-1].connect(("127.0.0.1", 99))
    with contextlib.suppress(OSError):
        KEPT.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM, IPPROTO_UDPLITE))
        KEPT[-1].bind(("127.0.0.1", 80))
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"lo")
    bound.bind(("0.0.0.0", 7005))
    bound.listen(1)
    KEPT.append(bound)


def dual_stack():
    """An IPv6 listener with an IPv4 connection, which both ends see in their own way."""
    if not lib.have_ipv6():
        return
    listener = lib.listen("::", 7009, v6only=0)
    client = socket.create_connection(("127.0.0.1", 7009))
    KEPT.extend([listener, client, listener.accept()[0]])


def unix_population():
    path = os.path.join(lib.temp_dir(), "Server.sock")
    for name in (path, "\0lssock-abstract"):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(name)
        listener.listen(2)
        client = socket.socket(socket.AF_UNIX)
        client.connect(name)
        KEPT.extend([listener, client, listener.accept()[0]])


def rows_of(*args):
    """The sockets of a listing as records."""
    result = lssock("-an", "--jsonl", "--columns=" + FIELDS, *args)
    # Without raw_diag the marks and interfaces of raw sockets are not known.
    blind = not lib.have_diag(socket.IPPROTO_RAW) and UNDECIDED in result.err
    that(result.status == 0 or (result.status == 3 and blind), str(result))
    return [row for row in map(json.loads, result.lines) if "end" not in row]


def names_of(rows):
    """What tells one socket from another, in order."""
    return sorted(
        (row["proto"], row["family"], row["cookie"] or 0, row["inode"] or 0, row["local_port"] or 0)
        for row in rows
    )


# --- an evaluator --------------------------------------------------------------------------------


class Term:
    """A part of an expression: its text, and what it says of a row."""

    def __init__(self, text, says):
        self.text, self.says = text, says


def is_inet(row):
    return row["family"] != "unix"


def port_of(row, side):
    if side == "local" and row["proto"] == "raw":
        return row["raw_protocol"]
    return row[side + "_port"] or 0


def address_in(row, side, network):
    if not row[side + "_address"]:
        # The field leaves out a wildcard that stands for no other end.
        text = "0.0.0.0" if row["family"] == "inet" else "::"
    else:
        text = row[side + "_address"].split("%")[0]
    address = ipaddress.ip_address(text)
    if address.version == 6 and network.version == 4 and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.version == network.version and address in network


COMPARE = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
PORTS = [0, 1, 22, 80, 514, 1514, 7001, 7005, 7009, 30066, 30241, 65535]
NETWORKS = ["127.0.0.1/32", "127.0.7.0/24", "127.0.0.0/8", "0.0.0.0/0", "::1/128", "::/0", "::/96",
            "::ffff:127.0.0.1/128", "10.0.0.0/8"]
STATES = {
    "established": {"ESTABLISHED", "CONNECTED"},
    "listening": {"LISTEN"},
    "TIME_WAIT": {"TIME_WAIT"},
    "fin-wait-2": {"FIN_WAIT2"},
    "close-wait": {"CLOSE_WAIT"},
    "closed": {"CLOSE", "UNCONNECTED"},
    "bucket": {"TIME_WAIT", "SYN_RECV"},
}


def port_term(dice):
    side, op, port = dice.choice(["local", "remote"]), dice.choice(list(COMPARE)), dice.choice(PORTS)
    return Term(
        f"{'sport' if side == 'local' else 'dport'} {op} {dice.choice(['', ':'])}{port}",
        lambda row: is_inet(row) and COMPARE[op](port_of(row, side), port),
    )


def address_term(dice):
    side, text, op = dice.choice(["local", "remote"]), dice.choice(NETWORKS), dice.choice(["=", "!="])
    network = ipaddress.ip_network(text)
    written = re.sub("^(.*)/", r"[\1]/", text) if network.version == 6 else text
    return Term(
        f"{'src' if side == 'local' else 'dst'} {op} {written}",
        lambda row: is_inet(row) and address_in(row, side, network) == (op == "="),
    )


def state_term(dice):
    word = dice.choice(list(STATES))
    return Term(f"state {word}", lambda row: row["state"] in STATES[word])


def fact_term(dice):
    kind = dice.randrange(5)
    if kind == 0:
        op = dice.choice(["=", "!="])
        # What comes from /proc has no cookie and tells no interface.
        return Term(
            f"dev {op} lo",
            lambda row: is_inet(row)
            and row["cookie"] is not None
            and COMPARE[op](row["interface_index"] or 0, 1),
        )
    if kind == 1:
        op, mark, mask = dice.choice(["=", "!="]), dice.randrange(3), dice.choice([1, 3, 0xFFFFFFFF])
        return Term(
            f"fwmark {op} {mark & mask:#x}/{mask:#x}",
            lambda row: row["mark"] is not None and COMPARE[op](row["mark"] & mask, mark & mask),
        )
    if kind == 2:
        proto = dice.choice(["tcp", "udp", "raw", "unix"])
        return Term(f"proto = {proto}", lambda row: row["proto"] == proto)
    if kind == 3:
        return Term("uid = root", lambda row: row["uid"] == 0)
    op, port = dice.choice(["=", "!=", ">"]), dice.choice(PORTS)
    return Term(
        f"remote_port {op} {port}",
        lambda row: row["remote_port"] is not None and COMPARE[op](row["remote_port"], port),
    )


def random_term(dice, depth):
    kind = dice.randrange(4) if depth else 3
    if kind == 3:
        return dice.choice([port_term, port_term, address_term, state_term, fact_term])(dice)
    left = random_term(dice, depth - 1)
    if kind == 2:
        return Term(f"not ({left.text})", lambda row: not left.says(row))
    right = random_term(dice, depth - 1)
    word = dice.choice([" and ", " && ", " "]) if kind == 0 else dice.choice([" or ", "||"])
    return Term(
        f"({left.text}{word}{right.text})",
        (lambda row: left.says(row) and right.says(row))
        if kind == 0
        else (lambda row: left.says(row) or right.says(row)),
    )


def check(text, says, rows):
    """The rows of an expression are those of the whole listing that it is true of. Sockets may change
    their state between the two, so a difference must be there again."""
    for _ in range(3):
        got, want = names_of(rows_of(text)), names_of(row for row in rows if says(row))
        if got == want:
            return
        time.sleep(0.2)
        rows = rows_of()
    equal(got, want, text)


@case("300 random expressions, beside an evaluator over the whole listing")
def random_expressions():
    dice = random.Random(4)
    rows = rows_of()
    n_some = 0
    for _ in range(300):
        term = random_term(dice, dice.randrange(4))
        check(term.text, term.says, rows)
        n_some += 0 < sum(map(term.says, rows)) < len(rows)
    that(n_some > 100, f"only {n_some} expressions tell sockets apart")


# --- beside ss -----------------------------------------------------------------------------------

# Where ss does what its manual says.
LIKE_SS = [
    "sport = 22", "sport 22", "sport :22", "sport = :22", "( sport = :22 )", "dport = :80", "sport != 22",
    "not sport = 22", "! sport = 22", "sport gt 1000", "dport ge 80", "sport lt 100", "sport leq 80",
    "( sport = 22 or sport = 80 ) and dst 127.0.0.1", "dst 127/8", "src 127.0.7/24", "dst 127.0.7.1:80",
    "dst = 127.0.7.1:*", "src *:80", "sport eq 22 && dport neq 5", "sport = 22 || sport = 80",
    "sport = 22 | dport = 22", "dport = 22 & src 127/8", "sport = 22 dst 127.0.0.1",
    "not ( sport = 22 or dport = 22 )", "dport = :http", "sport = http", "sport = alpha",
    "state established", "state time-wait", "state listening sport = 22", "state connected",
    "state synchronized dport = 80", "state bucket", "state big sport = 22", "exclude listening",
    "state established state fin-wait-2 dport = 22 or dport = 80", "state close-wait", "state all sport = 7005",
    "src [::1]", "dst [::1]:80", "src [::/0]", "dst [::ffff:127.0.0.1]", "fwmark = 1", "fwmark = 0x1/0x1",
    "dev = lo", "dev 1",
]


def ss_rows(ss, words):
    result = lib.run([ss, "-tanH", *words])
    that(result.status == 0, str(result))
    # With one state alone ss leaves out its column.
    ends = (re.sub(r"^\D\S* +", "", line).split()[2:4] for line in result.lines)
    return sorted(re.sub(r"[\[\]]|%\w+", "", " ".join(pair)).replace("*", "::") for pair in ends)


def our_rows(text):
    out = []
    for row in rows_of("-t", text):
        wild = "::" if row["family"] == "inet6" else "0.0.0.0"
        ends = [f"{row[side + '_address'] or wild}:{row[side + '_port'] or '*'}"
                for side in ("local", "remote")]
        out.append(" ".join(ends).replace("*", "::"))
    return sorted(out)


@case("the same connections as ss where ss is right")
def like_ss():
    ss = lib.need_program("ss")
    for text in LIKE_SS:
        if not lib.have_ipv6() and "::" in text:
            continue
        for _ in range(3):  # TIME_WAIT may end between the two
            ours, theirs = our_rows(text), ss_rows(ss, text.split())
            if ours == theirs:
                break
        equal(ours, theirs, text)


# --- what ss gets wrong --------------------------------------------------------------------------


def says(text, count, *options):
    """How many sockets an expression is true of."""
    rows = rows_of(*options, text)
    that(len(rows) == count, f"{text}: {len(rows)} rows, not {count}:\n" + "\n".join(map(str, rows)))
    return rows


@case("and binds before or")
def precedence():
    listeners = len(rows_of("-t", "state listening sport = 22"))
    says("sport = 7005 or sport = 22 and state listening", 1 + listeners, "-t")
    says("( sport = 7005 or sport = 22 ) and state established", len(rows_of("-t", "sport = 22 state established")),
         "-t")


@case("a host name means all of its addresses, in the kernel too")
def all_addresses():
    lib.need_mounts()
    got = {row["local_address"] for row in rows_of("-t", "src three")}
    equal(got, {"127.0.7.1", "::1"} if lib.have_ipv6() else {"127.0.7.1"})
    got = {row["local_address"] for row in rows_of("-u", "src three")}
    equal(got, {"127.0.7.2"})


@case("a service is each protocol's own port")
def services():
    lib.need_mounts()
    equal([row["local_port"] for row in rows_of("-u", "sport = split")], [1514])
    equal(rows_of("-t", "sport = split"), [])


@case("inet: and inet6: do not take each other's families")
def families():
    if not lib.have_ipv6():
        raise lib.Skip("no IPv6 here")
    rows = rows_of("-t", "src inet:127.0.0.1:22 or src inet6:[::1]:22")
    equal({row["family"] for row in rows}, {"inet", "inet6"})
    # ::1 begins with the bytes of 0.0.0.0.
    equal({row["family"] for row in rows_of("src 0.0.0.0/24")}, {"inet"})
    equal({row["local_address"] for row in rows_of("-t", "sport = 7009 src 127/8")}, {"::ffff:127.0.0.1"})


@case("the other end of a UNIX socket by its name, in any case, and inodes")
def unix_names():
    path = os.path.join(lib.temp_dir(), "server.SOCK")
    listening = says(f"src unix:{path} state listening", 1, "-x")
    says(f"dst unix:{path}", 1, "-x")
    says("dst @lssock-*", 1, "-x")
    says(f"sport = {listening[0]['inode']}", 1, "-x")
    says(f"sport = unix:{listening[0]['inode']}", 1)
    that(all(row["family"] != "unix" for row in rows_of("sport > 0")), "a port is no inode")


@case("state is a term, and leading ones hold for all that follows")
def states():
    # One that has just begun: those of the population end after a minute.
    client, accepted = connect_from(KEPT[0], "127.0.0.1")
    client.close()
    accepted.recv(1)
    accepted.close()
    lib.eventually(lambda: rows_of("-t", "state time-wait dport = 22"), "TIME_WAIT")
    for _ in range(3):
        ours = rows_of("-t", "sport = 22 state time-wait or dport = 22 state time-wait")
        that(ours and all(row["state"] == "TIME_WAIT" for row in ours), str(ours))
        same = rows_of("-t", "state time-wait sport = 22 or dport = 22")
        if names_of(ours) == names_of(same):
            break
    equal(names_of(ours), names_of(same))


@case("words or one text, blanks or none")
def spelling():
    want = names_of(rows_of("(sport=22&&!dport=0)||dport=22"))
    that(len(want) > 4, "a population")
    equal(names_of(rows_of("(", "sport", "=", "22", "and", "not", "dport", "0", ")", "or", "dport", ":22")), want)
    equal(names_of(rows_of("(sport=22", "&&!dport=0)", "||dport=22")), want)


@case("marks and owners that are kept from us are told, status 3, and are no answer")
def hidden():
    lib.need_real_root()
    for text in (
        "fwmark = 1",
        "mark > 5",
        "not fwmark = 1",
        "fwmark = 1 or uid = 77777",
        "md5",
        "not md5",
        "ulp = mptcp",
        "program = nobody-has-it",
        f"pid = {os.getpid()}",
        "exe ~ *python*",
        "sport = 22 and program = x",
        "mark = 5 and program = x",
    ):
        result = lib.as_nobody("-tanq", text)
        that(result.status == 3 and UNDECIDED in result.err and result.out == "", f"{text}: {result}")
        result = lib.as_nobody("-tan", "--jsonl", "--columns=local_port", text)
        that(result.status == 3 and json.loads(result.lines[-1])["complete"] is False, f"{text}: {result}")
    # What does not hinge on it is decided.
    for status, text in (
        (0, "fwmark = 1 or sport = 22"),
        (1, "program = x and sport = 1"),
        (0, "not md5 or sport = 22"),
        (1, "md5 and sport = 1"),
        (0, "owners_status = hidden"),
    ):
        result = lib.as_nobody("-tanq", text)
        that(result.status == status, f"{text}: {result}")
    result = lib.as_nobody("--ports", "--crit=90", "mark = 5")
    that(result.status == 3 and result.out.startswith("PORTS UNKNOWN"), str(result))
    result = lib.as_nobody("-tan", "--columns=local_port,mark,md5,ulp")
    that(result.status == 0 and "CAP_NET_ADMIN" in result.err, str(result))


@case("MD5 keys and layered protocols are found, although the kernel tells them with tcp_info only")
def beside_tcp_info():
    lib.need_real_root()
    kept, wanted = [], {}
    for proto, name, fields in (
        (IPPROTO_MPTCP, "ulp = mptcp", {"ulp": "mptcp"}),
        (0, "md5", {"ulp": None, "md5": True, "md5_keys": 1}),
    ):
        try:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto)
            sock.bind(("127.0.0.1", 0))
            if not proto:
                peer = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton("127.0.0.9"))
                sock.setsockopt(
                    socket.IPPROTO_TCP, TCP_MD5SIG, peer + struct.pack("=BBHi80s", 0, 0, 3, 0, b"key")
                )
            sock.listen()
        except OSError:
            continue
        kept.append(sock)
        wanted[sock.getsockname()[1]] = name, fields
    if not wanted:
        raise lib.Skip("this kernel has neither MPTCP nor MD5 keys")
    for port, (text, fields) in wanted.items():
        found = json.loads(lssock("-tan", "--json", "--columns=local_port", text).out)["sockets"]
        equal(found, [{"local_port": port}], text)
        for name, value in fields.items():
            result = lssock("-tan", "--json", f"--columns={name}", f"sport = {port}")
            equal(json.loads(result.out)["sockets"], [{name: value}], f"{text}: {name}")
    for sock in kept:
        sock.close()


@case("a name server that does not answer has the time of --resolve-timeout, and is no wrong command line")
def silent_names():
    lib.need_mounts()
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 53))

    def in_its_own_world():
        lib.call(lib.libc.unshare, lib.CLONE_NEWNS)
        lib.bind_etc(
            resolv_conf="nameserver 127.0.0.1\noptions timeout:30 attempts:5\n",
            nsswitch_conf=FILES_ONLY.replace("hosts: files", "hosts: dns"),
        )

    start = time.monotonic()
    result = lssock("-tanq", "--resolve-timeout=0.2", "dst slow.example.com", preexec_fn=in_its_own_world)
    that(result.status == 4 and "cannot be looked up" in result.err, str(result))
    that(time.monotonic() - start < 60, "it waited for the name server")
    silent.close()


def requests(*args):
    """Status, and how many dumps and look-ups were asked of the kernel."""
    tracer = lib.need_program("strace")
    log = os.path.join(lib.temp_dir(), "requests")
    result = lib.run([tracer, "-f", "-e", "trace=sendto,sendmsg", "-o", log, lib.LSSOCK, *args])
    if not os.path.exists(log) or result.status not in (0, 1):
        raise lib.Skip("strace may not trace here")
    with open(log, encoding="latin-1") as stream:
        text = stream.read()
    return result, text.count("NLM_F_DUMP"), text.count("NLM_F_REQUEST") - text.count("NLM_F_DUMP")


@case("one connection by its addresses and ports is looked up, not dumped")
def look_up():
    if lib.is_sanitized():
        raise lib.Skip("LeakSanitizer does not work under strace")
    for address in ["127.0.0.1"] + (["::1"] if lib.have_ipv6() else []):
        listener = lib.listen(address)
        client, accepted = connect_from(listener, address)
        shown = f"[{address}]" if ":" in address else address
        here, there = client.getsockname()[1], lib.port_of(listener)
        words = f"src {shown}:{here} and dst {shown}:{there}"
        result, dumps, looks = requests("-qtn", words)
        equal((result.status, dumps, looks), (0, 0, 1), words)
        result, dumps, looks = requests("-tnH", "--top=1", words)
        equal((len(result.rows), dumps, looks), (1, 0, 1), words)
        # A listing wants all there are, and "no" is said after having looked.
        equal(requests("-tnH", words)[2], 0)
        result, dumps, looks = requests("-qtn", words, "state time-wait")
        equal((result.status, dumps > 0), (1, True))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        lib.eventually(lambda: lssock("-qtn", words).status == 1, "the connection is gone")
        accepted.close()
        listener.close()


@case("both families in one walk: IPv4 first, every row once")
def one_walk():
    if lib.is_sanitized() or not lib.have_ipv6():
        raise lib.Skip("LeakSanitizer does not work under strace, or there is no IPv6")
    for words in ([], ["sport >= 1"], ["not sport = 7 or uid = 0"]):
        result, dumps, _ = requests("-tanH", *words)
        equal(dumps, 1, str(words))
        kinds = [row.split()[0] for row in result.rows]
        equal(kinds, sorted(kinds), "IPv4 comes first")
        that("tcp" in kinds and "tcp6" in kinds, str(kinds))
        alone = lssock("-tan4H", *words).rows + lssock("-tan6H", *words).rows
        equal(sorted(result.rows), sorted(alone), str(words))


@case("a connection bound to an interface is found all the same")
def look_up_bound():
    listener, client = (socket.socket(), socket.socket())
    try:
        for sock in (listener, client):
            sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"lo")
    except PermissionError as error:
        raise lib.Skip("sockets may not be bound to an interface here") from error
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    client.connect(listener.getsockname())
    here, there = client.getsockname()[1], lib.port_of(listener)
    equal(lssock("-qtn", f"src 127.0.0.1:{here} and dst 127.0.0.1:{there}").status, 0)


@case("names as they are shown can be typed")
def escapes():
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
        sock.bind(b"\0sp ace\xff")
        sock.listen(1)
        shown = [row for row in lssock("-xlH", "--columns=path").rows if row.startswith("@sp")]
        equal(shown, [r"@sp\x20ace\xff"])
        equal(len(lssock("-xlH", "path = " + shown[0]).rows), 1)
        equal(len(lssock("-xlH", f'src "{shown[0]}"').rows), 1)


@case("fields: owners, units, kinds")
def fields():
    me = os.getpid()
    that(len(rows_of("-t", f"pid = {me}")) > 10, "our sockets")
    equal(rows_of("-t", f"pid = {me} and not pid = {me}"), [])
    that(all(row["state"] == "TIME_WAIT" for row in rows_of("-t", "not inode")), "only TIME_WAIT has no inode")
    KEPT[1].send(b"x" * 3000)
    lib.eventually(lambda: len(rows_of("-t", "recv_q >= 2.9K and recv_q < 3K")) == 1, "recv_q in KiB")


@case("a wrong word is pointed at, status 2")
def errors():
    result = lssock("-tan", "sport", "=", "22", "and", "dprot", "=", "1")
    that(result.status == 2 and result.out == "", str(result))
    lines = result.err.split("\n")
    at = [index for index, line in enumerate(lines) if "dprot" in line]
    that(at, str(result))
    start = lines[at[0]].index("dprot")
    equal(lines[at[0] + 1][start:], "^" * len("dprot"))


@case("a long expression ends with an answer")
def long_ones():
    many = [f"sport = {port} or" for port in range(1, 15000)]
    equal(names_of(rows_of("-t", *many, "sport = 1")), names_of(rows_of("-t", "sport < 15000 sport > 0")))
    result = lssock("-tan", "(" * 60000 + "sport = 22")
    that(result.status == 2 and "brackets" in result.err, str(result)[:500])


lib.enter()
if lib.have_mounts():
    with contextlib.suppress(lib.Skip):
        lib.bind_etc(hosts=HOSTS, services=SERVICES, nsswitch_conf=FILES_ONLY)
tcp_population()
other_population()
dual_stack()
unix_population()
lib.main()
