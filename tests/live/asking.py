#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--check and --wait over real sockets. Whether somebody listens is compared with what connect() says,
which the test may call and the program may not; waiting is compared with what was done meanwhile.
"""

import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, port_of, that  # noqa: E402

SO_BINDTODEVICE = 25
YES, NO, USAGE, PARTIAL = 0, 1, 2, 3
LATE = lib.PATIENCE


def asks(status, *args, **options):
    """lssock with these arguments ends with that status and prints nothing to stdout."""
    result = lssock(*args, **options)
    that(result.status == status and result.out == "", f"want status {status}\n{result}")
    return result


class Waiting:
    """A --wait in the background."""

    def __init__(self, *args):
        self.process = subprocess.Popen([lib.LSSOCK, *args], stdin=subprocess.DEVNULL)
        self.words = " ".join(args)
        lib.eventually(self.is_waiting, "it waits")

    def is_waiting(self):
        """Asleep, and not for the first time: it has looked at least once."""
        that(self.process.poll() is None, f"{self.words}: ended with {self.process.returncode}")
        with open(f"/proc/{self.process.pid}/status") as status:
            switches = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read(), re.M)
        return int(switches.group(1)) > 3

    def still_waits(self, seconds=0.5):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
            raise lib.Failure(f"{self.words}: did not wait, status {self.process.returncode}")

    def ends(self, status):
        """Ends with that status; how many seconds it took."""
        start = time.monotonic()
        try:
            self.process.wait(LATE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise lib.Failure(f"{self.words}: still waits after {LATE} s") from None
        equal(self.process.returncode, status, self.words)
        return time.monotonic() - start


def close_first(sock):
    """Closes a connection's accepted end first, so that it is TIME_WAIT afterwards."""
    client, accepted = lib.connect_to(sock)
    accepted.close()
    equal(client.recv(1), b"")
    client.close()
    state = f"state time-wait and sport = :{port_of(sock)}"
    lib.eventually(lambda: lssock("-tnH", "--columns=state", state).out, "TIME_WAIT")


def is_reachable(address, port, scope=0):
    family = lib.family_of(address)
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(lib.PATIENCE)
        where = (address, port, 0, scope) if family == socket.AF_INET6 else (address, port)
        try:
            sock.connect(where)
            return True
        except ConnectionRefusedError:
            return False


lib.enter()
os.chdir(lib.temp_dir())


# --- who answers ----------------------------------------------------------------------------------


def listeners(scope):
    """Every way to listen: (what, address, v6only, device, scope)."""
    yield "one IPv4 address", "127.0.0.1", None, None, 0
    yield "another IPv4 address", "127.0.0.2", None, None, 0
    yield "an address of another interface", "192.0.2.1", None, None, 0
    yield "all IPv4 addresses", "0.0.0.0", None, None, 0
    yield "IPv4, bound to lo", "0.0.0.0", None, b"lo", 0
    if not lib.have_ipv6():
        return
    yield "::1", "::1", None, None, 0
    yield "one IPv6 address", "2001:db8::1", None, None, 0
    yield "a link-local address", "fe80::a", None, None, scope
    yield "both families", "::", 0, None, 0
    yield "IPv6 only", "::", 1, None, 0
    yield "a mapped IPv4 address", "::ffff:127.0.0.1", 0, None, 0
    yield "all IPv4 addresses, mapped", "::ffff:0.0.0.0", 0, None, 0
    yield "both families, bound to lo", "::", 0, b"lo", 0


def listen_at(address, v6only, device, scope):
    family = lib.family_of(address)
    sock = socket.socket(family, socket.SOCK_STREAM)
    if device:
        sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device)
    if v6only is not None:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    sock.bind((address, 0, 0, scope) if family == socket.AF_INET6 else (address, 0))
    sock.listen(64)
    return sock


def neighbour():
    """Addresses of another interface than lo: v0. Returns its number."""
    if "v0" not in (name for _, name in socket.if_nameindex()):
        lib.Neighbour()
    return socket.if_nametoindex("v0")


@case("somebody listens at an address exactly where connect() gets through")
def matrix():
    scope = neighbour()
    for what, address, v6only, device, bound_scope in listeners(scope):
        # One that is bound to lo answers for all of lo's addresses; that is not asked of the others.
        targets4 = ["127.0.0.1", "127.0.0.2"] + ([] if device else ["192.0.2.1"])
        targets6 = ["::1"] + ([] if device else ["2001:db8::1"]) if lib.have_ipv6() else []
        with listen_at(address, v6only, device, bound_scope) as sock:
            port = port_of(sock)
            four = [is_reachable(target, port) for target in targets4]
            six = [is_reachable(target, port) for target in targets6]
            for target, is_open in zip(targets4, four):
                asks(NO - is_open, f"--check={target}:{port}")
                asks(NO - is_open, f"--check=[::ffff:{target}]:{port}")
            for target, is_open in zip(targets6, six):
                asks(NO - is_open, f"--check=[{target}]:{port}")
            if targets6 and not device:
                six.append(is_reachable("fe80::a", port, scope))
                asks(NO - six[-1], f"--check=[fe80::a%v0]:{port}")
                asks(NO - six[-1], f"--check=[fe80::a%{scope}]:{port}")
            asks(YES, f"--check={port}")
            asks(YES, f"--check=*:{port}")
            asks(NO - any(four), "-4", f"--check={port}")
            asks(NO - any(six), "-6", f"--check={port}")
            asks(NO - all(four), f"--check=0.0.0.0:{port}")
            that(any(four) or any(six), what)
        asks(NO, f"--check={port}")


@case("0.0.0.0 and [::] ask for one who has all of them; free and drained, for nobody on any")
def wildcards():
    with lib.listen("127.0.0.1") as one:
        port = port_of(one)
        asks(NO, f"--check=0.0.0.0:{port}")
        asks(NO, f"--wait=free:0.0.0.0:{port}", "--timeout=0")
        asks(NO, f"--wait=drained:0.0.0.0:{port}", "--timeout=0")
        asks(YES, f"--wait=free:127.0.0.2:{port}")
        with contextlib.suppress(OSError), socket.socket() as late:
            late.bind(("0.0.0.0", port))
            raise lib.Failure("bind() gets what is not free")
    with lib.listen("0.0.0.0") as one:
        asks(YES, f"--check=0.0.0.0:{port_of(one)}")


@case("a listener that is bound to an interface counts")
def device():
    neighbour()
    with listen_at("0.0.0.0", None, b"v0", 0) as sock:
        asks(YES, f"--check={port_of(sock)}")
        asks(YES, f"--check=192.0.2.1:{port_of(sock)}")


@case("names of hosts and services, and none with -n")
def names():
    lib.bind_etc(
        hosts="127.0.0.1 both\n::1 both\n127.0.0.3 three\n",
        services="alpha 7001/tcp\nalpha 7002/udp\n",
        nsswitch_conf="hosts: files\nservices: files\n",
    )
    with lib.listen("127.0.0.1", 7001):
        asks(YES, "--check=both:7001")
        asks(YES, "--check=both:alpha")
        asks(YES, "--check=alpha")
        asks(NO, "--check=three:alpha")
        asks(NO, "-6", "--check=both:alpha")
        asks(NO, "-u", "--check=alpha")
        asks(USAGE, "--check=nowhere:7001")
        asks(USAGE, "-n", "--check=both:7001")
        asks(USAGE, "-n", "--check=alpha")
        asks(YES, "-n", "--check=127.0.0.1:7001")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 7002))
        asks(YES, "-u", "--check=alpha")
        asks(YES, "-tu", "--check=both:alpha")


@case("nothing is ever connected to, and the kernel is asked for one port")
def passive():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("the leak checker cannot be traced")
    crowd = [lib.listen() for _ in range(300)]
    port = port_of(crowd[0])
    for args in (
        [f"--check=127.0.0.1:{port}"],
        [f"--wait=free:{port}", "--timeout=0.2"],
        [f"--wait=drained:{port}", "--timeout=0.2"],
        [f"--check={port}", "program = nobody"],
    ):
        trace = os.path.join(lib.temp_dir(), "trace")
        lib.run([strace, "-f", "-o", trace, "-e", "trace=network", lib.LSSOCK, *args])
        with open(trace) as file:
            calls = file.read()
        that("NETLINK_SOCK_DIAG" in calls, calls[:500])
        that("connect(" not in calls, calls[:2000])
        sizes = [int(size) for size in re.findall(r"recvmsg\(.*\) = (\d+)$", calls, re.M)]
        that(sizes and max(sizes) < 1000, f"{args}: replies of {max(sizes)} bytes")


# --- what is left ---------------------------------------------------------------------------------


@case("TIME_WAIT is neither listening nor active")
def time_wait():
    sock = lib.listen()
    port = port_of(sock)
    close_first(sock)
    sock.close()
    asks(NO, f"--check={port}")
    asks(YES, f"--wait=free:{port}")
    asks(YES, f"--wait=drained:{port}")
    that(lssock("-tnH", "--columns=state", f"state time-wait and sport = :{port}").out, "it is gone")


@case("drained waits for the last connection, and a peer's port is not ours")
def drained():
    sock = lib.listen()
    port = port_of(sock)
    (client, accepted), (other, second) = lib.connect_to(sock), lib.connect_to(sock)
    waiting = Waiting(f"--wait=drained:{port}")
    asks(YES, f"--wait=free:{port + 1 if port < 65535 else 1}")
    sock.close()
    asks(YES, f"--wait=free:{port}")
    client.close()  # accepted: CLOSE_WAIT
    second.close()
    other.close()
    waiting.still_waits()
    asks(NO, f"--wait=drained:{port}", "--timeout=0")
    accepted.close()
    took = waiting.ends(YES)
    print(f"# drained {took * 1000:.0f} ms after the last close()", flush=True)


@case("a connection that its program still holds is active; what only the kernel keeps is not")
def half_closed():
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    port = port_of(sock)
    client, accepted = lib.connect_to(sock)
    sock.close()
    accepted.shutdown(socket.SHUT_WR)
    state = ("-tnH", "--columns=state", f"sport = :{port}")
    lib.eventually(lambda: lssock(*state).out.strip() == "FIN_WAIT2", "FIN_WAIT2")
    waiting = Waiting(f"--wait=drained:{port}")
    waiting.still_waits()
    accepted.close()
    waiting.ends(YES)
    equal(lssock(*state).out.strip(), "FIN_WAIT2")
    with socket.socket() as successor:  # nothing is in its way
        successor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        successor.bind(("127.0.0.1", port))
        successor.listen()
    client.close()


@case("drained at one address leaves the connections of others alone")
def drained_at():
    sock = lib.listen("0.0.0.0")
    port = port_of(sock)
    client, accepted = lib.connect_to(sock, "127.0.0.1")
    sock.close()
    asks(NO, f"--wait=drained:127.0.0.1:{port}", "--timeout=0")
    asks(NO, f"--wait=drained:0.0.0.0:{port}", "--timeout=0")
    asks(NO, "-4", f"--wait=drained:{port}", "--timeout=0")
    asks(YES, f"--wait=drained:127.0.0.2:{port}", "--timeout=0")
    asks(YES, "-6", f"--wait=drained:{port}", "--timeout=0")
    client.close()
    accepted.close()


# --- waiting --------------------------------------------------------------------------------------


@case("listen and free end soon after it is so")
def listen_and_free():
    sock = lib.listen()
    port = port_of(sock)
    waiting = Waiting(f"--wait=free:{port}")
    waiting.still_waits(0.2)
    sock.close()
    free = waiting.ends(YES)
    waiting = Waiting(f"--wait=listen:127.0.0.1:{port}")
    waiting.still_waits(0.2)
    sock = lib.listen("127.0.0.1", port)
    listening = waiting.ends(YES)
    print(f"# free after {free * 1000:.0f} ms, listen after {listening * 1000:.0f} ms", flush=True)
    asks(YES, f"--wait=listen:127.0.0.1:{port}")


@case("the time is over: status 1, not before and not long after")
def timeout():
    for seconds in (0, 0.3, 1):
        start = time.monotonic()
        asks(NO, "--wait=listen:1", f"--timeout={seconds}")
        took = time.monotonic() - start
        that(seconds <= took < seconds + LATE, f"{seconds}: took {took}")


@case("a signal ends the waiting as the sender meant")
def signals():
    with lib.listen() as sock:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            for what in (f"--wait=free:{port_of(sock)}", "--wait=listen:1"):
                waiting = Waiting(what)
                waiting.process.send_signal(number)
                waiting.ends(-number)


@case("stopping and going on does no harm")
def stopped():
    with lib.listen() as sock:
        waiting = Waiting(f"--wait=free:{port_of(sock)}")
        waiting.process.send_signal(signal.SIGSTOP)
        sock.close()
        waiting.process.send_signal(signal.SIGCONT)
        waiting.ends(YES)


@case("the kernel wakes us for sockets of our port alone")
def storm():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("the leak checker cannot be traced")
    trace = os.path.join(lib.temp_dir(), "trace")
    with lib.listen() as busy, lib.listen() as sock:
        (client, accepted), port = lib.connect_to(sock), port_of(sock)
        words = [strace, "-o", trace, "-e", "trace=ppoll", lib.LSSOCK, f"--wait=free:{port}"]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL)

        def polls():
            with contextlib.suppress(OSError), open(trace) as file:
                return re.findall(r"^ppoll\(.*\) = (\d)", file.read(), re.M)
            return []

        lib.eventually(polls, "it waits")
        for _ in range(500):
            for end in lib.connect_to(busy):
                end.close()
        before = len(polls())
        lib.eventually(lambda: len(polls()) > before + 1, "it goes on waiting")
        equal(set(polls()), {"0"}, "what ppoll() said")
        accepted.close()
        client.close()
        lib.eventually(lambda: "1" in polls(), "a socket of our port is told")
        sock.close()
        equal(process.wait(LATE), YES)


@case("a script that starts nginx and waits for its port")
def nginx():
    program, place = lib.need_program("nginx"), lib.temp_dir()
    with lib.listen() as sock:
        port = port_of(sock)
    paths = "".join(
        f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = os.path.join(place, "nginx.conf")
    with open(config, "w") as out:
        out.write(f"""
            user root; daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log;
            events {{ }}
            http {{ access_log off; {paths} server {{ listen 127.0.0.1:{port}; }} }}
        """)
    script = f"""
        {program} -p {place} -e {place}/error.log -c {config} & pid=$!
        "$0" --wait=listen:127.0.0.1:{port} --timeout={LATE} program = nginx || exit 10
        "$0" --check={port} program = sshd && exit 11
        exec 3<>/dev/tcp/127.0.0.1/{port} || exit 12
        printf 'HEAD / HTTP/1.0\\r\\n\\r\\n' >&3
        read -r answer <&3 || exit 14  # or SIGQUIT would find it before it is ready for that
        exec 3>&-
        kill -QUIT $pid
        "$0" --wait=drained:{port} --timeout={LATE} || exit 13
        wait $pid
    """
    done = lib.run([lib.need_program("bash"), "-c", script, lib.LSSOCK], timeout=3 * LATE)
    that(done.status == 0 and done.out == "", str(done))


# --- other protocols ------------------------------------------------------------------------------


@case("UDP: bound to nobody's address is listening, connected is active")
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = port_of(sock)
        asks(YES, "-u", f"--check={port}")
        asks(YES, "-tu", f"--check=127.0.0.1:{port}")
        asks(NO, f"--check={port}")
        asks(NO, "-u", f"--check=127.0.0.2:{port}")
        waiting = Waiting("-u", f"--wait=drained:{port}")
        sock.connect(("127.0.0.1", 9))
        asks(NO, "-u", f"--check={port}")
        asks(YES, "-u", f"--wait=free:{port}")
        waiting.still_waits(0.2)
        sock.close()
        waiting.ends(YES)
    if lib.have_ipv6():
        for v6only in (0, 1):
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
                sock.bind(("::", 0))
                asks(v6only, "-u", f"--check=127.0.0.1:{port_of(sock)}")
                asks(YES, "-u", f"--check=[::1]:{port_of(sock)}")


@case("UNIX sockets by path and by abstract name")
def unix():
    path = os.path.join(lib.temp_dir(), "a b")
    for name, target in ((path, path), (b"\0asked", "@asked")):
        asks(NO, "-x", f"--check={target}")
        waiting = Waiting("-x", f"--wait=listen:{target}")
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(name)
        asks(NO, "-x", f"--check={target}")  # bound is not listening
        waiting.still_waits(0.2)
        server.listen()
        waiting.ends(YES)
        asks(NO, "-x", f"--check={target}x")
        asks(NO, "-x", f"--check={target[:-1]}")
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(name)
        accepted, _ = server.accept()
        server.close()
        asks(YES, "-x", f"--wait=free:{target}")
        waiting = Waiting("-x", f"--wait=drained:{target}")
        waiting.still_waits(0.2)
        accepted.close()
        waiting.ends(YES)
        client.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(b"\0datagrams")
        asks(YES, "-x", "--check=@datagrams")
    asks(YES, "-x", "--wait=free:@datagrams")


# --- expressions and privilege --------------------------------------------------------------------


@case("an expression says whose listeners count")
def expressions():
    def serve(say):
        lib.set_comm(b"server a")
        sock = lib.listen()
        say(port_of(sock))
        return sock

    pid, port = lib.fork_child(serve)
    asks(YES, f"--check={port}", "program = 'server a'")
    asks(YES, f"--check={port}", f"pid = {pid}", "or", "sport = :1")
    asks(NO, f"--check={port}", "program = nginx")
    asks(YES, f"--check={port}", "state listening state established")
    asks(NO, f"--check={port}", "state established")
    asks(NO, f"--check={port}", "src 127.0.0.2")
    asks(YES, f"--wait=free:{port}", "program = nginx")
    asks(USAGE, f"--check={port}", "program =")
    waiting = Waiting(f"--wait=free:{port}", "program = 'server a'")
    waiting.still_waits(0.2)
    lib.end_child(pid)
    waiting.ends(YES)


@case("an owner out of sight makes the answer unknown, not no")
def hidden():
    lib.need_real_root()
    program = lib.public_lssock()
    with lib.listen() as sock:
        port = port_of(sock)
        for words in (["program = nginx"], ["not program = nginx"], ["mark = 5"], ["not mark = 5"]):
            for what in (f"--check={port}", f"--wait=free:{port}"):
                args = [program, what, *words]
                args[2:2] = ["--timeout=0"] if "wait" in what else []
                result = lib.run(args, user=65534, group=65534, extra_groups=[])
                that(result.status == PARTIAL and result.out == "", str(result))
                that("not known: what the expression asks" in result.err, str(result))
        result = lib.run([program, f"--check={port}"], user=65534, group=65534, extra_groups=[])
        that(result.status == YES and result.err == "", str(result))
        result = lib.run([program, f"--check={port}", "sport = :1 and program = x"], user=65534,
                         group=65534, extra_groups=[])
        that(result.status == NO, str(result))


@case("any user may wait")
def unprivileged():
    lib.need_real_root()
    program = lib.public_lssock()
    sock = lib.listen()
    process = subprocess.Popen([program, f"--wait=free:{port_of(sock)}"], user=65534, group=65534,
                               extra_groups=[])
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.3)
        raise lib.Failure("it did not wait")
    sock.close()
    equal(process.wait(LATE), YES)


# --- the command line -----------------------------------------------------------------------------


@case("what cannot be asked is status 2 and one line")
def usage():
    ports = ["0", "65536", "-1", "", ":", "127.0.0.1:0", "[::1]:65536", "::1", ":::80", "1.2.3:80", "a b:1"]
    questions = [[f"--check={port}"] for port in ports]
    questions += [[f"--wait={what}:{port}"] for what, port in itertools.product(("listen", "free", "drained"), ports)]
    questions += [
        ["--wait=80"], ["--wait=gone:80"], ["--check=80", "--wait=free:80"], ["--check=80", "--timeout=1"],
        ["--timeout=1"], ["-c", "--check=80"], ["--count=2", "--wait=free:80"], ["--check=80", "--summary"],
        ["--check=80", "--json"], ["--check=80", "--columns=pid"], ["--check=80", "--sort=pid"],
        ["-w", "--check=80"], ["-x", "--check="], ["-tx", "--check=80"], ["-x4", "--check=/x"],
        ["-x", "--check=/" + 108 * "x"], ["-4", "--check=[::1]:80"], ["-6", "--check=127.0.0.1:80"],
        ["--check=80", "--explain-filter"],
    ]
    for question in questions:
        result = asks(USAGE, *question)
        equal(result.err.count("\n"), 1, str(result))


@case("with -v one line says what decided; else nothing is said")
def verbose():
    with lib.listen() as sock:
        port = port_of(sock)
        equal(asks(YES, f"--check={port}").err, "")
        equal(asks(YES, "-v", f"--check={port}").err, f"lssock: yes: tcp 127.0.0.1:{port} listens\n")
        equal(asks(NO, "-v", f"--wait=free:{port}", "--timeout=0").err,
              f"lssock: no: tcp 127.0.0.1:{port} listens\n")
    equal(asks(NO, "-v", f"--check={port}").err, "lssock: no: nobody listens there\n")
    equal(asks(NO, f"--check={port}").err, "")


lib.main()
