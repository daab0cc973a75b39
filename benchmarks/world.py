"""A whole world: seconds to start, memory by program, one scenario, one upload, and virtual time per real time."""

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg

from benchmarks.figures import Figure
from benchmarks.profile.processes import (
    FORK_SERVER,
    FORKED,
    LOCALSTACK,
    OPENAI,
    POSTGRES,
    POSTGRES_PROCESS,
    below,
    program_of,
)
from sim import recordings
from sim.clock.clocks import never
from sim.clock.durations import hours, minutes
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal
from sim.scenario.simulation import Simulation

SCENARIOS = 5
UPLOADS = 30
MEGABYTES = {LOCALSTACK: 250, POSTGRES: 60, OPENAI: 80, FORK_SERVER: 120, "API and functions": 120}
"""By program: what all its processes may take. A page that several processes share counts in parts."""


NAMES = {**{name: name for name in MEGABYTES}, POSTGRES_PROCESS: POSTGRES, FORKED: "API and functions"}
HARNESS = "harness"


def measure(folder: Path) -> list[Figure]:
    began = time.monotonic()
    with EmbeddedWorld(folder / "world", "core", say=print) as world:
        journal = Journal(folder / "journal.jsonl")
        _scenario(world, journal, 0)
        up_seconds = time.monotonic() - began
        scenario_seconds = [_seconds(_scenario, world, journal, number) for number in range(1, SCENARIOS + 1)]
        uploads, bare_calls, megabytes = _with_a_pipeline(world, journal)
        ratio = _idle_hours(world, journal)
    beside = "its calls of S3, SQS and Postgres alone"
    return [
        Figure("world up, first recording through it", "s", 4, up_seconds),
        Figure("world's memory, with the harness", "MB", 500, sum(megabytes.values())),
        *(Figure(f"memory of {name}", "MB", limit, megabytes[name]) for name, limit in MEGABYTES.items()),
        Figure.of("one scenario with one recording", "s", 1, scenario_seconds),
        Figure.of("upload", "ms", 40, uploads, bare_calls, beside),
        Figure("idle hours, virtual per real time", "x", 1000, ratio, more_is_better=True),
    ]


def _with_a_pipeline(world: EmbeddedWorld, journal: Journal) -> tuple[list[float], list[float], dict[str, float]]:
    """Milliseconds of uploads and of bare calls, and the memory of each program while a worker is warm."""
    pipeline = world.pipeline("bench-upload", journal, seed=0)
    try:
        pipeline.start()
        pipeline.relay.schedule(enabled=False)
        simulation = Simulation(pipeline, world.clock, journal, seed=0)
        simulation.run_until(simulation.api.record(1).all_complete, within=minutes(5))
        megabytes = _megabytes_by_program()
        pipeline.worker.reserve_concurrency(0)  # no job runs meanwhile
        audio = recordings.pick(1, 0)[0].data
        calls = _bare_calls(pipeline, audio)
        uploads, bare = [], []
        for _ in range(UPLOADS):
            uploads.append(1000 * _seconds(simulation.api.upload, audio))
            bare.append(1000 * _seconds(calls))
        simulation.close()
        return uploads, bare, megabytes
    finally:
        pipeline.stop()


def _bare_calls(pipeline: RunningPipeline, audio: bytes) -> Callable[[], None]:
    s3 = pipeline.parts.session.client("s3", endpoint_url=pipeline.endpoint_url)
    connection = psycopg.connect(pipeline.parts.database.direct_url.replace("+psycopg", ""))

    def call() -> None:
        s3.put_object(Bucket=pipeline.pipeline.audio_bucket, Key="bench/audio", Body=audio)
        for _ in range(2):  # what is stored, and its removal from the outbox
            connection.execute("SELECT 1")
            connection.commit()
        pipeline.sqs.send_message(QueueUrl=pipeline.pipeline.jobs_queue_url, MessageBody="{}")

    return call


def _seconds[**P](act: Callable[P, object], *arguments: P.args, **options: P.kwargs) -> float:
    began = time.perf_counter()
    act(*arguments, **options)
    return time.perf_counter() - began


def _megabytes_by_program() -> dict[str, float]:
    """The harness is this process with its supervisors."""
    programs = {os.getpid(): HARNESS}
    megabytes = Counter({HARNESS: _own_megabytes(psutil.Process())})
    for pid, parent in below(os.getpid()):
        process = psutil.Process(pid)
        programs[pid] = program_of(" ".join(process.cmdline()), programs[parent])
        megabytes[NAMES.get(programs[pid], HARNESS)] += _own_megabytes(process)
    return dict(megabytes)


def _scenario(world: EmbeddedWorld, journal: Journal, number: int) -> None:
    pipeline = world.pipeline(f"bench-{number}", journal, seed=number)
    try:
        pipeline.start()
        simulation = Simulation(pipeline, world.clock, journal, seed=number)
        memories = simulation.api.record(1)
        simulation.run_until(memories.all_complete, within=minutes(5))
        simulation.verify()
        simulation.close()
    finally:
        pipeline.stop()


def _idle_hours(world: EmbeddedWorld, journal: Journal) -> float:
    """Virtual time per real time while only the relay runs, every minute."""
    pipeline = world.pipeline("bench-idle", journal, seed=0)
    try:
        pipeline.start()
        passing: timedelta = hours(5)
        began = time.monotonic()
        world.clock.wait_until(never, passing)
        return passing.total_seconds() / (time.monotonic() - began)
    finally:
        pipeline.stop()


def _own_megabytes(process: psutil.Process) -> float:
    """Its proportional set size (PSS): a page that several processes share counts in parts."""
    return float(process.memory_full_info().pss) / 1e6
