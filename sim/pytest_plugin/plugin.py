"""pytest plays the scenarios: the `sim` fixture, the options, what a scenario may need, and the record of the run.

Under pytest-xdist every worker has a world of its own; the controlling process makes the run's folder, prepares what
all worlds share, and writes the summary. How to use it: docs/reference/pytest-plugin.md.
"""

import hashlib
import os
import re
import traceback
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.clock.seeds import new_seed, seed_for
from sim.engines.base.engine import Capability, EngineNotReady, Preparation, World, WorldPlan
from sim.engines.registry import ENGINES
from sim.journal.journal import RecordNotWritten
from sim.journal.version import RECORD_VERSION
from sim.platform.processes import clear_stale
from sim.pytest_plugin import options as plugin_options
from sim.pytest_plugin import variants
from sim.pytest_plugin.run import Run, shown
from sim.pytest_plugin.run_facts import record_ending, run_facts, scenario_facts, statuses_now
from sim.pytest_plugin.run_folder import UnusableFolder, new_run_folder, project_of
from sim.pytest_plugin.scenario_rules import ScenarioFile, scenario_files
from sim.pytest_plugin.selection import NoSuchScenario, chosen_scenarios
from sim.pytest_plugin.steady_state import Probe, SteadyState, WorldUnfit, in_a_line
from sim.pytest_plugin.terminal import ScenarioLines, is_inconclusive
from sim.report.verdicts import INCONCLUSIVE, claim_of
from sim.scenario.simulation import FaultNotTriggered, Simulation

NOT_THE_SCENARIO = (FaultNotTriggered, RecordNotWritten, WorldUnfit)
"""What makes a verdict inconclusive: the scenario has shown nothing, or there is nowhere to write down what it has."""

RUN = pytest.StashKey[Run]()
STEADY = pytest.StashKey[SteadyState]()
SIMULATION = pytest.StashKey[Simulation]()


def pytest_addoption(parser: pytest.Parser) -> None:
    plugin_options.add_options(parser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A scenario that takes a `weather_day` is told once for each day asked for, each with chances of its own."""
    if "weather_day" in metafunc.fixturenames:
        days: int = metafunc.config.getoption("--weather")
        metafunc.parametrize("weather_day", range(1, max(days, 1) + 1), ids=lambda day: f"day {day}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _skip_what_the_engine_can_not(config, items)
    _leave_out_weather(config, items)
    _leave_out_variants(config, items)


def _skip_what_the_engine_can_not(config: pytest.Config, items: list[pytest.Item]) -> None:
    run = config.stash[RUN]
    for item in items:
        if lacking := run.lacking(needs_of(item)):
            item.add_marker(pytest.mark.skip(reason=f"engine {run.engine.name} can not {', '.join(lacking)}"))


def needs_of(item: pytest.Item) -> frozenset[Capability]:
    """What a scenario's marks say, and what the faults need that it uses."""
    marked = {Capability(each) for mark in item.iter_markers("needs") for each in mark.args}
    test = getattr(item, "originalname", None) or item.name
    return frozenset(marked) | (_scenario_file(item.path).needs_of(test) if takes_sim(item) else frozenset())


def takes_sim(item: pytest.Item) -> bool:
    return "sim" in getattr(item, "fixturenames", ())


@cache
def _scenario_file(path: Path) -> ScenarioFile:
    return ScenarioFile.read(path, shown(path))


def _leave_out_variants(config: pytest.Config, items: list[pytest.Item]) -> None:
    if variants.wanted(config) == variants.ONE:
        _play_only(variants.draw(items, config.stash[RUN].seed), config, items)


def _play_only(chosen: list[pytest.Item], config: pytest.Config, items: list[pytest.Item]) -> None:
    if left_out := [item for item in items if item not in chosen]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = chosen


def _leave_out_weather(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A day of weather takes minutes, so it is told only when it is asked for."""
    if config.getoption("--weather"):
        return
    days = [item for item in items if "weather_day" in getattr(item, "fixturenames", ())]
    if len(days) < len(items):
        _play_only([item for item in items if item not in days], config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(capability): what a scenario needs of its engine (sim.needs)")
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.args = worker_input["scenarios"]
        run = config.stash[RUN] = _run_of(config, worker_input["seed"], Path(worker_input["run_folder"]))
        run.preparation = Preparation({Capability(each): why for each, why in worker_input["lacking"].items()})
        return
    seed = config.getoption("--seed")
    folder = report_path = None
    try:
        config.args = chosen_scenarios(config.args, config.invocation_params.dir, config.rootpath)
        _refuse_broken_rules(config)
        if not plugin_options.plays_nothing(config):
            report_path = plugin_options.report_path(config)
            folder = new_run_folder(project_of(config.rootpath))
    except (NoSuchScenario, UnusableFolder) as error:
        raise pytest.UsageError(str(error)) from error
    run = config.stash[RUN] = _run_of(config, new_seed() if seed is None else seed, folder)
    run.report_path = report_path
    if run.engine.one_at_a_time:
        plugin_options.play_one_after_the_other(config)
    if folder is not None:
        config.option.xmlpath = config.option.xmlpath or str(folder / "junit.xml")


def _run_of(config: pytest.Config, seed: int, folder: Path | None) -> Run:
    engine = ENGINES[config.getoption("--engine")]
    command, options = plugin_options.command(config), plugin_options.unusual_options(config)
    place = plugin_options.place(config)
    return Run(engine, place.topology or engine.topology, seed, folder, command, options, place)


def _refuse_broken_rules(config: pytest.Config) -> None:
    """Raises UsageError with a line for each rule that a scenario violates."""
    files = scenario_files(config.args, config.getini("python_files"), config.getini("norecursedirs"))
    violations = [each for path in files for each in ScenarioFile.read(path, shown(path)).violations()]
    if violations:
        raise pytest.UsageError("no scenario was run, because these lines are wrong:", *map(str, violations))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    run = node.config.stash[RUN]
    shared = {"run_folder": str(run.record), "seed": run.seed, "scenarios": node.config.args}
    node.workerinput.update(shared, lacking={str(each): why for each, why in run.preparation.lacking.items()})


def pytest_sessionstart(session: pytest.Session) -> None:
    run = session.config.stash[RUN]
    if hasattr(session.config, "workerinput") or run.folder is None:
        return
    told = {"engine": run.engine.name, "topology": run.topology, "command": run.command, "options": run.options}
    try:
        clear_stale(run.folder.parent)
        run.preparation = run.engine.prepare(lambda line: print(line, flush=True), run.place)
        run.facts = run_facts(run.topology, session.config.rootpath, run.preparation.outputs)
        run.journal.write("run_started", version=RECORD_VERSION, seed=run.seed, **told, **run.facts)
    except (RecordNotWritten, EngineNotReady) as error:  # the machine's trouble: our traceback is of no use
        raise pytest.UsageError(str(error)) from error
    session.config.pluginmanager.register(ScenarioLines(session.config, run), "scenario-lines")


def pytest_report_header(config: pytest.Config) -> str:
    run = config.stash[RUN]
    record = f", record {shown(run.folder)}" if run.folder else ""
    return f"simulation: engine {run.engine.name}, limits {run.topology}, seed {run.seed}{record}"


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """One world for all scenarios of this process. One that does not start is each one's reason to be inconclusive."""
    run = request.config.stash[RUN]
    folder = world_folder(run)
    with_terraform = request.config.getoption("--provision") == "apply"
    plan = WorldPlan(folder, run.topology, run.journal.log_world, run.journal.path, with_terraform, run.place)
    with ExitStack() as running:
        try:
            world = running.enter_context(run.engine.world(plan))
        except Exception as error:
            raise WorldUnfit(told(error, "the world did not start", folder)) from error
        probe = Probe(world, run.journal.path, run.seed)
        request.config.stash[STEADY] = SteadyState(probe, lambda error, what: told(error, what, folder))
        yield world


@pytest.fixture
def sim(request: pytest.FixtureRequest, world: World) -> Iterator[Simulation]:
    """A pipeline of the scenario's own, in this process's world, which has shown before that it works."""
    run = request.config.stash[RUN]
    seed = seed_for(run.seed, request.node.nodeid)
    journal = run.journal.of(request.node.nodeid, world.offset_seconds)
    name = pipeline_name(request.node.nodeid)
    request.config.stash[STEADY].confirm()
    journal.write("scenario_started", pipeline=name, seed=seed, **scenario_facts(request.node))
    with ExitStack() as running:
        try:
            pipeline = world.pipeline(name, journal, seed)
            running.callback(pipeline.stop)
            pipeline.start()
        except Exception as error:
            raise WorldUnfit(told(error, "the scenario's pipeline did not come up", world_folder(run))) from error
        simulation = Simulation(pipeline, world.clock, journal, seed)
        running.callback(simulation.close)
        request.node.stash[SIMULATION] = simulation
        yield simulation
        record_ending(pipeline, journal)


def world_folder(run: Run) -> Path:
    """Where this process's world keeps its logs: xdist's name for it, `gw0`, or `main`."""
    return run.record / os.environ.get("PYTEST_XDIST_WORKER", "main")


def told(error: Exception, what: str, folder: Path) -> str:
    """A sentence for people; the traceback goes into a file that the sentence names."""
    log = folder / "trouble.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as trouble:
            trouble.write("".join(traceback.format_exception(error)) + "\n")
    except OSError:
        return f"{what}: {in_a_line(error)}"
    return f"{what}: {in_a_line(error)} (more in {shown(log)})"


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """The invariants belong to every scenario, as if they were its last lines."""
    result = yield
    simulation = pyfuncitem.stash.get(SIMULATION, None)
    if simulation is not None:
        simulation.verify()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What is put on the item here goes with every report of it, and into junit.xml as properties."""
    run, simulation = item.config.stash[RUN], item.stash.get(SIMULATION, None)
    error = call.excinfo.value if call.excinfo else None
    module = item.getparent(pytest.Module)
    about = dict(item.user_properties)
    about["claim"] = claim_of(module.obj.__doc__ if module else None, getattr(item, "obj", item).__doc__)
    about |= {"seed": run.seed, "engine": run.engine.name}
    if call.when == "call":
        about["outcomes"] = statuses_now(simulation.pipeline) if simulation else {}
    item.user_properties[:] = about.items()
    report = yield
    if report.failed:
        _judge_failure(report, error, item.config.stash.get(STEADY, None))
    return report


def _judge_failure(report: pytest.TestReport, error: BaseException | None, steady: SteadyState | None) -> None:
    """Only a scenario's own failure breaks a promise; whatever its world did, the next scenario begins with a doubt."""
    if isinstance(error, NOT_THE_SCENARIO):
        report.longrepr = str(error)
        report.user_properties = [*report.user_properties, (INCONCLUSIVE, True)]
    if steady is not None:
        steady.doubt()


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """No dots: each scenario gets a line of its own (ScenarioLines), and a reason in a sentence is told at the end."""
    if is_inconclusive(report):
        return ("inconclusive" if isinstance(report.longrepr, str) else "error"), "", INCONCLUSIVE.upper()
    return (report.outcome, "", report.outcome.upper()) if report.when == "call" else None


def pipeline_name(nodeid: str) -> str:
    """Short enough for every AWS name, readable enough for a log: `one-recording-becomes-a-3f2a`."""
    words = re.sub(r"[^a-z0-9]+", "-", nodeid.rsplit("::", 1)[-1].lower()).removeprefix("test-").strip("-")
    return f"{words[:24].rstrip('-')}-{hashlib.sha256(nodeid.encode()).hexdigest()[:4]}"
