"""Text that Postgres can store, memory ids, and digests of idempotency keys."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rawk.adapters.postgres.values import (
    is_memory_id,
    key_digest,
    require_accepted_key,
    require_memory_id,
    storable,
    storable_analysis,
    utc,
)
from rawk.domain.memory import Analysis


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


def test_a_memory_id_is_accepted() -> None:
    require_memory_id("0c9b6b0e-2f63-4a0c-9c7b-5f4c1b1a2d3e")


def test_audio_that_a_form_can_replace_is_not_accepted() -> None:
    with pytest.raises(ValueError, match=r"^incoming/acme/1 is not a key of accepted audio$"):
        require_accepted_key("incoming/acme/1")
    require_accepted_key("audio/acme/1")


def test_a_lone_surrogate_becomes_a_question_mark_and_nul_nothing() -> None:
    assert storable("a\0b\ud800c") == "ab?c"


def test_every_text_of_an_analysis_can_be_stored() -> None:
    analysis = Analysis("t\0", "s\0", ("o\0", "p"), ("a\ud800", "b"), "neutral\0")
    assert storable_analysis(analysis) == Analysis("t", "s", ("o", "p"), ("a?", "b"), "neutral")


def test_a_key_is_kept_as_the_digest_of_tenant_and_key() -> None:
    assert key_digest("acme", "k-ü") == hashlib.sha256("acme\nk-ü".encode()).hexdigest()
    assert len({key_digest("acme", "\ud800"), key_digest("acme", "\ud801"), key_digest("acme", "?")}) == 3


def test_a_moment_is_given_in_utc_and_needs_a_zone() -> None:
    moment = datetime(2026, 5, 4, 14, tzinfo=timezone(timedelta(hours=2)))
    assert utc(moment).isoformat() == "2026-05-04T12:00:00+00:00"
    assert utc(moment).tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        utc(datetime(2026, 5, 4))  # noqa: DTZ001
