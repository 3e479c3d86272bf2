#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Other network namespaces: --netns and --all-netns show what lssock and netstat show inside of them,
with owners, interfaces and settings of theirs; what cannot be entered or has gone is told, and never
is another one shown in its place.
"""

import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import CLONE_NEWNET, case, equal, lssock, lssock_ok, matching, netstat, that  # noqa: E402

NAMES = "/run/netns"
MNT_DETACH = 2
FILES_ONLY = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"


def namespace(body=lambda say: say("ready")):
    """A process in a network namespace of its own, which keeps what body() opened: (pid, text)."""

    def inside(say):
        lib.call(lib.libc.unshare, CLONE_NEWNET)
        lib._set_up_inside()
        return body(say)

    return lib.fork_child(inside)


def listener(say):
    """A TCP listener with a connection, and a UNIX one; says the TCP port."""
    sock = lib.listen()
    client = socket.create_connection(sock.getsockname())
    local = socket.socket(socket.AF_UNIX)
    local.bind("\0in %d" % os.getpid())
    local.listen()
    say(lib.port_of(sock))
    return sock, client, sock.accept(), local


def net_file(pid):
    return f"/proc/{pid}/ns/net"


def net_id(pid="self"):
    return os.stat(net_file(pid)).st_ino


def give_name(name, pid):
    """What "ip netns attach" does."""
    place = os.path.join(NAMES, name)
    os.close(os.open(place, os.O_CREAT | os.O_RDONLY, 0o444))
    lib.call(lib.libc.mount, net_file(pid).encode(), place.encode(), None, lib.MS_BIND, None)
    return place


def take_name(name):
    place = os.path.join(NAMES, name)
    lib.call(lib.libc.umount2, place.encode(), MNT_DETACH)
    os.unlink(place)


def run_inside(pid, *args):
    """lssock, run in the namespace of a process."""
    fd = os.open(net_file(pid), os.O_RDONLY | os.O_CLOEXEC)
    try:
        with lib.inside(fd):
            return lssock_ok(*args)
    finally:
        os.close(fd)


def netstat_inside(pid, *args):
    fd = os.open(net_file(pid), os.O_RDONLY | os.O_CLOEXEC)
    try:
        with lib.inside(fd):
            return netstat(*args)
    finally:
        os.close(fd)


def as_nobody(*args):
    return lib.as_nobody(*args, cwd="/")


def document(result):
    return json.loads(result.out)


def names_of(sockets):
    return sorted({row["netns"] for row in sockets})


lib.enter()
if not lib.have_own_pids():
    print("1..0 # SKIP no PID and mount namespaces here")
    sys.exit(0)
lib.call(lib.libc.mount, b"none", b"/run", b"tmpfs", 0, None)
os.mkdir(NAMES, 0o755)
BLUE, BLUE_PORT = namespace(listener)
GREEN, GREEN_PORT = namespace(listener)
give_name("blue", BLUE)
HERE = lib.listen()
HERE_PORT = lib.port_of(HERE)


@case("--netns with a name, a PID and a path is the table as seen from inside")
def as_inside():
    for options in (["-an"], ["-tlnpe"], ["-xlp"], ["-tan", "--json"]):
        want = run_inside(BLUE, *options)
        for target in ("blue", str(BLUE), f"{NAMES}/blue", net_file(BLUE)):
            got = lssock_ok(*options, f"--netns={target}")
            if "--json" in options:
                equal(document(got)["sockets"], document(want)["sockets"], target)
                equal(document(got)["netns"], f"net:[{net_id(BLUE)}]")
            else:
                equal(got.out, want.out, target)
            that(f"{BLUE_PORT}" in got.out or "-xlp" in options, got.out)
            that(f":{HERE_PORT} " not in got.out, got.out)
    equal(lssock_ok("-tan", "--netns=blue").out, netstat_inside(BLUE, "-tan").out)


@case("owners are found although they are elsewhere")
def owners():
    row = matching(lssock_ok("-tlnp", "--netns=blue").rows, f":{BLUE_PORT} ")
    that(f" {BLUE}/python3" in row, row)


@case("its counters and settings are those of the other namespace")
def settings():
    def body(say):
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as setting:
            setting.write("20000 20099")
        return listener(say)

    pid, _ = namespace(body)
    rows = lssock_ok("-tn", "autobound", f"--netns={pid}").rows
    equal(len(rows), 1, "the client's end alone")
    that(re.search(r":200\d\d ", rows[0]), rows[0])
    inside = run_inside(pid, "-s", "-t").out
    opens = [line for line in inside.split("\n") if "active connection" in line]
    that(opens and opens[0] in lssock_ok("-s", "-t", f"--netns={pid}").out, inside)


@case("again and again, and questions")
def rounds_and_questions():
    result = lssock_ok("-tln", "--netns=blue", "-c0.05", "--count=3")
    equal(len([line for line in result.lines if f":{BLUE_PORT} " in line]), 3, result.out)
    equal(lssock("--netns=blue", f"--check={BLUE_PORT}").status, 0)
    equal(lssock(f"--check={BLUE_PORT}").status, 1)
    equal(lssock("--netns=blue", f"--check={HERE_PORT}").status, 1)
    equal(lssock("--netns=blue", "-q", "-tl", f"sport = :{BLUE_PORT}").status, 0)
    result = lssock("--netns=blue", f"--wait=free:{BLUE_PORT}", "--timeout=0.1")
    equal((result.status, result.out), (1, ""), result.err)
    equal(lssock("--netns=blue", f"--wait=free:{HERE_PORT}", "--timeout=5").status, 0)


@case("what is no namespace is told, and nothing is listed")
def not_there():
    os.mkfifo(f"{NAMES}/fifo")
    os.close(os.open(f"{NAMES}/file", os.O_CREAT, 0o444))
    os.symlink("loop", f"{NAMES}/loop")
    os.mkdir(f"{NAMES}/dir")
    for target in ("nosuch", "fifo", "file", "loop", "dir", "999999", "/etc/passwd", "/dev/null", "/proc/self/ns/uts",
                   "/nowhere/at/all", "no/such", "\x1b[31m", "x" * 5000, "-", "blue "):
        result = lssock("-tln", f"--netns={target}")
        equal((result.status, result.out), (4, ""), result.err)
        that(re.fullmatch(r"lssock: network namespace '.*\n", result.err), repr(result.err))
        that("\x1b" not in result.err, repr(result.err))
    for target in ("", ".", "..", "0", "99999999999999999999"):
        result = lssock("-tln", f"--netns={target}")
        equal((result.status, result.out), (2, ""), result.err)
    for name in ("fifo", "file", "loop"):
        os.unlink(f"{NAMES}/{name}")
    os.rmdir(f"{NAMES}/dir")


@case("what does not go together is status 2")
def not_together():
    for options in (["--netns=blue", "--all-netns"], ["--all-netns", "--summary"], ["--all-netns", "--ports"],
                    ["--all-netns", "--check=80"], ["--all-netns", "dev", "lo"], ["--all-netns", "autobound"],
                    ["--all-netns", "src", "fe80::1%lo"], ["--netns"]):
        result = lssock(*options)
        equal((result.status, result.out), (2, ""), f"{options}: {result.err}")


@case("--all-netns lists every namespace once, and its column tells which")
def everywhere():
    other = f"{GREEN}/python3"
    result = lssock_ok("-tlnp", "--all-netns")
    equal(result.lines[1].split()[-1], "Netns")
    for port, label, pid in ((HERE_PORT, "init", os.getpid()), (BLUE_PORT, "blue", BLUE), (GREEN_PORT, other, GREEN)):
        row = matching(result.rows, f":{port} ")
        equal(row.split()[-1], label)
        that(f" {pid}/python3" in row, row)
    labels = [row.split()[-1] for row in result.rows]
    that(labels.index("init") < labels.index("blue") < labels.index(other), labels)
    # A second name and a second process make no second namespace.
    give_name("aqua", BLUE)
    fd = os.open(net_file(GREEN), os.O_RDONLY | os.O_CLOEXEC)
    with lib.inside(fd):
        pid, _ = lib.fork_child(lambda say: say("ready"))
    os.close(fd)
    result = lssock_ok("-tlnp", "--all-netns")
    equal(matching(result.rows, f":{BLUE_PORT} ").split()[-1], "aqua")
    equal(matching(result.rows, f":{GREEN_PORT} ").split()[-1], other)
    take_name("aqua")
    lib.end_child(pid)


@case("--all-netns has the rows of each namespace, no more and no fewer")
def all_rows():
    sockets = document(lssock_ok("-an", "--all-netns", "--json"))["sockets"]
    for label, pid in (("init", os.getpid()), ("blue", BLUE), (f"{GREEN}/python3", GREEN)):
        rows = [row for row in sockets if row["netns"] == label]
        equal({row["netns_id"] for row in rows}, {net_id(pid)})
        rows = [{key: row[key] for key in row if not key.startswith("netns")} for row in rows]
        equal(rows, document(run_inside(pid, "-an", "--json"))["sockets"], label)
    equal(len({row["cookie"] for row in sockets}), len(sockets), "each socket once")


@case("the field netns, as column, in CSV, in expressions and when sorting")
def fields():
    result = lssock_ok("-tl", "--all-netns", "--columns=local_port,netns_id")
    equal(result.lines[0].split(), ["Netns", "Local-Port", "Netns-Id"])
    that(["blue", BLUE_PORT, str(net_id(BLUE))] in [line.split() for line in result.lines], result.out)
    equal(lssock_ok("-tl", "--all-netns", "--columns=-netns,-type").lines[0].split()[0], "Proto")
    equal(lssock_ok("-tl", "--all-netns", "--csv").lines[0].split(",")[:2], ["netns", "netns_id"])
    rows = lssock_ok("-tl", "--all-netns", "--columns=local_port", "-H", "netns = blue").lines
    equal([row.split() for row in rows], [["blue", BLUE_PORT]])
    rows = lssock_ok("-tl", "--all-netns", "--columns=local_port", "-H", "--sort=-netns_id").lines
    ids = {"init": net_id(), "blue": net_id(BLUE), f"{GREEN}/python3": net_id(GREEN)}
    order = [ids[row.split()[0]] for row in rows]
    equal(order, sorted(order, reverse=True))
    # Of one namespace, when it is asked for.
    equal(lssock_ok("-tl", "--columns=netns,netns_id", "-H").lines[0].split(), ["init", str(net_id())])
    equal(lssock_ok("-tl", "--columns=netns", "-H", f"--netns={BLUE}").lines[0].split(), ["blue"])
    equal(document(lssock_ok("-tl", "--json", "--all-netns"))["netns"], None)
    that("netns" not in document(lssock_ok("-tl", "--json"))["sockets"][0], "not asked for")


@case("UNIX sockets: the path stays last, the names at the other ends are found")
def local():
    result = lssock_ok("-xl", "--all-netns")
    equal(result.lines[1].split()[-2:], ["Netns", "Path"])
    row = matching(result.rows, rf"@in\\x20{BLUE}$")
    equal(row.split()[-2], "blue")
    path = os.path.join(lib.temp_dir(), "across")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        # A path leads to its socket from any namespace.
        pid, _ = namespace(lambda say: (connect_unix(path), say("ready")))
        accepted, _ = server.accept()
        rows = document(lssock_ok("-x", "--all-netns", "--columns=inode,peer_path", "--json"))["sockets"]
        equal([row["netns"] for row in rows if row["peer_path"] == path], [f"{pid}/python3"])
        accepted.close()


def connect_unix(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    return sock


@case("interfaces have the names that they have there")
def interfaces():
    ip = lib.need_program("ip")
    if not lib.have_ipv6():
        raise lib.Skip("no IPv6 here")

    def body(name):
        def inside(say):
            for words in (f"link add {name} type veth peer name {name}1", f"link set {name} addrgenmode none",
                          f"addr add fe80::a/64 dev {name} nodad", f"link set {name} up", f"link set {name}1 up"):
                done = subprocess.run([ip, *words.split()], capture_output=True, text=True)
                if done.returncode != 0:
                    say("no: " + done.stderr.split("\n", maxsplit=1)[0])
                    return None
            sock = socket.socket(socket.AF_INET6)
            sock.bind(("fe80::a", 0, 0, socket.if_nametoindex(name)))
            sock.listen()
            say(lib.port_of(sock))
            return sock

        return inside

    ports = {}
    for name in ("alpha", "gamma"):
        pid, port = namespace(body(name))
        if port.startswith("no"):
            raise lib.Skip(f"no veth here: {port}")
        ports[name] = port
        matching(lssock_ok("-tln", f"--netns={pid}").rows, f" fe80::a%{name}:{port} ")
        rows = lssock_ok("-tln", f"--netns={pid}", f"dev {name}").rows
        matching(rows, f":{port} ")
    for name, port in ports.items():
        matching(lssock_ok("-tln", "--all-netns").rows, f" fe80::a%{name}:{port} ")
        matching(lssock_ok("-tlnp", "--all-netns").rows, f" fe80::a%{name}:{port} ")
        rows = lssock_ok("-tl", "--all-netns", "--columns=local_address,local_port", "-H", f"interface = {name}").lines
        equal([row.split()[1:] for row in rows], [[f"fe80::a%{name}", port]])


@case("names of hosts are looked up from here")
def host_names():
    """A name server that answers in this namespace alone."""
    lib.bind_etc(
        nsswitch_conf=FILES_ONLY.replace("hosts: files", "hosts: dns"),
        resolv_conf="nameserver 127.0.0.1\noptions timeout:30 attempts:1\n",
    )
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def answer():
        while True:
            query, client = server.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            name = b"\4here\7example\0"
            record = b"\xc0\x0c" + struct.pack(">HHIH", 12, 1, 60, len(name)) + name
            header = query[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, 1, 0, 0)
            server.sendto(header + query[12:end] + record, client)

    threading.Thread(target=answer, daemon=True).start()
    for options in (["--netns=blue"], ["--all-netns"]):
        row = matching(lssock_ok("-t", "-a", "--numeric-ports", "--resolve-timeout=60", *options).rows, rf":{BLUE_PORT} .* LISTEN ")
        that("here.example:" in row, row)


@case("tables without sockets are not asked for")
def nothing_there():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("the leak checker does not like to be traced")
    empty = [namespace()[0] for _ in range(30)]
    trace = os.path.join(lib.temp_dir(), "trace")
    lib.run([strace, "-f", "-o", trace, "-e", "trace=setns,sendto", lib.LSSOCK, "-tan", "--all-netns"])
    with open(trace, encoding="latin-1") as lines:
        text = lines.read()
    if "setns(" not in text:
        raise lib.Skip("nothing can be traced here")
    # IPv4 and IPv6 of the few that have TCP sockets; here they were asked for at least once.
    full = 1 + len(lib.children) - len(empty)
    asked = text.count("sendto(")
    that(2 <= asked <= 2 * full, f"{asked} dumps of {full} namespaces")
    that(text.count("setns(") > len(empty), "each was looked into")
    for pid in empty:
        lib.end_child(pid)


@case("namespaces that come and go do no harm")
def churn():
    over = threading.Event()

    def busy():
        while not over.is_set():
            subprocess.run(["unshare", "-n", "sleep", "0.005"], check=False)

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(15):
            result = lssock("-an", "--all-netns")
            equal(result.status, 0, result.err)
            for line in result.err.split("\n")[:-1]:
                that(re.search("came to an end before it was listed|no raw_diag", line), line)
            matching(result.rows, f":{BLUE_PORT} .* LISTEN .*blue$")
            matching(result.rows, f":{HERE_PORT} .* LISTEN .*init$")
    finally:
        over.set()
        for thread in threads:
            thread.join()


@case("a name whose namespace is gone, and one without a process")
def only_a_name():
    pid, _ = namespace()
    give_name("empty", pid)
    lib.end_child(pid)
    equal(lssock_ok("-tan", "--netns=empty").rows, [])
    fd = os.open(f"{NAMES}/empty", os.O_RDONLY | os.O_CLOEXEC)
    with lib.inside(fd):
        sock = lib.listen()
    os.close(fd)
    row = matching(lssock_ok("-tln", "--all-netns").rows, f":{lib.port_of(sock)} ")
    equal(row.split()[-1], "empty")
    sock.close()
    take_name("empty")
    os.close(os.open(f"{NAMES}/empty", os.O_CREAT, 0o444))
    that("empty" not in lssock_ok("-tln", "--all-netns").out, "a left-over name")
    os.unlink(f"{NAMES}/empty")


@case("names of programs and namespaces that lie")
def hostile_names():
    def body(say):
        lib.set_comm(b"\x1b[2J a\nb")
        return listener(say)

    pid, port = namespace(body)
    result = lssock_ok("-tln", "--all-netns")
    equal(matching(result.rows, f":{port} ").split()[-1], f"{pid}/\\x1b[2J\\x20a\\x0ab")
    give_name("x\ny\x1b", pid)
    result = lssock_ok("-tln", "--all-netns")
    equal(matching(result.rows, f":{port} ").split()[-1], "x\\x0ay\\x1b")
    that("\x1b" not in result.out, repr(result.out))
    rows = document(lssock_ok("-tl", "--all-netns", "--json"))["sockets"]
    that("x\ny\x1b" in names_of(rows), names_of(rows))
    equal(len(lssock_ok("-tln", "--netns=x\ny\x1b").rows), 1)
    take_name("x\ny\x1b")
    lib.end_child(pid)


@case("who may not enter a namespace sees what the files of its processes tell, and is told")
def unprivileged():
    lib.need_real_root()
    result = as_nobody("-tln", f"--netns={BLUE}")
    equal(result.status, 0, result.err)
    that(f"namespace of process {BLUE} cannot be entered" in result.err, result.err)
    that("reading /proc/net" in result.err, result.err)
    equal(len(result.rows), 1)
    matching(result.rows, f":{BLUE_PORT} ")
    result = as_nobody("-tln", "--json", f"--netns={BLUE}")
    equal(document(result)["netns"], None, "not told to others")
    for target in ("blue", net_file(BLUE)):
        result = as_nobody("-tln", f"--netns={target}")
        equal((result.status, result.out), (4, ""), result.err)
    result = as_nobody("-tln", "--all-netns")
    equal(result.status, 3, result.err)
    that("namespaces that have a name could not be entered" in result.err, result.err)
    equal(matching(result.rows, f":{BLUE_PORT} ").split()[-1], f"{BLUE}/python3")
    equal(matching(result.rows, f":{HERE_PORT} ").split()[-1], "init")
    result = as_nobody("-xln", "--all-netns")
    equal(matching(result.rows, rf"@in\\x20{GREEN}$").split()[-2], f"{GREEN}/python3")


@case("setns() refused: other files, or nothing at all, never our own rows under another name")
def refused():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("the leak checker does not like to be traced")
    tracing = [strace, "-o", "/dev/null", "-e", "trace=setns", "-e"]
    probe = lib.run([*tracing, "inject=setns:error=EPERM", lib.LSSOCK, "--netns=blue", "-tln"])
    if "strace" in probe.err:
        raise lib.Skip("nothing can be traced here")
    equal((probe.status, probe.out), (4, ""), probe.err)
    want = {(BLUE_PORT, "blue"), (GREEN_PORT, f"{GREEN}/python3"), (str(HERE_PORT), "init")}
    for when in ("1", "2", "4", "5", "1+"):
        result = lib.run([*tracing, f"inject=setns:error=EPERM:when={when}", lib.LSSOCK, "-tln", "--all-netns"])
        equal(result.status, 0, f"{when}: {result.err}")
        got = {(row.split()[3].rsplit(":", 1)[1], row.split()[-1]) for row in result.rows}
        equal(got, want, when)
        that("could not be entered" in result.err, f"{when}: {result.err}")
    # The way back.
    for when in ("3", "6"):
        result = lib.run([*tracing, f"inject=setns:error=EPERM:when={when}", lib.LSSOCK, "-tln", "--all-netns"])
        equal(result.status, 4, f"{when}: {result.err}")
        got = {(row.split()[3].rsplit(":", 1)[1], row.split()[-1]) for row in result.rows}
        that(got <= want, f"{when}: {got}")


@case("no way back to the name servers of here: numbers, and a note that says so")
def no_way_home():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("the leak checker does not like to be traced")
    tracing = [strace, "-f", "-o", "/dev/null", "-P", "/proc/thread-self/ns/net", "-e"]
    for error, words in (("EMFILE", "Too many open files"), ("ENOENT", "Permission denied")):
        result = lib.run([*tracing, f"inject=openat:error={error}",
                          lib.LSSOCK, "--netns=blue", "-t", "-a", "--numeric-ports"])
        if "strace" in result.err:
            raise lib.Skip("nothing can be traced here")
        equal(result.status, 0, str(result))
        that(f"names cannot be looked up: {words}" in result.err, str(result))
        that("here.example" not in result.out, str(result))


@case("the same in a namespace of one's own user namespace")
def own_user_namespace():
    lib.need_real_root()
    clone_newuser = 0x10000000

    def body(say):
        lib.become_nobody()
        lib.call(lib.libc.prctl, 4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, for /proc/PID to be nobody's
        lib.call(lib.libc.unshare, clone_newuser | CLONE_NEWNET)
        lib._set_up_inside()
        sock = lib.listen()
        say(lib.port_of(sock))
        return sock

    try:
        pid, port = lib.fork_child(body)
    except lib.Failure:
        raise lib.Skip("user namespaces are not for everybody here") from None
    result = as_nobody("-tlnp", f"--netns={pid}")
    equal(result.status, 0, result.err)
    that("cannot be entered (Operation not permitted)" in result.err, result.err)
    row = matching(result.rows, f":{port} ")
    that(f" {pid}/python3" in row, row)
    row = matching(as_nobody("-tln", "--all-netns").rows, f":{port} ")
    equal(row.split()[-1], f"{pid}/python3")
    # Its user namespace is below root's, who may go in.
    matching(lssock_ok("-tln", f"--netns={pid}").rows, f":{port} ")


lib.main()
