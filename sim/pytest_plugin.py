"""pytest runs the scenarios: the `sim` fixture, the options, a line per scenario, and the record of the run.

Under pytest-xdist every worker has a world of its own; the controlling process makes the run's folder, prepares what
all worlds share, and writes the summary.
"""

import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sim.chance import new_seed, seed_for
from sim.choosing import NoSuchStory, chosen_stories
from sim.emulator.environment import EnvironmentNotBuilt, prepare_environment
from sim.engines.embedded import EmbeddedWorld
from sim.engines.processes import clear_stale
from sim.report.last_events import last_events
from sim.report.recording import record_ending, run_facts, scenario_facts, statuses_now
from sim.report.summary import exit_code, print_table
from sim.report.verdicts import BROKEN, HELD, SIGNS, SKIPPED, UNKNOWN, Verdict, claim_of
from sim.report.writing import write_report
from sim.run_folder import UnusableFolder, new_run_folder
from sim.simulation import FaultNeverMet, Simulation
from sim.timeline import Journal

ENGINE = "embedded"
TOPOLOGY = "core"


@dataclass
class Run:
    """What one run knows of itself; only the controlling process collects verdicts."""

    folder: Path
    seed: int
    began: float = field(default_factory=time.monotonic)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "journal.jsonl")


RUN = pytest.StashKey[Run]()
SIMULATION = pytest.StashKey[Simulation]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("simulation")
    group.addoption("--seed", type=int, help="replay a run's chances; a fresh seed is drawn and printed otherwise")
    group.addoption(
        "--provision",
        choices=("rendering", "apply"),
        default="rendering",
        help="make each pipeline from the checked-in rendering (default), or by `terraform apply` (a minute each)",
    )
    group.addoption("--weather", type=int, default=0, metavar="DAYS", help="tell so many days of weather, too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A story that takes a `weather_day` is told once for each day asked for, each with chances of its own."""
    if "weather_day" in metafunc.fixturenames:
        days: int = metafunc.config.getoption("--weather")
        metafunc.parametrize("weather_day", range(1, max(days, 1) + 1), ids=lambda day: f"day {day}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A day of weather takes minutes, so it is told only when it is asked for."""
    if config.getoption("--weather"):
        return
    days = [item for item in items if "weather_day" in getattr(item, "fixturenames", ())]
    if days and len(days) < len(items):
        config.hook.pytest_deselected(items=days)
        items[:] = [item for item in items if item not in days]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.args = worker_input["stories"]
        config.stash[RUN] = Run(Path(worker_input["run_folder"]), worker_input["seed"])
        return
    seed = config.getoption("--seed")
    try:
        config.args = chosen_stories(config.args, config.invocation_params.dir, config.rootpath)
        folder = new_run_folder(config.rootpath.parent)
    except (NoSuchStory, UnusableFolder) as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[RUN] = Run(folder, new_seed() if seed is None else seed)
    config.option.xmlpath = config.option.xmlpath or str(folder / "junit.xml")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    run = node.config.stash[RUN]
    node.workerinput.update(run_folder=str(run.folder), seed=run.seed, stories=node.config.args)


def pytest_sessionstart(session: pytest.Session) -> None:
    if _is_controller(session.config) and not session.config.option.collectonly:
        run = session.config.stash[RUN]
        facts = run_facts(TOPOLOGY, session.config.rootpath)
        run.journal.write("run_started", seed=run.seed, engine=ENGINE, topology=TOPOLOGY, **facts)
        clear_stale(run.folder.parent)
        try:
            prepare_environment(say=lambda line: print(line, flush=True))
        except EnvironmentNotBuilt as error:  # the machine's trouble: its sentence is of use, our traceback is not
            raise pytest.UsageError(str(error)) from error
        session.config.pluginmanager.register(ScenarioLines(session.config), "scenario-lines")


def pytest_report_header(config: pytest.Config) -> str:
    run = config.stash[RUN]
    return f"simulation: engine {ENGINE}, limits {TOPOLOGY}, seed {run.seed}, record {_shown(run.folder)}"


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> Iterator[EmbeddedWorld]:
    """One world for all scenarios of this process."""
    run = request.config.stash[RUN]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    events = run.journal
    with_terraform = request.config.getoption("--provision") == "apply"
    with EmbeddedWorld(
        run.folder / worker, TOPOLOGY, say=events.say, events_file=events.path, with_terraform=with_terraform
    ) as world:
        yield world


@pytest.fixture
def sim(request: pytest.FixtureRequest, world: EmbeddedWorld) -> Iterator[Simulation]:
    """A pipeline of the scenario's own, in this process's world."""
    run = request.config.stash[RUN]
    seed = seed_for(run.seed, request.node.nodeid)
    journal = run.journal.of(request.node.nodeid, world.offset_seconds)
    name = pipeline_name(request.node.nodeid)
    journal.write("scenario_started", pipeline=name, seed=seed, **scenario_facts(request.node))
    pipeline = world.pipeline(name, journal, seed)
    try:
        pipeline.start()
        simulation = Simulation(pipeline, world.clock, journal, seed)
        request.node.stash[SIMULATION] = simulation
        yield simulation
        record_ending(pipeline, journal)
        simulation.close()
    finally:
        pipeline.stop()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """The standing checks belong to every story, as if they were its last lines."""
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
    module = item.getparent(pytest.Module)
    about = dict(item.user_properties)
    about["claim"] = claim_of(module.obj.__doc__ if module else None, getattr(item, "obj", item).__doc__)
    about |= {"seed": run.seed, "engine": ENGINE}
    if call.when == "call":
        about["never_met"] = call.excinfo is not None and isinstance(call.excinfo.value, FaultNeverMet)
        about["outcomes"] = statuses_now(simulation.pipeline) if simulation else {}
    item.user_properties[:] = about.items()
    return (yield)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """No dots: each scenario gets a line of its own (pytest_runtest_logreport)."""
    return (report.outcome, "", "") if report.when == "call" else None


class ScenarioLines:
    """In the controlling process: prints a line per scenario as it ends, and keeps its verdict."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._run = config.stash[RUN]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.outcome != "passed" and not self._has_verdict(report.nodeid)):
            verdict = verdict_of(report)
            self._run.verdicts.append(verdict)
            self._run.journal.write("verdict", **verdict.as_json())
            self._say(f"{SIGNS[verdict.verdict]} {verdict.name}  ({verdict.seconds:.1f} s)")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        run = self._run
        if not run.verdicts:
            return
        run.journal.write("run_ended", real_seconds=round(time.monotonic() - run.began, 1))
        write_report(run.folder)
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = exit_code(run.verdicts)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        run = self._run
        if not run.verdicts:
            return
        terminalreporter.section("scenarios")
        print_table(run.verdicts, Console(file=terminalreporter._tw._file, highlight=False))
        counts = Counter(verdict.verdict for verdict in run.verdicts)
        terminalreporter.line("")
        terminalreporter.line(", ".join(f"{count} {kind}" for kind, count in counts.items()) + f" · seed {run.seed}")
        kept = "report.html, journal.jsonl, summary.json, junit.xml, logs"
        terminalreporter.line(f"record: {_shown(run.folder)}  ({kept})")
        for verdict in run.verdicts:
            if verdict.verdict in (BROKEN, UNKNOWN):
                terminalreporter.line("")
                for line in last_events(run.journal, verdict.name):
                    terminalreporter.line(line)
                terminalreporter.line(f"replay: tox -e scenarios -- '{verdict.name}' --seed {run.seed}")

    def _has_verdict(self, nodeid: str) -> bool:
        return any(verdict.name == nodeid for verdict in self._run.verdicts)

    def _say(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(line)


def verdict_of(report: pytest.TestReport) -> Verdict:
    about = dict(report.user_properties)
    if report.outcome == "passed":
        verdict, reason = HELD, ""
    elif report.outcome == "skipped":
        verdict, reason = SKIPPED, str(report.longrepr)
    else:
        verdict, reason = (UNKNOWN if about.get("never_met") else BROKEN), report.longreprtext
    return Verdict(
        name=report.nodeid,
        claim=str(about.get("claim", "")),
        verdict=verdict,
        seconds=round(report.duration, 2),
        outcomes=about.get("outcomes", {}),  # type: ignore[arg-type]
        reason=reason,
    )


def pipeline_name(nodeid: str) -> str:
    """Short enough for every AWS name, readable enough for a log: `one-recording-becomes-a-3f2a`."""
    words = re.sub(r"[^a-z0-9]+", "-", nodeid.rsplit("::", 1)[-1].lower()).removeprefix("test-").strip("-")
    return f"{words[:24].rstrip('-')}-{hashlib.sha256(nodeid.encode()).hexdigest()[:4]}"


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def _shown(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
