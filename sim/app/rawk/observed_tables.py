"""RAWK's tables that say where a memory is, and what a change of them means."""

from collections.abc import Sequence

from rawk.domain.memory import Status
from sim.app.protocol import ObservedTable, RowChange
from sim.conservation import Commit, Deletion, Row, State

OBSERVED_TABLES = (
    ObservedTable(
        "memories",
        columns=("id", "tenant", "status", "audio_key", "failure_reason", "billed_seconds"),
        digested=("transcript",),
    ),
    ObservedTable("outbox", columns=("memory_id",)),
    ObservedTable("deleted_memories", columns=("memory_id",)),
)

STATES = {
    Status.UPLOADING: State.UPLOADING,
    Status.QUEUED: State.UNFINISHED,
    Status.PROCESSING: State.UNFINISHED,
    Status.TRANSCRIPT_ONLY: State.READABLE,
    Status.COMPLETE: State.COMPLETE,
    Status.FAILED: State.FAILED,
}


def commit_of(at: float, changes: Sequence[RowChange]) -> Commit:
    """The last version of each memory counts, as another transaction sees it."""
    rows: dict[str, Row] = {}
    deleted: set[str] = set()
    tombstones = {
        str(each.fields["memory_id"])
        for each in changes
        if each.table == "deleted_memories" and each.change == "inserted"
    }
    outbox: dict[str, bool] = {}
    for each in changes:
        if each.table == "memories":
            subject = str(each.fields["id"])
            deleted.discard(subject)
            rows.pop(subject, None)
            if each.change == "deleted":
                deleted.add(subject)
            else:
                rows[subject] = _row(each)
        elif each.table == "outbox" and each.change != "updated":
            outbox[str(each.fields["memory_id"])] = each.change == "inserted"
    return Commit(
        at,
        rows=tuple(rows.values()),
        deleted=tuple(Deletion(subject, subject in tombstones) for subject in sorted(deleted)),
        queued=tuple(subject for subject, is_there in outbox.items() if is_there),
        sent=tuple(subject for subject, is_there in outbox.items() if not is_there),
    )


def _row(change: RowChange) -> Row:
    fields = change.fields
    status = Status(fields["status"])
    return Row(
        subject=str(fields["id"]),
        tenant=str(fields["tenant"]),
        state=STATES[status],
        status=status.value,
        audio=str(fields["audio_key"]),
        audio_tenant=tenant_of_key(str(fields["audio_key"])),
        reason=fields.get("failure_reason"),
        transcript=fields.get("transcript_sha256"),
        billed_seconds=float(fields.get("billed_seconds") or 0.0),
    )


def tenant_of_key(audio_key: str) -> str | None:
    """Keys are `PREFIX/TENANT/MEMORY…`; None for another form."""
    parts = audio_key.split("/")
    return parts[1] if len(parts) >= 3 else None
