#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The owners of sockets from the kernel's own list (BPF): the same rows as from /proc, and where it
cannot be had, /proc without a word. A process under a seccomp filter, even one that forbids nothing,
is not offered the list: that is how the two are compared.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import platform
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, like_netstat, lssock, matching, that  # noqa: E402

ENOUGH = 150  # processes or so make asking the kernel worth while
CLONE_FILES, CLONE_NEWPID = 0x400, 0x20000000
PR_CAPBSET_DROP = 24
CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF = 21, 38, 39
CALLS = {  # bpf(2), exit(2)
    "x86_64": (321, 60), "aarch64": (280, 93), "riscv64": (280, 93), "ppc64le": (361, 1),
    "loongarch64": (280, 93),
}
LETTERS = b"ab \n\t\\/)(\x01\x1b\xff"
FIELDS = "--columns=proto,inode,local_port,pid,program,fd,owners,owners_status"


# --- whether the list can be had here -------------------------------------------------------------


def kernel_takes_programs():
    """bpf(BPF_PROG_LOAD) of a program that returns 0."""
    code = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xB7, 0, 0, 0, 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    words = (31, 2, ctypes.addressof(code), ctypes.addressof(licence), 0, 0, 0, 0, 1 << 4)
    attr = ctypes.create_string_buffer(struct.pack("=IIQQIIQII", *words), 128)
    fd = lib.libc.syscall(CALLS[platform.machine()][0], 5, attr, 128)
    if fd >= 0:
        os.close(fd)
    return fd >= 0


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def why_no_list():
    """What is missing for the kernel's list; None: it must be used."""
    config = text_of(os.path.join(os.environ.get("abs_top_builddir", ""), "config.h"))
    if "#define HAVE_OWNERS_ITER 1" not in config:
        return "built without the program for the kernel"
    if platform.machine() not in CALLS or sys.byteorder != "little":
        return "not for this machine"
    if not lib.have_own_pids() or not os.environ[lib.INSIDE].endswith("root"):
        return "needs root"
    release = re.match(r"(\d+)\.(\d+)", os.uname().release)
    if (int(release[1]), int(release[2])) < (5, 17) or not os.path.exists("/sys/kernel/btf/vmlinux"):
        return "needs Linux 5.17 with BTF"
    if "[confidentiality]" in text_of("/sys/kernel/security/lockdown"):
        return "the kernel is locked down"
    if not re.search(r"^Seccomp:\t0$", text_of("/proc/self/status"), re.M):
        return "a seccomp filter"
    return None if kernel_takes_programs() else "bpf(2) is forbidden here"


def need_list():
    why = why_no_list()
    if why:
        raise lib.Skip(why)


# --- without the list -----------------------------------------------------------------------------


def filtered():
    """To be run before exec: a seccomp filter that allows everything."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000))
    program = ctypes.create_string_buffer(struct.pack("HL", 1, ctypes.addressof(code)))
    lib.call(lib.libc.prctl, lib.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    lib.call(lib.libc.prctl, lib.PR_SET_SECCOMP, 2, program, 0, 0)


def without_capabilities(*numbers):
    def drop():
        for number in numbers:
            lib.call(lib.libc.prctl, PR_CAPBSET_DROP, number, 0, 0, 0)

    return drop


def sockets_of(*args, **options):
    """The members "sockets" of JSON; what is said of the run has the time in it."""
    result = lssock(*args, "--json", FIELDS, **options)
    equal(result.status, 0, str(result))
    return json.loads(result.out)["sockets"]


def same_sockets(*args):
    ours = sockets_of(*args)
    equal(ours, sockets_of(*args, preexec_fn=filtered))
    return ours


def same_both_ways(*args, **options):
    """Runs it with and without the list; returns what both said."""
    ours = lssock(*args, **options)
    theirs = lssock(*args, preexec_fn=filtered, **options)
    if ours.out != theirs.out:
        raise lib.Failure(f"{' '.join(args)}\n{lib.difference(theirs.out, ours.out)}")
    equal((ours.err, ours.status), (theirs.err, theirs.status), " ".join(args))
    return ours


# --- who holds what -------------------------------------------------------------------------------


def random_socket(chance, number):
    kind = chance.randrange(4)
    if kind == 0:
        return lib.listen()
    if kind == 1:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        return sock
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if kind == 2 else socket.SOCK_DGRAM)
    sock.bind(f"\0{os.getpid()}.{number}")
    return sock


def hold_at_random(chance, kept):
    """Sockets, some of them twice, at low and high descriptors; other files between them."""
    for number in range(chance.randrange(12)):
        sock = random_socket(chance, number)
        kept.append(sock)
        for _ in range(chance.choice((0, 0, 1, 3))):
            kept.append(os.dup(sock.fileno()))
        if chance.random() < 0.2:
            kept.append(fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, chance.randrange(600, 1000)))
            if chance.random() < 0.5:
                sock.close()
        kept.append(os.pipe())
        kept.append(open("/dev/null", "rb"))


def crowd_member(seed, depth, named=True):
    """A process with sockets of its own and those of its parent, and perhaps children."""

    def body(say):
        chance = random.Random(seed)
        kept = []
        if named:
            lib.set_comm(bytes(chance.choice(LETTERS) for _ in range(chance.randrange(16))))
        hold_at_random(chance, kept)
        if depth < 3 and chance.random() < 0.5:
            for number in range(chance.randrange(1, 4)):
                lib.fork_child(crowd_member(f"{seed}.{number}", depth + 1))
        if chance.random() < 0.2:
            threading.Thread(target=signal.pause, daemon=True).start()
        say("ready")
        return kept

    return body


def check_first_owners(rows):
    """A listing that shows one owner of each socket shows the first of them all."""
    found = lssock("-tuxanp", "--jsonl", "--columns=inode,pid,program,fd").lines
    found = [row for row in map(json.loads, found) if "pid" in row]
    equal(len(found), len(rows))
    for one, row in zip(found, rows):
        first = row["owners"][0]
        that(row["owners"] == sorted(row["owners"], key=lambda owner: owner["pid"]), row)
        equal((one["inode"], one["pid"], one["fd"]), (row["inode"], first["pid"], first["fd"]), row)


def end_crowd():
    """Everything of this PID namespace but ourselves and what started us."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in (1, os.getpid(), os.getppid()):
            with contextlib.suppress(OSError):
                os.kill(int(name), signal.SIGKILL)
    lib.children.clear()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def bound_sockets():
    """So many that the kernel is asked."""
    kept = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2 * ENOUGH)]
    for sock in kept:
        sock.bind(("127.0.0.1", 0))
    return kept


def port_row(result, port):
    return matching(result.rows, rf":{port} ")


lib.enter()
os.chdir(lib.temp_dir())


@case("populations at random: the same owners from the kernel's list as from /proc")
def same_as_proc():
    need_list()
    for _ in range(4):
        seed = random.randrange(10**9)
        print(f"# seed {seed}", flush=True)
        kept = bound_sockets()
        try:
            for number in range(15):
                lib.fork_child(crowd_member(f"{seed}/{number}", 0))
            rows = same_sockets("-tuxanp")
            that(len(rows) > 2 * ENOUGH, f"{len(rows)} rows")
            equal({row["owners_status"] for row in rows}, {"known"})
            that(any(len(row["owners"]) > 1 for row in rows), "no socket is shared")
            check_first_owners(rows)
        finally:
            end_crowd()
            del kept


@case("netstat's table")
def like_netstats():
    need_list()
    kept = bound_sockets()
    for number in range(10):
        lib.fork_child(crowd_member(f"n{number}", 3, named=False))
    try:
        like_netstat("-tuanp")
    finally:
        end_crowd()
    del kept


@case("a thread that left the shared table: its sockets are seen, by the process's name")
def thread_of_its_own():
    need_list()
    kept = bound_sockets()
    begun, end, ports = threading.Event(), threading.Event(), []

    def other():
        lib.call(lib.libc.unshare, CLONE_FILES)
        lib.set_comm(b"a thread")
        sock = lib.listen()
        ports.append(lib.port_of(sock))
        # Nothing but the thread's own holds it, and with a lower number than here.
        begun.set()
        end.wait()
        sock.close()

    thread = threading.Thread(target=other)
    thread.start()
    begun.wait()
    try:
        row = port_row(lssock("-tlnp"), ports[0])
        # A listing of few sockets takes /proc, which cannot see it.
        that(row.split()[6] in ("-", f"{os.getpid()}/python3"), row)
        row = port_row(lssock("-tunlap"), ports[0])
        equal(row.split()[6], f"{os.getpid()}/python3", row)
        row = port_row(lssock("-tunlap", preexec_fn=filtered), ports[0])
        equal(row.split()[6], "-", row)
        # Its copies of what the process holds are no second owners.
        for row in sockets_of("-uanp"):
            equal([owner["pid"] for owner in row["owners"]], [os.getpid()], row)
    finally:
        end.set()
        thread.join()
    del kept


@case("a process whose first thread has ended: its sockets are seen")
def first_thread_ended():
    need_list()
    kept = bound_sockets()

    def body(say):
        sock = lib.listen()
        lib.set_comm(b"headless")
        threading.Thread(target=time.sleep, args=(60,)).start()
        say(lib.port_of(sock))
        lib.libc.syscall(CALLS[platform.machine()][1], 0)

    pid, port = lib.fork_child(body)
    lib.eventually(lambda: re.search(r"^State:\tZ", text_of(f"/proc/{pid}/status"), re.M), "ended")
    row = port_row(lssock("-tunlap"), port)
    equal(row.split()[6], f"{pid}/headless", row)
    del kept


@case("processes of a nested PID namespace have the numbers they have here")
def nested_numbers():
    need_list()
    kept = bound_sockets()

    def body(say):
        lib.call(lib.libc.unshare, CLONE_NEWPID)
        if os.fork() == 0:
            sock = lib.listen()
            say(f"{lib.port_of(sock)} {os.getpid()}")
            signal.pause()
        return None

    _, text = lib.fork_child(body)
    port, number_there = text.split()
    equal(number_there, "1")
    row = port_row(same_both_ways("-tunlap"), port)
    that(re.search(r" \d+/python3", row) and " 1/python3" not in row, row)
    end_crowd()
    del kept


@case("inside a PID namespace with the /proc of another one: that one's numbers, and the note")
def foreign_proc():
    need_list()
    kept = bound_sockets()
    words = ["unshare", "-p", "--fork", lib.LSSOCK, "-uanp"]
    ours, theirs = lib.run(words), lib.run(words, preexec_fn=filtered)
    equal((ours.out, ours.err, ours.status), (theirs.out, theirs.err, theirs.status))
    that("another PID namespace" in ours.err, str(ours))
    matching(ours.rows, rf":{lib.port_of(kept[0])} .* {os.getpid()}/python3")


@case("without the capabilities, and with too few descriptors: the same rows, not a word")
def forbidden():
    need_list()
    kept = bound_sockets()
    want = lssock("-uanp")
    equal((want.err, want.status), ("", 0))
    for numbers in ((CAP_SYS_ADMIN, CAP_BPF), (CAP_SYS_ADMIN, CAP_PERFMON)):
        result = lssock("-uanp", preexec_fn=without_capabilities(*numbers))
        equal((result.out, result.err, result.status), (want.out, "", 0))
    for limit in range(8, 24):

        def few(limit=limit):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        def few_filtered():
            few()
            filtered()

        result, plain = lssock("-uanp", preexec_fn=few), lssock("-uanp", preexec_fn=few_filtered)
        equal((result.out, result.err, result.status), (plain.out, plain.err, plain.status), limit)
    del kept


@case("round after round, while processes come and go: those that stay have their owner")
def rounds():
    need_list()
    kept = bound_sockets()

    def churn(say):
        say("ready")
        while True:
            pid = os.fork()
            if pid == 0:
                lib.listen()
                time.sleep(0.002)
                os._exit(0)
            os.waitpid(pid, 0)

    lib.fork_child(churn)
    result = lssock("-uanpc0.02", "--count=40")
    equal((result.err, result.status), ("", 0))
    ports = {lib.port_of(sock) for sock in kept}
    seen = [row for row in result.rows if int(row.split()[3].rsplit(":", 1)[1]) in ports]
    equal(len(seen), 40 * len(kept))
    for row in seen:
        that(row.rstrip().endswith(f" {os.getpid()}/python3"), row)


lib.main()
