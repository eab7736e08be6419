"""Follows events and output, waits, and pages through thousands of jobs with only the PyPI package `varlink`.

Usage: streams.py SOCKET. Exits with 0 if no reply is missing or repeated. Leaves the workflow `varlink-streams` with
its jobs. All arguments are named here, because the package drops named arguments beside positional ones.
"""

import json
import sys
import threading

import varlink

NAME = "varlink-streams"
DEFINITION = "[Workflow]\nOverlap=allow\n\n[Command]\nExec=/bin/sh -c 'echo first; echo second >&2; sleep 0.2; echo third'\n"
JOBS = 5000
PAGE = 50
HELPERS = 8


class Follower(threading.Thread):
    """Collects the replies of a stream on its own connection, and wakes waiting threads at each reply."""

    def __init__(self, address, call):
        super().__init__(daemon=True)
        self.address, self.call = address, call
        self.replies, self.changed = [], threading.Condition()

    def run(self):
        with varlink.Client(self.address) as client:
            for reply in self.call(client):
                with self.changed:
                    self.replies.append(reply)
                    self.changed.notify_all()

    def until(self, what, is_enough):
        with self.changed:
            assert self.changed.wait_for(lambda: is_enough(self.replies), 60), f"{what} is missing: {self.replies[-5:]}"
            return list(self.replies)


def events_and_output(address):
    """Follows one run with three streams: its events, its output and its end."""
    events = Follower(address, lambda client: client.open("io.tactus.Daemon").Events(follow=True, _more=True))
    events.start()
    events.until("the cursor of the beginning", lambda replies: replies)
    with varlink.Client(address) as client:
        client.open("io.tactus.Workflows").Apply(NAME, DEFINITION)
        job = client.open("io.tactus.Workflows").Run(NAME)["job_id"]
    output = Follower(address, lambda client: client.open("io.tactus.Jobs").Logs(id=job, follow=True, _more=True))
    end = Follower(address, lambda client: client.open("io.tactus.Jobs").Wait(ids=[job], _more=True))
    output.start()
    end.start()
    seen = events.until("the end of the job", lambda replies: replies[-1].get("type") == "job.completed")
    types = [event["type"] for event in seen if event.get("job") == job]
    assert types == ["job.pending", "job.queued", "job.running", "job.completed"], types
    numbers = [event["sequence"] for event in seen if "sequence" in event]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers
    lines = output.until("the end of the output", lambda replies: "dropped_bytes" in replies[-1])
    assert [(line["stream"], line["text"]) for line in lines[:-1] if line["stream"] == "stdout"] == [
        ("stdout", "first"), ("stdout", "third")], lines
    assert [line["text"] for line in lines[:-1] if line["stream"] == "stderr"] == ["second"], lines
    ended = end.until("the job", lambda replies: replies)
    assert ended[0]["job"]["id"] == job and ended[0]["job"]["status"] == "COMPLETED", ended
    # The stored events are the same as the live ones.
    with varlink.Client(address) as client:
        stored = list(client.open("io.tactus.Daemon").Events(after=seen[0]["cursor"], job=job, _more=True))
    assert stored[:-1] == [event for event in seen if event.get("job") == job], stored


def submit(address, count, ids):
    with varlink.Client(address) as client:
        workflows = client.open("io.tactus.Workflows")
        for _ in range(count):
            ids.append(workflows.Run(name=NAME, hold=True)["job_id"])


def pages(address):
    """Pages through all jobs while others are added: no job is missing or repeated."""
    made = [[] for _ in range(HELPERS)]
    helpers = [threading.Thread(target=submit, args=(address, JOBS // HELPERS, ids)) for ids in made]
    for helper in helpers:
        helper.start()
    for helper in helpers:
        helper.join()
    wanted = {job for ids in made for job in ids}
    assert len(wanted) == JOBS, len(wanted)
    is_done, added = threading.Event(), []

    def add():
        while not is_done.is_set():
            submit(address, 1, added)

    adder = threading.Thread(target=add)
    adder.start()
    seen = []
    try:
        with varlink.Client(address) as client:
            jobs = client.open("io.tactus.Jobs")
            page = jobs.List(workflow=NAME, status=["PENDING"], limit=PAGE)
            while True:
                assert len(page["jobs"]) <= PAGE, len(page["jobs"])
                seen += [job["id"] for job in page["jobs"]]
                if "next_cursor" not in page:
                    break
                page = jobs.List(workflow=NAME, status=["PENDING"], limit=PAGE, cursor=page["next_cursor"])
    finally:
        is_done.set()
        adder.join()
    assert len(seen) == len(set(seen)), f"{len(seen) - len(set(seen))} are repeated"
    assert wanted <= set(seen), f"{len(wanted - set(seen))} are missing"
    assert added, "no job was added meanwhile"


def main():
    address = f"unix:{sys.argv[1]}"
    events_and_output(address)
    pages(address)
    print(json.dumps({"varlink": "ok"}))


main()
