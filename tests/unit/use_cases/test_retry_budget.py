"""The retry budget: its limits hold for any behaviour of OpenAI and any randomness."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rawk.domain.errors import AIMisconfigured, AIRateLimited, AITransient
from rawk.use_cases.retry_budget import OutOfTime, RetryBudget, RetryPolicy
from tests.unit.api.world import SeededRandomness
from tests.unit.use_cases.pipeline import Clock

seconds = st.floats(0, 400, allow_nan=False)
policies = st.builds(
    RetryPolicy,
    first_wait_seconds=st.floats(0.01, 10),
    longest_wait_seconds=st.floats(0.01, 60),
    tries=st.integers(1, 8),
    shortest_call_seconds=st.floats(0.01, 5),
)
failures = st.one_of(
    st.just(AITransient("500")),
    st.builds(AIRateLimited, st.just("429"), retry_after_seconds=st.none() | st.floats(0, 43_200)),
)


class Attempts:
    """Fails as planned, then succeeds; every try takes time, but no more than its timeout."""

    def __init__(self, clock, failures, takes_seconds):
        self.clock, self.failures, self.takes_seconds = clock, list(failures), takes_seconds
        self.given: list[float] = []
        self.began = []

    def __call__(self, remaining_seconds):
        self.given.append(remaining_seconds)
        self.began.append(self.clock.now())
        self.clock.time += timedelta(seconds=min(self.takes_seconds, remaining_seconds))
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def run(budget_seconds, policy, attempts, seed=1):
    budget = RetryBudget(
        attempts.clock.now() + timedelta(seconds=budget_seconds), attempts.clock, SeededRandomness(seed), policy
    )
    try:
        return budget.run(attempts, lambda error: isinstance(error, AITransient))
    except (AITransient, OutOfTime) as error:
        return error


@given(seconds, policies, st.lists(failures, max_size=10), seconds, st.integers())
def test_it_never_exceeds_its_time_or_its_tries(budget_seconds, policy, failures, takes_seconds, seed):
    clock = Clock()
    ends_at = clock.now() + timedelta(seconds=budget_seconds)
    attempts = Attempts(clock, failures, takes_seconds)

    run(budget_seconds, policy, attempts, seed)

    assert clock.now() <= ends_at
    assert len(attempts.given) <= policy.tries
    assert all(given_seconds >= policy.shortest_call_seconds for given_seconds in attempts.given)


@given(policies, st.lists(failures, max_size=10), st.integers())
def test_every_wait_is_between_half_and_the_whole_or_is_retry_after(policy, failures, seed):
    clock = Clock()

    run(10_000, policy, Attempts(clock, failures, 0), seed)

    for number, (wait, failure) in enumerate(zip(clock.sleeps, failures, strict=False)):
        whole = min(policy.first_wait_seconds * 2**number, policy.longest_wait_seconds)
        asked_for = getattr(failure, "retry_after_seconds", None) or 0
        assert wait == asked_for >= whole / 2 or whole / 2 <= wait <= whole


@given(st.lists(failures, max_size=4), st.integers())
def test_with_enough_time_it_succeeds_unless_the_tries_run_out(failures, seed):
    attempts = Attempts(Clock(), failures, 1)

    result = run(1_000_000, RetryPolicy(tries=5), attempts, seed)

    assert result == "answer"
    assert len(attempts.given) == len(failures) + 1


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_randomness_is_seeded(seed, other_seed):
    def waits(seed):
        clock = Clock()
        run(1000, RetryPolicy(), Attempts(clock, [AITransient("500")] * 4, 0), seed)
        return clock.sleeps

    assert waits(seed) == waits(seed)
    assert (waits(seed) == waits(other_seed)) == (seed == other_seed)


def test_each_try_gets_the_remaining_time():
    attempts = Attempts(Clock(), [AITransient("500")] * 2, 10)

    run(100, RetryPolicy(), attempts)

    assert attempts.given[0] == 100
    began = [100 - (at - attempts.began[0]).total_seconds() for at in attempts.began]
    assert attempts.given == pytest.approx(began)
    assert all(later < earlier - 10 for earlier, later in pairwise(attempts.given))


def test_an_error_that_is_not_worth_retrying_is_raised_at_once():
    attempts = Attempts(Clock(), [AIMisconfigured("401")], 0)

    with pytest.raises(AIMisconfigured):
        run(100, RetryPolicy(), attempts)

    assert attempts.clock.sleeps == []


def test_a_wait_that_does_not_fit_does_not_start():
    clock = Clock()

    result = run(100, RetryPolicy(), Attempts(clock, [AIRateLimited("429", retry_after_seconds=99.5)], 0))

    assert isinstance(result, AIRateLimited)
    assert clock.sleeps == []


def test_without_time_for_one_try_nothing_is_called():
    attempts = Attempts(Clock(), [], 0)

    assert isinstance(run(0.5, RetryPolicy(), attempts), OutOfTime)
    assert attempts.given == []


class FixedRandomness(SeededRandomness):
    """Gives the same number each time."""

    def __init__(self, number):
        super().__init__(1)
        self.number = number

    def random(self):
        return self.number


@pytest.mark.parametrize(("number", "wait_seconds"), [(0.0, 3.0), (0.5, 4.5), (1.0, 6.0)])
def test_the_jitter_is_a_part_of_the_second_half_of_the_wait(number, wait_seconds):
    policy = RetryPolicy(first_wait_seconds=6.0, longest_wait_seconds=60.0)

    assert policy.wait_seconds(1, FixedRandomness(number)) == pytest.approx(wait_seconds)
    assert policy.wait_seconds(2, FixedRandomness(number)) == pytest.approx(2 * wait_seconds)


def test_a_rate_limit_without_a_retry_after_waits_as_any_failure():
    clock = Clock()

    run(100, RetryPolicy(first_wait_seconds=0.5), Attempts(clock, [AIRateLimited("429", retry_after_seconds=None)], 0))

    assert 0.25 <= clock.sleeps[0] <= 0.5


def test_a_call_starts_with_exactly_the_shortest_time():
    attempts = Attempts(Clock(), [], 0)

    assert run(1.0, RetryPolicy(shortest_call_seconds=1.0), attempts) == "answer"
    assert attempts.given == [1.0]


@pytest.mark.parametrize(("budget_seconds", "tries"), [(12.0, 1), (12.01, 2)])
def test_another_try_must_end_before_the_budget_does(budget_seconds, tries):
    """A wait of 10 s, a call of at least 2 s: 12 s are not enough."""
    policy = RetryPolicy(shortest_call_seconds=2.0)
    attempts = Attempts(Clock(), [AIRateLimited("429", retry_after_seconds=10)] * 2, 0)

    run(budget_seconds, policy, attempts)

    assert len(attempts.given) == tries
