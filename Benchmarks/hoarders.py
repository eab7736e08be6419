"""Clients that have the daemon hold as much as it will, each kind in turn: by one user, and by four at once."""

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
LARGE = (1 << 20) - 100


def padded(method, parameters):
    """A call of nearly 1 MiB: members that nobody knows are ignored, and are sent all the same."""
    call = json.dumps({"method": method, "parameters": parameters, "x": ""}).encode()
    return call[:-2] + b"x" * (LARGE - len(call)) + call[-2:] + b"\0"


def kinds(job):
    """What each connection of a kind sends; none of them reads."""
    wait = message("io.tactus.Jobs.Wait", {"ids": [job]}, more=True)
    return {
        "a call of 1 MiB behind a wait": wait + padded("io.tactus.Daemon.Describe", {}),
        "half a message of 1 MiB": padded("io.tactus.Daemon.Describe", {})[:-1],
        "waits of 1000 ids": message("io.tactus.Jobs.Wait", {"ids": [job] * 1000}, more=True),
        "waits of 1000 suffixes": message("io.tactus.Jobs.Wait", {"ids": [job[-12:]] * 1000}, more=True),
        "replies that nobody takes": message(
            "org.varlink.service.GetInterfaceDescription", {"interface": "io.tactus.Jobs"}) * 1000,
        "pages in line": message("io.tactus.Jobs.List", {"limit": 1000}) * 50,
        "events that nobody takes": message("io.tactus.Daemon.Events", {"follow": True, "after": "0"}, more=True),
        "statistics in line": message("io.tactus.Workflows.Statistics", {}) * 100,
    }


def measure(report):
    """The memory and the start delays of the others while each kind of hoarder does its worst."""
    report.section(f"{WORKFLOWS} jobs every second: alone for {QUIET_SECONDS} s, then among hoarders with "
                   f"{CONNECTIONS} connections for each user,\nevery kind for {SECONDS} s")
    if os.geteuid() != 0:
        return report.note("not measured: it needs root, to be many users")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        os.chmod(root, 0o755)
        daemon = PrivateDaemon(root)
        daemon.define("tactusd.conf", f"[Manager]\nInstance=system\nReadGroup={group(READERS)}\n")
        daemon.define("workflows/held.workflow", "[Command]\nExec=/bin/true\n")
        for number in range(WORKFLOWS):
            daemon.define(
                f"workflows/tick{number}.workflow", "[Schedule]\nInterval=1s\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
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
        if problem := daemon.verify():
            raise SystemExit(f"bench: the auditor is not content: {problem}")


def measure_users(report, daemon, job, users, quiet):
    who = "one user" if users == 1 else f"{users} users"
    begin, asked, turned_away = time.time(), [], 0
    for kind in kinds(job):
        largest = 0
        hoarders = [
            subprocess.Popen([sys.executable, __file__, str(daemon.socket), job, kind, str(user), str(SECONDS)])
            for user in USERS[:users]]
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
    report.add("root asks how it is, slowest answer", max(asked), "ms", asked=len(asked))
    report.add("root found no place in the socket's line", turned_away, "times", goal="0", met=turned_away == 0)


def wait_for_place(daemon):
    """Those who have gone may still be in the socket's line."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return daemon.connect().socket.close()
        except Disconnected:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


# What follows runs in processes of other users.


def hoard(path, words, seconds):
    """Keeps all connections open and sending, and reads nothing; those that are dropped come again."""
    clients, poller, end = {}, select.epoll(), time.monotonic() + seconds
    while time.monotonic() < end:
        while len(clients) < CONNECTIONS and (client := connect(path)):
            clients[client.fileno()] = [client, memoryview(words)]
            poller.register(client, select.EPOLLOUT | select.EPOLLRDHUP)
        for number, ready in poller.poll(0.01):
            client, rest = clients[number]
            if ready & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                # Its number is free for the next one.
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


if __name__ == "__main__":
    become(int(sys.argv[4]))
    hoard(sys.argv[1], kinds(sys.argv[2])[sys.argv[3]], float(sys.argv[5]))
