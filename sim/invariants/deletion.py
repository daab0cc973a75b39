"""What a deletion must leave behind: nothing of the recording, wherever the product stores or writes anything."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from sim.app import APP
from sim.invariants.violation import InvariantViolated, Numbers

if TYPE_CHECKING:
    from sim.scenario.memories import AcceptedRecording
    from sim.scenario.simulation import Simulation

WORDS_IN_A_PIECE = 4
SHORTEST_PIECE = 8
"""In characters. Shorter pieces also occur in text that has nothing to do with the recording."""
SWEPT_WITHIN = timedelta(hours=1, minutes=10)
"""Audio is swept once an hour; the rest is for the relay's own minutes."""
MAY_KEEP_AUDIO = frozenset({"api", "database", "network", "storage", "permissions"})
"""Families of faults that may keep the API from removing the audio: then the sweep removes it by age."""


def deleted_means_gone(sim: "Simulation") -> Numbers:
    """Nothing of a deleted recording is left: no row, no object in S3 in any version, no piece of its texts.

    Of all tables only that of the tombstones has the memory's id. Tables, messages, dead letters and the logs of all
    processes contain neither its title nor its idempotency key nor four words of its transcript in a row. Audio may
    outlast a failure of S3, of the API or of its database, but never the age at which the sweep removes it.
    """
    if not sim.api.deleted:
        return {"deleted recordings": 0}
    tables = sim.pipeline.ledger.rows()
    places = {f"the table {name}": text for name, text in tables.items()}
    places["the dead-letter queue"] = "\n".join(sim.pipeline.queues.dead_letter_bodies())
    places |= {f"the log of the {process}": text for process, text in sim.pipeline.logs().items()}
    for deleted in sim.api.deleted:
        for name, text in tables.items():
            if name != APP.tombstone_table and deleted.memory_id in text:
                raise InvariantViolated(f"deleted means gone: the table {name} still names memory {deleted.memory_id}")
        for what, piece in _pieces(deleted, sim.api.accepted):
            if len(piece) >= SHORTEST_PIECE:
                _require_absent(deleted, what, piece, places)
        status_code = sim.api.get_memory(deleted.memory_id, deleted.tenant).status_code
        if status_code != 404:
            raise InvariantViolated(f"deleted means gone: the API answers {status_code} for memory {deleted.memory_id}")
    _require_audio_gone(sim)
    return {"deleted recordings": len(sim.api.deleted), "places searched": len(places)}


def _require_absent(deleted: "AcceptedRecording", what: str, piece: str, places: Mapping[str, str]) -> None:
    for place, text in places.items():
        if piece in text or json.dumps(piece)[1:-1] in text:
            raise InvariantViolated(
                f"deleted means gone: {place} contains {what} of memory {deleted.memory_id}: {piece!r}"
            )


def _pieces(deleted: "AcceptedRecording", living: "list[AcceptedRecording]") -> Iterator[tuple[str, str]]:
    """What must be found nowhere, with its name; not what a recording that still exists has in common with it."""
    if deleted.title and deleted.title not in {each.title for each in living}:
        yield "the title", deleted.title
    if deleted.idempotency_key and deleted.idempotency_key not in {each.idempotency_key for each in living}:
        yield "the idempotency key", deleted.idempotency_key
    spoken = "\n".join(each.transcript or "" for each in living)
    words = (deleted.transcript or "").split(" ")
    for end in range(WORDS_IN_A_PIECE, len(words) + 1):
        piece = " ".join(words[end - WORDS_IN_A_PIECE : end])
        if piece not in spoken:
            yield "a piece of the transcript", piece


def _require_audio_gone(sim: "Simulation") -> None:
    living = {each.sha256 for each in sim.api.accepted}
    deleted = {each.memory_id: each for each in sim.api.deleted}
    digests = {each.sha256 for each in sim.api.deleted} - living
    may_stay = bool(sim.triggered_families & MAY_KEEP_AUDIO)
    longest = timedelta(seconds=sim.limits.orphan_audio_after_seconds) + SWEPT_WITHIN
    for stored in sim.pipeline.audio.versions():
        if stored.sha256 not in digests and not any(memory_id in stored.key for memory_id in deleted):
            continue
        age = sim.clock.now() - stored.written_at
        if not may_stay or age > longest:
            raise InvariantViolated(f"deleted means gone: {stored.key} is still in S3, {age} after it was written")
