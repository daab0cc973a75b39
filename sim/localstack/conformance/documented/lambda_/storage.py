"""What a function may write: to /tmp, as much as it has EphemeralStorage, and nowhere else."""

import json
from typing import Any

from sim.localstack.conformance.check import Deviation
from sim.localstack.conformance.documented.lambda_.fixtures import GUIDE, function
from sim.localstack.conformance.documented.registry import Checks, expect
from sim.localstack.conformance.target import NotConformant, Target
from sim.localstack.functions import zip_of

STORAGE = Checks("Lambda", GUIDE)

SIZE_MIB = 512

SOURCE = """
import os, subprocess, sys, tempfile

WRITE = "import os, sys; file = open(sys.argv[1], 'wb'); os.posix_fallocate(file.fileno(), 0, int(sys.argv[2]) << 20)"

def handler(event, context):
    folder = os.environ["LAMBDA_TASK_ROOT"] if event["where"] == "code" else tempfile.gettempdir()
    for name, mebibytes in event["files"].items():
        path = os.path.join(folder, name)
        if event.get("by_program"):
            if subprocess.run([sys.executable, "-c", WRITE, path, str(mebibytes)]).returncode:
                return "refused"
            continue
        try:
            with open(path, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, mebibytes << 20)
        except OSError as error:
            return os.strerror(error.errno)
    return sorted(os.listdir(folder)) if event.get("list") else "written"
"""


def _write(target: Target, *events: dict[str, Any]) -> list[Any]:
    """What one function answers to the events."""
    code = {"ZipFile": zip_of({"module.py": SOURCE})}
    answers = []
    with function(target, Code=code, Timeout=60, EphemeralStorage={"Size": SIZE_MIB}) as name:
        for event in events:
            answer = target.lambda_.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            if "FunctionError" in answer:
                raise NotConformant(f"the function failed: {answer['Payload'].read().decode()[:200]}")
            answers.append(json.load(answer["Payload"]))
    return answers


@STORAGE.check("A function cannot write to the folder of its code", "configuration-envvars.html")
def code_is_read_only(target: Target) -> None:
    expect("the outcome", _write(target, {"where": "code", "files": {"new": 1}}), ["Read-only file system"])


@STORAGE.check("A function writes as much to /tmp as it has EphemeralStorage", "configuration-ephemeral-storage.html")
def all_of_tmp(target: Target) -> None:
    expect("the outcome", _write(target, {"where": "tmp", "files": {"a": 250, "b": 250}}), ["written"])


@STORAGE.check(
    "A function that writes more than its EphemeralStorage to /tmp has no space left",
    "configuration-ephemeral-storage.html",
)
def more_than_tmp(target: Target) -> None:
    files = {"a": 250, "b": 250, "c": 20, "d": 20}
    expect("the outcome", _write(target, {"where": "tmp", "files": files}), ["No space left on device"])


@STORAGE.check("What is in /tmp stays for the environment's next invocation", "lambda-runtime-environment.html")
def tmp_stays(target: Target) -> None:
    first = {"where": "tmp", "files": {"a": 1}}
    _, listed = _write(target, first, {"where": "tmp", "files": {}, "list": True})
    if "a" not in listed:
        raise NotConformant(f"/tmp has {listed}")


@STORAGE.check(
    "Programs that a function starts write no more than its EphemeralStorage to /tmp in all",
    "configuration-ephemeral-storage.html",
    deviation=Deviation(
        "written",
        "The kernel limits each file of a program to the size of /tmp. All files together are limited for Python "
        "alone: a folder has no quota that a user may set.",
    ),
)
def programs_fill_tmp(target: Target) -> None:
    files = {"a": 250, "b": 250, "c": 250}
    expect("the outcome", _write(target, {"where": "tmp", "files": files, "by_program": True}), ["refused"])


@STORAGE.check(
    "A file of a program that a function starts is no larger than its EphemeralStorage",
    "configuration-ephemeral-storage.html",
)
def file_of_a_program(target: Target) -> None:
    event = {"where": "tmp", "files": {"a": SIZE_MIB + 10}, "by_program": True}
    expect("the outcome", _write(target, event), ["refused"])
