"""`rawk-sim merge`: the records of a run's shards become one record, or the reason why not."""

import json
from pathlib import Path
from typing import Any

import pytest

from sim.cli.main import main
from sim.journal.version import RECORD_VERSION
from sim.report.run_record import read_run
from tests.unit.report.journals import JournalOf

RUN = {
    "version": RECORD_VERSION,
    "engine": "embedded",
    "topology": "core",
    "seed": 7,
    "commit": "c0ffee",
    "limits": {"max_receive_count": 5},
}


def record(folder: Path, scenario: str, shard: str = "", *, verdict: str = "passed", **about: Any) -> Path:
    """The record of a shard with one scenario, whose pipeline is named as its test."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {**RUN, **({"shard": shard} if shard else {}), **about}
    journal = JournalOf(scenario, scenario.rpartition("::")[2]).run_started(**facts).accepted(1, f"of-{scenario}")
    journal.own(5, "verdict", claim="nothing is lost", verdict=verdict, test_seconds=1, outcomes={"complete": 1})
    journal.line(6, "run_ended", real_seconds=6)
    journal.write(folder)
    logs = folder / "gw0/logs" / journal.pipeline
    logs.mkdir(parents=True)
    (logs / "api.log").write_text("started\n")
    return folder


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    return [record(tmp_path / number, f"a/test_{number}.py::test_it_{number}", f"{number}/3") for number in "123"]


def merge(folders: list[Path], output: Path) -> int:
    return main(["merge", *map(str, folders), "-o", str(output)])


def test_the_merged_record_has_the_scenarios_of_all_shards(shards: list[Path], tmp_path: Path) -> None:
    assert merge(shards, tmp_path / "merged") == 0
    run = read_run(tmp_path / "merged")
    assert [each.name for each in run.scenarios] == [f"a/test_{number}.py::test_it_{number}" for number in "123"]
    assert [each.verdict for each in run.scenarios] == ["passed"] * 3
    assert run.finished
    assert run.seed == 7
    assert "shard" not in run.about
    assert run.logs["test_it_2"] == ["shard-2-gw0/logs/test_it_2/api.log"]
    summary = json.loads((tmp_path / "merged/summary.json").read_text())
    assert summary["counts"]["passed"] == 3
    assert (tmp_path / "merged/report.html").is_file()


def test_the_order_of_the_shards_does_not_matter(shards: list[Path], tmp_path: Path) -> None:
    merge(shards, tmp_path / "one")
    merge(shards[::-1], tmp_path / "other")
    assert json.loads((tmp_path / "one/summary.json").read_text()) == json.loads(
        (tmp_path / "other/summary.json").read_text()
    )


@pytest.mark.parametrize(
    ("verdict", "code"), [("failed", 1), ("inconclusive", 2), ("skipped", 0), ("unfinished", 2), ("passed", 0)]
)
def test_exit_code_is_that_of_the_run_in_one_piece(verdict: str, code: int, shards: list[Path], tmp_path: Path) -> None:
    last = record(tmp_path / "last", "a/test_4.py::test_last", "3/3", verdict=verdict)
    assert merge([*shards[:2], last], tmp_path / "merged") == code


def test_a_shard_that_was_killed_leaves_the_merged_run_unfinished(shards: list[Path], tmp_path: Path) -> None:
    journal = shards[1] / "journal.jsonl"
    journal.write_text("".join(line + "\n" for line in journal.read_text().splitlines() if "run_ended" not in line))
    merge(shards, tmp_path / "merged")
    assert not read_run(tmp_path / "merged").finished


def test_a_line_that_was_cut_off_is_kept_for_the_report(shards: list[Path], tmp_path: Path) -> None:
    with (shards[0] / "journal.jsonl").open("a") as journal:
        journal.write('{"at": "2026-')
    merge(shards, tmp_path / "merged")
    assert read_run(tmp_path / "merged").unreadable == 1


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"seed": 8}, "its seed is 8, not 7"),
        ({"engine": "docker"}, "its engine is docker, not embedded"),
        ({"commit": "deadbee"}, "its commit is deadbee, not c0ffee"),
        ({"limits": {"max_receive_count": 3}}, "its limits is"),
        ({"shard": "3/4"}, "is shard 1/3 and"),
    ],
)
def test_records_of_different_runs_are_refused(
    about: dict[str, Any], says: str, shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = record(tmp_path / "other", "a/test_4.py::test_other", **{"shard": "3/3", **about})
    assert merge([*shards[:2], other], tmp_path / "merged") == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "merged").exists()


def test_a_missing_shard_is_named(shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert merge(shards[:2], tmp_path / "merged") == 2
    assert "a shard is missing: 3/3" in capsys.readouterr().err
    assert merge(shards[:1], tmp_path / "merged") == 2
    assert "shards are missing: 2/3, 3/3" in capsys.readouterr().err


def test_a_scenario_in_two_records_is_named(
    shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert merge([*shards, shards[0]], tmp_path / "merged") == 2
    assert "both contain a/test_1.py::test_it_1" in capsys.readouterr().err


@pytest.mark.parametrize("there", ["a file", "a folder with a file"])
def test_what_is_in_the_way_is_not_overwritten(
    there: str, shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "merged" if there == "a file" else tmp_path / "merged/kept"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine")
    assert merge(shards, tmp_path / "merged") == 2
    assert "is not an empty folder" in capsys.readouterr().err
    assert kept.read_text() == "mine"


def test_a_folder_without_a_journal_is_refused(
    shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert merge([*shards, tmp_path / "empty"], tmp_path / "merged") == 2
    assert "cannot be read" in capsys.readouterr().err
