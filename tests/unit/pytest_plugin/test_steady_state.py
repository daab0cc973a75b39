"""A world is probed once, again after a scenario that did not pass, and given up after two failed probes in a row."""

import pytest

from sim.pytest_plugin.product_crashes import ProductCrashed
from sim.pytest_plugin.steady_state import SteadyState, WorldUnfit, in_a_line


class Probe:
    """Raises an error for each outcome that is not empty, and counts its calls."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.times = 0

    def __call__(self) -> None:
        self.times += 1
        if self.outcomes and (problem := self.outcomes.pop(0)):
            raise RuntimeError(problem)


def steady(probe: Probe) -> SteadyState:
    return SteadyState(probe, lambda error, what: f"{what}: {error}")


def test_a_world_that_works_is_probed_once() -> None:
    state = steady(probe := Probe())

    for _ in range(5):
        state.confirm()

    assert probe.times == 1


def test_a_world_is_probed_again_after_a_scenario_that_did_not_pass() -> None:
    state = steady(probe := Probe())
    state.confirm()

    state.doubt()
    state.confirm()
    state.confirm()

    assert probe.times == 2


def test_a_world_that_fails_its_probe_is_unfit_and_is_probed_once_more() -> None:
    state = steady(probe := Probe("no queue", ""))

    with pytest.raises(WorldUnfit, match=r"steady-state probe failed .*: no queue"):
        state.confirm()
    state.confirm()

    assert probe.times == 2


def test_a_world_that_fails_twice_in_a_row_is_given_up_with_the_same_reason() -> None:
    state = steady(probe := Probe(*["no queue"] * 9))

    for _ in range(5):
        with pytest.raises(WorldUnfit, match="no queue"):
            state.confirm()

    assert probe.times == 2


def test_a_successful_probe_resets_the_count_of_failures() -> None:
    state = steady(probe := Probe("one", "", "two", ""))

    for fit in (False, True, False, True):
        state.doubt()
        if fit:
            state.confirm()
        else:
            with pytest.raises(WorldUnfit):
                state.confirm()

    assert probe.times == 4


def test_an_error_is_described_in_one_line() -> None:
    assert in_a_line(ValueError("\n  two\nlines")) == "ValueError: two"
    assert in_a_line(TimeoutError()) == "TimeoutError"


def test_a_probe_that_fails_because_the_product_crashed_is_no_failure_of_the_world() -> None:
    times = 0

    def probe() -> None:
        nonlocal times
        times += 1
        raise ProductCrashed("the product crashed: KeyError at rawk/worker/batch.py:47 (worker)")

    state = SteadyState(probe, lambda error, what: f"{what}: {error}")
    for _ in range(5):
        with pytest.raises(ProductCrashed, match="KeyError at rawk/worker"):
            state.confirm()

    assert times == 2
