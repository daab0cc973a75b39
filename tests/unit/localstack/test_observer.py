"""What the observer parses from messages, events and outcomes, which may have any content."""

import json
from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.introspection.observer import end_of, error_in, jobs_in, memory_id_in
from sim.localstack.extension.rawk_emulator.lambda_.execution_environment import Outcome


def outcome(answer: Any, is_error: bool = False) -> Outcome:
    return Outcome(answer if isinstance(answer, bytes) else json.dumps(answer).encode(), is_error, "")


@pytest.mark.parametrize(
    ("body", "memory_id"),
    [
        ('{"memory_id": "m"}', "m"),
        ("", None),
        (None, None),
        ("not JSON {", None),
        ('["a"]', None),
        ('{"memory_id": 7}', None),
        ('{"memory_id": "m", "padding": "' + "x" * 5000 + '"}', None),
    ],
)
def test_the_memory_of_a_message(body: str | None, memory_id: str | None) -> None:
    assert memory_id_in(body) == memory_id


def test_the_jobs_of_an_event() -> None:
    records = [{"messageId": "a", "body": '{"memory_id": "m"}'}, {"messageId": "b", "body": "poison"}, {"other": 1}]
    assert jobs_in(json.dumps({"Records": records}).encode()) == (["a", "b"], ["m"])
    for other in (b"", b"{", b"[]", {"Records": None}, {"Records": ["x"]}, None):
        assert jobs_in(other) == ([], [])


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (outcome({"batchItemFailures": []}), ("success", [])),
        (outcome(None), ("success", [])),
        (outcome(b"not JSON"), ("success", [])),
        (outcome({"batchItemFailures": [{"itemIdentifier": "a"}]}), ("batch_item_failures", ["a"])),
        (outcome({"errorType": "ExecutionEnvironment.Timedout"}, True), ("timeout", [])),
        (outcome({"errorType": "Runtime.ExitError"}, True), ("crash", [])),
        (outcome({"errorType": "ValueError"}, True), ("error", [])),
        (outcome(b"", True), ("error", [])),
    ],
)
def test_the_end_of_an_invocation(ended: Outcome, expected: tuple[str, list[str]]) -> None:
    assert end_of(ended) == expected


def test_the_error_of_a_failed_invocation_is_on_one_line() -> None:
    assert error_in(outcome({"errorType": "E", "errorMessage": "a\nb"}, True)) == "E: a b"
    assert error_in(outcome({"errorType": "E"})) is None
