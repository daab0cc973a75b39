"""The mutants are complete: every patch applies, every row of the policy has one, and the generated pages are fresh."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.mutants import findings
from tests.mutants.mutants import (
    APPLY,
    EXPLORER,
    EXPLORER_PAGE,
    POLICY_PAGE,
    POLICY_ROWS,
    ROOT,
    SCENARIOS,
    BadHead,
    Mutant,
    all_mutants,
    main,
    mutants_page,
    policy_page,
    read,
)
from tests.mutants.test_mutants import ALWAYS

MUTANTS = all_mutants()
KINDS = {"ordering", "atomicity", "lease", "idempotency", "retry budget", "redrive", "deletion", "tenant", "clock"}


def test_there_are_enough_mutants() -> None:
    assert len(all_mutants(SCENARIOS)) >= 31
    assert len(all_mutants(EXPLORER)) >= 22
    assert {mutant.kind for mutant in all_mutants(EXPLORER)} >= KINDS
    assert {mutant.name for mutant in all_mutants(EXPLORER)} >= set(ALWAYS)


def test_every_name_is_unique() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_patch_still_applies(mutant: Mutant) -> None:
    checked = subprocess.run(
        [*APPLY, "--check", str(mutant.patch)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_patch_changes_the_product_alone(mutant: Mutant) -> None:
    changed = re.findall(r"^\+\+\+ b/(\S+)", mutant.patch.read_text(encoding="utf-8"), re.MULTILINE)

    assert changed
    assert [file for file in changed if not file.startswith("src/rawk/")] == []


@pytest.mark.parametrize("mutant", all_mutants(SCENARIOS), ids=lambda mutant: mutant.name)
def test_the_scenario_of_a_mutant_exists(mutant: Mutant) -> None:
    assert mutant.scenario is not None
    file, _, test = mutant.scenario.partition("::")

    assert f"def {test.partition('[')[0] or 'test_'}" in (ROOT / "scenarios" / file).read_text(encoding="utf-8")


def test_every_row_of_the_policy_has_a_mutant() -> None:
    assert {mutant.policy for mutant in all_mutants(SCENARIOS)} == set(POLICY_ROWS)


def test_the_policy_page_is_fresh() -> None:
    assert POLICY_PAGE.read_text(encoding="utf-8") == policy_page(), "tox -e mutants -- --write-policy-page"


def test_the_page_of_the_mutants_has_no_line_of_its_own() -> None:
    """A mutant that is new may be missing until the next run of the mutants, which writes the page."""
    generated = set(mutants_page().splitlines())
    page = findings.PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in page if line not in generated] == [], "tox -e mutants -- --write-mutants-page"


def test_every_finding_is_of_a_mutant() -> None:
    nets = {mutant.name: set(mutant.finders) for mutant in MUTANTS}
    assert [name for name, found in findings.read().items() if not found.keys() <= nets.get(name, set())] == []


def test_the_table_of_the_explorer_has_every_mutant() -> None:
    page = EXPLORER_PAGE.read_text(encoding="utf-8")

    assert [mutant.name for mutant in all_mutants(EXPLORER) if mutant.change not in page] == []


@pytest.mark.parametrize(
    ("folder", "head"),
    [
        ("scenarios", "Policy: analysis fails\nScenario: x.py\n\n"),
        ("scenarios", "Change: It leaks.\nPolicy: rain\nScenario: x.py\n\n"),
        ("explorer", "Change: It leaks.\n\n"),
        ("both", "Change: It leaks.\nKind: lease\n\n"),
    ],
)
def test_an_incomplete_or_wrong_head_is_refused(tmp_path: Path, folder: str, head: str) -> None:
    patch = tmp_path / folder / "some.patch"
    patch.parent.mkdir()
    patch.write_text(head, encoding="utf-8")

    with pytest.raises(BadHead, match=r"^some\.patch"):
        read(patch)


def test_a_name_that_no_mutant_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["no-such-mutant"])

    assert ended.value.code == 2
    assert "no mutant is called no-such-mutant" in capsys.readouterr().err
