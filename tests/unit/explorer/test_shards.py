"""Shards of a run explore every world once; merged, they are the run in one piece."""

import json
from pathlib import Path
from typing import Any

import pytest

from sim.cli.main import main
from sim.explorer import command
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.search import COVERAGE_REQUIRED_FROM, Summary
from sim.explorer.shards import Shard

SEED, WORLDS = 40, 7


@pytest.mark.parametrize(("worlds", "count"), [(7, 1), (7, 2), (7, 3), (7, 7), (2, 5), (200_000, 13)])
def test_shards_have_each_world_once_and_about_as_many(worlds: int, count: int) -> None:
    parts = [Shard(number, count).worlds(SEED, worlds) for number in range(1, count + 1)]
    assert [seed for first, size in parts for seed in range(first, first + size)] == list(range(SEED, SEED + worlds))
    sizes = [size for _, size in parts]
    assert max(sizes) - min(sizes) <= 1


def figures_of_shards(folder: Path, count: int, worlds: int = WORLDS) -> list[Path]:
    files = [folder / f"{number}.json" for number in range(1, count + 1)]
    for number, file in enumerate(files, 1):
        own = ["--shard", f"{number}/{count}", "--figures", str(file)]
        assert main(["explore", "--seed", str(SEED), "--worlds", str(worlds), *own]) == 0
    return files


def figures_line(output: str) -> str:
    """Worlds, steps and virtual time, and the digest: all that does not depend on the machine."""
    worlds = next(line for line in output.splitlines() if "hours of virtual time" in line)
    return worlds.rpartition(" in ")[0] + output[output.index("digest") :].split("\n", 1)[0]


@pytest.mark.parametrize("count", [1, 3])
def test_merged_shards_are_the_run_in_one_piece(count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = figures_of_shards(tmp_path, count)
    capsys.readouterr()
    assert main(["explore", "--seed", str(SEED), "--worlds", str(WORLDS)]) == 0
    in_one_piece = capsys.readouterr().out
    assert main(["explore", "--merge", *map(str, files)]) == 0
    in_shards = capsys.readouterr().out
    assert figures_line(in_shards) == figures_line(in_one_piece)
    table = in_one_piece[in_one_piece.index("reached in") : in_one_piece.index(f"{WORLDS} worlds ·")]
    assert table in in_shards


def test_a_shard_does_not_judge_coverage_and_the_merge_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reached = [0 if point is CoveragePoint.ABANDONED else 3 for point in CoveragePoint]
    monkeypatch.setattr(command, "explore", lambda *_: (Summary(worlds=COVERAGE_REQUIRED_FROM, reached=reached), False))
    files = figures_of_shards(tmp_path, 2, COVERAGE_REQUIRED_FROM * 2)
    assert "Coverage is judged by --merge" in capsys.readouterr().out
    assert main(["explore", "--merge", *map(str, files)]) == 1
    assert CoveragePoint.ABANDONED.description in capsys.readouterr().err


def test_a_violation_in_any_shard_fails_the_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = figures_of_shards(tmp_path, 2)
    change(files[1], summary={"violations": [[SEED + 5, "nothing_lost"]]})
    shown: list[Summary] = []
    monkeypatch.setattr(command, "print_counterexample", lambda summary, *_: shown.append(summary))
    assert main(["explore", "--merge", *map(str, files)]) == 1
    assert shown[0].violations == [(SEED + 5, "nothing_lost")]
    assert f"{WORLDS} worlds ·" in capsys.readouterr().out


def test_an_interrupted_shard_interrupts_the_merge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = figures_of_shards(tmp_path, 2)
    change(files[0], interrupted=True, summary={"worlds": 1})
    assert main(["explore", "--merge", *map(str, files)]) == 2
    assert "interrupted: 2 worlds did not run" in capsys.readouterr().out


def change(file: Path, **changes: Any) -> None:
    content = json.loads(file.read_text())
    content["summary"].update(changes.pop("summary", {}))
    file.write_text(json.dumps({**content, **changes}))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seed": 41}, "is of another run than"),
        ({"worlds": 8}, "its worlds is 8, not 7"),
        ({"commit": "0123456789"}, "its commit is 0123456789"),
        ({"silenced": ["nothing_lost"]}, "its silenced is"),
        ({"shard": [2, 3]}, "is shard 2/3, and"),
        ({"shard": [1, 2]}, "are the same shard, 1/2"),
        ({"version": 0}, "has no figures of this explorer"),
        ({"shard": "second"}, "has no figures of this explorer"),
        ({"summary": {"reached": {}}}, "it has other coverage points"),
        ({"summary": {"digest": "x"}}, "has no figures of this explorer"),
    ],
)
def test_figures_of_another_run_are_refused(
    changes: dict[str, Any], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = figures_of_shards(tmp_path, 2)
    change(files[1], **changes)
    capsys.readouterr()
    assert main(["explore", "--merge", *map(str, files)]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "3", '{"version": 1}'])
def test_a_file_that_has_no_figures_is_refused(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "1.json"
    file.write_text(content)
    assert main(["explore", "--merge", str(file)]) == 2
    assert "1.json has no figures of this explorer" in capsys.readouterr().err


def test_missing_shards_and_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = figures_of_shards(tmp_path, 4)
    capsys.readouterr()
    assert main(["explore", "--merge", str(files[0]), str(files[2])]) == 2
    assert "shards are missing: 2/4, 4/4" in capsys.readouterr().err
    assert main(["explore", "--merge", *map(str, files[:3])]) == 2
    assert "a shard is missing: 4/4" in capsys.readouterr().err
    assert main(["explore", "--merge", str(tmp_path / "none.json")]) == 2
    assert "none.json cannot be read: No such file or directory" in capsys.readouterr().err
    assert main(["explore", "--merge", str(files[0]), str(files[0])]) == 2
    assert "are the same shard, 1/4" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "1/", "/4", "1/0", "-1/4", "a/b", "1/4/2"])
def test_a_shard_that_does_not_exist_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explore", "--seed", "1", f"--shard={text}"])
    assert ended.value.code == 2
    assert "is no shard: write 1/4 for the first of four" in capsys.readouterr().err


def test_a_shard_needs_the_seed_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--shard", "1/4"]) == 2
    assert "--shard needs --seed" in capsys.readouterr().err
