#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A table so big that it is listed in parts, side by side: no row is lost or doubled, whatever the
writer, and while others come and go those that stay are all there."""

import json
import resource
import shutil
import socket
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, lssock_ok, that  # noqa: E402

WORKERS, EACH = 4, 4500  # connections; both ends are listed


def open_connections(number, say):
    """Runs in a child: EACH connections to a listener of its own."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * EACH + 100,) * 2)
    listener = lib.listen(f"127.0.1.{number + 1}", 800)
    pairs = []
    for _ in range(EACH):
        client = socket.create_connection(listener.getsockname())
        pairs.append((client, listener.accept()[0]))
    say("ready")
    return listener, pairs


def churn(say):
    """Opens and closes connections until it is ended."""
    listener = lib.listen("127.0.2.1")
    say("begun")
    while True:
        client = socket.create_connection(listener.getsockname())
        listener.accept()[0].close()
        client.close()


def names(rows):
    return sorted((row[3], row[4]) for row in rows if row[3].startswith("127.0.1.") or row[4].startswith("127.0.1."))


@case("36,000 sockets: each once, in netstat's table and in JSON lines", seconds=120)
def each_once():
    rows = [line.split() for line in lssock_ok("-tanH", timeout=60).rows]
    found = names(rows)
    equal(len(found), 2 * WORKERS * EACH + WORKERS)
    equal(len(set(found)), len(found), "a row came twice")
    if shutil.which("ss"):
        theirs = lib.run(["ss", "-Htan"], timeout=60).rows
        equal(len([row for row in theirs if "127.0.1." in row]), len(found))
    cookies = [
        row["cookie"]
        for row in map(json.loads, lssock_ok("-tan", "--jsonl", "--columns=cookie", timeout=60).lines)
        if "end" not in row
    ]
    equal(len(set(cookies)), len(cookies))
    that(len(cookies) >= len(found), "rows are missing in JSON lines")


@case("while others come and go", seconds=120)
def steady():
    child, _ = lib.fork_child(churn)
    try:
        for _ in range(3):
            rows = [line.split() for line in lssock_ok("-tanH", timeout=60).rows]
            found = names(rows)
            equal((len(found), len(set(found))), (2 * WORKERS * EACH + WORKERS,) * 2)
    finally:
        lib.end_child(child)


@case("--top and -q end it at once", seconds=60)
def cut_short():
    equal(len(lssock_ok("-tanH", "--top=100", timeout=30).rows), 100)
    equal(lssock("-tanq", timeout=30).status, 0)


lib.enter()
try:
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as setting:
        setting.write("1024 65000")
except OSError:
    pass
for worker in range(WORKERS):
    lib.fork_child(lambda say, number=worker: open_connections(number, say))
lib.main()
