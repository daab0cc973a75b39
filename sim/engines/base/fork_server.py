"""The world's fork server: it forks every Python process of the product, which takes milliseconds (decision 5)."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from sim.app import APP
from sim.clock.clocks import RealClock
from sim.localstack.extension.rawk_emulator.in_function import fork_server
from sim.localstack.extension.rawk_emulator.lambda_.fork_client import ForkServerClient
from sim.platform.environment import isolated_environment, temporary_folder
from sim.platform.processes import ChildProcess

START_WITHIN = timedelta(seconds=60)


class ForkServer:
    """Started once per world. `socket_path` is for the emulator, `client` for the harness."""

    def __init__(
        self,
        log_path: Path,
        variables: Mapping[str, str],
        *,
        python_path: Sequence[Path],
        libraries: Sequence[str] | None = None,
        modules: Sequence[str] | None = None,
        in_functions: Sequence[str] | None = None,
    ) -> None:
        """`variables` are for the server itself; what it starts gets its own environment.

        It imports `libraries`, `modules` from `python_path`, and `in_functions` from the folder of each function that
        starts again; by default what the product preloads.
        """
        libraries = APP.processes.preloaded_libraries if libraries is None else libraries
        modules = APP.processes.preloaded_modules if modules is None else modules
        in_functions = APP.processes.preloaded_in_functions if in_functions is None else in_functions
        # A folder with a short path, as that of a Unix socket has at most 107 characters.
        self._folder = tempfile.TemporaryDirectory(prefix="rawk-fork-", dir=temporary_folder())
        self.socket_path = str(Path(self._folder.name) / "socket")
        environment = {
            **isolated_environment(),
            "PYTHONPATH": os.pathsep.join(str(each) for each in python_path),
            fork_server.PROGRAM_VARIABLE: " ".join(modules),
            fork_server.DEPLOYED_VARIABLE: " ".join(in_functions),
            **variables,
        }
        argv = [sys.executable, str(Path(fork_server.__file__)), self.socket_path, *libraries]
        self._process = ChildProcess("fork-server", argv, environment, log_path)
        self._client: ForkServerClient | None = None

    def start(self) -> None:
        """Start to import, and do not wait for it."""
        self._process.start()

    def wait_until_ready(self) -> None:
        """Wait until it accepts connections. Raises RuntimeError with the end of its log."""
        if not RealClock().wait_until(self._listens, START_WITHIN):
            raise RuntimeError(f"the fork server did not start:\n{self._process.log_tail()}")
        self._client = ForkServerClient(self.socket_path)

    def stop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._process.stop()
        self._folder.cleanup()

    @property
    def client(self) -> ForkServerClient:
        """The harness's own connection, once it is ready."""
        assert self._client is not None, "the fork server is not ready yet"
        return self._client

    def _listens(self) -> bool:
        if not self._process.is_alive():
            raise RuntimeError(f"the fork server ended while starting:\n{self._process.log_tail()}")
        return Path(self.socket_path).exists()
