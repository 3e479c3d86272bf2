#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--time-wait where ports run out: what it says beside what connect() does and --ports counts; and
connections between addresses of one host, where a listener tells which side is the client.
"""

import errno
import json
import os
import socket
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, lssock_ok, that  # noqa: E402
from scene import STATE_NUMBERS, kernel_rows  # noqa: E402

LOW, HIGH, SERVICE = 40000, 40199, 8080
# A port that bind() was given stays away from connect() for the minute that TIME_WAIT lasts, whatever
# the destination: where any port will do, it is none of the ranges that other cases fill.
FREE = "50000 60999"
kept = []


def write(name, value):
    try:
        with open("/proc/sys/net/ipv4/" + name, "w", encoding="ascii") as file:
            file.write(value)
    except OSError as why:
        raise lib.Skip(f"{name} cannot be set here: {why}") from None


def answer(*args):
    return json.loads(lssock_ok("--time-wait", "--json", *args).out)


def place_of(service):
    """Where a service is: its address and port, or a port of this host."""
    return service["remote_address"], service["remote_port"] or service["local_port"]


def service_of(document, address, port):
    found = [s for s in document["services"] if place_of(s) == (address, port)]
    equal(len(found), 1, str(document["services"]))
    return found[0]


def drop_kept():
    """Ends connections without TIME_WAIT, so that their ports are free for the next case."""
    for sock in kept:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    kept.clear()


def close(client, accepted):
    client.shutdown(socket.SHUT_WR)
    that(accepted.recv(1) == b"", "no end of file")
    accepted.close()
    that(client.recv(1) == b"", "no end of file")
    client.close()


def connect(listener, n_live, n_time_wait, address=None):
    for i in range(n_live + n_time_wait):
        client, accepted = lib.connect_to(listener, address)
        if i < n_time_wait:
            close(client, accepted)
        else:
            kept.extend((client, accepted))


def connect_error(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        return sock.connect_ex((address, port))


def listen(address, port, backlog=512):
    sock = lib.listen(address, port, backlog)
    kept.append(sock)
    return sock


@case("ports that listeners block are none to be had: the same numbers as --ports")
def blocked():
    drop_kept()
    write("ip_local_port_range", f"{LOW} {HIGH}")
    write("tcp_tw_reuse", "0")
    server = listen("127.0.0.1", SERVICE)
    for port in range(LOW, LOW + 120):
        listen("127.0.0.1", port, 1)
    connect(server, 78, 2)
    equal(connect_error("127.0.0.1", SERVICE), errno.EADDRNOTAVAIL)
    document = answer()
    ports = json.loads(lssock_ok("--ports", "--json").out)
    equal(document["capacity"], 80)
    equal(document["blocked_ports"], 120)
    triple = [t for t in ports["triples"] if t["destination_port"] == SERVICE][0]
    source = service_of(document, "127.0.0.1", SERVICE)["source"]
    equal((source["used"], source["capacity"], source["sockets"]), (80, 80, 2))
    equal((triple["used"], triple["capacity"]), (80, 80))
    equal(document["level"], "problem")
    that("80 of the 80 local ports" in document["verdict"], document["verdict"])
    # Nor does an expression hide what takes the ports.
    document = answer("state", "time-wait")
    equal((document["capacity"], document["level"]), (80, "problem"))
    equal(service_of(document, "127.0.0.1", SERVICE)["sockets"], 2)


def half_close(listener, n, address=None):
    """This host closes, the other end does not: FIN_WAIT2, and no process has it any more."""
    began = time.monotonic()
    with open("/proc/sys/net/ipv4/tcp_fin_timeout", encoding="ascii") as setting:
        lasts = int(setting.read())
    ends = lib.port_of(listener), STATE_NUMBERS["FIN_WAIT2"]
    for _ in range(n):
        client, accepted = lib.connect_to(listener, address)
        client.close()
        kept.append(accepted)
    lib.eventually(lambda: sum(row[1:3] == ends for row in kernel_rows()) >= n
                   or time.monotonic() - began > lasts, "FIN_WAIT2")


def in_vain(document):
    return [entry["what"] for entry in document["does_not_help"]]


def that_says_problem(document, *parts):
    """Text and data agree, and nobody is sent away."""
    equal(document["level"], "problem")
    for part in parts:
        that(part in document["verdict"], document["verdict"])
    that(document["helps"], "nothing would help")
    text = lssock_ok("--time-wait").out
    that("Nothing needs to be changed" not in text and "No problem" not in text, text)
    that(text.startswith("Problem: "), text)
    words = " ".join(text.split())
    for sentence in (document["verdict"], *document["helps"]):
        that(sentence in words, f"{sentence}\n{text}")


@case("closed connections that wait for the other end to close take ports without TIME_WAIT")
def half_closed():
    drop_kept()
    write("ip_local_port_range", f"{LOW} {HIGH}")
    write("tcp_tw_reuse", "0")
    server = listen("127.0.0.1", SERVICE + 1)
    half_close(server, 200)
    equal(connect_error("127.0.0.1", SERVICE + 1), errno.EADDRNOTAVAIL)
    document = answer()
    that_says_problem(document, "200 of the 200 local ports that one source address has for "
                      f"connections to 127.0.0.1:{SERVICE + 1} are taken (100%), 200 of them by "
                      "closed connections that wait in FIN_WAIT2")
    helps = " ".join(document["helps"])
    for part in ("tcp_fin_timeout (now 60 s)", "lssock --ports"):
        that(part in helps, helps)
    that("tcp_tw_reuse=" not in helps, helps)
    that("tcp_fin_timeout" not in in_vain(document), str(in_vain(document)))
    that("tcp_tw_reuse" in in_vain(document), str(in_vain(document)))
    # Other destinations have their ports: who asks about those alone gets another answer.
    equal(answer("dport", "=", ":9")["level"], "fine")


@case("ports that live connections take are a problem, too, where there is no TIME_WAIT")
def live_alone():
    drop_kept()
    write("ip_local_port_range", f"{LOW} {LOW + 19}")
    server = listen("127.0.0.1", SERVICE + 2)
    connect(server, 20, 0)
    document = answer()
    equal(document["level"], "problem")
    that("20 of them by connections that are still there" in document["verdict"], document["verdict"])
    that(document["helps"], "nothing would help")


@case("all ports blocked is a problem")
def none_left():
    drop_kept()
    write("ip_local_port_range", f"{LOW} {LOW + 19}")
    server = listen("127.0.0.2", SERVICE)
    connect(server, 0, 1, "127.0.0.2")
    write("ip_local_reserved_ports", f"{LOW}-{LOW + 19}")
    equal(connect_error("127.0.0.2", SERVICE), errno.EADDRNOTAVAIL)
    document = answer()
    write("ip_local_reserved_ports", "\n")
    equal((document["level"], document["capacity"]), ("problem", 0))
    that("none of the 20 local ports" in document["verdict"], document["verdict"])


@case("live connections that hold the ports are told, and no cure for TIME_WAIT is advised")
def live():
    drop_kept()
    write("ip_local_port_range", f"{LOW} {HIGH}")
    write("tcp_tw_reuse", "0")
    server = listen("127.0.0.3", SERVICE)
    connect(server, 195, 5, "127.0.0.3")
    equal(connect_error("127.0.0.3", SERVICE), errno.EADDRNOTAVAIL)
    document = answer()
    equal(document["level"], "problem")
    that("195 of them by connections that are still there" in document["verdict"],
         document["verdict"])
    helps = " ".join(document["helps"])
    that("limit how many" in helps and "195 live ones" in helps, helps)
    that("tcp_tw_reuse" not in helps and "Keep connections" not in helps, helps)
    # It would make room for five.
    write("tcp_tw_reuse", "1")
    document = answer()
    equal(document["level"], "problem")
    that("takes the edge off" not in document["verdict"], document["verdict"])


@case("a listener on another address of this host, or on all of them, tells the client")
def own_addresses():
    drop_kept()
    write("ip_local_port_range", FREE)
    ip = lib.need_program("ip")
    for address in ("10.9.0.1", "10.9.0.2", "10.9.0.3"):
        lib.Neighbour.command(ip, f"addr add {address}/32 dev lo")
    own = listen("10.9.0.2", 8081)
    wild = listen("0.0.0.0", 8082)
    kept.append(lib.listen("10.9.0.3", 1))  # shows that address to be this host's
    high = listen("10.9.0.2", 40200)
    wild_high = listen("0.0.0.0", 40201)
    for listener, there, source in (
        (own, ("10.9.0.2", 8081), ("10.9.0.1", 0)),
        (wild, ("10.9.0.3", 8082), ("10.9.0.1", 0)),
        (high, ("10.9.0.2", 40200), ("10.9.0.1", 30010)),
        (wild_high, ("10.9.0.3", 40201), ("10.9.0.1", 30011)),
        (wild, ("10.9.0.3", 8082), ("10.9.0.1", 30012)),
    ):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind(source)
        client.connect(there)
        close(client, listener.accept()[0])
    document = answer("src", "10.9.0.1")
    equal({s["side"] for s in document["services"]}, {"client"}, str(document["services"]))
    got = {place_of(s): s["sockets"] for s in document["services"]}
    equal(got, {("10.9.0.2", 8081): 1, ("10.9.0.3", 8082): 2, ("10.9.0.2", 40200): 1,
                ("10.9.0.3", 40201): 1})
    equal(document["sides"]["client"]["by_port_range"], 0)


@case("the same over IPv6, with listeners on ::")
def own_addresses6():
    if not lib.have_ipv6():
        raise lib.Skip("no IPv6")
    ip = lib.need_program("ip")
    for address in ("fd00::1", "fd00::2"):
        lib.Neighbour.command(ip, f"-6 addr add {address}/128 dev lo nodad")
    listener = lib.listen("::", 8083, backlog=8)
    kept.append(listener)
    kept.append(lib.listen("fd00::2", 1))
    client = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    client.bind(("fd00::1", 0))
    # The kernel takes a moment for the route to an address that is new.
    lib.eventually(lambda: client.connect_ex(("fd00::2", 8083)) == 0, "connect()")
    close(client, listener.accept()[0])
    document = answer("src", "fd00::1")
    equal([(s["side"], *place_of(s), s["by_port_range"])
           for s in document["services"]], [("client", "fd00::2", 8083, 0)])


@case("programs without a name, and with names like our own words, look the same everywhere")
def names():
    drop_kept()
    write("ip_local_port_range", FREE)
    server = listen("127.0.0.4", SERVICE)
    connect(server, 0, 1, "127.0.0.4")
    for name, shown in ((b"", '""'), (b"(hidden)", r"\x28hidden)"), (b"(other)", r"\x28other)")):

        def body(name=name):
            lib.set_comm(name)
            return socket.create_connection(("127.0.0.4", SERVICE))

        def run(say, body=body):
            client = body()
            say("ready")
            return client

        pid, _ = lib.fork_child(run)
        text = lssock_ok("--time-wait").out
        that(f" {pid}/{shown} " in text, text)
        text = lssock_ok("--explain=established", "dst", "127.0.0.4").out
        that(f"\n  {shown} " in text, text)
        text = lssock_ok("-t", "--count-by=program", "dst", "127.0.0.4").out
        that(f" {shown}\n" in text, text)
        lib.end_child(pid)


# Each of the next cases has a range of its own: TIME_WAIT stays for a minute.


@case("tcp_tw_reuse gives no port in FIN_WAIT2 back, a shorter tcp_fin_timeout does")
def half_closed_settings():
    drop_kept()
    write("ip_local_port_range", "41000 41019")
    write("tcp_tw_reuse", "1")
    write("tcp_fin_timeout", "10")
    server = listen("127.0.0.1", SERVICE + 3)
    try:
        half_close(server, 20)
        document = answer()
    finally:
        write("tcp_fin_timeout", "60")
    if document["small_fin_wait2"] < 20:
        raise lib.Skip("this machine is too slow: FIN_WAIT2 is over before it is looked at")
    equal(document["level"], "problem")
    that("takes the edge off" not in document["verdict"], document["verdict"])
    that("tcp_fin_timeout (now 10 s)" in " ".join(document["helps"]), str(document["helps"]))
    lib.eventually(lambda: connect_error("127.0.0.1", SERVICE + 3) == 0, "a port")
    equal(answer("dport", "=", f":{SERVICE + 3}")["level"], "fine")


@case("FIN_WAIT2 beside TIME_WAIT: both are counted, and neither is a live connection")
def half_closed_and_time_wait():
    drop_kept()
    write("ip_local_port_range", "42000 42199")
    write("tcp_tw_reuse", "0")
    server = listen("127.0.0.5", SERVICE)
    connect(server, 0, 80, "127.0.0.5")
    half_close(server, 120, "127.0.0.5")
    equal(connect_error("127.0.0.5", SERVICE), errno.EADDRNOTAVAIL)
    document = answer()
    that_says_problem(document, "200 of the 200 local ports",
                      "120 of them by closed connections that wait in FIN_WAIT2",
                      "and 80 by TIME_WAIT")
    that("still there" not in document["verdict"], document["verdict"])
    helps = " ".join(document["helps"])
    that("tcp_fin_timeout" in helps and "live ones" not in helps, helps)
    # Two fifths could be had again: tcp_tw_reuse helps here, and is not told to be in vain.
    that("tcp_tw_reuse=1" in helps and "tcp_tw_reuse" not in in_vain(document), helps)


@case("of two destinations the one is told that is used up, not the one that is only busy")
def half_closed_elsewhere():
    drop_kept()
    write("ip_local_port_range", "43000 43099")
    write("tcp_tw_reuse", "1")
    busy = listen("127.0.0.6", SERVICE)
    connect(busy, 0, 98, "127.0.0.6")
    server = listen("127.0.0.7", SERVICE)
    half_close(server, 95, "127.0.0.7")
    document = answer()
    that_says_problem(document, "95 of the 100 local ports", f"127.0.0.7:{SERVICE}", "FIN_WAIT2")
    that("by TIME_WAIT" not in document["verdict"], document["verdict"])
    that("takes the edge off" not in document["verdict"], document["verdict"])


@case("FIN_WAIT2 of one destination is no reason why live connections fill another")
def half_closed_is_not_live():
    drop_kept()
    write("ip_local_port_range", "44000 44019")
    write("tcp_tw_reuse", "0")
    waiting = listen("127.0.0.8", SERVICE)
    half_close(waiting, 15, "127.0.0.8")
    server = listen("127.0.0.9", SERVICE)
    connect(server, 20, 0, "127.0.0.9")
    document = answer("dst", "127.0.0.8/31")
    equal(document["level"], "problem")
    that(f"127.0.0.9:{SERVICE} are taken (100%), 20 of them by connections that are still there"
         in document["verdict"], document["verdict"])
    that("FIN_WAIT2" not in document["verdict"], document["verdict"])


@case("all ports reserved is a problem, also without any TIME_WAIT")
def all_reserved():
    drop_kept()
    write("ip_local_port_range", "45000 45019")
    listen("127.0.0.10", SERVICE)
    write("ip_local_reserved_ports", "45000-45019")
    try:
        equal(connect_error("127.0.0.10", SERVICE), errno.EADDRNOTAVAIL)
        document = answer("dst", "127.0.0.10")
    finally:
        write("ip_local_reserved_ports", "\n")
    equal((document["sockets_total"], document["level"]), (0, "problem"))
    that(document["helps"], "nothing would help")


def mount_over(path):
    lib.call(lib.libc.mount, b"none", path, b"tmpfs", 0, None)


@case("settings and counters that cannot be read are missing, not a matter of course")
def unreadable():
    lib.need_mounts()
    if not lib.have_own_pids():
        raise lib.Skip("no PID namespace here")
    mount_over(b"/proc/sys")
    try:
        for words in (["--time-wait"], ["--explain=time-wait"], ["--explain=fin-wait-2"]):
            result = lssock(*words)
            equal(result.status, 3, str(result))
            that("net.ipv4" in result.err and "cannot be read" in result.err, result.err)
            document = json.loads(lssock(*words, "--json").out)
            equal(document["complete"], False, str(words))
        result = lssock("--time-wait")
        for name in ("tcp_tw_reuse", "tcp_timestamps", "tcp_max_tw_buckets"):
            that(f"net.ipv4.{name} cannot be read" in result.err, result.err)
        equal(lssock("--explain").status, 0)
    finally:
        lib.call(lib.libc.umount, b"/proc/sys")
    equal(lssock("--time-wait").status, 0)
    equal(lssock("--explain=time-wait").status, 0)


if __name__ == "__main__":
    lib.enter()
    lib.main()
