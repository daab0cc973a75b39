"""The fixtures `world`, one for each process of a run, and `sim`, one for each scenario."""

import gc
import hashlib
import os
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from sim.app import APP
from sim.clock.seeds import seed_for
from sim.engines.base.engine import Capability, World, WorldPlan
from sim.journal.journal import Journal
from sim.pytest_plugin import output_search
from sim.pytest_plugin.collection import needs_of
from sim.pytest_plugin.interrupts import INTERRUPTS
from sim.pytest_plugin.product_crashes import Crash, ProductCrashed, crashes_in_logs, crashes_in_text
from sim.pytest_plugin.run import RUN, Run, shown
from sim.pytest_plugin.run_facts import record_ending, scenario_facts
from sim.pytest_plugin.steady_state import Probe, SteadyState, WorldUnfit, in_a_line
from sim.scenario.simulation import Simulation

if TYPE_CHECKING:
    from sim.engines.base.engine import ConfigurableWorld
    from sim.engines.base.running_pipeline import RunningPipeline

STEADY = pytest.StashKey[SteadyState]()
SIMULATION = pytest.StashKey[Simulation]()


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """One world for all scenarios of this process. When it does not start, all of them are inconclusive.

    Raises WorldUnfit, and ProductCrashed when the product's own processes could not start.
    """
    run = request.config.stash[RUN]
    folder = world_folder(run)
    with_terraform = request.config.getoption("--provision") == "apply"
    plan = WorldPlan(folder, run.topology, run.journal.log_world, run.journal.path, with_terraform, run.place)
    running = ExitStack()
    try:
        try:
            world = running.enter_context(run.engine.world(plan))
        except Exception as error:
            raise_if_crashed([folder / "logs"], error)
            raise WorldUnfit(describe(error, "the world did not start", folder)) from error
        freeze_imports()
        probe = Probe(world, run.journal.path, run.seed, partial(output_search.remember, request.config))
        request.config.stash[STEADY] = SteadyState(probe, lambda error, what: describe(error, what, folder))
        yield world
    finally:
        with INTERRUPTS.deferred():
            running.close()


@pytest.fixture
def sim(request: pytest.FixtureRequest, world: World) -> Iterator[Simulation]:
    """The scenario's own pipeline in this process's world. The world has shown before that it works.

    Raises WorldUnfit when the pipeline does not start, and ProductCrashed when the product crashed: at its start, or in
    a scenario that passed all the same.
    """
    run = request.config.stash[RUN]
    seed = seed_for(run.seed, request.node.nodeid)
    journal = run.journal.of(request.node.nodeid, world.offset_seconds)
    name = pipeline_name(request.node.nodeid)
    request.config.stash[STEADY].confirm()
    journal.write("scenario_started", pipeline=name, seed=seed, **scenario_facts(request.node))
    running = ExitStack()
    log_folder = None
    try:
        try:
            pipeline = _build(world, request.node)(name, journal, seed)
            log_folder = pipeline.log_folder
            running.callback(pipeline.stop)
            pipeline.start()
            journal.write("pipeline_ready")
        except Exception as error:
            if log_folder is not None:
                raise_if_crashed([log_folder], error)
            raise WorldUnfit(describe(error, "the scenario's pipeline did not start", world_folder(run))) from error
        simulation = Simulation(pipeline, world.clock, journal, seed)
        running.callback(simulation.close)
        request.node.stash[SIMULATION] = simulation
        yield simulation
        record_ending(simulation)
        source = request.node.path.read_text(encoding="utf-8")
        output_search.remember(request.config, simulation, request.node.nodeid, source)
    finally:
        with INTERRUPTS.deferred():
            running.close()
    raise_if_crashed([log_folder])  # stopping the pipeline has written the functions' logs beside the API's


def freeze_imports() -> None:
    """What is there now stays until the end. Each collection would walk it, and pytest's last one five times."""
    gc.collect()
    gc.freeze()


def _build(world: World, item: pytest.Item) -> "Callable[[str, Journal, int], RunningPipeline]":
    """Builds the scenario's pipeline, from the rendering that it needs."""
    if Capability.PAUSING_DATABASE in needs_of(item):
        return partial(cast("ConfigurableWorld", world).pipeline, topology=APP.renderings.pausing_database)
    return world.pipeline


def crash_of(simulation: Simulation, error: BaseException | None) -> Crash | None:
    """The first crash of the product in a scenario that is not over: in its logs, or in the text of an error."""
    if error is not None and (crash := next(crashes_in_text(str(error), "command"), None)):
        return crash
    try:
        logs = simulation.pipeline.logs()
    except Exception:  # noqa: BLE001 - a scenario may have broken any part that is asked here
        return next(crashes_in_logs([simulation.pipeline.log_folder]), None)
    return next((crash for process, text in logs.items() for crash in crashes_in_text(text, process)), None)


def raise_if_crashed(folders: list[Path], error: Exception | None = None) -> None:
    """Raises ProductCrashed when the logs in the folders, or the text of the error, show a crash of the product."""
    crashes = chain(crashes_in_logs(folders), crashes_in_text(str(error), "command"))
    if crash := next(crashes, None):
        raise ProductCrashed(crash.with_stack) from error


def world_folder(run: Run) -> Path:
    """Where this process's world keeps its logs: xdist's name of the process, `gw0`, or `main`."""
    return run.record / os.environ.get("PYTEST_XDIST_WORKER", "main")


def describe(error: Exception, what: str, folder: Path) -> str:
    """One sentence for the reason; the traceback goes to a file that the sentence names."""
    log = folder / "errors.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as errors:
            errors.write("".join(traceback.format_exception(error)) + "\n")
    except OSError:
        return f"{what}: {in_a_line(error)}"
    return f"{what}: {in_a_line(error)} (more in {shown(log)})"


def pipeline_name(nodeid: str) -> str:
    """Short enough for every AWS name, readable enough for a log: `one-recording-becomes-a-3f2a`."""
    words = re.sub(r"[^a-z0-9]+", "-", nodeid.rsplit("::", 1)[-1].lower()).removeprefix("test-").strip("-")
    return f"{words[:24].rstrip('-')}-{hashlib.sha256(nodeid.encode()).hexdigest()[:4]}"
