"""The options that the plugin adds to pytest's. An option that makes no sense is refused with one sentence."""

import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from sim.engines.base.engine import Place
from sim.engines.registry import DEFAULT, ENGINES
from sim.platform.shards import shard_of
from sim.pytest_plugin import variants
from sim.report.writing import REPORT

MANY_DAYS = 366
MANY_TIMES = 1000

SIM_COMMAND = "pytest -p sim.pytest_plugin"
WITHOUT_SCENARIOS = ("collectonly", "help", "version", "markers", "showfixtures", "show_fixtures_per_test")
"""Options with which pytest only prints something."""


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("simulation")
    engines = "; ".join(f"{engine.name}: {engine.about}" for engine in ENGINES.values())
    group.addoption("--engine", choices=tuple(ENGINES), default=DEFAULT, help=f"what runs the scenarios ({engines})")
    group.addoption(
        "--endpoint-url",
        metavar="URL",
        help="for --engine endpoint: the emulator's address, such as http://127.0.0.1:4566",
    )
    group.addoption("--topology", metavar="NAME", help="for --engine aws: the topology that is deployed there")
    group.addoption(
        "--outputs",
        metavar="FILE",
        help="for --engine aws: a file of `terraform output -json` (default: Terraform is asked)",
    )
    group.addoption(
        "--api-url",
        metavar="URL",
        help="for --engine aws: the API's address, if it is not the one in Terraform's outputs (your own domain)",
    )
    group.addoption(
        "--account", metavar="ID", help="for --engine aws: the id of the account in which the run may cost money"
    )
    group.addoption("--yes-this-costs-money", action="store_true", help="for --engine aws: agree to that")
    group.addoption(
        "--seed",
        type=seed,
        help="repeat the random choices of a run; a new seed is drawn and printed otherwise",
        metavar="N",
    )
    group.addoption(
        "--report",
        type=Path,
        metavar="PATH",
        help=f"write a copy of the report to a file, or into a folder as {REPORT}",
    )
    group.addoption(
        "--provision",
        choices=("rendering", "apply"),
        default="rendering",
        help="create each pipeline from the checked-in rendering (default), or by `terraform apply` (a minute each)",
    )
    _add_selection(group)
    parser.addini(
        "sim_command", f"the command that replays a scenario, for the terminal and the report ({SIM_COMMAND})"
    )


def _add_selection(group: pytest.OptionGroup) -> None:
    """Which scenarios run, and how often."""
    group.addoption(
        "--variants",
        choices=(variants.ONE, variants.ALL),
        help="run one variant of each scenario, drawn by the seed (default), or all (default when some "
        "scenarios are selected)",
    )
    group.addoption(
        "--weather", type=days, default=0, metavar="DAYS", help="also run so many days of weather, minutes each"
    )
    group.addoption(
        "--incidents",
        action="store_true",
        help="also run the outages that really happened, half a minute to two minutes each",
    )
    group.addoption(
        "--repeat",
        type=times,
        default=1,
        metavar="N",
        help="run each scenario N times with other random choices, and count verdicts with their outcomes",
    )
    group.addoption(
        "--shard",
        type=shard_of,
        metavar="I/N",
        help="run part I of N of the scenarios, for a run on N machines; needs --seed, the same on each. "
        "`sim merge` makes one record of their records",
    )


def seed(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0, not {text!r}")
    return int(text)


def days(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) > MANY_DAYS:
        raise argparse.ArgumentTypeError(f"--weather takes 0 to {MANY_DAYS} days, not {text!r}")
    return int(text)


def times(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal() or not 1 <= int(text) <= MANY_TIMES:
        raise argparse.ArgumentTypeError(f"--repeat takes 1 to {MANY_TIMES} times, not {text!r}")
    return int(text)


def place(config: pytest.Config) -> Place:
    """Where the scenarios run. Raises UsageError for an option that the engine does not take."""
    engine = ENGINES[config.getoption("--engine")]
    given = {each.name: config.getoption(each.name) for each in fields(Place)}
    for name, value in given.items():
        if value and name not in engine.takes:
            takers = " or ".join(each for each in ENGINES if name in ENGINES[each].takes)
            raise pytest.UsageError(f"--{name.replace('_', '-')} is for --engine {takers}, not for {engine.name}")
    return Place(**given)


def disable_xdist(config: pytest.Config) -> None:
    """Run all scenarios in this process, whatever `-n` says. pytest-xdist has not started yet."""
    config.option.dist, config.option.tx, config.option.numprocesses = "no", [], 0


def runs_nothing(config: pytest.Config) -> bool:
    """Whether pytest only prints something and runs no scenario."""
    return any(getattr(config.option, name, False) for name in WITHOUT_SCENARIOS)


def report_path(config: pytest.Config) -> Path | None:
    """The path of `--report`, with its folder made. Raises UsageError before the run when it cannot be written."""
    given: Path | None = config.getoption("--report")
    if given is None:
        return None
    path = (config.invocation_params.dir / given).resolve()
    path = path / REPORT if path.is_dir() else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise pytest.UsageError(f"--report: {path} cannot be written: {error.strerror}") from error
    return path


def command(config: pytest.Config) -> str:
    """The command that replays a scenario when its name follows."""
    return config.getini("sim_command") or SIM_COMMAND


PLACES = {"--endpoint-url": None, "--topology": None, "--outputs": None, "--api-url": None, "--account": None}
"""The options that say where the scenarios run. `--yes-this-costs-money` is not among them: it is given anew each
time."""


def unusual_options(config: pytest.Config) -> str:
    """The options of this run that differ from the defaults and change what runs."""
    usual = {"--engine": DEFAULT, **PLACES, "--provision": "rendering", "--weather": 0, "--repeat": 1}
    given = {option: config.getoption(option) for option in usual}
    return " ".join(f"{option} {value}" for option, value in given.items() if value != usual[option])
