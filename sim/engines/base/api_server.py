"""The API of one pipeline: its process, where it answers, and how it is started, stopped and killed."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import httpx

from sim.app import APP
from sim.clock.clocks import RealClock
from sim.engines.base.product_processes import ApiProcess, NewApiProcess
from sim.journal.journal import Journal

START_LIMIT = timedelta(seconds=30)
POLL_SECONDS = 0.01


class ApiServer:
    """Starts one process after another: after a restart, earlier processes may still be finishing their requests."""

    def __init__(
        self,
        new_process: NewApiProcess,
        environment: Callable[[], Mapping[str, str]],
        log_folder: Path,
        journal: Journal,
    ) -> None:
        """`environment` is asked for at each start."""
        self._new_process = new_process
        self._environment = environment
        self._log_folder = log_folder
        self._journal = journal
        self._processes: list[ApiProcess] = []
        self._variables: Mapping[str, str] = {}
        self.url = ""
        """`http://HOST:PORT` of the latest process that answered."""

    def start(self) -> None:
        """Start a process and wait until it is healthy. Raises RuntimeError with the end of its log."""
        self._start_until(APP.processes.health_path)

    def replace(self, variables: Mapping[str, str]) -> None:
        """Start a process with these environment variables as well, and SIGTERM the one before as soon as the new one
        is alive, healthy or not. Later starts have the variables, too. Raises RuntimeError with the end of its log."""
        before = self._processes[-1]
        self._variables = variables
        self._start_until(APP.processes.liveness_path)
        before.ask_to_stop()
        self._journal.write("api_stop_requested", lane="API")

    def _start_until(self, path: str) -> None:
        process = self._new_process({**self._environment(), **self._variables}, self._log_folder)
        self._processes.append(process)
        process.start()
        if not RealClock(poll_seconds=POLL_SECONDS).wait_until(lambda: self._answers_at(path), START_LIMIT):
            raise RuntimeError(f"the API did not start within {START_LIMIT.seconds} s:\n{process.log_tail()}")

    def kill(self) -> int:
        """SIGKILL the current process, as when its machine fails; returns the number of processes killed."""
        self._processes[-1].kill()
        self._journal.write("api_killed", lane="API")
        return 1

    def ask_to_stop(self) -> int:
        """SIGTERM the current process, as a deployment does: it finishes its requests. Returns the number of
        processes."""
        self._processes[-1].ask_to_stop()
        self._journal.write("api_stop_requested", lane="API")
        return 1

    def begin_shutdown(self) -> None:
        """SIGTERM every process; `shut_down` follows."""
        for process in self._processes:
            process.ask_to_stop()

    def shut_down(self) -> None:
        """SIGKILL every process that still runs."""
        for process in self._processes:
            process.kill()

    def log(self) -> str | None:
        """What all its processes wrote; None where the API keeps its log elsewhere."""
        return self._processes[-1].log_path.read_text(encoding="utf-8", errors="replace")

    def _answers_at(self, path: str) -> bool:
        process = self._processes[-1]
        if not process.is_alive():
            raise RuntimeError(f"the API ended while it was starting:\n{process.log_tail()}")
        address = process.address
        if address is None:
            return False
        self.url = address
        return answers(address, path)


def is_healthy(url: str, timeout_seconds: float = 5, *, trust_env: bool = False) -> bool:
    """Whether the health path of the API at `url` answers 200; `trust_env` lets the user's proxy settings count."""
    return answers(url, APP.processes.health_path, timeout_seconds, trust_env=trust_env)


def answers(url: str, path: str, timeout_seconds: float = 5, *, trust_env: bool = False) -> bool:
    """Whether a path of the API at `url` answers 200."""
    try:
        answer = httpx.get(f"{url}{path}", timeout=timeout_seconds, trust_env=trust_env)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK
