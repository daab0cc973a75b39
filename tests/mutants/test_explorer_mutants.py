"""What is planted is found, in time and as a short scenario; and without a bug the explorer finds nothing."""

import re
import subprocess

import pytest

from tests.mutants.scenario_mutants import APPLY
from tests.mutants.explorer_mutants import MOST_LINES, PAGE, ROOT, WITHIN_SECONDS, Bug, all_bugs, explored, planted

BUGS = all_bugs()
KINDS = {"ordering", "atomicity", "lease", "idempotency", "retry budget", "redrive", "deletion", "tenant", "clock"}
ALWAYS = ("lease-ignored", "relay-forgets-before-it-sends", "deleted-comes-back")
"""Looked for in every run of the tests; all others by `-m planted`."""


def found_in_time(bug: Bug) -> None:
    with planted(bug) as folder:
        found = explored(folder)

    assert found.seconds <= WITHIN_SECONDS
    assert found.lines <= MOST_LINES
    compile(found.script, "found.py", "exec")


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in ALWAYS], ids=lambda bug: bug.name)
def test_some_are_found_in_every_run(bug: Bug) -> None:
    found_in_time(bug)


@pytest.mark.planted
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_is_found(bug: Bug) -> None:
    found_in_time(bug)


def test_there_are_enough_and_of_all_kinds() -> None:
    assert len(BUGS) >= 12
    assert {bug.kind for bug in BUGS} >= KINDS


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_patch_still_applies_and_is_about_the_product(bug: Bug) -> None:
    done = subprocess.run([*APPLY, "--check", str(bug.patch)], cwd=ROOT, capture_output=True, text=True, check=False)
    touched = re.findall(r"^\+\+\+ b/(\S+)", bug.patch.read_text(encoding="utf-8"), re.MULTILINE)

    assert done.returncode == 0, done.stderr
    assert touched
    assert all(file.startswith("src/rawk/") for file in touched)


def test_the_table_has_every_bug() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [bug.name for bug in BUGS if bug.what not in page] == []
