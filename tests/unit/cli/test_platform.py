"""Commands that start services run on Linux only; elsewhere they print one sentence and exit with 2."""

import pytest

from sim.cli import main as cli
from sim.platform.machine import UnsupportedPlatform


def not_here() -> None:
    raise UnsupportedPlatform("The simulation runs natively on Linux only, and this is macOS.")


@pytest.mark.parametrize("command", ["cloud", "emulator"])
def test_a_command_that_starts_services_is_refused_elsewhere(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "require_supported_platform", not_here)

    assert cli.main([command]) == 2
    assert capsys.readouterr().err == "sim: The simulation runs natively on Linux only, and this is macOS.\n"


def test_a_command_that_only_reads_runs_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "require_supported_platform", not_here)

    assert cli.main(["list"]) == 0
