"""`rawk-sim diff`: its exit codes, its formats, and what it says about input that is no run."""

import json
from pathlib import Path

import pytest

from sim.cli.main import main
from tests.unit.report.diff.test_changes import run, scenario, with_total
from tests.unit.report.journals import JournalOf

pytestmark = pytest.mark.usefixtures("folders")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three runs in the current folder: `base`, `same` and `other`."""
    monkeypatch.chdir(tmp_path)
    for name, content in (("base", scenario()), ("same", scenario()), ("other", with_total("openai_calls", 9))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(json.dumps(run(content).content), encoding="utf-8")


def test_exit_code_says_whether_behaviour_differs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "base", "same"]) == 0
    assert "no behaviour differs, in 1 scenario" in capsys.readouterr().out
    assert main(["diff", "base/summary.json", "other"]) == 1
    assert "OpenAI calls                  8 → 9  (+12 %)" in capsys.readouterr().out


def test_newest_run_is_the_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".sim").mkdir()
    (tmp_path / ".sim/latest").symlink_to(tmp_path / "other")
    assert main(["diff", "base"]) == 1
    assert "after   other" in capsys.readouterr().out


def test_formats_and_output_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "base", "other", "--format", "json", "-o", "diff.json"]) == 1
    assert capsys.readouterr().out == "diff.json\n"
    assert json.loads((tmp_path / "diff.json").read_text())["compared"] == 1
    assert main(["diff", "base", "other", "--format", "markdown"]) == 1
    assert capsys.readouterr().out.startswith("### Behaviour: behaviour differs in 1 of 1 scenario\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no run at broken"),
        ("", "is not a summary.json"),
        ("{", "is not a summary.json"),
        ("[]", "it has no list of scenarios"),
        ('{"scenarios": 3}', "it has no list of scenarios"),
        (b"\xff\xfe", "is not a summary.json"),
    ],
)
def test_input_that_is_no_run_is_refused_by_a_sentence(
    content: str | bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken").mkdir()
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "broken/summary.json").write_bytes(data)
    assert main(["diff", "base", "broken"]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.startswith("sim: ")
    assert len(error.splitlines()) == 1


def test_folder_that_cannot_be_written_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "base", "other", "-o", "nowhere/diff.json"]) == 2
    assert "nowhere/diff.json" in capsys.readouterr().err


def test_a_run_that_was_killed_is_read_from_its_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    JournalOf("a/test_a.py::test_it").run_started().write(folder)
    assert main(["diff", "killed", "killed"]) == 0
    assert "killed was killed: it contains its scenarios up to that moment" in capsys.readouterr().out
