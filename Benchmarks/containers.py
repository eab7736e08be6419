"""Runs trivial containers with Tactus, and with the engine's own command in the same run."""

import pathlib
import shutil
import subprocess
import tempfile
import time

from harness import PROJECT, PrivateDaemon

CONTAINERS = 50
GOAL = 1.0


class Laboratory:
    """A private engine, see Tests/engines/lab."""

    def __init__(self, kind, directory):
        self.process = subprocess.Popen(
            [PROJECT / "Tests/engines/lab", kind, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = self.process.stdout.readline()
        if not answer.startswith("ready"):
            raise SystemExit(f"bench: {kind}: {answer}")

    def seconds(self, command):
        """Sends a command to the lab; returns its duration in seconds."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer.startswith("ok"):
            raise SystemExit(f"bench: {answer}")
        return float(answer.split()[-1])

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def measure(report):
    """Runs 50 containers one after the other, and 4 at once."""
    report.section(f"{CONTAINERS} × a container that runs true, compared with the engine's own command")
    for kind, program in (("podman", "podman"), ("docker", "dockerd")):
        if not shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin"):
            report.note(f"{kind}: not installed")
            continue
        # The path of a socket has at most 107 bytes.
        with tempfile.TemporaryDirectory(prefix="tactus-bench-", dir="/tmp") as root:
            laboratory = Laboratory(kind, f"{root}/lab")
            try:
                for at_once in (1, 4):
                    own = laboratory.seconds(f"run {CONTAINERS} {at_once}")
                    ours = through_tactus(pathlib.Path(root) / f"tactus-{at_once}", f"{root}/lab/engine.sock", at_once)
                    report.add(f"{kind} run --rm, {at_once} at once", own, "s")
                    report.add(f"Tactus, {at_once} at once", ours, "s")
                    report.add("Tactus / the engine's own command", ours / own, "", goal=f"at most {GOAL}", met=ours / own <= GOAL)
            finally:
                laboratory.end()


def through_tactus(root, socket, at_once):
    """Returns the seconds from the first call to the last durable end."""
    daemon = PrivateDaemon(root)
    (daemon.configuration / "providers").mkdir()
    daemon.define("providers/lab.provider", f"[Provider]\nEndpoint=unix://{socket}\n")
    daemon.define("queues/container.queue", f"[Queue]\nMaxRunning={at_once}\n")
    daemon.define(
        "workflows/true.workflow",
        "[Workflow]\nOverlap=allow\n\n[Container]\nImage=localhost/busybox:1\nNetwork=none\nExec=true\n")
    daemon.start()
    try:
        with daemon.connect() as connection:
            begin = time.monotonic()
            replies = connection.pipeline("io.tactus.Workflows.Run", [{"name": "true"}] * CONTAINERS)
            ids = [reply["job_id"] for reply in replies]
            connection.socket.sendall(
                (f'{{"method":"io.tactus.Jobs.Wait","parameters":{{"ids":{ids}}},"more":true}}'.replace("'", '"') + "\0")
                .encode())
            ended = [connection.receive() for _ in ids]
            seconds = time.monotonic() - begin
            bad = [reply["job"] for reply in ended if reply["job"]["status"] != "COMPLETED"]
            if bad:
                raise SystemExit(f"bench: {len(bad)} containers did not complete: {bad[0]}")
            return seconds
    finally:
        daemon.stop()
