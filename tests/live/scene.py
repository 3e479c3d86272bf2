# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every TCP state that a socket can be held in, for tests that look at them. The peers live in a
second network namespace behind a veth pair; a state that normally lasts microseconds is held by a
peer whose socket filter drops every segment that arrives.
"""

import contextlib
import os
import socket
import time

import lib
from lib import Neighbour, equal, inside

# The first of these states ends by itself after a minute. A case that begins in time is over by then.
LASTS = 25  # seconds
PROBE = 4  # the timer of a closed window in /proc/net/tcp
STATE_NUMBERS = {
    "ESTABLISHED": 1, "SYN_SENT": 2, "SYN_RECV": 3, "FIN_WAIT1": 4, "FIN_WAIT2": 5, "TIME_WAIT": 6,
    "CLOSE_WAIT": 8, "LAST_ACK": 9, "LISTEN": 10, "CLOSING": 11,
}
KINDS = {
    "IPv4": (Neighbour.HERE4, Neighbour.THERE4, False),
    "IPv6": (Neighbour.HERE6, Neighbour.THERE6, False),
    "IPv4 under IPv6": (Neighbour.HERE4, Neighbour.THERE4, True),
}
LISTENER_UID = 12345


def kernel_rows():
    """(local port, remote port, state, timer) of every TCP socket here, as numbers."""
    found = set()
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(FileNotFoundError), open(f"/proc/self/net/{name}", encoding="ascii") as table:
            for words in (line.split() for line in table.readlines()[1:]):
                local, remote = (int(end.rsplit(":", 1)[1], 16) for end in words[1:3])
                found.add((local, remote, int(words[3], 16), int(words[5].split(":")[0], 16)))
    return found


class Scenes:
    """A scene of each kind of address, in a namespace made for them, and made anew in good time."""

    def __init__(self):
        self.since = self.net = self.kinds = None

    def are_old(self):
        return self.since is None or time.monotonic() - self.since > LASTS

    def get(self):
        """{kind: scene}"""
        if self.are_old():
            lib.new_net()
            self.since, self.net = time.monotonic(), Neighbour()
            self.kinds = {
                name: Scene(self.net, *kind)
                for name, kind in KINDS.items()
                if name == "IPv4" or lib.have_ipv6()
            }
            lib.eventually(self.are_settled, "every socket comes to its state")
        return self.kinds

    def are_settled(self):
        rows = {row[:3] for row in kernel_rows()}
        return all(scene.wanted_rows() <= rows for scene in self.kinds.values())


class Scene:
    """The sockets of one kind of address: what is here is shown, what is there only answers."""

    def __init__(self, net, here, there, mapped):
        self.net, self.mapped = net, mapped
        self.here_host, self.there_host = here, there
        self.proto = "tcp6" if mapped or ":" in here else "tcp"
        self.kept = []
        self.expected = {}  # name -> (local, remote, state, timer, has an inode)
        with inside(net.fd):
            self.there = lib.listen(there, backlog=64)
        self.here = self._listen_here()
        for build in (
            self.listen, self.established, self.syn_sent, self.syn_recv, self.fin_wait1,
            self.fin_wait2, self.time_wait, self.close_wait, self.last_ack, self.closing,
            self.read_closed, self.unsent,
        ):
            build()

    def _listen_here(self):
        if self.mapped:
            return lib.listen("::", v6only=0, backlog=64)
        return lib.listen(self.here_host, backlog=64)

    def _socket(self):
        family = socket.AF_INET6 if self.proto == "tcp6" else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        self.kept.append(sock)
        return sock

    def _address(self, port):
        return ("::ffff:" + self.there_host if self.mapped else self.there_host, port)

    def text(self, address):
        host = address[0].removeprefix("::ffff:")
        return f"{host}:{address[1]}"

    def _pair(self):
        """A connection from here to there: (the end here, the end there)."""
        mine = self._socket()
        mine.connect(self._address(lib.port_of(self.there)))
        theirs, _ = self.there.accept()
        self.kept.append(theirs)
        return mine, theirs

    def expect(self, name, local, remote, state, timer, inode):
        self.expected[name] = (self.text(local), self.text(remote), state, timer, inode)

    def expect_pair(self, name, mine, state, timer, inode=True):
        inode = lib.inode_of(mine) if inode else 0
        self.expect(name, mine.getsockname(), mine.getpeername(), state, timer, inode)

    def wanted_rows(self):
        """(local port, remote port, state) of those that are expected."""
        def port(end):
            text = end.rsplit(":", 1)[1]
            return 0 if text == "*" else int(text)

        return {(port(local), port(remote), STATE_NUMBERS[state])
                for local, remote, state, _, _ in self.expected.values()}

    def listen(self):
        local = self.here.getsockname()
        self.expected["LISTEN"] = (
            f"{local[0]}:{local[1]}",
            ":::*" if ":" in local[0] else "0.0.0.0:*",
            "LISTEN", "off", lib.inode_of(self.here),
        )

    def established(self):
        mine, _ = self._pair()
        self.expect_pair("ESTABLISHED", mine, "ESTABLISHED", "off")
        mine, _ = self._pair()
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.expect_pair("ESTABLISHED with keepalive", mine, "ESTABLISHED", "keepalive")

    def syn_sent(self):
        with inside(self.net.fd):
            deaf = lib.listen(self.there_host)
        lib.drop_incoming(deaf)
        mine = self._socket()
        mine.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            mine.connect(self._address(lib.port_of(deaf)))
        self.kept.append(deaf)
        local = mine.getsockname()
        self.expect("SYN_SENT", local, deaf.getsockname(), "SYN_SENT", "on", lib.inode_of(mine))

    def syn_recv(self):
        """The caller does not hear our SYN-ACK; the listener belongs to another user."""
        with other_user():
            listener = self._listen_here()
        with inside(self.net.fd):
            caller = socket.socket(lib.family_of(self.there_host), socket.SOCK_STREAM)
        caller.bind((self.there_host, 0))
        lib.drop_incoming(caller)
        caller.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            caller.connect((self.here_host, lib.port_of(listener)))
        self.kept += [listener, caller]
        local = (self.here_host, lib.port_of(listener))
        self.expect("SYN_RECV", local, caller.getsockname(), "SYN_RECV", "on", 0)

    def fin_wait1(self):
        for name, orphan in (("FIN_WAIT1", False), ("FIN_WAIT1, closed", True)):
            mine, theirs = self._pair()
            lib.drop_incoming(theirs)
            self.expect_pair(name, mine, "FIN_WAIT1", "on", inode=not orphan)
            mine.close() if orphan else mine.shutdown(socket.SHUT_WR)

    def fin_wait2(self):
        for name, orphan in (("FIN_WAIT2", False), ("FIN_WAIT2, closed", True)):
            mine, theirs = self._pair()
            timer = "timewait" if orphan else "off"
            self.expect_pair(name, mine, "FIN_WAIT2", timer, inode=not orphan)
            mine.close() if orphan else mine.shutdown(socket.SHUT_WR)
            equal(theirs.recv(1), b"", "end of file after shutdown()")

    def time_wait(self):
        mine, theirs = self._pair()
        self.expect_pair("TIME_WAIT", mine, "TIME_WAIT", "timewait", inode=False)
        mine.shutdown(socket.SHUT_WR)
        equal(theirs.recv(1), b"", "end of file after shutdown()")
        theirs.close()
        equal(mine.recv(1), b"", "end of file after close()")
        mine.close()

    def close_wait(self):
        mine, theirs = self._pair()
        theirs.shutdown(socket.SHUT_WR)
        equal(mine.recv(1), b"", "end of file after shutdown()")
        self.expect_pair("CLOSE_WAIT", mine, "CLOSE_WAIT", "off")

    def last_ack(self):
        for name, orphan in (("LAST_ACK", False), ("LAST_ACK, closed", True)):
            mine, theirs = self._pair()
            theirs.shutdown(socket.SHUT_WR)
            equal(mine.recv(1), b"", "end of file after shutdown()")
            lib.drop_incoming(theirs)
            self.expect_pair(name, mine, "LAST_ACK", "on", inode=not orphan)
            mine.close() if orphan else mine.shutdown(socket.SHUT_WR)

    def closing(self):
        """Both sides send a FIN, and ours is never acknowledged."""
        for name, orphan in (("CLOSING", False), ("CLOSING, closed", True)):
            mine, theirs = self._pair()
            lib.drop_incoming(theirs)
            self.expect_pair(name, mine, "CLOSING", "on", inode=not orphan)
            mine.close() if orphan else mine.shutdown(socket.SHUT_WR)
            theirs.shutdown(socket.SHUT_WR)

    def read_closed(self):
        """shutdown(SHUT_RD) sends nothing and changes no state."""
        mine, _ = self._pair()
        mine.shutdown(socket.SHUT_RD)
        self.expect_pair("ESTABLISHED after SHUT_RD", mine, "ESTABLISHED", "off")

    def unsent(self):
        """A peer that does not read: its window closes and ours is probed."""
        mine, _ = self._pair()
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
        mine.setblocking(False)
        ends = lib.port_of(mine), mine.getpeername()[1], STATE_NUMBERS["ESTABLISHED"], PROBE

        def is_closed():
            with contextlib.suppress(BlockingIOError):
                while True:
                    mine.send(b"x" * 65536)
            return ends in kernel_rows()

        lib.eventually(is_closed, "the window is closed")
        self.expect_pair("ESTABLISHED with a closed window", mine, "ESTABLISHED", "probe")


@contextlib.contextmanager
def other_user():
    """Sockets of another user, where there are other users."""
    if not os.environ[lib.INSIDE].endswith("root"):
        yield
        return
    os.seteuid(LISTENER_UID)
    try:
        yield
    finally:
        os.seteuid(0)
