#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Units and containers by the control groups of sockets, as an unprivileged user sees them."""

import atexit
import contextlib
import csv
import io
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lib
from lib import case, equal, lssock_ok, that

NOBODY = 65534
CONTAINER = "0123456789abcdef" * 4

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


def make_group(path):
    """Makes a group below a slice of this test; returns its directory."""
    lib.need_real_root()
    here = os.path.join(mount_of_groups(), f"lssocktest{os.getpid()}.slice")
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
    def drop():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)

    result = lib.run([lib.public_lssock(), *args], preexec_fn=drop)
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
            f"lssocktest{os.getpid()}.slice", r"\x1b[31mx\x20y]", r"[lxc:\x1b[31mx\x20y]]"])
        row = sockets(as_nobody("-tl", "--json", columns, f"sport = :{port}"))[0]
        equal(row["container"], "\033[31mx y]")


lib.main()
