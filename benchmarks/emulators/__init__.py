"""Our emulator beside LocalStack 4.14 of the same environment, MiniStack, moto and, where it is installed, fauxqs.

LocalStack as published runs functions only in Docker. So its functions are measured with its own event source mapping,
polling and HTTP gateway, and the process executor as the only part of ours.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from benchmarks.emulators import others
from benchmarks.emulators.clients import CONCURRENCY, GIVE_UP, Clients
from benchmarks.emulators.localstack import EXECUTOR_ONLY, TUNED, StockLocalStack
from benchmarks.figures import Figure
from sim.clock.clocks import RealClock
from sim.localstack.environment import prepare_environment
from sim.localstack.server import LocalStack

FEW, MANY = 100, 1_000
ROUNDS = 3
UNTUNED, TUNED_STOCK, MINISTACK = "stock, our executor", "stock tuned, our executor", "MiniStack"
QUEUES_ALONE: dict[str, Callable[[Path], AbstractContextManager[Clients]]] = {
    "moto's server": others.moto,
    "fauxqs": others.fauxqs,
}


@dataclass
class Measured:
    """The samples of one emulator, by what was measured."""

    started: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    drains: dict[int, list[float]] = field(default_factory=dict)
    queue: list[float] = field(default_factory=list)


def measure(folder: Path, quick: bool) -> list[Figure]:
    prepare_environment()
    ours = Measured()
    for _ in range(1 if quick else ROUNDS):
        with _localstack(LocalStack(folder / "start", folder / "start.log"), ours):
            pass
    with _localstack(LocalStack(folder / "ours", folder / "ours.log"), ours) as clients:
        _work(ours, clients, {FEW: ROUNDS, MANY: 1 if quick else ROUNDS})
    published = Measured()
    for _ in range(1 if quick else 2):
        with _localstack(StockLocalStack(folder / "stock", folder / "stock.log"), published):
            pass
    peers = _peers(folder, quick)
    return [*_starts(ours, published), *_functions(ours, peers), *_queues(folder, ours, peers)]


def _peers(folder: Path, quick: bool) -> dict[str, Measured]:
    tuned, ministack = Measured(), Measured()
    peers = {TUNED_STOCK: tuned, MINISTACK: ministack}
    environment = {**EXECUTOR_ONLY, **TUNED}
    with _localstack(LocalStack(folder / "tuned", folder / "tuned.log", extra_env=environment), tuned) as clients:
        _work(tuned, clients, {FEW: ROUNDS, MANY: 1} if not quick else {FEW: 1})
    with others.ministack(folder) as clients:
        _work(ministack, clients, {FEW: ROUNDS, MANY: 1} if not quick else {FEW: 1})
    if not quick:
        peers[UNTUNED] = untuned = Measured()
        bare = LocalStack(folder / "bare", folder / "bare.log", extra_env=EXECUTOR_ONLY)
        with _localstack(bare, untuned) as clients:
            _work(untuned, clients, {FEW: 1})
    return peers


def _starts(ours: Measured, published: Measured) -> Iterator[Figure]:
    beside = "as published, without functions"
    yield Figure.of("start to ready", "s", 2.5, ours.started, published.started, beside)
    yield Figure.of("memory with S3, SQS, Lambda, IAM", "MB", 250, ours.megabytes, published.megabytes, "as published")


def _functions(ours: Measured, peers: dict[str, Measured]) -> Iterator[Figure]:
    for count, target in ((FEW, 1.2), (MANY, 12.0)):
        for name, peer in peers.items():
            if count in peer.drains:
                what = f"{count} messages, SQS to Lambda"
                yield Figure.of(what, "s", target, ours.drains[count], peer.drains[count], name)
    for name, peer in peers.items():
        yield Figure.of("warm invoke", "ms", 10, ours.warm, peer.warm, name)
        yield Figure.of("cold invoke", "ms", 250, ours.cold, peer.cold, name)


def _queues(folder: Path, ours: Measured, peers: dict[str, Measured]) -> Iterator[Figure]:
    alone = {name: peer.queue for name, peer in peers.items()}
    for name, start in QUEUES_ALONE.items():
        try:
            with start(folder) as clients:
                alone[name] = _queue(clients)
        except others.NotHere as reason:
            print(f"not measured: {reason}")  # noqa: T201
    for name, samples in alone.items():
        yield Figure.of(f"{MANY} messages sent, received, deleted", "s", 4, ours.queue, samples, name)


@contextmanager
def _localstack(emulator: LocalStack, measured: Measured) -> Iterator[Clients]:
    """Its clients, once it is ready; notes when that was, and its memory then."""
    began = time.monotonic()
    with emulator:
        clients = Clients(emulator.endpoint_url)
        if not RealClock(poll_seconds=0.02).wait_until(clients.all_answer, GIVE_UP):
            raise RuntimeError("its services do not answer")
        measured.started.append(time.monotonic() - began)
        measured.megabytes.append(psutil.Process(emulator.pid).memory_info().rss / 1e6)
        yield clients


def _work(measured: Measured, clients: Clients, rounds: dict[int, int]) -> None:
    clients.create_function()
    measured.cold = clients.cold_invokes_ms()
    measured.warm = clients.warm_invokes_ms()
    drain = partial(clients.drain_seconds, clients.map_queue())
    drain(CONCURRENCY)  # starts the functions
    measured.drains = {messages: [drain(messages) for _ in range(count)] for messages, count in rounds.items()}
    measured.queue = _queue(clients)


def _queue(clients: Clients) -> list[float]:
    return [clients.queue_seconds(MANY) for _ in range(ROUNDS)]
