"""moto's server with our additions as a child process: start on a port of 127.0.0.1, check, stop.

It stores everything in memory: all resources are lost when it stops.
"""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sim.cloud.environment import EXTENSION, prepare_environment
from sim.platform.aws_session import isolated_session
from sim.platform.environment import isolated_environment
from sim.platform.locked_environment import python_of
from sim.platform.processes import ChildProcess, free_port

START_LIMIT_SECONDS = 180.0  # a machine with other work needs a minute
STOP_LIMIT_SECONDS = 3.0
POLL_SECONDS = 0.1
ACCOUNT = "000000000000"
"""LocalStack's account: ARNs must be equal in both servers."""
REGION = "us-east-1"


class MotoNotStarted(Exception):
    """moto's server did not start; the message has the end of its log."""


class Moto:
    """One moto server with our additions; instance profiles are looked up in the IAM at `identity_url`."""

    def __init__(self, log_path: Path, *, identity_url: str | None = None, port: int | None = None) -> None:
        """Without a port it uses a free one; without `identity_url` its own IAM."""
        self._log_path = log_path
        self._identity_url = identity_url
        self._port = port or free_port()
        self._process: ChildProcess | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """http://127.0.0.1:PORT."""
        return f"http://127.0.0.1:{self._port}"

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start it and check that it works. Raises MotoNotStarted, EnvironmentNotBuilt."""
        if not is_free(self._port):
            raise MotoNotStarted(
                f"Port {self._port} of 127.0.0.1 is taken: stop the process that listens there, or choose another port."
            )
        environment = prepare_environment(say)
        more = ["--identity-url", self._identity_url] if self._identity_url else []
        self._process = ChildProcess(
            "moto",
            [python_of(environment), "-m", "rawk_cloud", "--port", str(self._port), *more],
            _environment(),
            self._log_path,
        )
        self._process.start()
        problem = self._check()
        if problem is not None:
            log = self._process.log_tail()
            self.stop()
            raise MotoNotStarted(
                f"moto did not start: {problem}. If {environment} is damaged, remove it: the next run builds it again. "
                f"The end of {self._log_path}:\n{log}"
            )

    def stop(self) -> None:
        """Stop it; does nothing when it was not started."""
        if self._process:
            self._process.stop(STOP_LIMIT_SECONDS)
            self._process = None

    def _check(self) -> str | None:
        """Wait until it answers real calls. Returns the error when it does not."""
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=20)
        session = isolated_session(region=REGION)
        runner = session.client("apprunner", endpoint_url=self.endpoint_url, config=config)
        networks = session.client("ec2", endpoint_url=self.endpoint_url, config=config)
        give_up_at = time.monotonic() + START_LIMIT_SECONDS
        problem: Exception | None = None
        while self.is_alive() and time.monotonic() < give_up_at:
            try:
                runner.list_services()
                networks.describe_vpcs()
            except (BotoCoreError, ClientError) as error:
                problem = error
                time.sleep(POLL_SECONDS)
            else:
                return None
        return str(problem) if self.is_alive() else "it ended by itself"


def is_free(port: int) -> bool:
    """Whether no process listens on that port of 127.0.0.1."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _environment() -> dict[str, str]:
    return {
        **isolated_environment(),
        "PYTHONPATH": str(EXTENSION),
        "PYTHONUNBUFFERED": "1",
        "MOTO_ACCOUNT_ID": ACCOUNT,
        "TZ": "UTC",
        "NO_PROXY": "127.0.0.1,localhost",
        # On an EC2 instance, the SDK would query its metadata.
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
