"""Every mutant is found by what must find it; `-m mutants`, minutes in all. Some stand in every run of the tests."""

import pytest

from tests.mutants.mutants import (
    EXPLORER,
    EXPLORER_LIMIT_SECONDS,
    MOST_LINES,
    SCENARIOS,
    Mutant,
    all_mutants,
    find_by_explorer,
    find_by_scenario,
)

ALWAYS = ("lease-ignored", "relay-removes-outbox-row-before-sending", "deletion-without-tombstone")
"""The explorer must find these in every run of the tests."""


def found_by_explorer_in_time(mutant: Mutant) -> None:
    found = find_by_explorer(mutant)

    assert found.seconds <= EXPLORER_LIMIT_SECONDS
    assert found.lines <= MOST_LINES


@pytest.mark.parametrize(
    "mutant", [mutant for mutant in all_mutants(EXPLORER) if mutant.name in ALWAYS], ids=lambda mutant: mutant.name
)
def test_the_explorer_finds_some_mutants_in_every_run(mutant: Mutant) -> None:
    found_by_explorer_in_time(mutant)


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", all_mutants(EXPLORER), ids=lambda mutant: mutant.name)
def test_the_explorer_finds_each_of_its_mutants(mutant: Mutant) -> None:
    found_by_explorer_in_time(mutant)


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", all_mutants(SCENARIOS), ids=lambda mutant: mutant.name)
def test_the_scenario_of_a_mutant_fails_and_a_healthy_recording_passes(mutant: Mutant) -> None:
    find_by_scenario(mutant)
