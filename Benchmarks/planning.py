"""Measures start delays, the cost of planning when nothing is due, and many jobs that are due at once."""

import datetime
import math
import pathlib
import statistics
import subprocess
import tempfile
import time

from harness import PrivateDaemon

BUILT = pathlib.Path(__file__).resolve().parent / ".build"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

DELAY_SECONDS = 60
DELAY_GOAL = 5
PLANNED = 10_000
RSS_GOAL = 30
IDLE_SECONDS = 10
HEARTBEATS = 1000
BURST_GOAL = 500


def microseconds(instant):
    """Returns the exact microseconds since 1970 of an RFC 3339 instant."""
    return (datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")) - EPOCH) // datetime.timedelta(microseconds=1)


def delay(job):
    """Returns the milliseconds from the earliest to the actual start."""
    return (microseconds(job["started_at"]) - microseconds(job["scheduled_at"])) / 1000


def measure_start_delay(report):
    """Runs one workflow every second for a minute."""
    report.section(f"one workflow every second, {DELAY_SECONDS} s")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = PrivateDaemon(root)
        daemon.define("workflows/tick.workflow", "[Schedule]\nInterval=1s\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
        try:
            time.sleep(DELAY_SECONDS)
            with daemon.connect() as connection:
                jobs = sorted(connection.jobs(status=["COMPLETED"]), key=lambda job: job["scheduled_at"])
                problem = [job for job in connection.jobs(status=["FAILED", "CANCELED"])]
        finally:
            daemon.stop()
    if problem:
        raise SystemExit(f"bench: {len(problem)} jobs did not complete: {problem[0]}")
    instants = [microseconds(job["scheduled_at"]) for job in jobs]
    steps = {later - earlier for earlier, later in zip(instants, instants[1:])}
    report.add("jobs", len(jobs), "", goal=f"{DELAY_SECONDS} ± 1", met=abs(len(jobs) - DELAY_SECONDS) <= 1)
    report.add("differences that are not 1.000000 s", len(steps - {1_000_000}), "", goal="0", met=steps == {1_000_000})
    delays = sorted(delay(job) for job in jobs)
    median = statistics.median(delays)
    report.add("start delay, median", median, "ms", goal=f"at most {DELAY_GOAL}", met=median <= DELAY_GOAL)
    report.add("start delay, largest", delays[-1], "ms")


def measure_idle(report):
    """Plans many workflows that are not due, and measures memory and wake-ups."""
    report.section(f"{PLANNED:,} planned workflows, nothing due")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = PrivateDaemon(root)
        for number in range(PLANNED):
            daemon.define(f"workflows/daily-{number}.workflow",
                          "[Schedule]\nInterval=1d\n\n[Command]\nExec=/bin/true\n")
        begin = time.monotonic()
        daemon.start()
        report.add("first start, all files new", time.monotonic() - begin, "s")
        daemon.stop()
        begin = time.monotonic()
        daemon.start()
        report.add("second start, no file changed", time.monotonic() - begin, "s")
        try:
            # The pool threads of Dispatch exit some seconds after the last work.
            time.sleep(10)
            before = context_switches(daemon.process.pid)
            time.sleep(IDLE_SECONDS)
            after = context_switches(daemon.process.pid)
            memory = resident_megabytes(daemon.process.pid)
        finally:
            daemon.stop()
    switches = sum(count - before.get(thread, 0) for thread, count in after.items())
    report.add("resident memory", memory, "MB", goal=f"at most {RSS_GOAL}", met=memory <= RSS_GOAL)
    report.add(f"context switches in {IDLE_SECONDS} s, all threads", switches, "", goal="0", met=switches == 0,
               threads=len(after))


def context_switches(process):
    """Returns the voluntary and involuntary context switches of each thread, added up."""
    return {
        thread.name: sum(int(line.split()[1]) for line in (thread / "status").read_text().splitlines()
                         if line.startswith(("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")))
        for thread in pathlib.Path(f"/proc/{process}/task").iterdir()
    }


def resident_megabytes(process):
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"bench: no VmRSS of process {process}")


def measure_burst(report):
    """Runs many heartbeats that are due at the same instant, with the default limits."""
    report.section(f"{HEARTBEATS:,} heartbeats due at the same instant")
    server = subprocess.Popen([BUILT / "health-server"], stdout=subprocess.PIPE, text=True)
    try:
        address = f"127.0.0.1:{server.stdout.readline().strip()}"
        with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
            jobs = burst(root, address)
    finally:
        server.kill()
        server.wait()
    done = [job for job in jobs if job["status"] == "COMPLETED"]
    report.add("COMPLETED", len(done), "", goal=f"{HEARTBEATS}", met=len(done) == HEARTBEATS)
    for job in jobs:
        if job["status"] != "COMPLETED":
            report.note(f"for example {job['status']}: {job.get('error_code')} {job.get('error_message')}")
            break
    delays = sorted(delay(job) for job in jobs if "started_at" in job)
    if delays:
        report.add("start delay, median", statistics.median(delays), "ms")
        report.add("start delay, largest", delays[-1], "ms", goal=f"at most {BURST_GOAL}", met=delays[-1] <= BURST_GOAL)
        ends = max(microseconds(job["completed_at"]) - microseconds(job["scheduled_at"]) for job in done) / 1000
        report.add("last one completed after", ends, "ms")


def burst(root, address):
    daemon = PrivateDaemon(root)
    due = math.ceil(time.time()) + 8
    start_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due))
    for number in range(HEARTBEATS):
        daemon.define(f"workflows/heartbeat-{number}.workflow",
                      f"[Schedule]\nInterval=1h\nStartAt={start_at}\n\n[Heartbeat]\nEndpoint=http://{address}/health\n")
    daemon.start()
    try:
        if time.time() > due - 1:
            raise SystemExit("bench: the heartbeats were due before the daemon had read them")
        time.sleep(due + 3 - time.time())
        with daemon.connect() as connection:
            # Leaves out the jobs that are planned for the next hour.
            return list(connection.jobs(status=["COMPLETED", "FAILED", "CANCELED", "QUEUED", "RUNNING"]))
    finally:
        daemon.stop()
