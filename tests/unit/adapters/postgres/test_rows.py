"""Rows that another release wrote."""

from types import SimpleNamespace
from typing import Any

from rawk.adapters.postgres.rows import MEMORY_COLUMNS, to_memory
from rawk.domain.memory import RECORDING_FAULTS, FailureReason


def row(**values: Any) -> Any:
    return SimpleNamespace(
        _mapping=dict.fromkeys(column.name for column in MEMORY_COLUMNS) | {"status": "failed"} | values
    )


def test_a_reason_of_a_newer_release_is_read_as_other() -> None:
    """After a rollback such rows remain: an error would fail every list that contains one."""
    assert to_memory(row(failure_reason="reason_of_tomorrow")).failure_reason is FailureReason.OTHER


def test_every_known_reason_is_read_as_itself() -> None:
    assert [to_memory(row(failure_reason=each.value)).failure_reason for each in FailureReason] == [*FailureReason]


def test_an_unknown_reason_is_left_to_the_operator() -> None:
    """Whether the recording is at fault is not known, so its message is not acknowledged."""
    assert FailureReason.OTHER not in RECORDING_FAULTS
