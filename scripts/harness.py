"""A private tactusd and a raw Varlink connection to it, for the demo, the benchmarks and the kill loop.

Intentionally uses no code of Tactus, because it judges the daemon as any client sees it.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
START_PATIENCE = 180


def clean_up_on_signals():
    """Lets `finally` run when a signal ends this process, also if a shell started it in the background."""

    def leave(number, _):
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


class Refused(Exception):
    """An error reply: its name, and its parameters."""

    def __init__(self, error, parameters):
        super().__init__(f"{error} {json.dumps(parameters)}")
        self.error = error
        self.parameters = parameters


class Disconnected(Exception):
    """The daemon is gone, or closed the connection."""


class NotAnswering(SystemExit):
    """The daemon did not start or stop. The message has the end of its log. Uncaught, it ends the process."""


class Connection:
    """Varlink over a Unix socket: one JSON object per message, terminated by a NUL byte, answered in order."""

    def __init__(self, path, patience=60):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        self.received = bytearray()
        try:
            self.socket.connect(str(path))
        except OSError as error:
            self.socket.close()
            raise Disconnected(str(error)) from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, method, parameters=None):
        message = json.dumps({"method": method, "parameters": parameters or {}}).encode() + b"\0"
        try:
            self.socket.sendall(message)
        except OSError as error:
            raise Disconnected(str(error)) from error

    def receive(self):
        while (end := self.received.find(b"\0")) < 0:
            try:
                piece = self.socket.recv(1 << 16)
            except OSError as error:
                raise Disconnected(str(error)) from error
            if not piece:
                raise Disconnected("closed by the daemon")
            self.received += piece
        reply = json.loads(self.received[:end])
        del self.received[: end + 1]
        if "error" in reply:
            raise Refused(reply["error"], reply.get("parameters", {}))
        return reply.get("parameters", {})

    def call(self, method, parameters=None):
        self.send(method, parameters)
        return self.receive()

    def pipeline(self, method, many):
        """Sends all calls without waiting for replies, and returns the replies in order.

        It reads meanwhile, so that neither side's buffer fills up.
        """
        sender = threading.Thread(target=lambda: [self.send(method, one) for one in many])
        sender.start()
        replies = [self.receive() for _ in many]
        sender.join()
        return replies

    def jobs(self, **filters):
        """Yields every matching job, newest first, page by page."""
        parameters = {"limit": 1000, **filters}
        while True:
            page = self.call("io.tactus.Jobs.List", parameters)
            yield from page["jobs"]
            if not page.get("next_cursor"):
                return
            parameters["cursor"] = page["next_cursor"]


def covering(path, name):
    """A launcher that starts tactusd in a mount namespace where a file of its configuration directory covers `path`. Needs root."""
    mount = f'mount --bind "$CONFIGURATION_DIRECTORY/{name}" {path} && exec "$@"'
    return ("/usr/bin/unshare", "--mount", "/bin/sh", "-c", mount, "sh")


class PrivateDaemon:
    """A tactusd with three private directories below a root. It can be started, stopped and killed repeatedly."""

    # A wrapper command that starts tactusd. Empty to start it directly.
    launcher = ()

    def __init__(self, root, programs=None):
        self.root = pathlib.Path(root)
        self.programs = pathlib.Path(programs or PROJECT / ".build/release")
        self.configuration = self.root / "etc"
        self.state = self.root / "state"
        self.runtime = self.root / "run"
        self.socket = self.runtime / "control.sock"
        self.journal = self.root / "tactusd.log"
        self.process = None
        for directory in (self.configuration / "workflows", self.configuration / "queues", self.state, self.runtime):
            directory.mkdir(parents=True, exist_ok=True)
        for program in ("tactusd", "tactusctl"):
            if not os.access(self.programs / program, os.X_OK):
                raise SystemExit(f"{self.programs / program} is missing. Run make build first.")

    @property
    def environment(self):
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.root),
            "CONFIGURATION_DIRECTORY": str(self.configuration),
            "STATE_DIRECTORY": str(self.state),
            "RUNTIME_DIRECTORY": str(self.runtime),
            "TACTUS_SOCKET": str(self.socket),
            # The options of the sanitizer that the programs were built with.
            **{name: value for name, value in os.environ.items() if name == "TSAN_OPTIONS"},
        }

    def define(self, name, text):
        """Writes a file below the configuration directory: `workflows/NAME.workflow`, `queues/NAME.queue`."""
        (self.configuration / name).write_text(text)

    def spawn(self):
        """Starts it and returns at once."""
        with open(self.journal, "ab") as journal:
            self.process = subprocess.Popen(
                [*self.launcher, self.programs / "tactusd"], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=journal, stderr=journal,
                # A Ctrl-C at the terminal reaches only this process, which then stops the daemon.
                start_new_session=True,
            )

    def start(self):
        """Starts it, and returns when it answers."""
        self.spawn()
        deadline = time.monotonic() + START_PATIENCE
        while True:
            try:
                with self.connect() as connection:
                    connection.call("io.tactus.Daemon.Describe")
                return
            except Disconnected as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise NotAnswering(f"tactusd does not answer ({error}). The end of its log:\n{self.last_words()}")
                time.sleep(0.01)

    def connect(self):
        return Connection(self.socket)

    def kill(self):
        """Kills it with SIGKILL, if it runs."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self, drain=40):
        """Sends SIGTERM and returns the exit status. After `drain` seconds a second SIGTERM ends the drain."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        for patience in (drain, 10):
            self.process.send_signal(signal.SIGTERM)
            try:
                return self.process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        raise NotAnswering(f"tactusd did not stop after two SIGTERM. The end of its log:\n{self.last_words()}")

    def verify(self):
        """Audits the store; returns the problem, or an empty text."""
        audit = subprocess.run(
            [self.programs / "tactusd", "--verify"], env=self.environment, capture_output=True, text=True, timeout=300)
        return "" if audit.returncode == 0 else f"exit status {audit.returncode}\n{audit.stdout}{audit.stderr}".strip()

    def control(self, *arguments):
        """Runs tactusctl and returns its output."""
        return subprocess.run(
            [self.programs / "tactusctl", *arguments], env=self.environment, capture_output=True, text=True, timeout=60,
            check=True).stdout

    def last_words(self):
        return "\n".join(self.journal.read_text(errors="replace").splitlines()[-15:])
