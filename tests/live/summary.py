#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--summary against every TCP state that can be held, against ss and our own listing counted, and
against a neighbour namespace whose sockets are none of ours.
"""

import collections
import json
import os
import re
import socket
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import equal, inside, lssock, lssock_ok, on_terminal, that  # noqa: E402
from scene import Scenes, kernel_rows  # noqa: E402

STATES = (
    "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
)

lib.enter()
SCENES = Scenes()
QUEUE, WAITING, OTHERS = None, [], []


def populate():
    """Sockets in every state, before the first of them ends by itself: here, in a new namespace."""
    global QUEUE
    if not SCENES.are_old():
        return
    SCENES.get()
    WAITING.clear()
    OTHERS.clear()
    QUEUE = lib.listen("127.0.0.1", backlog=5)
    WAITING.extend(socket.create_connection(QUEUE.getsockname()) for _ in range(3))
    long_queue = lib.listen("127.0.0.1", backlog=100)
    WAITING.append(long_queue)
    WAITING.extend(socket.create_connection(long_queue.getsockname()) for _ in range(7))
    OTHERS.extend(socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3))
    for sock in OTHERS:
        sock.bind(("127.0.0.1", 0))
    if lib.have_ipv6():
        OTHERS.append(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        OTHERS[-1].bind(("::1", 0))
    OTHERS.extend(socket.socketpair())
    queues = {lib.port_of(QUEUE): 3, lib.port_of(long_queue): 7}
    lib.eventually(
        lambda: all(sum(row[0] == port and row[2] == 1 for row in kernel_rows()) == n
                    for port, n in queues.items()), "the connections that wait are established")


try:
    populate()
except lib.Skip as why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def case(title):
    def add(function):
        def body():
            populate()
            function()

        lib.case(title)(body)
        return function

    return add


def summary(*args):
    return json.loads(lssock_ok("--summary", "--json", *args).out)


def rows_counted(*args):
    rows = [json.loads(line) for line in lssock_ok("--jsonl", "-a", *args).lines]
    return collections.Counter(row["state"] for row in rows if "end" not in row)


def states_of(document):
    return {name.upper(): count for name, count in document["tcp"]["states"].items()}


def steady(*args):
    """A summary between two listings that agree: timers run on, and a state may end."""
    for _ in range(20):
        before = rows_counted("-t")
        document = summary(*args)
        if rows_counted("-t") == before:
            return document, before
    raise lib.Failure("the sockets do not hold still")


def every(counts):
    return {state: counts.get(state, 0) for state in STATES}


@case("all eleven states, counted as our own listing has them")
def states():
    document, rows = steady("-t")
    equal(states_of(document), every(rows))
    equal(document["tcp"]["sockets_total"], sum(rows.values()))
    that(all(rows[state] > 0 for state in STATES if state != "CLOSE"), str(rows))


@case("and as ss -tan has them")
def equals_ss():
    ss = lib.need_program("ss")
    words = {"ESTAB": "ESTABLISHED"}

    def names_of(result):
        return sorted(line.split()[0] for line in result.out.split("\n") if line)

    def three():
        before, document, after = lib.run([ss, "-H", "-tan"]), summary("-t"), lib.run([ss, "-H", "-tan"])
        return (names_of(before), document) if names_of(before) == names_of(after) else None

    names, document = lib.eventually(three, "the sockets hold still")
    want = collections.Counter(words.get(name, name.upper().replace("-", "_")) for name in names)
    want["FIN_WAIT1"], want["FIN_WAIT2"] = want.pop("FIN_WAIT_1"), want.pop("FIN_WAIT_2")
    equal(states_of(document), every(want))


@case("what is counted in the kernel and what is listed in full are the same numbers")
def both_ways():
    document, _ = steady("-t")
    listed, _ = steady("-t", "sport >= 0")
    equal(listed["tcp"], document["tcp"])
    counted, dumped = summary(), summary("sport >= 0 or family = unix")
    for proto in ("udp", "udplite", "raw", "sctp", "unix"):
        equal(dumped[proto], counted[proto], proto)
    equal(counted["udp"], {"sockets_total": len(OTHERS) - 2, "inet": 3, "inet6": len(OTHERS) - 5})
    four = summary("-4")
    equal(four["udp"], {"sockets_total": 3, "inet": 3, "inet6": None})
    equal(four["unix"], None)
    equal(four["tcp"]["sockets_total"], sum(rows_counted("-t4").values()))


@case("raw sockets")
def raw():
    lib.need_real_root()
    before = summary("-w")["raw"]["sockets_total"]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP):
        equal(summary("-w")["raw"]["sockets_total"], before + 1)


@case("an expression counts what it matches")
def expression():
    port = lib.port_of(QUEUE)
    states = states_of(summary("-t", f"sport = :{port}"))
    equal(states, every({"LISTEN": 1, "ESTABLISHED": 3}))


@case("listeners, their queues, and the fullest of these by share")
def listeners():
    document, rows = steady("-t")
    found = document["tcp"]["listeners"]
    equal((found["listeners_total"], found["waiting"]), (rows["LISTEN"], 2))
    equal(
        found["fullest"],
        {"local_address": "127.0.0.1", "local_port": lib.port_of(QUEUE), "backlog_used": 3,
         "backlog": 5, "capacity": 6, "fill_percent": 50},
    )
    text = lssock_ok("--summary", "-t").out
    that(re.search(rf"fullest queue +3 of 6 \(50%\) +127\.0\.0\.1:{lib.port_of(QUEUE)}$", text, re.M), text)


@case("orphans are those of this namespace")
def orphans():
    rows = [json.loads(line) for line in lssock_ok("--jsonl", "-at", "--columns=state,inode,timer").lines]
    closing = ("FIN_WAIT1", "FIN_WAIT2", "LAST_ACK", "CLOSING")
    want = sum(
        row.get("state") in closing and row["inode"] is None and row["timer"] != "timewait"
        for row in rows
    )
    that(want >= 3, "too few orphans")
    document = summary("-t")
    equal(document["tcp"]["orphans"], want)
    that(document["whole_host"]["tcp_orphans"] >= want, str(document["whole_host"]))


@case("a neighbour's sockets do not leak in, in whatever state")
def namespaces():
    before, _ = steady()
    kept = []
    with inside(SCENES.net.fd):
        listener = lib.listen("127.0.0.1", backlog=64)
        for i in range(40):
            client, accepted = lib.connect_to(listener)
            if i % 2:
                client.close()
                accepted.close()
            else:
                kept += [client, accepted]
        for _ in range(5):
            kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            kept[-1].bind(("127.0.0.1", 0))
        there = summary("-tu")
    that(there["tcp"]["states"]["TIME_WAIT"] >= 20, str(there))
    that(there["tcp"]["states"]["ESTABLISHED"] >= 40, str(there))
    after, rows = steady()
    equal(states_of(after), every(rows))
    equal(after["tcp"]["states"]["TIME_WAIT"], before["tcp"]["states"]["TIME_WAIT"])
    equal(after["udp"], before["udp"])
    that(after["whole_host"]["tcp_allocated"] > after["tcp"]["listeners"]["listeners_total"], str(after))


@case("a namespace of nothing has nothing, whatever the host has")
def empty_namespace():
    there = lib.run(["unshare", "-n", lib.LSSOCK, "--summary", "--json", "-tuw"])
    equal((there.status, there.err), (0, ""), str(there))
    document = json.loads(there.out)
    equal(document["tcp"]["sockets_total"], 0)
    equal(set(document["tcp"]["states"].values()), {0})
    equal(document["udp"]["sockets_total"], 0)
    equal(document["whole_host"]["tcp_mem_limit_bytes"], None)
    text = lib.run(["unshare", "-n", lib.LSSOCK, "--summary", "-t"]).out
    that("limits cannot be read in this network namespace" in text, text)


def requests(*args):
    """The protocol and the states of each request to inet_diag, as strace writes them."""
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("a leak checker does not run under strace")
    traced = lib.run([strace, "-v", "-e", "trace=sendto,sendmsg", lib.LSSOCK, *args]).err
    # TCP of both families is asked for by another request, which has no field for the protocol.
    found = re.findall(r"sdiag_protocol=(\w+), .*?idiag_states=([^,]+),", traced)
    found += [("IPPROTO_TCP", states) for states in
              re.findall(r"TCPDIAG_GETSOCK.*?idiag_states=([^,}]+)", traced)]
    if not found or "TCP_LISTEN" not in traced:
        raise lib.Skip("this strace does not show what is asked of sock_diag")
    return found


@case("no full dump: neither ESTABLISHED nor TIME_WAIT nor UDP is asked for")
def narrow():
    asked = requests("--summary", "-tu")
    equal({proto for proto, _ in asked}, {"IPPROTO_TCP"})
    for _, states in asked:
        names = states.split("|")
        that("1<<TCP_LISTEN" in names and "1<<TCP_CLOSE_WAIT" in names, states)
        that("1<<TCP_ESTABLISHED" not in names and "1<<TCP_TIME_WAIT" not in names, states)
    for _, states in requests("--summary", "-t", "sport >= 0"):
        that("1<<TCP_ESTABLISHED" in states and "1<<TCP_TIME_WAIT" in states, states)


@case("text: the states in their order, each on a line of its own")
def text():
    document, _ = steady("-t")
    lines = lssock_ok("--summary").lines
    names = [(line.split() or [""])[0] for line in lines]
    start = names.index("ESTABLISHED")
    equal(tuple(names[start : start + 11]), STATES)
    got = {line.split()[0]: int(line.split()[1]) for line in lines[start : start + 11]}
    equal(got, states_of(document))
    that("The whole host, all network namespaces together" in lines, str(lines))
    bare = lssock_ok("--summary", "-H").lines
    equal([line for line in bare if "whole host, all" in line or line.startswith("Protocol")], [])
    names = [re.split(r"  +", line.strip())[0] for line in bare if line]
    equal(len(names), len(set(names)), str(names))
    equal(len(bare), len(lines) - 2, "only titles and headings are left out")


@case("no /proc: numbers are missing and status 3, none is made up")
def no_counters():
    lib.need_mounts()
    if lib.is_sanitized():
        raise lib.Skip("a sanitizer needs /proc itself")

    def without_proc():
        lib.call(lib.libc.unshare, lib.CLONE_NEWNS)
        lib.call(lib.libc.mount, b"none", b"/proc", b"tmpfs", 0, None)

    result = lssock("--summary", "--json", "-tu", preexec_fn=without_proc)
    equal(result.status, 3, str(result))
    document = json.loads(result.out)
    states = states_of(document)
    equal({state for state, count in states.items() if count is None}, {"ESTABLISHED", "TIME_WAIT"})
    equal((document["tcp"]["sockets_total"], document["udp"]["sockets_total"]), (None, None))
    equal(document["complete"], False)
    that(states["LISTEN"] > 0, str(states))
    equal(result.err.count("cannot read /proc/net/"), 2, result.err)
    text = lssock("--summary", "-t", preexec_fn=without_proc).out
    that(re.search(r"^  TIME_WAIT +-$", text, re.M), text)
    # What is listed in full needs none of them.
    listed = json.loads(lssock("--summary", "--json", "-t", "sport >= 0", preexec_fn=without_proc).out)
    that(listed["tcp"]["sockets_total"] > 0, str(listed))


@case("-c: each round anew, with changes and courses on a terminal only")
def rounds():
    out = lssock_ok("--summary", "-t", "-c0.05", "--count=3").out
    equal(out.count("Protocol "), 3)
    that("Course" not in out, out)
    lines = lssock_ok("--summary", "--json", "-c0.05", "--count=2").lines
    equal([json.loads(line)["view"] for line in lines], ["summary"] * 2)
    screen = on_terminal(100, "--summary", "-t", "-c0.3", "--count=4", env={"TERM": "dumb"})
    blocks = screen.split("Protocol ")[1:]
    equal(len(blocks), 4, screen)
    that("Course" in blocks[0], blocks[0])
    line = next(line for line in blocks[-1].split("\n") if "LISTEN" in line)
    that(re.search(r"LISTEN +\d+ +[@#%*+=]{4}$", line), line)
    line = next(line for line in blocks[-1].split("\n") if "CLOSING" in line)
    that(len(line) < 60, line)


@case("a narrow terminal keeps the change, and has no room for notes or courses")
def narrow():
    screen = on_terminal(40, "--summary", "-tx", "-c0.3", "--count=3", env={"TERM": "dumb"})
    blocks = screen.split("Protocol ")[1:]
    equal(len(blocks), 3, screen)
    heads = blocks[-1].split("\n")[0].split()
    equal(heads, ["Sockets", "Change"], screen)
    that("seqpacket" not in screen, screen)


@case("options that mean nothing to it are status 2")
def refused():
    for words in (["-l"], ["-p"], ["--top=3"], ["--csv"], ["-e"], ["--columns=state"]):
        result = lssock("--summary", *words)
        equal((result.status, result.out), (2, ""), str(result))


lib.main()
