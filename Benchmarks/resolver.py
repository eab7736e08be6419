"""Measures threads and start delays beside heartbeats whose name server never answers. Needs root for a mount."""

import os
import socket
import tempfile
import time

from control import percentile
from crowd import delays_since, rss
from harness import PrivateDaemon, covering

NAMES = 1000
OTHERS = 20
QUIET_SECONDS = 15
SECONDS = 30
THREADS_GOAL = 300
RATIO_GOAL = 2
ADDRESS = "127.77.77.77"


class WithoutNames(PrivateDaemon):
    """A daemon in a private mount namespace, where the only name server answers no questions."""

    launcher = covering("/etc/resolv.conf", "resolv.conf")


def measure(report):
    report.section(f"{NAMES:,} heartbeats per second whose name look-ups hang, beside {OTHERS} commands per second, for {SECONDS} s")
    if os.geteuid() != 0:
        return report.note("not measured: needs root")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        server.bind((ADDRESS, 53))
        daemon = WithoutNames(root)
        daemon.define("resolv.conf", f"nameserver {ADDRESS}\n")
        daemon.define("queues/heartbeat.queue", f"[Queue]\nMaxRunning={2 * NAMES}\nMaxQueued={4 * NAMES}\n")
        for number in range(OTHERS):
            daemon.define(f"workflows/tick{number}.workflow", "[Schedule]\nInterval=1s\n\n[Command]\nExec=/bin/true\n")
        daemon.start()
        try:
            begin = time.time() + 2
            time.sleep(2 + QUIET_SECONDS)
            quiet, _ = delays_since(daemon, begin)
            for number in range(NAMES):
                # Spreads the heartbeats over the second, so that they are a rate and not a burst.
                daemon.define(
                    f"workflows/dead{number}.workflow",
                    "[Workflow]\nOverlap=allow\n\n[Schedule]\nInterval=1s\n"
                    f"StartAt=2026-01-01T00:00:00.{number % 1000:03}Z\n\n"
                    f"[Heartbeat]\nEndpoint=http://dead-{number}.example/\nTimeout=900ms\n")
            with daemon.connect() as connection:
                connection.call("io.tactus.Daemon.Reload")
            # Leaves out the reload itself.
            time.sleep(3)
            begin, threads, largest = time.time(), 0, 0
            while time.time() < begin + SECONDS:
                threads = max(threads, len(os.listdir(f"/proc/{daemon.process.pid}/task")))
                largest = max(largest, rss(daemon))
                time.sleep(0.2)
            noisy, missing = delays_since(daemon, begin)
            with daemon.connect() as connection:
                since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin))
                failed = sum(1 for _ in connection.jobs(status=["FAILED"], since=since))
        finally:
            daemon.stop()
        if problem := daemon.verify():
            raise SystemExit(f"bench: tactusd --verify failed: {problem}")
    p99, ratio = percentile(quiet, 0.99), percentile(noisy, 0.99) / percentile(quiet, 0.99)
    report.add("heartbeats that failed", failed / SECONDS, "1/s", jobs=failed)
    report.add("threads, most", threads, "", goal=f"at most {THREADS_GOAL}", met=threads <= THREADS_GOAL)
    report.add("RSS, largest", largest / 1024, "MB")
    report.add("start delay of commands before, p99", p99, "ms", jobs=len(quiet))
    report.add("start delay of commands meanwhile, p99", percentile(noisy, 0.99), "ms", jobs=len(noisy))
    report.add("meanwhile / before", ratio, "", goal=f"at most {RATIO_GOAL}", met=ratio <= RATIO_GOAL)
    report.add("instants without a completed command", missing, "", goal="0", met=missing == 0)


