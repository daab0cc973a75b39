"""The machine's clock and random numbers."""

import random
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest

from rawk.adapters.system import SystemClock, SystemRandomness


def test_the_time_is_now_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_it_sleeps_for_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    SystemClock().sleep(0.25)
    assert slept == [0.25]


def test_random_numbers_are_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.75)
    assert SystemRandomness().random() == 0.75


def test_every_id_is_new_and_a_random_uuid_in_its_canonical_form() -> None:
    ids = [SystemRandomness().new_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert {UUID(each).version for each in ids} == {4}
    assert [str(UUID(each)) for each in ids] == ids
