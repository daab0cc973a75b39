"""The commands that read the record of a run."""

from pathlib import Path

import pytest

from sim.cli.main import main
from tests.unit.report.journals import dead_lettered_and_redriven


def test_report_writes_all_files_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dead_lettered_and_redriven().run_started().write(tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "report.html")
    assert {path.name for path in tmp_path.iterdir()} == {"journal.jsonl", "report.html", "summary.md", "summary.json"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["report", "/nowhere/at/all"], "give the folder of a run"),
        (["list", "--scenarios", "/nowhere/at/all"], "no scenario under"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


def test_help_names_commands_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    output = capsys.readouterr().out
    for word in ("report", "list", "events", "journal.jsonl", ".sim/latest"):
        assert word in output
