#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real servers, as a system's packages install them: found by port, with their PID and name."""

import os
import re
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock_ok, matching, netstat, that  # noqa: E402


class Server:
    """A server in the foreground, ended with the test; up when its port answers."""

    def __init__(self, words, port):
        self.log = open("log", "w+b")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.port = port

    def __enter__(self):
        try:
            lib.eventually(self.is_up, "the server is up")
        except lib.Failure as why:
            self.__exit__()
            raise lib.Failure(f"{why}\n{self.said()}") from None
        return self

    def is_up(self):
        if self.process.poll() is not None:
            raise lib.Failure(f"the server ended with {self.process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(lib.PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def said(self):
        with open("log", errors="replace") as log:
            return log.read()[-1000:]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return lib.port_of(sock)


def expect(port, pid, name, proto="tcp", address="127.0.0.1"):
    """The row of -tulpn, alone and beside netstat's, whose name is the command line's first word."""
    pattern = rf"^{proto} +\d+ +\d+ {re.escape(address)}:{port} +\S+ +LISTEN +"
    # The connection that found the server up may still wait for accept().
    def quiet_row():
        rows = [row for row in lssock_ok("-tulpn").rows if re.match(pattern, row)]
        return rows[0] if rows and rows[0].split()[1] == "0" else None

    row = lib.eventually(quiet_row, f"a listener with port {port} and an empty queue")
    equal(row[80:], f"{pid}/{name}".ljust(20))
    if lib.NETSTAT:
        theirs = matching(netstat("-tulpn").rows, pattern)
        equal(row[:80], theirs[:80])
        equal(row[80:].split("/")[0], theirs[80:].split("/")[0], "the PID")
        that(theirs[80:].split("/", 1)[1].strip().startswith(name[:8]), theirs)


def file(name, text, mode=0o644):
    path = os.path.join(lib.temp_dir(), name)
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)
    return path


lib.enter()
os.chdir(lib.temp_dir())


@case("nginx: the master process, with two workers that share its sockets")
def nginx():
    program = lib.need_program("nginx")
    port, place = free_port(), lib.temp_dir()
    six = f"listen [::1]:{port};" if lib.have_ipv6() else ""
    paths = "".join(
        f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = file("nginx.conf", f"""
        user root; daemon off; worker_processes 2; pid {place}/nginx.pid; error_log {place}/error.log;
        events {{ }}
        http {{ access_log off; {paths} server {{ listen 127.0.0.1:{port}; {six} }} }}
    """)
    with Server([program, "-p", place, "-e", f"{place}/error.log", "-c", config], port) as server:
        pid = server.process.pid
        children = f"/proc/{pid}/task/{pid}/children"
        lib.eventually(lambda: len(open(children).read().split()) == 2, "two workers")
        expect(port, pid, "nginx")
        if six:
            expect(port, pid, "nginx", "tcp6", "::1")


@case("redis-server, on TCP and a UNIX socket, and a client of it")
def redis():
    program = lib.need_program("redis-server")
    port, place = free_port(), lib.temp_dir()
    config = file("redis.conf", f"""
port {port}
bind 127.0.0.1
unixsocket {place}/redis.sock
save ""
dir {place}
""")
    with Server([program, config], port) as server:
        pid = server.process.pid
        expect(port, pid, "redis-server")
        row = matching(lssock_ok("-xlp").rows, rf" {re.escape(place)}/redis\.sock$")
        at = lib.behind_inode(row)
        equal(row[at:at + 20].strip(), f"{pid}/redis-server"[:19])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"PING\r\n")
            equal(client.recv(7), b"+PONG\r\n")
            rows = lssock_ok("-tnp").rows
            mine = lib.port_of(client)
            matching(rows, rf" 127\.0\.0\.1:{port} +127\.0\.0\.1:{mine} +ESTABLISHED {pid}/redis-server *$")
            matching(rows, rf" 127\.0\.0\.1:{mine} +127\.0\.0\.1:{port} +ESTABLISHED {os.getpid()}/python3 *$")


@case("sshd")
def sshd():
    program = lib.need_program("sshd")
    keygen = lib.need_program("ssh-keygen")
    lib.need_real_root()
    if not os.path.isdir("/run/sshd"):
        lib.need_mounts()
        lib.call(lib.libc.mount, b"none", b"/run", b"tmpfs", 0, b"mode=755")
        os.mkdir("/run/sshd", 0o755)
    port, place = free_port(), lib.temp_dir()
    made = lib.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", f"{place}/key"])
    equal(made.status, 0, str(made))
    config = file("sshd_config", f"""
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/key
PidFile {place}/sshd.pid
UsePAM no
""")
    with Server([program, "-D", "-e", "-f", config], port) as server:
        expect(port, server.process.pid, "sshd")


@case("all of them are found by what people type")
def what_people_type():
    program = lib.need_program("redis-server")
    port = free_port()
    with Server([program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""], port) as server:
        for command in (
            f'"$0" -tulpn | grep ":{port} " | awk \'{{print $7}}\' | cut -d/ -f1',
            f'"$0" -antp | awk \'$6 == "LISTEN" && $4 ~ /:{port}$/ {{split($7, a, "/"); print a[1]}}\'',
            f'"$0" -nlp --tcp | sed -n "s/.*:{port} .* \\([0-9]*\\)\\/redis.*/\\1/p"',
        ):
            done = lib.run(["sh", "-c", command, lib.LSSOCK])
            equal(done.out, f"{server.process.pid}\n", command)


lib.main()
