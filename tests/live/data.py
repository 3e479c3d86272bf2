#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Fields and data: --columns, --json, --jsonl, --csv, --sort, --top, -q, what the kernel is asked for,
and the examples with jq of the manual page. Whatever names the sockets and programs have, all forms
tell of the same sockets, and Python's own readers take them at their strictest.
"""

import contextlib
import csv
import errno
import fcntl
import io
import json
import os
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import equal, lssock, lssock_ok, on_terminal, that  # noqa: E402
from scene import kernel_rows  # noqa: E402

OK, NO, USAGE, PARTIAL, FAILED = 0, 1, 2, 3, 4
NOBODY = 65534
TOP = os.environ.get("abs_top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                                       "..", "..")
TOP = os.path.abspath(TOP)
SCHEMA = os.path.join(TOP, "doc", "lssock.schema.json")
SERVER, IDLE, FULL, BACKLOG, WAITED = 8080, 5432, 7000, 7001, 8181

# What UNIX sockets are bound to here; "@" stands for the NUL of an abstract name.
NAMES = [
    b"plain.sock",
    b"two words",
    b"comma,\"quote\";'",
    b"=1+1",
    b"line\nfeed\r\n\ttab",
    b"\x1b[31mred\x07",
    b"back\\slash \\x41",
    b"\xff\xfe not UTF-8 \xc3",
    "gr\u00fc\u00df \u4f60\u597d".encode(),
    "\u202egnp.exe \u200b\u2028".encode(),
    b"@at",
    b"-",
    b"\"\"",
    b"nul",
    b"\0plain",
    b"\0mid\0dle\0",
    b"\0\xf0\x9f\x98\x80 \x80 {\"end\":true}\n{\"end\":true}",
    b"\0@",
]
PROGRAMS = [b"two words", b"a,\"b\"\n", b"\xff\xfe\\", b"\xc3\xbcml\xc3\xa4ut", b"1/x 2/y", b"\x1b]0;x\x07"]


TIME_WAIT = 6


def case(title):
    """
    Many compare several looks. One whose TIME_WAIT came to an end meanwhile, after its minute, may
    have compared looks with and without it, and is made again.
    """

    def add(function):
        def body():
            before = {row[:2] for row in kernel_rows() if row[2] == TIME_WAIT}
            try:
                function()
            except (lib.Failure, IndexError):
                if before <= {row[:2] for row in kernel_rows() if row[2] == TIME_WAIT}:
                    raise
                function()

        lib.case(title)(body)
        return function

    return add


# --- the population -------------------------------------------------------------------------------


def named(name):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(name)
    sock.listen(7)
    return sock


def populate():
    """Sockets of every kind, kept open by what is returned."""
    kept = [lib.listen("127.0.0.1", SERVER, backlog=64), lib.listen("0.0.0.0", IDLE)]
    for size in (0, 1000, 300):
        client, accepted = lib.connect_to(kept[0])
        client.sendall(b"x" * size)
        kept += [client, accepted]
    KEPT_LISTENERS["server"] = kept[0]
    need_time_wait()
    kept.append(socket.create_connection(("127.0.0.1", SERVER)))  # not accepted: no owner
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    kept[-1].bind(("127.0.0.1", 5353))
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    kept[-1].connect(("127.0.0.1", 5353))
    if lib.have_ipv6():
        kept += [lib.listen("::", FULL, v6only=False), lib.listen("::1", BACKLOG, v6only=True)]
        kept.append(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
        kept[-1].connect(("::ffff:127.0.0.1", FULL))
    kept += [named(name) for name in NAMES]
    for target in (NAMES[0], NAMES[7], b"\0plain"):
        kept.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        kept[-1].connect(target)
    kept.append(named_peer())
    kept += socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    kept.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    return kept


def need_time_wait():
    """A connection to the server in TIME_WAIT, which lasts a minute, of which a while is left."""
    left = lssock("-tnH", "--columns=timer_ms", f"state time-wait and dport = :{WAITED}").lines
    if any(int(milliseconds) > 20000 for milliseconds in left):
        return
    # A listener of its own: the queue of the other one is not empty.
    if "waited" not in KEPT_LISTENERS:
        KEPT_LISTENERS["waited"] = lib.listen("127.0.0.1", WAITED)
    closing, accepted = lib.connect_to(KEPT_LISTENERS["waited"])
    ends = lib.port_of(closing), WAITED, TIME_WAIT
    closing.close()
    accepted.close()
    lib.eventually(lambda: ends in {row[:3] for row in kernel_rows()}, "TIME_WAIT")


def abort(*sockets):
    """Closes with RST, so that nothing lingers."""
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


def named_peer():
    """A connection to a named socket, which its server has accepted."""
    KEPT_LISTENERS["plain"] = named(b"served.sock")
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(b"served.sock")
    accepted, _ = KEPT_LISTENERS["plain"].accept()
    KEPT_LISTENERS["accepted"] = accepted
    return client


def child_with(name, body):
    """A child of that name; body() answers (what to keep, a text for the parent)."""

    def start(say):
        lib.set_comm(name)
        kept, text = body()
        say(text)
        return kept

    return lib.fork_child(start)


def listening_child(name):
    def body():
        sock = lib.listen()
        return sock, lib.port_of(sock)

    pid, port = child_with(name, body)
    return pid, int(port)


# --- reading the forms ----------------------------------------------------------------------------


def no_double(pairs):
    that(len(dict(pairs)) == len(pairs), f"a key twice: {[key for key, _ in pairs]}")
    return dict(pairs)


def refuse(text):
    raise lib.Failure(f"{text} is no whole number")


def strict_json(text):
    return json.loads(text, object_pairs_hook=no_double, parse_constant=refuse, parse_float=refuse)


def utf8(result):
    """What it printed, as strict UTF-8 without controls."""
    text = result.out.encode("latin-1").decode("utf-8", "strict")
    for char in text.replace("\r\n", "\n").replace("\n", ""):
        that(ord(char) >= 0x20 and not 0x7F <= ord(char) < 0xA0 and char not in "\u202e\u200b\u2028",
             f"{ascii(char)} in {ascii(text[:3000])}")
    return text


def types():
    """name -> type, of --list-columns."""
    rows = [line.split() for line in lssock_ok("--list-columns").lines]
    equal(rows[0][:2], ["Name", "Type"])
    equal([line.split() for line in lssock_ok("--list-columns", "-H").lines], rows[1:])
    return {row[0]: row[1] for row in rows[1:]}


def have_context():
    """Whether processes have a security context here."""
    with contextlib.suppress(OSError), open("/proc/self/attr/current", "rb") as current:
        return current.read(1) != b""
    return False


def unescaped(text, kind=None):
    """The bytes that an escaped text stands for. kind: of a UNIX name, which says what "@" is."""
    if kind == "abstract":
        equal(text[:1], "@")
        text = text[1:]
    data, at = b"", 0
    while at < len(text):
        if text.startswith("\\\\", at):
            data, at = data + b"\\", at + 2
        elif text.startswith("\\x", at):
            data, at = data + bytes([int(text[at + 2:at + 4], 16)]), at + 4
        else:
            that(text[at] != "\\", f"a lone backslash in {ascii(text)}")
            data, at = data + text[at].encode(), at + 1
    return data


def of_type(name, text, kind):
    """A cell as the value that JSON has."""
    if kind == "uint":
        return int(text)
    if kind == "bool":
        equal(text in ("true", "false", "yes", "no"), True, f"{name}: {text!r}")
        return text in ("true", "yes")
    return text


def bytes_of(row, name):
    """A text of JSON as its bytes: what is not UTF-8 has them in NAME_hex."""
    if row[name] is None:
        return None
    if name + "_hex" in row:
        data = bytes.fromhex(row[name + "_hex"])
        equal(unescaped(row[name]), data, f"{name} and {name}_hex")
        with contextlib.suppress(UnicodeDecodeError):
            data.decode()
            raise lib.Failure(f"{name}_hex of what is UTF-8: {data!r}")
        return data
    return row[name].encode()


def only_notes(warnings):
    """What this machine lacks is told, on stderr as well, where lssock_ok() judges it."""
    equal([entry for entry in warnings if entry["level"] != "note"], [])


def from_json(result):
    document = strict_json(utf8(result))
    equal((document["schema_version"], document["complete"]), (1, True))
    only_notes(document["warnings"])
    equal(list(document)[-3:], ["sockets", "complete", "warnings"])
    return document["sockets"]


def from_jsonl(result):
    records = [strict_json(line) for line in utf8(result).split("\n")[:-1]]
    equal([list(record)[0] == "end" for record in records], [False] * (len(records) - 1) + [True])
    equal((records[-1]["end"], records[-1]["complete"]), (True, True))
    only_notes(records[-1]["warnings"])
    return records[:-1]


def data_rows(form, fields, *options):
    """The sockets as --json or --jsonl tell them, texts as bytes."""
    reader = {"--json": from_json, "--jsonl": from_jsonl}[form]
    rows = reader(lssock_ok(form, "--columns=" + ",".join(fields), *options))
    for row in rows:
        equal([key for key in row if not key.endswith("_hex")], list(fields))
        for name in fields:
            if TYPES[name] == "text":
                row[name] = bytes_of(row, name)
            row.pop(name + "_hex", None)
    return rows


def cells_to_row(fields, cells, absent):
    row = {}
    for name, cell in zip(fields, cells):
        kind = row.get("path_kind") if name == "path" else None
        if cell == absent:
            row[name] = None
        elif TYPES[name] == "text":
            row[name] = unescaped(cell, kind)
        else:
            row[name] = of_type(name, cell, TYPES[name])
    return row


def csv_rows(fields, *options):
    text = utf8(lssock_ok("--csv", "--columns=" + ",".join(fields), *options))
    equal(text.count("\r\n"), text.count("\n"), "lines that do not end with CR LF")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    equal(rows[0], list(fields))
    that(all(len(row) == len(fields) for row in rows), "records of different lengths")
    return [cells_to_row(fields, row, "") for row in rows[1:]]


def column_rows(fields, *options):
    result = lssock_ok("-H", "--columns=" + ",".join(fields), *options)
    rows = [line.split() for line in result.lines]
    that(all(len(row) == len(fields) for row in rows), f"a cell that is not one word\n{result.out}")
    return [cells_to_row(fields, row, "-") for row in rows]


def sorted_rows(rows):
    return sorted(rows, key=lambda row: repr(list(row.values())))


def same_rows(got, want, what):
    got, want = [repr(row) for row in sorted_rows(got)], [repr(row) for row in sorted_rows(want)]
    equal("\n".join(got) + "\n", "\n".join(want) + "\n", what)


lib.enter()
BEGAN = time.time()
os.chdir(lib.temp_dir())
KEPT_LISTENERS = {}
TYPES = types()
# All fields that can be asked for here.
HERE = [name for name in TYPES if name != "context" or have_context()]
KEPT = populate()
NAMED = {name: listening_child(name) for name in PROGRAMS}
# After everything: holds all sockets of this process once more.
SHARER, _ = lib.fork_child(lambda say: say("ready"))


# --- the same sockets in every form ---------------------------------------------------------------

INET = ("proto", "family", "state", "recv_q", "send_q", "local_address", "local_port",
        "remote_address", "remote_port", "uid", "inode", "type", "v6only", "backlog", "cookie")
UNIX = ("proto", "type", "state", "path_kind", "path", "inode", "recv_q", "send_q", "refcnt", "uid")


def as_netstat(row):
    """The words of netstat -tuane: what it knows as zero or not at all is null in data."""
    proto = row["proto"] + ("6" if row["family"] == "inet6" else "")
    zero = "::" if row["family"] == "inet6" else "0.0.0.0"
    ends = [f"{(row[a] or zero)}:{row[p] if row[p] is not None else '*'}".replace("::ffff:", "")
            for a, p in (("local_address", "local_port"), ("remote_address", "remote_port"))]
    state = [] if row["state"] == "UNCONNECTED" else [row["state"]]
    return [str(word) for word in (proto, row["recv_q"] or 0, row["send_q"] or 0, *ends, *state,
                                   row["uid"] or 0, row["inode"] or 0)]


@case("Internet sockets: netstat's table, columns, JSON, JSON lines and CSV tell the same")
def same_inet():
    want = data_rows("--json", INET, "-tuan")
    that(len(want) >= 12 + len(NAMED), f"{len(want)} rows")
    for rows in (data_rows("--jsonl", INET, "-tuan"), csv_rows(INET, "-tuan"),
                 column_rows(INET, "-tuan")):
        equal(rows, want)
    table = lib.netstat("-tuane")
    equal(sorted(as_netstat(row) for row in want), sorted(row.split() for row in table.rows))


@case("UNIX sockets with hostile names: the same bytes in columns, JSON, JSON lines and CSV")
def same_unix():
    want = data_rows("--json", UNIX, "-xan")
    bound = {row["path"]: row["path_kind"] for row in want if row["state"] == "LISTEN"}
    for name in NAMES:
        kind, text = ("abstract", name[1:]) if name[:1] == b"\0" else ("path", name)
        that(text in bound, f"{name!r} is not among {list(bound)}")
        equal(sum(row["path"] == text and row["path_kind"] == kind and row["state"] == "LISTEN"
                  for row in want), 1, name)
    for rows in (data_rows("--jsonl", UNIX, "-xan"), csv_rows(UNIX, "-xan"),
                 column_rows(UNIX, "-xan")):
        equal(rows, want)


@case("UNIX sockets: netstat has the same inodes, types and states")
def same_unix_netstat():
    pattern = (r"^unix +(\d+) +\[[^\]]*\] +(STREAM|DGRAM|SEQPACKET) +"
               r"(?:(LISTENING|CONNECTED|CONNECTING) +)?(\d+)")
    words = {"LISTENING": "LISTEN", None: "UNCONNECTED"}
    lib.need_netstat()
    table = [re.match(pattern, line) for line in lib.netstat("-xan").lines]
    want = [(int(row[1]), row[2], words.get(row[3], row[3]), int(row[4])) for row in table if row]
    rows = data_rows("--json", UNIX, "-xan")
    equal(sorted((row["refcnt"], row["type"], row["state"], row["inode"] or 0) for row in rows),
          sorted(want))


def without_timers(rows):
    return [{**row, "timer_ms": row["timer_ms"] is None} for row in rows]


@case("the forms without --columns have the same sockets, and data the same keys in each")
def default_fields():
    for options in ("-tuan", "-xan", "-an", "-tln"):
        rows = from_json(lssock_ok("--json", options))
        equal(without_timers(from_jsonl(lssock_ok("--jsonl", options))), without_timers(rows))
        text = utf8(lssock_ok("--csv", options))
        header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        keys = [key for key in rows[0] if not key.endswith("_hex")]
        equal(header, keys)
        equal(len(lines), len(rows))
        that(all([k for k in row if not k.endswith("_hex")] == keys for row in rows), options)
        table = lssock_ok(options)
        equal(len(rows), sum(re.match(r"(tcp|udp|raw|unix)", line) is not None
                             for line in table.lines), options)


@case("every field by itself: the four forms agree")
def each_field():
    steady = [name for name in HERE if TYPES[name] != "owners" and name not in
              ("timer_ms", "last_data_sent", "last_data_recv", "last_ack_recv", "busy_time")
              and not name.endswith("addresses") and TYPES[name] != "address"]
    for start in range(0, len(steady), 20):
        fields = steady[start:start + 20]
        if "path" in fields:
            fields = ["path_kind", *(name for name in fields if name != "path_kind")]
        fields = [name for name in fields if name != "peer_path"]
        want = data_rows("--json", fields, "-tuan")
        for rows in (data_rows("--jsonl", fields, "-tuan"), csv_rows(fields, "-tuan"),
                     column_rows(fields, "-tuan")):
            equal(rows, want, fields)


@case("absent is null and empty, not 0: TIME_WAIT has no user, inode, rtt; a listener no peer")
def absent():
    need_time_wait()
    fields = ("state", "uid", "inode", "rtt", "remote_address", "remote_port", "timer", "timer_ms")
    waiting = [row for row in data_rows("--json", fields, "-tan") if row["state"] == "TIME_WAIT"]
    that(waiting, "no TIME_WAIT")
    for row in waiting:
        equal((row["uid"], row["inode"], row["rtt"], row["timer"]), (None, None, None, "timewait"))
        that(0 < row["timer_ms"] <= 60000, row)
    for row in data_rows("--json", fields, "-tln"):
        equal((row["uid"], row["remote_address"], row["remote_port"], row["timer_ms"]),
              (0, None, None, None))


@case("64-bit numbers are whole: cookies above 2**53 would be, and are no floats anywhere")
def numbers():
    for row in from_json(lssock_ok("--json", "-an", "--columns=cookie,inode,uid,rtt,pacing_rate")):
        that(all(value is None or isinstance(value, int) for value in row.values()), row)


# --- owners ----------------------------------------------------------------------------------------


def owners_of(inode, *options):
    rows = from_json(lssock_ok("--json", "--columns=inode,owners,owners_status,pid,program", "-an",
                               *options))
    return [row for row in rows if row["inode"] == inode][0]


@case("all owners of a shared socket: in JSON, JSON lines and CSV; the first one in columns")
def shared():
    inode = lib.inode_of(KEPT[0])
    holders = sorted([os.getpid(), SHARER] + [pid for pid, _ in NAMED.values()])
    row = owners_of(inode)
    equal([owner["pid"] for owner in row["owners"]], holders)
    equal((row["owners_status"], row["pid"]), ("known", holders[0]))
    for owner in row["owners"]:
        equal(owner["fd"], KEPT[0].fileno())
    want = " ".join(f"{owner['pid']}/" for owner in row["owners"])
    text = utf8(lssock_ok("--csv", "--columns=owners", "-an", f"inode = {inode}"))
    cell = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1][0]
    equal(" ".join(word.split("/")[0] + "/" for word in cell.split(" ")), want)
    cell = lssock_ok("-H", "--columns=owners", "-an", f"inode = {inode}").lines
    that(len(cell) == 1 and cell[0].startswith(f"{holders[0]}/"), cell)


@case("names of programs: any bytes, and every form gives them back")
def program_names():
    for name, (pid, port) in NAMED.items():
        expression = f"local_port = {port}"
        row = from_json(lssock_ok("--json", "--columns=owners,program,pid", "-tln", expression))[0]
        equal((bytes_of(row["owners"][0], "program"), row["owners"][0]["pid"]), (name, pid))
        equal(bytes_of(row, "program"), name)
        for rows in (csv_rows(("program", "pid"), "-tln", expression),
                     column_rows(("program", "pid"), "-tln", expression)):
            equal(rows, [{"program": name, "pid": pid}])


@case("exe, command line and start of an owner are what /proc says")
def owner_details():
    fields = "--columns=pid,exe,cmdline,start_time,owners"
    row = from_json(lssock_ok("--json", fields, "-tln", f"sport = :{IDLE} and pid = {os.getpid()}"))
    row = row[0] if row else from_json(lssock_ok("--json", fields, "-tln", f"sport = :{IDLE}"))[0]
    with open(f"/proc/{row['pid']}/cmdline", "rb") as cmdline:
        equal(bytes_of(row, "cmdline"), cmdline.read()[:4096])
    equal(row["exe"], os.readlink(f"/proc/{row['pid']}/exe"))
    that(BEGAN - 60 < row["start_time"] < time.time() + 60, f"{row['start_time']}, {BEGAN} and now {time.time()}")


@case("no owner is [] and none; an owner that may not be seen is null and hidden")
def owner_states():
    need_time_wait()
    fields = "--columns=state,inode,owners,owners_status,pid"
    rows = from_json(lssock_ok("--json", fields, "-tan"))
    waiting = [row for row in rows if row["state"] == "TIME_WAIT"]
    that(waiting, rows)
    for row in waiting:
        equal((row["owners"], row["owners_status"], row["pid"]), ([], "none", None))
    lib.need_real_root()
    result = lib.run([lib.public_lssock(), "--json", fields, "-tln"], user=NOBODY, group=NOBODY,
                     extra_groups=[], cwd="/")
    equal(result.status, OK, str(result))
    document = strict_json(utf8(result))
    for row in document["sockets"]:
        equal((row["owners"], row["owners_status"], row["pid"]), (None, "hidden", None))
    equal(document["complete"], True)
    equal([f"lssock: {entry['message']}\n" for entry in document["warnings"]], [result.err])
    equal(document["warnings"][0]["level"], "note")


@case("peers of UNIX sockets: inode and path of the other end")
def peers():
    fields = ("inode", "path", "path_kind", "peer_inode", "peer_path", "peer_path_kind")
    rows = data_rows("--json", fields, "-xan")
    ends = {row["inode"]: row for row in rows}
    server = ends[lib.inode_of(KEPT_LISTENERS["accepted"])]
    client = ends[server["peer_inode"]]
    equal((client["peer_inode"], client["peer_path"], client["peer_path_kind"]),
          (server["inode"], b"served.sock", "path"))
    equal((server["path"], server["peer_path"], server["peer_path_kind"]),
          (b"served.sock", None, None))


@case("the field context where processes have none: absent, and no failure")
def no_context():
    if have_context():
        raise lib.Skip("processes have security contexts here")
    for row in data_rows("--json", ("context", "pid"), "-tln"):
        that(row["context"] is None and row["pid"], row)


# --- the schema ------------------------------------------------------------------------------------


@case("doc/lssock.schema.json: what is printed is valid, and it has every field and no other")
def schema():
    try:
        import jsonschema
    except ImportError:
        raise lib.Skip("python3-jsonschema is not installed") from None
    with open(SCHEMA, encoding="utf-8") as stream:
        text = json.load(stream)
    checker = jsonschema.Draft202012Validator
    checker.check_schema(text)
    every = "--columns=" + ",".join(HERE)
    for options in (("-an",), ("-anpe",), ("-an", "--info"), ("-anp", every), ("-tln", "-o")):
        document = strict_json(utf8(lssock_ok("--json", *options)))
        checker(text).validate(document)
        line = checker({**text, "$ref": "#/$defs/line", "type": "object", "required": [],
                        "properties": {}})
        for record in utf8(lssock_ok("--jsonl", *options)).split("\n")[:-1]:
            line.validate(strict_json(record))
    equal(set(text["$defs"]["socket"]["properties"]), set(TYPES))
    broken = strict_json(utf8(lssock_ok("--json", "-tln")))
    broken["sockets"][0]["local_port"] = "80"
    that(list(checker(text).iter_errors(broken)), "the validator finds no fault with a wrong type")


@case("--json: what is missing is told in it as on stderr, and complete is false")
def incomplete():
    if lib.have_protocol(socket.AF_INET, socket.SOCK_STREAM, 132):
        raise lib.Skip("this kernel has SCTP: nothing is missing")
    for form in ("--json", "--jsonl"):
        result = lssock(form, "-tSan")
        equal(result.status, PARTIAL, str(result))
        text = utf8(result)
        end = strict_json(text) if form == "--json" else strict_json(text.split("\n")[-2])
        equal(end["complete"], False)
        equal([(entry["level"], f"lssock: {entry['message']}") for entry in end["warnings"]],
              [("partial", line) for line in result.err.split("\n")[:-1]])


@case("-c: a document a round in JSON, a begin and an end a round in JSON lines, one header in CSV")
def rounds():
    repeat = ("-tln", "-c0.01", "--count=3")
    decoder = json.JSONDecoder(object_pairs_hook=no_double)
    text, count = utf8(lssock_ok("--json", *repeat)), 0
    while text:
        document, at = decoder.raw_decode(text)
        that(document["sockets"], "no sockets")
        text, count = text[at:].lstrip("\n"), count + 1
    equal(count, 3)
    lines = [strict_json(line) for line in utf8(lssock_ok("--jsonl", *repeat)).split("\n")[:-1]]
    marks = [(list(line)[0], line["round"]) for line in lines if "round" in line]
    equal(marks, [(word, n) for n in (1, 2, 3) for word in ("begin", "end")])
    equal(("begin" in lines[0], "end" in lines[-1]), (True, True))
    times = [line["time"] for line in lines if "round" in line]
    equal(times[::2], times[1::2], "begin and end have the time of their round")
    rows = [line for line in lines if "round" not in line]
    equal(len(rows), 3 * len(from_jsonl(lssock_ok("--jsonl", *repeat[:-2]))))
    text = utf8(lssock_ok("--csv", *repeat))
    equal(text.count("proto,family,"), 1)


# --- columns, sort, top ----------------------------------------------------------------------------


def header(*options):
    return lssock_ok(*options).lines[0].split()


@case("--columns: names with - or _, +NAME adds, -NAME takes away, what is wrong is status 2")
def columns():
    usual = header("-tan", "--columns=+rtt")
    equal(usual[-1], "RTT")
    equal(header("-tan", "--columns=+rtt,-proto"), usual[1:])
    equal(header("-tan", "--columns", "+rtt,-recv-q,-send_q"), usual[:1] + usual[3:])
    equal(header("-tan", "--columns=local-port,state"), header("-tan", "--columns=local_port,state"))
    equal(header("-tan", "--columns=Local-Port,RTT-Var"), ["Local-Port", "RTT-Var"])
    data = from_json(lssock_ok("--json", "-tln"))[0]
    less = from_json(lssock_ok("--json", "-tln", "--columns=+rtt,-cookie,-inode"))[0]
    equal(list(less), [key for key in data if key not in ("cookie", "inode")] + ["rtt"])
    for wrong in ("nope", "rtt,nope", "+nope", "", "rt", ",", "rtt,", "rtt,,mss"):
        result = lssock("-tan", "--columns=" + wrong)
        equal((result.status, result.out), (USAGE, ""), f"--columns={wrong}: {result}")
    for option in ("--sort=nope", "--sort=", "--top=0", "--top=-1", "--top=x", "--sort=rtt,,mss"):
        result = lssock("-tan", option)
        equal((result.status, result.out), (USAGE, ""), f"{option}: {result}")


@case("--sort: by numbers and texts, both ways, absent last; --top: the first so many")
def sort():
    fields = ("recv_q", "bytes_received", "local_port")
    rows = data_rows("--json", fields, "-tan")
    for sign in ("", "-"):
        got = data_rows("--json", fields, "-tan", f"--sort={sign}bytes_received,local_port")
        same_rows(got, rows, "the same rows, sorted")
        known = [row for row in got if row["bytes_received"] is not None]
        equal(got[:len(known)], known, "absent ones come last")
        turn = -1 if sign else 1
        equal(known, sorted(known, key=lambda r: (turn * r["bytes_received"], r["local_port"])))
        for form in (csv_rows, column_rows):
            equal(form(fields, "-tan", f"--sort={sign}bytes_received,local_port"), got)
        equal(data_rows("--jsonl", fields, "-tan", f"--sort={sign}bytes_received,local_port",
                        "--top=3"), got[:3])
    paths = [row["path"] for row in data_rows("--json", ("path",), "-xln", "--sort=path")]
    equal(paths, sorted(paths))
    equal(len(data_rows("--json", fields, "-tan", "--top=100000")), len(rows))
    equal(len(lssock_ok("-Htan", "--top=2").lines), 2)
    table = [line.split()[1] for line in lssock_ok("-Htan", "--sort=-recv_q").lines]
    equal(table, sorted(table, key=int, reverse=True))


@case("--sort over Internet and UNIX sockets together")
def sort_all():
    rows = data_rows("--json", ("proto", "inode"), "-an", "--sort=inode")
    known = [row["inode"] for row in rows if row["inode"] is not None]
    equal(known, sorted(known))
    top = data_rows("--json", ("proto", "inode"), "-an", "--sort=-inode", "--top=3")
    equal([row["inode"] for row in top], sorted(known, reverse=True)[:3])


@case("--info and --memory: columns of a table, and fields added to data")
def presets():
    for option, some in (("--info", ("RTT", "Cwnd")), ("--memory", ("Drops",))):
        titles = header("-tan", option)
        that(all(name in titles for name in some), titles)
    both = header("-tan", "--info", "--memory")
    that("RTT" in both and "Drops" in both and both.count("State") == 1, both)
    row = from_json(lssock_ok("--json", "-tan", "--info", "--memory"))[0]
    that({"rtt", "cwnd", "mem_rcvbuf", "inode"} <= set(row), row)


# --- questions -------------------------------------------------------------------------------------


def asked(*options, **popen):
    result = lssock("-q", *options, **popen)
    equal(result.out, "", "-q prints nothing")
    return result.status


@case("-q: 0 when a socket matches, 1 when none does, 2 for a wrong expression; prints nothing")
def quiet():
    for status, words in (
        (OK, ["state listening and sport = :5432"]),
        (OK, ["state", "listening", "sport", "=", f":{SERVER}"]),
        (NO, ["state listening sport = :1"]),
        (NO, ["-u", "sport = :8080"]),
        (OK, ["-t", f"dport = :{SERVER}"]),
        (NO, ["-x", "sport = :8080"]),
        (OK, ["-xl", "path = plain.sock"]),
        (NO, ["-xl", "path = plain.soc"]),
        (OK, ["-l", "program = 'two words'"]),
        (NO, ["-l", "program = nobody-has-it"]),
        (OK, ["-t", "recv_q > 500B and recv_q < 1K"]),
        (NO, ["-t", "recv_q > 1K"]),
        (OK, []),
        (USAGE, ["sport = "]),
        (USAGE, ["nonsense"]),
        (USAGE, ["--json", "--columns=nope"]),
    ):
        equal(asked(*words), status, f"-q {words}")
    equal(asked("--json", "-tln"), OK)


@case("-q that could not look: 3 or 4 instead of no; a match that was seen is still yes")
def quiet_blind():
    if not lib.have_protocol(socket.AF_INET, socket.SOCK_STREAM, 132):
        equal(asked("-tS", "state listening sport = :1"), PARTIAL)
        equal(asked("-tS", f"state listening sport = :{SERVER}"), OK)
    lib.need_mounts()
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, which needs /proc itself")

    def no_files():
        lib.call(lib.libc.unshare, lib.CLONE_NEWNS)
        lib.call(lib.libc.mount, b"none", b"/proc", b"tmpfs", 0, None)
        resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))

    equal(asked("-t", "state listening sport = :1", preexec_fn=no_files), FAILED)


@case("wrong expressions: status 2, the text with a mark below the word")
def marks():
    for words, mark in (
        (["sport = :http-nobody-has"], ":http-nobody-has"),
        (["( sport = :80"], ""),
        (["rtt > 5mb"], "5mb"),
        (["state waiting"], "waiting"),
        (["dst 300.1.1.1/8"], "300.1.1.1/8"),
        (["proto = tpc"], "tpc"),
    ):
        result = lssock("-tan", *words)
        equal((result.status, result.out), (USAGE, ""), str(result))
        lines = result.err.split("\n")
        equal(len(lines), 4, str(result))
        start = lines[2].index("^")
        equal(lines[2].strip("lsock: ").count("^"), max(1, len(mark)), str(result))
        equal(lines[1][start:start + len(mark)], mark, str(result))


# What ss and we both take, where ss is right: families named by -t4, no bug of its grammar in it.
LIKE_SS = [
    "sport = :8080", "dport = :8080 and src 127.0.0.1", "not sport = :8080", "sport > :8080",
    "dst 127/8", "src 127.0.0.0/8", "( sport = :8080 or dport = :8080 ) and dst 127.0.0.1",
    "sport != :5432", "sport >= :5432 and sport le :8080", "src 127.0.0.1:8080",
    "! ( sport = :8080 )", "state time-wait", "state listening", "exclude listening",
    "state connected sport = :8080", "state big", "state bucket", "state synchronized",
    "exclude established sport = :8080",
]


@case("ss lists the same sockets for the same expressions")
def like_ss():
    ss = lib.need_program("ss")
    for expression in LIKE_SS:
        done = lib.run([ss, "-Htna4", *expression.split()])
        equal(done.status, OK, str(done))
        theirs = sorted(tuple(line.split()[-2:]) for line in done.lines)
        rows = data_rows("--json", INET, "-tna4", expression)
        ours = sorted(tuple(f"{row[a] or '0.0.0.0'}:{'*' if row[p] is None else row[p]}"
                            for a, p in (("local_address", "local_port"),
                                         ("remote_address", "remote_port"))) for row in rows)
        equal(ours, theirs, expression)


# --- what it costs ---------------------------------------------------------------------------------


def extensions_asked(*options):
    """The extensions in the requests for TCP, as strace shows idiag_ext."""
    tracer = lib.need_program("strace")
    env = {"ASAN_OPTIONS": "detect_leaks=0"} if lib.is_sanitized() else {}
    done = lib.run([tracer, "-v", "-o", "calls", "-e", "trace=sendto,sendmsg", lib.LSSOCK, *options],
                   env=env)
    with open("calls", errors="replace") as calls:
        text = calls.read()
    if "PTRACE" in done.err or not text:
        raise lib.Skip("strace may not trace here")
    equal(done.status, OK, str(done))
    found = re.findall(r"(?:sdiag_protocol=IPPROTO_TCP, |TCPDIAG_GETSOCK.*?)idiag_ext=([^,]*),", text)
    that(found, text)
    equal(len(set(found)), 1, "TCP over IPv4 and IPv6 are asked the same")
    return set(re.findall(r"INET_DIAG_\w+", found[0])) | (set() if "INET" in found[0] else
                                                         {found[0]} - {"0"})


@case("the kernel is asked for an extension only when a field in use needs it")
def extensions():
    info, memory, congestion = {"INET_DIAG_INFO"}, {"INET_DIAG_SKMEMINFO"}, {"INET_DIAG_CONG"}
    for options, want in (
        (("-tan",), set()),
        (("-tanp",), set()),
        (("-tan", "--columns=local_port,state,recv_q,uid,inode"), set()),
        (("--json", "-tan"), set()),
        (("--csv", "-tan"), set()),
        (("-tan", "sport = :8080 and recv_q > 0"), set()),
        (("-tan", "--columns=rtt"), info),
        (("-tan", "--columns=state", "--sort=rtt"), info),
        (("-tan", "rtt > 5ms"), info),
        (("-q", "-ta", "retrans_total > 100000 or rtt >= 0us"), info),
        (("-tan", "--columns=mem_rmem"), memory),
        (("-tan", "--memory"), memory),
        (("-tan", "drops > 0"), memory),
        (("-tan", "--columns=congestion"), congestion),
        (("-tan", "--info"), info | congestion),
        (("-tan", "--columns=+rtt,-rtt"), set()),
    ):
        equal(extensions_asked(*options), want, options)


def peak(*options):
    """(peak resident kB, bytes read): VmHWM seen while lssock waits for its reader."""
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, 1031, 4096)  # F_SETPIPE_SZ
    process = subprocess.Popen([lib.LSSOCK, *options], stdin=subprocess.DEVNULL, stdout=theirs)
    os.close(theirs)
    most, lines = 0, 0
    while part := os.read(ours, 65536):
        lines += part.count(b"\n")
        with contextlib.suppress(OSError), open(f"/proc/{process.pid}/status") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
            most = max(most, int(found[1]) if found else 0)
    os.close(ours)
    equal(process.wait(lib.PATIENCE), OK)
    return most, lines


def crowd(count):
    """A child with so many UDP sockets."""

    def body(say):
        sockets = []
        for _ in range(count):
            sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sockets[-1].bind(("127.0.0.1", 0))
        say("ready")
        return sockets

    return lib.fork_child(body)[0]


@case("--jsonl and --csv of 20,000 sockets cost less than 1 MiB more than of 200")
def memory():
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer")
    want = 10200
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < want:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (want, want))
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < want:
        raise lib.Skip("too few file descriptors")
    pid = crowd(200)
    before = {form: peak(form, "-uan", "--memory") for form in ("--jsonl", "--csv", "--json")}
    lib.end_child(pid)
    pids = [crowd(10000), crowd(10000)]
    for form, (few, lines) in before.items():
        many, more_lines = peak(form, "-uan", "--memory")
        that(200 <= lines < 300 and more_lines >= 20000, f"{lines} and {more_lines} lines")
        that(few > 500 and many - few < 1024, f"{form}: {few} kB, then {many} kB")
    for pid in pids:
        lib.end_child(pid)


# --- a terminal ------------------------------------------------------------------------------------


def without_colour(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


WIDE = ("-an", "--columns=proto,state,local_address,local_port,path,cgroup,program,cmdline")


@case("a terminal: no line is wider, every socket has one; a pipe: nothing is cut")
def widths():
    whole = lssock_ok(*WIDE)
    that("\x1b" not in whole.out, "colours in a pipe")
    equal(lssock_ok(*WIDE, env={"COLUMNS": "40"}).out, whole.out, "COLUMNS in a pipe")
    that(max(map(len, whole.lines)) > 100, "nothing here is wide")
    for width in (20, 40, 80, 132, 200):
        for env, limit in (({}, width), ({"COLUMNS": "60"}, 60), ({"COLUMNS": "x"}, width)):
            lines = without_colour(on_terminal(width, *WIDE, env=env)).split("\n")[:-1]
            equal(len(lines), len(whole.lines), f"{width}")
            widest = max(lines, key=len)
            that(len(widest) <= limit, f"{len(widest)} > {limit}: {widest!r}")
    wide = without_colour(on_terminal(2000, *WIDE))
    equal([line.split() for line in wide.split("\n")[:-1]], [line.split() for line in whole.lines])


@case("a terminal: state in colour, NO_COLOR without, the words are the same")
def colours():
    coloured = on_terminal(200, "-tan", "--columns=state,local_port")
    that("\x1b[" in coloured, ascii(coloured))
    plain = on_terminal(200, "-tan", "--columns=state,local_port", env={"NO_COLOR": "1"})
    that("\x1b" not in plain, ascii(plain))
    equal(without_colour(coloured), plain)
    equal("\x1b[" in on_terminal(200, "-tan", "--columns=state", env={"NO_COLOR": ""}), True)
    for options in (("--json", "-tan"), ("--jsonl", "-tan"), ("--csv", "-tan"), ("-tan",)):
        that("\x1b" not in on_terminal(80, *options), f"colours in {options}")


@case("a terminal: what hostile names hold never reaches it as it is")
def terminal_names():
    text = on_terminal(80, "-xanp", "--columns=path,program,owners", env={"NO_COLOR": "1"})
    bad = re.sub(r"[\n -~]", "", text)
    equal(bad, "")
    text = on_terminal(80, "-xanp", "--columns=path,program", env={"NO_COLOR": "1",
                                                                   "LC_ALL": "C.UTF-8"})
    bad = re.sub(r"[\n -~]", "", text.encode("latin-1").decode("utf-8", "strict"))
    that(not set(bad) & set("\u202e\u200b\u2028\x1b\x07"), ascii(bad))


# --- loss and delay --------------------------------------------------------------------------------

EXAMPLE = ("-tn", "--columns=local_address,local_port,state,rtt,retrans_total", "--sort=-rtt",
           "--top=10")


def retransmits(sender, receiver):
    """Sends until segments of the connection had to be sent again; returns its row."""
    port = sender.getsockname()[1]
    sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sender.setblocking(False)
    receiver.setblocking(False)

    def again():
        with contextlib.suppress(BlockingIOError):
            for _ in range(10):
                sender.send(b"x" * 100)
        with contextlib.suppress(BlockingIOError):
            receiver.recv(100000)
        rows = column_rows(("local_port", "rtt", "retrans_total"), "-tn", f"sport = :{port}",
                           "retrans_total > 0")
        return rows

    return lib.eventually(again, "a retransmission")[0]


@case("rtt and retrans_total of a connection that loses a third of its segments")
def lossy():
    listener = lib.listen()
    sender, receiver = lib.connect_to(listener)
    # A socket filter that keeps a segment when a random number is above a third: BPF_RANDOM.
    code = struct.pack("HBBI", 0x20, 0, 0, (0xFFFFF000 + 56) & 0xFFFFFFFF)
    code += struct.pack("HBBI", 0x35, 0, 1, 0x55555555)
    code += struct.pack("HBBI", 0x06, 0, 0, 0xFFFFFFFF) + struct.pack("HBBI", 0x06, 0, 0, 0)
    keep = lib.ctypes.create_string_buffer(code)
    receiver.setsockopt(socket.SOL_SOCKET, lib.SO_ATTACH_FILTER,
                        struct.pack("HL", 4, lib.ctypes.addressof(keep)))
    row = retransmits(sender, receiver)
    that(row["rtt"] > 0 and row["retrans_total"] > 0, row)
    lines = lssock_ok(*EXAMPLE).lines
    that(2 <= len(lines) <= 11, lines)
    rtts = [int(line.split()[3]) for line in lines[1:] if line.split()[3] != "-"]
    equal(rtts, sorted(rtts, reverse=True))
    abort(sender, receiver)


@case("real traffic of which the firewall drops one segment in ten: what was sent again is told")
def lossy():
    nft = lib.need_program("nft")
    listener = lib.listen()
    rules = (
        "add table ip lossy",
        "add chain ip lossy in { type filter hook input priority 0; }",
        f"add rule ip lossy in tcp dport {lib.port_of(listener)} numgen random mod 10 < 1 drop",
    )
    pairs = [lib.connect_to(listener) for _ in range(6)]
    for rule in rules:
        done = lib.run([nft, rule])
        if done.status != 0:
            raise lib.Skip(f"nft cannot drop here: {done.err.strip()}")
    for sock in (sock for pair in pairs for sock in pair):
        sock.setblocking(False)

    def some_was_sent_again():
        for client, accepted in pairs:
            with contextlib.suppress(BlockingIOError):
                client.send(b"x" * 20000)
            with contextlib.suppress(BlockingIOError):
                while accepted.recv(1 << 16):
                    pass
        listed = lssock_ok("-tan", "--columns=local_address,local_port,state,rtt,retrans,retrans_total,bytes_retrans",
                           "--sort=-rtt", "--top=10").rows[1:]
        that(len(listed) == 10, str(listed))
        times = [int(row.split()[3]) for row in listed if row.split()[3] != "-"]
        equal(times, sorted(times, reverse=True))
        return any(row.split()[5] not in ("-", "0") and row.split()[6] not in ("-", "0") for row in listed)

    try:
        lib.eventually(some_was_sent_again, "something was sent again")
    finally:
        lib.run([nft, "delete table ip lossy"])
        for sock in (sock for pair in pairs for sock in pair):
            sock.close()
        listener.close()


@case("20 ms of delay and loss by tc netem: rtt says so, and --sort=-rtt has it first")
def netem():
    tc = lib.need_program("tc")
    neighbour = lib.Neighbour()
    done = lib.run([tc, *"qdisc add dev v0 root netem delay 20ms loss 20%".split()])
    if done.status != 0:
        raise lib.Skip(f"no netem: {done.err.strip()}")
    with lib.inside(neighbour.fd):
        listener = lib.listen(neighbour.THERE4)
    sender = socket.create_connection((neighbour.THERE4, lib.port_of(listener)))
    receiver, _ = listener.accept()
    row = retransmits(sender, receiver)
    that(row["rtt"] >= 20000, row)
    listed = [line.split() for line in lssock_ok(*EXAMPLE).lines[1:]]
    # On a busy machine it may not be the slowest.
    that([neighbour.HERE4, str(sender.getsockname()[1])] in [words[:2] for words in listed], listed)
    rtts = [int(words[3]) for words in listed if words[3] != "-"]
    equal(rtts, sorted(rtts, reverse=True))
    equal(asked("-t", f"rtt > 15ms and dst {neighbour.THERE4}/32"), OK)
    equal(asked("-t", f"rtt > 100s and dst {neighbour.THERE4}/32"), NO)
    abort(sender, receiver)


# --- other readers ---------------------------------------------------------------------------------


def ours_like_psutil():
    """{(family, type, ends, state): the PIDs}"""
    families = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}
    kinds = {"STREAM": socket.SOCK_STREAM, "DGRAM": socket.SOCK_DGRAM}
    fields = "family,type,local_address,local_port,remote_address,remote_port,state,owners"
    found = {}
    for row in from_json(lssock_ok("--json", "-tuan", "--columns=" + fields)):
        ends = [(row[end + "_address"], row[end + "_port"]) for end in ("local", "remote")]
        state = row["state"] if row["type"] == "STREAM" else "NONE"
        key = (families[row["family"]], kinds[row["type"]],
               *(() if address is None else (address, port) for address, port in ends), state)
        found[key] = {owner["pid"] for owner in row["owners"]}
    return found


@case("psutil tells of the same Internet sockets, and its owner is among ours")
def like_psutil():
    try:
        import psutil
    except ImportError:
        raise lib.Skip("python3-psutil is not installed") from None
    for _ in range(5):  # until nothing changes in between
        ours, theirs = ours_like_psutil(), {}
        for conn in psutil.net_connections("inet"):
            key = (conn.family, conn.type, tuple(conn.laddr), tuple(conn.raddr), conn.status)
            theirs.setdefault(key, set()).update({conn.pid} - {None})
        if ours.keys() == theirs.keys():
            break
    equal("\n".join(sorted(map(repr, ours))) + "\n", "\n".join(sorted(map(repr, theirs))) + "\n")
    for key, pids in theirs.items():
        that(pids <= ours[key] and bool(pids) == bool(ours[key]), f"{key}: {pids}, {ours[key]}")


def examples(word):
    """The examples of the manual page that contain a word, as a shell reads them."""
    with open(os.path.join(TOP, "man", "lssock.8"), encoding="utf-8") as stream:
        text = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", stream.read(), flags=re.S | re.M)[1]
    found = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", text, flags=re.S | re.M)
    found += re.findall(r"^\.Dl (?:[#$%] )?([^\n]*)", text, flags=re.M)
    return [example.replace("\\&", "").replace("\\e", "\\") for example in found if word in example]


def shell(command):
    """Runs an example of the manual page, which says "lssock"."""
    os.makedirs("bin", exist_ok=True)
    if not os.path.islink("bin/lssock"):
        os.symlink(lib.LSSOCK, "bin/lssock")
    path = os.path.abspath("bin") + ":/usr/sbin:/usr/bin:/sbin:/bin"
    result = lib.run(["sh", "-c", command], env={"PATH": path, "LC_ALL": "C"})
    that(result.err == "", str(result))
    return result


def pids_of_server(result):
    equal(result.lines, [str(pid) for pid in sorted([os.getpid(), SHARER] +
                                                    [pid for pid, _ in NAMED.values()])])


def programs_of_peer(result):
    with open("/proc/self/comm") as comm:
        name = comm.read().rstrip("\n")
    that(any(line.split() == ["1", name] or line.split()[1:] == [name] for line in result.lines),
         str(result))


def listeners_as_rows(result):
    rows = [line.split("\t") for line in result.lines]
    that(all(len(row) == 4 for row in rows), str(result))
    want = data_rows("--json", ("proto", "local_address", "local_port"), "-tul")
    equal(sorted(row[:3] for row in rows), sorted([str(cell) for cell in row.values()]
                                                  for row in want))
    that(all(row[3] for row in rows), str(result))


def reachable_ports(result):
    equal(strict_json(result.out), [IDLE, FULL] if lib.have_ipv6() else [IDLE])


def trusted_listing(result):
    equal(strict_json(result.out), from_json(lssock_ok("--json", "-tl")))


def counts_by_state(result):
    want = {}
    for row in data_rows("--json", ("state",), "-ta"):
        want[row["state"]] = want.get(row["state"], 0) + 1
    equal({line.split()[1]: int(line.split()[0]) for line in result.lines}, want)
    counts = [int(line.split()[0]) for line in result.lines]
    equal(counts, sorted(counts, reverse=True))


def time_wait_by_peer(result):
    count = len(data_rows("--json", ("state",), "-t", "state time-wait"))
    that(count > 0, "no TIME_WAIT")
    # Counted later: some may have come to their end in between.
    that(sum(int(line.split()[0]) for line in result.lines) >= count, str(result))
    that(any(line.split()[1:] == ["127.0.0.1", "->", "127.0.0.1", str(WAITED)]
             for line in result.lines), str(result))


def sent_again_by_peer(result):
    for line in result.lines:
        share, address = line.split()
        that(0 <= int(share) <= 1000, line)
    that("127.0.0.1" in [line.split()[1] for line in result.lines], str(result))


def bytes_of_names(result):
    want = set()
    for name in NAMES:
        with contextlib.suppress(UnicodeDecodeError):
            name.decode()
            continue
        want.add(name.lstrip(b"\0").hex())
    equal(set(result.lines), want)


# Each example with jq: what tells it from the others, and what its output must be.
CHECKS = {
    "sort -un": pids_of_server,
    "peer_path": programs_of_peer,
    "@tsv": listeners_as_rows,
    "[.sockets[].local_port] | unique": reachable_ports,
    "if .complete": trusted_listing,
    "to_entries": counts_by_state,
    "state time-wait": time_wait_by_peer,
    "bytes_retrans": sent_again_by_peer,
    "path_hex": bytes_of_names,
}


@case("the examples of the manual page with jq")
def jq_examples():
    lib.need_program("jq")
    need_time_wait()
    found = [example for example in examples("lssock") if re.search(r"\|\s*jq ", example)]
    that(found, "no examples")
    for example in found:
        check = [word for word in CHECKS if word in example]
        equal(len(check), 1, f"checks of {example}")
        # What the manual names and is not here.
        result = shell(example.replace("/run/app.sock", "served.sock"))
        equal(result.status, OK, str(result))
        CHECKS.pop(check[0])(result)
    equal(list(CHECKS), [], "checks without an example")


@case("the other examples of the manual page run")
def plain_examples():
    done = 0
    for example in examples("lssock"):
        # Those with -c have no end, and those that wait have a test of their own.
        if any(word in example for word in ("jq", "-c2", "nsenter", "--wait")):
            continue
        if "--events" in example:
            example = example.rstrip("\n") + " --timeout=0"
        result = shell(example)
        that(result.status in (OK, NO), f"{example}: {result}")
        done += 1
    that(done >= 10, f"{done} examples")


lib.main()
