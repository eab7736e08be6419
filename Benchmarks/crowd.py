"""Measures hostile clients: the start delays of jobs, the memory of the daemon, and its recovery when they have gone."""

import grp
import os
import pathlib
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "scripts")]
from control import message, percentile  # noqa: E402
from harness import Connection, Disconnected, PrivateDaemon, Refused  # noqa: E402
from planning import delay, microseconds  # noqa: E402

WORKFLOWS = 20
SECONDS = 30
CONNECTIONS = 10_000
SLOW_WRITERS = 500
FOLLOWERS = 50
FLOOD = 100 << 20
RSS_GOAL = 100
RATIO_GOAL = 2
USERS = range(60_001, 60_011)
READERS = 8


def measure(report):
    """Runs the same jobs twice: alone, and among the crowd."""
    report.section(f"{WORKFLOWS} jobs every second for {SECONDS} s: alone, and among {CONNECTIONS:,} connections, "
                   f"{SLOW_WRITERS} slow writers,\n{FOLLOWERS} followers that read nothing, and one client that sends "
                   f"{FLOOD >> 20} MB")
    if os.geteuid() != 0:
        return report.note("not measured: needs root, to act as many users")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        os.chmod(root, 0o755)
        daemon = PrivateDaemon(root)
        daemon.define("tactusd.conf", f"[Manager]\nInstance=system\nReadGroup={group(READERS)}\n")
        for number in range(WORKFLOWS):
            daemon.define(
                f"workflows/tick{number}.workflow", "[Schedule]\nInterval=1s\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
        try:
            time.sleep(2)
            quiet, _ = delays(daemon, SECONDS)
            calm = rss(daemon)
            crowd = subprocess.Popen(
                [sys.executable, __file__, str(daemon.socket), str(SECONDS)], stdout=subprocess.PIPE, text=True)
            time.sleep(2)
            noisy, missing, largest, asked = delays_among(daemon, SECONDS - 4)
            summary = crowd.communicate(timeout=120)[0].strip()
            if crowd.returncode:
                raise SystemExit(f"bench: the crowd failed with exit status {crowd.returncode}")
            recovery = recovered(daemon)
            after = rss(daemon)
        finally:
            daemon.stop()
        if problem := daemon.verify():
            raise SystemExit(f"bench: tactusd --verify failed: {problem}")
    report.note(summary)
    p99 = percentile(quiet, 0.99)
    ratio = percentile(noisy, 0.99) / p99
    report.add("start delay alone, p99", p99, "ms", jobs=len(quiet))
    report.add("start delay in the crowd, p99", percentile(noisy, 0.99), "ms", jobs=len(noisy))
    report.add("in the crowd / alone", ratio, "", goal=f"at most {RATIO_GOAL}", met=ratio <= RATIO_GOAL)
    report.add("instants without a completed job", missing, "", goal="0", met=missing == 0)
    report.add("slowest answer to root's status calls", max(asked), "ms", asked=len(asked))
    report.add("RSS, before", calm / 1024, "MB")
    report.add("RSS, largest", largest / 1024, "MB", goal=f"below {RSS_GOAL}", met=largest / 1024 < RSS_GOAL)
    report.add("RSS, afterwards", after / 1024, "MB")
    report.add("until all users are served again", recovery, "s")


def group(number):
    return grp.getgrgid(number).gr_name


def rss(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def delays(daemon, seconds):
    """Returns the start delays of the next seconds in ms, and the number of instants without a job."""
    begin = time.time()
    time.sleep(seconds)
    return delays_since(daemon, begin)


def delays_since(daemon, begin):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin))
    with daemon.connect() as connection:
        jobs = list(connection.jobs(status=["COMPLETED"], since=since))
    missing = 0
    for name in {job["workflow"] for job in jobs}:
        instants = [microseconds(job["nominal_at"]) for job in jobs if job["workflow"] == name]
        missing += (max(instants) - min(instants)) // 1_000_000 + 1 - len(instants)
    return [delay(job) for job in jobs], missing


def delays_among(daemon, seconds):
    """Does the same, samples the memory, and calls Describe as root ten times per second."""
    begin, largest, asked = time.time(), 0, []
    while time.time() < begin + seconds:
        largest = max(largest, rss(daemon))
        start = time.monotonic()
        with daemon.connect() as connection:
            connection.call("io.tactus.Daemon.Describe")
        asked.append((time.monotonic() - start) * 1000)
        time.sleep(0.1)
    return *delays_since(daemon, begin), largest, asked


def recovered(daemon):
    """Returns the seconds until every user of the crowd gets an answer."""
    begin = time.monotonic()
    for user in USERS:
        while subprocess.run(
            [sys.executable, __file__, str(daemon.socket), "ask", str(user)], stderr=subprocess.DEVNULL, check=False
        ).returncode:
            if time.monotonic() - begin > 60:
                raise SystemExit(f"bench: user {user} gets no answer after 60 s")
    return time.monotonic() - begin


# The code below runs in processes of other users.


class Crowd:
    """Runs all kinds of hostile clients at once from one thread, without ever waiting for the daemon."""

    def __init__(self, path, seconds):
        self.path, self.end = path, time.monotonic() + seconds
        self.selector = selectors.DefaultSelector()
        self.refused = self.connected = self.flooded = 0
        self.silent = []

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.setblocking(False)
        try:
            client.connect(self.path)
        except (BlockingIOError, ConnectionRefusedError):
            client.close()
            return None
        self.connected += 1
        return client

    def run(self, writers, followers, connections):
        writing = []
        for _ in range(followers):
            if client := self.connect():
                client.sendall(message("io.tactus.Daemon.Events", {"follow": True, "after": "0"}, more=True))
                self.silent.append(client)
        start, opened, next_byte = time.monotonic(), 0, 0.0
        duration = self.end - start
        while (now := time.monotonic()) < self.end:
            if now >= next_byte:
                # Every second each client writes a byte. Dropped clients connect again.
                next_byte = now + 1
                writing = [client for client in writing if self.trickle(client)]
                while len(writing) < writers and (client := self.connect()):
                    writing.append(client)
            wanted = connections * (now - start) / duration
            while opened < wanted:
                opened += 1
                if client := self.connect():
                    self.silent.append(client)
            time.sleep(0.005)
        print(f"{self.connected} {self.flooded}", flush=True)

    def flood(self):
        """Sends without end as one client. Dropped after each MiB, it connects again until it has sent all bytes."""
        piece = b"x" * (1 << 16)
        while self.flooded < FLOOD and time.monotonic() < self.end:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                    client.connect(self.path)
                    self.connected += 1
                    while self.flooded < FLOOD:
                        client.sendall(piece)
                        self.flooded += len(piece)
            except OSError:
                pass
        print(f"{self.connected} {self.flooded}", flush=True)

    @staticmethod
    def trickle(client):
        try:
            return client.send(b"{") == 1
        except BlockingIOError:
            return True
        except OSError:
            client.close()
            return False


def become(user):
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, 20_000))
    os.setgroups([READERS])
    os.setgid(user)
    os.setuid(user)


def crowd(path, seconds):
    """Forks a process for each user, each with its share of the clients. The last one floods."""
    children = []
    for user in [*USERS, USERS[-1] + 1]:
        reader, writer = os.pipe()
        if (child := os.fork()) == 0:
            os.dup2(writer, 1)
            os.close(reader)
            become(user)
            part = Crowd(path, seconds)
            if user == USERS[-1] + 1:
                part.flood()
            else:
                part.run(SLOW_WRITERS // len(USERS), FOLLOWERS // len(USERS), CONNECTIONS // len(USERS))
            os._exit(0)
        os.close(writer)
        children.append((child, reader))
    totals = [0, 0]
    for child, reader in children:
        with os.fdopen(reader) as report:
            totals = [total + int(part) for total, part in zip(totals, report.read().split() or [0, 0])]
        if os.waitpid(child, 0)[1]:
            sys.exit(1)
    print(f"the crowd made {totals[0]:,} connections and sent {totals[1] >> 20} MB of invalid data")


def ask(path, user):
    become(user)
    with Connection(path) as connection:
        connection.call("io.tactus.Daemon.Describe")


if __name__ == "__main__":
    if sys.argv[2] == "ask":
        try:
            ask(sys.argv[1], int(sys.argv[3]))
        except (Disconnected, Refused):
            sys.exit(1)
    else:
        crowd(sys.argv[1], float(sys.argv[2]))
