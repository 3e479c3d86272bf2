#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Answers of a kernel that is busy, old, new, restricted or broken, one fault at a time: machines in the
form that tests/golden/machine.h describes are made here, and replay runs the program on them. Each
fault has its exit status, one message or none, and rows that are all there or honestly not.
"""

import json
import os
import struct
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, that  # noqa: E402

REPLAY = os.path.join(os.environ.get("abs_top_builddir", ""), "tests", "golden", "replay")
OK, PARTIAL, FAILED = 0, 3, 4
SOCK_DIAG, MULTI, INTERRUPTED = 20, 0x2, 0x10
EPERM, EIO, ENOENT, EINTR, EAGAIN, ENOMEM, EBUSY, EINVAL, EPROTONOSUPPORT, ENOBUFS = (
    1, 5, 2, 4, 11, 12, 16, 22, 93, 105)
PORTS = (443, 444, 445)


# --- what the kernel sends -----------------------------------------------------------------------


def attribute(kind, data, length=None):
    length = len(data) + 4 if length is None else length
    return struct.pack("<HH", length, kind) + data + bytes(-len(data) % 4)


def diag(port, inode=None, queues=(0, 0), uid=1000, state=1):
    """struct inet_diag_msg: 192.0.2.10:port, connected with 198.51.100.7:40000."""
    return (
        struct.pack("<BBBB", 2, state, 0, 0) + struct.pack(">HH", port, 40000) +
        bytes([192, 0, 2, 10]) + bytes(12) + bytes([198, 51, 100, 7]) + bytes(12) +
        struct.pack("<IQ", 0, 0x1000 + port) +
        struct.pack("<IIIII", 0, *queues, uid, 50000 + port if inode is None else inode)
    )


def message(body, kind=SOCK_DIAG, flags=MULTI, length=None, seq=0, pid=0):
    length = 16 + len(body) if length is None else length
    return struct.pack("<IHHII", length, kind, flags, seq, pid) + body + bytes(-len(body) % 4)


def datagram(*messages):
    return "datagram\n" + b"".join(messages).hex(" ") + "\n"


ROWS = [message(diag(port)) for port in PORTS]
WHOLE = datagram(*ROWS)


def proc_line(number, port):
    return (
        f"{number:4}: 0A0200C0:{port:04X} 076433C6:9C40 01 00000000:00000000 00:00000000 00000000"
        f"  1000        0 {50000 + port} 1 0000000000000000 20 4 30 10 -1\n"
    )


HEADER = ("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
          "  timeout inode\n")
PROC = HEADER + "".join(proc_line(number, port) for number, port in enumerate(PORTS))


class Machine:
    made = 0

    def __init__(self, tcp=None, proc=None, deny=0, links=()):
        Machine.made += 1
        self.path = os.path.join(lib.temp_dir(), f"machine{Machine.made}")
        os.makedirs(os.path.join(self.path, "diag"))
        os.makedirs(os.path.join(self.path, "proc", "net"))
        if tcp is not None:
            self.write("diag/tcp", tcp)
        if deny:
            self.write("diag/open", f"deny {-deny}\n")
        if proc is not None:
            self.write("proc/net/tcp", proc)
        for pid, name, target in links:
            os.makedirs(os.path.join(self.path, "proc", str(pid), "fd"), exist_ok=True)
            self.write(f"proc/{pid}/comm", name + "\n")
            os.symlink(target, os.path.join(self.path, "proc", str(pid), "fd", "3"))

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="latin-1") as out:
            out.write(text)

    def run(self, *options):
        return lib.run([REPLAY, self.path, "--", *options])


def ports_of(result):
    return [int(row.split()[3].rsplit(":", 1)[1]) for row in result.rows]


def check(machine, status=OK, says=None, ports=PORTS):
    """
    The table and JSON end with that status and exactly one message that has those words in it (None:
    without any), with these ports, each once.
    """
    table = machine.run("-4tan")
    equal(table.status, status, str(table))
    if says is None:
        equal(table.err, "", str(table))
    else:
        that(table.err.count("\n") == 1 and table.err.startswith("lssock: "), str(table))
        that(says in table.err, str(table))
    equal(ports_of(table), list(ports), str(table))
    data = machine.run("-4tan", "--json")
    equal(data.status, status, str(data))
    document = json.loads(data.out)
    equal(document["complete"], status == OK, str(data))
    equal([row["local_port"] for row in document["sockets"]], list(ports), str(data))
    equal(bool(document["warnings"]), says is not None, str(data))


FAULTS = {
    # --- interrupted, lost, late ---
    "nothing wrong": (dict(tcp=WHOLE), OK, None, PORTS),
    "NLM_F_DUMP_INTR once: asked again": (
        dict(tcp=datagram(message(diag(443), flags=MULTI | INTERRUPTED)) + "again\n" + WHOLE),
        OK, None, PORTS),
    "NLM_F_DUMP_INTR each time: the last answer, and a warning": (
        dict(tcp=datagram(*(message(diag(port), flags=MULTI | INTERRUPTED) for port in PORTS))),
        PARTIAL, "interrupted", PORTS),
    "ENOBUFS in the middle: asked again on a new link": (
        dict(tcp=datagram(ROWS[0]) + f"fail -{ENOBUFS}\nagain\n" + WHOLE), OK, None, PORTS),
    "ENOBUFS each time": (
        dict(tcp=datagram(ROWS[0]) + f"fail -{ENOBUFS}\n"), PARTIAL, "missing", PORTS[:1]),
    "EINTR: no loss and no second request": (
        dict(tcp=f"fail -{EINTR}\n" + datagram(ROWS[0]) + f"fail -{EINTR}\n" + datagram(*ROWS[1:])
             + "again\n"), OK, None, PORTS),
    "no answer: read from /proc": (
        dict(tcp=f"fail -{EAGAIN}\n", proc=PROC), OK, "/proc/net/tcp", PORTS),
    "no answer, and no /proc": (dict(tcp=f"fail -{EAGAIN}\n"), FAILED, "cannot be listed", ()),
    "an answer that stops half-way": (
        dict(tcp=datagram(ROWS[0]) + f"fail -{EAGAIN}\n"), PARTIAL, "missing", PORTS[:1]),
    "a datagram that was cut: asked again with more room": (
        dict(tcp=datagram(*ROWS) + "truncated\nagain\n" + WHOLE), OK, None, PORTS),
    # --- lengths that lie ---
    "nlmsg_len beyond the datagram, once": (
        dict(tcp=datagram(ROWS[0], message(diag(444), length=60000)) + "again\n" + WHOLE),
        OK, None, PORTS),
    "nlmsg_len beyond the datagram, always": (
        dict(tcp=datagram(ROWS[0], message(diag(444), length=60000))),
        PARTIAL, "missing", PORTS[:1]),
    "nlmsg_len of 4, always": (
        dict(tcp=datagram(ROWS[0], message(diag(444), length=4))), PARTIAL, "missing", PORTS[:1]),
    "nlmsg_len of 0, always": (
        dict(tcp=datagram(ROWS[0], message(diag(444), length=0))), PARTIAL, "missing", PORTS[:1]),
    "a message shorter than a socket": (
        dict(tcp=datagram(ROWS[0], message(diag(444)[:20]), ROWS[2])), PARTIAL,
        "1 damaged message", (443, 445)),
    "attributes of length 0, 1 and 65535": (
        dict(tcp=datagram(*(message(diag(port) + attribute(8, b"\0", length))
                            for port, length in zip(PORTS, (0, 1, 0xFFFF))))),
        PARTIAL, "3 messages from the kernel had a damaged attribute", PORTS),
    # --- what is new, or for others ---
    "unknown attributes": (
        dict(tcp=datagram(*(message(diag(port) + attribute(999, b"12345678") + attribute(0x3FFF, b""))
                            for port in PORTS))), OK, None, PORTS),
    "an unknown type of message": (
        dict(tcp=datagram(ROWS[0], message(bytes(72), kind=99), *ROWS[1:])), OK, None, PORTS),
    "from another port than the kernel's": (
        dict(tcp=datagram(message(diag(666))) + "from 4711\n" + WHOLE), OK, None, PORTS),
    "a number of another request": (
        dict(tcp=datagram(message(diag(666), seq=7)) + WHOLE), OK, None, PORTS),
    "for another port than ours": (
        dict(tcp=datagram(message(diag(666), pid=7)) + WHOLE), OK, None, PORTS),
    "a longer struct inet_diag_msg than any so far, by one attribute of each length": (
        dict(tcp=datagram(*(message(diag(port) + attribute(2, bytes(size)))
                            for port, size in zip(PORTS, (100, 280, 400))))), OK, None, PORTS),
    # --- ends ---
    "an error in the middle": (
        dict(tcp=datagram(ROWS[0]) + f"errno -{ENOMEM}\n"), PARTIAL, "missing", PORTS[:1]),
    "an acknowledgement": (dict(tcp=WHOLE + "errno 0\n"), OK, None, PORTS),
    "NLMSG_DONE with an error": (
        dict(tcp=datagram(ROWS[0]) + f"done -{ENOMEM}\n"), PARTIAL, "missing", PORTS[:1]),
    "NLMSG_DONE without a payload": (dict(tcp=WHOLE + "done\n"), OK, None, PORTS),
    # --- not to be had ---
    "no handler for TCP (ENOENT)": (dict(proc=PROC), OK, "/proc/net/tcp", PORTS),
    "an old kernel (EINVAL)": (
        dict(tcp=f"errno -{EINVAL}\n", proc=PROC), OK, "/proc/net/tcp", PORTS),
    "EPROTONOSUPPORT": (
        dict(tcp=f"errno -{EPROTONOSUPPORT}\n", proc=PROC), OK, "/proc/net/tcp", PORTS),
    "EPERM for the request": (
        dict(tcp=f"errno -{EPERM}\n", proc=PROC), OK, "/proc/net/tcp", PORTS),
    "EBUSY for the request": (
        dict(tcp=f"errno -{EBUSY}\n", proc=PROC), OK, "/proc/net/tcp", PORTS),
    "netlink denied": (dict(deny=EPERM, proc=PROC), OK, "/proc/net", PORTS),
    "netlink denied and no /proc": (dict(deny=EPERM), FAILED, "cannot be listed", ()),
    # --- /proc/net/tcp ---
    "/proc: no newline at the end": (dict(deny=EPERM, proc=PROC[:-1]), OK, "/proc/net", PORTS),
    "/proc: a header and nothing": (dict(deny=EPERM, proc=HEADER), OK, "/proc/net", ()),
}

for FAULT, (MACHINE, STATUS, SAYS, WANTED) in FAULTS.items():

    @case(FAULT)
    def fault(machine=MACHINE, status=STATUS, says=SAYS, wanted=WANTED):
        check(Machine(**machine), status, says, wanted)


@case("/proc: lines that are no sockets are counted, and the rest is listed")
def proc_damage():
    wrong = ("garbage\n", proc_line(9, 447)[:60] + "\n", proc_line(9, 447).replace(" 01 ", " 1FF "),
             proc_line(9, 447).replace("50447", "18446744073709551616"), "x" * 9000 + "\n")
    lines = PROC.splitlines(keepends=True)
    for line in wrong:
        machine = Machine(deny=EPERM, proc="".join(lines[:2]) + line + "".join(lines[2:]))
        result = machine.run("-4tan")
        equal((result.status, ports_of(result)), (PARTIAL, list(PORTS)), str(result))
        that("1 line could not be understood" in result.err, str(result))
        equal(result.err.count("\n"), 2, str(result))  # this, and that netlink is denied
    # A state that nobody knows yet is a number.
    newer = Machine(deny=EPERM, proc=PROC.replace(" 01 ", " FF ", 1)).run("-4tan")
    equal((newer.status, [row.split()[5] for row in newer.rows]),
          (OK, ["255", "ESTABLISHED", "ESTABLISHED"]), str(newer))
    result = Machine(deny=EPERM, proc="").run("-4tan")
    equal(result.status, PARTIAL, str(result))
    that("without even its header" in result.err, str(result))


@case("no inode, and inodes beyond 32 bits: no socket gets the owner of another")
def inodes():
    links = [(77, "zero", "socket:[0]"), (78, "large", "socket:[4295017739]"),
             (79, "right", "socket:[50444]")]
    rows = [message(diag(443, inode=0)), message(diag(444)), message(diag(445))]
    machine = Machine(tcp=datagram(*rows), links=links)
    result = machine.run("-4tanp")
    equal([row.split()[6] for row in result.rows], ["-", "79/right", "-"], str(result))
    # 4295017739 is 50443 in 32 bits, and netlink has no more of it; /proc has all digits.
    owners = [row.split()[6] for row in Machine(tcp=WHOLE, links=links).run("-4tanp").rows]
    equal(owners, ["78/large", "79/right", "-"])
    machine = Machine(deny=EPERM, proc=PROC.replace("50443", "4295017739"), links=links)
    owners = {row.split()[3][-3:]: row.split()[6] for row in machine.run("-4tanp").rows}
    equal(owners, {"443": "78/large", "444": "79/right", "445": "-"})
    data = json.loads(machine.run("-4tan", "--json").out)
    equal([row["inode"] for row in data["sockets"]], [4295017739, 50444, 50445])


@case("queues and users up to 4294967295 are numbers without a sign")
def large_numbers():
    rows = [message(diag(443, queues=(0xFFFFFFFF, 3000000000), uid=0xFFFFFFFE))]
    machine = Machine(tcp=datagram(*rows))
    row = machine.run("-4tane").rows[0].split()
    equal(row[1:3], ["4294967295", "3000000000"])
    equal(row[6], "4294967294")
    entry = json.loads(machine.run("-4tan", "--json").out)["sockets"][0]
    equal((entry["recv_q"], entry["send_q"], entry["uid"]), (0xFFFFFFFF, 3000000000, 0xFFFFFFFE))


@case("tcp_info of every length: a fact is there only where all of it was sent")
def info_lengths():
    info = bytearray(280)
    struct.pack_into("<I", info, 68, 1234)  # tcpi_rtt
    struct.pack_into("<Q", info, 120, 5678)  # tcpi_bytes_acked
    for size in (0, 4, 68, 71, 72, 120, 127, 128, 232, 280):
        machine = Machine(tcp=datagram(message(diag(443) + attribute(2, bytes(info[:size])))))
        result = machine.run("-4tan", "--json", "--columns=rtt,bytes_acked")
        equal((result.status, result.err), (OK, ""), str(result))
        entry = json.loads(result.out)["sockets"][0]
        equal(entry["rtt"], 1234 if size >= 72 else None, str(size))
        equal(entry["bytes_acked"], 5678 if size >= 128 else None, str(size))


@case("a long answer: each row once, also when the kernel sends all of it twice")
def long_answer():
    parts = [datagram(*(message(diag(1000 + 100 * part + number)) for number in range(100)))
             for part in range(50)]
    for text in ("".join(parts), "".join(part + part for part in parts)):
        result = Machine(tcp=text).run("-4tanH")
        equal(result.status, OK, str(result)[:300])
        equal(ports_of(result), list(range(1000, 6000)))


lib.enter()
if not os.path.exists(REPLAY):
    print("1..0 # SKIP tests/golden/replay is not built")
    sys.exit(0)
lib.main()
