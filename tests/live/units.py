#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Units and containers by the control groups of sockets, as an unprivileged user sees them."""

import atexit
import contextlib
import csv
import io
import json
import os
import random
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import case, equal, lssock, lssock_ok, that

CONTAINER = "0123456789abcdef" * 4
# Process numbers are used again in each namespace, and a run that was killed leaves its groups.
RUN = time.time_ns()

lib.enter()

_made = []


def _remove_groups():
    for path in reversed(_made):
        for _ in range(100):
            try:
                os.rmdir(path)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.02)  # until those in it have ended


def mount_of_groups():
    """Where cgroup2 is mounted, or is now."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
        for line in mounts:
            if " - cgroup2 " in line and line.split()[3] == "/":
                return line.split()[4]
    lib.need_mounts()
    here = os.path.join(lib.temp_dir(), "cgroup")
    os.mkdir(here)
    try:
        lib.call(lib.libc.mount, b"none", here.encode(), b"cgroup2", 0, None)
    except OSError as why:
        raise lib.Skip(f"no cgroup2 here: {why}") from None
    return here


def slice_here():
    return f"lssocktest{RUN:x}p{os.getpid()}.slice"


def make_group(path):
    """Makes a group below a slice of this test; returns its directory."""
    lib.need_real_root()
    here = os.path.join(mount_of_groups(), slice_here())
    if not _made:
        atexit.register(_remove_groups)
    for part in ("", *path.split("/")):
        here = os.path.join(here, part).rstrip("/")
        if here in _made:
            continue
        try:
            os.mkdir(here)
        except OSError as why:
            raise lib.Skip(f"no control group can be made: {why}") from None
        _made.append(here)
    return here


def enter_group(directory):
    with open(os.path.join(directory, "cgroup.procs"), "w") as procs:
        procs.write(str(os.getpid()))


@contextlib.contextmanager
def server_in(path, name=None):
    """A process in that group that listens on TCP and has a UDP socket; yields (PID, port)."""
    directory = make_group(path)

    def body(say):
        atexit.unregister(_remove_groups)
        enter_group(directory)
        if name:
            lib.set_comm(name)
        tcp = lib.listen()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", lib.port_of(tcp)))
        say(lib.port_of(tcp))
        return tcp, udp

    pid, port = lib.fork_child(body)
    try:
        yield pid, int(port)
    finally:
        lib.end_child(pid)


def as_nobody(*args):
    result = lib.as_nobody(*args)
    equal(result.status, 0, str(result))
    return result


def sockets(result):
    return json.loads(result.out)["sockets"]


@case("root's service and its unit, by TCP and UDP, seen by nobody")
def unit_of_another_user():
    with server_in("demo.service") as (_, port):
        columns = "--columns=proto,unit,unit_uid,container,pod"
        result = as_nobody("-atu", "-H", columns, f"sport = :{port}")
        equal([row.split() for row in result.lines],
              [["tcp", "demo.service", "-", "-", "-"], ["udp", "demo.service", "-", "-", "-"]])
        equal(result.err, "")
        equal(result.out, lssock_ok("-atu", "-H", columns, f"sport = :{port}").out)


@case("unit and container in expressions")
def expressions():
    with server_in("demo.service") as (_, one), server_in(f"docker-{CONTAINER}.scope") as (_, two):
        def ports(*words):
            return sorted(as_nobody("-tl", "-H", "--columns=local_port", *words).out.split())

        mine = f"(sport = :{one} or sport = :{two})"
        equal(ports("unit = demo.service", "and", mine), [str(one)])
        equal(ports("unit != demo.service", "and", mine), [str(two)])
        equal(ports("unit ~ 'docker-*.scope'", "and", mine), [str(two)])
        equal(ports(f"container = {CONTAINER}"), [str(two)])
        equal(ports("container ~ '0123456789ab*'", "and", mine), [str(two)])
        equal(ports("container_runtime = docker", "and", mine), [str(two)])
        equal(ports("unit = nonesuch.service"), [])


@case("-p in a table of columns: the unit in brackets, one note that says why")
def stands_in():
    with server_in("demo.service") as (pid, one), server_in(f"docker-{CONTAINER}.scope") as (_, two):
        options = ("-tlp", "-H", "--columns=local_port,pid,program,owners")
        result = as_nobody(*options, f"sport = :{one} or sport = :{two}")
        equal(sorted(row.split() for row in result.lines), sorted([
            [str(one), "-", "[demo.service]", "[demo.service]"],
            [str(two), "-", "[docker:0123456789ab]", "[docker:0123456789ab]"],
        ]))
        equal(result.err.count("\n"), 1, result.err)
        that("root" in result.err and "unit" in result.err, result.err)
        result = lssock_ok(*options, f"sport = :{one}")
        equal(result.out.split(), [str(one), str(pid), "python3", f"{pid}/python3"])
        # netstat's own table stays as it is, and so does its note.
        result = as_nobody("-tlnp", f"sport = :{one}")
        that(" - " in result.rows[0] and "demo" not in result.out, result.out)
        that("unit" not in result.err, result.err)


@case("a program cannot pass for a unit")
def no_forgery():
    with server_in("demo.service", b"[ssh.service]") as (_, port):
        result = lssock_ok("-tl", "-H", "--columns=program,owners", f"sport = :{port}")
        that(result.out.startswith("\\x5bssh.service] "), result.out)


@case("-p in data: the member unit beside owners that are hidden")
def data():
    with server_in("demo.service") as (pid, port):
        row = sockets(as_nobody("-tlp", "--json", f"sport = :{port}"))[0]
        equal((row["owners"], row["owners_status"], row["unit"]), (None, "hidden", "demo.service"))
        row = sockets(lssock_ok("-tlp", "--json", f"sport = :{port}"))[0]
        equal((row["owners"][0]["pid"], row["unit"]), (pid, "demo.service"))
        result = as_nobody("-tlp", "--csv", f"sport = :{port}")
        row = next(csv.DictReader(io.StringIO(result.out)))
        equal((row["pid"], row["program"], row["unit"]), ("", "", "demo.service"))
        that("unit" not in sockets(as_nobody("-tl", "--json", f"sport = :{port}"))[0], "without -p")


@case("whoever rules a group names no unit below it")
def delegated():
    with server_in("demo.service/ssh.service") as (_, port):
        result = as_nobody("-tl", "-H", "--columns=unit,cgroup", f"sport = :{port}")
        words = result.out.split()
        equal(words[0], "demo.service")
        that(words[1].endswith(".slice/demo.service/ssh.service"), words[1])


@case("names with any bytes are one escaped word")
def hostile_names():
    with server_in("lxc.payload.\033[31mx y]") as (_, port):
        columns = "--columns=unit,container,program"
        result = as_nobody("-tlp", "-H", columns, f"sport = :{port}")
        equal(result.out.split(), [
            slice_here(), r"\x1b[31mx\x20y]", r"[lxc:\x1b[31mx\x20y]]"])
        row = sockets(as_nobody("-tl", "--json", columns, f"sport = :{port}"))[0]
        equal(row["container"], "\033[31mx y]")


# --- owners by the processes of the socket's group ------------------------------------------------


class Crowd:
    """Processes in several groups that hold random sockets, handed on to each other at random."""

    GROUPS = ("a.service", "b.service", "c.service/sub", "d.slice")

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.directories = [make_group(group) for group in self.GROUPS]
        self.pids, self.ports = [], []
        self.here = [socket.socketpair() for _ in range(12)]
        for number in range(12):
            pid, text = lib.fork_child(lambda say, number=number: self.member(number, say))
            self.pids.append(pid)
            self.ports += text.split()

    def member(self, number, say):
        """Makes sockets in one group, copies or gives away some, and may move to another group."""
        atexit.unregister(_remove_groups)
        self.random.seed(self.seed * 1000 + number)
        enter_group(self.random.choice(self.directories))
        kept, ports = [], []
        for _ in range(3):
            sock = lib.listen()
            ports.append(str(lib.port_of(sock)))
            fate = self.random.choice(("keep", "keep", "copy", "give away"))
            if fate != "keep":
                to = self.random.randrange(12)
                socket.send_fds(self.here[to][0], [b"x"], [sock.fileno()])
            if fate != "give away":
                kept.append(sock)
            else:
                sock.close()
        kept += self.take(number)
        if self.random.randrange(3) == 0:
            enter_group(self.random.choice(self.directories))
        say(" ".join(ports))
        return kept

    def take(self, number):
        """What others have sent so far; later ones stay on their way, and have no owner."""
        got = []
        self.here[number][1].setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                got += socket.recv_fds(self.here[number][1], 8, 1)[1]
        return got

    def end(self):
        for pid in self.pids:
            lib.end_child(pid)
        for pair in self.here:
            for sock in pair:
                sock.close()


def all_owners(ports):
    """Of each port, by the scan of all processes: PIDs as strings."""
    rows = sockets(lssock_ok("-tl", "--json", "--columns=local_port,owners"))
    found = {str(row["local_port"]): {str(owner["pid"]) for owner in row["owners"]} for row in rows}
    return {port: found[port] for port in ports}


@case("the owner found in the socket's group is a true one, and none is missed")
def like_the_full_scan():
    with_owner = without = 0
    for seed in range(8):
        crowd = Crowd(seed)
        try:
            truth = all_owners(crowd.ports)
            for _ in range(12):
                some = crowd.random.sample(crowd.ports, crowd.random.randrange(1, 6))
                result = lssock_ok("-tlnp", " or ".join(f"sport = :{port}" for port in some))
                equal(len(result.rows), len(some))
                for row in result.rows:
                    port, owner = row.split()[3].rsplit(":", 1)[1], row.split()[6]
                    if truth[port]:
                        that(owner.split("/")[0] in truth[port], f"{row}: {truth[port]}")
                        with_owner += 1
                    else:
                        equal(owner, "-", row)
                        without += 1
        finally:
            crowd.end()
    that(with_owner > 0 and without > 0, f"{with_owner} with an owner, {without} without")


@case("few sockets of one small group: no other process is looked into")
def others_are_left_alone():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("strace upsets the leak checker")
    with server_in("demo.service") as (pid, port), server_in("other.service"):
        trace = os.path.join(lib.temp_dir(), "trace")
        for words in (f"sport = :{port}", "unit = demo.service"):
            result = lib.run([strace, "-f", "-o", trace, "-e", "trace=openat,open_by_handle_at",
                              lib.LSSOCK, "-tlnp", words])
            that(f" {pid}/python3" in result.out, str(result))
            equal(len(result.rows), 1)
            with open(trace, encoding="utf-8", errors="replace") as lines:
                text = lines.read()
            if not re.search(r"open_by_handle_at\(.* = \d+$", text, flags=re.M):
                raise lib.Skip("no handles of control groups here")
            equal(set(re.findall(r'openat\(\d+, "(\d+)", ', text)), {str(pid)}, words)


@case("without control groups to look at, whether a socket is in one is not known")
def no_groups():
    lib.need_mounts()
    place = mount_of_groups()
    lib.call(lib.libc.mount, b"none", place.encode(), b"tmpfs", 0, None)
    try:
        port = lib.port_of(sock := lib.listen())
        for words in ("cgroup = /x", "cgroup /x", "cgroup != /x", "unit = x.service"):
            result = lssock("-tlnH", words)
            equal(result.status, 3, str(result))
            equal(result.rows, [], words)
            that("not mounted" in result.err and "--netns" in result.err, str(result))
        result = lssock("-tlnH", f"sport = :{port} or cgroup = /x")
        equal((result.status, len(result.rows)), (0, 1), str(result))
        sock.close()
    finally:
        lib.call(lib.libc.umount2, place.encode(), 2)


def holder_in(directory, port, name):
    """A process of that name in a group, which listens on TCP; its PID."""
    def body(say):
        atexit.unregister(_remove_groups)
        try:
            enter_group(directory)
        except OSError as why:
            say(f"{why}")
            return None
        lib.set_comm(name)
        tcp = lib.listen("127.0.0.1", port)
        say("ready")
        return tcp

    pid, said = lib.fork_child(body)
    if said != "ready":
        lib.end_child(pid)
        raise lib.Skip(f"no process can be moved there: {said}")
    return pid


@contextlib.contextmanager
def held(directory, port, name=b"holder"):
    pid = holder_in(directory, port, name)
    try:
        yield pid
    finally:
        lib.end_child(pid)


def write(name, text):
    path = os.path.join(lib.temp_dir(), name)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path, 0o644)
    return path


def in_new_net(body):
    """Only what the case opens listens there; the groups that it makes are its own."""
    def run():
        _made.clear()
        try:
            body()
        finally:
            for pid in list(lib.children):
                lib.end_child(pid)
            _remove_groups()
            atexit.unregister(_remove_groups)

    return lambda: lib.in_new_net(run)


@case("--expect: another unit and none differ, a group that is not known is undecided")
@in_new_net
def expected_unit():
    lib.need_real_root()
    root = mount_of_groups()
    with held(make_group("demo.service"), 7000):
        bases = [write("json", lib.lssock("-tulp", "--json").out),
                 write("text", lib.lssock("--baseline").out),
                 write("hand", "tcp 127.0.0.1:7000 holder unit=demo.service\n")]
        for base in bases:
            lssock_ok(f"--expect={base}")
    for directory, unit in ((root, ""), (make_group("bar.service"), ", unit bar.service")):
        with held(directory, 7000) as pid:
            for base in bases:
                result = lib.lssock("-nH", f"--expect={base}")
                equal((result.status, result.out),
                      (1, f"changed: tcp 127.0.0.1:7000 is held by holder (pid {pid}, user 0{unit}), "
                          "expected unit demo.service\n"))
                document = json.loads(lib.lssock("--json", f"--expect={base}").out)
                equal([(one["kind"], one["certain"], one["listener"]["unit"])
                       for one in document["differences"]],
                      [("changed", True, unit[7:] or None)])
    # Of UNIX sockets the kernel does not tell the group.
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(b"\0held")
    sock.listen()
    result = lib.lssock("-xH", f"--expect={write('unix', 'unix @held * unit=demo.service')}")
    equal((result.status, result.out[:7]), (3, "unsure:"))
    sock.close()


@case("--baseline: units that are services, and users, whoever asks")
@in_new_net
def written_units():
    lib.need_real_root()
    scope = f"docker-{CONTAINER}.scope"
    with held(make_group("demo.service"), 7000), held(make_group(scope), 7001), \
            held(mount_of_groups(), 7002):
        def lines(text):
            return [line for line in text.splitlines() if not line.startswith("#")]

        equal(lines(lssock_ok("--baseline").out),
              ["tcp 127.0.0.1:7000 holder unit=demo.service user=root",
               "tcp 127.0.0.1:7001 holder user=root", "tcp 127.0.0.1:7002 holder user=root"])
        equal(lines(as_nobody("--baseline", "-n").out),
              ["tcp 127.0.0.1:7000 * unit=demo.service user=0",
               "tcp 127.0.0.1:7001 * user=0", "tcp 127.0.0.1:7002 * user=0"])
        for options in ((), ("-n",)):
            base = write("base", lssock_ok("--baseline", *options).out)
            equal(lssock_ok(f"--expect={base}").lines[0], "no drift: 3 listeners as expected")
            base = write("base", as_nobody("--baseline", *options).out)
            equal(as_nobody(f"--expect={base}", "-H").out, "")
            equal(lssock_ok(f"--expect={base}").lines[0], "no drift: 3 listeners as expected")


lib.main()
