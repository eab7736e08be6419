"""Reports measurements: a table for people, JSON lines for programs."""

import json
import os
import pathlib
import platform
import subprocess
import time

RESULTS = pathlib.Path(__file__).resolve().parent / "results"


class Report:
    """Collects the measurements of one run, and prints each at once."""

    def __init__(self):
        RESULTS.mkdir(exist_ok=True)
        self.file = RESULTS / time.strftime("%Y-%m-%dT%H%M%SZ.jsonl", time.gmtime())
        self.missed = 0
        self.run = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "commit": commit(),
            "cores": os.cpu_count(),
            "kernel": platform.release(),
            "load": round(os.getloadavg()[0], 2),
        }
        print(f"{self.run['cores']} cores, Linux {self.run['kernel']}, load {self.run['load']}, "
              f"commit {self.run['commit']}")

    def section(self, title):
        print(f"\n{title}", flush=True)

    def add(self, name, value, unit, goal=None, met=None, **more):
        """Records one value. `goal` describes the expected value, and `met` is True if the value meets it."""
        verdict = "" if met is None else ("met" if met else "MISSED")
        self.missed += met is False
        shown = f"{value:,.3f}" if isinstance(value, float) and abs(value) < 100 else f"{value:,.0f}"
        print(f"  {name:44} {shown:>12} {unit:8} {goal or '':22} {verdict}".rstrip(), flush=True)
        line = {**self.run, "name": name, "value": value, "unit": unit}
        line |= {key: entry for key, entry in {"goal": goal, "met": met, **more}.items() if entry is not None}
        with open(self.file, "a", encoding="utf-8") as results:
            results.write(json.dumps(line) + "\n")

    def note(self, text):
        print(f"  {text}", flush=True)


def commit():
    """Returns the commit that was built, with a mark if the tree differs from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return described.stdout.strip() or "unknown"
