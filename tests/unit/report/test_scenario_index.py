"""The index of the scenarios, and the commands."""

from pathlib import Path

import pytest

from sim.cli.main import main
from sim.report.scenario_index import index, is_stale, scenarios
from tests.unit.report.journals import dead_lettered_and_redriven

ROOT = Path(__file__).resolve().parents[3]
SCENARIO = (
    '"""About.\n\nClaim: nothing is [ever] lost.\n"""\n\n\ndef test_it(sim):\n    pass\n\n\ndef helper():\n    pass\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "test_it.py").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


def test_the_index_of_this_repository_is_fresh() -> None:
    assert not is_stale(ROOT / "scenarios"), "run `python -m sim list --write`"


def test_every_scenario_of_this_repository_claims_something() -> None:
    told = scenarios(ROOT / "scenarios")
    assert len(told) >= 12
    assert [scenario for scenario in told if scenario.claim == "no claim"] == []


def test_the_index_says_each_claim_under_its_kind_of_trouble(folder: Path) -> None:
    assert "## OpenAI\n\n- [Nothing is \\[ever\\] lost.](openai/test_it.py)\n" in index(scenarios(folder))


def test_a_new_claim_makes_the_index_stale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["list", "--scenarios", str(folder)]
    assert main([*arguments, "--check"]) == 1
    assert main([*arguments, "--write"]) == 0
    assert main([*arguments, "--check"]) == 0
    (folder / "openai" / "test_it.py").write_text(SCENARIO.replace("lost", "found"), encoding="utf-8")
    assert main([*arguments, "--check"]) == 1
    assert "python -m sim list --write" in capsys.readouterr().err


def test_a_scenario_that_is_no_python_is_named_with_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "openai" / "test_it.py").write_text("def test_it(:\n", encoding="utf-8")
    assert main(["list", "--scenarios", str(folder)]) == 2
    assert "openai/test_it.py, line 1" in capsys.readouterr().err


def test_report_writes_everything_that_a_run_leaves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dead_lettered_and_redriven().run_started().write(tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "report.html")
    assert {path.name for path in tmp_path.iterdir()} == {"journal.jsonl", "report.html", "summary.md", "summary.json"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "/nowhere/at/all"], "give the folder of a run"),
        (["list", "--scenarios", "/nowhere/at/all"], "no scenario under"),
    ],
)
def test_bad_input_is_told_in_a_sentence(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    for word in ("report", "list", "events", "journal.jsonl", ".sim/latest"):
        assert word in told
