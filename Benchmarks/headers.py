"""Measures heartbeats over HTTP/2 to nginx, whose answers have headers of 1 to 64 KiB. Needs root for a mount."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from control import message, percentile
from harness import PrivateDaemon, covering

SIZES = (1, 2, 4, 8, 16, 32, 64)
TIMES = 50
GOAL = 100
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class Trusting(PrivateDaemon):
    """A daemon that trusts one certificate, which a private mount puts over the machine's list."""

    launcher = covering(BUNDLE, "trusted.pem")


def measure(report):
    report.section(f"HTTP/2 heartbeats against nginx, {TIMES} for each method and size of header")
    if os.geteuid() != 0 or not shutil.which("nginx") or not os.path.exists(BUNDLE):
        return report.note("not measured: needs root, nginx and ca-certificates")
    with tempfile.TemporaryDirectory(prefix="tactus-bench-") as root:
        daemon = Trusting(root)
        port = free_port()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-keyout", f"{root}/key.pem", "-out", daemon.configuration / "trusted.pem", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        pathlib.Path(f"{root}/nginx.conf").write_text(nginx(root, daemon.configuration / "trusted.pem", port))
        server = subprocess.Popen(["nginx", "-e", "stderr", "-c", f"{root}/nginx.conf"], stderr=subprocess.DEVNULL)
        for size in SIZES:
            for method in ("GET", "HEAD"):
                daemon.define(
                    f"workflows/{method.lower()}-{size}.workflow",
                    "[Workflow]\nOverlap=allow\n\n"
                    f"[Heartbeat]\nEndpoint=https://127.0.0.1:{port}/{size}\nMethod={method}\nTimeout=5s\n")
        daemon.start()
        try:
            ended = run_all(daemon)
        finally:
            daemon.stop()
            server.kill()
            server.wait()
    for size in SIZES:
        jobs = [job for job in ended if job["workflow"].endswith(f"-{size}")]
        completed = sum(job["status"] == "COMPLETED" for job in jobs)
        report.add(f"{size} KiB: completed", completed, "jobs", goal=f"{2 * TIMES}", met=completed == 2 * TIMES)
    p99 = percentile([job["duration_ms"] for job in ended], 0.99)
    report.add("duration, p99", p99, "ms", goal=f"below {GOAL}", met=p99 < GOAL)


def run_all(daemon):
    """Runs all workflows in TIMES rounds, and returns the ended jobs."""
    ended = []
    with daemon.connect() as connection:
        names = [workflow["name"] for workflow in connection.call("io.tactus.Workflows.List", {"limit": 100})["workflows"]]
        for _ in range(TIMES):
            started = connection.pipeline("io.tactus.Workflows.Run", [{"name": name} for name in names])
            connection.socket.sendall(
                message("io.tactus.Jobs.Wait", {"ids": [job["job_id"] for job in started]}, more=True))
            ended += [connection.receive()["job"] for _ in started]
    return ended


def nginx(root, certificate, port):
    kilobyte = "x" * 1000
    places = "\n".join(
        f"location = /{size} {{ " + " ".join(f"add_header X-Pad-{line} {kilobyte};" for line in range(size))
        + ' return 200 "all is well"; }' for size in SIZES)
    folders = " ".join(f"{name}_temp_path {root}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return (f"daemon off; master_process off; pid {root}/pid; error_log stderr; events {{ worker_connections 1000; }}\n"
            f"http {{ access_log off; {folders} server {{ listen 127.0.0.1:{port} ssl http2;\n"
            f"ssl_certificate {certificate}; ssl_certificate_key {root}/key.pem;\n{places}\n}} }}\n")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
