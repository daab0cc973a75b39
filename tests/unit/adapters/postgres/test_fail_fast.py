"""When a database counts as silent, and who finds out that it answers again."""

from contextlib import ExitStack, suppress

import pytest
from sqlalchemy import create_engine

from rawk.adapters.postgres import fail_fast
from rawk.adapters.postgres.fail_fast import FailFast, fail_fast_of
from rawk.domain.errors import DatabaseUnavailable, DatabaseWaking

PAUSE_SECONDS = 10.0
WAKES_WITHIN_SECONDS = 45.0


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(fail_fast, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def fast(now: list[float]) -> FailFast:  # noqa: ARG001
    return FailFast(PAUSE_SECONDS, WAKES_WITHIN_SECONDS)


def answers(fast: FailFast) -> None:
    with fast.transaction():
        pass


def is_silent(fast: FailFast, now: list[float]) -> None:
    with suppress(TimeoutError), fast.transaction():
        fast.silent(now[0])
        raise TimeoutError


def refuses(fast: FailFast) -> bool:
    try:
        answers(fast)
    except DatabaseUnavailable:
        return True
    return False


def test_a_refusal_says_why(fast: FailFast, now: list[float]) -> None:
    is_silent(fast, now)

    with pytest.raises(DatabaseUnavailable, match="the database did not answer a moment ago"):
        answers(fast)


def test_a_database_that_answers_is_asked_by_everybody_at_once(fast: FailFast) -> None:
    with fast.transaction(), fast.transaction():
        answers(fast)


def test_after_a_silence_nobody_asks_until_the_pause_is_over(fast: FailFast, now: list[float]) -> None:
    is_silent(fast, now)
    assert refuses(fast)

    now[0] += PAUSE_SECONDS - 0.001
    assert refuses(fast)
    now[0] += 0.001
    assert not refuses(fast)


def test_after_the_pause_one_finds_out_and_the_others_are_refused(fast: FailFast, now: list[float]) -> None:
    is_silent(fast, now)
    now[0] += PAUSE_SECONDS

    with fast.transaction():
        assert refuses(fast)
        now[0] += PAUSE_SECONDS
        assert refuses(fast)
    assert not refuses(fast)
    with fast.transaction():
        assert not refuses(fast)


def test_one_who_finds_it_silent_again_begins_another_pause(fast: FailFast, now: list[float]) -> None:
    is_silent(fast, now)
    now[0] += PAUSE_SECONDS
    is_silent(fast, now)

    assert refuses(fast)
    now[0] += PAUSE_SECONDS - 0.001
    assert refuses(fast)
    now[0] += 0.001
    with fast.transaction():
        assert refuses(fast)


def test_an_error_is_an_answer(fast: FailFast, now: list[float]) -> None:
    is_silent(fast, now)
    now[0] += PAUSE_SECONDS
    with pytest.raises(ValueError, match="of the statement"), fast.transaction():
        raise ValueError("of the statement")

    with fast.transaction():
        assert not refuses(fast)


def test_a_database_that_answered_another_transaction_meanwhile_is_busy(fast: FailFast, now: list[float]) -> None:
    since = now[0]
    now[0] += 1
    answers(fast)
    fast.silent(since)
    assert not refuses(fast)

    fast.silent(now[0])
    assert not refuses(fast)
    fast.silent(now[0] + 0.001)
    assert refuses(fast)


def test_one_from_before_the_silence_does_not_end_the_finding_out(fast: FailFast, now: list[float]) -> None:
    with ExitStack() as asking:
        with fast.transaction():
            fast.silent(now[0])
            now[0] += PAUSE_SECONDS
            asking.enter_context(fast.transaction())
        assert refuses(fast)
    assert not refuses(fast)


def is_waking(fast: FailFast) -> bool:
    return isinstance(fast.unavailable("any"), DatabaseWaking)


def test_a_silence_counts_as_waking_for_as_long_as_waking_takes(fast: FailFast, now: list[float]) -> None:
    assert not is_waking(fast)
    is_silent(fast, now)
    for _ in range(4):  # further silences do not begin it anew
        assert is_waking(fast)
        now[0] += PAUSE_SECONDS
        is_silent(fast, now)

    now[0] += WAKES_WITHIN_SECONDS - 4 * PAUSE_SECONDS - 0.001
    assert is_waking(fast)
    now[0] += 0.001
    assert not is_waking(fast)
    assert refuses(fast)


def test_an_answer_ends_the_waking_and_the_next_silence_begins_another(fast: FailFast, now: list[float]) -> None:
    is_silent(fast, now)
    now[0] += PAUSE_SECONDS
    answers(fast)
    assert not is_waking(fast)

    now[0] += WAKES_WITHIN_SECONDS
    is_silent(fast, now)
    assert is_waking(fast)


def test_a_refusal_during_the_waking_says_so(fast: FailFast, now: list[float]) -> None:
    is_silent(fast, now)

    with pytest.raises(DatabaseWaking):
        answers(fast)
    now[0] += PAUSE_SECONDS
    with fast.transaction():
        now[0] += WAKES_WITHIN_SECONDS
        with pytest.raises(DatabaseUnavailable) as refused:
            answers(fast)
    assert not isinstance(refused.value, DatabaseWaking)


def test_an_engine_has_one_if_it_was_given_one(fast: FailFast) -> None:
    engine = create_engine("postgresql+psycopg://", execution_options={fail_fast.OPTION: fast})

    assert fail_fast_of(engine) is fast
    assert fail_fast_of(create_engine("postgresql+psycopg://")) is None
