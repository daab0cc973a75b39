"""Emulators that are not LocalStack, as their users start them, where they can be installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.emulators.clients import GIVE_UP, Clients
from sim.clock.clocks import RealClock
from sim.cloud.environment import prepare_environment as prepare_moto
from sim.platform.environment import isolated_environment
from sim.platform.locked_environment import python_of
from sim.platform.processes import ChildProcess, free_port
from tests.endpoint.ministack import MiniStack


class NotHere(Exception):
    """It is not installed, or does not run on this machine; the text says why."""


@contextmanager
def ministack(_: Path) -> Iterator[Clients]:
    """MiniStack; it runs functions as processes."""
    with MiniStack() as running:
        yield Clients(running.endpoint_url)


@contextmanager
def moto(folder: Path) -> Iterator[Clients]:
    """moto's server; its functions need Docker."""
    port = free_port()
    argv = [python_of(prepare_moto(print)), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _running("moto", argv, folder, {}, port) as clients:
        yield clients


@contextmanager
def fauxqs(folder: Path) -> Iterator[Clients]:
    """Queues, topics and objects on Node 22, without functions; `npm install -g fauxqs` installs it."""
    program = shutil.which("fauxqs")
    if program is None:
        raise NotHere("fauxqs is not installed")
    port = free_port()
    variables = {"FAUXQS_PORT": str(port), "FAUXQS_HOST": "127.0.0.1", "FAUXQS_LOGGER": "false"}
    with _running("fauxqs", [program], folder, variables, port) as clients:
        yield clients


@contextmanager
def _running(
    name: str, argv: list[str | Path], folder: Path, variables: dict[str, str], port: int
) -> Iterator[Clients]:
    with ChildProcess(name, argv, isolated_environment(variables), folder / f"{name}.log") as process:
        clients = Clients(f"http://127.0.0.1:{port}")
        RealClock(poll_seconds=0.05).wait_until(lambda: not process.is_alive() or clients.queues_answer(), GIVE_UP)
        if not process.is_alive():
            raise NotHere(f"{name} does not start: {process.log_tail(5)}")
        yield clients
