"""`python -m sim explore`: what it exits with, and what it prints."""

import pytest

from sim.cli.main import main
from sim.explorer import command
from sim.explorer.coverage.points import Mark
from sim.explorer.search import MARKS_DEMANDED_FROM, Covered


def covered_by(monkeypatch: pytest.MonkeyPatch, covered: Covered, *, interrupted: bool = False) -> None:
    monkeypatch.setattr(command, "explore", lambda *_: (covered, interrupted))


def all_but(*missing: Mark) -> list[int]:
    return [0 if mark in missing else 3 for mark in Mark]


def test_it_exits_with_0_when_all_held_and_all_was_reached(monkeypatch, capsys) -> None:
    covered_by(monkeypatch, Covered(worlds=MARKS_DEMANDED_FROM, reached=all_but()))

    assert main(["explore", "--seed", "1"]) == 0
    assert "every promise held, every mark was reached" in capsys.readouterr().out


def test_a_mark_never_reached_fails_a_long_run(monkeypatch, capsys) -> None:
    covered_by(monkeypatch, Covered(worlds=MARKS_DEMANDED_FROM, reached=all_but(Mark.ABANDONED)))

    assert main(["explore", "--seed", "1"]) == 1
    assert Mark.ABANDONED.words in capsys.readouterr().err


def test_in_a_short_run_it_is_only_said(monkeypatch, capsys) -> None:
    covered_by(monkeypatch, Covered(worlds=10, reached=all_but(Mark.ABANDONED)))

    assert main(["explore", "--seed", "1", "--worlds", "10"]) == 0
    assert Mark.ABANDONED.words in capsys.readouterr().out


def test_ctrl_c_prints_what_was_covered(monkeypatch, capsys) -> None:
    covered_by(monkeypatch, Covered(worlds=1500, reached=all_but()), interrupted=True)

    assert main(["explore", "--seed", "1", "--worlds", "2000"]) == 2
    told = capsys.readouterr().out
    assert "1500 worlds ·" in told
    assert "interrupted: 500 worlds were not played" in told


def test_a_real_interruption_ends_the_run(monkeypatch) -> None:
    def interrupted(seed: int) -> None:
        del seed
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.explorer.search.play", interrupted)

    assert main(["explore", "--seed", "1", "--worlds", "5"]) == 2


@pytest.mark.parametrize("worlds", ["0", "-3", "many"])
def test_a_senseless_number_is_refused(worlds, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explore", "--worlds", worlds])

    assert ended.value.code == 2
    assert "is not a whole number from 1 on" in capsys.readouterr().err
