"""Conditions on memories: what a client gave and what OpenAI said must be what the API returns."""

from typing import Any

import pytest

from sim.scenario.memories import AcceptedRecording, Memories


class Clients:
    """The API's clients, as far as `Memories` uses them, with one memory."""

    def __init__(self, **memory: Any) -> None:
        self.memory = memory

    def get_memory(self, memory_id: str, tenant: str) -> "Clients":
        del memory_id, tenant
        return self

    def json(self) -> dict[str, Any]:
        return self.memory


def memories(recording: AcceptedRecording, **memory: Any) -> Memories:
    return Memories(Clients(**memory), [recording])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "returned", "kept"),
    [("Milk", "Milk", True), (None, None, True), ("", "", True), ("", None, False), ("Milk", "Mil", False)],
)
def test_a_memory_has_its_title(given: str | None, returned: str | None, kept: bool) -> None:
    recording = AcceptedRecording("m", "acme", "digest", "words", given)

    assert memories(recording, title=returned).all_have_their_titles() is kept


@pytest.mark.parametrize(
    ("analysis", "whole"),
    [(None, True), ({"summary": "All of it."}, True), ({"summary": "All"}, False), ({"summary": None}, False)],
)
def test_an_analysis_is_of_the_whole_transcript(analysis: dict[str, Any] | None, whole: bool) -> None:
    recording = AcceptedRecording("m", "acme", "digest", "words", summary="All of it.")

    assert memories(recording, analysis=analysis).all_have_analyses_of_the_whole() is whole
