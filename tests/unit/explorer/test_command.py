"""`tox -e sim -- explore`: its exit codes and its output."""

import pytest

from sim.cli.main import main
from sim.explorer import command
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.search import COVERAGE_REQUIRED_FROM, Summary


def search_returns(monkeypatch: pytest.MonkeyPatch, summary: Summary, *, interrupted: bool = False) -> None:
    monkeypatch.setattr(command, "explore", lambda *_: (summary, interrupted))


def all_but(*missing: CoveragePoint) -> list[int]:
    return [0 if point in missing else 3 for point in CoveragePoint]


def test_exit_0_when_all_invariants_held_and_all_points_were_reached(monkeypatch, capsys) -> None:
    search_returns(monkeypatch, Summary(worlds=COVERAGE_REQUIRED_FROM, reached=all_but()))

    assert main(["explore", "--seed", "1"]) == 0
    assert "All invariants held, and all coverage points were reached." in capsys.readouterr().out


def test_a_coverage_point_that_is_not_reached_fails_a_long_run(monkeypatch, capsys) -> None:
    search_returns(monkeypatch, Summary(worlds=COVERAGE_REQUIRED_FROM, reached=all_but(CoveragePoint.ABANDONED)))

    assert main(["explore", "--seed", "1"]) == 1
    assert CoveragePoint.ABANDONED.description in capsys.readouterr().err


def test_a_coverage_point_that_is_not_reached_is_only_printed_by_a_short_run(monkeypatch, capsys) -> None:
    search_returns(monkeypatch, Summary(worlds=10, reached=all_but(CoveragePoint.ABANDONED)))

    assert main(["explore", "--seed", "1", "--worlds", "10"]) == 0
    assert CoveragePoint.ABANDONED.description in capsys.readouterr().out


def test_ctrl_c_prints_the_summary(monkeypatch, capsys) -> None:
    search_returns(monkeypatch, Summary(worlds=1500, reached=all_but()), interrupted=True)

    assert main(["explore", "--seed", "1", "--worlds", "2000"]) == 2
    output = capsys.readouterr().out
    assert "1500 worlds ·" in output
    assert "interrupted: 500 worlds did not run" in output


def test_ctrl_c_in_a_world_ends_the_run(monkeypatch) -> None:
    def interrupted(seed: int) -> None:
        del seed
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.explorer.search.run_world", interrupted)

    assert main(["explore", "--seed", "1", "--worlds", "5"]) == 2


@pytest.mark.parametrize("file", ["nowhere/script.py", ".", "file/script.py", ""])
def test_a_script_that_cannot_be_written_is_refused_before_the_search(tmp_path, monkeypatch, capsys, file) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as ended:
        main(["explore", "--worlds", "1", "--script", file])

    assert ended.value.code == 2
    assert "is not a file in a folder that exists" in capsys.readouterr().err


def test_a_script_in_a_folder_that_exists_is_accepted(tmp_path, monkeypatch) -> None:
    search_returns(monkeypatch, Summary(worlds=10, reached=all_but()))

    assert main(["explore", "--worlds", "10", "--script", str(tmp_path / "script.py")]) == 0


@pytest.mark.parametrize("worlds", ["0", "-3", "many"])
def test_a_number_below_one_is_refused(worlds, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explore", "--worlds", worlds])

    assert ended.value.code == 2
    assert "is not a whole number from 1 on" in capsys.readouterr().err


def test_an_unknown_invariant_cannot_be_silenced(capsys) -> None:
    assert main(["explore", "--worlds", "1", "--silence", "rain"]) == 2
    assert "no invariant is called 'rain'; there are: nothing is lost," in capsys.readouterr().err
