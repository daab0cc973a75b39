"""The command line of deploy.sh."""

from pathlib import Path
from typing import Any

import pytest

from terraform.deploy.console import EXIT_BAD_INPUT, Failure
from terraform.deploy.main import main
from terraform.deploy.options import COMMANDS, Options, TimeLimits, parse

ROOT = Path(__file__).parents[3]


def parsed(*arguments: str) -> Options:
    return parse(arguments, ROOT, TimeLimits())


def test_topology_and_command_are_enough() -> None:
    assert parsed("ecs", "plan") == Options("ecs", "plan")


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("ecs", "apply", "--yes", "--no-rollout"), {"yes": True, "rollout": False}),
        (("--no-lock", "ecs", "plan"), {"lock": False}),
        (("ecs", "plan", "--no-secrets"), {"secrets": False}),
        (("ecs", "--yes", "rollback", "--to", "3f2a9c1"), {"yes": True, "to": "3f2a9c1"}),
        (("ecs", "unlock", "--yes", "the-id"), {"yes": True, "lock_id": "the-id"}),
        (("ecs", "plan", "--", "-var", "a=1", "--yes"), {"terraform_arguments": ("-var", "a=1", "--yes")}),
    ],
)
def test_options_may_stand_anywhere_before_the_arguments_of_terraform(
    arguments: tuple[str, ...], options: dict[str, Any]
) -> None:
    command = next(each for each in arguments if each in COMMANDS)
    assert parsed(*arguments) == Options("ecs", command, **options)


def test_paths_are_absolute_because_terraform_runs_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "approved").touch()
    assert parsed("ecs", "plan", "--out", "x.tfplan").out == Path.cwd() / "x.tfplan"
    assert parsed("ecs", "apply", "--plan", str(tmp_path / "approved")).plan == tmp_path / "approved"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ecs", "unlock"), "unlock needs the ID"),
        (("ecs", "plan", "--out", ""), "argument --out: expected one argument"),
        (("ecs", "deploy"), "there is no command deploy; there are: plan apply"),
        (("ecs", "plan", "--ye"), "unrecognized arguments: --ye"),
        (("ecs", "plan", "--no-secrets", "--out", "x"), "--no-secrets is for a plan that nobody applies"),
        (("ecs", "apply", "--no-secrets"), "--no-secrets is for a plan that nobody applies"),
        (("ecs", "unlock", "id", "more"), "unrecognized arguments: more"),
    ],
)
def test_a_mistake_is_reported_with_exit_code_2(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(Failure) as raised:
        parsed(*arguments)
    assert message in raised.value.sentences[0]
    assert "--help" in raised.value.sentences[1]
    assert raised.value.exit_code == EXIT_BAD_INPUT


def test_time_limits_come_from_the_environment() -> None:
    assert TimeLimits.read({"ROLLOUT_SECONDS": "5", "SMOKE_SECONDS": ""}) == TimeLimits(rollout_seconds=5)


def test_a_time_limit_that_is_not_a_number_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ecs", "plan"], {"ROLLOUT_SECONDS": "soon"}) == EXIT_BAD_INPUT
    assert "ROLLOUT_SECONDS is not a whole number of seconds: soon" in capsys.readouterr().err


def test_the_help_shows_the_time_limits(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        parse(["--help"], ROOT, TimeLimits(rollout_seconds=77))
    assert raised.value.code == 0
    assert "how long a rollout may take (77)" in capsys.readouterr().out


def test_a_missing_tool_is_reported_in_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["ecs", "plan"], {"PATH": str(tmp_path)}) == 1
    assert capsys.readouterr().err == (
        "deploy: there is no terraform on the PATH; docs/how-to/deploy.md lists the required tools\n"
    )
