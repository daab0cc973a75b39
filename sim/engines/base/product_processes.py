"""Protocols of the product's processes: the API, which keeps running, and commands, which end."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

OPERATOR_LOG = "operator.log"
"""In the folder of a pipeline's logs: what the operator's commands wrote."""

MIGRATION_LOG = "migrate.log"
"""In the folder of a world's logs."""


class ApiProcess(Protocol):
    """One API process: a local process or a container."""

    @property
    def log_path(self) -> Path: ...

    @property
    def address(self) -> str | None:
        """`http://HOST:PORT`; None as long as it is not known."""

    def start(self) -> None: ...
    def ask_to_stop(self) -> None: ...
    def kill(self) -> None: ...
    def is_alive(self) -> bool: ...
    def log_tail(self, lines: int = 40) -> str: ...


type NewApiProcess = Callable[[Mapping[str, str], Path], ApiProcess]
"""Makes an API process, not started yet, from its environment and the folder of its log."""


class CommandProcess(Protocol):
    """A command of the product while it runs."""

    @property
    def stdout(self) -> IO[bytes] | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class CommandStarter(Protocol):
    """Starts Python with the product importable; `argv` is what follows `python` on a command line."""

    def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> CommandProcess: ...
