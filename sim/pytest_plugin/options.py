"""The options that the plugin adds to pytest's, and what may be said with them. Nonsense is refused with a sentence."""

import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from sim.engines.base.engine import Place
from sim.engines.registry import DEFAULT, ENGINES
from sim.pytest_plugin import variants
from sim.report.writing import REPORT

MANY_DAYS = 366

SIM_COMMAND = "pytest -p sim.pytest_plugin"
NOTHING_PLAYED = ("collectonly", "help", "version", "markers", "showfixtures", "show_fixtures_per_test")
"""pytest's options with which it only tells something."""


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("simulation")
    engines = "; ".join(f"{engine.name}: {engine.about}" for engine in ENGINES.values())
    group.addoption("--engine", choices=tuple(ENGINES), default=DEFAULT, help=f"what plays the scenarios ({engines})")
    group.addoption(
        "--endpoint-url", metavar="URL", help="for --engine endpoint: where the emulator answers, http://127.0.0.1:4566"
    )
    group.addoption("--topology", metavar="NAME", help="for --engine aws: what is deployed there")
    group.addoption(
        "--outputs",
        metavar="FILE",
        help="for --engine aws: a file of `terraform output -json` (default: asked)",
    )
    group.addoption(
        "--api-url",
        metavar="URL",
        help="for --engine aws: where the API answers, if not where Terraform's outputs say (a domain of your own)",
    )
    group.addoption("--account", metavar="ID", help="for --engine aws: the account that it may cost something")
    group.addoption("--yes-this-costs-money", action="store_true", help="for --engine aws: that it may")
    group.addoption(
        "--seed", type=seed, help="replay a run's chances; a fresh seed is drawn and printed otherwise", metavar="N"
    )
    group.addoption(
        "--report", type=Path, metavar="PATH", help=f"write the report there, too: a file, or a folder for {REPORT}"
    )
    group.addoption(
        "--provision",
        choices=("rendering", "apply"),
        default="rendering",
        help="make each pipeline from the checked-in rendering (default), or by `terraform apply` (a minute each)",
    )
    group.addoption(
        "--variants",
        choices=(variants.ONE, variants.ALL),
        help="run one variant of each scenario, drawn by the seed (default), or all (default when certain "
        "scenarios are asked for)",
    )
    group.addoption("--weather", type=days, default=0, metavar="DAYS", help="tell so many days of weather, too")
    parser.addini("sim_command", f"what plays a scenario again, for the terminal and the report ({SIM_COMMAND})")


def seed(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0, not {text!r}")
    return int(text)


def days(text: str) -> int:
    """Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) > MANY_DAYS:
        raise argparse.ArgumentTypeError(f"weather is told for 0 to {MANY_DAYS} days, not {text!r}")
    return int(text)


def place(config: pytest.Config) -> Place:
    """Where to play. Raises UsageError for an option that means nothing to the engine."""
    engine = ENGINES[config.getoption("--engine")]
    given = {each.name: config.getoption(each.name) for each in fields(Place)}
    for name, value in given.items():
        if value and name not in engine.takes:
            takers = " or ".join(each for each in ENGINES if name in ENGINES[each].takes)
            raise pytest.UsageError(f"--{name.replace('_', '-')} is for --engine {takers}, not for {engine.name}")
    return Place(**given)


def play_one_after_the_other(config: pytest.Config) -> None:
    """Whatever was said to pytest-xdist, which has not begun yet."""
    config.option.dist, config.option.tx, config.option.numprocesses = "no", [], 0


def plays_nothing(config: pytest.Config) -> bool:
    """Whether pytest was only asked something."""
    return any(getattr(config.option, name, False) for name in NOTHING_PLAYED)


def report_path(config: pytest.Config) -> Path | None:
    """Where the user wants the report, made ready. Raises UsageError, before a run rather than after it."""
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
        raise pytest.UsageError(f"--report: {path} can not be written: {error.strerror}") from error
    return path


def command(config: pytest.Config) -> str:
    """What plays a scenario again."""
    return config.getini("sim_command") or SIM_COMMAND


PLACES = {"--endpoint-url": None, "--topology": None, "--outputs": None, "--api-url": None, "--account": None}
"""What says where; but not that it may cost money: that is said anew each time."""


def unusual_options(config: pytest.Config) -> str:
    """The options of this run that change what is played, where they are not the usual ones."""
    usual = {"--engine": DEFAULT, **PLACES, "--provision": "rendering", "--weather": 0}
    given = {option: config.getoption(option) for option in usual}
    return " ".join(f"{option} {value}" for option, value in given.items() if value != usual[option])
