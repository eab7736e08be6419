"""Measures the control socket: durable submissions per second, pages of lists, the delay of events."""

import datetime
import json
import pathlib
import selectors
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time

from harness import PrivateDaemon
from planning import microseconds

BUILT = pathlib.Path(__file__).resolve().parent / ".build"

SUBMISSIONS = 20_000
ONE_CLIENT_GOAL = 2000
EIGHT_CLIENTS_GOAL = 5000

STORED = 1_000_000
PLANNED = 10_000
PAGES = 100
PAGE_GOAL = 10

EVENTS = 1500
EVENT_GOAL = 5

COMMAND = "[Workflow]\nOverlap=allow\n\n[Command]\nExec=/bin/true\n"


def message(method, parameters, more=False):
    return json.dumps({"method": method, "parameters": parameters, **({"more": True} if more else {})}).encode() + b"\0"


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


# Submissions


def measure_submissions(report):
    """Pipelines Workflows.Run for tomorrow. Each reply means that the job is durable."""
    report.section(f"{SUBMISSIONS} × Workflows.Run for tomorrow, pipelined, compared with a bare SQLite loop")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = PrivateDaemon(root)
        daemon.define("workflows/true.workflow", COMMAND)
        daemon.start()
        try:
            single = SUBMISSIONS / 2 / submit(daemon, 1, SUBMISSIONS // 2)
            eight = SUBMISSIONS / submit(daemon, 8, SUBMISSIONS // 8)
        finally:
            daemon.stop()
        if problem := daemon.verify():
            raise SystemExit(f"bench: tactusd --verify failed: {problem}")
    bare = commit_rate(100)
    report.add("bare SQLite loop, 100 rows per transaction", bare, "rows/s")
    report.add("1 client", single, "/s", goal=f"at least {ONE_CLIENT_GOAL}", met=single >= ONE_CLIENT_GOAL,
               ratio=single / bare)
    report.add("8 clients", eight, "/s", goal=f"at least {EIGHT_CLIENTS_GOAL}", met=eight >= EIGHT_CLIENTS_GOAL,
               ratio=eight / bare)


def commit_rate(rows):
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        return float(subprocess.run(
            [BUILT / "commit-loop", f"{root}/bare.db", "2", str(rows)], capture_output=True, text=True,
            check=True).stdout)


def submit(daemon, clients, calls):
    """Returns the seconds until all clients have all replies. Each client sends as fast as the daemon reads."""
    tomorrow = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).isoformat()
    one = message("io.tactus.Workflows.Run", {"name": "true", "scheduled_at": tomorrow})
    selector = selectors.DefaultSelector()
    begin = time.monotonic()
    for _ in range(clients):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(str(daemon.socket))
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE, [memoryview(one * calls), 0])
    while selector.get_map():
        for key, ready in selector.select(timeout=60):
            rest, replies = key.data
            if ready & selectors.EVENT_WRITE and rest:
                rest = rest[key.fileobj.send(rest[: 1 << 16]):]
            if ready & selectors.EVENT_READ:
                received = key.fileobj.recv(1 << 16)
                if b'"error"' in received or not received:
                    raise SystemExit(f"bench: a submission was refused: {received[:200]}")
                replies += received.count(b"\0")
            key.data[:] = [rest, replies]
            if replies == calls:
                selector.unregister(key.fileobj)
                key.fileobj.close()
            elif not rest:
                selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
    return time.monotonic() - begin


# Lists


def measure_lists(report):
    """Calls Jobs.List in a large store with every filter, page after page, newest first."""
    report.section(f"Jobs.List of 50 rows in a store of {STORED:,} jobs, {PAGES} pages of each filter")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = PrivateDaemon(root)
        for number in range(20):
            daemon.define(f"workflows/w{number}.workflow", "[Schedule]\nInterval=1d\n\n" + COMMAND)
        daemon.start()
        daemon.stop()
        fill(daemon.state / "tactus.db")
        report.note(f"size of the store: {(daemon.state / 'tactus.db').stat().st_size >> 20} MiB")
        daemon.start()
        try:
            with daemon.connect() as connection:
                instants = [job["scheduled_at"] for job in connection.call("io.tactus.Jobs.List", {
                    "status": ["COMPLETED"], "limit": 1000})["jobs"]]
                filters = {
                    "none": {}, "status=FAILED": {"status": ["FAILED"]}, "status=CANCELED": {"status": ["CANCELED"]},
                    "status=PENDING": {"status": ["PENDING"]}, "status=QUEUED,RUNNING": {"status": ["QUEUED", "RUNNING"]},
                    "status=COMPLETED": {"status": ["COMPLETED"]}, "trigger=MANUAL": {"trigger": "MANUAL"},
                    "workflow": {"workflow": "w7"}, "kind=heartbeat": {"kind": "heartbeat"},
                    "queue=command": {"queue": "command"}, "phase=scheduled": {"phase": "scheduled"},
                    "error_code=LOST": {"error_code": "LOST"}, "since a while ago": {"since": instants[-1]},
                    "a minute of time": {"since": "2026-01-05T00:00:00Z", "until": "2026-01-05T00:01:00Z"},
                    "workflow and status=CANCELED": {"workflow": "w7", "status": ["CANCELED"]},
                    "kind, trigger and status": {"kind": "heartbeat", "trigger": "MANUAL", "status": ["FAILED", "PENDING"]},
                }
                all_pages = []
                for name, chosen in filters.items():
                    times = pages(connection, chosen)
                    all_pages += times
                    report.add(name, percentile(times, 0.99), "ms p99", goal=f"at most {PAGE_GOAL}",
                               met=percentile(times, 0.99) <= PAGE_GOAL, median=statistics.median(times))
                report.add("all of them", percentile(all_pages, 0.99), "ms p99", median=statistics.median(all_pages))
        finally:
            daemon.stop()


def pages(connection, chosen):
    """Returns the milliseconds until the last byte of each page. After the last page it starts again with the first."""
    times = []
    parameters = {"limit": 50, **chosen}
    for _ in range(PAGES):
        call = message("io.tactus.Jobs.List", parameters)
        begin = time.monotonic()
        connection.socket.sendall(call)
        while b"\0" not in connection.received:
            connection.received += connection.socket.recv(1 << 18)
        times.append((time.monotonic() - begin) * 1000)
        cursor = connection.receive().get("next_cursor")
        parameters = {"limit": 50, **chosen, **({"cursor": cursor} if cursor else {})}
    return times


def fill(path):
    """Inserts past jobs: one in 100 FAILED, one in 1000 each CANCELED, MANUAL and LOST. Also inserts 10,000 planned jobs."""
    database = sqlite3.connect(path)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
    start = microseconds("2026-01-01T00:00:00Z")
    workflows = [row[0] for row in database.execute("SELECT id FROM workflows ORDER BY id")]

    def rows():
        for number in range(STORED):
            at = start + number * 20_000_000
            status = "CANCELED" if number % 1000 == 500 else "FAILED" if number % 100 == 50 else "COMPLETED"
            code = {"CANCELED": "CANCELED_BY_USER", "FAILED": "LOST" if number % 1000 == 50 else "EXIT_NONZERO"}.get(status)
            kind = "heartbeat" if number % 50 == 0 else "command"
            yield (number.to_bytes(13, "big") + ((number * 7919) & 0xFFFFFF).to_bytes(3, "big"),
                   workflows[number % len(workflows)], kind, kind, "MANUAL" if number % 1000 == 0 else "AUTOMATIC", status,
                   at, at, at, at, at + 4000, at + 4000 + number % 1000 * 1000, code)

    with database:
        database.executemany(
            "INSERT INTO jobs (id, workflow_id, generation, kind, queue, priority, trigger, status, nominal_at, scheduled_at,"
            " created_at, queued_at, started_at, completed_at, error_code, root_id)"
            " VALUES (?1, ?2, 1, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?1)", rows())
        future = microseconds("2031-01-01T00:00:00Z")
        database.executemany(
            "INSERT INTO jobs (id, workflow_id, kind, queue, priority, trigger, status, phase, nominal_at, scheduled_at,"
            " created_at, root_id) VALUES (?1, ?2, 'command', 'command', 0, 'MANUAL', 'PENDING', 'scheduled', ?3, ?3, ?4, ?1)",
            ((b"\xff" * 10 + number.to_bytes(6, "big"), workflows[0], future + number, start) for number in range(PLANNED)))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


# Events


def measure_events(report):
    """Measures the delay from a commit to the arrival of its event. The reply to the call is sent after the same commit."""
    for followers in (1, 20):
        report.section(f"{EVENTS} submissions, 100 per second, {followers} follower{'' if followers == 1 else 's'} of the events")
        with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
            daemon = PrivateDaemon(root)
            daemon.define("workflows/true.workflow", COMMAND)
            daemon.start()
            try:
                after_reply, after_instant = events(daemon, followers)
            finally:
                daemon.stop()
        worst = percentile(after_instant, 0.99)
        report.add("from the reply to the call, p99", max(0.0, percentile(after_reply, 0.99)), "ms")
        report.add("from the event's instant, before the commit, p99", worst, "ms", goal=f"at most {EVENT_GOAL}",
                   met=worst <= EVENT_GOAL, median=statistics.median(after_instant))


def events(daemon, followers):
    """Returns the milliseconds until the last follower has each event, from the reply and from the event's instant."""
    tomorrow = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).isoformat()
    follow = message("io.tactus.Daemon.Events", {"follow": True}, more=True)
    streams = []
    for _ in range(followers):
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.connect(str(daemon.socket))
        stream.sendall(follow)
        streams.append([stream, b""])
    for stream in streams:
        while b"\0" not in stream[1]:
            stream[1] += stream[0].recv(4096)
        stream[1] = b""
    after_reply, after_instant = [], []
    with daemon.connect() as connection:
        for _ in range(EVENTS):
            begin = time.monotonic()
            connection.call("io.tactus.Workflows.Run", {"name": "true", "scheduled_at": tomorrow})
            replied = time.monotonic()
            for stream in streams:
                while b"\0" not in stream[1]:
                    stream[1] += stream[0].recv(4096)
            arrived, now = time.monotonic(), time.time()
            event = json.loads(streams[0][1].split(b"\0")[0])["parameters"]
            after_reply.append((arrived - replied) * 1000)
            after_instant.append(now * 1000 - microseconds(event["at"]) / 1000)
            for stream in streams:
                stream[1] = stream[1].split(b"\0", 1)[1]
            time.sleep(max(0, 0.01 - (time.monotonic() - begin)))
    for stream in streams:
        stream[0].close()
    return after_reply, after_instant
