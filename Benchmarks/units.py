"""Runs trivial jobs as units of systemd, and with systemd-run in the same run, on a separate machine."""

import json
import os
import subprocess

from harness import PROJECT

JOBS = 50
GOAL = 1.25
WORKFLOW = "[Workflow]\nOverlap=allow\n\n[Command]\nExec=/bin/true\nRunner="


class Machine:
    """A Debian with a real systemd, see Tests/systemd/lab."""

    def __init__(self):
        self.process = subprocess.Popen(
            [PROJECT / "Tests/systemd/lab", "boot", PROJECT / ".build-lab/root"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        answer = self.process.stdout.readline()
        if not answer.startswith("ready"):
            raise SystemExit(f"bench: the machine did not boot: {answer}")

    def ask(self, **request):
        self.process.stdin.write(json.dumps({"id": 1} | request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "failed" in answer or answer.get("code"):
            raise SystemExit(f"bench: {request}: {answer}")
        return answer

    def shell(self, script):
        return self.ask(run=["sh", "-c", f"set -e; {script}"], seconds=120)["output"]

    def write(self, path, text):
        self.ask(run=["tee", path], input=text)

    def seconds(self, command, at_once):
        """Runs a command JOBS times; returns the duration in seconds."""
        loop = f"seq {JOBS} | xargs --max-procs={at_once} -I@ {command} >/dev/null"
        begin, end = self.shell(f"date +%s%N; {loop}; date +%s%N").split()
        return (int(end) - int(begin)) / 1e9

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def package():
    """Returns the newest package of `make deb`, or None."""
    found = sorted((PROJECT / ".build").glob("tactus_*.deb"), key=os.path.getmtime)
    return found[-1] if found else None


def measure(report):
    """Runs 50 jobs one after the other, and 4 at once, each by a command that waits for its end."""
    report.section(f"{JOBS} × a unit that runs true, on a disk in memory, compared with systemd-run --wait --pipe")
    if os.geteuid() != 0:
        return report.note("not measured: needs root, to boot a machine")
    if not (deb := package()):
        return report.note("not measured: there is no package. Run make deb.")
    machine = Machine()
    try:
        machine.ask(copy=str(deb), to="/root/tactus.deb", mode="0644")
        machine.shell("apt-get install --yes /root/tactus.deb 2>&1; mkdir -p /etc/polkit-1/rules.d; "
                      "ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules; "
                      "mkdir -p /etc/tactus/queues")
        machine.write("/etc/tactus/queues/command.queue", "[Queue]\nMaxRunning=4\n")
        for runner in ("systemd", "direct"):
            machine.write(f"/etc/tactus/workflows/{runner}.workflow", f"{WORKFLOW}{runner}\n")
        machine.shell("systemctl enable --now --quiet tactusd.socket tactusd; tactusctl run systemd --wait")
        for at_once in (1, 4):
            own = machine.seconds("systemd-run --quiet --wait --pipe --collect /bin/true", at_once)
            # As for the daemon, which is not root, systemd asks polkit about each unit.
            peer = machine.seconds(
                "setpriv --reuid=tactus --regid=tactus --clear-groups systemd-run --quiet --wait --pipe --collect /bin/true", at_once)
            ours = machine.seconds("tactusctl run systemd --wait", at_once)
            direct = machine.seconds("tactusctl run direct --wait", at_once)
            report.add(f"systemd-run of root, {at_once} at once", own, "s")
            report.add(f"systemd-run of tactus, {at_once} at once", peer, "s")
            report.add(f"Tactus, Runner=systemd, {at_once} at once", ours, "s")
            report.add(f"Tactus, Runner=direct, {at_once} at once", direct, "s")
            report.add("Tactus / systemd-run of tactus", ours / peer, "", goal=f"at most {GOAL}", met=ours / peer <= GOAL)
    finally:
        machine.end()
