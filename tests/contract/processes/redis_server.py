"""A real Redis on a free port of 127.0.0.1, where the machine has one."""

import shutil
import signal
import time
from pathlib import Path

import redis

from sim.platform.environment import isolated_environment
from sim.platform.processes import ChildProcess, free_port

START_LIMIT_SECONDS = 20

NO_REDIS = "there is no redis-server on this machine"


def there_is_a_redis() -> bool:
    return shutil.which("redis-server") is not None


class RedisServer:
    """Stores nothing on disk: it needs a folder for its log only."""

    def __init__(self, folder: Path, password: str = "") -> None:
        self._folder = folder
        self._password = password
        self._process: ChildProcess | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"redis://{f':{self._password}@' if self._password else ''}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start on the same port, also after a stop. Raises TimeoutError."""
        argv = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        if self._password:
            argv += ["--requirepass", self._password]
        log = self._folder / "redis.log"
        self._process = ChildProcess("redis", [*argv, "--dir", str(self._folder)], isolated_environment(), log)
        self._process.start()
        self._wait_until_it_answers()

    def stop(self) -> None:
        if self._process is not None:
            self.wake_up()
            self._process.stop()
            self._process = None

    def hang(self) -> None:
        """Suspend it: it keeps its connections, and the kernel accepts new ones, but it does not answer."""
        assert self._process is not None
        self._process.send(signal.SIGSTOP)

    def wake_up(self) -> None:
        assert self._process is not None
        self._process.send(signal.SIGCONT)

    def cut_connections(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.client_kill_filter(_type="normal", skipme=True)
            client.client_kill_filter(_type="pubsub")

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + START_LIMIT_SECONDS
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError as error:
                    if time.monotonic() > end:
                        raise TimeoutError("redis-server does not answer") from error
                    time.sleep(0.02)
