"""Measures start delays, answers and the stop beside paths that never answer. Needs root for a FUSE mount."""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from harness import PROJECT, PrivateDaemon

RUNS = 200
ASKED = 200
STOP_TIMEOUT = 2


class Mount:
    """A file system that stops answering, see Tests/fuse/lab."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.lab = subprocess.Popen(
            [PROJECT / "Tests/fuse/lab", self.directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lab.stdout.readline()

    def order(self, command):
        self.lab.stdin.write(f"{command}\n")
        self.lab.stdin.flush()
        self.lab.stdout.readline()

    def end(self):
        self.lab.stdin.close()
        self.lab.wait()


def measure(report):
    report.section(f"Paths that never answer: {RUNS} runs of /bin/true, one after the other, in each round")
    if os.geteuid() != 0:
        return report.note("not measured: needs root")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        mount = Mount(f"{root}/mount")
        daemon = PrivateDaemon(root)
        try:
            rounds(report, daemon, mount)
        finally:
            # Ends the mount first, because processes that wait for it cannot end.
            mount.end()
            daemon.kill()


def rounds(report, daemon, mount):
    daemon.define("tactusd.conf", f"[Manager]\nStopTimeout={STOP_TIMEOUT}s\n")
    daemon.define("queues/command.queue", "[Queue]\nMaxRunning=64\nMaxQueued=5000\n")
    daemon.define("workflows/true.workflow", "[Command]\nExec=/bin/true\n")
    for name, text in silent(mount.directory).items():
        daemon.define(f"workflows/{name}.workflow", f"[Schedule]\nInterval=1s\n\n[Command]\n{text}\n")
    daemon.start()
    with daemon.connect() as connection:
        quiet = delays(connection)
        report.add("start delay, all paths answer, p99", quiet, "ms")
        mount.order("silence")
        mount.order("await")
        fresh = delays(connection)
        report.add("start delay, four paths stop answering, p99", fresh, "ms", "at most twice", fresh <= 2 * quiet)
        time.sleep(6)
        known = delays(connection)
        report.add("start delay, four paths known as silent, p99", known, "ms", "at most twice", known <= 2 * quiet)
        answers = sorted(timed(lambda: connection.call("io.tactus.Daemon.Describe")) for _ in range(ASKED))
        worst = answers[-1]
        report.add("status meanwhile, longest", worst, "ms", "at most 100 ms", worst <= 100)
        report.add("reload meanwhile", timed(lambda: connection.call("io.tactus.Daemon.Reload")), "ms")
    threads = len(os.listdir(f"/proc/{daemon.process.pid}/task"))
    report.add("threads of the daemon", threads, "")
    spent = timed(daemon.stop) / 1000
    report.add("stop meanwhile", spent, "s", f"at most {STOP_TIMEOUT + 5} s", spent <= STOP_TIMEOUT + 5)
    began = timed(daemon.start)
    report.add("start meanwhile, until it answers", began, "ms")
    daemon.stop()


def silent(directory):
    return {
        "exec": f"Exec={directory}/program",
        "directory": f"Exec=/bin/true\nWorkingDirectory={directory}/folder",
        "variables": f"Exec=/bin/true\nEnvironmentFile={directory}/variables",
        "secret": f"Exec=/bin/true\nLoadCredential=key:{directory}/secret",
    }


def timed(body):
    """Runs a function and returns its duration in milliseconds."""
    begin = time.monotonic()
    body()
    return (time.monotonic() - begin) * 1000


def delays(connection):
    """Returns the 99th percentile of the start delays of RUNS runs, one after the other, in milliseconds."""
    spans = []
    for _ in range(RUNS):
        job = connection.call("io.tactus.Workflows.Run", {"name": "true"})["job_id"]
        spans.append(ended(connection, job)["start_delay_ms"])
    return float(statistics.quantiles(spans, n=100)[98])


def ended(connection, job):
    """Waits for the end of a job and returns the job."""
    call = {"method": "io.tactus.Jobs.Wait", "parameters": {"ids": [job]}, "more": True}
    connection.socket.sendall(json.dumps(call).encode() + b"\0")
    return connection.receive()["job"]
