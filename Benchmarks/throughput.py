"""Measures jobs per second of Tactus, of bare loops, and of installed peers."""

import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from harness import PrivateDaemon

BUILT = pathlib.Path(__file__).resolve().parent / ".build"
JOBS = 2000
ROUNDS = 3
GOAL = 0.4
PEER_JOBS = 400


def measure(report):
    commits(report)
    spawns(report)
    peers(report)


def commits(report):
    """Measures the upper bound: the rate at which the disk makes rows durable."""
    report.section("SQLite alone (WAL, synchronous=FULL), 2 s each")
    for rows in (1, 100):
        with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
            rate = float(subprocess.run(
                [BUILT / "commit-loop", f"{root}/bare.db", "2", str(rows)], capture_output=True, text=True,
                check=True).stdout)
        report.add(f"rows, {rows} per transaction", rate, "/s")


def spawns(report):
    """Interleaves the rounds and reports medians, so that a noisy moment affects all alike."""
    report.section(f"{JOBS} × /bin/true, medians of {ROUNDS} rounds")
    bare = {parallel: [] for parallel in (1, 2, 4)}
    tactus = []
    for _ in range(ROUNDS):
        for parallel, rates in bare.items():
            rates.append(JOBS / bare_loop(parallel))
        tactus.append(JOBS / manual_runs())
    medians = {parallel: statistics.median(rates) for parallel, rates in bare.items()}
    for parallel, rate in medians.items():
        report.add(f"bare posix_spawn loop, {parallel} at once", rate, "jobs/s")
    rate = statistics.median(tactus)
    fastest = max(medians.values())
    report.add("Tactus, first call to last durable completion", rate, "jobs/s", rounds=[round(r) for r in tactus])
    ratio = rate / fastest
    report.add("Tactus / fastest bare loop", ratio, "", goal=f"at least {GOAL}", met=ratio >= GOAL)


def bare_loop(parallel):
    loop = subprocess.run(
        [BUILT / "bare-spawn", str(JOBS), str(parallel), "/bin/true"], capture_output=True, text=True, check=True)
    return float(loop.stdout)


def manual_runs():
    """Returns the seconds from the first call until Describe, called every 20 ms, counts all jobs as COMPLETED.

    Describe counts committed jobs only, so the result is at most 20 ms too long, and never too short.
    """
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = PrivateDaemon(root)
        daemon.define("queues/command.queue", "[Queue]\nMaxRunning=16\nMaxQueued=5000\n")
        daemon.define("workflows/true.workflow", "[Workflow]\nOverlap=allow\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
        try:
            with daemon.connect() as connection:
                begin = time.monotonic()
                connection.pipeline("io.tactus.Workflows.Run", [{"name": "true"}] * JOBS)
                while completed(connection) < JOBS:
                    time.sleep(0.02)
                return time.monotonic() - begin
        finally:
            daemon.stop()


def completed(connection):
    counts = connection.call("io.tactus.Daemon.Describe")["jobs"]
    if counts.get("FAILED", 0):
        raise SystemExit("bench: /bin/true failed under Tactus")
    return counts.get("COMPLETED", 0)


def peers(report):
    report.section(f"peers, {PEER_JOBS} × /bin/true, one client process per job, as people use them")
    if shutil.which("tsp"):
        report.add("task-spooler (tsp), 16 slots, remembers nothing", PEER_JOBS / task_spooler(), "jobs/s")
    else:
        report.note("task-spooler (tsp): not installed")
    if os.path.isdir("/run/systemd/system"):
        report.add("systemd-run --wait, 16 at once", PEER_JOBS / systemd_run(), "jobs/s")
    else:
        report.note("systemd-run: systemd is not running")
    report.add("tactusctl run, until acknowledged, 16 at once", PEER_JOBS / command_line(), "jobs/s")


def task_spooler():
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        environment = {**os.environ, "TS_SOCKET": f"{root}/socket", "TMPDIR": root}
        environment |= {"TS_MAXFINISHED": "10", "TS_SLOTS": "16"}

        def tsp(*arguments):
            subprocess.run(["tsp", *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)

        try:
            tsp("-S", "16")
            begin = time.monotonic()
            for _ in range(PEER_JOBS):
                tsp("-n", "/bin/true")
            # Waits for the last job. With 16 slots the jobs before it end at about the same time.
            tsp("-w")
            return time.monotonic() - begin
        finally:
            tsp("-K")


def sixteen_at_once(command, environment=None):
    begin = time.monotonic()
    subprocess.run(
        ["xargs", "-n", "1", "-P", "16", *command], input="\n".join(map(str, range(PEER_JOBS))), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=True)
    return time.monotonic() - begin


def systemd_run():
    return sixteen_at_once(["systemd-run", "--quiet", "--wait", "--collect", "/bin/true"])


def command_line():
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = PrivateDaemon(root)
        daemon.define("queues/command.queue", "[Queue]\nMaxRunning=16\n")
        daemon.define("workflows/true.workflow", "[Workflow]\nOverlap=allow\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
        try:
            return sixteen_at_once(
                ["sh", "-c", f"exec '{daemon.programs}/tactusctl' run true"], daemon.environment)
        finally:
            daemon.stop()
