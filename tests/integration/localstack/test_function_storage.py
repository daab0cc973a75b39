"""A function's storage: `/tmp` holds its EphemeralStorage; nothing of the emulator is left in its process."""

from collections.abc import Callable

from tests.integration.localstack.conftest import Function

WRITE = """
import os, pathlib

def handler(event, context):
    megabyte = b"x" * (1 << 20)
    for number in range(event["megabytes"]):
        pathlib.Path(os.environ["TMPDIR"], str(number)).write_bytes(megabyte)
    return [sorted(name for name in os.environ if name.startswith("SIM_")), "storage" in __import__("sys").modules]
"""


def test_tmp_holds_the_ephemeral_storage_of_the_function(function: Callable[..., Function]) -> None:
    writer = function(WRITE, EphemeralStorage={"Size": 512})

    assert writer.invoke({"megabytes": 500}).payload == [[], False]
    full = writer.invoke({"megabytes": 600})
    assert full.error == "Unhandled"
    assert "No space left on device" in full.payload["errorMessage"]
