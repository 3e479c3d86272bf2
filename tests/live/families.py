#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Families of sockets that netstat does not know: opened here, listed by lssock, and compared with what
was opened and with ss where it tells the same. Families that this kernel lacks are skipped; the
recorded machines of tests/golden have them all.

ss prints a netlink socket twice that is in a multicast group, and none of its groups above 32; it
prints nothing where the kernel has no handler, with status 0.
"""

import contextlib
import csv
import ctypes
import io
import json
import os
import re
import socket
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, lssock_ok, need_program, that  # noqa: E402

ETH_P_ALL, ETH_P_LLDP, ETH_P_IP = 3, 0x88CC, 0x0800
SOL_PACKET, PACKET_RX_RING, PACKET_FANOUT = 263, 5, 18
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
MPTCP, AF_XDP = 262, 44


def ss(*args):
    path = need_program("ss")
    done = subprocess.run([path, "-H", *args], capture_output=True, text=True)
    equal(done.returncode, 0, "ss")
    return [line.split() for line in done.stdout.splitlines()]


def rows(*args):
    """Records of --json, which must be complete."""
    document = json.loads(lssock_ok("--json", *args).out)
    that(document["complete"], document["warnings"])
    return document["sockets"]


def inode(sock):
    return os.fstat(sock.fileno()).st_ino


def mine(records, *socks):
    """The records of these sockets, in their order, each of which must be there once."""
    found = {record["inode"]: record for record in records}
    equal(len(found), len(records), "an inode is there twice")
    for sock in socks:
        that(inode(sock) in found, f"{sock} is missing in {sorted(found)}")
    return [found[inode(sock)] for sock in socks]


@contextlib.contextmanager
def packets():
    """A ring of LLDP on lo, two that share a fanout group, one on all interfaces."""
    with contextlib.ExitStack() as stack:
        def opened(kind, protocol, interface):
            sock = stack.enter_context(socket.socket(socket.AF_PACKET, kind, 0))
            sock.bind((interface, protocol))
            return sock

        ring = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
        ring.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("=4I", 8192, 4, 2048, 16))
        ring.bind(("lo", ETH_P_LLDP))
        shared = [opened(socket.SOCK_DGRAM, ETH_P_IP, "lo") for _ in range(2)]
        for sock in shared:
            sock.setsockopt(SOL_PACKET, PACKET_FANOUT, struct.pack("=I", 77 | 2 << 16))
        everything = stack.enter_context(
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        yield ring, shared, everything


@case("packet sockets: protocol and interface by name, ring, fanout, owner")
def packet():
    with packets() as (ring, shared, everything):
        records = mine(rows("-0p"), ring, *shared, everything)
        equal([r["local"] for r in records], ["lldp:lo", "ip:lo", "ip:lo", "all:*"])
        equal([r["type"] for r in records], ["RAW", "DGRAM", "DGRAM", "RAW"])
        equal([r["protocol_number"] for r in records], [ETH_P_LLDP, ETH_P_IP, ETH_P_IP, ETH_P_ALL])
        equal([r["fanout_id"] for r in records], [None, 77, 77, None])
        equal([r["fanout_type"] for r in records], [None, "cpu", "cpu", None])
        equal([r["interface"] for r in records], ["lo", "lo", "lo", None])
        that(all(r["owners"][0]["pid"] == os.getpid() for r in records), "the owner is another")
        fields = lssock_ok("-0H", "--csv", "--columns=inode,rx_block_size,rx_blocks,rx_frames").out
        equal([row[1:] for row in csv.reader(io.StringIO(fields)) if int(row[0]) == inode(ring)],
              [["8192", "4", "16"]])
        # ss names no protocol: "p_raw UNCONN 0 0 [35020]:lo *".
        theirs = sorted((words[0], words[4]) for words in ss("-0an", "-A", "packet"))
        ours = sorted((("p_raw" if r["type"] == "RAW" else "p_dgr"),
                       f"{'*' if r['protocol_number'] == 3 else '[%d]' % r['protocol_number']}:"
                       f"{r['interface'] or '*'}") for r in rows("-0"))
        equal(ours, theirs)
        for mode in ([], ["-l"], ["-a"]):
            equal(len(rows("-0", *mode)), 4, f"{mode}")
        equal(len(rows("-A", "p_dgr")), 2)
        equal(len(rows("-A", "p_raw,packet_dgram")), 4)


@case("dev is the interface that a packet socket is bound to, as in ss")
def packet_device():
    with packets() as (ring, _, _):
        at_lo = rows("-0", "dev", "lo")
        equal(len(mine(at_lo, ring)), 1)
        equal(len(at_lo), 3)
        equal(len(at_lo), len([words for words in ss("-0an", "dev", "lo") if words[0][:2] == "p_"]))
        equal([r["interface"] for r in at_lo], ["lo"] * 3)
        equal([r["interface"] for r in rows("-0", "dev", "!=", "lo")], [None])
        equal([r["interface"] for r in rows("-0", "not", "dev", "lo")], [None])
        equal(lssock("-0q", "dev", "lo").status, 0)


@case("the table of other families has its own heading, columns and tails")
def table():
    with packets() as (ring, _, _):
        text = lssock_ok("-0enp", "src", "link:lldp").out.split("\n")
        equal(text[0], "Active sockets of other families (w/o servers)")
        that(text[1].startswith("Proto   Recv-Q Send-Q Type      Local Address           Foreign "
                                "Address         State       User       Inode      PID/Program"),
             text[1])
        equal(text[2].split(), ["packet", "0", "0", "RAW", "lldp:lo", "*", str(os.getuid()),
                                str(inode(ring)), lib_owner()])
        equal(text[3:], [""])
        equal(lssock_ok("-0H", "src", "link:arp").out, "")
        that("Active Internet" not in "\n".join(text), "an empty section is shown")


def lib_owner():
    with open("/proc/self/comm", encoding="ascii") as stream:
        return f"{os.getpid()}/{stream.read().strip()}"


@case("netlink sockets: protocol by name, port id, groups above 32, once each")
def netlink():
    with contextlib.ExitStack() as stack:
        route = stack.enter_context(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
        route.bind((4711, 0))
        for group in (1, 5, 33):
            route.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        generic = stack.enter_context(socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 16))
        generic.bind((4712, 0))
        generic.connect((0, 0))
        records = mine(rows("--netlink", "port_id > 0"), route, generic)
        equal([r["local"] for r in records], ["route:4711", "generic:4712"])
        equal([r["groups"] for r in records], [[1, 5, 33], None])
        equal([r["state"] for r in records], ["UNCONNECTED", "ESTABLISHED"])
        equal(records[1]["remote"], "generic:kernel")
        that(all(r["cookie"] for r in records), "no cookie")
        equal(len(rows("--netlink", "groups = 33")), 1)
        equal([r["local"] for r in rows("--netlink", "src netlink:rtnl:47*")], ["route:4711"])
        equal([r["local"] for r in rows("--netlink", "dst netlink:genl:kernel")], ["generic:4712"])
        # "UNCONN 0 0 rtnl:4711 *"; our own link is not theirs.
        theirs = {words[3] for words in ss("-anf", "netlink") if not words[3].startswith("4:")}
        ours = {f"{r['protocol_number']}:{r['port_id']}" for r in rows("--netlink")
                if r["protocol_number"] != 4}
        equal(ours, theirs)
        kernels = [r for r in rows("--netlink", "src netlink:*:kernel")]
        that(kernels and all(r["port_id"] == 0 for r in kernels), kernels)


@case("netlink sockets of a group, which the kernel lists twice, are there once")
def netlink_members():
    with contextlib.ExitStack() as stack:
        wanted = set()
        for _ in range(800):
            sock = stack.enter_context(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
            sock.bind((0, 0))
            sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 1)
            wanted.add(inode(sock))
        found = [r["inode"] for r in rows("--netlink", "--columns=inode", "groups = 1")]
        equal(len(found), len(set(found)), "a socket is there twice")
        equal(set(found), wanted)


@case("without sock_diag packet and netlink sockets come from /proc/net, with a note")
def fallback():
    lib.need_real_root()
    with packets() as (ring, _, _), no_netlink() as run:
        result = run("-0", "--netlink", "-n", "--json")
        equal(result.status, 0, result.err)
        that("sock_diag is not available" in result.err, result.err)
        records = json.loads(result.out)["sockets"]
        record = [r for r in records if r["inode"] == inode(ring)][0]
        equal((record["local"], record["type"], record["send_q"]), ("lldp:lo", "RAW", None))
        that(any(r["local"] == "route:kernel" for r in records), records)


@contextlib.contextmanager
def no_netlink():
    """Runs lssock where socket(AF_NETLINK) fails with EPERM, by a seccomp filter."""
    bpf = [(0x20, 0, 0, 0), (0x15, 0, 3, 41), (0x20, 0, 0, 16), (0x15, 0, 1, 16),
           (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)]
    if os.uname().machine != "x86_64":
        raise lib.Skip("the filter knows x86_64 only")

    def deny():
        code = b"".join(struct.pack("=HBBI", *one) for one in bpf)
        buffer = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("=H6xQ", len(bpf), ctypes.addressof(buffer))
        lib.call(lib.libc.prctl, lib.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        lib.call(lib.libc.prctl, lib.PR_SET_SECCOMP, 2, ctypes.create_string_buffer(program))

    yield lambda *args: lib.run([lib.LSSOCK, *args], preexec_fn=deny)


@contextlib.contextmanager
def multipath(family, address):
    try:
        listener = socket.socket(family, socket.SOCK_STREAM, MPTCP)
    except OSError:
        raise lib.Skip("this kernel has no MPTCP") from None
    with listener:
        listener.bind((address, 0))
        listener.listen(3)
        with socket.socket(family, socket.SOCK_STREAM, MPTCP) as client:
            client.connect(listener.getsockname()[:2])
            server = listener.accept()[0]
            with server:
                client.sendall(b"0123456789")
                yield listener, client, server


@case("MPTCP: connections, listeners, and subflows with the same token")
def mptcp():
    with multipath(socket.AF_INET, "127.0.0.1") as (listener, client, server):
        records = mine(rows("--mptcp", "-a"), listener, client, server)
        equal([r["state"] for r in records], ["LISTEN", "ESTABLISHED", "ESTABLISHED"])
        ports = [s.getsockname()[1] for s in (listener, client, server)]
        equal([r["local_port"] for r in records], ports)
        equal([r["proto"] for r in records], ["mptcp"] * 3)
        equal(records[1]["remote_port"], ports[0])
        equal([r["state"] for r in rows("--mptcp")], ["ESTABLISHED"] * 2)
        equal([r["local_port"] for r in rows("--mptcp", "-l")], [ports[0]])
        theirs = sorted(" ".join(words[:1] + words[3:5]) for words in ss("-Man"))
        states = {"ESTABLISHED": "ESTAB", "LISTEN": "LISTEN"}
        equal(sorted(f"{states[r['state']]} {r['local']} {r['remote'] or '0.0.0.0:*'}"
                     for r in records), theirs)
        text = lssock_ok("-t", "--mptcp", "--jsonl", "--columns=proto,local_port,mptcp_token").out
        found = [json.loads(line) for line in text.splitlines()[:-1]]
        tokens = {proto: {r["local_port"]: r["mptcp_token"] for r in found if r["proto"] == proto}
                  for proto in ("tcp", "mptcp")}
        equal(len(tokens["mptcp"]), 2)
        equal(tokens["tcp"], tokens["mptcp"])
        one = tokens["mptcp"][ports[1]]
        that(one, "no token")
        equal({r["proto"] for r in rows("-t", "--mptcp", f"mptcp_token = {one}")}, {"tcp", "mptcp"})


@case("MPTCP: nobody sees the same connections, and of subflows what the kernel tells")
def mptcp_nobody():
    lib.need_real_root()
    with multipath(socket.AF_INET, "127.0.0.1"):
        program = lib.public_lssock()
        result = lib.run([program, "-at", "--mptcp", "--json", "--columns=proto,state,mptcp_token"],
                         user=65534, group=65534, extra_groups=[])
        equal(result.status, 0, result.err)
        records = json.loads(result.out)["sockets"]
        equal(sum(r["proto"] == "mptcp" for r in records), 3)
        equal(sum(r["mptcp_token"] is not None for r in records if r["proto"] == "mptcp"), 2)
        tokens = [r["mptcp_token"] for r in records if r["proto"] == "tcp"]
        # Kernels up to 6.12 tell them to administrators only, newer ones to all.
        that(not any(tokens) or set(tokens) == {r["mptcp_token"] for r in records
                                                if r["proto"] == "mptcp"}, records)


@case("ping sockets, from /proc/net/icmp")
def ping():
    try:
        with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as stream:
            stream.write("0 0")
    except OSError as why:
        raise lib.Skip(f"no ping sockets here: {why}") from None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as sock:
        sock.bind(("127.0.0.1", 77))
        sock.connect(("127.0.0.2", 0))
        record = mine(rows("-A", "ping"), sock)[0]
        equal((record["local"], record["remote_address"], record["local_port"]),
              ("127.0.0.1:77", "127.0.0.2", 77))
        equal(rows("-A", "icmp", "-6"), [])


@case("-B has bound and inactive sockets of TCP, and nothing else has")
def bound():
    if tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2]) < (6, 8):
        result = lssock("-B")
        equal(result.status, 3)
        that("before 6.8" in result.err, result.err)
        return
    with socket.socket() as sock, socket.socket() as listener:
        sock.bind(("127.0.0.1", 0))
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        mine(rows("-B"), sock)
        equal(len(rows("-B")), 1)
        equal(len(rows("-tB4")), 1)
        for words in (["-tuB"], ["-xB"], ["-B", "--mptcp"], ["-B", "-A", "all"]):
            result = lssock(*words)
            equal((result.status, result.out), (2, ""), words)
            that("-B lists sockets of TCP only" in result.err, result.err)
        equal(len(rows("-t", "state", "bound-inactive")), 1)
        port = sock.getsockname()[1]
        for words in (["-ta"], ["-a"], ["-t", "state", "all"], ["-t", "not", "state", "listening"],
                      ["-t", "state", "closed"], ["-A", "all", "-a"]):
            result = lssock(*words, "--json")
            ports = {r["local_port"] for r in json.loads(result.out)["sockets"]}
            that(port not in ports, f"{words} has it")
        # Its only state is one of its own, and is added to others that are named.
        both = rows("-t", "state", "listening", "or", "state", "bound-inactive")
        equal({r["local_port"] for r in both}, {port, listener.getsockname()[1]})


@case("by default netstat's sections alone are shown")
def default():
    with packets():
        for args in ([], ["-a"], ["-l"], ["-an"], ["-x"], ["-4"]):
            out = lssock(*args).out
            that("other families" not in out and "packet" not in out, out)
        that({r["proto"] for r in rows("-a")} <= {"tcp", "udp", "udplite", "raw", "sctp", "unix"},
             "another protocol")


@case("-A all lists everything, and says what it cannot see")
def everything():
    with packets() as (ring, shared, _):
        result = lssock("-A", "all", "-an", "--json")
        document = json.loads(result.out)
        # Those that no kernel tells of are not among everything.
        families = {name: one for name, one in list_families().items()
                    if one["module"] or one["status"] != "no-module"}
        unseen = {name for name, one in families.items() if one["status"] not in
                  ("listed", "empty", "absent")}
        equal(result.status, 3 if unseen else 0)
        equal(document["complete"], not unseen)
        equal({w["message"].split(":")[0] for w in document["warnings"] if w["level"] != "note"},
              unseen)
        mine([r for r in document["sockets"] if r["proto"] == "packet"], ring, *shared)
        order = [r["proto"] for r in document["sockets"]]
        equal(order, sorted(order, key=list(families).index))
        for name, one in families.items():
            if one["status"] == "absent":
                result = lssock("-A", name)
                equal(result.status, 3, name)
                that("no such sockets" in result.err, result.err)


def list_families(*args):
    document = json.loads(lssock_ok("--list-families", "--json", *args).out)
    return {one["proto"]: one for one in document["families"]}


@case("--list-families counts what is there, and tells what is not there from what is not seen")
def families():
    with packets(), socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        found = list_families()
        equal((found["packet"]["status"], found["packet"]["sockets"]), ("listed", 4))
        equal((found["tcp"]["status"], found["tcp"]["sockets"]), ("listed", 1))
        equal((found["udp"]["status"], found["udp"]["sockets"]), ("empty", 0))
        equal(found["packet"]["source"], "sock_diag")
        equal((found["ping"]["source"], found["ping"]["file"]), ("procfs", "net/icmp"))
        with open("/proc/net/protocols", encoding="ascii") as stream:
            known = {line.split()[0] for line in stream}
        for name, kernel in (("tipc", "TIPC"), ("smc", "SMC"), ("xdp", "XDP"), ("dccp", "DCCP"),
                             ("vsock", "AF_VSOCK"), ("mptcp", "MPTCP")):
            equal(found[name]["status"] == "absent", kernel not in known, name)
            if found[name]["status"] == "absent":
                equal((found[name]["sockets"], found[name]["source"]), (None, None))
        text = lssock_ok("--list-families").out.splitlines()
        equal(text[0].split(), ["Family", "Sockets", "Status", "Source", "Note"])
        equal([line.split()[0] for line in text[1:]], list(found))
        for name, kernel in (("l2tp_ip", "L2TP/IP"), ("alg", "ALG"), ("rds", "RDS")):
            equal(name in found, kernel in known, name)
            equal(found.get(name, {}).get("status", "no-module"), "no-module")
        equal([line.split()[2] for line in text[1:]], [one["status"] for one in found.values()])
        equal([line.split()[0] for line in lssock_ok("--list-families", "-H").out.splitlines()],
              list(found))
    for words in (["sport", "=", "1"], ["--csv"], ["-t"], ["-6"], ["-q"], ["-c"], ["--count=2"]):
        result = lssock("--list-families", *words)
        equal((result.status, result.out), (2, ""), words)


@case("--list-families: forbidden is no other answer; nobody sees as much as root")
def families_as_others():
    lib.need_real_root()
    with packets():
        program = lib.public_lssock()
        result = lib.run([program, "--list-families"], user=65534, group=65534, extra_groups=[])
        equal(result.status, 0, result.err)
        # Our own link is among the netlink sockets.
        equal(result.out, lssock_ok("--list-families").out)
        with no_netlink() as run:
            result = run("--list-families", "--json")
            equal(result.status, 0, result.err)
            found = {one["proto"]: one for one in json.loads(result.out)["families"]}
            equal((found["packet"]["status"], found["packet"]["source"]), ("listed", "procfs"))
            for name in ("vsock", "mptcp"):
                if found[name]["status"] != "absent":
                    that(found[name]["status"] in ("forbidden", "empty"), found[name])
            # What the kernel does not have cannot be forbidden.
            equal(found["tipc"]["status"], list_families()["tipc"]["status"])


@case("an XDP socket that nothing tells of is no empty table")
def xdp():
    try:
        sock = socket.socket(AF_XDP, socket.SOCK_RAW, 0)
    except OSError:
        raise lib.Skip("this kernel has no XDP sockets") from None
    with sock:
        answer = list_families()["xdp"]
        result = lssock("--xdp", "--json")
        if answer["status"] == "no-module":
            equal(result.status, 4, "nothing could be listed")
            that("xsk_diag; there is 1" in result.err, result.err)
        else:
            equal((answer["status"], answer["sockets"]), ("listed", 1))
            record = mine(json.loads(result.out)["sockets"], sock)[0]
            equal(record["local"], None)


@case("types of UNIX sockets by ss's short names")
def unix_types():
    with contextlib.ExitStack() as stack:
        kinds = {"u_str": socket.SOCK_STREAM, "u_dgr": socket.SOCK_DGRAM,
                 "u_seq": socket.SOCK_SEQPACKET}
        socks = {}
        for name, kind in kinds.items():
            socks[name] = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            socks[name].bind(f"\0families-{name}")
        for name, sock in socks.items():
            records = rows("-aA", name)
            mine(records, sock)
            equal({r["type"] for r in records}, {{"u_str": "STREAM", "u_dgr": "DGRAM",
                                                  "u_seq": "SEQPACKET"}[name]})
        mine(rows("-a", "--family=u_str,unix_dgram"), socks["u_str"], socks["u_dgr"])
        equal(len(rows("-xaA", "u_str")), len(rows("-xa")))


@case("local and remote say of every family what its columns say")
def ends():
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        named = stack.enter_context(socket.socket(socket.AF_UNIX))
        named.bind("\0families-ends")
        found = {r["inode"]: r for r in rows("-a", "--columns=inode,local,remote")}
        equal(found[inode(listener)]["local"], f"127.0.0.1:{port}")
        equal(found[inode(listener)]["remote"], None)
        equal(found[inode(client)]["remote"], f"127.0.0.1:{port}")
        that(found[inode(named)]["local"].endswith("families-ends"), found[inode(named)])
        equal([r["inode"] for r in rows("-a", "--columns=inode", f"local = '127.0.0.1:{port}'")
               if r["inode"] == inode(listener)], [inode(listener)])


lib.enter()
lib.main()
