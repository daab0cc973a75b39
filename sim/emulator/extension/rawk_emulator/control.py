"""What a harness may ask of the emulator beyond AWS's own calls, under `/_rawk/`.

- `GET /_rawk/functions/NAME/processes` → `{"pids": [...]}`: the processes that run a function now.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from localstack.http import Request
from localstack.services.edge import ROUTER

from . import executor


def install() -> None:
    """Add our paths to LocalStack's door."""
    ROUTER.add("/_rawk/functions/<name>/processes", function_processes, methods=["GET"])


def function_processes(_: Request, name: str) -> dict[str, list[int]]:
    """The processes that serve a function, busy or idle."""
    return {"pids": executor.pids_of(name)}
