"""Ctrl-C ends every command with one sentence and exit code 2, at every moment."""

import pytest

from sim.cli import main as cli


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("conformance", "sim.localstack.conformance.documented.catalogue.run"),
        ("conformance", "sim.localstack.conformance_command._target"),
        ("list", "sim.cli.main.run_list"),
        ("report", "sim.cli.main.write_report"),
        ("explore", "sim.cli.main.parser"),
        ("reference", "sim.cli.main.parser"),
    ],
)
def test_ctrl_c_is_one_sentence(
    command: str, place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place, interrupted)
    arguments = ["--service", "SSM"] if place.endswith("_target") else []
    if place.endswith("catalogue.run"):
        monkeypatch.setattr("sim.localstack.conformance_command._answers", lambda _: True)
        arguments = ["--service", "SSM", "--endpoint", "http://127.0.0.1:9"]

    assert cli.main([command, *arguments]) == 2
    assert capsys.readouterr().err == "sim: interrupted\n"
