#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--diff, --expect and --baseline: real listeners and connections beside files written by hand, by
lssock, and by Python out of what lssock wrote; and files that are none.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, that  # noqa: E402

SAME, DRIFT, USAGE, UNDECIDED, FAILED = range(5)
NOBODY = 65534

lib.enter()


def alone(body):
    """In a network namespace of its own: what listens there is what the case opens."""

    def run():
        try:
            body()
        finally:  # whoever is left would keep the parent waiting
            for pid in list(lib.children):
                lib.end_child(pid)

    return lambda: lib.in_new_net(run)


def write(name, text):
    path = os.path.join(lib.temp_dir(), name)
    with open(path, "wb") as stream:
        stream.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, 0o644)
    return path


def expect(text, *options, status=SAME, **popen):
    result = lssock(f"--expect={write('base', text)}", *options, **popen)
    equal(result.status, status, str(result))
    return result


def differences(text, *options, status=DRIFT, **popen):
    """The lines of a run, without the last one, which counts."""
    return [line for line in expect(text, "-nH", *options, status=status, **popen).lines if line]


def me():
    with open("/proc/self/comm", encoding="utf-8") as comm:
        return comm.read().strip()


def program(name, body):
    """A child of that name, which holds what body() opens; its pid and the text of body."""

    def start(say):
        lib.set_comm(name if isinstance(name, bytes) else name.encode())
        kept = body()
        say(lib.port_of(kept) if kept.family != socket.AF_UNIX else "ready")
        return kept

    pid, text = lib.fork_child(start)
    return pid, text


def datagram(address="127.0.0.1", port=0, family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((address, port))
    return sock


# --- the listeners that should be there -----------------------------------------------------------


@case("a baseline that holds, and each way in which it does not")
@alone
def by_hand():
    with lib.listen("127.0.0.1", 5432), lib.listen("0.0.0.0", 8080), datagram("127.0.0.1", 53):
        name, pid = me(), os.getpid()
        good = f"# all\n\ntcp 127.0.0.1:5432 {name}\ntcp 0.0.0.0:8080\t* user=root # web\nudp 127.0.0.1:53\r\n"
        equal(expect(good).out, "no drift: 3 listeners as expected\n")
        equal(expect(good, "-q").out, "")
        equal(differences("tcp 127.0.0.1:5432\nudp 127.0.0.1:53\n"),
              [f"new: tcp 0.0.0.0:8080 {name} (pid {pid}, user 0), reachable on every address"])
        equal(differences("tcp 0.0.0.0:8080\nudp 127.0.0.1:53\n"),
              [f"new: tcp 127.0.0.1:5432 {name} (pid {pid}, user 0), reachable from this host only"])
        equal(differences(good + "tcp 0.0.0.0:22 sshd unit=ssh.service\n"),
              ["gone: tcp 0.0.0.0:22 sshd unit=ssh.service"])
        equal(expect(good + "? tcp 0.0.0.0:22 sshd\n?tcp 0.0.0.0:23\n").lines[0],
              "no drift: 3 listeners as expected, 2 absent that may be")
        equal(differences(good.replace(name, "postgres")),
              [f"changed: tcp 127.0.0.1:5432 is held by {name} (pid {pid}, user 0), expected postgres"])
        equal(differences(good.replace("user=root", "user=33")),
              [f"changed: tcp 0.0.0.0:8080 is held by {name} (pid {pid}, user 0), expected user 33"])
        equal(differences(good.replace("0.0.0.0:8080", "127.0.0.1:8080")),
              [f"wider: tcp 0.0.0.0:8080 {name} (pid {pid}, user 0) listens on every address, "
               "expected tcp 127.0.0.1:8080 only"])
        equal(differences(good.replace("127.0.0.1:5432", "0.0.0.0:5432")),
              [f"moved: tcp 127.0.0.1:5432 {name} (pid {pid}, user 0) listens on this address, "
               "expected tcp 0.0.0.0:5432"])
        equal(expect("tcp *:5000-9000\nudp *:53\n").lines[0], "no drift: 3 listeners as expected")
        equal(expect("tcp *:5432 x\n", "-q", status=DRIFT).out, "")
        that(": 1 line is about protocols" in expect(good + "unix /run/x\n").err, "a line of others")
        that(": 2 lines are about protocols" in expect(good + "unix /x\nunix /y\n").err, "lines")
        err = expect("tcp 127.0.0.1:5432 two words\n", status=USAGE).err
        that("'words' is neither unit=UNIT nor user=USER" in err and "\\" not in err, err)


@case("IPv6, interfaces, and sockets that share a port")
@alone
def places():
    if not lib.have_ipv6():
        raise lib.Skip("no IPv6")
    on_lo = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    on_lo.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    on_lo.bind(("0.0.0.0", 68))
    on_lo.listen()
    shared = []
    for _ in range(3):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("0.0.0.0", 80))
        sock.listen()
        shared.append(sock)
    with lib.listen("::", 443, v6only=True), lib.listen("::1", 6379, v6only=True):
        good = "tcp6 [::]:443\ntcp [::1]:6379\ntcp 0.0.0.0%lo:68\ntcp 0.0.0.0:80\n"
        equal(expect(good).lines[0], "no drift: 6 listeners as expected")
        found = differences(good.replace("%lo", ""))
        that(found[0].startswith("moved: tcp 0.0.0.0%lo:68 "), str(found))
        found = differences(good.replace("tcp 0.0.0.0:80\n", ""))
        that(found[0].endswith("reachable on every address (3 sockets)"), str(found))
        found = differences(good.replace("[::]:443", "[::1]:443"))
        that(found[0].startswith("wider: tcp6 [::]:443 "), str(found))
        equal(len(differences(good, "-4", status=SAME)), 0)
    for sock in [on_lo, *shared]:
        sock.close()


@case("UDP sockets of clients are not judged, and told; servers are")
@alone
def clients():
    low, high = map(int, open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii").read().split())
    server, client, session = datagram("0.0.0.0", 53), datagram("0.0.0.0"), datagram()
    session.connect(("127.0.0.1", 53))
    port = lib.port_of(client)
    that(low <= port <= high, str(port))
    line = f"no drift: 1 listener as expected, 1 UDP socket on ephemeral ports ({low}-{high}) not judged"
    equal(expect("udp 0.0.0.0:53\n").lines[0], line)
    equal(expect(f"udp 0.0.0.0:53\nudp *:{low}-{high} {me()}\n").lines[0],
          "no drift: 2 listeners as expected")
    that(differences(f"udp 0.0.0.0:53\nudp 0.0.0.0:{port} other\n")[0].startswith("changed: "), "named")
    # What was a client's when the output was written may be absent.
    before = write("then", lssock("-tulp", "--jsonl").out)
    client.close()
    equal(lssock(f"--expect={before}").status, SAME)
    server.close()
    equal(lssock(f"--expect={before}").status, DRIFT)
    # A TCP listener on such a port listens.
    with lib.listen() as sock:
        that(differences("")[0].startswith(f"new: tcp 127.0.0.1:{lib.port_of(sock)} "), "a listener")
    session.close()


@case("lines that are wrong end it with their number and status 2")
@alone
def malformed():
    wrong = ["tcp", "tcp foo", "xyz 1.2.3.4:5", "tcp 1.2.3.4", "tcp 1.2.3:80", "tcp 0.0.0.0:0",
             "tcp 0.0.0.0:65536", "tcp 0.0.0.0:-1", "tcp 0.0.0.0:9-8", "tcp 0.0.0.0:8-", "tcp :80",
             "tcp6 0.0.0.0:80", "tcp [::1:80", "tcp ::1:80", "tcp [1.2.3.4]:80", "tcp 0.0.0.0%:80",
             "tcp 0.0.0.0:80 a b", "tcp 0.0.0.0:80 a unit=", "tcp 0.0.0.0:80 unit=a unit=b",
             "tcp 0.0.0.0:80 a\\x2", "tcp 0.0.0.0:80 a\\q", "tcp 0.0.0.0:80 \x01", "?", "? # x",
             "unix", "tcp 0.0.0.0:80 a" + "b" * 5000, "tcp 0.0.0.0:80 a\0b"]
    for line in wrong:
        result = expect(f"# first\n{line}\n", status=USAGE)
        that("base:2: " in result.err and not result.out, f"{line!r}: {result}")
        equal(len(result.err.splitlines()), 1, str(result))
    # Each word that is proposed is one, and the manual's are among them.
    err = expect("ftp *:21\n", status=USAGE).err
    protos = err[err.index("(") + 1:err.index(")")].split(", ")
    equal(protos, ["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "sctp", "sctp6", "unix"])
    for proto in (*protos, "udpl", "udpl6"):
        place = "/x" if proto == "unix" else "[::1]:1" if proto[-1] == "6" else "127.0.0.1:1"
        equal(expect(f"? {proto} {place} x\n", "-xH").out, "", proto)
    for name in ("/", "/no/such/file"):
        result = lssock(f"--expect={name}")
        equal((result.status, len(result.err.splitlines())), (USAGE, 1), str(result))


@case("options that do not go together")
def options():
    base = write("base", "")
    for words in (["-a"], ["-w"], ["-c"], ["--top=3"], ["--csv"], ["sport = 22"], ["--columns=pid"],
                  ["--sort=pid"], ["-e"], ["--summary"], ["--all-netns"], ["--check=3"]):
        equal(lssock(f"--expect={base}", *words).status, USAGE, str(words))
    then = write("then", lssock("-tan", "--jsonl").out)
    for words in (["-c"], ["--csv"], ["--top=3"], ["--columns=rtt"], ["--columns=state,"], ["-o"],
                  [f"--expect={base}"], ["--baseline"], ["--all-netns"], ["--sort=pid"]):
        equal(lssock(f"--diff={then}", *words).status, USAGE, str(words))
    equal(lssock("--baseline", "--json").status, USAGE)
    equal(lssock("--diff=").status, USAGE)


@case("as nobody: what is hidden is undecided, what is sure is drift")
@alone
def nobody():
    lib.need_real_root()
    run = {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def verdict(text):
        path = write("base", text)
        result = lib.run([lib.public_lssock(), "-nH", f"--expect={path}"], **run)
        return result.status, [line.split(":")[0] for line in result.lines if line]

    with lib.listen("127.0.0.1", 5432), lib.listen("127.0.0.1", 8080):
        equal(verdict("tcp 127.0.0.1:5432\ntcp 127.0.0.1:8080 * user=0\n"), (SAME, []))
        equal(verdict("tcp 127.0.0.1:5432 a\ntcp 127.0.0.1:8080\n"), (UNDECIDED, ["unsure"]))
        equal(verdict("tcp 127.0.0.1:5432 a\ntcp 127.0.0.1:5432 b\ntcp 127.0.0.1:8080\n"),
              (UNDECIDED, ["unsure"]))
        equal(verdict("tcp 127.0.0.1:5432 a\n"), (DRIFT, ["unsure", "new"]))
        for text, last in (
                ("tcp 127.0.0.1:5432 a\n", "1 difference, 1 not sure; 0 listeners as expected"),
                ("tcp 127.0.0.1:5432 a\ntcp 127.0.0.1:8080\n",
                 "no drift seen, 1 not sure; 1 listener as expected")):
            path = write("base", text)
            done = lib.run([lib.public_lssock(), "-n", f"--expect={path}"], **run)
            equal([line for line in done.lines if line][-1], last)
        equal(verdict("tcp 127.0.0.1:5432 a user=5\ntcp 127.0.0.1:8080\n"), (DRIFT, ["changed"]))
        then = write("then", lssock("-tlnp", "--jsonl").out)
        done = lib.run([lib.public_lssock(), "-tlnp", f"--diff={then}"], **run)
        equal(done.status, UNDECIDED, str(done))
        done = lib.run([lib.public_lssock(), "-tln", f"--diff={then}"], **run)
        equal(done.status, SAME, str(done))


def mounts_of_groups():
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
        return [line.split()[4] for line in mounts if " - cgroup2 " in line]


@case("-H and -q: notes are told where the answer hinges on what they say")
@alone
def notes():
    lib.need_real_root()
    run = {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def err_of(text, *options, status=SAME):
        base = write("base", text)
        done = lib.run([lib.public_lssock(), *options, f"--expect={base}"], **run)
        equal(done.status, status, str(done))
        return done.err

    with lib.listen("127.0.0.1", 5432):
        good, unsure = "tcp 127.0.0.1:5432 * user=root\n", "tcp 127.0.0.1:5432 postgres\n"
        that("program" in err_of(good), "told without -H")
        for options in ("-H", "-q", "-nH"):
            equal(err_of(good, options), "", options)
            equal(err_of(good + "? tcp 127.0.0.1:1 x\n", options), "", options)
            that("program" in err_of(unsure, options, status=UNDECIDED), options)
            equal(err_of(good + "tcp 127.0.0.1:1 x\n", options, status=DRIFT), "", options)
        # A line about a listener whose holder is hidden.
        that("program" in err_of("", "-H", status=DRIFT), "a new one")
        equal(err_of("", "-q", status=DRIFT), "")
        # They are not about what could not be seen.
        that(": 1 line is about" in err_of(good + "unix /x\n", "-H"), "lines that are passed over")
        that("base:1: " in err_of("x\n", "-H", status=USAGE), "what is wrong")


@case("without control groups -H is quiet about them where no line names a unit")
@alone
def without_groups():
    lib.need_mounts()
    away = "".join(f"umount -l {path} || exit 99; " for path in reversed(mounts_of_groups()))

    def run(text, *options):
        done = lib.run(["unshare", "-m", "--propagation", "private", "sh", "-c",
                        f'{away}exec "$@"', "sh", lib.LSSOCK, f"--expect={write('base', text)}",
                        *options])
        if done.status == 99:
            raise lib.Skip("the cgroup2 file system cannot be unmounted")
        return done.status, done.out[:7], "control groups are not known" in done.err

    with lib.listen("127.0.0.1", 5432):
        equal(run(f"tcp 127.0.0.1:5432 {me()}\n"), (SAME, "no drif", True))
        equal(run(f"tcp 127.0.0.1:5432 {me()}\n", "-H"), (SAME, "", False))
        equal(run("tcp 127.0.0.1:5432 * unit=x.service\n", "-H"), (UNDECIDED, "unsure:", True))


@case("--baseline writes what --expect takes, whatever the names are")
@alone
def round_trip():
    names = [b"two words", b"#hash", b"*", b"?", b"unit=x", b"back\\slash", b"\xff\xfe", b"-",
             b"\x1b[31m", "gr\u00fc\u00df".encode()]
    pids = [program(name, lambda: lib.listen("127.0.0.1"))[0] for name in names]
    unix = []
    os.chdir(lib.temp_dir())
    for name in (b"plain path", b"@at", b"#x", b"?", b"*:80", b"\0abs tract", b"\0", b"\xff\n", b"\0\0\0"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(name)
        except OSError as why:
            raise lib.Failure(f"{name}: {why}") from None
        sock.listen()
        unix.append(sock)
    text = lssock("--baseline", "-tux").out
    equal(len(text.splitlines()), 1 + len(names) + len(unix), text)
    that(all(31 < ord(char) < 127 or char == "\n" for char in text), text)
    result = lssock(f"--expect={write('all', text.encode('latin-1'))}", "-tux")
    equal(result.err, "", text)
    equal((result.status, result.lines[0]),
          (SAME, f"no drift: {len(names) + len(unix)} listeners as expected"), str(result))
    # Each line is needed, and stands for its own listener.
    lines = text.splitlines()
    for i in range(1, len(lines)):
        rest = "\n".join(lines[:i] + lines[i + 1:]) + "\n"
        found = lssock(f"--expect={write('all', rest)}", "-tuxH").lines
        equal([line.split(":")[0] for line in found if line], ["new"], lines[i])
    for pid in pids:
        lib.end_child(pid)
    for sock in unix:
        sock.close()
    equal(len(differences(text, "-tux")), len(names) + len(unix))


@case("an earlier output is a baseline, as lssock and as others write it")
@alone
def earlier_baseline():
    with lib.listen("127.0.0.1", 5432) as sock, lib.listen("0.0.0.0", 80):
        client, accepted = lib.connect_to(sock)
        document = lssock("-tuanp", "--json").out
        lines = lssock("-tuanp", "--jsonl").out
        again = json.dumps(dict(reversed(json.loads(document).items())), indent=4)
        for text in (document, lines, again):
            equal(expect(text).lines[0], "no drift: 2 listeners as expected")
        pid, _ = program("intruder", lambda: lib.listen("127.0.0.1", 4444))
        for text in (document, lines, again):
            found = differences(text)
            equal(found, [f"new: tcp 127.0.0.1:4444 intruder (pid {pid}, user 0), "
                          "reachable from this host only"])
        lib.end_child(pid)
        client.close()
        accepted.close()
        # Without its end nobody knows what else there was.
        cut = lines[:lines.rindex('{"end"')]
        equal(expect(cut, status=UNDECIDED).status, UNDECIDED)
        equal(differences("\n".join(line for line in cut.splitlines() if ':80,' not in line),
                          status=UNDECIDED)[0][:4], "new:")
    found = differences(document)
    equal(sorted(line.split(" ")[0] for line in found), ["gone:", "gone:"])


@case("the same as data")
@alone
def as_data():
    with lib.listen("0.0.0.0", 8080), lib.listen("127.0.0.1", 9000):
        text = f"tcp 127.0.0.1:8080 {me()}\ntcp 127.0.0.1:9000 x\ntcp 0.0.0.0:22 sshd\n"
        document = json.loads(expect(text, "--json", status=DRIFT).out)
        equal([(entry["kind"], entry["certain"]) for entry in document["differences"]],
              [("wider", True), ("changed", True), ("gone", True)])
        equal(document["differences"][0]["listener"]["exposure"], "wildcard")
        equal(document["differences"][0]["entry"]["line"], 1)
        equal(document["differences"][1]["listener"]["pid"], os.getpid())
        equal(document["differences"][2]["listener"], None)
        equal((document["complete"], document["decided"]), (True, True))


# --- what has changed -----------------------------------------------------------------------------


def diff(then, *options, status=DRIFT, **popen):
    result = lssock(f"--diff={then}", *options, **popen)
    equal(result.status, status, str(result))
    return [line for line in result.lines if line]


@case("new, gone and changed; after a restart all is the same")
@alone
def restarted():
    pid, port = program("server", lambda: lib.listen("127.0.0.1", 7000))
    keeper, _ = program("keeper", lambda: lib.listen("127.0.0.1", 7001))
    then = write("then", lssock("-tulp", "--jsonl").out)
    equal(diff(then, "-tulp", status=SAME), ["0 new, 0 gone, 0 changed, 2 the same"])
    lib.end_child(pid)
    equal(diff(then, "-tulp")[0], f"- gone: tcp 127.0.0.1:{port} LISTEN server")
    pid, _ = program("server", lambda: lib.listen("127.0.0.1", 7000))
    equal(diff(then, "-tulp", status=SAME), ["0 new, 0 gone, 0 changed, 2 the same"])
    lib.end_child(pid)
    pid, _ = program("other one", lambda: lib.listen("127.0.0.1", 7000))
    equal(diff(then, "-tulp")[0],
          f"~ changed: tcp 127.0.0.1:{port}: program server -> " + r"other\x20one")
    # Without -p it is the same socket.
    equal(diff(then, "-tul", status=SAME), ["0 new, 0 gone, 0 changed, 2 the same"])
    with datagram("127.0.0.1", 5353):
        equal(diff(then, "-tulH"), ["+ new: udp 127.0.0.1:5353 UNCONNECTED"])
    lib.end_child(pid)
    lib.end_child(keeper)


@case("states, queues, and sockets that are alike are counted")
@alone
def states():
    server = lib.listen("127.0.0.1", 7000)
    client, accepted = lib.connect_to(server)
    shared = [datagram("127.0.0.1") for _ in range(2)]
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
    then = write("then", lssock("-tuxan", "--json").out)
    equal(diff(then, "-tuxan", status=SAME)[0], "0 new, 0 gone, 0 changed, 9 the same")
    client.shutdown(socket.SHUT_WR)
    # The FIN may be acknowledged late.
    for state in ("CLOSE_WAIT", "FIN_WAIT2"):
        lib.eventually(lambda state=state: state in lssock("-tn").out, state)
    mine, theirs = lib.port_of(client), lib.port_of(accepted)
    equal(sorted(diff(then, "-tanH")),
          sorted([f"~ changed: tcp 127.0.0.1:{theirs} 127.0.0.1:{mine}: state ESTABLISHED -> CLOSE_WAIT",
                  f"~ changed: tcp 127.0.0.1:{mine} 127.0.0.1:{theirs}: state ESTABLISHED -> FIN_WAIT2"]))
    equal(diff(then, "-tanH", "state", "listening", status=SAME), [])
    equal(diff(then, "-tanH", "sport = :7000 and state close-wait"),
          [f"+ new: tcp 127.0.0.1:{theirs} 127.0.0.1:{mine} CLOSE_WAIT"])
    for pair in pairs:
        pair[0].close()
        pair[1].close()
    equal(diff(then, "-xanH"), ["- gone: unix (unnamed) CONNECTED (4 sockets)"])
    shared[0].sendto(b"x" * 100, shared[1].getsockname())
    equal(diff(then, "-uanH", status=SAME), [])
    found = diff(then, "-uanH", "--columns=recv_q")
    that(len(found) == 1 and ": recv_q 0 -> " in found[0], str(found))
    for sock in [server, client, accepted, *shared]:
        sock.close()


@case("expressions choose on both sides, and only by what is told")
@alone
def expressions():
    with lib.listen("127.0.0.1", 7000), lib.listen("0.0.0.0", 7001):
        then = write("then", lssock("-tlnp", "--jsonl").out)
        plain = write("plain", lssock("-tln", "--jsonl").out)
    for words in ("sport = :7000", "exposure = loopback", f"program = {me()} and sport = :7000",
                  f"pid = {os.getpid()} and not sport = :7001", "local_address = 127.0.0.1", "uid = 0 and sport 7000"):
        equal(diff(then, "-tlnH", words), ["- gone: tcp 127.0.0.1:7000 LISTEN"], words)
    equal(diff(then, "-tlnH", "sport = :1", status=SAME), [])
    for path, words in ((then, "rtt > 1"), (then, "fwmark = 1"), (then, "autobound"), (then, "dev lo"),
                        (plain, "program = x"), (plain, "direction = in"), (then, "cgroup_id = 1")):
        result = lssock(f"--diff={path}", "-tln", words)
        equal((result.status, result.out), (USAGE, ""), str(result))
    result = lssock(f"--diff={plain}", "-tlnp")
    equal((result.status, result.out), (USAGE, ""), str(result))
    that("without -p" in result.err, result.err)


@case("types of UNIX sockets choose on both sides")
@alone
def by_type():
    socks = [socket.socket(socket.AF_UNIX, kind)
             for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET)]
    for number, sock in enumerate(socks):
        sock.bind(b"\0kind%d" % number)
    then = write("then", lssock("-xa", "--jsonl").out)
    for words, n in ((["-A", "u_str"], 1), (["-A", "u_dgr,u_seq"], 2), (["-x"], 3)):
        equal(diff(then, "-a", *words, status=SAME), [f"0 new, 0 gone, 0 changed, {n} the same"])
    socks[0].close()
    equal(diff(then, "-aH", "-A", "u_dgr", status=SAME), [])
    equal(diff(then, "-aH", "-A", "u_str"), ["- gone: unix @kind0 UNCONNECTED"])
    untold = write("untold", lssock("-xa", "--jsonl", "--columns=proto,state,path,path_kind").out)
    result = lssock(f"--diff={untold}", "-aA", "u_dgr")
    equal((result.status, result.out, len(result.err.splitlines())), (USAGE, "", 1), str(result))
    equal(lssock(f"--expect={then}", "-A", "u_str").status, USAGE)
    for sock in socks[1:]:
        sock.close()


@case("what an earlier output does not tell of types and interfaces is no difference")
@alone
def untold():
    bound, free, local = lib.listen("0.0.0.0", 7000), lib.listen("0.0.0.0", 7001), socket.socket(socket.AF_UNIX)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    local.bind(b"\0untold")
    local.listen()
    columns = "proto,state,local_address,local_port,remote_address,remote_port,path,path_kind"
    then = write("then", lssock("-txan", "--jsonl", f"--columns={columns}").out)
    equal(diff(then, "-txan", status=SAME), ["0 new, 0 gone, 0 changed, 3 the same"])
    equal(expect(open(then, encoding="utf-8").read(), "-tx").lines[0], "no drift: 3 listeners as expected")
    free.close()
    equal(diff(then, "-txanH"), ["- gone: tcp 0.0.0.0:7001 LISTEN"])
    # Where they are told, they count.
    whole = write("whole", lssock("-txan", "--jsonl").out)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"")
    equal(len(diff(whole, "-txanH")), 2)
    bound.close()
    local.close()


@case("documents written anew by Python and jq; standard input and pipes")
@alone
def written_anew():
    with lib.listen("127.0.0.1", 7000), lib.listen("127.0.0.1", 7001):
        text = lssock("-tulp", "--json").out
        lines = lssock("-tulp", "--jsonl").out
        document = json.loads(text)
        forms = [text, lines, json.dumps(document, indent=8),
                 json.dumps({**document, "more": [[{"sockets": [1]}], "\u20ac\\"], "x": {"y": {}}}),
                 "\n\n" + "".join(json.dumps(row, sort_keys=True, indent=1)
                                  for row in map(json.loads, lines.splitlines()))]
        if shutil.which("jq"):
            forms.append(lib.run(["jq", "."], stdin=open(write("x", text), "rb")).out)
        for form in forms:
            equal(diff(write("then", form), "-tulp", status=SAME), ["0 new, 0 gone, 0 changed, 2 the same"])
        with open(write("then", text), "rb") as stream:
            equal(diff("-", "-tulp", status=SAME, stdin=stream)[0], "0 new, 0 gone, 0 changed, 2 the same")
        shell = f"{lib.LSSOCK} -tulp --jsonl | {lib.LSSOCK} -tulp --diff=/dev/stdin"
        equal(lib.run(["sh", "-c", shell]).out, "0 new, 0 gone, 0 changed, 2 the same\n")
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        netlink.bind((0, 0))
        further = write("then", lssock("-tulp", "--netlink", "--jsonl").out)
        that('"netlink"' in open(further, encoding="latin-1").read(), "a socket of another family")
        equal(diff(further, "-tulp", status=SAME), ["0 new, 0 gone, 0 changed, 2 the same"])
        netlink.close()
        document["sockets"].pop()
        equal(diff(write("then", json.dumps(document)), "-tulp")[1], "1 new, 0 gone, 0 changed, 1 the same")


@case("files that are not what they should be")
@alone
def hostile():
    whole = lssock("-tulp", "--json").out
    deep = '{"x":' * 100000
    wrong = ["", "hello\n", "[]", "{}", "{", "null", deep, "[" * 100, '{"sockets":[{}],"complete":true}',
             whole.replace('"schema_version":1', '"schema_version":2'), lssock("--summary", "--json").out,
             whole + whole, '{"a":"' + "x" * 300000 + '"}', '{"a":"\\ud800"}', b'{"a":"\xff"}', b"\0" * 1000,
             b"{\0}", lssock("-tl", "--csv").out, lssock("-tln", "--jsonl", "-c0.01", "--count=2").out,
             os.urandom(100000), '{"sockets":[],"complete":true']
    for text in wrong:
        result = lssock(f"--diff={write('wrong', text)}", "-tulp")
        equal((result.status, result.out), (USAGE, ""), str(text[:60]) + str(result))
        that(1 <= len(result.err.splitlines()) <= 2, str(result))
    other = json.loads(whole)
    other.update(host="elsewhere\x1b[1m")
    result = lssock(f"--diff={write('other', json.dumps(other))}", "-tulp")
    that("another host: elsewhere" in result.err and "\x1b" not in result.err, result.err)


@case("what is not complete is undecided")
@alone
def incomplete():
    with lib.listen("127.0.0.1", 7000), lib.listen("127.0.0.1", 7001):
        document = json.loads(lssock("-tulp", "--json").out)
        lines = lssock("-tulp", "--jsonl").out.splitlines()
    for text in (json.dumps({**document, "complete": False}), "\n".join(lines[:-1]), lines[0]):
        then = write("then", text)
        that(diff(then, "-tulp", status=UNDECIDED)[-1].endswith("not all could be seen"), text)
        equal(lssock(f"--diff={then}", "-tulpq").out, "")
    equal(diff(write("then", json.dumps(document)), "-tulp")[-1], "0 new, 2 gone, 0 changed, 0 the same")


def stalled(text):
    """lssock with a pipe as its file, into which text was written and no more comes."""
    read_end, write_end = os.pipe()
    os.write(write_end, text)
    process = subprocess.Popen([lib.LSSOCK, "-tan", "--diff=/dev/stdin"], stdin=read_end,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(read_end)
    return process, write_end


@case("a signal ends the reading of a pipe that nothing comes out of")
def interrupted():
    process, write_end = stalled(b'{"sockets":[')
    with open(f"/proc/{process.pid}/wchan", encoding="ascii"):
        lib.eventually(lambda: "S" in open(f"/proc/{process.pid}/stat", encoding="latin-1").read()
                       .rsplit(")", 1)[1].split()[0], "it waits")
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=lib.PATIENCE)
    os.close(write_end)
    equal((process.returncode, out), (-signal.SIGTERM, b""))


@case("a file that only root may read is read, though privileges are given up")
@alone
def private_file():
    lib.need_real_root()
    with lib.listen("127.0.0.1", 7000):
        then = write("then", lssock("-tlnp", "--json").out)
        os.chown(then, NOBODY, NOBODY)
        os.chmod(then, 0o600)
        equal(diff(then, "-tlnp", status=SAME)[0], "0 new, 0 gone, 0 changed, 1 the same")
        equal(lssock(f"--expect={then}").status, SAME)
        os.unlink(then)


@case("another network namespace")
def elsewhere():
    lib.need_real_root()

    def inside(say):
        lib.call(lib.libc.unshare, lib.CLONE_NEWNET)
        lib.loopback_up()
        kept = lib.listen("127.0.0.1", 6379)
        say("ready")
        return kept

    pid, _ = lib.fork_child(inside)
    base = write("base", f"tcp 127.0.0.1:6379 {me()}\n")
    equal(lssock(f"--netns={pid}", f"--expect={base}").lines[0], "no drift: 1 listener as expected")
    equal(lssock(f"--expect={base}").status, DRIFT)
    lib.end_child(pid)


def peak_of(words):
    """Status and peak of memory in bytes of a run."""
    with open(os.devnull, "wb") as null:
        process = subprocess.Popen(words, stdout=null, stderr=null)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * 1024


@case("memory: less than 200 bytes a socket")
@alone
def memory():
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, whose memory is not the program's")
    count = 200000
    row = ('{"proto":"tcp","family":"inet","type":"STREAM","state":"ESTABLISHED","local_address":'
           '"10.%d.%d.%d","local_port":443,"remote_address":"192.0.2.1","remote_port":%d,'
           '"owners":[{"pid":%d,"program":"worker","fd":3}],"unit":"web.service"}\n')
    path = os.path.join(lib.temp_dir(), "many")
    with open(path, "w", encoding="ascii") as stream:
        for i in range(count):
            stream.write(row % (i >> 16, i >> 8 & 255, i & 255, 1024 + i % 60000, i))
        stream.write('{"end":true,"schema_version":1,"complete":true}\n')
    one = write("one", lssock("-tanp", "--jsonl").out)
    status, least = peak_of([lib.LSSOCK, "-tanp", "-q", f"--diff={one}"])
    equal(status, SAME)
    status, peak = peak_of([lib.LSSOCK, "-tanp", "-q", f"--diff={path}"])
    equal(status, DRIFT)
    os.unlink(path)
    that(peak - least < 200 * count, f"{(peak - least) / count:.0f} bytes a socket")


@case("a closed standard output takes nothing from -q")
@alone
def closed_output():
    base = write("base", "tcp 127.0.0.1:1 x\n")
    with contextlib.suppress(KeyError):
        equal(lib.run(["sh", "-c", f"{lib.LSSOCK} -q --expect={base} >&-"]).status, DRIFT)
    equal(lib.run(["sh", "-c", f"{lib.LSSOCK} --expect={base} >&-"]).status, FAILED)
    equal(lib.run(["sh", "-c", f"{lib.LSSOCK} --expect={base} >/dev/full"]).status, FAILED)
    that(resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 8, "descriptors")


lib.main()
