"""MiniStack as its users start it: an emulator without our extension.

`tox -e ministack -- [PORT]` starts one until Ctrl-C.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Self

import httpx

from sim.platform.environment import isolated_environment
from sim.platform.locked_environment import LockedEnvironment, python_of
from sim.platform.processes import ChildProcess, free_port

LOCK = Path(__file__).with_name("requirements.txt")
START_LIMIT_SECONDS = 60.0


class MiniStackNotStarted(Exception):
    """It did not come up; the text has the end of its log."""


class MiniStack:
    """On 127.0.0.1; all it writes is in a folder that goes with it."""

    def __init__(self, port: int | None = None) -> None:
        self._port = port or free_port()
        self.endpoint_url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        environment = LockedEnvironment("ministack", "MiniStack's", "MiniStack 1.5", 40, LOCK).prepare(print)
        self._folder = Path(tempfile.mkdtemp(prefix="ministack-"))
        self._process = ChildProcess(
            "ministack", [python_of(environment), "-m", "ministack"], self._environment(), self._folder / "log"
        )
        self._process.start()
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        return {
            **isolated_environment(),
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
            "S3_DATA_DIR": str(self._folder / "s3"),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
        }

    def _wait(self) -> None:
        give_up_at = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < give_up_at and self._process.is_alive():
            try:
                httpx.get(self.endpoint_url, timeout=2, trust_env=False)
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise MiniStackNotStarted(f"MiniStack did not come up:\n{self._process.log_tail()}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="tox -e ministack --", description="MiniStack by itself, until Ctrl-C.")
    parser.add_argument("port", type=int, nargs="?", help="a port of 127.0.0.1 (default: a free one)")
    with MiniStack(parser.parse_args().port) as ministack:
        print(f"MiniStack answers at {ministack.endpoint_url}; Ctrl-C stops it", flush=True)  # noqa: T201
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
