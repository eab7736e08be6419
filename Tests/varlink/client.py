"""Calls a Tactus daemon with the PyPI package `varlink`, which learns the interfaces from the daemon.

Usage: client.py SOCKET. Exits with 0 if all replies match their declaration. Leaves the terminated workflow
`varlink-client`.
"""

import json
import sys
import uuid

import varlink

NAME = "varlink-client"
DEFINITION = "[Workflow]\nDescription=Made by the varlink package\n\n[Command]\nExec=/bin/echo hello from varlink\n"
INTERFACES = ["org.varlink.service", "io.tactus.Daemon", "io.tactus.Workflows", "io.tactus.Jobs"]
STATUSES = {"PENDING", "QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELED"}


def refusal(error, call, *arguments, **named):
    """Makes a call that must fail with an error of this name, and returns the error's parameters."""
    try:
        call(*arguments, **named)
    except varlink.VarlinkError as refused:
        assert refused.error() == error, f"expected {error}, got {refused.error()}"
        return refused.parameters()
    raise AssertionError(f"{error} was expected, but the call was answered")


def introspection(client):
    service = client.open("org.varlink.service")
    info = service.GetInfo()
    assert info["vendor"] == "Tactus" and info["product"] == "tactusd" and info["version"], info
    assert info["interfaces"] == INTERFACES, info
    for name in INTERFACES:
        description = service.GetInterfaceDescription(name)["description"]
        assert f"interface {name}\n" in description, description
    refused = refusal("org.varlink.service.InterfaceNotFound", service.GetInterfaceDescription, "com.example")
    assert refused == {"interface": "com.example"}, refused


def daemon(client):
    status = client.open("io.tactus.Daemon").Describe()
    assert status["state"] in ("running", "degraded", "stopping"), status
    assert set(status["jobs"]) == STATUSES, status
    assert status["pid"] > 0 and status["store_id"] and status["started_at"].endswith("Z"), status
    for queue in status["queues"]:
        assert queue["max_running"] > 0 and queue["running"] >= 0, queue


def workflows(client):
    """Creates a workflow, runs it, and returns the job's id."""
    workflows = client.open("io.tactus.Workflows")
    assert workflows.Apply(NAME, DEFINITION, True)["effect"] in ("created", "changed", "unchanged")
    applied = workflows.Apply(NAME, DEFINITION)
    assert applied["generation"] >= 1 and isinstance(applied["differences"], list), applied
    assert applied["next_runs"] == [], applied
    workflow = workflows.Get(NAME)["workflow"]
    assert workflow["definition"] == DEFINITION and workflow["kind"] == "command", workflow
    assert NAME in [each["name"] for each in workflows.List()["workflows"]]
    refused = refusal("io.tactus.Workflows.NotFound", workflows.Get, "no-such-workflow")
    assert refused == {"entity": "workflow", "id": "no-such-workflow"}, refused
    return workflows.Run(NAME)["job_id"]


def jobs(client, job_id):
    assert uuid.UUID(job_id).version == 7, job_id
    jobs = client.open("io.tactus.Jobs")
    listed = jobs.List(workflow=NAME, limit=10)["jobs"]
    assert job_id in [job["id"] for job in listed], listed
    for job in listed:
        assert job["workflow"] == NAME and job["trigger"] == "MANUAL" and job["status"] in STATUSES, job
    assert jobs.Get(job_id)["job"]["id"] == job_id
    assert jobs.Get(job_id[-12:])["job"]["id"] == job_id
    lines = list(jobs.Logs(job_id, _more=True))
    assert "dropped_bytes" in lines[-1], lines
    refusal("org.varlink.service.ExpectedMore", jobs.Logs, job_id)
    result = jobs.Cancel(["ffffffffffff"])["results"][0]
    assert result["error"] == "NotFound", result


def main():
    with varlink.Client(f"unix:{sys.argv[1]}") as client:
        introspection(client)
        daemon(client)
        jobs(client, workflows(client))
        client.open("io.tactus.Workflows").Terminate(NAME)
    print(json.dumps({"varlink": "ok"}))


main()
