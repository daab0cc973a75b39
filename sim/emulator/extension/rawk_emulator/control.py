"""What a harness may ask of the emulator beyond AWS's own calls, under `/_rawk/`.

- `GET /_rawk/functions/NAME/processes` → `{"pids": [...]}`: the processes that run a function now.
- `GET /_rawk/world` → `{"now", "changes", "busy": [reasons], "at_function", "next_due"}`: see world_state.py.
  `at_function` counts functions that run and do not sleep: each may be held by something outside of the emulator.
- `POST /_rawk/world/settle` → `{}`: the world's time was moved; see to what has become due.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.http import Request
from localstack.services.edge import ROUTER

from . import executor, world_state


def install() -> None:
    """Add our paths to LocalStack's door."""
    world_state.install()
    ROUTER.add("/_rawk/functions/<name>/processes", function_processes, methods=["GET"])
    ROUTER.add("/_rawk/world", world, methods=["GET"])
    ROUTER.add("/_rawk/world/settle", settle, methods=["POST"])


def function_processes(_: Request, name: str) -> dict[str, list[int]]:
    """The processes that serve a function, busy or idle."""
    return {"pids": executor.pids_of(name)}


def world(_: Request) -> dict[str, Any]:
    """Is it busy, and what is due next?"""
    return world_state.describe()


def settle(_: Request) -> dict[str, Any]:
    """Time has jumped."""
    world_state.settle()
    return {}
