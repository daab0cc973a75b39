"""The hooks of pytest: options, the start and the end of a run, the classification of each failure.

Under pytest-xdist every worker has its own world. The controlling process makes the folder of the run, prepares what
all worlds share, and writes the report. How to use the plugin: docs/reference/pytest-plugin.md.
"""

import json
import signal
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from sim.clock.seeds import new_seed
from sim.engines.base.engine import Capability, EngineNotReady, Preparation
from sim.engines.registry import ENGINES
from sim.journal.journal import RecordNotWritten
from sim.journal.version import RECORD_VERSION
from sim.platform.killed_runs import clear_stale
from sim.platform.machine import (
    UnsupportedPlatform,
    free_memory_bytes,
    require_supported_platform,
    usable_cores,
    worlds_for_this_machine,
)
from sim.pytest_plugin import options as plugin_options
from sim.pytest_plugin import output_search
from sim.pytest_plugin.classification import classify_failure, is_inconclusive
from sim.pytest_plugin.durations import known_durations
from sim.pytest_plugin.fixtures import SIMULATION, STEADY, crash_of, freeze_imports
from sim.pytest_plugin.interrupts import INTERRUPTS
from sim.pytest_plugin.run import RUN, Run, shown
from sim.pytest_plugin.run_facts import run_facts, statuses_now, violations_of
from sim.pytest_plugin.run_folder import UnusableFolder, new_run_folder, project_of, remove_run_folder
from sim.pytest_plugin.scenario_rules import ScenarioFile, UnreadableFile, scenario_files
from sim.pytest_plugin.selection import NoSuchScenario, chosen_scenarios
from sim.pytest_plugin.terminal import NOTHING_RAN, ScenarioLines
from sim.report.verdicts import INCONCLUSIVE, claim_of
from sim.scenario.steps import recorded_steps

EXIT_UNSUPPORTED = 2
SCENARIO_LINES = "scenario-lines"


def pytest_addoption(parser: pytest.Parser) -> None:
    plugin_options.add_options(parser)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: one world for each core, at most what the memory allows."""
    return worlds_for_this_machine(usable_cores(), free_memory_bytes())


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    INTERRUPTS.install()
    config.addinivalue_line("markers", "needs(capability): what a scenario needs of its engine (sim.needs)")
    config.addinivalue_line("markers", "incident: an outage that really happened; runs with --incidents, or by name")
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is None:
        _configure_controller(config)
    else:
        config.args = worker_input["scenarios"]
        run = config.stash[RUN] = _run_of(config, worker_input["seed"])
        run.folder = Path(worker_input["run_folder"])
        run.durations = worker_input["durations"]
        run.preparation = Preparation({Capability(each): why for each, why in worker_input["lacking"].items()})


def _configure_controller(config: pytest.Config) -> None:
    """Check all that the command line says, then make the folder of the run. Raises UsageError."""
    seed = config.getoption("--seed")
    if config.getoption("--shard") is not None and seed is None:
        raise pytest.UsageError("--shard needs --seed: all shards of a run have the same one")
    try:
        config.args = chosen_scenarios(config.args, config.invocation_params.dir, config.rootpath)
        _refuse_broken_rules(config)
        run = config.stash[RUN] = _run_of(config, new_seed() if seed is None else seed)
        if run.engine.one_at_a_time:
            plugin_options.disable_xdist(config)
        if plugin_options.runs_nothing(config):
            return
        require_supported_platform()
        run.report_path = plugin_options.report_path(config)
        run.folder = new_run_folder(project_of(config.rootpath))
    except (NoSuchScenario, UnusableFolder) as error:
        raise pytest.UsageError(str(error)) from error
    except UnsupportedPlatform as error:
        pytest.exit(str(error), EXIT_UNSUPPORTED)
    config.option.xmlpath = config.option.xmlpath or str(run.folder / "junit.xml")


def _run_of(config: pytest.Config, seed: int) -> Run:
    """The run that the options describe, still without a folder. Raises UsageError."""
    engine = ENGINES[config.getoption("--engine")]
    command, options = plugin_options.command(config), plugin_options.unusual_options(config)
    place = plugin_options.place(config)
    return Run(engine, place.topology or engine.topology, seed, None, command, options, place)


def _refuse_broken_rules(config: pytest.Config) -> None:
    """Raises UsageError with a line for each rule that a scenario violates."""
    files = scenario_files(config.args, config.getini("python_files"), config.getini("norecursedirs"))
    try:
        violations = [each for path in files for each in ScenarioFile.read(path, shown(path)).violations()]
    except UnreadableFile as error:
        raise pytest.UsageError(str(error)) from error
    if violations:
        raise pytest.UsageError("no scenario was run, because these lines are wrong:", *map(str, violations))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    run = node.config.stash[RUN]
    shared = {"run_folder": str(run.record), "seed": run.seed, "scenarios": node.config.args}
    shared |= {"durations": known_durations(run.record.parent)}
    node.workerinput.update(shared, lacking={str(each): why for each, why in run.preparation.lacking.items()})


def pytest_sessionstart(session: pytest.Session) -> None:
    run = session.config.stash[RUN]
    if hasattr(session.config, "workerinput") or run.folder is None:
        return
    about = {"engine": run.engine.name, "topology": run.topology, "command": run.command, "options": run.options}
    if (shard := session.config.getoption("--shard")) is not None:
        about["shard"] = "/".join(map(str, shard))
    print(f"preparing engine {run.engine.name} ({shown(run.folder)})", flush=True)
    try:
        clear_stale(run.folder.parent)
        run.preparation = run.engine.prepare(lambda line: print(line, flush=True), run.place)
        run.facts = run_facts(run.topology, session.config.rootpath, run.preparation.outputs)
        run.journal.write("run_started", version=RECORD_VERSION, seed=run.seed, **about, **run.facts)
    except (RecordNotWritten, EngineNotReady) as error:  # the machine's failure: our traceback would not help
        raise pytest.UsageError(str(error)) from error
    lines = ScenarioLines(session.config, run, INTERRUPTS)
    session.config.pluginmanager.register(lines, SCENARIO_LINES)
    freeze_imports()
    # Next, xdist starts its workers. Interrupted there, pytest would not call the hook in which xdist stops them.
    INTERRUPTS.hold()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker passes on what no output of the run may contain."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["sought"] = output_search.as_plain_data(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker that crashed has passed on nothing."""
    if sought := getattr(node, "workeroutput", {}).get("sought"):
        output_search.add(node.config, output_search.from_plain_data(sought))


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """The workers have started. Raises the interrupt that came meanwhile."""
    INTERRUPTS.release()


def pytest_report_header(config: pytest.Config) -> str:
    run = config.stash[RUN]
    record = f", record {shown(run.folder)}" if run.folder else ""
    return f"simulation: engine {run.engine.name}, limits {run.topology}, seed {run.seed}{record}"


def pytest_keyboard_interrupt() -> None:
    """Send SIGINT to the xdist workers. A terminal has sent it to them already; `kill` and a CI system have not."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            child.send_signal(signal.SIGINT)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no folder behind where no scenario ran."""
    run = config.stash.get(RUN, None)
    if run is not None and run.folder is not None and not run.verdicts and not hasattr(config, "workerinput"):
        remove_run_folder(run.folder)
        if INTERRUPTS.came and not config.pluginmanager.hasplugin(SCENARIO_LINES):
            print(NOTHING_RAN, flush=True)
    if not INTERRUPTS.came:  # else further signals of the same Ctrl-C would end this process with another exit code
        INTERRUPTS.uninstall()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """The invariants belong to every scenario, as if they were its last lines."""
    simulation = pyfuncitem.stash.get(SIMULATION, None)
    if simulation is None:
        return (yield)
    with recorded_steps(pyfuncitem.obj, simulation.journal):
        result = yield
    simulation.verify()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What is put on the item here goes into every report of it, and into junit.xml as properties."""
    run, simulation = item.config.stash[RUN], item.stash.get(SIMULATION, None)
    error = call.excinfo.value if call.excinfo else None
    module = item.getparent(pytest.Module)
    about = dict(item.user_properties)
    about["claim"] = claim_of(module.obj.__doc__ if module else None, getattr(item, "obj", item).__doc__)
    about |= {"seed": run.seed, "engine": run.engine.name}
    if call.when == "call":
        about["outcomes"] = json.dumps(statuses_now(simulation.pipeline) if simulation else {})
    item.user_properties[:] = about.items()
    report = yield
    if report.failed:
        crash = crash_of(simulation, error) if call.when == "call" and simulation else None
        lost = violations_of(simulation) if call.when == "call" and simulation else []
        classify_failure(report, error, crash.with_stack if crash else "", lost)
        if steady := item.config.stash.get(STEADY, None):
            steady.doubt()
    return report


def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
    """No dots: each scenario gets its own line (ScenarioLines). A reason that is a sentence is printed at the end."""
    if isinstance(report, pytest.TestReport) and is_inconclusive(report):
        return ("inconclusive" if isinstance(report.longrepr, str) else "error"), "", INCONCLUSIVE.upper()
    return (report.outcome, "", report.outcome.upper()) if report.when == "call" else None
