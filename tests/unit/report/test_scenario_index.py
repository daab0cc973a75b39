"""The index of the scenarios, scenarios/README.md."""

from pathlib import Path

import pytest

from sim.cli.main import main
from sim.report.scenario_index import index, index_problems, scenarios, shared_claims

ROOT = Path(__file__).resolve().parents[3]
SCENARIO = (
    '"""About.\n\nClaim: nothing is [ever] lost.\n"""\n\n\n'
    "def test_one_outage_of_openai(sim):\n    pass\n\n\ndef helper():\n    pass\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "test_it.py").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


def test_the_index_of_this_repository_is_up_to_date_and_its_claims_are_unique() -> None:
    assert index_problems(ROOT / "scenarios") == []


def test_every_scenario_of_this_repository_has_a_claim() -> None:
    found = scenarios(ROOT / "scenarios")
    assert len(found) >= 12
    assert [scenario for scenario in found if scenario.claim == "no claim"] == []


def test_the_index_has_title_and_claim_by_folder(folder: Path) -> None:
    entry = "- [One outage of OpenAI](openai/test_it.py): Nothing is \\[ever\\] lost.\n"
    assert f"## OpenAI\n\n{entry}" in index(scenarios(folder))


def test_a_new_claim_makes_the_index_stale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["list", "--scenarios", str(folder)]
    assert main([*arguments, "--check"]) == 1
    assert main([*arguments, "--write"]) == 0
    assert main([*arguments, "--check"]) == 0
    (folder / "openai" / "test_it.py").write_text(SCENARIO.replace("lost", "found"), encoding="utf-8")
    assert main([*arguments, "--check"]) == 1
    assert "list --write" in capsys.readouterr().err


def test_scenarios_that_share_a_claim_are_found_in_any_spelling(folder: Path) -> None:
    other = SCENARIO.replace("nothing is [ever] lost.", "Nothing is\n[ever] lost").replace("About.", "Other.")
    (folder / "openai" / "test_other.py").write_text(other, encoding="utf-8")
    assert shared_claims(scenarios(folder)) == {
        "nothing is [ever] lost.": [
            "openai/test_it.py::test_one_outage_of_openai",
            "openai/test_other.py::test_one_outage_of_openai",
        ]
    }


def test_the_check_refuses_scenarios_that_share_a_claim(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "openai" / "test_other.py").write_text(SCENARIO, encoding="utf-8")
    assert main(["list", "--scenarios", str(folder), "--write"]) == 0
    assert main(["list", "--scenarios", str(folder), "--check"]) == 1
    assert capsys.readouterr().err == (
        "openai/test_it.py::test_one_outage_of_openai and openai/test_other.py::test_one_outage_of_openai "
        "share the claim 'nothing is [ever] lost.'\n"
    )


def test_two_tests_of_one_file_share_its_claim(folder: Path) -> None:
    path = folder / "openai" / "test_it.py"
    path.write_text(SCENARIO + "\n\ndef test_two(sim):\n    pass\n", encoding="utf-8")
    assert list(shared_claims(scenarios(folder)).values()) == [
        ["openai/test_it.py::test_one_outage_of_openai", "openai/test_it.py::test_two"]
    ]


def test_a_scenario_that_is_not_valid_python_is_named_with_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "openai" / "test_it.py").write_text("def test_it(:\n", encoding="utf-8")
    assert main(["list", "--scenarios", str(folder)]) == 2
    assert "openai/test_it.py, line 1" in capsys.readouterr().err


def test_a_file_that_is_not_text_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "openai" / "test_it.py").write_bytes(b"\xff\xfe\x00")
    assert main(["list", "--scenarios", str(folder)]) == 2
    assert "openai/test_it.py is not UTF-8 text" in capsys.readouterr().err
