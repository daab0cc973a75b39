"""Conversion of rows to memories and back."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, func, insert, literal, select

from rawk.adapters.postgres.tables import memories, memory_events
from rawk.adapters.postgres.values import storable_analysis
from rawk.domain.memory import Analysis, AnalysisState, FailureReason, Memory, MemorySummary, Status, Usage

MEMORY_COLUMNS = [memories.c[field.name] for field in fields(Memory)]
"""The columns of a Memory; the others are internal to the store."""


SUMMARY_COLUMNS = [memories.c[field.name] for field in fields(MemorySummary)]


def of_tenant(tenant: str) -> ColumnElement[bool]:
    """The one place that limits a query to a tenant's memories."""
    return memories.c.tenant == tenant


def its_own(tenant: str, memory_id: str) -> ColumnElement[bool]:
    """One memory, if it is the tenant's."""
    return (memories.c.id == memory_id) & of_tenant(tenant)


def to_summary(row: Row[Any]) -> MemorySummary:
    return MemorySummary(**_values(row, SUMMARY_COLUMNS))


def _values(row: Row[Any], columns: list[Column[Any]]) -> dict[str, Any]:
    values = {column.name: row._mapping[column.name] for column in columns}
    values["status"] = Status(values["status"])
    if values["analysis_state"] is not None:
        values["analysis_state"] = AnalysisState(values["analysis_state"])
    if values["failure_reason"] is not None:
        values["failure_reason"] = _to_reason(values["failure_reason"])
    return values


def to_memory(row: Row[Any]) -> Memory:
    values = _values(row, MEMORY_COLUMNS)
    if values["analysis"] is not None:
        values["analysis"] = _to_analysis(values["analysis"])
    return Memory(**values)


def _to_reason(stored: str) -> FailureReason:
    """`OTHER` for a reason that only a newer release knows: one row must not fail a whole list."""
    try:
        return FailureReason(stored)
    except ValueError:
        return FailureReason.OTHER


def _to_analysis(stored: dict[str, Any]) -> Analysis:
    return Analysis(**{**stored, "topics": tuple(stored["topics"]), "people": tuple(stored["people"])})


def from_analysis(analysis: Analysis) -> dict[str, Any]:
    return asdict(storable_analysis(analysis))


def added(usage: Usage) -> dict[str, Any]:
    """The new values of the two usage columns."""
    return {
        "openai_calls": memories.c.openai_calls + usage.openai_calls,
        "billed_seconds": memories.c.billed_seconds + usage.billed_seconds,
    }


def record_step(tx: Connection, memory_ids: list[str], status: Status, at: datetime) -> None:
    """Append the status to the history of memories whose rows this transaction has locked."""
    events = memory_events.c
    next_events = (
        select(events.memory_id, func.max(events.number) + 1, literal(status), literal(at, events.at.type))
        .where(events.memory_id.in_(memory_ids))
        .group_by(events.memory_id)
    )
    tx.execute(insert(memory_events).from_select(["memory_id", "number", "status", "at"], next_events))
