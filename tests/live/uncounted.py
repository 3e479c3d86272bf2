#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Sockets that are in no count of the kernel: half-open connections whose listener has gone, and
sockets that are bound and nothing else. Where sockstat says that a table is empty, they are there
all the same. Each case is in a network namespace with nothing else in it.
"""

import contextlib
import json
import os
import socket
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import Skip, case, equal, lssock, lssock_ok, that  # noqa: E402


def half_open(address, count):
    """Connections whose last ACK never comes: the other end is deaf before it gets the SYN-ACK."""
    listener = lib.listen(address)
    callers = []
    for _ in range(count):
        caller = socket.socket(lib.family_of(address), socket.SOCK_STREAM)
        caller.bind((address, 0))
        lib.drop_incoming(caller)
        caller.setblocking(False)
        caller.connect_ex(listener.getsockname()[:2])
        callers.append(caller)
    lib.eventually(lambda: len(left_of_timers()) == count, "SYN_RECV")
    return listener, callers


def left_of_timers():
    """The milliseconds until each of the connections in SYN_RECV asks again."""
    return [int(line) for line in lssock_ok("-tanH", "--columns=timer_ms", "state syn-recv").lines]


def in_use():
    with open("/proc/self/net/sockstat", encoding="ascii") as table:
        line = next(line for line in table if line.startswith("TCP:")).split()
    with open("/proc/self/net/sockstat6", encoding="ascii") as table:
        line6 = next(line for line in table if line.startswith("TCP6:")).split()
    return int(line[2]), int(line6[2])


@case("half-open connections are listed after their listener has gone, and nothing else is there")
def without_listener():
    # Without a listener they end where they would ask again: 1, 3, 7, 15 s after they began.
    def end_of_time(milliseconds):
        """Waits until so much time is left; when it will be over."""
        def look():
            began = time.monotonic()
            left = min(left_of_timers()) / 1000
            return began + left if left * 1000 > milliseconds else None

        return lib.eventually(look, "a while is left")

    def body(address, milliseconds):
        listener, callers = half_open(address, 3)
        port = lib.port_of(listener)
        end = end_of_time(milliseconds)
        listener.close()
        for caller in callers:
            caller.close()
        try:
            lib.eventually(lambda: in_use() == (0, 0), "no socket is counted")
            equal(len(lssock_ok("-tanH").rows), 3)
            equal(lssock("-tq", "state syn-recv").status, 0)
            equal(lssock(f"--wait=drained:{port}", "--timeout=0.1").status, 1)
            counts = json.loads(lssock_ok("--count-by=state", "-t", "--json").out)
            equal(counts["sockets_total"], 3)
        except lib.Failure:
            if time.monotonic() < end:
                raise
            raise Skip("this machine is too slow: they end before they are looked at") from None

    def body_in_time(address):
        for milliseconds in (500, 1500, 5000):
            with contextlib.suppress(Skip):
                return lib.in_new_net(lambda: body(address, milliseconds))
        return lib.in_new_net(lambda: body(address, 10000))

    for address in ["127.0.0.1"] + (["::1"] if lib.have_ipv6() else []):
        body_in_time(address)


@case("ports of sockets that are bound and nothing else are blocked, also when no other socket is there")
def only_bound():
    def body():
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as setting:
            setting.write("40000 40019")
        kept = []
        for port in range(40000, 40020):
            kept.append(socket.socket())
            kept[-1].bind(("127.0.0.1", port))
        equal(in_use(), (0, 0))
        caller = socket.socket()
        try:
            caller.connect(("127.0.0.1", 9))
        except OSError as error:
            if error.errno != 99:
                raise Skip("connect() takes ports that others are bound to") from error
        answer = json.loads(lssock_ok("--ports", "--json").out)
        equal((answer["blocked_ports"], answer["capacity"]), (20, 0))

    lib.need_real_root()
    if tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) < (6, 8):
        raise lib.Skip("this kernel does not list such sockets")
    lib.in_new_net(body)


lib.enter()
lib.main()
