#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
-s: netstat's text byte for byte, on counters of our own making and on the kernel's; as data; and
what changes between two rounds.

Counters are made up by binding a directory over /proc/PID/net of the program that is about to run.
"""

import csv
import io
import itertools
import json
import os
import random
import shutil
import socket

import lib

SCTP = """CurrEstab ActiveEstabs PassiveEstabs Aborteds Shutdowns OutOfBlues ChecksumErrors
OutCtrlChunks OutOrderChunks OutUnorderChunks InCtrlChunks InOrderChunks InUnorderChunks
FragUsrMsgs ReasmUsrMsgs OutSCTPPacks InSCTPPacks T1InitExpireds T1CookieExpireds
T2ShutdownExpireds T3RtxExpireds T4RtoExpireds T5ShutdownGuardExpireds DelaySackExpireds
AutocloseExpireds T3Retransmits PmtudRetransmits FastRetransmits InPktSoftirq InPktBacklog
InPktDiscards InDataChunkDiscards""".split()

# What older kernels counted, and what none has.
OLD = """TCPPrequeued TCPDirectCopyFromBacklog TCPDirectCopyFromPrequeue TCPPrequeueDropped
TCPHPHitsToUser SockMallocOOM TCPFACKReorder TCPLoss TCPForwardRetrans TCPSchedulerFailed
TCPAbortOnSyn PAWSPassive TCPAnotherNewOne""".split()


def groups_of(path):
    """[(group, [names])] of a file of pairs of lines."""
    with open(path, encoding="ascii") as file:
        lines = [line.split() for line in file]
    return [(names[0][:-1], names[1:]) for names in lines[::2]]


def names_of(path):
    with open(path, encoding="ascii") as file:
        return [line.split()[0] for line in file]


def with_icmp_types(groups):
    """With as many types of ICMP messages as take two pairs of lines in the file."""
    groups = [entry for entry in groups if entry[0] != "IcmpMsg"]
    types = [("IcmpMsg", [f"InType{n}" for n in range(16)]), ("IcmpMsg", ["OutType3"])]
    return groups[:2] + types + groups[2:]


def known_counters():
    """What this kernel has, and what others have: {file: [(group, [names])]}."""
    netstat = groups_of("/proc/net/netstat")
    netstat[0][1].extend(name for name in OLD if name not in netstat[0][1])
    files = {
        "snmp": with_icmp_types(groups_of("/proc/net/snmp")),
        "netstat": netstat,
        "sctp/snmp": [("", ["Sctp" + name for name in SCTP])],
    }
    if os.path.exists("/proc/net/snmp6"):
        files["snmp6"] = [("", names_of("/proc/net/snmp6"))]
    return files


class Counters:
    """A directory that takes the place of /proc/net."""

    def __init__(self):
        lib.need_mounts()
        lib.need_program("unshare")
        self.path = os.path.join(lib.temp_dir(), "net")
        shutil.rmtree(self.path, ignore_errors=True)
        os.makedirs(self.path + "/sctp")

    def put(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write(text)

    def fill(self, files, value):
        """value(group, name) for each counter."""
        for file, groups in files.items():
            text = ""
            for group, names in groups:
                values = [str(value(group, name)) for name in names]
                if group:
                    text += f"{group}: {' '.join(names)}\n{group}: {' '.join(values)}\n"
                else:
                    text += "".join(f"{n:<32}\t{v}\n" for n, v in zip(names, values))
            self.put(file, text)

    def run(self, program, *args):
        script = 'mount --bind "$0" /proc/$$/net && exec "$@"'
        result = lib.run(["unshare", "-m", "sh", "-c", script, self.path, program, *args])
        if "mount:" in result.err:
            raise lib.Skip(f"no directory can be bound over /proc/PID/net: {result.err}")
        return result

    def same(self, *args):
        ours = self.run(lib.LSSOCK, *args)
        theirs = self.run(lib.NETSTAT, *args)
        lib.equal(ours.out, theirs.out, " ".join(args))
        lib.equal((ours.status, ours.err), (0, ""), " ".join(args))
        return ours


def choices():
    """Every set of protocols, for no family, IPv4 and IPv6."""
    for family in ("", "4", "6") if lib.have_ipv6() else ("", "4"):
        for count in range(6):
            for letters in itertools.combinations("tuwSU", count):
                yield "-s" + "".join(letters) + family


FEW = ["-s", "-st", "-su", "-sw", "-sS", "-s6", "-s6t", "-s6u", "-s6w"]


@lib.case("text is netstat's, whatever is chosen")
def every_choice():
    lib.need_netstat()
    counters, number = Counters(), itertools.count(101)
    counters.fill(known_counters(), lambda group, name: next(number))
    for choice in choices():
        counters.same(choice)
    for words in (["-s", "--tcp"], ["--statistics", "-A", "inet6"], ["-s", "--inet", "-w"],
                  ["-snpeo"], ["-sla"], ["-sW"]):
        counters.same(*words)


@lib.case("text is netstat's for zeros, ones and the largest values")
def values():
    lib.need_netstat()
    counters, known = Counters(), known_counters()
    for value in (0, 1, 2**31, 2**32, 2**63, 2**64 - 1):
        counters.fill(known, lambda group, name: value)
        counters.same("-s")
        if lib.have_ipv6():
            counters.same("-s6")


@lib.case("text is netstat's for new counters and groups in any order")
def any_order():
    lib.need_netstat()
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    counters, known = Counters(), known_counters()
    for _ in range(12):
        files = {}
        for file, groups in known.items():
            if file == "snmp6":  # its groups are runs of names
                files[file] = groups
                continue
            groups = [(group, chance.sample([*names, "NewOne", "NewTwo"], len(names) + 2))
                      for group, names in groups]
            if file != "sctp/snmp":
                groups += [("NewGroup", ["A", "B"])]
                chance.shuffle(groups)
            files[file] = groups
        counters.fill(files, lambda group, name: chance.choice([0, 0, 1, 17, 123456789]))
        for choice in FEW if lib.have_ipv6() else FEW[:5]:
            try:
                counters.same(choice)
            except lib.Failure as why:
                raise lib.Failure(f"seed {seed}\n{why}") from None


def make_traffic(address):
    """TCP and UDP, and a UDP port that is not there."""
    listener = lib.listen(address)
    client, accepted = lib.connect_to(listener)
    client.sendall(b"x" * 1000)
    accepted.recv(1000)
    with socket.socket(lib.family_of(address), socket.SOCK_DGRAM) as sock:
        sock.connect((address, 9))
        for _ in range(2):
            try:
                sock.send(b"x")
            except ConnectionRefusedError:
                pass
    for sock in (client, accepted, listener):
        sock.close()


@lib.case("the kernel's own counters")
def real_counters():
    make_traffic("127.0.0.1")
    if lib.have_ipv6():
        make_traffic("::1")
    have_sctp = os.path.exists("/proc/net/sctp/snmp")
    for choice in choices():
        if have_sctp or "S" not in choice:  # see lacking()
            lib.like_netstat(choice)


@lib.case("a kernel without SCTP and without IPv6")
def lacking():
    lib.need_netstat()
    counters, known = Counters(), known_counters()
    known.pop("sctp/snmp")
    known.pop("snmp6", None)
    counters.fill(known, lambda group, name: 5)
    counters.same("-s")
    named = counters.run(lib.LSSOCK, "-sS")
    lib.equal(named.out, counters.run(lib.NETSTAT, "-sS").out)
    lib.equal(named.status, 0)
    lib.equal(named.err, "lssock: no counters of SCTP: it is not in this kernel, or its module is "
                         "not loaded\n")
    named = counters.run(lib.LSSOCK, "-s6t")
    lib.that(named.out.startswith("Tcp:\n") and named.status == 0, str(named))
    lib.equal(named.err, "lssock: no counters of IPv6: it is not in this kernel\n")
    lib.equal(counters.run(lib.LSSOCK, "-s", "--json").err, "")


@lib.case("what cannot be read is told")
def unreadable():
    counters, known = Counters(), known_counters()
    counters.fill(known, lambda group, name: 5)
    os.unlink(counters.path + "/netstat")
    partial = counters.run(lib.LSSOCK, "-s")
    lib.equal(partial.status, 3)
    lib.that("cannot read /proc/net/netstat (" in partial.err, str(partial))
    lib.that("Udp:\n    5 packets received\n" in partial.out, str(partial))
    lib.that("TcpExt" not in partial.out, str(partial))
    data = counters.run(lib.LSSOCK, "-s", "--json")
    lib.equal((data.status, json.loads(data.out)["complete"]), (3, False))
    for name in known:
        if name != "netstat":
            os.unlink(os.path.join(counters.path, name))
    failed = counters.run(lib.LSSOCK, "-s")
    lib.equal((failed.status, failed.out), (4, ""))
    lib.that("no counter can be read" in failed.err, str(failed))


@lib.case("damaged files cost what is damaged, and never more")
def damaged():
    counters = Counters()
    counters.put("netstat", "TcpExt: TW\nTcpExt: 4\n")
    counters.put("snmp", "Ip: InReceives OutRequests\nIp: 1 x\nUdp: InDatagrams\n"
                         "Tcp: InSegs\nTcp: 7\n\x1b[31m: A\n\x1b[31m: 1\n")
    result = counters.run(lib.LSSOCK, "-s")
    lib.equal(result.out, "Ip:\n    1 total packets received\nTcp:\n    7 segments received\n"
                          "TcpExt:\n    4 TCP sockets finished time wait in fast timer\n")
    lib.equal(result.status, 3)
    lib.that("in /proc/net/snmp 4 counters or lines are damaged" in result.err, str(result))


def expected_data(files, value):
    """{group: {name: value}} as the data should have it."""
    want = {}
    for file, groups in files.items():
        for group, names in groups:
            for name in names:
                of = group or ("Sctp" if file == "sctp/snmp" else name.split("6", 1)[0] + "6")
                want.setdefault(of, {})[name] = value(group, name)
    return want


def number_of(group, name):
    return -1 if name == "MaxConn" else hash((group, name)) % 2**64


@lib.case("data has every counter by the kernel's name, of both families")
def data():
    counters, known = Counters(), known_counters()
    counters.fill(known, number_of)
    want = expected_data(known, number_of)
    for form in ("--json", "--jsonl"):
        result = counters.run(lib.LSSOCK, "-s", form)
        lib.equal(result.status, 0, str(result))
        document = json.loads(result.out)
        lib.equal(document["counters"], want)
        lib.equal((document["view"], document["complete"]), ("statistics", True))
        lib.that("rates_per_s" not in document, "no rate without a second round")
        lib.equal(result.out.count("\n"), 1)
    rows = list(csv.reader(io.StringIO(counters.run(lib.LSSOCK, "-s", "--csv").out)))
    lib.equal(rows[0], ["group", "name", "value"])
    flat = [[g, n, str(v)] for g, names in want.items() for n, v in names.items()]
    lib.equal(sorted(rows[1:]), sorted(flat))
    lib.equal(list(csv.reader(io.StringIO(counters.run(lib.LSSOCK, "-sH", "--csv").out))),
              rows[1:])


@lib.case("data of some protocols and one family")
def chosen_data():
    counters, known = Counters(), known_counters()
    counters.fill(known, number_of)

    def groups(*args):
        return set(json.loads(counters.run(lib.LSSOCK, "-s", "--json", *args).out)["counters"])

    lib.that({"Tcp", "TcpExt"} <= groups("-t"), "-t")
    lib.that(not {"Udp", "Udp6", "Ip", "Icmp6", "Sctp"} & groups("-t"), "-t without the others")
    lib.that("Ip6" not in groups("-4") and "Sctp" in groups("-4"), "-4")
    if lib.have_ipv6():
        lib.that({"Udp", "Udp6"} <= groups("-u"), "-u has both families")
        lib.that({"Ip6", "Icmp6", "Udp6", "Tcp"} <= groups("-6"), "-6")
        lib.that("Ip" not in groups("-6"), "-6 without IPv4")


@lib.case("both families in one text, TCP once")
def both_families():
    counters, known = Counters(), known_counters()
    counters.fill(known, lambda group, name: 5)
    if not lib.have_ipv6():
        raise lib.Skip("no IPv6 here")
    both = counters.run(lib.LSSOCK, "-s46")
    lib.equal(both.status, 0)
    first = counters.run(lib.LSSOCK, "-s4").out
    second = counters.run(lib.LSSOCK, "-s6").out
    lib.equal(both.out, first + second[: second.index("Tcp:\n")])


@lib.case("UNIX sockets have no counters, and that is said")
def unix_sockets():
    alone = lib.lssock("-sx")
    lib.equal((alone.status, alone.out), (0, ""))
    lib.that("no counters of UNIX sockets" in alone.err, str(alone))
    with_tcp = lib.lssock("-sxt")
    lib.that("Tcp:\n" in with_tcp.out and "Udp:\n" not in with_tcp.out, str(with_tcp))


@lib.case("rounds tell what changed, and how fast")
def rounds():
    read_end, write_end = os.pipe()
    command = [lib.LSSOCK, "-s", "-c0.2", "--jsonl"]
    pid, _ = lib.fork_child(lambda say: (os.dup2(write_end, 1), say("begun"),
                                         os.execv(command[0], command)))
    os.close(write_end)
    documents, up = [], 0
    with os.fdopen(read_end, encoding="utf-8") as pipe:
        for _ in range(4):
            documents.append(json.loads(pipe.readline()))
            make_traffic("127.0.0.1")
    lib.end_child(pid)
    for before, now in zip(documents, documents[1:]):
        seconds = now["interval_ms"] / 1000
        for group, rates in now["rates_per_s"].items():
            for name, rate in rates.items():
                moved = now["counters"][group][name] - before["counters"][group][name]
                up += moved > 0
                # The interval is told in whole milliseconds, the rate in hundredths.
                lib.that(abs(rate * seconds - moved) <= 0.02 + seconds * 0.011 + moved * 0.02,
                         f"{group}.{name}: {moved} in {seconds} s is {rate}")
    lib.that(up > 0, "something was counted")
    rates = documents[-1]["rates_per_s"]["Tcp"]
    lib.that("ActiveOpens" in rates and "CurrEstab" not in rates and "RtoMax" not in rates,
             f"a level has no rate: {rates}")


@lib.case("further rounds of text have only what changed")
def text_rounds():
    read_end, write_end = os.pipe()
    command = [lib.LSSOCK, "-su", "-c0.2"]
    pid, _ = lib.fork_child(lambda say: (os.dup2(write_end, 1), say("begun"),
                                         os.execv(command[0], command)))
    os.close(write_end)
    with os.fdopen(read_end, encoding="ascii") as pipe:
        line = pipe.readline()
        lib.equal(line, "IcmpMsg:\n")
        while line != "\n":
            lib.that("/s)" not in line, f"a rate in the first round: {line}")
            line = pipe.readline()
        lib.equal(pipe.readline(), "No counter has changed.\n")
        make_traffic("127.0.0.1")
        seen = lib.eventually(lambda: matching_line(pipe, "packets sent"), "the packets")
    lib.end_child(pid)
    lib.that("  (+" in seen and seen.endswith("/s)\n"), seen)


def matching_line(pipe, words):
    line = pipe.readline()
    return line if words in line else None


if __name__ == "__main__":
    lib.enter()
    lib.main()
