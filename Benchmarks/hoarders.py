"""Measures clients that make the daemon hold as much memory as it will: each kind by one user, and by four at once."""

import contextlib
import json
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "scripts")]
from control import message, percentile  # noqa: E402
from crowd import READERS, become, delays, delays_since, group, rss  # noqa: E402
from harness import Disconnected, PrivateDaemon  # noqa: E402

WORKFLOWS = 20
QUIET_SECONDS = 30
SECONDS = 8
CONNECTIONS = 128
RSS_GOAL = 100
RATIO_GOAL = 2
USERS = range(60_021, 60_025)
LOOP = "a loop"
GROUPS = (pathlib.Path("/sys/fs/cgroup/cpu"), pathlib.Path("/sys/fs/cgroup"))
LARGE = (1 << 20) - 100


def padded(method, parameters):
    """Pads a call to nearly 1 MiB with an unknown member, which the daemon ignores."""
    call = json.dumps({"method": method, "parameters": parameters, "x": ""}).encode()
    return call[:-2] + b"x" * (LARGE - len(call)) + call[-2:] + b"\0"


def kinds(job):
    """Returns the bytes that each connection of a kind sends. None of them reads."""
    wait = message("io.tactus.Jobs.Wait", {"ids": [job]}, more=True)
    return {
        "a call of 1 MiB behind a wait": wait + padded("io.tactus.Daemon.Describe", {}),
        "half a message of 1 MiB": padded("io.tactus.Daemon.Describe", {})[:-1],
        "waits of 1000 ids": message("io.tactus.Jobs.Wait", {"ids": [job] * 1000}, more=True),
        "waits of 1000 suffixes": message("io.tactus.Jobs.Wait", {"ids": [job[-12:]] * 1000}, more=True),
        "replies that nobody reads": message(
            "org.varlink.service.GetInterfaceDescription", {"interface": "io.tactus.Jobs"}) * 1000,
        "queued pages": message("io.tactus.Jobs.List", {"limit": 1000}) * 50,
        "events that nobody reads": message("io.tactus.Daemon.Events", {"follow": True, "after": "0"}, more=True),
        "queued statistics": message("io.tactus.Workflows.Statistics", {}) * 100,
    }


def measure(report):
    """Measures the daemon's memory and the start delays of other jobs beside each kind of hoarder."""
    report.section(f"{WORKFLOWS} jobs every second: alone for {QUIET_SECONDS} s, then among hoarders with "
                   f"{CONNECTIONS} connections for each user,\neach kind for {SECONDS} s")
    if os.geteuid() != 0:
        return report.note("not measured: needs root, to act as many users")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        os.chmod(root, 0o755)
        daemon = PrivateDaemon(root)
        daemon.define("tactusd.conf", f"[Manager]\nInstance=system\nReadGroup={group(READERS)}\n")
        daemon.define("workflows/held.workflow", "[Command]\nExec=/bin/true\n")
        for number in range(WORKFLOWS):
            daemon.define(
                f"workflows/tick{number}.workflow", "[Schedule]\nInterval=1s\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
        is_apart = keep_apart("daemon", daemon.process.pid)
        report.note("the daemon and its clients have equal shares of the processors, like units and users under systemd"
                    if is_apart else "no control groups: the daemon and its clients compete process by process")
        try:
            with daemon.connect() as connection:
                job = connection.call("io.tactus.Workflows.Run", {"name": "held", "hold": True})["job_id"]
            time.sleep(2)
            p99 = percentile(delays(daemon, QUIET_SECONDS)[0], 0.99)
            report.add("start delay alone, p99", p99, "ms")
            report.add("RSS, before", rss(daemon) / 1024, "MB")
            for users in (1, len(USERS)):
                measure_users(report, daemon, job, users, p99)
            report.add("RSS, afterwards", rss(daemon) / 1024, "MB")
        finally:
            daemon.stop()
            for name in ("daemon", "clients"):
                for root in GROUPS:
                    with contextlib.suppress(OSError):
                        (root / f"tactus-bench-{name}").rmdir()
        if problem := daemon.verify():
            raise SystemExit(f"bench: tactusd --verify failed: {problem}")


def measure_users(report, daemon, job, users, quiet):
    who = "one user" if users == 1 else f"{users} users"
    begin = time.time()
    for hoarder in set_going(daemon, job, LOOP, users):
        hoarder.wait()
    beside, _ = delays_since(daemon, begin)
    report.add(f"start delay beside {users} loop{'s' if users > 1 else ''}, p99", percentile(beside, 0.99), "ms",
               jobs=len(beside))
    begin, asked, turned_away = time.time(), [], 0
    for kind in kinds(job):
        largest = 0
        hoarders = set_going(daemon, job, kind, users)
        while any(hoarder.poll() is None for hoarder in hoarders):
            largest = max(largest, rss(daemon))
            start = time.monotonic()
            try:
                with daemon.connect() as connection:
                    connection.call("io.tactus.Daemon.Describe")
                asked.append((time.monotonic() - start) * 1000)
            except Disconnected:
                turned_away += 1
            time.sleep(0.05)
        if any(hoarder.returncode for hoarder in hoarders):
            raise SystemExit(f"bench: a hoarder failed: {kind}")
        report.add(f"RSS, {who}: {kind}", largest / 1024, "MB", goal=f"below {RSS_GOAL}",
                   met=largest / 1024 < RSS_GOAL)
    wait_for_place(daemon)
    noisy, missing = delays_since(daemon, begin)
    ratio = percentile(noisy, 0.99) / quiet
    report.add(f"start delay among {who}, p99", percentile(noisy, 0.99), "ms", jobs=len(noisy))
    report.add(f"among {who} / alone", ratio, "", goal=f"at most {RATIO_GOAL}", met=ratio <= RATIO_GOAL)
    report.add(f"among {who}: instants without a job", missing, "", goal="0", met=missing == 0)
    report.add("slowest answer to root's status calls", max(asked), "ms", asked=len(asked))
    report.add("connections of root that the socket refused", turned_away, "times", goal="0", met=turned_away == 0)


def set_going(daemon, job, kind, users):
    processes = [
        subprocess.Popen([sys.executable, __file__, str(daemon.socket), job, kind, str(user), str(SECONDS)])
        for user in USERS[:users]]
    for process in processes:
        keep_apart("clients", process.pid)
    return processes


def keep_apart(name, pid):
    """Moves a process to the control group of its side, so that both sides share the processors equally.

    Returns False if there are no control groups.
    """
    for root in GROUPS:
        group = root / f"tactus-bench-{name}"
        try:
            group.mkdir(exist_ok=True)
            if not list(group.glob("cpu.[sw]*")):
                continue
            (group / "cgroup.procs").write_text(str(pid))
            return True
        except OSError:
            continue
    return False


def wait_for_place(daemon):
    """Waits until root can connect. Closed clients may still fill the socket's backlog."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return daemon.connect().socket.close()
        except Disconnected:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


# The code below runs in processes of other users.


def hoard(path, words, seconds):
    """Keeps all connections open and sending, and reads nothing. Dropped clients connect again."""
    clients, poller, end = {}, select.epoll(), time.monotonic() + seconds
    while time.monotonic() < end:
        while len(clients) < CONNECTIONS and (client := connect(path)):
            clients[client.fileno()] = [client, memoryview(words)]
            poller.register(client, select.EPOLLOUT | select.EPOLLRDHUP)
        for number, ready in poller.poll(0.01):
            client, rest = clients[number]
            if ready & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                # The next client may reuse the number of the descriptor.
                del clients[number]
                client.close()
                continue
            try:
                clients[number][1] = rest = rest[client.send(rest[: 1 << 18]):]
            except OSError:
                continue
            if not rest:
                poller.modify(client, select.EPOLLRDHUP)
        time.sleep(0.01)


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.setblocking(False)
    try:
        client.connect(path)
    except OSError:
        client.close()
        return None
    return client


def compute(seconds):
    """Uses a processor without calling the daemon, to show the cost of any busy program."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


if __name__ == "__main__":
    become(int(sys.argv[4]))
    if sys.argv[3] == LOOP:
        compute(float(sys.argv[5]))
        sys.exit()
    hoard(sys.argv[1], kinds(sys.argv[2])[sys.argv[3]], float(sys.argv[5]))
