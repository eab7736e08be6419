#!/usr/bin/env python3
"""Measures whether the daemon's memory grows with each of tens of thousands of jobs."""

import argparse
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "scripts")]
from harness import PrivateDaemon, clean_up_on_signals  # noqa: E402
from report import Report  # noqa: E402

RATE = 20
SECONDS = 1200
SAMPLE_EVERY = 5
SLOPE_GOAL = 0.05


def measure(report, rate=RATE, seconds=SECONDS, programs=None):
    """Runs jobs at an even rate, and reports how fast the daemon's memory grows in the second half of the time."""
    report.section(f"{rate * seconds:,} × /bin/true, {rate} per second for {seconds / 60:.0f} minutes")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = PrivateDaemon(root, programs)
        daemon.define("queues/command.queue", "[Queue]\nMaxRunning=64\n")
        for number in range(rate):
            daemon.define(
                f"workflows/tick{number}.workflow", "[Schedule]\nInterval=1s\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
        try:
            samples = sample(daemon, seconds)
            with daemon.connect() as connection:
                completed = connection.call("io.tactus.Daemon.Describe")["jobs"].get("COMPLETED", 0)
        finally:
            daemon.stop()
        if problem := daemon.verify():
            raise SystemExit(f"bench: tactusd --verify failed: {problem}")
    for share in (0, 0.25, 0.5, 0.75, 1):
        at, rss, heap = samples[min(len(samples) - 1, int(len(samples) * share))]
        report.note(f"after {at / 60:5.1f} min: RSS {rss:6.2f} MB, including {heap:6.2f} MB anonymous")
    second = [(at, rss) for at, rss, _ in samples if at >= seconds / 2]
    growth = 60 * slope(second)
    report.add("jobs completed", completed, "")
    report.add("RSS, largest", max(rss for _, rss, _ in samples), "MB")
    report.add("RSS, growth in the second half", growth, "MB/min", goal=f"below {SLOPE_GOAL}", met=growth < SLOPE_GOAL,
               samples=[[round(value, 3) for value in each] for each in samples])


def sample(daemon, seconds):
    """Returns samples of the seconds since the start, the RSS and its anonymous part in MB."""
    begin, samples = time.monotonic(), []
    while (at := time.monotonic() - begin) < seconds:
        status = dict(
            line.split(":", 1) for line in pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines())
        samples.append((at, *(int(status[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))))
        time.sleep(SAMPLE_EVERY)
    return samples


def slope(points):
    """Returns the slope of the line that fits best, by least squares."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / sum((x - middle_x) ** 2 for x, _ in points)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=RATE, help="jobs per second")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="duration in seconds")
    parser.add_argument("--programs", help="the directory of tactusd and tactusctl")
    chosen = parser.parse_args()
    clean_up_on_signals()
    results = Report()
    measure(results, chosen.rate, chosen.seconds, chosen.programs)
    sys.exit(1 if results.missed else 0)
