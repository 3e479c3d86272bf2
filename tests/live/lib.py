# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the live tests share: a namespace of their own, sockets, commands with a time limit, tables
compared row by row, and TAP on stdout. Standard library only (Python 3.9 or later).

A test file calls enter() first: it starts itself again in fresh network, mount and PID namespaces
(as root, or as root of a user namespace) with the loopback interface up, so that what it counts is
what it opened, and everything it leaves behind ends with it. The program under test is named by
the environment variable LSSOCK, an absolute path.
"""

import atexit
import contextlib
import ctypes
import difflib
import fcntl
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

LSSOCK = os.environ.get("LSSOCK", "")
# Seconds after which what has not happened is taken for something that hangs. It ends a test and
# judges nothing: no test fails because a machine is slow.
PATIENCE = 120
INSIDE = "LSSOCK_LIVE_INSIDE"
NETSTAT = shutil.which("netstat", path="/usr/bin:/bin:/usr/sbin:/sbin")

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 15, 38, 22
MS_BIND, MS_REMOUNT, MS_RDONLY = 4096, 32, 1

libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """An expectation that did not hold."""


class Untimely(Failure):
    """The same of time."""


class Skip(Exception):
    """This test cannot be made here."""


# --- namespaces ---------------------------------------------------------------------------------


def _unshare_ways():
    user = [] if os.geteuid() == 0 else ["-r"]
    yield "full", ["unshare", *user, "-n", "-m", "-p", "--fork", "--kill-child", "--mount-proc"]
    yield "mount", ["unshare", *user, "-n", "-m"]
    yield "net", ["unshare", *user, "-n"]


def enter():
    """Starts the file again inside its own namespaces; returns there."""
    if not os.path.isabs(LSSOCK) or not os.access(LSSOCK, os.X_OK):
        print("Bail out! LSSOCK must be the absolute path of the program under test", flush=True)
        sys.exit(99)
    if os.environ.get(INSIDE):
        _set_up_inside()
        return
    for kind, way in _unshare_ways():
        probe = subprocess.run([*way, "true"], stdin=subprocess.DEVNULL, capture_output=True)
        if probe.returncode == 0:
            env = {**os.environ, INSIDE: f"{kind} {'root' if os.geteuid() == 0 else 'user'}"}
            os.execvpe(way[0], [*way, sys.executable, "-B", *sys.argv], env)
    print("1..0 # SKIP namespaces are forbidden here")
    sys.exit(0)


def _set_up_inside():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.environ["LC_ALL"] = "C"
    loopback_up()
    atexit.register(_clean_up)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH22x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(sock, 0x8914, request)  # SIOCSIFFLAGS


def new_net():
    """From here on this process, and what it starts, is in a network namespace with nothing in it."""
    call(libc.unshare, CLONE_NEWNET)
    loopback_up()


def have_mounts():
    return os.environ[INSIDE].split()[0] != "net"


def have_own_pids():
    return os.environ[INSIDE].startswith("full")


def need_mounts():
    if not have_mounts():
        raise Skip("no mount namespace here")


def need_real_root():
    """Other user ids, which a user namespace of one user does not have."""
    if not os.environ[INSIDE].endswith("root"):
        raise Skip("needs root: other user ids")


def need_program(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not path:
        raise Skip(f"{name} is not installed")
    return path


def need_netstat():
    if not NETSTAT:
        raise Skip("netstat (net-tools) is not installed")


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def have_protocol(family, kind, number):
    try:
        socket.socket(family, kind, number).close()
        return True
    except OSError:
        return False


def have_diag(protocol):
    """Whether sock_diag has a handler for this Internet protocol."""
    request = struct.pack("=IHHII", 72, 20, 0x301, 1, 0)  # SOCK_DIAG_BY_FAMILY, a dump
    request += struct.pack("=BBBxI48x", socket.AF_INET, protocol, 0, 0xFFFFFFFF)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as sock:
            sock.send(request)
            reply = sock.recv(65536)
    except OSError:
        return False
    kind = struct.unpack_from("=H", reply, 4)[0]
    status = struct.unpack_from("=i", reply, 16)[0] if len(reply) >= 20 and kind in (2, 3) else 0
    return status == 0


def call(function, *args):
    """A function of the C library that answers -1 and errno."""
    if function(*args) == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


@contextlib.contextmanager
def inside(netns_fd):
    """The body runs in another network namespace; sockets opened there stay there."""
    back = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    call(libc.setns, netns_fd, CLONE_NEWNET)
    try:
        yield
    finally:
        call(libc.setns, back, CLONE_NEWNET)
        os.close(back)


class Neighbour:
    """A second network namespace behind a veth pair: v0 here, v1 there."""

    HERE4, THERE4 = "192.0.2.1", "192.0.2.2"
    HERE6, THERE6 = "2001:db8::1", "2001:db8::2"
    LINK_HERE6, LINK_THERE6 = "fe80::a", "fe80::b"

    def __init__(self):
        ip = need_program("ip")
        back = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        call(libc.unshare, CLONE_NEWNET)
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        holder = subprocess.Popen(["sleep", "3600"])
        call(libc.setns, back, CLONE_NEWNET)
        os.close(back)
        try:
            self.command(ip, "link add v0 type veth peer name v1 netns %d" % holder.pid)
        except Failure as why:
            raise Skip(f"no veth here: {why}") from None
        finally:
            holder.kill()
            holder.wait()
        self._configure(ip, "v0", self.HERE4, self.HERE6, self.LINK_HERE6)
        with inside(self.fd):
            self.command(ip, "link set lo up")
            self._configure(ip, "v1", self.THERE4, self.THERE6, self.LINK_THERE6)

    @staticmethod
    def command(ip, words):
        done = subprocess.run([ip, *words.split()], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"ip {words}: {done.stderr}")

    def _configure(self, ip, name, addr4, addr6, link6):
        self.command(ip, f"link set {name} addrgenmode none")
        self.command(ip, f"addr add {addr4}/24 dev {name}")
        if have_ipv6():
            self.command(ip, f"addr add {addr6}/64 dev {name} nodad")
            self.command(ip, f"addr add {link6}/64 dev {name} nodad")
        self.command(ip, f"link set {name} up")


def bind_etc(**files):
    """Own contents for files of /etc, for the rest of this test file: bind_etc(hosts="...")."""
    need_mounts()
    for name, text in files.items():
        name = name.replace("_", ".")
        mine = os.path.join(temp_dir(), "etc-" + name)
        with open(mine, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(mine, 0o644)
        target = os.path.join("/etc", name)
        if not os.path.exists(target):
            raise Skip(f"{target} is missing, so nothing can be mounted over it")
        target = os.path.realpath(target)
        call(libc.mount, mine.encode(), target.encode(), None, MS_BIND, None)


# --- what must be tidied up ----------------------------------------------------------------------

_temp_dir = None
children = []
_home_pid = os.getpid()


def temp_dir():
    """A directory that others may enter (for tests as another user), removed at the end."""
    global _temp_dir
    if _temp_dir is None:
        _temp_dir = tempfile.mkdtemp(prefix="lssock-live-")
        os.chmod(_temp_dir, 0o755)
    return _temp_dir


def _clean_up():
    if os.getpid() != _home_pid:
        return
    for pid in list(children):
        end_child(pid)
    if _temp_dir:
        shutil.rmtree(_temp_dir, ignore_errors=True)


def in_new_net(body):
    """Runs body() in a child with a network namespace of its own; its failure is ours."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read_end)
            call(libc.unshare, CLONE_NEWNET)
            loopback_up()
            body()
            status = 0
        except Skip as why:
            os.write(write_end, str(why).encode())
            status = 77
        except Failure as why:
            os.write(write_end, str(why).encode())
        except BaseException:
            os.write(write_end, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(write_end)
    children.append(pid)
    with os.fdopen(read_end, "rb") as pipe:
        text = pipe.read().decode()
    status = os.waitpid(pid, 0)[1]
    children.remove(pid)
    if status == 77 << 8:
        raise Skip(text)
    that(status == 0, text or f"a helper process ended with {status}")


def fork_child(body):
    """
    Runs body(say) in a child, which then keeps what body returned and sleeps until it is ended.
    say(text) hands one line of text to the parent, who waits for it. Returns (pid, text).
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read_end)
            kept = body(lambda text: os.write(write_end, str(text).encode() + b"\n"))
            os.close(write_end)
            while True:
                signal.pause()
        except BaseException:  # the parent sees no text and fails there
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(write_end)
    children.append(pid)
    with os.fdopen(read_end, "rb") as pipe:
        text = pipe.readline().decode().rstrip("\n")
    if not text:
        raise Failure("a helper process failed to start")
    return pid, text


def end_child(pid):
    if pid in children:
        children.remove(pid)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def public_lssock():
    """The program where any user may run it."""
    copy = os.path.join(temp_dir(), "lssock")
    if not os.path.exists(copy):
        shutil.copyfile(LSSOCK, copy)
        os.chmod(copy, 0o755)
    return copy


NOBODY = 65534


def become_nobody():
    """In a child: gives up all that root has."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def as_nobody(*args, **options):
    return run([public_lssock(), *args], preexec_fn=become_nobody, **options)


def is_sanitized():
    """Built with AddressSanitizer: memory cannot be measured, ptrace upsets its leak checker."""
    with open(LSSOCK, "rb") as binary:
        return b"__asan_init" in binary.read()


# --- commands ------------------------------------------------------------------------------------


class Result:
    """How a command ended. Text is bytes seen as Latin-1, so that nothing is lost or guessed."""

    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err

    @property
    def lines(self):
        return self.out.split("\n")[:-1]

    @property
    def rows(self):
        """Lines that are neither a title nor a header."""
        return [line for line in self.lines if not line.startswith(("Active ", "Proto "))]

    def __str__(self):
        return (
            f"{' '.join(self.words)}: status {self.status}\n"
            f"stdout: {self.out[:2000]!r}\nstderr: {self.err[:2000]!r}"
        )


def run(words, timeout=PATIENCE, env=None, **popen):
    """Runs a command to its end. One that hangs is killed, and the test fails."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", **passed_on()}
    environment.update(env or {})
    popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("stdout", subprocess.PIPE)
    popen.setdefault("stderr", subprocess.PIPE)
    process = subprocess.Popen(words, env=environment, **popen)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failure(f"{' '.join(words)}: still running after {timeout} s") from None
    return Result(
        words, process.returncode, (out or b"").decode("latin-1"), (err or b"").decode("latin-1")
    )


def passed_on():
    return {key: os.environ[key] for key in os.environ if key.endswith("SAN_OPTIONS")}


def lssock(*args, **options):
    return run([LSSOCK, *args], **options)


def lssock_ok(*args, **options):
    """lssock with status 0 and nothing on stderr but what this machine lacks."""
    result = lssock(*args, **options)
    that(result.status == 0 and _only_what_lacks(result.err), str(result))
    return result


def _only_what_lacks(err):
    """raw_diag, which kernels leave out, and cgroup2, which a chroot may not have mounted."""
    lacks = []
    if not have_diag(socket.IPPROTO_RAW):
        lacks.append(r"raw6?: this kernel has no raw_diag\b")
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
        if " - cgroup2 " not in mounts.read():
            lacks.append("control groups are not known: the cgroup2 file system is not mounted ")
    lines = [line for line in err.split("\n") if line]
    return all(any(re.match("lssock: " + lack, line) for lack in lacks) for line in lines)


def on_terminal(width, *options, env=None):
    """What lssock writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C", **passed_on(),
                   **(env or {})}
    process = subprocess.Popen([LSSOCK, *options], stdin=subprocess.DEVNULL, stdout=theirs,
                               stderr=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    text = b""
    with contextlib.suppress(OSError):
        while part := os.read(ours, 65536):
            text += part
    os.close(ours)
    equal(process.wait(PATIENCE), 0)
    return text.decode("latin-1").replace("\r\n", "\n")


def netstat(*args, **options):
    """netstat -W: the table that ours must equal."""
    need_netstat()
    return run([NETSTAT, "-W", *args], **options)


# --- expectations --------------------------------------------------------------------------------


def that(condition, message):
    if not condition:
        raise Failure(message)


def in_time(condition, message):
    """What a slow machine may do as well: see at_some_pace()."""
    if not condition:
        raise Untimely(message)


def equal(got, want, what=""):
    if got == want:
        return
    if isinstance(got, str) and isinstance(want, str) and "\n" in got + want:
        raise Failure(f"{what}\n{difference(want, got)}")
    raise Failure(f"{what}\n  want {want!r}\n  got  {got!r}")


def difference(want, got):
    lines = difflib.unified_diff(
        [line + "|" for line in want.split("\n")],
        [line + "|" for line in got.split("\n")],
        "expected",
        "lssock",
        lineterm="",
        n=1,
    )
    return "\n".join(ascii(line)[1:-1] for line in list(lines)[:60])


def matching(rows, pattern):
    """The one row that matches a regular expression."""
    found = [row for row in rows if re.search(pattern, row)]
    that(len(found) == 1, f"{len(found)} rows match {pattern!r}:\n" + "\n".join(found or rows))
    return found[0]


def eventually(condition, what, seconds=PATIENCE):
    """Waits until condition() is true; returns what it answered."""
    deadline, looks = time.monotonic() + seconds, 0
    while True:
        answer, looks = condition(), looks + 1
        if answer:
            return answer
        # A machine may have stood still meanwhile.
        if time.monotonic() > deadline and looks >= 20:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def at_some_pace(body, paces=(1, 4, 12)):
    """
    body(pace) judges how long something takes, by in_time(), before all that hinges on it; the times
    that it asks for it has multiplied by pace. What a slow machine adds does not grow with them. So
    what is right shows at one of these paces, and what is wrong at none. Other failures are failures.
    """
    for pace in paces[:-1]:
        with contextlib.suppress(Untimely):
            return body(pace)
    return body(paces[-1])


# --- tables --------------------------------------------------------------------------------------

ROUNDING = 0.05  # seconds; timers are told in hundredths, by kernels that count in others
TIMER = re.compile(r" (\S+) \((\d+\.\d\d)/(\d+)/(\d+)\)$")


def escaped(name, blank=True, at=False):
    """How lssock writes bytes that others chose (outside UTF-8 locales)."""
    out = []
    for position, byte in enumerate(name):
        if byte == 0x5C:
            out.append("\\\\")
        elif byte < 0x20 or byte > 0x7E or (blank and byte == 0x20):
            out.append(f"\\x{byte:02x}")
        elif at and position == 0 and byte == 0x40:
            out.append("\\x40")
        else:
            out.append(chr(byte))
    return "".join(out)


def _without_timer(line):
    found = TIMER.search(line)
    return (line[: found.start()], *found.groups()) if found else (line,)


def _runs_on(earlier, later):
    a, b = _without_timer(earlier), _without_timer(later)
    if len(a) != len(b) or a[:2] != b[:2] or a[3:] != b[3:]:
        return False
    return len(a) == 1 or float(b[2]) <= float(a[2]) + ROUNDING


def runs_on(*tables):
    """Whether tables, each looked at after the one before it, are equal, but for timers that ran on."""
    tables = [table.split("\n") for table in tables]
    return all(
        len(earlier) == len(later) and all(map(_runs_on, earlier, later))
        for earlier, later in zip(tables, tables[1:])
    )


def between(look, ours):
    """
    (what look() said before, what ours() said, what look() said after), both of them results of
    commands, from a moment when nothing but timers changed meanwhile.
    """

    def three():
        before, answer, after = look(), ours(), look()
        return (before, answer, after) if runs_on(before.out, after.out) else None

    return eventually(three, "the sockets hold still for three looks")


def behind_inode(row):
    """Where what is behind I-Node begins in a row about a UNIX socket: column 59, but for a number of
    more than eight digits."""
    return max(59, 51 + len(row[50:].split(" ", 1)[0]))


def like_netstat(*args, fix=None, alter=None):
    """
    lssock with these arguments prints what netstat -W prints, byte for byte. fix(text) mends
    netstat's text where ours is meant to differ; alter(text) takes out of ours what this test is
    not about. netstat is asked before and after: only when it agrees with itself can we be compared,
    and timers lie between its own.
    """
    fix, alter = fix or str, alter or str

    def theirs():
        result = netstat(*args)
        result.out = fix(result.out)
        return result

    # Names that a slow machine has late are no difference.
    before, ours, after = between(theirs, lambda: lssock("--resolve-timeout=60", *args))
    that(ours.status == 0 and _only_what_lacks(ours.err), str(ours))
    want, got = after.out, alter(ours.out)
    if not runs_on(before.out, got, want):
        raise Failure(f"{' '.join(ours.words)}\n{difference(want, got)}")
    return ours


# --- sockets -------------------------------------------------------------------------------------


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def listen(address="127.0.0.1", port=0, backlog=8, v6only=None):
    sock = socket.socket(family_of(address), socket.SOCK_STREAM)
    if v6only is not None:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    sock.bind((address, port))
    sock.listen(backlog)
    return sock


def port_of(sock):
    return sock.getsockname()[1]


def inode_of(sock):
    return os.fstat(sock.fileno()).st_ino


def connect_to(listener, address=None):
    """Returns (client, accepted)."""
    address = address or listener.getsockname()[0]
    client = socket.socket(family_of(address), socket.SOCK_STREAM)
    client.connect((address, port_of(listener)))
    accepted, _ = listener.accept()
    return client, accepted


def drop_incoming(sock):
    """From now on the socket sees no segment: a filter that keeps nothing."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # return 0
    program = struct.pack("HL", 1, ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def set_comm(name):
    """The calling thread's name, any bytes but NUL, 15 of them."""
    call(libc.prctl, PR_SET_NAME, ctypes.c_char_p(name), 0, 0, 0)


# --- TAP -----------------------------------------------------------------------------------------

_cases = []


def case(title, seconds=10 * PATIENCE):
    """Decorator: a function that is one line of TAP. What hangs is ended after so many seconds."""

    def add(function):
        _cases.append((title, function, seconds))
        return function

    return add


def _on_alarm(_signal, _frame):
    raise Failure("the test took too long")


def _run_case(function, seconds):
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.alarm(seconds)
    before = set(children)
    try:
        function()
        return "ok", "", ""
    except Skip as why:
        return "ok", f" # SKIP {why}", ""
    except Failure as why:
        return "not ok", "", str(why)
    except Exception:
        return "not ok", "", traceback.format_exc()
    finally:
        signal.alarm(0)
        for pid in set(children) - before:
            end_child(pid)


def main():
    """Runs every case (or those whose title contains the first argument) and exits."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [entry for entry in _cases if wanted in entry[0]]
    failed = 0
    print(f"1..{len(chosen)}", flush=True)
    for number, (title, function, seconds) in enumerate(chosen, 1):
        verdict, directive, why = _run_case(function, seconds)
        failed += verdict != "ok"
        print(f"{verdict} {number} - {title}{directive}", flush=True)
        for line in why.splitlines():
            print("# " + ascii(line)[1:-1], flush=True)
    sys.stdout.flush()
    sys.exit(1 if failed else 0)
