#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The fields direction and exposure, on real connections within this host and to another one. What an
address is, Python's ipaddress says too.
"""

import ipaddress
import json
import random
import socket
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock_ok, that  # noqa: E402

lib.enter()

COLUMNS = "--columns=proto,local_address,local_port,remote_address,remote_port,state,direction,exposure"
SERVED, CALLED, GONE, DATAGRAM = 40001, 22, 40002, 5300


def rows(*options):
    out = lssock_ok(*options, COLUMNS, "--jsonl").out
    return [row for row in map(json.loads, out.splitlines()) if "end" not in row]


def directions(**wanted):
    """(local port, remote port, direction) of the rows with those values."""
    return sorted(((row["local_port"], row["remote_port"], row["direction"]) for row in rows("-tuan")
                   if all(row[name] == value for name, value in wanted.items())),
                  key=lambda row: (row[0], row[1] or 0))


def alone(body):
    """In a network namespace of its own, which has no neighbour yet."""
    return lambda: lib.in_new_net(body)


def connect(address, port, local, family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(local)
    sock.connect((address, port))
    return sock


@case("in and out are told by listeners, whatever the ports")
@alone
def by_listeners():
    there = lib.Neighbour()
    here = socket.create_server((there.HERE4, SERVED))
    brief = socket.create_server(("0.0.0.0", GONE))
    with lib.inside(there.fd):
        remote = socket.create_server((there.THERE4, CALLED))
        caller = connect(there.HERE4, SERVED, (there.THERE4, 80))
        orphan = connect(there.HERE4, GONE, (there.THERE4, 81))
    called = connect(there.THERE4, CALLED, (there.HERE4, 443))
    kept = [here.accept()[0], remote.accept()[0], brief.accept()[0], caller, orphan, called]
    equal(directions(state="LISTEN"), [(SERVED, None, None), (GONE, None, None)])
    equal(directions(state="ESTABLISHED"),
          [(443, CALLED, "out"), (SERVED, 80, "in"), (GONE, 81, "in")])
    brief.close()
    equal(directions(state="ESTABLISHED"),
          [(443, CALLED, "out"), (SERVED, 80, "in"), (GONE, 81, "out")], "its listener has gone")
    equal([row["local_port"] for row in rows("-tn", "direction = in")], [SERVED])
    equal(sorted(row["local_port"] for row in rows("-tn", "direction != in and exposure=public")),
          [443, GONE])
    counts = json.loads(lssock_ok("-t", "--count-by=direction", "--json").out)
    equal(sorted((row["direction"] or "", row["sockets"]) for row in counts["groups"]),
          [("", 1), ("in", 1), ("out", 2)])
    for sock in kept:
        sock.close()


@case("datagrams: a connected socket has a direction, others have none")
@alone
def datagrams():
    there = lib.Neighbour()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", DATAGRAM))
    session = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    session.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    session.bind((there.HERE4, DATAGRAM))
    session.connect((there.THERE4, 7777))
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((there.THERE4, 53))
    mine = client.getsockname()[1]
    equal(directions(proto="udp"),
          [(DATAGRAM, None, None), (DATAGRAM, 7777, "in"), (mine, 53, "out")])
    for sock in (server, session, client):
        sock.close()


@case("both ends on this host are local")
@alone
def both_here():
    there = lib.Neighbour()
    kept = []
    pairs = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, there.HERE4)]
    if lib.have_ipv6():
        pairs += [(socket.AF_INET6, "::1"), (socket.AF_INET6, there.HERE6)]
    for family, address in pairs:
        server = socket.create_server((address, 0), family=family)
        client = socket.create_connection(server.getsockname()[:2])
        kept += [server, client, server.accept()[0]]
    found = rows("-tn")
    equal(len(found), 2 * len(pairs))
    equal({row["direction"] for row in found}, {"local"})
    for sock in kept:
        sock.close()


def expected_exposure(text):
    """By the library, which knows more kinds of private addresses than are meant here."""
    address = ipaddress.ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    kinds = {"loopback": address.is_loopback, "link-local": address.is_link_local,
             "wildcard": address.is_unspecified, "multicast": address.is_multicast,
             "broadcast": str(address) == "255.255.255.255"}
    for word, is_it in kinds.items():
        if is_it:
            return word
    own = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10"]
    nets = map(ipaddress.ip_network, own)
    return "private" if any(address in net for net in nets if net.version == address.version) \
        else "public"


@case("exposure of every kind of address that a socket can have")
def exposures():
    chance = random.Random(7)
    wanted = ["0.0.0.0", "127.9.8.7", "169.254.3.4", "10.1.2.3", "172.31.0.1", "192.168.9.9",
              "100.64.0.1", "100.128.0.1", "8.8.8.8", "224.0.0.251", "255.255.255.255",
              *(str(ipaddress.IPv4Address(chance.getrandbits(32))) for _ in range(60))]
    if lib.have_ipv6():
        wanted += ["::", "::1", "fd00::1", "fec0::1", "2001:4860::1", "ff0e::1", "::ffff:10.0.0.1",
                   "::ffff:8.8.4.4",
                   *(str(ipaddress.IPv6Address(chance.getrandbits(128))) for _ in range(60))]
    kept, bound = [], {}
    for text in wanted:
        family = socket.AF_INET6 if ":" in text else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_IP, 15, 1)  # IP_FREEBIND
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
        try:
            sock.bind((text, 20000 + len(kept)))  # port 0 may be the same one twice
        except OSError:  # not every number is an address to bind to
            sock.close()
            continue
        kept.append(sock)
        bound[sock.getsockname()[1]] = text
    that(len(bound) > 40, f"only {len(bound)} of {len(wanted)} could be bound")
    found = {row["local_port"]: row["exposure"] for row in rows("-uan")}
    equal(found, {port: expected_exposure(text) for port, text in bound.items()}, str(bound))
    for sock in kept:
        sock.close()


@case("a wildcard on the loopback device is loopback")
def loopback_device():
    with lib.listen("0.0.0.0", SERVED) as sock, lib.listen("0.0.0.0", GONE):
        sock.close()
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, 25, b"lo\0")  # SO_BINDTODEVICE
        bound.bind(("0.0.0.0", SERVED))
        bound.listen()
        equal({row["local_port"]: row["exposure"] for row in rows("-tln")},
              {SERVED: "loopback", GONE: "wildcard"})
        bound.close()


@case("what cannot be, and UNIX sockets")
def others():
    done = lib.lssock("-tn", "direction = inbound")
    equal(done.status, 2, str(done))
    # Questions about one port do not list all listeners.
    equal(lib.lssock("--check=80", "direction = in").status, 2)
    equal(lib.lssock("--wait=drained:80", "not direction = out").status, 2)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind("\0reach")
        sock.listen()
        found = rows("-xan")
        that(found, "a UNIX socket is listed")
        equal({(row["direction"], row["exposure"]) for row in found}, {(None, None)})


lib.main()
