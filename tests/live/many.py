#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A table so big that it is listed in parts, side by side: no row is lost or doubled, whatever the
writer, and while others come and go those that stay are all there."""

import csv
import json
import os
import pty
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import tty

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, lssock_ok, that  # noqa: E402

WORKERS, EACH, EACH6 = 4, 4500, 300  # connections; both ends are listed
PRELOAD = os.path.join(os.environ.get("abs_top_builddir", ""), "tests", "live", "preload.so")


def open_connections(number, say):
    """Runs in a child: EACH connections to a listener of its own."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * EACH + 2 * EACH6 + 100,) * 2)
    listener = lib.listen(f"127.0.1.{number + 1}", 800)
    pairs = []
    for _ in range(EACH):
        client = socket.create_connection(listener.getsockname())
        pairs.append((client, listener.accept()[0]))
    if lib.have_ipv6():
        listener6 = lib.listen("::1")
        pairs.append(listener6)
        for _ in range(EACH6):
            client = socket.create_connection(listener6.getsockname()[:2])
            pairs.append((client, listener6.accept()[0]))
    say("ready")
    return listener, pairs


def churn(say):
    """Opens and closes connections until it is ended."""
    listener = lib.listen("127.0.2.1")
    say("begun")
    while True:
        client = socket.create_connection(listener.getsockname())
        accepted = listener.accept()[0]
        # By a reset, or the cases to come would count what is in TIME_WAIT, and ends meanwhile.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        accepted.close()


def names(rows):
    return sorted((row[3], row[4]) for row in rows if row[3].startswith("127.0.1.") or row[4].startswith("127.0.1."))


@case("36,000 sockets: each once, in netstat's table and in JSON lines")
def each_once():
    rows = [line.split() for line in lssock_ok("-tanH").rows]
    found = names(rows)
    equal(len(found), 2 * WORKERS * EACH + WORKERS)
    equal(len(set(found)), len(found), "a row came twice")
    if shutil.which("ss"):
        theirs = lib.run(["ss", "-Htan"]).rows
        equal(len([row for row in theirs if "127.0.1." in row]), len(found))
    cookies = [
        row["cookie"]
        for row in map(json.loads, lssock_ok("-tan", "--jsonl", "--columns=cookie").lines)
        if "end" not in row
    ]
    equal(len(set(cookies)), len(cookies))
    that(len(cookies) >= len(found), "rows are missing in JSON lines")


@case("while others come and go")
def steady():
    child, _ = lib.fork_child(churn)
    try:
        for _ in range(3):
            rows = [line.split() for line in lssock_ok("-tanH").rows]
            found = names(rows)
            equal((len(found), len(set(found))), (2 * WORKERS * EACH + WORKERS,) * 2)
    finally:
        lib.end_child(child)


@case("those of IPv6 come behind all others, and every form of output has the same ones")
def same_everywhere():
    rows = [line.split() for line in lssock_ok("-tanH").rows]
    if lib.have_ipv6():
        protocols = [row[0] for row in rows]
        equal(protocols, sorted(protocols))
        equal(protocols.count("tcp6"), WORKERS * (2 * EACH6 + 1))
    want = sorted((row[3], row[4], row[5]) for row in rows)

    def ends(record):
        def end(which):
            return f"{record[which + '_address'] or ''}:{record[which + '_port'] or '*'}"

        return end("local"), end("remote"), record["state"]

    fields = "--columns=local_address,local_port,remote_address,remote_port,state"
    listening = sorted((local, ":*", state) if state == "LISTEN" else (local, remote, state)
                       for local, remote, state in want)
    lines = lssock_ok("-tan", "--jsonl", fields).lines
    equal(sorted(ends(row) for row in map(json.loads, lines) if "end" not in row), listening)
    document = json.loads(lssock_ok("-tan", "--json", fields).out)
    equal(sorted(ends(row) for row in document["sockets"]), listening)
    equal(document["complete"], True)
    text = lssock_ok("-tan", "--csv", fields).out
    equal(sorted(ends(row) for row in csv.DictReader(text.splitlines())), listening)


@case("an expression chooses among them, also one that the kernel cannot decide")
def chosen():
    count = len(lssock_ok("-tanH", "proto = tcp and exposure = loopback and state = established").rows)
    v6 = WORKERS * 2 * EACH6 if lib.have_ipv6() else 0
    equal(count, 2 * WORKERS * EACH + v6)


@case("a reader that quits, and a full device")
def broken_output():
    for lines in 1, 5000, 20000, 28000, 31000, 34000:  # whichever thread it happens to
        with subprocess.Popen([os.environ["LSSOCK"], "-tanH"], stdout=subprocess.PIPE) as process:
            for _ in range(lines):
                process.stdout.readline()
            process.stdout.close()
            equal(process.wait(lib.PATIENCE), -signal.SIGPIPE)
    for options in (("-tan",), ("-tan", "--json")):
        with open("/dev/full", "wb") as full:
            result = lssock(*options, stdout=full)
        equal(result.status, 4, str(result))
        equal(len(result.err.splitlines()), 1, str(result))


@case("nothing is held when the first byte is written, by any thread")
def no_privileges():
    if not lib.have_own_pids() or os.geteuid() != 0:
        raise lib.Skip("there is nothing to be held")
    for options in ("-tanpH",), ("-tanH", "--columns=+unit,program"), ("-tanH",):
        for _ in range(4):
            with subprocess.Popen([os.environ["LSSOCK"], *options], stdout=subprocess.PIPE) as process:
                process.stdout.read(1)
                for thread in os.listdir(f"/proc/{process.pid}/task"):
                    try:
                        with open(f"/proc/{process.pid}/task/{thread}/status", encoding="ascii") as status:
                            held = re.findall(r"^Cap(?!Bnd)\w+:\s+(\w+)$", status.read(), re.M)
                    except (FileNotFoundError, ProcessLookupError):
                        continue  # it has ended
                    # CAP_NET_ADMIN is for marks.
                    equal({int(mask, 16) & ~(1 << 12) for mask in held}, {0}, str(options))
                process.kill()


@case("few descriptors: what one walk would tell is told")
def few_descriptors():
    count = len(lssock_ok("-tanH").rows)
    for most in range(4, 12):
        result = lssock("-tanH",
                        preexec_fn=lambda n=most: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
        if result.status == 0:
            equal(len(result.rows), count, f"{most} descriptors")
        else:
            that(most < 5, f"{most} descriptors: {result.err}")


@case("a reader that takes nothing: Ctrl-C ends it all the same")
def stalled_reader():
    for options in (["-tan"], ["-tan", "--json"], ["-tan", "--columns=+uid"]):
        with subprocess.Popen([os.environ["LSSOCK"], *options], stdout=subprocess.PIPE) as process:
            process.stdout.read(1)
            time.sleep(0.3)  # the pipe is full by then
            process.send_signal(signal.SIGINT)
            try:
                equal(process.wait(lib.PATIENCE), -signal.SIGINT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(f"{options}: waits for its reader for ever") from None


@case("a terminal that takes nothing: the same")
def stalled_terminal():
    ours, theirs = pty.openpty()
    try:
        tty.setraw(theirs)
        with subprocess.Popen([os.environ["LSSOCK"], "-tanW"], stdout=theirs) as process:
            os.read(ours, 1000)
            time.sleep(0.5)
            os.read(ours, 1000)
            time.sleep(0.3)
            for _ in range(2):  # the first one may find it in the middle of a write
                process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            try:
                equal(process.wait(lib.PATIENCE), -signal.SIGINT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError("waits for its terminal for ever") from None
    finally:
        os.close(ours)
        os.close(theirs)


@case("memory that runs out: all rows, or a message")
def no_memory():
    if lib.is_sanitized() or not os.path.exists(PRELOAD):
        raise lib.Skip("needs tests/live/preload.so and a program without sanitizers")
    count = os.path.join(lib.temp_dir(), "count")
    with open(count, "wb") as out:
        out.write(bytes(8))
    env = {"LD_PRELOAD": PRELOAD, "PRELOAD_COUNT": count}
    want = len(lssock_ok("-tanH").rows)
    for number in [*range(1, 60), *range(60, 200, 7)]:
        result = lssock("-tanH", env={**env, "PRELOAD_FAIL": str(number)})
        that(result.status in (0, 3, 4), str(result)[:500])
        if result.status == 0:
            equal(len(result.rows), want, f"allocation {number}")
        else:
            that(result.err.startswith("lssock: "), str(result)[:500])


@case("--top and -q end it at once")
def cut_short():
    equal(len(lssock_ok("-tanH", "--top=100").rows), 100)
    equal(lssock("-tanq").status, 0)


lib.enter()
try:
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as setting:
        setting.write("1024 65000")
except OSError:
    pass
if lib.have_mounts():
    # Whatever else this machine does: two processors are free.
    with open(os.path.join(lib.temp_dir(), "loadavg"), "w", encoding="ascii") as idle:
        idle.write("0.00 0.00 0.00 1/100 1\n")
    lib.run(["mount", "--bind", idle.name, "/proc/loadavg"])
for worker in range(WORKERS):
    lib.fork_child(lambda say, number=worker: open_connections(number, say))
lib.main()
