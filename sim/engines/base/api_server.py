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
        self.url = ""
        """`http://HOST:PORT` of the latest process that answered."""

    def start(self) -> None:
        """Start a process and wait until it is healthy. Raises RuntimeError with the end of its log."""
        process = self._new_process(self._environment(), self._log_folder)
        self._processes.append(process)
        process.start()
        if not RealClock(poll_seconds=POLL_SECONDS).wait_until(self._is_healthy, START_LIMIT):
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

    def _is_healthy(self) -> bool:
        process = self._processes[-1]
        if not process.is_alive():
            raise RuntimeError(f"the API ended while it was starting:\n{process.log_tail()}")
        address = process.address
        if address is None:
            return False
        self.url = address
        return is_healthy(address)


def is_healthy(url: str, timeout_seconds: float = 5, *, trust_env: bool = False) -> bool:
    """Whether the health path of the API at `url` answers 200; `trust_env` lets the user's proxy settings count."""
    try:
        answer = httpx.get(f"{url}{APP.processes.health_path}", timeout=timeout_seconds, trust_env=trust_env)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK
