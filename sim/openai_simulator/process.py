"""The simulator as a child process of the harness: started, waited for until it answers, stopped."""

import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self

from sim.clock.clocks import RealClock
from sim.localstack.extension.rawk_emulator.gateway.local_callers import TOKEN_VARIABLE
from sim.openai_simulator.client import ControlError, OpenAIServer
from sim.platform.control_token import control_token
from sim.platform.environment import isolated_environment
from sim.platform.paths import REPOSITORY
from sim.platform.processes import ChildProcess

START_WITHIN = timedelta(seconds=20)


class OpenAIServerProcess:
    """`url` is known once `start` has returned."""

    def __init__(
        self,
        journal: Path,
        log_path: Path,
        clock_file: Path | None = None,
        host: str = "127.0.0.1",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """`clock_file` holds the offset of its world; `host` is the address that it listens on; `variables` are added
        to its environment, for example those of an upstream."""
        argv = [sys.executable, "-m", "sim.openai_simulator", "--host", host, "--port", "0", "--journal", str(journal)]
        argv += ["--clock-file", str(clock_file)] if clock_file else []
        environment = {
            **isolated_environment(),
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
            TOKEN_VARIABLE: control_token(),
            **(variables or {}),
        }
        self._process = ChildProcess("openai-simulator", argv, environment, log_path)
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it ended, or did not answer in time; with the end of its log.
        """
        self._process.start()
        try:
            if not RealClock().wait_until(self._answers, START_WITHIN):
                problem = f"the OpenAI simulator did not come up in {START_WITHIN.seconds} s"
                raise RuntimeError(f"{problem}:\n{self._process.log_tail()}")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self._process.stop()

    def _answers(self) -> bool:
        if not self._process.is_alive():
            raise RuntimeError(f"the OpenAI simulator ended while starting:\n{self._process.log_tail()}")
        lines = self._process.log_tail().splitlines()
        announced = [json.loads(line) for line in lines if line.startswith('{"ready": true')]
        # The log may still hold the lines of an earlier process.
        urls = [each["url"] for each in announced if each["pid"] == self._process.pid]
        if not urls:
            return False
        self.url = urls[-1]
        try:
            return OpenAIServer(self.url).call("GET", "/health") == {"status": "ok"}
        except ControlError:
            return False
