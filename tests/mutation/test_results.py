"""The score of mutation testing, the list of equivalent mutants, and the page that is generated from them."""

from pathlib import Path

import pytest

from tests.mutation import command, results
from tests.mutation.command import main
from tests.mutation.results import (
    LEAST_SCORE,
    PAGE,
    ROOT,
    Result,
    Survivor,
    equivalents,
    page,
    read_results,
)
from tests.mutation.targets import TARGETS, Target

PRODUCT = ROOT / "src" / "rawk"

CHANGE = Survivor("Relay.run", "return a + b", "return a - b")
RESULT = Result("use_cases/relay.py", 20, 18, [CHANGE, Survivor("Relay.run", "if a < b:", "if a <= b:")])
REASON = {("use_cases/relay.py", "return a + b", "return a - b"): "b is 0"}


def test_the_score_is_the_killed_part_of_the_mutants_that_are_not_equivalent() -> None:
    assert RESULT.score({}) == 18 / 20
    assert RESULT.score(REASON) == 18 / 19
    assert [each.removed for each in RESULT.open(REASON)] == ["if a < b:"]


def test_a_module_without_mutants_has_the_whole_score() -> None:
    assert Result("domain/nothing.py", 0, 0).score({}) == 1.0


def test_an_equivalent_mutant_of_another_module_does_not_count() -> None:
    other = {("use_cases/other.py", "return a + b", "return a - b"): "b is 0"}

    assert RESULT.score(other) == RESULT.score({})


def test_the_page_has_each_module_and_each_survivor() -> None:
    text = page({RESULT.module: RESULT}, REASON)

    assert "| `use_cases/relay.py` | 20 | 18 | 1 | 1 | 94.7% |" in text
    assert "| **all** | 20 | 18 | 1 | 1 | **94.7%** |" in text
    assert "| `use_cases/relay.py` | `if a < b:` | `if a <= b:` |" in text
    assert "| `use_cases/relay.py` | `return a + b` | `return a - b` | b is 0 |" in text


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_results(), equivalents()), "tox -e mutation -- --write-page"


def test_every_module_under_mutation_testing_exists() -> None:
    assert [target.module for target in TARGETS if not (ROOT / target.path).is_file()] == []
    assert [test for target in TARGETS for test in target.tests if not (ROOT / test).exists()] == []


def test_every_adapter_that_the_product_runs_on_is_under_mutation_testing() -> None:
    """Not the in-memory ones, and not the migrations: the page says why."""
    adapters = {
        path for path in PRODUCT.glob("adapters/**/*.py") if not path.name.startswith(("__init__", "in_memory"))
    }
    modules = {str(path.relative_to(PRODUCT)) for path in adapters if "migrations" not in path.parts}

    assert modules - {target.module for target in TARGETS} == set()


def test_every_stored_result_is_of_a_module_under_mutation_testing() -> None:
    assert set(read_results()) <= {target.module for target in TARGETS}


def test_the_page_names_the_modules_without_a_result() -> None:
    without = page({RESULT.module: RESULT}, {})
    whole = page({target.module: Result(target.module, 1, 1) for target in TARGETS}, {})

    assert "without a result yet: " in without
    assert f"`{TARGETS[0].module}`" in without
    assert "without a result" not in whole
    assert "NOT_RUN" not in without + whole


@pytest.mark.parametrize("result", read_results().values(), ids=lambda result: result.module)
def test_every_stored_result_has_the_least_score(result: Result) -> None:
    assert result.score(equivalents()) >= LEAST_SCORE


def test_every_equivalent_mutant_is_one_that_survived() -> None:
    """An entry for a line that has changed excuses nothing, and is to be removed."""
    survived = {
        (result.module, each.removed, each.added) for result in read_results().values() for each in result.survivors
    }

    assert set(equivalents()) <= survived


def test_a_module_that_is_not_under_mutation_testing_is_refused(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["use_cases/nothing.py"])

    assert ended.value.code == 2
    assert "use_cases/nothing.py is not under mutation testing" in capsys.readouterr().err


def test_a_run_that_is_interrupted_keeps_the_modules_that_it_has_finished(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(command, "PAGE", tmp_path / "page.md")

    def interrupted_at_the_second(target: Target) -> Result:
        if target.module == "use_cases/dispatch.py":
            raise KeyboardInterrupt
        return Result(target.module, 3, 3)

    monkeypatch.setattr(command, "run", interrupted_at_the_second)

    with pytest.raises(KeyboardInterrupt):
        main(["use_cases/retry_budget.py", "use_cases/dispatch.py"])

    assert read_results() == {"use_cases/retry_budget.py": Result("use_cases/retry_budget.py", 3, 3)}
    assert "| `use_cases/retry_budget.py` | 3 | 3 | 0 | 0 | 100.0% |" in (tmp_path / "page.md").read_text("utf-8")
