"""Text that Postgres can store, and memory ids."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rawk.adapters.postgres.values import is_memory_id, require_memory_id, storable, utc


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_text_that_postgres_can_store(text: str) -> None:
    stored = storable(text)
    assert "\0" not in stored
    assert stored.encode("utf-8").decode("utf-8") == stored
    assert storable(stored) == stored


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_that_postgres_can_store_is_unchanged(text: str) -> None:
    assert storable(text) == text


@given(st.uuids())
def test_only_the_canonical_form_of_a_uuid_is_a_memory_id(uuid: object) -> None:
    assert is_memory_id(str(uuid))
    assert not is_memory_id(f"{{{uuid}}}")
    assert not is_memory_id(str(uuid).replace("-", ""))


def test_a_bad_memory_id_is_named() -> None:
    with pytest.raises(ValueError, match="not '42'"):
        require_memory_id("42")


def test_a_moment_is_given_in_utc_and_needs_a_zone() -> None:
    moment = datetime(2026, 5, 4, 14, tzinfo=timezone(timedelta(hours=2)))
    assert utc(moment).isoformat() == "2026-05-04T12:00:00+00:00"
    assert utc(moment).tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        utc(datetime(2026, 5, 4))  # noqa: DTZ001
