"""Entity tags: two states of a memory have the same tag if, and only if, a client sees no difference."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.testclient import TestClient

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.api.app import create_app
from rawk.api.views import MemoryView
from rawk.domain.memory import Analysis, AnalysisState, FailureReason, Memory, Status, StatusChange
from tests.unit.api.world import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MEMORY_ID = "5f0c1d9e-6f0b-4b0e-9a55-3f2f9b1c7a10"
URL = f"/api/v1/memories/{MEMORY_ID}"

times = st.integers(0, 3).map(lambda seconds: NOW + timedelta(seconds=seconds))
words = st.sampled_from(["", "one", "two", "Two", "née"])
numbers = st.integers(0, 3)
analyses = st.builds(
    Analysis,
    title=words,
    summary=words,
    topics=st.lists(words, max_size=2).map(tuple),
    people=st.lists(words, max_size=2).map(tuple),
    mood=words,
)
memories = st.builds(
    Memory,
    id=st.just(MEMORY_ID),
    tenant=st.just("acme"),
    status=st.sampled_from(Status),
    audio_key=st.just("audio/acme/1"),
    audio_content_type=st.sampled_from(["audio/wav", "audio/mp4"]),
    audio_bytes=numbers,
    correlation_id=words,
    created_at=times,
    updated_at=times,
    title=st.none() | words,
    recorded_at=st.none() | times,
    transcript=st.none() | words,
    analysis=st.none() | analyses,
    analysis_state=st.none() | st.sampled_from(AnalysisState),
    analysis_attempts=numbers,
    analysis_due_at=st.none() | times,
    failure_reason=st.none() | st.sampled_from(list(FailureReason)[:3]),
    failure_detail=st.none() | words,
    attempts=numbers,
    openai_calls=numbers,
    billed_seconds=st.sampled_from([0.0, 1.0, 1.004, 1.5]),
    transcribed_at=st.none() | times,
    completed_at=st.none() | times,
)
histories = st.lists(
    st.builds(StatusChange, number=st.integers(1, 3), status=st.sampled_from(Status), at=times), max_size=3
)


class Shown(InMemoryMemoryStore):
    """Shows one memory, in any state."""

    memory: Memory
    changes: list[StatusChange]

    def get(self, tenant: str, memory_id: str) -> Memory:
        del tenant, memory_id
        return self.memory

    def history(self, memory_id: str) -> list[StatusChange]:
        del memory_id
        return self.changes


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown()


@pytest.fixture(scope="module")
def app(shown: Shown) -> FastAPI:
    world = World()
    services = world.services({"key-of-acme": "acme"})
    return create_app(replace(services, memories=shown))


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Any:
    with TestClient(app, headers={"X-API-Key": "key-of-acme"}) as client:
        yield client


def look(client: TestClient, shown: Shown, memory: Memory, changes: list[StatusChange], tag: str | None = None) -> Any:
    shown.memory, shown.changes = memory, changes
    return client.get(URL, headers={} if tag is None else {"If-None-Match": tag})


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(before=memories, after=memories, history_before=histories, history_after=histories)
def test_two_states_have_one_tag_only_if_a_client_sees_no_difference(
    client: TestClient,
    shown: Shown,
    before: Memory,
    after: Memory,
    history_before: list[StatusChange],
    history_after: list[StatusChange],
) -> None:
    first, second = look(client, shown, before, history_before), look(client, shown, after, history_after)
    again = look(client, shown, after, history_after, first.headers["ETag"])

    same = first.json() == second.json()
    assert (first.headers["ETag"] == second.headers["ETag"]) == same
    assert again.status_code == (304 if same else 200)


@settings(max_examples=150)
@given(memory=memories, changes=histories, data=st.data())
def test_each_visible_field_alone_changes_the_tag(
    client: TestClient, shown: Shown, memory: Memory, changes: list[StatusChange], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(CHANGES)))
    other = replace(memory, **{name: data.draw(CHANGES[name])})
    first, second = look(client, shown, memory, changes), look(client, shown, other, changes)

    assert (first.json() != second.json()) == (first.headers["ETag"] != second.headers["ETag"])


CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(Status),
    "audio_content_type": st.sampled_from(["audio/wav", "audio/mp4"]),
    "audio_bytes": numbers,
    "correlation_id": words,
    "created_at": times,
    "updated_at": times,
    "title": st.none() | words,
    "recorded_at": st.none() | times,
    "transcript": st.none() | words,
    "analysis": st.none() | analyses,
    "analysis_state": st.none() | st.sampled_from(AnalysisState),
    "analysis_due_at": st.none() | times,
    "failure_reason": st.none() | st.sampled_from(list(FailureReason)[:3]),
    "failure_detail": st.none() | words,
    "attempts": numbers,
    "openai_calls": numbers,
    "billed_seconds": st.sampled_from([0.0, 1.0, 1.004, 1.5]),
    "transcribed_at": st.none() | times,
    "completed_at": st.none() | times,
}

FULL = Memory(
    id=MEMORY_ID,
    tenant="acme",
    status=Status.QUEUED,
    audio_key="audio/acme/1",
    audio_content_type="audio/wav",
    audio_bytes=1,
    correlation_id="c1",
    created_at=NOW,
    updated_at=NOW,
    title="title",
    recorded_at=NOW,
    transcript="words",
    analysis=Analysis("title", "summary", ("topic",), ("person",), "calm"),
    analysis_state=AnalysisState.PENDING,
    analysis_due_at=NOW,
    failure_reason=FailureReason.ABANDONED,
    failure_detail="detail",
    attempts=1,
    openai_calls=1,
    billed_seconds=1.0,
    transcribed_at=NOW,
    completed_at=NOW,
)
LATER = NOW + timedelta(seconds=1)
ANALYSIS = FULL.analysis
assert ANALYSIS is not None
LAST = StatusChange(3, Status.QUEUED, NOW)
HISTORY = [StatusChange(1, Status.QUEUED, NOW), LAST]
ONE_CHANGE: dict[str, Memory | list[StatusChange]] = {
    "status": replace(FULL, status=Status.COMPLETE),
    "title": replace(FULL, title="another"),
    "recorded_at": replace(FULL, recorded_at=LATER),
    "created_at": replace(FULL, created_at=LATER),
    "updated_at": replace(FULL, updated_at=LATER),
    "analysis_state": replace(FULL, analysis_state=AnalysisState.GAVE_UP),
    "failure.reason": replace(FULL, failure_reason=FailureReason.CONFIGURATION),
    "failure.detail": replace(FULL, failure_detail="another"),
    "audio.content_type": replace(FULL, audio_content_type="audio/mp4"),
    "audio.bytes": replace(FULL, audio_bytes=2),
    "transcript": replace(FULL, transcript="other words"),
    "analysis.title": replace(FULL, analysis=replace(ANALYSIS, title="another")),
    "analysis.summary": replace(FULL, analysis=replace(ANALYSIS, summary="another")),
    "analysis.topics": replace(FULL, analysis=replace(ANALYSIS, topics=("topic", "another"))),
    "analysis.people": replace(FULL, analysis=replace(ANALYSIS, people=())),
    "analysis.mood": replace(FULL, analysis=replace(ANALYSIS, mood="another")),
    "analysis_due_at": replace(FULL, analysis_due_at=LATER),
    "attempts": replace(FULL, attempts=2),
    "openai_calls": replace(FULL, openai_calls=2),
    "billed_seconds": replace(FULL, billed_seconds=1.5),
    "correlation_id": replace(FULL, correlation_id="c2"),
    "timings.seconds_to_transcript": replace(FULL, transcribed_at=LATER),
    "timings.seconds_to_complete": replace(FULL, completed_at=LATER),
    "history.number": [StatusChange(2, Status.QUEUED, NOW), LAST],
    "history.status": [StatusChange(1, Status.PROCESSING, NOW), LAST],
    "history.at": [StatusChange(1, Status.QUEUED, LATER), LAST],
}
"""Each field that a client sees, and a state that differs in it."""


def visible(model: type[BaseModel], prefix: str = "") -> set[str]:
    """The fields of the view, nested ones by their path."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        inner = [
            each
            for each in (field.annotation, *getattr(field.annotation, "__args__", ()))
            if isinstance(each, type) and issubclass(each, BaseModel)
        ]
        names |= visible(inner[0], f"{prefix}{name}.") if inner else {f"{prefix}{name}"}
    return names


def test_every_visible_field_is_here() -> None:
    assert visible(MemoryView) == {*ONE_CHANGE, "id"}
    assert set(CHANGES) <= {field.name for field in fields(Memory)}


@pytest.mark.parametrize("name", ONE_CHANGE)
def test_a_change_of_one_visible_field_is_another_tag(name: str, client: TestClient, shown: Shown) -> None:
    changed = ONE_CHANGE[name]
    tag = look(client, shown, FULL, HISTORY).headers["ETag"]

    if isinstance(changed, Memory):
        answer = look(client, shown, changed, HISTORY, tag)
    else:
        answer = look(client, shown, FULL, changed, tag)

    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag
