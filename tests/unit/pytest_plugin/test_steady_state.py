"""A world is probed once, again when in doubt, and given up after two failures in a row."""

import pytest

from sim.pytest_plugin.steady_state import SteadyState, WorldUnfit, in_a_line


class Probe:
    """Fails as told, and counts."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.times = 0

    def __call__(self) -> None:
        self.times += 1
        if self.outcomes and (trouble := self.outcomes.pop(0)):
            raise RuntimeError(trouble)


def steady(probe: Probe) -> SteadyState:
    return SteadyState(probe, lambda error, what: f"{what}: {error}")


def test_a_healthy_world_is_probed_once() -> None:
    state = steady(probe := Probe())

    for _ in range(5):
        state.confirm()

    assert probe.times == 1


def test_after_a_scenario_that_did_not_hold_it_is_probed_again() -> None:
    state = steady(probe := Probe())
    state.confirm()

    state.doubt()
    state.confirm()
    state.confirm()

    assert probe.times == 2


def test_a_world_that_fails_its_probe_is_unfit_and_gets_one_more_chance() -> None:
    state = steady(probe := Probe("no queue", ""))

    with pytest.raises(WorldUnfit, match="everyday work, upload to complete: no queue"):
        state.confirm()
    state.confirm()

    assert probe.times == 2


def test_a_world_that_fails_twice_in_a_row_is_given_up_with_the_same_reason() -> None:
    state = steady(probe := Probe(*["no queue"] * 9))

    for _ in range(5):
        with pytest.raises(WorldUnfit, match="no queue"):
            state.confirm()

    assert probe.times == 2


def test_failures_count_in_a_row_only() -> None:
    state = steady(probe := Probe("one", "", "two", ""))

    for fit in (False, True, False, True):
        state.doubt()
        if fit:
            state.confirm()
        else:
            with pytest.raises(WorldUnfit):
                state.confirm()

    assert probe.times == 4


def test_an_error_in_a_line() -> None:
    assert in_a_line(ValueError("\n  two\nlines")) == "ValueError: two"
    assert in_a_line(TimeoutError()) == "TimeoutError"
