"""The world's fork server: every Python process of the product starts in it, and so in milliseconds (decision 5)."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from sim.clock.clocks import RealClock
from sim.localstack.extension.rawk_emulator.in_function import fork_server
from sim.localstack.extension.rawk_emulator.lambda_.fork_client import ForkServerClient
from sim.platform.processes import ChildProcess, machine_environment

START_WITHIN = timedelta(seconds=60)

LIBRARIES = (
    "alembic.command",
    "anyio._backends._asyncio",
    "aws_lambda_powertools.utilities.batch",
    "boto3",
    "boto3.s3.inject",
    "botocore.auth",
    "botocore.retries.standard",
    "botocore.signers",
    "fastapi",
    "httpcore2",
    "openai.resources.audio.audio",
    "openai.resources.chat.chat",
    "psycopg",
    "pydantic.v1",
    "python_multipart",
    "simplejson",
    "sqlalchemy.dialects.postgresql.psycopg",
    "stringprep",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.auto",
)
"""What the product imports from others; not awslambdaric, whose compiled half reads the Runtime API's address from the
environment when it is loaded."""

PROGRAM = (
    "rawk.asgi",
    "rawk.adapters.postgres.store",
    "rawk.adapters.redis.polling",
    "rawk.adapters.sqs.queue",
    "rawk.adapters.s3.store",
)
"""The API, which every scenario starts anew from the same sources, with what it is wired to. A function imports its own
package."""


class ForkServer:
    """Started once per world. `socket_path` is for the emulator, `client` for the harness."""

    def __init__(self, log_path: Path, variables: Mapping[str, str], python_path: Sequence[Path] = ()) -> None:
        """`variables` are for the server itself; what it starts gets its own environment."""
        # In a folder of its own under the system's temporary one: a socket's path may have 107 characters at most.
        self._folder = tempfile.TemporaryDirectory(prefix="rawk-fork-")
        self.socket_path = str(Path(self._folder.name) / "socket")
        environment = {
            **machine_environment(),
            "PYTHONPATH": os.pathsep.join(str(each) for each in python_path),
            fork_server.PROGRAM_VARIABLE: " ".join(PROGRAM) if python_path else "",
            **variables,
        }
        argv = [sys.executable, str(Path(fork_server.__file__)), self.socket_path, *LIBRARIES]
        self._process = ChildProcess("fork-server", argv, environment, log_path)
        self._client: ForkServerClient | None = None

    def start(self) -> None:
        """Begin to import; `wait_until_ready` when it is needed."""
        self._process.start()

    def wait_until_ready(self) -> None:
        """Raises RuntimeError with the end of its log when it does not come up."""
        if not RealClock().wait_until(self._listens, START_WITHIN):
            raise RuntimeError(f"the fork server did not come up:\n{self._process.log_tail()}")
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
