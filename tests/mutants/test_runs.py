"""The runs of the mutants' command: samples by seed, and a silenced run for each mutant that one invariant sees."""

import pytest

from sim.explorer.invariants.names import ALL as INVARIANTS
from tests.mutants import mutants
from tests.mutants.mutants import (
    EXPLORER,
    SCRIPTS,
    SILENCED,
    Mutant,
    NotFound,
    Run,
    all_mutants,
    all_runs,
    explore,
    main,
    mutated_copy,
    sampled,
    survive_silenced,
)

ALONE = [mutant for mutant in all_mutants(EXPLORER) if mutant.invariant]


def named(name: str) -> Mutant:
    return next(mutant for mutant in all_mutants() if mutant.name == name)


@pytest.fixture
def performed(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that the command makes; none is carried out."""
    runs: list[Run] = []

    def result(run: Run) -> tuple[str, None]:
        runs.append(run)
        return "as expected", None

    monkeypatch.setattr(Run, "result", result)
    monkeypatch.setattr(mutants, "write_explorer_table", lambda _: None)
    return runs


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_every_invariant_of_the_explorer_has_a_mutant_that_it_alone_sees(invariant: str) -> None:
    """Without one, the invariant could return at once and nothing would turn red."""
    assert [mutant.name for mutant in ALONE if mutant.invariant == invariant]


def test_an_invariant_in_a_head_exists() -> None:
    assert [mutant.name for mutant in ALONE if mutant.invariant not in INVARIANTS] == []


def test_a_mutant_survives_without_the_invariant_that_alone_sees_it() -> None:
    survive_silenced(named("lists-without-tenant"))


def test_a_mutant_that_another_invariant_sees_does_not_count_as_seen_by_one_alone() -> None:
    """A lost job: with `a failed memory can be retried` silenced, `nothing is lost` still sees it."""
    seen = named("submitted-without-a-job")
    wrong = Mutant(seen.patch, seen.change, None, None, seen.kind, "a failed memory can be retried")

    with pytest.raises(NotFound, match="'a failed memory can be retried' is not the only one that sees it"):
        survive_silenced(wrong)


def test_an_invariant_that_is_not_silenced_is_checked() -> None:
    with mutated_copy(named("lists-without-tenant")) as folder:
        done = explore(folder, "--silence", "nothing is lost", "--worlds", "200")

    assert done.returncode == 1
    assert "VIOLATED: tenants see only their own memories" in done.stdout


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", ALONE, ids=lambda mutant: mutant.name)
def test_each_mutant_survives_without_the_invariant_that_alone_sees_it(mutant: Mutant) -> None:
    survive_silenced(mutant)


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    runs = all_runs()

    assert sampled(runs, 10, 7) == sampled(runs, 10, 7) != sampled(runs, 10, 8)
    assert len(set(sampled(runs, 10, 7))) == 10


def test_a_sample_larger_than_the_suite_is_the_whole_suite() -> None:
    assert set(sampled(all_runs(), 10_000, 7)) == set(all_runs())


def test_a_sample_prints_its_seed_and_what_replays_it(performed: list[Run], capsys) -> None:
    assert main(["explorer", "--sample", "3"]) == 0

    first = capsys.readouterr().out.splitlines()[0]
    seed = first.rpartition("--seed ")[2]
    assert first.endswith(f"seed {seed}; replay: tox -e mutants -- explorer --sample 3 --seed {seed}")
    chosen = sampled([run for run in all_runs() if run.what == EXPLORER], 3, int(seed))
    assert sorted(run.mutant.name for run in performed) == sorted(run.mutant.name for run in chosen)


def test_the_whole_suite_has_every_run_once(performed: list[Run]) -> None:
    assert main([]) == 0
    assert len(performed) == len(set(performed))
    assert set(performed) == set(all_runs())
    assert {run.mutant for run in performed if run.what == SILENCED} == set(ALONE)


def test_one_mutant_has_all_its_runs(performed: list[Run]) -> None:
    assert main(["lists-without-tenant"]) == 0
    assert {run.what for run in performed} == {EXPLORER, SILENCED, SCRIPTS}


def test_a_run_that_is_not_as_expected_fails_the_command(monkeypatch, performed: list[Run], capsys) -> None:
    def result(_: Run) -> tuple[str, None]:
        raise NotFound("exit 0")

    monkeypatch.setattr(Run, "result", result)

    assert main(["silenced", "lists-without-tenant"]) == 1
    assert "not: lists-without-tenant (silenced)" in capsys.readouterr().out
    assert performed == []
