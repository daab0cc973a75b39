"""A function's storage: `/tmp` is its own and holds its EphemeralStorage; the rest of the file system is read-only.

Its Python refuses part of it everywhere; the kernel refuses the rest, where it lets a process have its own mounts.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.localstack.extension.rawk_emulator.in_function import file_system
from tests.integration.localstack.conftest import Function

WRITE = """
import os, pathlib, tempfile

def handler(event, context):
    megabyte = b"x" * (1 << 20)
    for number in range(event["megabytes"]):
        pathlib.Path(tempfile.gettempdir(), str(number)).write_bytes(megabyte)
    ours = {"storage", "file_system"} & set(__import__("sys").modules)
    return [sorted(name for name in os.environ if name.startswith("SIM_")), sorted(ours)]
"""

RUN = """
import os, subprocess

def handler(event, context):
    done = subprocess.run(["/bin/sh", "-c", event], capture_output=True, text=True)
    return [done.returncode, done.stdout.strip(), done.stderr.strip()]
"""

PROBE = f"""
import sys
sys.path.insert(0, {str(Path(file_system.__file__).parent)!r})
import file_system
sys.exit(0 if file_system.enter(sys.argv[1], sys.prefix) else 3)
"""


@pytest.fixture
def own_file_system(tmp_path: Path) -> None:
    """Skips the test where this user's processes may not have mounts of their own."""
    code = subprocess.run([sys.executable, "-c", PROBE, tmp_path], timeout=30, check=False).returncode
    if code == 3:
        pytest.skip("the system permits no mount namespaces")
    assert code == 0


def test_tmp_holds_the_ephemeral_storage_of_the_function(function: Callable[..., Function]) -> None:
    writer = function(WRITE, EphemeralStorage={"Size": 512})

    assert writer.invoke({"megabytes": 500}).payload == [[], []]
    full = writer.invoke({"megabytes": 600})
    assert full.error == "Unhandled"
    assert "No space left on device" in full.payload["errorMessage"]


@pytest.mark.usefixtures("own_file_system")
def test_the_literal_tmp_is_the_environments_own(function: Callable[..., Function]) -> None:
    one, other = function(RUN), function(RUN)

    assert one.invoke("echo mine > /tmp/rawk-test-of-storage").payload == [0, "", ""]
    assert one.invoke("cat /tmp/rawk-test-of-storage").payload == [0, "mine", ""]
    assert other.invoke("ls /tmp/rawk-test-of-storage").payload[0] != 0
    assert not Path("/tmp/rawk-test-of-storage").exists()


@pytest.mark.usefixtures("own_file_system")
def test_the_literal_tmp_has_the_size_of_the_ephemeral_storage(function: Callable[..., Function]) -> None:
    writer = function(WRITE.replace("tempfile.gettempdir()", '"/tmp"'), EphemeralStorage={"Size": 512})

    assert writer.invoke({"megabytes": 500}).payload == [[], []]
    assert "No space left on device" in writer.invoke({"megabytes": 600}).payload["errorMessage"]


@pytest.mark.usefixtures("own_file_system")
@pytest.mark.parametrize(
    "command",
    [
        'echo x > "$LAMBDA_TASK_ROOT/new"',
        'echo x >> "$LAMBDA_TASK_ROOT/module.py"',
        'rm "$LAMBDA_TASK_ROOT/module.py"',
        'mkdir "$LAMBDA_TASK_ROOT/folder"',
        'chmod 777 "$LAMBDA_TASK_ROOT/module.py"',
        'mv "$LAMBDA_TASK_ROOT/module.py" /tmp/',
        'ln -s /tmp "$LAMBDA_TASK_ROOT/link"',
        "cd \"$LAMBDA_TASK_ROOT\" && echo x > new",
        "echo x > /var/tmp/rawk-test-of-storage",
        "mkdir -p ~/.cache/rawk-test-of-storage",
        "echo x > /opt/rawk-test-of-storage",
    ],
)  # fmt: skip
def test_a_program_that_a_function_starts_writes_to_tmp_alone(function: Callable[..., Function], command: str) -> None:
    code, _, error = function(RUN).invoke(command).payload

    assert (code != 0, "ead-only file system" in error) == (True, True), error


@pytest.mark.usefixtures("own_file_system")
def test_the_environment_is_that_of_aws(function: Callable[..., Function]) -> None:
    shown = function(RUN).invoke("echo $HOME; echo ${TMPDIR:-none}; echo >/dev/null && echo fine").payload

    assert shown == [0, "/home/sbx_user1051\nnone\nfine", ""]


@pytest.mark.usefixtures("own_file_system")
def test_a_file_of_a_program_is_no_larger_than_tmp(function: Callable[..., Function]) -> None:
    limited = function(RUN, EphemeralStorage={"Size": 512})

    assert limited.invoke("head -c 500M /dev/zero > /tmp/fits").payload[0] == 0
    assert limited.invoke("head -c 600M /dev/zero > /tmp/large").payload[0] != 0
    assert int(limited.invoke("stat -c %s /tmp/large").payload[1]) <= 512 << 20
